//! Explanations as pages of text: of an entry, and of a line with its parts.
//!
//! In the columns that there are, and in colour for whom it is wanted. What was said by a peer is
//! shown as [`printable`] text only.

use super::layout::behind;
use super::style::Style;
use crate::client::printable;
use crate::teaching::explain::{Entry, Explained, Part, Reading, Texts, Topic};

/// Columns of a page that nobody wants to read wider.
const WIDEST: usize = 84;

/// What is told in full beside what the line is about; of the rest the line's parts tell enough.
const FULL: [Topic; 5] = [
    Topic::Enhanced,
    Topic::Pop3Code,
    Topic::ImapCode,
    Topic::Sasl,
    Topic::Note,
];

/// How explanations are written.
pub struct Page<'a> {
    texts: &'a Texts,
    ink: Style,
    width: usize,
    text: String,
}

impl<'a> Page<'a> {
    /// An empty page; without a width as wide as is good to read.
    #[must_use]
    pub fn new(texts: &'a Texts, ink: Style, width: Option<usize>) -> Page<'a> {
        Page {
            texts,
            ink,
            width: width.unwrap_or(WIDEST).min(WIDEST),
            text: String::new(),
        }
    }

    /// The page as it is now.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// An entry: its name, what it says, why it exists, what may come next, and where to read on.
    pub fn entry(&mut self, entry: &Entry) {
        let topic = entry.topic.to_string();
        self.heading(&entry.title, self.texts.word(&topic));
        self.body(entry);
    }

    /// A line, as this side of this protocol would say it.
    pub fn reading(&mut self, line: &str, reading: &Reading) {
        let side = if reading.server { "server" } else { "client" };
        let name = reading.protocol.name().to_uppercase();
        let explained = &reading.explained;
        self.heading(
            &printable(line),
            &format!("{name}, {}", self.texts.word(side)),
        );
        for part in &explained.parts {
            self.part(line, part, explained);
        }
        if let Some(fault) = &explained.fault {
            let wrong = self.texts.word("wrong");
            let label = self.ink.warning(wrong);
            self.labelled(wrong, &label, fault);
        }
        self.blank();
        self.body(&explained.entry);
        for entry in explained
            .also
            .iter()
            .filter(|entry| FULL.contains(&entry.topic))
        {
            self.blank();
            self.entry(entry);
        }
    }

    /// A name and its sentence, for a list.
    pub fn row(&mut self, entry: &Entry) {
        let name = self.ink.bold(&entry.title);
        self.push(&format!("  {name}"));
        self.indented(&entry.says);
    }

    /// What a section of a list is about.
    pub fn section(&mut self, title: &str) {
        self.blank();
        let title = self.ink.bold(title);
        self.push(&title);
    }

    /// An empty line, unless the page begins here.
    pub fn blank(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn heading(&mut self, title: &str, kind: &str) {
        let lines = behind("", "  ", &format!("{title}  ({kind})"), Some(self.width));
        for line in lines {
            let line = self.ink.bold(&line);
            self.push(&line);
        }
    }

    fn part(&mut self, line: &str, part: &Part, explained: &Explained) {
        let octets = line.as_bytes().get(part.range.clone()).unwrap_or_default();
        let octets = printable(&String::from_utf8_lossy(octets));
        let role = self.texts.part(part.role);
        let name = role.map_or("", |role| role.title.as_str());
        let own = part
            .entry
            .as_ref()
            .filter(|entry| **entry != explained.entry);
        let sentence = own.or(role).map_or("", |entry| entry.says.as_str());
        let rfc = own.map(|entry| format!(" ({})", entry.rfc));
        let decoded = part.decoded.as_deref().map(|text| {
            let word = self.texts.word("decoded");
            format!(" ({word} \u{201c}{}\u{201d})", printable(text))
        });
        let named = match name.eq_ignore_ascii_case(&octets) {
            true => String::new(),
            false => format!("{name}{}: ", decoded.unwrap_or_default()),
        };
        self.push(&format!("  {}", self.ink.client(&octets)));
        self.indented(&format!("{named}{sentence}{}", rfc.unwrap_or_default()));
    }

    fn body(&mut self, entry: &Entry) {
        let mark = "  ";
        for line in behind(mark, mark, &entry.says, Some(self.width)) {
            self.push(&line);
        }
        for (key, text) in [
            ("why", &entry.why),
            ("next", &entry.next),
            ("see", &entry.rfc),
        ] {
            let word = self.texts.word(key);
            let label = self.ink.faint(word);
            if !text.is_empty() {
                self.labelled(word, &label, text);
            }
        }
    }

    /// A word and a text beside it, in columns that all such words share.
    fn labelled(&mut self, word: &str, coloured: &str, text: &str) {
        let words = ["why", "next", "see", "wrong"].map(|key| self.texts.word(key).chars().count());
        let column = words.into_iter().max().unwrap_or_default() + 4;
        let indent = " ".repeat(column);
        let lines = behind(&indent, &indent, text, Some(self.width));
        for (at, line) in lines.iter().enumerate() {
            let pad = column.saturating_sub(word.chars().count() + 2);
            match at {
                0 => {
                    let text = line.trim_start();
                    self.push(&format!("  {coloured}{}{text}", " ".repeat(pad)));
                }
                _ => self.push(line),
            }
        }
    }

    fn indented(&mut self, text: &str) {
        for line in behind("      ", "      ", text, Some(self.width)) {
            self.push(&line);
        }
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(words: &str, width: usize) -> String {
        let texts = Texts::compiled_in();
        let mut page = Page::new(&texts, Style(false), Some(width));
        let found = texts.look_up(words, None);
        found.entries.iter().for_each(|entry| page.entry(entry));
        found
            .lines
            .iter()
            .for_each(|line| page.reading(words, line));
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
            (
                "550 5.1.1",
                "X.1.1  (enhanced status code of SMTP)\n  The mailbox does not exist",
            ),
            (
                "a1 FETCH 1:3 (FLAGS)",
                "  1:3\n      messages: Which messages",
            ),
            ("MAIL alice", "  Wrong  MAIL wants FROM: and the sender"),
        ];
        for (words, expected) in rows {
            let page = page(words, 80);
            assert!(page.contains(expected), "{page}");
        }
    }

    #[test]
    fn a_page_fits_its_columns() {
        for words in [
            "RCPT",
            "250",
            "550 5.1.1",
            "* 3 FETCH (FLAGS (\\Seen))",
            "STARTTLS",
        ] {
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
