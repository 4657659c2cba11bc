//! Explanations as pages of text: of an entry, of a line with its parts, and of a protocol's states.
//!
//! A page fits the columns of the terminal. Text of a peer is shown as [`printable`] text only.

use super::layout::{WIDEST, wrap};
use super::style::TextStyle;
use crate::client::printable;
use crate::mail::protocol::Protocol;
use crate::teaching::explain::{
    Diagram, Entry, Explained, LinePart, LineReading, ProtocolState, Texts, Topic,
};

/// The topics that a page explains in full below a line; its parts say enough of the others.
const FULL: [Topic; 5] =
    [Topic::Enhanced, Topic::Pop3Code, Topic::ImapCode, Topic::Sasl, Topic::Note];

/// A page of explanations.
pub struct Page<'a> {
    texts: &'a Texts,
    style: TextStyle,
    width: usize,
    text: String,
}

impl<'a> Page<'a> {
    /// Begins a page. Without a width it is as wide as is easy to read.
    #[must_use]
    pub fn new(texts: &'a Texts, style: TextStyle, width: Option<usize>) -> Page<'a> {
        Page { texts, style, width: width.unwrap_or(WIDEST).min(WIDEST), text: String::new() }
    }

    /// Returns the page.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// Adds an entry: its name, what it says, why it exists, what may come next, and its RFC.
    pub fn entry(&mut self, entry: &Entry) {
        let topic = entry.topic.to_string();
        self.heading(&entry.title, self.texts.word(&topic));
        self.body(entry);
    }

    /// Adds a line as one side of a protocol would say it, with its parts and its explanation.
    pub fn reading(&mut self, line: &str, reading: &LineReading) {
        let side = if reading.server { "server" } else { "client" };
        let name = reading.protocol.name().to_uppercase();
        let explained = &reading.explained;
        self.heading(&printable(line), &format!("{name}, {}", self.texts.word(side)));
        for part in &explained.parts {
            self.part(line, part, explained);
        }
        if let Some(fault) = &explained.fault {
            let wrong = self.texts.word("wrong");
            let label = self.style.warning(wrong);
            self.labelled(wrong, &label, fault);
        }
        self.blank();
        self.body(&explained.entry);
        let also = explained.also.iter();
        for entry in also.filter(|entry| FULL.contains(&entry.topic)) {
            self.blank();
            self.entry(entry);
        }
    }

    /// Adds a row of a list: a name and its sentence.
    pub fn row(&mut self, entry: &Entry) {
        let name = self.style.bold(&entry.title);
        self.push(&format!("  {name}"));
        self.indented(&entry.says);
    }

    /// Adds the title of a part of a list.
    pub fn section(&mut self, title: &str) {
        self.blank();
        let title = self.style.bold(title);
        self.push(&title);
    }

    /// Adds an empty line, unless the page is empty.
    pub fn blank(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn heading(&mut self, title: &str, kind: &str) {
        let lines = wrap("", "  ", &format!("{title}  ({kind})"), Some(self.width));
        for line in lines {
            let line = self.style.bold(&line);
            self.push(&line);
        }
    }

    fn part(&mut self, line: &str, part: &LinePart, explained: &Explained) {
        let octets = line.as_bytes().get(part.range.clone()).unwrap_or_default();
        let octets = printable(&String::from_utf8_lossy(octets));
        let role = self.texts.part(part.role);
        let name = role.map_or("", |role| role.title.as_str());
        // The whole line is explained by its own entry: the part need not repeat it.
        let own = part.entry.as_ref();
        let own = own.filter(|entry| **entry != explained.entry);
        let sentence = own.or(role).map_or("", |entry| entry.says.as_str());
        let rfc = own.map_or(String::new(), |entry| format!(" ({})", entry.rfc));
        let decoded = part.decoded.as_deref().map(|text| {
            let word = self.texts.word("decoded");
            format!(" ({word} \u{201c}{}\u{201d})", printable(text))
        });
        let name = if name.eq_ignore_ascii_case(&octets) {
            String::new()
        } else {
            format!("{name}{}: ", decoded.unwrap_or_default())
        };
        self.push(&format!("  {}", self.style.client(&octets)));
        self.indented(&format!("{name}{sentence}{rfc}"));
    }

    fn body(&mut self, entry: &Entry) {
        let mark = "  ";
        for line in wrap(mark, mark, &entry.says, Some(self.width)) {
            self.push(&line);
        }
        for (key, text) in [("why", &entry.why), ("next", &entry.next), ("see", &entry.rfc)] {
            let word = self.texts.word(key);
            let label = self.style.faint(word);
            if !text.is_empty() {
                self.labelled(word, &label, text);
            }
        }
    }

    /// Adds a word and a text beside it. All such texts begin in one column.
    fn labelled(&mut self, word: &str, styled: &str, text: &str) {
        let words = ["why", "next", "see", "wrong"].map(|key| self.texts.word(key).chars().count());
        let column = words.into_iter().max().unwrap_or_default() + 4;
        let indent = " ".repeat(column);
        let lines = wrap(&indent, &indent, text, Some(self.width));
        for (at, line) in lines.iter().enumerate() {
            if at == 0 {
                let pad = " ".repeat(column.saturating_sub(word.chars().count() + 2));
                self.push(&format!("  {styled}{pad}{}", line.trim_start()));
            } else {
                self.push(line);
            }
        }
    }

    fn indented(&mut self, text: &str) {
        for line in wrap("      ", "      ", text, Some(self.width)) {
            self.push(&line);
        }
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// Lists the states of a protocol and the ways between them; the current state is marked.
pub(crate) fn states(
    protocol: Protocol,
    here: ProtocolState,
    texts: &Texts,
    width: Option<usize>,
    style: TextStyle,
) -> Vec<String> {
    let diagram = Diagram::of(protocol);
    let name = |state: ProtocolState| {
        let entry = texts.state(protocol, state);
        entry.map_or_else(|| state.key().to_owned(), |entry| entry.title.clone())
    };
    let mut page = Vec::new();
    for (state, _) in diagram.states {
        let title = name(*state);
        page.push(if *state == here {
            style.bold(&format!(" ▶ {title}   ◀ you are here"))
        } else {
            format!("   {title}")
        });
        for (to, by) in diagram.ways(*state) {
            let way = format!("{} ─▶ {}", by.join(", "), name(to));
            page.extend(wrap("       └─ ", "          ", &way, width));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(words: &str, width: usize) -> String {
        let texts = Texts::compiled_in();
        let mut page = Page::new(&texts, TextStyle::Plain, Some(width));
        let found = texts.look_up(words, None);
        found.entries.iter().for_each(|entry| page.entry(entry));
        found.lines.iter().for_each(|line| page.reading(words, line));
        page.into_text()
    }

    #[test]
    fn an_entry_and_a_line_on_a_page() {
        let rows = [
            ("RSET", "RSET  (command of SMTP)\n  Forget the message"),
            (
                "334 VXNlcm5hbWU6",
                "  VXNlcm5hbWU6\n      question (that is \u{201c}Username:\u{201d}): What",
            ),
            ("550 5.1.1", "X.1.1  (enhanced status code of SMTP)\n  The mailbox does not exist"),
            ("a1 FETCH 1:3 (FLAGS)", "  1:3\n      messages: Which messages"),
            ("MAIL alice", "  Wrong  MAIL needs FROM: and the sender"),
        ];
        for (words, expected) in rows {
            let page = page(words, 80);
            assert!(page.contains(expected), "{page}");
        }
    }

    #[test]
    fn a_page_fits_its_columns() {
        for words in ["RCPT", "250", "550 5.1.1", "* 3 FETCH (FLAGS (\\Seen))", "STARTTLS"] {
            for width in [40, 80] {
                let page = page(words, width);
                let fits = |line: &str| line.chars().count() <= width;
                assert!(page.lines().all(fits), "{page}");
                assert!(page.lines().count() > 3, "{page}");
            }
        }
    }

    #[test]
    fn a_line_can_command_no_terminal() {
        let page = page("USER \u{1b}[2Jalice", 80);
        assert!(page.contains("USER") && !page.contains('\u{1b}'), "{page}");
    }
}
