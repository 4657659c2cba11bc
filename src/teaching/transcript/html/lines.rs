//! The conversation line by line: who said it and when, its parts, and what it means.

use std::borrow::Cow;
use std::collections::HashSet;

use super::super::teller::left_out;
use super::super::{Dialogue, Turn};
use super::escape::{octets, text};
use crate::mail::protocol::span::Role;
use crate::teaching::explain::{Entry, Explained, LinePart, Texts, Topic};
use crate::teaching::text::hexadecimal;
use crate::teaching::text::readable_duration;
use crate::teaching::wire_tap::journal::{Happened, Said};
use crate::teaching::wire_tap::why_no_tls;

/// What else there is to say of a line, at most: a list of thirty capabilities is no explanation.
const MOST_ALSO: usize = 5;

/// All turns, in a stage in clear and perhaps one under TLS.
pub(super) fn stages(dialogue: &Dialogue, texts: &Texts) -> String {
    let mut lines = Lines {
        dialogue,
        texts,
        told: HashSet::new(),
        page: String::new(),
    };
    lines.begin("", "In clear");
    for turn in &dialogue.turns {
        lines.turn(turn);
    }
    lines.page += END;
    // From the first octet under TLS: nothing was said in clear.
    lines.page.replacen(&(begin("", "In clear") + END), "", 1)
}

/// A page in the making.
struct Lines<'a> {
    dialogue: &'a Dialogue,
    texts: &'a Texts,
    /// The keys of what was explained in full.
    told: HashSet<String>,
    page: String,
}

const END: &str = "</ol>\n</section>\n";

fn begin(class: &str, title: &str) -> String {
    let title = text(title);
    format!("<section class=\"stage {class}\">\n<h3>{title}</h3>\n<ol class=\"turns\">\n")
}

impl Lines<'_> {
    fn begin(&mut self, class: &str, title: &str) {
        self.page += &begin(class, title);
    }

    fn turn(&mut self, turn: &Turn) {
        match &turn.what {
            Happened::Opened => {}
            Happened::Said(said) => self.said(turn, said),
            Happened::Secured {
                version, cipher, ..
            } => {
                self.page += END;
                self.begin("secured", &format!("Under TLS: {version}, {cipher}"));
                self.item(turn, "", "<p class=\"aside\">The handshake is done.</p>");
            }
            Happened::Ended { by } => {
                let words = format!("The {by} has said that nothing more follows (FIN).");
                self.aside(turn, &words);
            }
            Happened::Failed { why, .. } => {
                self.aside(turn, &format!("There is no TLS: {}.", why_no_tls(why)));
            }
            Happened::Reset => self.aside(turn, "The other end broke the connection off (RST)."),
            Happened::Lost => self.aside(
                turn,
                "The recording ends here: there was more than could be written in time.",
            ),
            Happened::Closed => self.aside(turn, "The connection is closed."),
        }
    }

    fn said(&mut self, turn: &Turn, said: &Said) {
        let line = said.octets.octets();
        let parts = turn.explained.as_ref().map(|told| told.parts.as_slice());
        let parts = parts.unwrap_or_default();
        let who = match said.by.name() {
            "client" => "Client",
            _ => "Server",
        };
        let mut page = format!("<div class=\"who\">{who}</div>\n");
        if !line.is_empty() {
            page += &format!(
                "<code class=\"line\">{}</code>\n",
                marked(&line, parts, self.texts)
            );
            page += &self.details(&line, parts);
        }
        if let Some(words) = left_out(said) {
            page += &format!("<p class=\"aside\">{}.</p>\n", text(&words));
        }
        self.item(turn, said.by.name(), &page);
    }

    fn aside(&mut self, turn: &Turn, words: &str) {
        let words = text(words);
        self.item(turn, "", &format!("<p class=\"aside\">{words}</p>"));
    }

    /// A turn: its time, what happened, and what that means.
    fn item(&mut self, turn: &Turn, class: &str, what: &str) {
        let since = self.dialogue.since_beginning(turn);
        let line = match &turn.what {
            Happened::Said(said) => said.octets.octets(),
            _ => Cow::default(),
        };
        let means = turn
            .explained
            .as_ref()
            .map(|told| self.meaning(told, &line));
        self.page += &format!(
            "<li class=\"turn {class}\">\n<time datetime=\"{:.6}\">+{}</time>\n\
             <div class=\"what\">\n{what}</div>\n{}</li>\n",
            turn.time,
            readable_duration(since),
            means.unwrap_or_default()
        );
    }

    fn meaning(&mut self, told: &Explained, line: &[u8]) -> String {
        let mut page = "<div class=\"means\">\n".to_owned();
        if let Some(fault) = &told.fault {
            page += &format!("<p class=\"wrong\">What is wrong: {}.</p>\n", text(fault));
        }
        for reads in told.parts.iter().flat_map(|part| &part.decoded) {
            page += &format!(
                "<p>It reads: {}</p>\n",
                text(&reads.replace('\u{2400}', " NUL "))
            );
        }
        let is_new = self.told.insert(told.entry.key());
        let why = match is_new && !told.entry.why.is_empty() {
            true => format!(" <span class=\"why\">{}</span>", text(&told.entry.why)),
            false => String::new(),
        };
        page += &format!(
            "<p>{}{why}{}</p>\n",
            text(&told.entry.says),
            rfc(&told.entry)
        );
        let also = told
            .also
            .iter()
            .filter(|entry| entry.topic != told.entry.topic);
        let new: Vec<_> = also.filter(|entry| self.told.insert(entry.key())).collect();
        if !new.is_empty() {
            page += "<ul class=\"also\">\n";
            for entry in new.iter().take(MOST_ALSO) {
                let (title, says) = (text(&named(entry, told, line)), text(&entry.says));
                page += &format!("<li><b>{title}</b>: {says}{}</li>\n", rfc(entry));
            }
            page += "</ul>\n";
        }
        page + "</div>\n"
    }

    /// The parts of a line as a table, and its octets, for whoever wants to see them.
    fn details(&self, line: &[u8], parts: &[LinePart]) -> String {
        let mut page = "<details>\n<summary>Parts and octets</summary>\n".to_owned();
        if !parts.is_empty() {
            page += "<table class=\"parts\">\n<tr><th scope=\"col\">Part</th><th scope=\"col\">What it is</th></tr>\n";
            for part in parts {
                let role = self.texts.part(part.role);
                let own = part.entry.as_ref().or(role);
                let means = own.map_or("", |entry| entry.says.as_str());
                let name = role.map_or("", |role| role.title.as_str());
                let shown = line.get(part.range.clone()).unwrap_or_default();
                page += &format!(
                    "<tr><td><code>{}</code></td><td>{}: {}</td></tr>\n",
                    octets(shown),
                    text(name),
                    text(means)
                );
            }
            page += "</table>\n";
        }
        let rows = hexadecimal(line, 16).join("\n");
        page + &format!(
            "<pre class=\"hex\" tabindex=\"0\">{}</pre>\n</details>\n",
            octets(rows.as_bytes())
        )
    }
}

/// What an entry is called in this line: `5.1.1`, where the entry is for `X.1.1`.
fn named(entry: &Entry, told: &Explained, line: &[u8]) -> String {
    let is_it = |part: &&LinePart| part.entry.as_deref() == Some(entry);
    let part = told
        .parts
        .iter()
        .find(is_it)
        .filter(|_| entry.topic == Topic::Enhanced);
    let octets = part.and_then(|part| line.get(part.range.clone()));
    octets.map_or_else(
        || entry.title.clone(),
        |octets| String::from_utf8_lossy(octets).into_owned(),
    )
}

/// Where it is specified, behind a sentence.
fn rfc(entry: &Entry) -> String {
    match entry.rfc.is_empty() {
        true => String::new(),
        false => {
            // No line ends between RFC and its number, nor before its section.
            let whole = entry
                .rfc
                .replace("RFC ", "RFC\u{a0}")
                .replace(" §", "\u{a0}§");
            format!(" <span class=\"rfc\">({})</span>", text(&whole))
        }
    }
}

/// A line with its parts marked; of parts within parts, the innermost counts.
fn marked(line: &[u8], parts: &[LinePart], texts: &Texts) -> String {
    let mut owners: Vec<Option<&LinePart>> = vec![None; line.len()];
    for part in parts {
        let owned = owners.get_mut(part.range.clone()).unwrap_or_default();
        owned.fill(Some(part));
    }
    let mut page = String::new();
    let mut at = 0;
    while let Some(owner) = owners.get(at) {
        let same = |other: &&Option<&LinePart>| match (owner, other) {
            (Some(one), Some(other)) => std::ptr::eq(*one, *other),
            (one, other) => one.is_none() && other.is_none(),
        };
        let length = owners.iter().skip(at).take_while(same).count();
        let piece = octets(line.get(at..at + length).unwrap_or_default());
        page += &match owner {
            None => piece,
            Some(part) => {
                let role = texts.part(part.role);
                let (name, says) = role.map_or(("", ""), |role| (&role.title, &role.says));
                let title = text(&format!("{name}: {says}"));
                format!(
                    "<span class=\"{}\" title=\"{title}\">{piece}</span>",
                    class(part.role)
                )
            }
        };
        at += length;
    }
    page
}

/// What a part is for its reader: a name, a secret, a text for people, or what the line is about.
fn class(role: Role) -> &'static str {
    match role {
        role if role.is_secret() => "secret",
        Role::Verb
        | Role::UidPrefix
        | Role::Tag
        | Role::ReplyCode
        | Role::EnhancedCode
        | Role::Status
        | Role::Untagged
        | Role::Continuation
        | Role::ResponseName
        | Role::FieldName
        | Role::FinalDot => "name",
        Role::Text | Role::ServerName | Role::More => "text",
        Role::Body | Role::FieldValue | Role::Folded | Role::HeaderEnd | Role::Octets => "plain",
        _ => "thing",
    }
}
