//! The attributes of a message in a FETCH response (RFC 3501 §7.4.2 and §9, `msg-att`).

use std::fmt;

use super::Envelope;
use crate::mail::protocol::imap::cursor::{Cursor, Parsed};
use crate::mail::protocol::imap::date::DateTime;
use crate::mail::protocol::imap::fetch::{PartPath, Section};
use crate::mail::protocol::imap::flags::FlagList;
use crate::mail::protocol::imap::string::nstring;
use crate::mail::protocol::span::Role;

/// One attribute of a message. Octets are `None` where the server sends NIL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// FLAGS: its flags.
    Flags(FlagList),
    /// UID: its UID.
    Uid(u32),
    /// INTERNALDATE: when it was received.
    InternalDate(DateTime),
    /// RFC822.SIZE: its size in octets.
    Rfc822Size(u64),
    /// ENVELOPE: the main fields of its header.
    Envelope(Box<Envelope>),
    /// BODY: its MIME structure without extensions, as on the wire.
    Body(Vec<u8>),
    /// BODYSTRUCTURE: its MIME structure with extensions, as on the wire.
    BodyStructure(Vec<u8>),
    /// `BODY[…]<…>`: a part of it.
    Section {
        /// The part's name.
        section: Section,
        /// The first octet, if only a range was asked for.
        origin: Option<u64>,
        /// The part's octets.
        octets: Option<Vec<u8>>,
    },
    /// `BINARY[…]<…>`: a part, decoded from its transfer encoding (RFC 3516 §4.3).
    Binary {
        /// The part's number at each level.
        path: Vec<u32>,
        /// The first octet, if only a range was asked for.
        origin: Option<u64>,
        /// The part's octets.
        octets: Option<Vec<u8>>,
    },
    /// `BINARY.SIZE[…]`: a part's number, and its decoded size in octets.
    BinarySize(Vec<u32>, u64),
    /// RFC822: the whole message.
    Rfc822(Option<Vec<u8>>),
    /// RFC822.HEADER: its header.
    Rfc822Header(Option<Vec<u8>>),
    /// RFC822.TEXT: its body.
    Rfc822Text(Option<Vec<u8>>),
    /// Any attribute with its name in upper case and its value as on the wire.
    Other(String, Vec<u8>),
}

/// The name of an attribute, with its section and its first octet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeName {
    /// A word, in upper case.
    Word(String),
    /// `BODY[…]<…>`.
    Section(Section, Option<u64>),
    /// `BINARY[…]<…>`.
    Binary(Vec<u32>, Option<u64>),
    /// `BINARY.SIZE[…]`.
    BinarySize(Vec<u32>),
}

impl Attribute {
    /// Parses a name and its value from the front.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Attribute> {
        let name = cursor.named(Role::FetchItem, AttributeName::parse)?;
        cursor.space()?;
        Ok(match name {
            AttributeName::Word(word) => Attribute::of(word, cursor)?,
            AttributeName::Section(section, origin) => {
                Attribute::Section { section, origin, octets: octets(cursor)? }
            }
            AttributeName::Binary(path, origin) => {
                Attribute::Binary { path, origin, octets: octets(cursor)? }
            }
            AttributeName::BinarySize(path) => {
                let size = cursor.named(Role::Size, Cursor::number64)?;
                Attribute::BinarySize(path, size)
            }
        })
    }

    /// Parses the value after a name that is a word.
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

impl Attribute {
    /// Appends the name and the value as on the wire.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.name().to_string().as_bytes());
        out.push(b' ');
        let text = match self {
            Attribute::Flags(flags) => flags.to_string(),
            Attribute::Uid(uid) => uid.to_string(),
            Attribute::InternalDate(date) => date.to_string(),
            Attribute::Rfc822Size(octets) | Attribute::BinarySize(_, octets) => octets.to_string(),
            Attribute::Envelope(envelope) => return envelope.write(out),
            Attribute::Body(value)
            | Attribute::BodyStructure(value)
            | Attribute::Other(_, value) => return out.extend_from_slice(value),
            Attribute::Binary { octets: Some(octets), .. } if octets.contains(&0) => {
                out.extend_from_slice(format!("~{{{}}}\r\n", octets.len()).as_bytes());
                return out.extend_from_slice(octets);
            }
            Attribute::Section { octets, .. }
            | Attribute::Binary { octets, .. }
            | Attribute::Rfc822(octets)
            | Attribute::Rfc822Header(octets)
            | Attribute::Rfc822Text(octets) => return nstring(octets.as_deref(), out),
        };
        out.extend_from_slice(text.as_bytes());
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> AttributeName {
        let word = match self {
            Attribute::Flags(_) => "FLAGS",
            Attribute::Uid(_) => "UID",
            Attribute::InternalDate(_) => "INTERNALDATE",
            Attribute::Rfc822Size(_) => "RFC822.SIZE",
            Attribute::Envelope(_) => "ENVELOPE",
            Attribute::Body(_) => "BODY",
            Attribute::BodyStructure(_) => "BODYSTRUCTURE",
            Attribute::Rfc822(_) => "RFC822",
            Attribute::Rfc822Header(_) => "RFC822.HEADER",
            Attribute::Rfc822Text(_) => "RFC822.TEXT",
            Attribute::Other(name, _) => name,
            Attribute::Section { section, origin, .. } => {
                return AttributeName::Section(section.clone(), *origin);
            }
            Attribute::Binary { path, origin, .. } => {
                return AttributeName::Binary(path.clone(), *origin);
            }
            Attribute::BinarySize(path, _) => return AttributeName::BinarySize(path.clone()),
        };
        AttributeName::Word(word.to_owned())
    }
}

/// As on the wire: `BODY[1.2]<0>`.
impl fmt::Display for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = match self {
            AttributeName::Word(word) => return f.write_str(word),
            AttributeName::BinarySize(path) => {
                return write!(f, "BINARY.SIZE[{}]", PartPath(path));
            }
            AttributeName::Section(section, origin) => {
                write!(f, "BODY[{section}]")?;
                origin
            }
            AttributeName::Binary(path, origin) => {
                write!(f, "BINARY[{}]", PartPath(path))?;
                origin
            }
        };
        match origin {
            Some(origin) => write!(f, "<{origin}>"),
            None => Ok(()),
        }
    }
}

impl AttributeName {
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<AttributeName> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let name = cursor.word(is_name, "the name of an attribute")?;
        let name = name.to_ascii_uppercase();
        if cursor.peek() != Some(b'[') {
            return Ok(AttributeName::Word(name));
        }
        Ok(match name.as_str() {
            "BODY" => AttributeName::Section(Section::parse(cursor)?, origin(cursor)?),
            "BINARY" => AttributeName::Binary(Section::parse_part(cursor)?, origin(cursor)?),
            "BINARY.SIZE" => AttributeName::BinarySize(Section::parse_part(cursor)?),
            _ => {
                // The brackets belong to a name that we do not know.
                cursor.take_while(|byte| byte != b' ');
                AttributeName::Word(name)
            }
        })
    }
}

/// Parses `<0>`, if it comes next.
fn origin(cursor: &mut Cursor<'_>) -> Parsed<Option<u64>> {
    if !cursor.eat(b'<') {
        return Ok(None);
    }
    let origin = cursor.number64()?;
    cursor.expect(b'>', "a closing angle bracket")?;
    Ok(Some(origin))
}

/// Parses an `nstring` that is part of a message: servers do send NUL in those.
fn octets(cursor: &mut Cursor<'_>) -> Parsed<Option<Vec<u8>>> {
    cursor.named(Role::Value, |cursor| {
        if matches!(cursor.peek(), Some(b'{' | b'~')) {
            return cursor.any_literal().map(|octets| Some(octets.to_vec()));
        }
        let octets = cursor.nstring("a string, or NIL")?;
        Ok(octets.map(|octets| octets.into_owned()))
    })
}

/// Parses a value of any kind.
fn value<'a>(cursor: &mut Cursor<'a>) -> Parsed<&'a [u8]> {
    cursor.named(Role::Value, any_value)
}

/// Skips a value of any kind, nested lists included, and returns it as it is. The depth of nesting is
/// counted, so that this does not call itself.
pub(super) fn any_value<'a>(cursor: &mut Cursor<'a>) -> Parsed<&'a [u8]> {
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
            Some(b'"') => {
                cursor.string("a string")?;
            }
            Some(b'{' | b'~') => {
                cursor.any_literal()?;
            }
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
