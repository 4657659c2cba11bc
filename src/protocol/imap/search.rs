//! What SEARCH looks for (RFC 3501 §6.4.4 and §9, `search-key`).
//!
//! Keys nest, to a bound: deeper ones are an error, so neither parsing nor matching nor dropping them
//! can run out of stack. Keys of one shape share a variant; tables hold their names.

use std::fmt;

use jiff::civil::Date;

use super::cursor::{Cursor, Parsed};
use super::date::{SearchDate, parse_date};
use super::mailbox::Astring;
use super::sequence::SequenceSet;
use crate::message::Flag;

/// How deep NOT, OR and parentheses may nest. Clients write an OR of many words as a chain.
pub const DEEPEST: usize = 100;

/// A SEARCH, or the search part of a command that has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The charset that the client named, in upper case. If [`Search::has_known_charset`] is false,
    /// the texts may be wrong, and the answer is `NO [BADCHARSET …]`.
    pub charset: Option<String>,
    /// All of these must be true; there is at least one.
    pub keys: Vec<SearchKey>,
}

/// Something that is true of a message, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchKey {
    /// `ALL`: always true.
    All,
    /// `SEEN`, `DELETED`, …: it has this flag.
    Has(Flag),
    /// `UNSEEN`, `UNDELETED`, …: it has not.
    Lacks(Flag),
    /// `KEYWORD`: it has this keyword.
    Keyword(String),
    /// `UNKEYWORD`: it has not.
    Unkeyword(String),
    /// `RECENT`: this session is the first that was told of it.
    Recent,
    /// `NEW`: recent, and not read.
    New,
    /// `OLD`: not recent.
    Old,
    /// `FROM`, `BODY`, …: this place has this text in it.
    Text(Place, String),
    /// `HEADER`: the field has this text in it; with an empty text, there is such a field.
    Header {
        /// The field's name.
        field: String,
        /// The text.
        text: String,
    },
    /// `BEFORE`, `SENTON`, …: the date compares so.
    Date {
        /// Which date of the message.
        clock: Clock,
        /// How it compares.
        when: When,
        /// With this day.
        date: Date,
    },
    /// `LARGER`: it has more octets than this.
    Larger(u64),
    /// `SMALLER`: it has fewer octets than this.
    Smaller(u64),
    /// Message numbers.
    Numbers(SequenceSet),
    /// `UID`: UIDs.
    Uids(SequenceSet),
    /// `NOT`.
    Not(Box<SearchKey>),
    /// `OR`: one or both.
    Or(Box<SearchKey>, Box<SearchKey>),
    /// Parentheses: all of these; there is at least one.
    And(Vec<SearchKey>),
}

/// Where a text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The Bcc field.
    Bcc,
    /// The body.
    Body,
    /// The Cc field.
    Cc,
    /// The From field.
    From,
    /// The Subject field.
    Subject,
    /// Header and body.
    Text,
    /// The To field.
    To,
}

/// Which date of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// When it came: the internal date.
    Internal,
    /// When it was sent: the Date field.
    Sent,
}

/// How a day compares; time and zone do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Earlier.
    Before,
    /// The same day.
    On,
    /// The same day or later.
    Since,
}

/// The keys that are one word.
const WORDS: [(&str, SearchKey); 14] = [
    ("ALL", SearchKey::All),
    ("ANSWERED", SearchKey::Has(Flag::Answered)),
    ("DELETED", SearchKey::Has(Flag::Deleted)),
    ("DRAFT", SearchKey::Has(Flag::Draft)),
    ("FLAGGED", SearchKey::Has(Flag::Flagged)),
    ("SEEN", SearchKey::Has(Flag::Seen)),
    ("UNANSWERED", SearchKey::Lacks(Flag::Answered)),
    ("UNDELETED", SearchKey::Lacks(Flag::Deleted)),
    ("UNDRAFT", SearchKey::Lacks(Flag::Draft)),
    ("UNFLAGGED", SearchKey::Lacks(Flag::Flagged)),
    ("UNSEEN", SearchKey::Lacks(Flag::Seen)),
    ("RECENT", SearchKey::Recent),
    ("NEW", SearchKey::New),
    ("OLD", SearchKey::Old),
];

/// The keys that look for a text.
const PLACES: [(&str, Place); 7] = [
    ("BCC", Place::Bcc),
    ("BODY", Place::Body),
    ("CC", Place::Cc),
    ("FROM", Place::From),
    ("SUBJECT", Place::Subject),
    ("TEXT", Place::Text),
    ("TO", Place::To),
];

/// The keys that compare a date.
const DATES: [(&str, (Clock, When)); 6] = [
    ("BEFORE", (Clock::Internal, When::Before)),
    ("ON", (Clock::Internal, When::On)),
    ("SINCE", (Clock::Internal, When::Since)),
    ("SENTBEFORE", (Clock::Sent, When::Before)),
    ("SENTON", (Clock::Sent, When::On)),
    ("SENTSINCE", (Clock::Sent, When::Since)),
];

impl Search {
    /// Reads a charset, if one stands there, and keys up to the end.
    ///
    /// # Errors
    /// When a key is none, or nests too deep.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Search> {
        let mut charset = None;
        if cursor.eat_text("CHARSET ") {
            charset = Some(cursor.text("a charset")?.to_ascii_uppercase());
            cursor.space()?;
        }
        let mut search = Search {
            charset,
            keys: Vec::new(),
        };
        let lossy = !search.has_known_charset();
        let mut parser = Parser { depth: 0, lossy };
        search.keys = cursor.separated(|cursor| parser.key(cursor))?;
        Ok(search)
    }

    /// Is the charset one that the texts were decoded from? Without one they are UTF-8, which ASCII
    /// is too (RFC 9051 §6.4.4).
    #[must_use]
    pub fn has_known_charset(&self) -> bool {
        matches!(self.charset.as_deref(), None | Some("US-ASCII" | "UTF-8"))
    }
}

/// What the parser of keys must remember.
struct Parser {
    /// How many keys this one stands in.
    depth: usize,
    /// Is the charset unknown? Then texts that are not UTF-8 are no error of the grammar.
    lossy: bool,
}

impl Parser {
    fn key(&mut self, cursor: &mut Cursor<'_>) -> Parsed<SearchKey> {
        if self.depth == DEEPEST {
            return cursor.fail("search keys nested at most 100 deep");
        }
        self.depth += 1;
        let key = self.nested_key(cursor);
        self.depth -= 1;
        key
    }

    fn nested_key(&mut self, cursor: &mut Cursor<'_>) -> Parsed<SearchKey> {
        let error = cursor.expected("a search key, such as UNSEEN or FROM");
        match cursor.peek() {
            Some(b'(') => return Ok(SearchKey::And(cursor.list(|cursor| self.key(cursor))?)),
            Some(b'0'..=b'9' | b'*') => return SequenceSet::parse(cursor).map(SearchKey::Numbers),
            _ => {}
        }
        let word = cursor.atom(error.expected)?.to_ascii_uppercase();
        if let Some(key) = find(&WORDS, &word) {
            return Ok(key);
        }
        if let Some(place) = find(&PLACES, &word) {
            return Ok(SearchKey::Text(place, self.text(cursor)?));
        }
        if let Some((clock, when)) = find(&DATES, &word) {
            cursor.space()?;
            let date = parse_date(cursor)?;
            return Ok(SearchKey::Date { clock, when, date });
        }
        self.key_with_arguments(cursor, &word)?.ok_or(error)
    }

    fn key_with_arguments(
        &mut self,
        cursor: &mut Cursor<'_>,
        word: &str,
    ) -> Parsed<Option<SearchKey>> {
        Ok(Some(match word {
            "NOT" => {
                cursor.space()?;
                SearchKey::Not(Box::new(self.key(cursor)?))
            }
            "OR" => {
                cursor.space()?;
                let one = self.key(cursor)?;
                cursor.space()?;
                SearchKey::Or(Box::new(one), Box::new(self.key(cursor)?))
            }
            "HEADER" => SearchKey::Header {
                field: self.text(cursor)?,
                text: self.text(cursor)?,
            },
            "KEYWORD" => SearchKey::Keyword(keyword(cursor)?),
            "UNKEYWORD" => SearchKey::Unkeyword(keyword(cursor)?),
            "LARGER" => SearchKey::Larger(octets(cursor)?),
            "SMALLER" => SearchKey::Smaller(octets(cursor)?),
            "UID" => {
                cursor.space()?;
                SearchKey::Uids(SequenceSet::parse(cursor)?)
            }
            _ => return Ok(None),
        }))
    }

    fn text(&self, cursor: &mut Cursor<'_>) -> Parsed<String> {
        cursor.space()?;
        if self.lossy {
            let bytes = cursor.astring("a text to look for")?;
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        cursor.text("a text to look for")
    }
}

fn find<T: Clone>(table: &[(&str, T)], word: &str) -> Option<T> {
    let row = table.iter().find(|(name, _)| *name == word)?;
    Some(row.1.clone())
}

fn keyword(cursor: &mut Cursor<'_>) -> Parsed<String> {
    cursor.space()?;
    cursor.atom("a keyword").map(str::to_owned)
}

fn octets(cursor: &mut Cursor<'_>) -> Parsed<u64> {
    cursor.space()?;
    cursor.number64()
}

/// As on the wire, without the command's name.
impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(charset) = &self.charset {
            write!(f, "CHARSET {} ", Astring(charset))?;
        }
        write!(f, "{}", Keys(&self.keys))
    }
}

struct Keys<'a>(&'a [SearchKey]);

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
            SearchKey::Numbers(set) => write!(f, "{set}"),
            SearchKey::Uids(set) => write!(f, "UID {set}"),
            SearchKey::Not(key) => write!(f, "NOT {key}"),
            SearchKey::Or(one, other) => write!(f, "OR {one} {other}"),
            SearchKey::And(keys) => write!(f, "({})", Keys(keys)),
            word => f.write_str(name(&WORDS, word)),
        }
    }
}

fn name<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
    let row = table.iter().find(|(_, candidate)| candidate == value);
    row.map_or("", |(name, _)| name)
}

#[cfg(test)]
pub(super) mod tests;
