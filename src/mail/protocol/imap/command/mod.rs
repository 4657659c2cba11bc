//! What an IMAP client says: a tag and a command (RFC 3501 §6 and §9, `command`; RFC 9051 §6).
//!
//! [`Tagged::parse`] takes a whole command, its literals in place, without the CRLF at its end;
//! [`Tagged`]'s `Display` is its inverse. A new command is a variant in `verbs.rs`, a row in a table of
//! `parse.rs`, and an arm in `print.rs`. The session decides whether a command is allowed in its state.

mod arguments;
mod parse;
mod print;
mod verbs;

use std::fmt;

pub(super) use print::IdPairs;

pub use verbs::{Command, CopyMessages, StoreFlags};

use super::cursor::{Cursor, ParseError, Parsed, is_astring_char};
use super::mailbox::Alphabet;
use crate::mail::protocol::span::Role;

/// The longest tag; clients use a handful of octets.
const LONGEST_TAG: usize = 100;

/// A command and its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// The client's name for this command, which the reply repeats.
    pub tag: Tag,
    /// The command.
    pub command: Command,
}

/// A tag: one or more letters, digits and marks, without `+` (RFC 3501 §9, `tag`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(String);

/// Why a buffer is not a command. The reply is `BAD`, with the tag if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadCommand {
    /// The tag, if the buffer began with one.
    pub tag: Option<Tag>,
    /// What was expected, and where.
    pub error: ParseError,
}

impl Tagged {
    /// Parses a whole command, with mailbox names in modified UTF-7.
    ///
    /// # Errors
    /// What was expected and where, with the tag if there is one.
    pub fn parse(bytes: &[u8]) -> Result<Tagged, BadCommand> {
        Tagged::parse_in(Alphabet::ModifiedUtf7, bytes)
    }

    /// Parses a whole command, with mailbox names in this alphabet.
    ///
    /// # Errors
    /// What was expected and where, with the tag if there is one.
    pub fn parse_in(alphabet: Alphabet, bytes: &[u8]) -> Result<Tagged, BadCommand> {
        Tagged::read(&mut Cursor::new(bytes).with_names_in(alphabet))
    }

    /// Parses a whole command, up to the cursor's end.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Tagged, BadCommand> {
        let tag = Tag::parse(cursor).map_err(|error| BadCommand { tag: None, error })?;
        match parse::command(cursor) {
            Ok(command) => Ok(Tagged { tag, command }),
            Err(error) => Err(BadCommand { tag: Some(tag), error }),
        }
    }
}

impl Tag {
    /// A tag with this text; `None` if it cannot be one.
    #[must_use]
    pub fn new(text: &str) -> Option<Tag> {
        let mut cursor = Cursor::new(text.as_bytes());
        let tag = Tag::parse(&mut cursor).ok()?;
        cursor.end().ok().map(|()| tag)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses a tag from the front.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Tag> {
        let error = cursor.expected("a tag of at most 100 characters");
        let is_tag_char = |byte| is_astring_char(byte) && byte != b'+';
        let text = cursor.named(Role::Tag, |cursor| cursor.word(is_tag_char, "a tag"))?;
        if text.len() > LONGEST_TAG {
            return Err(error);
        }
        Ok(Tag(text.to_owned()))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for BadCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for BadCommand {}

#[cfg(test)]
mod tests;
