//! SORT: the order in which the messages that were found are told (RFC 5256 §3 and §5;
//! SORT=DISPLAY: RFC 5957).

use std::fmt;

use super::print::Keys;
use super::{Charset, SearchKey, parse};
use crate::mail::protocol::imap::cursor::{Bound, Cursor, Parsed};
use crate::mail::protocol::span::Role;

/// No list of criteria is longer than this: all keys there are, each in both directions.
const CRITERIA: Bound = Bound {
    most: 2 * KEYS.len(),
    expected: "at most 18 keys to sort by",
};

/// A SORT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The first decides, those behind it where the ones before them are equal; there is at least one.
    pub criteria: Vec<Criterion>,
    /// The charset of the texts; here a client must name one.
    pub charset: Charset,
    /// All of these must be true of a message; there is at least one.
    pub keys: Vec<SearchKey>,
}

/// A key to sort by, and in which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// The key.
    pub key: SortKey,
    /// `REVERSE`: the largest first?
    pub reverse: bool,
}

/// What messages are sorted by (RFC 5256 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// When it came: internal date and time.
    Arrival,
    /// The local part of the first address of Cc.
    Cc,
    /// When it was sent, as the Date field says.
    Date,
    /// The name of the first address of From, as a client shows it (RFC 5957 §4).
    DisplayFrom,
    /// The same of To.
    DisplayTo,
    /// The local part of the first address of From.
    From,
    /// Octets.
    Size,
    /// The base subject (RFC 5256 §2.1).
    Subject,
    /// The local part of the first address of To.
    To,
}

const KEYS: [(&str, SortKey); 9] = [
    ("ARRIVAL", SortKey::Arrival),
    ("CC", SortKey::Cc),
    ("DATE", SortKey::Date),
    ("DISPLAYFROM", SortKey::DisplayFrom),
    ("DISPLAYTO", SortKey::DisplayTo),
    ("FROM", SortKey::From),
    ("SIZE", SortKey::Size),
    ("SUBJECT", SortKey::Subject),
    ("TO", SortKey::To),
];

impl Sort {
    /// Reads criteria, a charset, and search keys up to the end.
    ///
    /// # Errors
    /// When something of it is missing, or there is too much.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Sort> {
        let criteria = cursor.list_within(CRITERIA, Criterion::parse)?;
        cursor.space()?;
        let (charset, keys) = parse::charset_and_keys(cursor)?;
        Ok(Sort {
            criteria,
            charset,
            keys,
        })
    }
}

impl Criterion {
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Criterion> {
        let reverse = cursor.eat_text("REVERSE ");
        let error = cursor.expected("a key to sort by, such as DATE or REVERSE SIZE");
        let word = cursor.named(Role::SortKey, |cursor| cursor.atom(error.expected))?;
        let key = parse::find(&KEYS, &word.to_ascii_uppercase()).ok_or(error)?;
        Ok(Criterion { key, reverse })
    }
}

/// As on the wire, without the command's name.
impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let criteria: Vec<String> = self.criteria.iter().map(Criterion::to_string).collect();
        write!(
            f,
            "({}) {} {}",
            criteria.join(" "),
            self.charset,
            Keys(&self.keys)
        )
    }
}

/// As on the wire.
impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reverse = if self.reverse { "REVERSE " } else { "" };
        write!(f, "{reverse}{}", super::print::name(&KEYS, &self.key))
    }
}
