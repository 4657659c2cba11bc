//! What FETCH tells of a message (RFC 3501 §7.4.2 and §9, `msg-att`).

use super::Envelope;
use crate::mail::protocol::imap::cursor::{Cursor, Parsed};
use crate::mail::protocol::imap::date::DateTime;
use crate::mail::protocol::imap::fetch::Section;
use crate::mail::protocol::imap::flags::FlagList;
use crate::mail::protocol::span::Role;

/// One fact of a message. Octets are `None` where the server says NIL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// Its flags.
    Flags(FlagList),
    /// Its UID.
    Uid(u32),
    /// When it came.
    InternalDate(DateTime),
    /// Its octets.
    Rfc822Size(u64),
    /// The main fields of its header.
    Envelope(Box<Envelope>),
    /// Its MIME structure without extensions, as it came.
    Body(Vec<u8>),
    /// Its MIME structure with extensions, as it came.
    BodyStructure(Vec<u8>),
    /// `BODY[…]<…>`: a part of it.
    Section {
        /// Which part.
        section: Section,
        /// The first octet, when only a range was asked for.
        origin: Option<u64>,
        /// The part.
        octets: Option<Vec<u8>>,
    },
    /// `BINARY[…]<…>`: a part of it out of its transfer encoding (RFC 3516 §4.3).
    Binary {
        /// The part's number at each level.
        path: Vec<u32>,
        /// The first octet, when only a range was asked for.
        origin: Option<u64>,
        /// The part.
        octets: Option<Vec<u8>>,
    },
    /// `BINARY.SIZE[…]`: which part, and its octets when it is decoded.
    BinarySize(Vec<u32>, u64),
    /// All of it.
    Rfc822(Option<Vec<u8>>),
    /// Its header.
    Rfc822Header(Option<Vec<u8>>),
    /// Its body.
    Rfc822Text(Option<Vec<u8>>),
    /// Something else: the name in upper case, and the value as it came.
    Other(String, Vec<u8>),
}

/// The name of a fact, with what stands in brackets behind it.
enum Name {
    /// In upper case.
    Word(String),
    Section(Section, Option<u64>),
    Binary(Vec<u32>, Option<u64>),
    BinarySize(Vec<u32>),
}

impl Attribute {
    /// Reads a name and its value from the front.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Attribute> {
        let name = cursor.named(Role::FetchItem, Name::parse)?;
        cursor.space()?;
        Ok(match name {
            Name::Word(word) => Attribute::of(word, cursor)?,
            Name::Section(section, origin) => Attribute::Section {
                section,
                origin,
                octets: octets(cursor)?,
            },
            Name::Binary(path, origin) => Attribute::Binary {
                path,
                origin,
                octets: octets(cursor)?,
            },
            Name::BinarySize(path) => {
                let size = cursor.named(Role::Size, Cursor::number64)?;
                Attribute::BinarySize(path, size)
            }
        })
    }

    /// Reads the value behind a name that is a word.
    fn of(name: String, cursor: &mut Cursor<'_>) -> Parsed<Attribute> {
        Ok(match name.as_str() {
            "FLAGS" => Attribute::Flags(FlagList::parse(cursor)?),
            "UID" => Attribute::Uid(cursor.named(Role::Number, Cursor::nz_number)?),
            "INTERNALDATE" => Attribute::InternalDate(DateTime::parse(cursor)?),
            "RFC822.SIZE" => Attribute::Rfc822Size(cursor.named(Role::Size, Cursor::number64)?),
            "ENVELOPE" => Attribute::Envelope(Box::new(Envelope::parse(cursor)?)),
            "BODY" => Attribute::Body(value(cursor)?.to_vec()),
            "BODYSTRUCTURE" => Attribute::BodyStructure(value(cursor)?.to_vec()),
            "RFC822" => Attribute::Rfc822(octets(cursor)?),
            "RFC822.HEADER" => Attribute::Rfc822Header(octets(cursor)?),
            "RFC822.TEXT" => Attribute::Rfc822Text(octets(cursor)?),
            _ => Attribute::Other(name, value(cursor)?.to_vec()),
        })
    }
}

impl Name {
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Name> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let name = cursor.word(is_name, "the name of an attribute")?;
        let name = name.to_ascii_uppercase();
        if cursor.peek() != Some(b'[') {
            return Ok(Name::Word(name));
        }
        Ok(match name.as_str() {
            "BODY" => Name::Section(Section::parse(cursor)?, origin(cursor)?),
            "BINARY" => Name::Binary(Section::parse_part(cursor)?, origin(cursor)?),
            "BINARY.SIZE" => Name::BinarySize(Section::parse_part(cursor)?),
            _ => {
                // The brackets belong to a name that we do not know.
                cursor.take_while(|byte| byte != b' ');
                Name::Word(name)
            }
        })
    }
}

/// `<0>`, if it stands there.
fn origin(cursor: &mut Cursor<'_>) -> Parsed<Option<u64>> {
    if !cursor.eat(b'<') {
        return Ok(None);
    }
    let origin = cursor.number64()?;
    cursor.expect(b'>', "a closing angle bracket")?;
    Ok(Some(origin))
}

/// An `nstring` that is part of a message: servers do send NUL in those.
fn octets(cursor: &mut Cursor<'_>) -> Parsed<Option<Vec<u8>>> {
    cursor.named(Role::Value, |cursor| {
        if matches!(cursor.peek(), Some(b'{' | b'~')) {
            return cursor.any_literal().map(|octets| Some(octets.to_vec()));
        }
        let octets = cursor.nstring("a string, or NIL")?;
        Ok(octets.map(|octets| octets.into_owned()))
    })
}

/// Passes over any value, lists within lists included, and returns it as it stands. The depth is
/// counted, not recursed into.
fn value<'a>(cursor: &mut Cursor<'a>) -> Parsed<&'a [u8]> {
    cursor.named(Role::Value, any_value)
}

fn any_value<'a>(cursor: &mut Cursor<'a>) -> Parsed<&'a [u8]> {
    let all = cursor.rest();
    let begin = cursor.at();
    let mut depth = 0usize;
    loop {
        match cursor.peek() {
            Some(b'(') => {
                cursor.skip(1);
                depth += 1;
            }
            Some(b')') if depth > 0 => {
                cursor.skip(1);
                depth -= 1;
            }
            Some(b' ') if depth > 0 => cursor.skip(1),
            Some(b'"') => drop(cursor.string("a string")?),
            Some(b'{' | b'~') => drop(cursor.any_literal()?),
            _ => {
                let is_word = |byte| !matches!(byte, b'(' | b')' | b' ' | b'"' | b'{');
                cursor.word(is_word, "a value")?;
            }
        }
        if depth == 0 {
            return Ok(&all[..cursor.at() - begin]);
        }
    }
}
