//! What FETCH tells of a message (RFC 3501 §7.4.2 and §9, `msg-att`).

use super::Envelope;
use crate::protocol::imap::cursor::{Cursor, Parsed};
use crate::protocol::imap::date::DateTime;
use crate::protocol::imap::fetch::Section;
use crate::protocol::imap::flags::FlagList;
use crate::protocol::span::Role;

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
    /// All of it.
    Rfc822(Option<Vec<u8>>),
    /// Its header.
    Rfc822Header(Option<Vec<u8>>),
    /// Its body.
    Rfc822Text(Option<Vec<u8>>),
    /// Something else: the name in upper case, and the value as it came.
    Other(String, Vec<u8>),
}

impl Attribute {
    /// Reads a name and its value from the front.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Attribute> {
        let (name, section, origin) = cursor.named(Role::FetchItem, Attribute::name)?;
        cursor.space()?;
        if let Some(section) = section {
            let octets = octets(cursor)?;
            return Ok(Attribute::Section {
                section,
                origin,
                octets,
            });
        }
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

    /// The name in upper case and, behind BODY, the section with its origin.
    fn name(cursor: &mut Cursor<'_>) -> Parsed<(String, Option<Section>, Option<u64>)> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let name = cursor.word(is_name, "the name of an attribute")?;
        let name = name.to_ascii_uppercase();
        if cursor.peek() != Some(b'[') {
            return Ok((name, None, None));
        }
        if name != "BODY" {
            // `BINARY[1]`, say: the brackets belong to the name.
            cursor.take_while(|byte| byte != b' ');
            return Ok((name, None, None));
        }
        let section = Section::parse(cursor)?;
        let mut origin = None;
        if cursor.eat(b'<') {
            origin = Some(cursor.number64()?);
            cursor.expect(b'>', "a closing angle bracket")?;
        }
        Ok((name, Some(section), origin))
    }
}

/// An `nstring` that is part of a message: servers do send NUL in those.
fn octets(cursor: &mut Cursor<'_>) -> Parsed<Option<Vec<u8>>> {
    cursor.named(Role::Value, |cursor| {
        if cursor.peek() == Some(b'{') {
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
            Some(b'{') => drop(cursor.any_literal()?),
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
