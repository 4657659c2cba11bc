//! The conversation line by line: who said it and when, its parts, and what it means.

use std::borrow::Cow;

use super::super::notes::unbroken;
use super::super::text::left_out;
use super::super::{Dialogue, NoteChooser, TranscriptLine};
use super::escape::{octets, text};
use crate::mail::net::Side;
use crate::mail::protocol::span::Role;
use crate::teaching::explain::{Entry, Explained, LinePart, Texts, Topic};
use crate::teaching::text::{hexadecimal, readable_duration};
use crate::teaching::wire_tap::journal::{Happened, Said};
use crate::teaching::wire_tap::why_no_tls;

/// The most further entries below a line: thirty capabilities need not all be explained at once.
const MOST_ALSO: usize = 5;

/// Writes all lines: a section that is unencrypted, and one under TLS if there is one.
pub(super) fn stages(dialogue: &Dialogue, texts: &Texts) -> String {
    let mut lines =
        HtmlLines { dialogue, texts, chooser: NoteChooser::default(), page: String::new() };
    lines.begin("", "Unencrypted");
    for line in &dialogue.lines {
        lines.line(line);
    }
    lines.page += END;
    // With TLS from the first octet, nothing is unencrypted.
    lines.page.replacen(&(begin("", "Unencrypted") + END), "", 1)
}

/// A page that is being written.
struct HtmlLines<'a> {
    dialogue: &'a Dialogue,
    texts: &'a Texts,
    chooser: NoteChooser,
    page: String,
}

const END: &str = "</ol>\n</section>\n";

fn begin(class: &str, title: &str) -> String {
    let title = text(title);
    format!("<section class=\"stage {class}\">\n<h3>{title}</h3>\n<ol class=\"turns\">\n")
}

impl HtmlLines<'_> {
    fn begin(&mut self, class: &str, title: &str) {
        self.page += &begin(class, title);
    }

    fn line(&mut self, line: &TranscriptLine) {
        match &line.what {
            Happened::Opened => {}
            Happened::Said(said) => self.said(line, said),
            Happened::Secured { version, cipher, .. } => {
                self.page += END;
                self.begin("secured", &format!("Under TLS: {version}, {cipher}"));
                self.item(line, "", "<p class=\"aside\">The handshake is done.</p>");
            }
            Happened::Ended { by } => {
                let words = format!("The {by} will send nothing more (FIN).");
                self.aside(line, &words);
            }
            Happened::Failed { why, .. } => {
                self.aside(line, &format!("TLS failed: {}.", why_no_tls(why)));
            }
            Happened::Reset => self.aside(line, "The other end reset the connection (RST)."),
            Happened::Lost => self.aside(
                line,
                "The recording ends here: there was more than could be written in time.",
            ),
            Happened::Closed => self.aside(line, "The connection is closed."),
        }
    }

    fn said(&mut self, line: &TranscriptLine, said: &Said) {
        let octets = said.octets.octets();
        let parts = line.explained.as_ref();
        let parts = parts.map_or(&[][..], |explained| &explained.parts);
        let who = match said.by {
            Side::Client => "Client",
            Side::Server => "Server",
        };
        let mut page = format!("<div class=\"who\">{who}</div>\n");
        if !octets.is_empty() {
            let marked = marked(&octets, parts, self.texts);
            page += &format!("<code class=\"line\">{marked}</code>\n");
            page += &self.details(&octets, parts);
        }
        if let Some(words) = left_out(said) {
            page += &format!("<p class=\"aside\">{}.</p>\n", text(&words));
        }
        self.item(line, said.by.name(), &page);
    }

    fn aside(&mut self, line: &TranscriptLine, words: &str) {
        let words = text(words);
        self.item(line, "", &format!("<p class=\"aside\">{words}</p>"));
    }

    /// Writes a line: its time, what happened, and what that means.
    fn item(&mut self, line: &TranscriptLine, class: &str, what: &str) {
        let since = readable_duration(self.dialogue.since_beginning(line));
        let octets = match &line.what {
            Happened::Said(said) => said.octets.octets(),
            _ => Cow::default(),
        };
        let means = match &line.explained {
            Some(explained) => self.meaning(explained, &octets),
            None => String::new(),
        };
        self.page += &format!(
            "<li class=\"turn {class}\">\n<time datetime=\"{:.6}\">+{since}</time>\n\
             <div class=\"what\">\n{what}</div>\n{means}</li>\n",
            line.time,
        );
    }

    fn meaning(&mut self, explained: &Explained, line: &[u8]) -> String {
        let mut page = "<div class=\"means\">\n".to_owned();
        if let Some(fault) = &explained.fault {
            page += &format!("<p class=\"wrong\">What is wrong: {}.</p>\n", text(fault));
        }
        for reads in explained.parts.iter().flat_map(|part| &part.decoded) {
            let reads = text(&reads.replace('\u{2400}', " NUL "));
            page += &format!("<p>It reads: {reads}</p>\n");
        }
        let entry = &explained.entry;
        let why = if self.chooser.is_first(entry) && !entry.why.is_empty() {
            format!(" <span class=\"why\">{}</span>", text(&entry.why))
        } else {
            String::new()
        };
        page += &format!("<p>{}{why}{}</p>\n", text(&entry.says), rfc(entry));
        page += &self.also(explained, line);
        page + "</div>\n"
    }

    /// Lists the further entries of a line that were not explained before.
    fn also(&mut self, explained: &Explained, line: &[u8]) -> String {
        let mut items = Vec::new();
        for entry in &explained.also {
            if entry.topic != explained.entry.topic && self.chooser.is_first(entry) {
                let title = text(&title(entry, explained, line));
                let says = text(&entry.says);
                items.push(format!("<li><b>{title}</b>: {says}{}</li>\n", rfc(entry)));
            }
        }
        items.truncate(MOST_ALSO);
        if items.is_empty() {
            return String::new();
        }
        format!("<ul class=\"also\">\n{}</ul>\n", items.concat())
    }

    /// Writes the parts of a line as a table, and its octets.
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

/// Returns the title of an entry in this line: `5.1.1`, where the entry is for `X.1.1`.
fn title(entry: &Entry, explained: &Explained, line: &[u8]) -> String {
    if entry.topic == Topic::Enhanced {
        let mut parts = explained.parts.iter();
        let part = parts.find(|part| part.entry.as_deref() == Some(entry));
        if let Some(octets) = part.and_then(|part| line.get(part.range.clone())) {
            return String::from_utf8_lossy(octets).into_owned();
        }
    }
    entry.title.clone()
}

/// Returns the RFC of an entry, to be written after its sentence.
fn rfc(entry: &Entry) -> String {
    if entry.rfc.is_empty() {
        return String::new();
    }
    format!(" <span class=\"rfc\">({})</span>", text(&unbroken(&entry.rfc)))
}

/// Writes a line with its parts marked; of parts within parts, the innermost one.
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
                format!("<span class=\"{}\" title=\"{title}\">{piece}</span>", class(part.role))
            }
        };
        at += length;
    }
    page
}

/// Returns the CSS class of a part: a name, a secret, a text for people, or the subject.
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
