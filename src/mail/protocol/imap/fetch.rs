//! What FETCH asks for (RFC 3501 §6.4.5 and §9, `fetch-att`).
//!
//! Parsing replaces the macros ALL, FAST and FULL by their items.

use std::fmt;
use std::ops::Range;

use super::cursor::{Bound, Cursor, Parsed};
use super::mailbox::Astring;
use crate::mail::protocol::span::Role;

/// The deepest section; the parser of messages nests less.
const DEEPEST_SECTION: usize = 100;

/// The most items in one FETCH: a short command must not have an endless reply.
const ITEMS: Bound = Bound { most: 1000, expected: "at most 1000 fetch items" };

/// One thing that a client wants to know about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchItem {
    /// `FLAGS`.
    Flags,
    /// `UID`.
    Uid,
    /// `INTERNALDATE`: when the message was received.
    InternalDate,
    /// `RFC822.SIZE`: its size in octets.
    Rfc822Size,
    /// `RFC822`: the whole message; sets `\Seen`.
    Rfc822,
    /// `RFC822.HEADER`: the header; leaves `\Seen` as it is.
    Rfc822Header,
    /// `RFC822.TEXT`: the body; sets `\Seen`.
    Rfc822Text,
    /// `ENVELOPE`: the header's main fields, parsed.
    Envelope,
    /// `BODY`: the MIME structure without extensions.
    Body,
    /// `BODYSTRUCTURE`: the MIME structure with extensions.
    BodyStructure,
    /// `BODY[…]`, or with `peek` `BODY.PEEK[…]`, which does not set `\Seen`.
    BodySection {
        /// True if `\Seen` is left as it is.
        peek: bool,
        /// The part of the message.
        section: Section,
        /// The octets of that part; `None` for all.
        partial: Option<Partial>,
    },
    /// `BINARY[…]`, or with `peek` `BINARY.PEEK[…]`: a part, decoded from its transfer encoding
    /// (RFC 3516 §4.2).
    Binary {
        /// True if `\Seen` is left as it is.
        peek: bool,
        /// The part's number at each level; none is the whole message.
        path: Vec<u32>,
        /// The octets of the decoded part; `None` for all.
        partial: Option<Partial>,
    },
    /// `BINARY.SIZE[…]`: the size of that part when it is decoded.
    BinarySize(Vec<u32>),
}

/// A part of a message: `1.2.HEADER`. The empty one is the whole message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// The part's number at each level, counted from 1.
    pub path: Vec<u32>,
    /// What of that part; `None` for its whole content.
    pub text: Option<SectionText>,
}

/// The piece of a part that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SectionText {
    /// `HEADER`: the header of the message, or of the message in the part.
    Header,
    /// `HEADER.FIELDS`: these fields of that header; there is at least one.
    HeaderFields(Vec<String>),
    /// `HEADER.FIELDS.NOT`: all fields but these; there is at least one.
    HeaderFieldsNot(Vec<String>),
    /// `TEXT`: the body of the message, or of the message in the part.
    Text,
    /// `MIME`: the MIME header of the part, which has a number.
    Mime,
}

/// `<start.count>`: a range of octets. A range beyond the end is empty, not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// The first octet, counted from 0.
    pub start: u64,
    /// The largest number of octets; not 0.
    pub count: u64,
}

/// The items whose names are words.
const WORDS: [(&str, FetchItem); 10] = [
    ("FLAGS", FetchItem::Flags),
    ("UID", FetchItem::Uid),
    ("INTERNALDATE", FetchItem::InternalDate),
    ("RFC822.SIZE", FetchItem::Rfc822Size),
    ("RFC822", FetchItem::Rfc822),
    ("RFC822.HEADER", FetchItem::Rfc822Header),
    ("RFC822.TEXT", FetchItem::Rfc822Text),
    ("ENVELOPE", FetchItem::Envelope),
    ("BODY", FetchItem::Body),
    ("BODYSTRUCTURE", FetchItem::BodyStructure),
];

/// The items of FULL; ALL and FAST are its first ones (RFC 3501 §6.4.5).
const FULL: [FetchItem; 5] = [
    FetchItem::Flags,
    FetchItem::InternalDate,
    FetchItem::Rfc822Size,
    FetchItem::Envelope,
    FetchItem::Body,
];

impl FetchItem {
    /// Parses a macro, one item, or a list of items from the front.
    ///
    /// # Errors
    /// When there is none.
    pub fn parse_all(cursor: &mut Cursor<'_>) -> Parsed<Vec<FetchItem>> {
        if cursor.peek() == Some(b'(') {
            return cursor.list_within(ITEMS, FetchItem::parse);
        }
        cursor.named(Role::FetchItem, FetchItem::parse_macro)
    }

    fn parse_macro(cursor: &mut Cursor<'_>) -> Parsed<Vec<FetchItem>> {
        let mut ahead = cursor.clone();
        let word = ahead.atom("a fetch item").unwrap_or_default();
        let length = match word.to_ascii_uppercase().as_str() {
            "FAST" => 3,
            "ALL" => 4,
            "FULL" => 5,
            _ => return Ok(vec![FetchItem::parse_item(cursor)?]),
        };
        *cursor = ahead;
        Ok(FULL.into_iter().take(length).collect())
    }

    /// Parses one item from the front.
    ///
    /// # Errors
    /// When there is none.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<FetchItem> {
        cursor.named(Role::FetchItem, FetchItem::parse_item)
    }

    fn parse_item(cursor: &mut Cursor<'_>) -> Parsed<FetchItem> {
        let error = cursor.expected("a fetch item, such as FLAGS or BODY[]");
        let word = cursor.word(is_item_char, error.expected)?;
        if cursor.peek() == Some(b'[') {
            return match word.to_ascii_uppercase().as_str() {
                "BODY" => FetchItem::section(cursor, false),
                "BODY.PEEK" => FetchItem::section(cursor, true),
                "BINARY" => FetchItem::binary(cursor, false),
                "BINARY.PEEK" => FetchItem::binary(cursor, true),
                "BINARY.SIZE" => Section::parse_part(cursor).map(FetchItem::BinarySize),
                _ => Err(error),
            };
        }
        (WORDS.into_iter())
            .find(|(name, _)| name.eq_ignore_ascii_case(word))
            .map(|(_, item)| item)
            .ok_or(error)
    }

    /// True if it sets `\Seen` (RFC 3501 §6.4.5).
    #[must_use]
    pub fn sets_seen(&self) -> bool {
        matches!(
            self,
            FetchItem::Rfc822
                | FetchItem::Rfc822Text
                | FetchItem::BodySection { peek: false, .. }
                | FetchItem::Binary { peek: false, .. }
        )
    }

    fn binary(cursor: &mut Cursor<'_>, peek: bool) -> Parsed<FetchItem> {
        Ok(FetchItem::Binary {
            peek,
            path: Section::parse_part(cursor)?,
            partial: Partial::parse(cursor)?,
        })
    }

    fn section(cursor: &mut Cursor<'_>, peek: bool) -> Parsed<FetchItem> {
        Ok(FetchItem::BodySection {
            peek,
            section: Section::parse(cursor)?,
            partial: Partial::parse(cursor)?,
        })
    }
}

impl Section {
    /// Parses `[1.2.HEADER]` from the front.
    ///
    /// # Errors
    /// When there is none, it is too deep, or `MIME` has no part.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Section> {
        cursor.expect(b'[', "an opening bracket")?;
        let mut section = Section::default();
        while cursor.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            if section.path.len() == DEEPEST_SECTION {
                return cursor.fail("a section at most 100 levels deep");
            }
            section.path.push(cursor.nz_number()?);
            if !cursor.eat(b'.') {
                cursor.expect(b']', "a dot or a closing bracket")?;
                return Ok(section);
            }
        }
        if section.path.is_empty() && cursor.eat(b']') {
            return Ok(section);
        }
        section.text = Some(SectionText::parse(cursor, !section.path.is_empty())?);
        cursor.expect(b']', "a closing bracket")?;
        Ok(section)
    }

    /// Parses `[1.2]`, which has only numbers and may be empty (RFC 3516 §7, `section-binary`).
    ///
    /// # Errors
    /// When there is none, or it is too deep.
    pub fn parse_part(cursor: &mut Cursor<'_>) -> Parsed<Vec<u32>> {
        let error = cursor.expected("a section of part numbers only");
        let section = Section::parse(cursor)?;
        match section.text {
            None => Ok(section.path),
            Some(_) => Err(error),
        }
    }
}

/// The section of the whole message with this text.
impl From<SectionText> for Section {
    fn from(text: SectionText) -> Section {
        Section { path: Vec::new(), text: Some(text) }
    }
}

impl SectionText {
    fn parse(cursor: &mut Cursor<'_>, in_part: bool) -> Parsed<SectionText> {
        let error = cursor.expected(if in_part {
            "a part number, HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT or MIME"
        } else {
            "a part number, HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT or TEXT"
        });
        let word = cursor.atom(error.expected)?.to_ascii_uppercase();
        Ok(match word.as_str() {
            "HEADER" => SectionText::Header,
            "HEADER.FIELDS" => SectionText::HeaderFields(fields(cursor)?),
            "HEADER.FIELDS.NOT" => SectionText::HeaderFieldsNot(fields(cursor)?),
            "TEXT" => SectionText::Text,
            // RFC 3501 §6.4.5: MIME must follow a part number.
            "MIME" if in_part => SectionText::Mime,
            _ => return Err(error),
        })
    }
}

impl Partial {
    /// Returns the octets that it means of so many: none if it is beyond the end (RFC 3501 §6.4.5).
    #[must_use]
    pub fn within(self, length: u64) -> Range<u64> {
        let from = self.start.min(length);
        from..from.saturating_add(self.count).min(length)
    }

    /// Parses `<0.100>`, if it comes next.
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Option<Partial>> {
        if !cursor.eat(b'<') {
            return Ok(None);
        }
        let start = cursor.number64()?;
        cursor.expect(b'.', "a dot and a count of octets")?;
        let error = cursor.expected("a count of octets that is not 0");
        let count = cursor.number64()?;
        cursor.expect(b'>', "a closing angle bracket")?;
        if count == 0 {
            return Err(error);
        }
        Ok(Some(Partial { start, count }))
    }
}

fn fields(cursor: &mut Cursor<'_>) -> Parsed<Vec<String>> {
    cursor.space()?;
    cursor.list(|cursor| cursor.text("the name of a header field"))
}

fn is_item_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'.'
}

/// As on the wire.
impl fmt::Display for FetchItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot_peek = |peek: &bool| if *peek { ".PEEK" } else { "" };
        let partial = match self {
            FetchItem::BodySection { peek, section, partial } => {
                write!(f, "BODY{}[{section}]", dot_peek(peek))?;
                partial
            }
            FetchItem::Binary { peek, path, partial } => {
                write!(f, "BINARY{}[{}]", dot_peek(peek), PartPath(path))?;
                partial
            }
            FetchItem::BinarySize(path) => return write!(f, "BINARY.SIZE[{}]", PartPath(path)),
            word => {
                let found = WORDS.iter().find(|(_, item)| item == word);
                return f.write_str(found.map_or("", |(name, _)| name));
            }
        };
        match partial {
            Some(Partial { start, count }) => write!(f, "<{start}.{count}>"),
            None => Ok(()),
        }
    }
}

/// Prints part numbers: `1.2`.
pub(super) struct PartPath<'a>(pub(super) &'a [u32]);

impl fmt::Display for PartPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (level, number) in self.0.iter().enumerate() {
            let dot = if level == 0 { "" } else { "." };
            write!(f, "{dot}{number}")?;
        }
        Ok(())
    }
}

/// Without the brackets: `1.2.HEADER`. A response repeats it so (RFC 3501 §7.4.2).
impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", PartPath(&self.path))?;
        let Some(text) = &self.text else {
            return Ok(());
        };
        let dot = if self.path.is_empty() { "" } else { "." };
        match text {
            SectionText::Header => write!(f, "{dot}HEADER"),
            SectionText::HeaderFields(fields) => {
                write!(f, "{dot}HEADER.FIELDS ({})", Fields(fields))
            }
            SectionText::HeaderFieldsNot(fields) => {
                write!(f, "{dot}HEADER.FIELDS.NOT ({})", Fields(fields))
            }
            SectionText::Text => write!(f, "{dot}TEXT"),
            SectionText::Mime => write!(f, "{dot}MIME"),
        }
    }
}

struct Fields<'a>(&'a [String]);

impl fmt::Display for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, field) in self.0.iter().enumerate() {
            let space = if position == 0 { "" } else { " " };
            write!(f, "{space}{}", Astring(field))?;
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests;
