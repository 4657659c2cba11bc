//! Searches as they go on the wire: the inverse of `parse.rs`.

use std::fmt;

use super::{DATES, PLACES, Search, SearchCharset, SearchKey, WORDS};
use crate::mail::protocol::imap::date::SearchDate;
use crate::mail::protocol::imap::mailbox::Astring;

/// As on the wire, without the command's name.
impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(returns) = &self.returns {
            write!(f, "RETURN {returns} ")?;
        }
        if let Some(charset) = &self.charset {
            write!(f, "CHARSET {charset} ")?;
        }
        write!(f, "{}", Keys(&self.keys))
    }
}

/// As on the wire.
impl fmt::Display for SearchCharset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Astring(&self.0).fmt(f)
    }
}

/// Prints keys with a space between two.
pub(super) struct Keys<'a>(pub(super) &'a [SearchKey]);

impl fmt::Display for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, key) in self.0.iter().enumerate() {
            let space = if position == 0 { "" } else { " " };
            write!(f, "{space}{key}")?;
        }
        Ok(())
    }
}

/// As on the wire.
impl fmt::Display for SearchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SearchKey::Keyword(keyword) => write!(f, "KEYWORD {keyword}"),
            SearchKey::Unkeyword(keyword) => write!(f, "UNKEYWORD {keyword}"),
            SearchKey::Text(place, text) => {
                write!(f, "{} {}", name(&PLACES, place), Astring(text))
            }
            SearchKey::Header { field, text } => {
                write!(f, "HEADER {} {}", Astring(field), Astring(text))
            }
            SearchKey::Date { clock, when, date } => {
                let word = name(&DATES, &(*clock, *when));
                write!(f, "{word} {}", SearchDate(*date))
            }
            SearchKey::Larger(octets) => write!(f, "LARGER {octets}"),
            SearchKey::Smaller(octets) => write!(f, "SMALLER {octets}"),
            SearchKey::Younger(seconds) => write!(f, "YOUNGER {seconds}"),
            SearchKey::Older(seconds) => write!(f, "OLDER {seconds}"),
            SearchKey::Numbers(set) => write!(f, "{set}"),
            SearchKey::Uids(set) => write!(f, "UID {set}"),
            SearchKey::Not(key) => write!(f, "NOT {key}"),
            SearchKey::Or(one, other) => write!(f, "OR {one} {other}"),
            SearchKey::And(keys) => write!(f, "({})", Keys(keys)),
            word => f.write_str(name(&WORDS, word)),
        }
    }
}

/// Returns the word for this in a table.
pub(super) fn name<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
    let row = table.iter().find(|(_, candidate)| candidate == value);
    row.map_or("", |(name, _)| *name)
}
