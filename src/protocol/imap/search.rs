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
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use proptest::prelude::*;

    use super::super::date::tests::any_date;
    use super::super::sequence::tests::any_set;
    use super::*;

    fn parse(bytes: &[u8]) -> Parsed<Search> {
        let mut cursor = Cursor::new(bytes);
        let search = Search::parse(&mut cursor)?;
        cursor.end().map(|()| search)
    }

    #[test]
    fn searches() {
        let rows = [
            ("all", "ALL"),
            (
                "flagged SINCE 1-Feb-1994 not FROM \"Smith\"",
                "FLAGGED SINCE 1-Feb-1994 NOT FROM Smith",
            ),
            (
                "CHARSET utf-8 TEXT {7}\r\ncafé x",
                "CHARSET UTF-8 TEXT {7}\r\ncafé x",
            ),
            (
                "or (seen 1:3) or unseen * new",
                "OR (SEEN 1:3) OR UNSEEN * NEW",
            ),
            ("HEADER List-Id \"\" UID 5:*", "HEADER List-Id \"\" UID 5:*"),
            (
                "KEYWORD $Junk UNKEYWORD x LARGER 0 SMALLER 5000000000",
                "KEYWORD $Junk UNKEYWORD x LARGER 0 SMALLER 5000000000",
            ),
            ("((all))", "((ALL))"),
            (
                "sentbefore \"01-jan-2000\" senton 1-Jan-2000 sentsince 1-Jan-2000 before 1-Jan-2000 on 1-Jan-2000",
                "SENTBEFORE 1-Jan-2000 SENTON 1-Jan-2000 SENTSINCE 1-Jan-2000 BEFORE 1-Jan-2000 ON 1-Jan-2000",
            ),
        ];
        for (text, printed) in rows {
            assert_eq!(parse(text.as_bytes()).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn an_unknown_charset_is_no_error_of_the_grammar() {
        let search = parse(b"CHARSET KOI8-R TEXT {3}\r\n\xc4\xc1\xd4").unwrap();
        assert!(!search.has_known_charset());
        assert!(parse(b"CHARSET UTF-8 TEXT {3}\r\n\xc4\xc1\xd4").is_err());
        assert!(parse(b"TEXT {3}\r\n\xc4\xc1\xd4").is_err());
    }

    #[test]
    fn what_is_no_search() {
        let rows = [
            (
                "",
                "expected a search key, such as UNSEEN or FROM at octet 0",
            ),
            ("CHARSET UTF-8", "expected a space at octet 13"),
            (
                "UNSEEN ",
                "expected a search key, such as UNSEEN or FROM at octet 7",
            ),
            (
                "FOO",
                "expected a search key, such as UNSEEN or FROM at octet 0",
            ),
            (
                "()",
                "expected a search key, such as UNSEEN or FROM at octet 1",
            ),
            (
                "(ALL",
                "expected a space or a closing parenthesis at octet 4",
            ),
            ("ALL)", "expected the end of the command at octet 3"),
            ("NOT", "expected a space at octet 3"),
            ("OR ALL", "expected a space at octet 6"),
            (
                "SINCE 30-Feb-2000",
                "expected a date that exists: 17-Jul-1996 at octet 6",
            ),
            (
                "LARGER -1",
                "expected a number from 0 to 9223372036854775807 at octet 7",
            ),
            ("KEYWORD \\Seen", "expected a keyword at octet 8"),
            ("0", "expected a sequence set at octet 0"),
        ];
        for (text, sentence) in rows {
            let error = parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), sentence, "{text:?}");
        }
    }

    #[test]
    fn nesting_has_a_bound() {
        let sentence = "search keys nested at most 100 deep";
        for text in [
            "(".repeat(10_000),
            "NOT ".repeat(100_000) + "ALL",
            "OR ".repeat(100_000),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err().expected, sentence);
        }
        assert!(parse(("NOT ".repeat(DEEPEST - 1) + "ALL").as_bytes()).is_ok());
        assert!(parse(("NOT ".repeat(DEEPEST) + "ALL").as_bytes()).is_err());
        // Depth is not length.
        assert!(parse("(NOT ALL) ".repeat(5_000).trim_end().as_bytes()).is_ok());
    }

    /// A search for the law of SEARCH.
    pub(in super::super) fn any_search() -> impl Strategy<Value = Search> {
        let text = || "([ -~]|[é日]|\\r\\n){0,8}";
        let word = (0..WORDS.len()).prop_map(|at| WORDS[at].1.clone());
        let place =
            (0..PLACES.len(), text()).prop_map(|(at, text)| SearchKey::Text(PLACES[at].1, text));
        let date = (0..DATES.len(), any_date()).prop_map(|(at, date)| {
            let (clock, when) = DATES[at].1;
            SearchKey::Date { clock, when, date }
        });
        let leaf = prop_oneof![
            word,
            place,
            date,
            "[a-z$]{1,8}".prop_map(SearchKey::Keyword),
            "[a-z$]{1,8}".prop_map(SearchKey::Unkeyword),
            (text(), text()).prop_map(|(field, text)| SearchKey::Header { field, text }),
            (0u64..1 << 63).prop_map(SearchKey::Larger),
            (0u64..1 << 63).prop_map(SearchKey::Smaller),
            any_set().prop_map(SearchKey::Numbers),
            any_set().prop_map(SearchKey::Uids),
        ];
        let key = leaf.prop_recursive(4, 16, 3, |key| {
            prop_oneof![
                key.clone().prop_map(|key| SearchKey::Not(Box::new(key))),
                (key.clone(), key.clone())
                    .prop_map(|(one, other)| SearchKey::Or(Box::new(one), Box::new(other))),
                proptest::collection::vec(key, 1..3).prop_map(SearchKey::And),
            ]
        });
        let charset = proptest::option::of(Just("UTF-8".to_owned()));
        (charset, proptest::collection::vec(key, 1..4))
            .prop_map(|(charset, keys)| Search { charset, keys })
    }

    proptest! {
        #[test]
        fn parses_what_it_prints(search in any_search()) {
            prop_assert_eq!(parse(search.to_string().as_bytes()), Ok(search));
        }
    }
}
