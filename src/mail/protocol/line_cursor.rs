//! A cursor over one line of SMTP or POP3: a verb, then words (RFC 5321 §4.1.1, RFC 1939 §3).
//!
//! The parsers take the line apart with it, and give each part a [`Role`]. If the cursor is
//! [recording](LineCursor::recording), it keeps these parts for a caller that shows the line. A part
//! is recorded before its contents are checked: a wrong line has parts, too, and a password in it
//! must be masked.

use super::span::{Role, Span};

/// A line without its CRLF, and the place up to which it has been parsed.
pub struct LineCursor<'a> {
    line: &'a [u8],
    at: usize,
    spans: Option<Vec<Span>>,
}

impl<'a> LineCursor<'a> {
    /// A cursor at the beginning of this line.
    #[must_use]
    pub fn new(line: &'a [u8]) -> LineCursor<'a> {
        LineCursor { line, at: 0, spans: None }
    }

    /// A cursor that also records which part of the line is what.
    #[must_use]
    pub fn recording(line: &'a [u8]) -> LineCursor<'a> {
        LineCursor { spans: Some(Vec::new()), ..LineCursor::new(line) }
    }

    /// The parts that were recorded, in their order; empty parts are left out.
    #[must_use]
    pub fn into_spans(self) -> Vec<Span> {
        self.spans.unwrap_or_default()
    }

    /// Takes the verb if the table has it, in any case (RFC 5321 §2.4, RFC 1939 §3).
    pub(super) fn verb<T: Copy>(&mut self, table: &[(&str, T)]) -> Option<T> {
        let verb = self.peek_word();
        let (_, meaning) =
            table.iter().find(|(name, _)| verb.eq_ignore_ascii_case(name.as_bytes()))?;
        self.take(verb.len(), Role::Verb);
        Some(*meaning)
    }

    /// Returns the octets up to the next space; takes nothing.
    pub(super) fn peek_word(&self) -> &'a [u8] {
        let left = self.left();
        let end = left.iter().position(|octet| *octet == b' ');
        left.get(..end.unwrap_or(left.len())).unwrap_or_default()
    }

    /// Returns the text that is left, without the spaces around it; takes nothing.
    pub(super) fn peek_rest(&self) -> &'a str {
        as_text(self.left()).trim_matches(' ')
    }

    /// Takes so many octets.
    pub(super) fn take(&mut self, count: usize, role: Role) -> &'a [u8] {
        let start = self.at;
        self.at = (start + count).min(self.line.len());
        if let Some(spans) = &mut self.spans
            && start < self.at
        {
            let range = start..self.at;
            spans.push(Span { role, range });
        }
        self.line.get(start..self.at).unwrap_or_default()
    }

    /// Passes over spaces.
    pub(super) fn skip_spaces(&mut self) {
        let spaces = self.left().iter().take_while(|octet| **octet == b' ');
        self.at += spaces.count();
    }

    /// Takes the next word: the spaces before it are not part of it.
    pub(super) fn word(&mut self, role: Role) -> &'a str {
        self.skip_spaces();
        as_text(self.take(self.peek_word().len(), role))
    }

    /// Takes everything that is left, without the spaces around it.
    pub(super) fn rest(&mut self, role: Role) -> &'a str {
        self.skip_spaces();
        let left = self.left();
        let spaces = left.iter().rev().take_while(|octet| **octet == b' ');
        let count = left.len() - spaces.count();
        as_text(self.take(count, role))
    }

    /// Takes everything after the space that ends the verb: further spaces are part of it.
    pub(super) fn exact_rest(&mut self, role: Role) -> &'a str {
        if self.left().first() == Some(&b' ') {
            self.at += 1;
        }
        as_text(self.take(self.line.len(), role))
    }

    /// Runs this parser on the text that is left, and takes the part that it has parsed.
    ///
    /// # Errors
    /// The parser's; nothing is taken then.
    pub(super) fn parse<T, E>(
        &mut self,
        role: Role,
        parser: impl FnOnce(&'a str) -> Result<(T, &'a str), E>,
    ) -> Result<T, E> {
        let text = as_text(self.left());
        let (parsed, rest) = parser(text)?;
        self.take(text.len() - rest.len(), role);
        Ok(parsed)
    }

    /// Checks that the whole line is text.
    ///
    /// # Errors
    /// The first sentence if it is not UTF-8, the second if it has a control character.
    pub(super) fn check_text(
        &self,
        [not_utf8, control]: [&'static str; 2],
    ) -> Result<(), &'static str> {
        let text = str::from_utf8(self.line).map_err(|_| not_utf8)?;
        if text.chars().any(char::is_control) {
            return Err(control);
        }
        Ok(())
    }

    fn left(&self) -> &'a [u8] {
        self.line.get(self.at..).unwrap_or_default()
    }
}

/// Octets as text; empty if they are not UTF-8, which [`LineCursor::check_text`] reports.
fn as_text(octets: &[u8]) -> &str {
    str::from_utf8(octets).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::protocol::span::tests::shown;

    #[test]
    fn each_part_is_taken_once_and_recorded() {
        let line = b"DO  it  right now ";
        let mut cursor = LineCursor::recording(line);
        assert_eq!(cursor.verb(&[("do", 1)]), Some(1));
        assert_eq!(cursor.peek_rest(), "it  right now");
        assert_eq!(cursor.word(Role::Argument), "it");
        assert_eq!(cursor.rest(Role::Text), "right now");
        assert_eq!(cursor.rest(Role::Text), "");
        let spans = cursor.into_spans();
        assert_eq!(shown(line, &spans), "verb DO, argument it, text right now");
    }

    #[test]
    fn only_one_space_ends_the_verb_before_an_exact_rest() {
        let mut cursor = LineCursor::new(b"PASS  a ");
        cursor.take(4, Role::Verb);
        assert_eq!(cursor.exact_rest(Role::Password), " a ");
    }

    #[test]
    fn a_parser_takes_its_part_or_nothing() {
        let mut cursor = LineCursor::recording(b"12 x");
        let two = |text: &'static str| text.split_at_checked(2).ok_or(());
        let all = |text: &'static str| text.split_at_checked(9).ok_or(());
        assert_eq!(cursor.parse(Role::Size, all), Err(()));
        assert_eq!(cursor.parse(Role::Size, two), Ok("12"));
        assert_eq!(cursor.word(Role::Text), "x");
        assert_eq!(shown(b"12 x", &cursor.into_spans()), "size 12, text x");
    }

    #[test]
    fn a_line_that_is_no_text_is_found() {
        let sentences = ["not UTF-8", "control"];
        let rows: [(&[u8], Result<(), &str>); 3] = [
            (b"NOOP \xff", Err("not UTF-8")),
            (b"NOOP \0", Err("control")),
            (b"NOOP \xc3\xa9", Ok(())),
        ];
        for (line, expected) in rows {
            assert_eq!(LineCursor::new(line).check_text(sentences), expected);
        }
    }
}
