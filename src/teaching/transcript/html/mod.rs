//! A recorded conversation as a page for a browser: one file that needs no other.
//!
//! The template and the style are in files beside this one. Text of a peer becomes part of the page only
//! through `escape`: nothing in it is markup, and characters that a browser would obey or hide (control
//! characters, marks that change the direction of writing) are shown by their numbers.

mod escape;
mod lines;
mod sequence;

use jiff::tz::TimeZone;

use self::escape::text;
use super::{Dialogue, Summary};
use crate::teaching::explain::{ProtocolState, Texts};
use crate::teaching::text::readable_duration;
use crate::teaching::wire_tap::journal::Happened;

const TEMPLATE: &str = include_str!("template.html");
const STYLE: &str = include_str!("style.css");

/// Writes the page.
#[must_use]
pub fn page(dialogue: &Dialogue, texts: &Texts) -> String {
    let place = &dialogue.summary.place;
    let title = format!("{} conversation {}", place.service.to_uppercase(), place.connection);
    let parts = [
        ("title", text(&title)),
        ("style", STYLE.to_owned()),
        ("summary", summary(&dialogue.summary)),
        ("facts", facts(dialogue)),
        ("states", path(dialogue, texts)),
        ("sequence", sequence::drawing(dialogue)),
        ("turns", lines::stages(dialogue, texts)),
    ];
    fill(&parts)
}

/// Fills the gaps of the template. What fills a gap is not searched for gaps.
fn fill(parts: &[(&str, String)]) -> String {
    let mut page = String::new();
    let mut rest = TEMPLATE;
    while let Some((before, gap)) = rest.split_once("{{") {
        let (name, after) = gap.split_once("}}").unwrap_or_default();
        page.push_str(before);
        let part = parts.iter().find(|(known, _)| *known == name);
        page.push_str(part.map_or("", |(_, part)| part));
        rest = after;
    }
    page.push_str(rest);
    page
}

/// Returns one sentence about the whole conversation.
fn summary(summary: &Summary) -> String {
    let place = &summary.place;
    let user = match &summary.user {
        Some(user) => format!(", as {}", text(user)),
        None => String::new(),
    };
    format!(
        "{} spoke with {} for {}{user}. It was recorded at the {}\u{2019}s end.",
        place.client,
        place.server,
        readable_duration(summary.duration()),
        place.ours,
    )
}

fn facts(dialogue: &Dialogue) -> String {
    let summary = &dialogue.summary;
    let place = &summary.place;
    let began = if summary.whole {
        let local = summary.began.to_zoned(TimeZone::system());
        local.strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
    } else {
        "its beginning is not in the journal any more".to_owned()
    };
    let rows = [
        ("ID", place.connection.clone()),
        ("Service", place.service.clone()),
        ("Client", place.client.to_string()),
        ("Server", place.server.to_string()),
        ("Thread", place.thread.clone()),
        ("Began", began),
        ("Took", readable_duration(summary.duration())),
        ("Logged in", summary.user.clone().unwrap_or("no user".into())),
        ("TLS", tls(dialogue)),
        ("Commands", summary.commands.to_string()),
        ("Octets", summary.octets.to_string()),
        ("End", summary.ending.words().to_owned()),
    ];
    let row = |(name, value): &(&str, String)| format!("<dt>{name}</dt><dd>{}</dd>\n", text(value));
    rows.iter().map(row).collect()
}

fn tls(dialogue: &Dialogue) -> String {
    for line in &dialogue.lines {
        match &line.what {
            Happened::Secured { version, cipher, .. } => return format!("{version}, {cipher}"),
            Happened::Failed { .. } => return "none: the handshake failed".to_owned(),
            _ => {}
        }
    }
    "none: every machine on the way can read it".to_owned()
}

/// The most steps of a path: a hundred messages are a hundred times the same.
const MOST_STEPS: usize = 40;

/// Lists the states of the conversation in their order, and what led from one to the next.
fn path(dialogue: &Dialogue, texts: &Texts) -> String {
    let Some(protocol) = dialogue.summary.place.protocol else {
        return "<li>The states of this protocol are not known.</li>\n".to_owned();
    };
    let name = |state: ProtocolState| {
        let entry = texts.state(protocol, state);
        text(entry.map_or(state.key(), |entry| entry.title.as_str()))
    };
    let mut steps = Vec::new();
    for line in &dialogue.lines {
        let Some(explained) = &line.explained else {
            continue;
        };
        let command = explained.command.as_deref();
        let by = match &line.what {
            Happened::Secured { .. } => "TLS",
            _ => command.unwrap_or(&explained.entry.title),
        };
        if explained.before != explained.after {
            if steps.is_empty() {
                steps.push(format!("<li><b>{}</b></li>\n", name(explained.before)));
            }
            let to = name(explained.after);
            steps.push(format!("<li><small>{}</small><b>{to}</b></li>\n", text(by)));
        }
    }
    if steps.is_empty() {
        let name = protocol.name();
        return format!("<li>Nothing was said that belongs to {name}.</li>\n");
    }
    let hidden = steps.len().saturating_sub(MOST_STEPS + 1);
    if hidden > 0 {
        steps.truncate(MOST_STEPS + 1);
        steps.push(format!("<li>and {hidden} more</li>\n"));
    }
    steps.concat()
}
