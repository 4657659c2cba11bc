//! The arguments of THREAD (RFC 5256 §3 and §5).

use std::fmt;

use super::print::Keys;
use super::{SearchCharset, SearchKey, parse};
use crate::mail::protocol::imap::cursor::{Cursor, Parsed};
use crate::mail::protocol::span::Role;

/// The arguments of THREAD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// The algorithm that groups messages.
    pub algorithm: Algorithm,
    /// The charset of the texts, which is mandatory here.
    pub charset: SearchCharset,
    /// All of these must be true; there is at least one.
    pub keys: Vec<SearchKey>,
}

/// An algorithm that groups messages as conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// By subject.
    OrderedSubject,
    /// By references between messages.
    References,
}

impl Algorithm {
    /// Every algorithm with its name, in THREAD and after `THREAD=` in CAPABILITY.
    pub const ALL: [(&str, Algorithm); 2] =
        [("ORDEREDSUBJECT", Algorithm::OrderedSubject), ("REFERENCES", Algorithm::References)];
}

impl Thread {
    /// Parses an algorithm, a charset, and search keys up to the end.
    ///
    /// # Errors
    /// When one of them is missing.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Thread> {
        let error = cursor.expected("ORDEREDSUBJECT or REFERENCES");
        let word = cursor.named(Role::Option, |cursor| cursor.atom(error.expected))?;
        let algorithm = parse::find(&Algorithm::ALL, &word.to_ascii_uppercase()).ok_or(error)?;
        cursor.space()?;
        let (charset, keys) = parse::charset_and_keys(cursor)?;
        Ok(Thread { algorithm, charset, keys })
    }
}

/// As on the wire, without the command's name.
impl fmt::Display for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = super::print::name(&Algorithm::ALL, &self.algorithm);
        write!(f, "{algorithm} {} {}", self.charset, Keys(&self.keys))
    }
}
