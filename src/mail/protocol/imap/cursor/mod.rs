//! A cursor over the bytes of a command or a response: peek, take, expect (RFC 3501 §9).
//!
//! Each parser of this folder is a function on a [`Cursor`]. What does not fit is a [`ParseError`],
//! which says what was expected and where. A failed attempt may have moved the cursor; a parser that
//! wants to try something clones it first, which copies a few words.
//!
//! `strings` parses atoms, quoted strings and literals, `lists` several items, and `recording` notes
//! which octets are what, for programs that explain a line.

mod lists;
mod recording;
mod strings;

use std::fmt;

use super::mailbox::Alphabet;

pub use lists::{Bound, word_for};
pub use recording::SpanRecorder;
pub use strings::utf8;

/// What was expected, and at which octet of the buffer, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The octet where it was expected.
    pub at: usize,
    /// What was expected, with its article: "a sequence set".
    pub expected: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at octet {}", self.expected, self.at)
    }
}

impl std::error::Error for ParseError {}

/// What a parser returns. Each parser fails if what it parses does not come next.
pub type Parsed<T> = Result<T, ParseError>;

/// A position in a buffer.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    alphabet: Alphabet,
    recorder: Option<&'a SpanRecorder>,
}

impl<'a> Cursor<'a> {
    /// A cursor at the beginning of these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { bytes, at: 0, alphabet: Alphabet::default(), recorder: None }
    }

    /// Sets the alphabet of the mailbox names that follow.
    #[must_use]
    pub fn with_names_in(mut self, alphabet: Alphabet) -> Cursor<'a> {
        self.alphabet = alphabet;
        self
    }

    /// The alphabet of mailbox names; modified UTF-7 unless it was set.
    #[must_use]
    pub fn names_in(&self) -> Alphabet {
        self.alphabet
    }

    /// The number of octets before the cursor.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// The octets after the cursor.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Returns the next octet without taking it.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Returns the error of not finding this here.
    #[must_use]
    pub fn expected(&self, expected: &'static str) -> ParseError {
        ParseError { at: self.at, expected }
    }

    /// Fails for not finding this here.
    pub fn fail<T>(&self, expected: &'static str) -> Parsed<T> {
        Err(self.expected(expected))
    }

    /// Skips so many octets, or to the end.
    pub fn skip(&mut self, octets: usize) {
        self.at = self.at.saturating_add(octets).min(self.bytes.len());
    }

    /// Takes this octet if it comes next.
    pub fn eat(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        self.at += usize::from(next);
        next
    }

    /// Takes these octets, letters in any case, if they come next.
    pub fn eat_text(&mut self, text: &str) -> bool {
        let next = self.rest().get(..text.len());
        let same = next.is_some_and(|next| next.eq_ignore_ascii_case(text.as_bytes()));
        self.at += if same { text.len() } else { 0 };
        same
    }

    /// Takes this octet, or fails.
    pub fn expect(&mut self, byte: u8, expected: &'static str) -> Parsed<()> {
        if self.eat(byte) {
            return Ok(());
        }
        self.fail(expected)
    }

    /// Takes one space.
    pub fn space(&mut self) -> Parsed<()> {
        self.expect(b' ', "a space")
    }

    /// Succeeds only at the end.
    pub fn end(&self) -> Parsed<()> {
        if self.rest().is_empty() {
            return Ok(());
        }
        self.fail("the end of the command")
    }

    /// Takes octets of this kind; perhaps none.
    pub fn take_while(&mut self, is: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|b| !is(*b)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Takes all octets that are left.
    pub fn take_rest(&mut self) -> &'a [u8] {
        self.take_while(|_| true)
    }

    /// Takes at least one octet of this kind; all of them are ASCII.
    pub fn word(&mut self, is: impl Fn(u8) -> bool, expected: &'static str) -> Parsed<&'a str> {
        let error = self.expected(expected);
        let word = self.take_while(|byte| byte.is_ascii() && is(byte));
        match str::from_utf8(word) {
            Ok(word) if !word.is_empty() => Ok(word),
            _ => Err(error),
        }
    }

    /// `atom`.
    pub fn atom(&mut self, expected: &'static str) -> Parsed<&'a str> {
        self.word(is_atom_char, expected)
    }

    /// `number`: 0 to 4294967295.
    pub fn number(&mut self) -> Parsed<u32> {
        let error = self.expected("a number from 0 to 4294967295");
        let number = self.number64().map_err(|_| error)?;
        u32::try_from(number).map_err(|_| error)
    }

    /// `number64`: 0 to 9223372036854775807 (RFC 9051 §9).
    pub fn number64(&mut self) -> Parsed<u64> {
        let error = self.expected("a number from 0 to 9223372036854775807");
        let digits = self.word(|byte| byte.is_ascii_digit(), error.expected)?;
        let number = digits.parse::<i64>().map_err(|_| error)?;
        Ok(number.unsigned_abs())
    }

    /// `nz-number`: 1 to 4294967295.
    pub fn nz_number(&mut self) -> Parsed<u32> {
        let error = self.expected("a number from 1 to 4294967295");
        match self.number() {
            Ok(number) if number != 0 => Ok(number),
            _ => Err(error),
        }
    }
}

/// RFC 3501 §9, `ATOM-CHAR`.
#[must_use]
pub fn is_atom_char(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"(){%*\"\\]".contains(&byte)
}

/// RFC 3501 §9, `ASTRING-CHAR`.
#[must_use]
pub fn is_astring_char(byte: u8) -> bool {
    is_atom_char(byte) || byte == b']'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let number = |text: &'static str| Cursor::new(text.as_bytes()).nz_number().ok();
        assert_eq!(number("1"), Some(1));
        assert_eq!(number("007)"), Some(7));
        assert_eq!(number("4294967295"), Some(u32::MAX));
        for text in ["", "0", "-1", "+1", "4294967296", "99999999999999999999", "x"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn lists() {
        let list = |text: &'static str| {
            let mut cursor = Cursor::new(text.as_bytes());
            cursor.list_or_empty(Cursor::number).ok()
        };
        assert_eq!(list("(1 2 3)"), Some(vec![1, 2, 3]));
        assert_eq!(list("()"), Some(vec![]));
        for text in ["", "(", "( 1)", "(1 )", "(1  2)", "(1", "1"] {
            assert_eq!(list(text), None, "{text}");
        }
        let long = format!("({})", vec!["1"; lists::IN_A_LIST.most + 1].join(" "));
        let error = Cursor::new(long.as_bytes()).list(Cursor::number).unwrap_err();
        assert_eq!(error.expected, "at most 10000 items in a list");
    }
}
