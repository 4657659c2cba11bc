//! The arguments of SORT (RFC 5256 §3 and §5; SORT=DISPLAY: RFC 5957).

use std::fmt;

use super::print::Keys;
use super::{SearchCharset, SearchKey, parse};
use crate::mail::protocol::imap::cursor::{Bound, Cursor, Parsed};
use crate::mail::protocol::span::Role;

/// The most criteria: all keys, each in both directions.
const CRITERIA: Bound = Bound { most: 2 * KEYS.len(), expected: "at most 18 keys to sort by" };

/// The arguments of SORT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// At least one criterion. Each later one decides where the earlier ones are equal.
    pub criteria: Vec<Criterion>,
    /// The charset of the texts, which is mandatory here.
    pub charset: SearchCharset,
    /// All of these must be true; there is at least one.
    pub keys: Vec<SearchKey>,
}

/// A sort key and its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// The key.
    pub key: SortKey,
    /// `REVERSE`: true if the largest is first.
    pub reverse: bool,
}

/// A sort key (RFC 5256 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// When it was received: internal date and time.
    Arrival,
    /// The local part of the first address of Cc.
    Cc,
    /// When it was sent, from the Date field.
    Date,
    /// The display name of the first address of From (RFC 5957 §4).
    DisplayFrom,
    /// The display name of the first address of To.
    DisplayTo,
    /// The local part of the first address of From.
    From,
    /// The size in octets.
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
    /// Parses criteria, a charset, and search keys up to the end.
    ///
    /// # Errors
    /// When one of them is missing, or there are too many criteria.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Sort> {
        let criteria = cursor.list_within(CRITERIA, Criterion::parse)?;
        cursor.space()?;
        let (charset, keys) = parse::charset_and_keys(cursor)?;
        Ok(Sort { criteria, charset, keys })
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
        write!(f, "({}) {} {}", criteria.join(" "), self.charset, Keys(&self.keys))
    }
}

/// As on the wire.
impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reverse = if self.reverse { "REVERSE " } else { "" };
        write!(f, "{reverse}{}", super::print::name(&KEYS, &self.key))
    }
}
