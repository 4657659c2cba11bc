//! The grammar of SEARCH (RFC 3501 §9, `search`).

use super::{
    DATES, DEEPEST, MOST_TEXTS, MessageSet, PLACES, Returns, Search, SearchCharset, SearchKey,
    WORDS,
};
use crate::mail::protocol::imap::cursor::{Cursor, Parsed};
use crate::mail::protocol::imap::date::parse_date;
use crate::mail::protocol::span::Role;

impl Search {
    /// Parses optional RETURN and CHARSET, then search keys up to the end.
    ///
    /// # Errors
    /// For an invalid key, one that is nested too deep, or too many texts.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Search> {
        let mut returns = None;
        if cursor.eat_text("RETURN ") {
            returns = Some(Returns::parse(cursor)?);
            cursor.space()?;
        }
        let mut charset = None;
        if cursor.eat_text("CHARSET ") {
            charset = Some(SearchCharset::parse(cursor)?);
            cursor.space()?;
        }
        let keys = keys(cursor, charset.as_ref())?;
        Ok(Search { returns, charset, keys })
    }
}

impl SearchCharset {
    /// Parses a charset's name from the front.
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<SearchCharset> {
        let name = cursor.named(Role::Charset, |cursor| cursor.text("a charset"))?;
        Ok(SearchCharset::named(&name))
    }
}

/// Parses `search-criteria` (RFC 5256 §5): the charset is mandatory, without the word CHARSET.
pub(super) fn charset_and_keys(cursor: &mut Cursor<'_>) -> Parsed<(SearchCharset, Vec<SearchKey>)> {
    let charset = SearchCharset::parse(cursor)?;
    cursor.space()?;
    let keys = keys(cursor, Some(&charset))?;
    Ok((charset, keys))
}

/// Parses keys, at least one, up to the end.
fn keys(cursor: &mut Cursor<'_>, charset: Option<&SearchCharset>) -> Parsed<Vec<SearchKey>> {
    let mut parser =
        Parser { depth: 0, texts: 0, lossy: charset.is_some_and(|charset| !charset.is_known()) };
    cursor.separated(|cursor| parser.key(cursor))
}

/// The state of the parser of keys.
struct Parser {
    /// How many keys are around this one.
    depth: usize,
    /// How many texts were parsed.
    texts: usize,
    /// True if the charset is unknown. Then texts that are not UTF-8 are no syntax error.
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
            Some(b'0'..=b'9' | b'*' | b'$') => {
                return MessageSet::parse(cursor).map(SearchKey::Numbers);
            }
            _ => {}
        }
        let word = cursor.named(Role::SearchKey, |cursor| cursor.atom(error.expected))?;
        let word = word.to_ascii_uppercase();
        if let Some(key) = find(&WORDS, &word) {
            return Ok(key);
        }
        if let Some(place) = find(&PLACES, &word) {
            return Ok(SearchKey::Text(place, self.text(cursor)?));
        }
        if let Some((clock, when)) = find(&DATES, &word) {
            cursor.space()?;
            let date = cursor.named(Role::Date, parse_date)?;
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
            "HEADER" => {
                cursor.space()?;
                SearchKey::Header {
                    field: self.decoded(cursor, "the name of a field")?,
                    text: self.text(cursor)?,
                }
            }
            "KEYWORD" => SearchKey::Keyword(keyword(cursor)?),
            "UNKEYWORD" => SearchKey::Unkeyword(keyword(cursor)?),
            "LARGER" => SearchKey::Larger(octets(cursor)?),
            "SMALLER" => SearchKey::Smaller(octets(cursor)?),
            "YOUNGER" => SearchKey::Younger(seconds(cursor)?),
            "OLDER" => SearchKey::Older(seconds(cursor)?),
            "UID" => {
                cursor.space()?;
                SearchKey::Uids(MessageSet::parse(cursor)?)
            }
            _ => return Ok(None),
        }))
    }

    fn text(&mut self, cursor: &mut Cursor<'_>) -> Parsed<String> {
        cursor.space()?;
        if self.texts == MOST_TEXTS {
            return cursor.fail("at most 1000 texts to look for");
        }
        self.texts += 1;
        self.decoded(cursor, "a text to look for")
    }

    fn decoded(&self, cursor: &mut Cursor<'_>, expected: &'static str) -> Parsed<String> {
        cursor.named(Role::Value, |cursor| {
            if self.lossy {
                let bytes = cursor.astring(expected)?;
                return Ok(String::from_utf8_lossy(&bytes).into_owned());
            }
            cursor.text(expected)
        })
    }
}

/// Returns what this word means in a table.
pub(super) fn find<T: Clone>(table: &[(&str, T)], word: &str) -> Option<T> {
    let row = table.iter().find(|(name, _)| *name == word)?;
    Some(row.1.clone())
}

fn keyword(cursor: &mut Cursor<'_>) -> Parsed<String> {
    cursor.space()?;
    let keyword = cursor.named(Role::Flag, |cursor| cursor.atom("a keyword"))?;
    Ok(keyword.to_owned())
}

/// RFC 5032 §3: `nz-number`.
fn seconds(cursor: &mut Cursor<'_>) -> Parsed<u32> {
    cursor.space()?;
    cursor.named(Role::Number, Cursor::nz_number)
}

fn octets(cursor: &mut Cursor<'_>) -> Parsed<u64> {
    cursor.space()?;
    cursor.named(Role::Size, Cursor::number64)
}
