//! A recorded conversation as a page for a browser: one file that needs no other.
//!
//! The template and its style stand in files beside this one. What a peer has said becomes text of
//! the page by `escape` only: nothing in it is taken for markup, and what a browser would obey or
//! hide (control characters, marks that turn the direction of writing) is shown by its number.

mod escape;
mod lines;
mod sequence;
mod states;

use jiff::tz::TimeZone;

use self::escape::text;
use super::{Dialogue, Summary};
use crate::teaching::explain::Texts;
use crate::teaching::text::readable_duration;
use crate::teaching::wire_tap::journal::Happened;

const TEMPLATE: &str = include_str!("template.html");
const STYLE: &str = include_str!("style.css");

/// The page.
#[must_use]
pub fn page(dialogue: &Dialogue, texts: &Texts) -> String {
    let place = &dialogue.summary.place;
    let title = format!(
        "{} conversation {}",
        place.service.to_uppercase(),
        place.connection
    );
    let parts = [
        ("title", text(&title)),
        ("style", STYLE.to_owned()),
        ("summary", summary(&dialogue.summary)),
        ("facts", facts(dialogue)),
        ("states", states::path(dialogue, texts)),
        ("sequence", sequence::drawing(dialogue)),
        ("turns", lines::stages(dialogue, texts)),
    ];
    fill(&parts)
}

/// The template with its gaps filled, each once: what fills one is not looked at again.
fn fill(parts: &[(&str, String)]) -> String {
    let mut page = String::new();
    let mut rest = TEMPLATE;
    while let Some((before, (name, behind))) = rest
        .split_once("{{")
        .and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
    {
        page.push_str(before);
        let part = parts.iter().find(|(known, _)| *known == name);
        page.push_str(part.map_or("", |(_, part)| part));
        rest = behind;
    }
    page.push_str(rest);
    page
}

/// One sentence on the whole.
fn summary(summary: &Summary) -> String {
    let place = &summary.place;
    let user = summary
        .user
        .as_ref()
        .map(|user| format!(", as {}", text(user)));
    format!(
        "{} spoke with {} for {}{}. It was recorded at the {}\u{2019}s end.",
        place.client,
        place.server,
        readable_duration(summary.duration()),
        user.unwrap_or_default(),
        place.ours,
    )
}

fn facts(dialogue: &Dialogue) -> String {
    let summary = &dialogue.summary;
    let place = &summary.place;
    let local = summary.began.to_zoned(TimeZone::system());
    let tls = dialogue.turns.iter().find_map(|turn| match &turn.what {
        Happened::Secured {
            version, cipher, ..
        } => Some(format!("{version}, {cipher}")),
        Happened::Failed { .. } => Some("none: the handshake failed".to_owned()),
        _ => None,
    });
    let began = match summary.whole {
        true => local.strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
        false => "its beginning is not in the journal any more".to_owned(),
    };
    let rows = [
        ("ID", place.connection.clone()),
        ("Service", place.service.clone()),
        ("Client", place.client.to_string()),
        ("Server", place.server.to_string()),
        ("Thread", place.thread.clone()),
        ("Began", began),
        ("Took", readable_duration(summary.duration())),
        (
            "Logged in",
            summary.user.clone().unwrap_or_else(|| "nobody".to_owned()),
        ),
        (
            "TLS",
            tls.unwrap_or_else(|| "none: everybody on the way can read it".to_owned()),
        ),
        ("Commands", summary.commands.to_string()),
        ("Octets", summary.octets.to_string()),
        ("End", summary.ending.told().to_owned()),
    ];
    let row = |(name, value): &(&str, String)| format!("<dt>{name}</dt><dd>{}</dd>\n", text(value));
    rows.iter().map(row).collect()
}

#[cfg(test)]
mod tests;
