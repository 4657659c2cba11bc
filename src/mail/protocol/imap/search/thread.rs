//! THREAD: the messages that were found, as conversations (RFC 5256 §3 and §5).

use std::fmt;

use super::print::Keys;
use super::{Charset, SearchKey, parse};
use crate::mail::protocol::imap::cursor::{Cursor, Parsed};
use crate::mail::protocol::span::Role;

/// A THREAD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// How conversations are made out.
    pub algorithm: Algorithm,
    /// The charset of the texts; here a client must name one.
    pub charset: Charset,
    /// All of these must be true of a message; there is at least one.
    pub keys: Vec<SearchKey>,
}

/// How conversations are made out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Who has the same subject belongs together.
    OrderedSubject,
    /// Who refers to one another does.
    References,
}

impl Algorithm {
    /// Every algorithm, with the name that THREAD calls it by, and CAPABILITY behind `THREAD=`.
    pub const ALL: [(&str, Algorithm); 2] = [
        ("ORDEREDSUBJECT", Algorithm::OrderedSubject),
        ("REFERENCES", Algorithm::References),
    ];
}

impl Thread {
    /// Reads an algorithm, a charset, and search keys up to the end.
    ///
    /// # Errors
    /// When something of it is missing, or there is too much.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Thread> {
        let error = cursor.expected("ORDEREDSUBJECT or REFERENCES");
        let word = cursor.named(Role::Option, |cursor| cursor.atom(error.expected))?;
        let algorithm = parse::find(&Algorithm::ALL, &word.to_ascii_uppercase()).ok_or(error)?;
        cursor.space()?;
        let (charset, keys) = parse::charset_and_keys(cursor)?;
        Ok(Thread {
            algorithm,
            charset,
            keys,
        })
    }
}

/// As on the wire, without the command's name.
impl fmt::Display for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = super::print::name(&Algorithm::ALL, &self.algorithm);
        write!(f, "{algorithm} {} {}", self.charset, Keys(&self.keys))
    }
}
