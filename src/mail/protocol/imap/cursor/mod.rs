//! A cursor over the bytes of a command or a response: peek, take, expect (RFC 3501 §9).
//!
//! Every parser of this folder is a function on a [`Cursor`]. What does not fit is a [`ParseError`],
//! which says what was expected and where. A failed attempt may have moved the cursor; who wants to
//! try something clones it first, which copies a few words.

mod recording;
mod strings;

use std::fmt;

use super::mailbox::Alphabet;

pub use recording::SpanRecorder;
pub use strings::utf8;

/// How many items a list may have.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// At most so many.
    pub most: usize,
    /// What an error says was expected in place of one more.
    pub expected: &'static str,
}

/// No list of a command is longer than this. Commands are bounded in octets too; this bound keeps
/// what is quadratic in a list's length harmless.
const IN_A_LIST: Bound = Bound {
    most: 10_000,
    expected: "at most 10000 items in a list",
};

/// What was expected, and at which octet of the buffer, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The octet where it should have stood.
    pub at: usize,
    /// What should have stood there, with its article: "a sequence set".
    pub expected: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at octet {}", self.expected, self.at)
    }
}

impl std::error::Error for ParseError {}

/// What a parser returns.
pub type Parsed<T> = Result<T, ParseError>;

/// A place in a buffer.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    alphabet: Alphabet,
    recording: Option<&'a SpanRecorder>,
}

impl<'a> Cursor<'a> {
    /// At the beginning of these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor {
            bytes,
            at: 0,
            alphabet: Alphabet::default(),
            recording: None,
        }
    }

    /// The same place, with mailbox names ahead that stand in this alphabet.
    #[must_use]
    pub fn with_names_in(mut self, alphabet: Alphabet) -> Cursor<'a> {
        self.alphabet = alphabet;
        self
    }

    /// The alphabet of mailbox names; modified UTF-7, if nobody said anything else.
    #[must_use]
    pub fn names_in(&self) -> Alphabet {
        self.alphabet
    }

    /// How many octets lie behind.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// What lies ahead.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next octet, which stays where it is.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The error of not finding this here.
    #[must_use]
    pub fn expected(&self, expected: &'static str) -> ParseError {
        ParseError {
            at: self.at,
            expected,
        }
    }

    /// Fails for not finding this here.
    ///
    /// # Errors
    /// Always.
    pub fn fail<T>(&self, expected: &'static str) -> Parsed<T> {
        Err(self.expected(expected))
    }

    /// Passes over so many octets, or to the end.
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
    ///
    /// # Errors
    /// When another one, or the end, comes next.
    pub fn expect(&mut self, byte: u8, expected: &'static str) -> Parsed<()> {
        if self.eat(byte) {
            return Ok(());
        }
        self.fail(expected)
    }

    /// Takes one space.
    ///
    /// # Errors
    /// When something else comes next.
    pub fn space(&mut self) -> Parsed<()> {
        self.expect(b' ', "a space")
    }

    /// Succeeds at the end only.
    ///
    /// # Errors
    /// When something comes next.
    pub fn end(&self) -> Parsed<()> {
        if self.rest().is_empty() {
            return Ok(());
        }
        self.fail("the end of the command")
    }

    /// Takes octets while they are of this kind; perhaps none.
    pub fn take_while(&mut self, is: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|b| !is(*b)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Takes all that is left.
    pub fn take_rest(&mut self) -> &'a [u8] {
        self.take_while(|_| true)
    }

    /// Takes a run of at least one octet of this kind; all of them are ASCII.
    ///
    /// # Errors
    /// When another kind comes next.
    pub fn word(&mut self, is: impl Fn(u8) -> bool, expected: &'static str) -> Parsed<&'a str> {
        let error = self.expected(expected);
        let word = self.take_while(|byte| byte.is_ascii() && is(byte));
        match str::from_utf8(word) {
            Ok(word) if !word.is_empty() => Ok(word),
            _ => Err(error),
        }
    }

    /// `atom`.
    ///
    /// # Errors
    /// When none comes next.
    pub fn atom(&mut self, expected: &'static str) -> Parsed<&'a str> {
        self.word(is_atom_char, expected)
    }

    /// One of the words of this table, in any case.
    ///
    /// # Errors
    /// When another one, or none, comes next.
    pub fn one_of<T: Clone>(&mut self, table: &[(&str, T)], expected: &'static str) -> Parsed<T> {
        let error = self.expected(expected);
        let word = self.atom(expected)?;
        let row = table
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word));
        row.map(|(_, item)| item.clone()).ok_or(error)
    }

    /// `number`: 0 to 4294967295.
    ///
    /// # Errors
    /// When none comes next, or it is larger.
    pub fn number(&mut self) -> Parsed<u32> {
        let error = self.expected("a number from 0 to 4294967295");
        self.number64()
            .ok()
            .and_then(|number| u32::try_from(number).ok())
            .ok_or(error)
    }

    /// `number64`: 0 to 9223372036854775807 (RFC 9051 §9).
    ///
    /// # Errors
    /// When none comes next, or it is larger.
    pub fn number64(&mut self) -> Parsed<u64> {
        let error = self.expected("a number from 0 to 9223372036854775807");
        let digits = self.word(|byte| byte.is_ascii_digit(), error.expected)?;
        digits
            .parse::<u64>()
            .ok()
            .filter(|number| i64::try_from(*number).is_ok())
            .ok_or(error)
    }

    /// `nz-number`: 1 to 4294967295.
    ///
    /// # Errors
    /// When none comes next, or it is 0 or larger.
    pub fn nz_number(&mut self) -> Parsed<u32> {
        let error = self.expected("a number from 1 to 4294967295");
        self.number()
            .ok()
            .filter(|number| *number != 0)
            .ok_or(error)
    }

    /// One or more items in parentheses, a space between two.
    ///
    /// # Errors
    /// When a parenthesis is missing, the items' errors, or when there are too many.
    pub fn list<T>(&mut self, item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.list_within(IN_A_LIST, item)
    }

    /// Like [`list`](Cursor::list), with a bound of its own.
    ///
    /// # Errors
    /// As for `list`.
    pub fn list_within<T>(
        &mut self,
        bound: Bound,
        item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.expect(b'(', "an opening parenthesis")?;
        let items = self.separated_within(bound, item)?;
        self.expect(b')', "a space or a closing parenthesis")?;
        Ok(items)
    }

    /// Like [`list`](Cursor::list), but there may be no item: `()`.
    ///
    /// # Errors
    /// As for `list`.
    pub fn list_or_empty<T>(&mut self, item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.list_or_empty_within(IN_A_LIST, item)
    }

    /// Like [`list_or_empty`](Cursor::list_or_empty), with a bound of its own.
    ///
    /// # Errors
    /// As for `list`.
    pub fn list_or_empty_within<T>(
        &mut self,
        bound: Bound,
        item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        if self.eat_text("()") {
            return Ok(Vec::new());
        }
        self.list_within(bound, item)
    }

    /// One or more items, a space between two.
    ///
    /// # Errors
    /// The items', or when there are too many.
    pub fn separated<T>(&mut self, item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.separated_within(IN_A_LIST, item)
    }

    /// Like [`separated`](Cursor::separated), with a bound of its own.
    ///
    /// # Errors
    /// As for `separated`.
    pub fn separated_within<T>(
        &mut self,
        bound: Bound,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(b' ') {
            if items.len() == bound.most {
                return self.fail(bound.expected);
            }
            items.push(item(self)?);
        }
        Ok(items)
    }
}

/// The word for an item in the table of [`Cursor::one_of`].
#[must_use]
pub fn word_for<T: PartialEq>(table: &[(&'static str, T)], item: &T) -> &'static str {
    let row = table.iter().find(|(_, candidate)| candidate == item);
    row.map_or("", |(name, _)| name)
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
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use super::*;

    #[test]
    fn numbers() {
        let number = |text: &'static str| Cursor::new(text.as_bytes()).nz_number().ok();
        assert_eq!(number("1"), Some(1));
        assert_eq!(number("007)"), Some(7));
        assert_eq!(number("4294967295"), Some(u32::MAX));
        for text in [
            "",
            "0",
            "-1",
            "+1",
            "4294967296",
            "99999999999999999999",
            "x",
        ] {
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
        let long = format!("({})", vec!["1"; IN_A_LIST.most + 1].join(" "));
        let error = Cursor::new(long.as_bytes())
            .list(Cursor::number)
            .unwrap_err();
        assert_eq!(error.expected, "at most 10000 items in a list");
    }
}
