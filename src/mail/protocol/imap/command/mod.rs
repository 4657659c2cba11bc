//! What an IMAP client says: a tag and a command (RFC 3501 §6 and §9, `command`; RFC 9051 §6).
//!
//! [`Tagged::parse`] takes a whole command, its literals in place, without the CRLF at its end.
//! [`Tagged`]'s `Display` writes one. A new command is a variant here, a row in a table of `parse.rs`,
//! and an arm in `print.rs`; whether it is allowed in the session's state is not decided here.

mod parse;
mod print;

use std::fmt;

pub(super) use print::IdPairs;

use super::append::Append;
use super::cursor::{Cursor, ParseError, Parsed, is_astring_char};
use super::fetch::FetchItem;
use super::list::{List, ListPattern};
use super::mailbox::{Alphabet, MailboxName, StatusItem};
use super::message_set::MessageSet;
use super::search::{Search, Sort, Thread};
use super::special_use::SpecialUse;
use crate::mail::message::FlagChange;
use crate::mail::protocol::span::Role;

/// No tag is longer than this; clients use a handful of octets.
const LONGEST_TAG: usize = 100;

/// A command and the tag that its answer will bear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// The client's name for this command.
    pub tag: Tag,
    /// What it wants.
    pub command: Command,
}

/// A tag: one or more letters, digits and marks, without `+` (RFC 3501 §9, `tag`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(String);

/// Why a buffer is no command; answered with `BAD`, and with the tag if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadCommand {
    /// The tag, if the buffer began with one.
    pub tag: Option<Tag>,
    /// What was expected, and where.
    pub error: ParseError,
}

/// What a client can want. Where a field says `uid`, numbers are UIDs when it is true (`UID FETCH`),
/// and message numbers when it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// What the server can do (RFC 3501 §6.1.1).
    Capability,
    /// Nothing, but the server may tell news (RFC 3501 §6.1.2).
    Noop,
    /// The end (RFC 3501 §6.1.3).
    Logout,
    /// Who the client is, as pairs; the server says who it is (RFC 2971 §3.1). Empty for NIL.
    Id(Vec<(String, Option<String>)>),
    /// Begin TLS (RFC 3501 §6.2.1).
    StartTls,
    /// Log in by SASL (RFC 3501 §6.2.2, RFC 4959).
    Authenticate {
        /// In upper case.
        mechanism: String,
        /// The client's first response, decoded.
        initial: Option<Vec<u8>>,
    },
    /// Log in by name and password (RFC 3501 §6.2.3).
    Login {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// Switch these extensions on; in upper case, at least one (RFC 5161 §3.1).
    Enable(Vec<String>),
    /// Open a mailbox (RFC 3501 §6.3.1).
    Select(MailboxName),
    /// Open a mailbox for reading only (RFC 3501 §6.3.2).
    Examine(MailboxName),
    /// Make a mailbox (RFC 3501 §6.3.3).
    Create {
        /// Its name. A `.` at the end announces children.
        mailbox: MailboxName,
        /// What it will be for (RFC 6154 §3).
        uses: Vec<SpecialUse>,
    },
    /// Remove a mailbox (RFC 3501 §6.3.4).
    Delete(MailboxName),
    /// Give a mailbox another name (RFC 3501 §6.3.5).
    Rename {
        /// The mailbox.
        from: MailboxName,
        /// Its new name.
        to: MailboxName,
    },
    /// Put a mailbox on the list of LSUB (RFC 3501 §6.3.6).
    Subscribe(MailboxName),
    /// Take it off that list (RFC 3501 §6.3.7).
    Unsubscribe(MailboxName),
    /// Which mailboxes there are (RFC 3501 §6.3.8).
    List(List),
    /// Which mailboxes are subscribed to (RFC 3501 §6.3.9).
    Lsub {
        /// What the pattern is under, in Unicode; usually empty.
        reference: String,
        /// Which names.
        pattern: ListPattern,
    },
    /// Where mailboxes are (RFC 2342 §5).
    Namespace,
    /// Facts of a mailbox without opening it (RFC 3501 §6.3.10).
    Status {
        /// The mailbox.
        mailbox: MailboxName,
        /// The facts; at least one, and none twice.
        items: Vec<StatusItem>,
    },
    /// Put a message into a mailbox (RFC 3501 §6.3.11).
    Append(Append),
    /// Tell news until DONE (RFC 2177 §3).
    Idle,
    /// Do the housekeeping (RFC 3501 §6.4.1).
    Check,
    /// Leave the mailbox, and remove what is marked as deleted (RFC 3501 §6.4.2).
    Close,
    /// Leave the mailbox, and remove nothing (RFC 3691 §2).
    Unselect,
    /// Remove what is marked as deleted (RFC 3501 §6.4.3).
    Expunge {
        /// Only among these UIDs (RFC 4315 §2.1).
        uids: Option<MessageSet>,
    },
    /// Which messages are such (RFC 3501 §6.4.4).
    Search {
        /// Answer with UIDs?
        uid: bool,
        /// Such.
        search: Search,
    },
    /// Which messages are such, in this order (RFC 5256 §3).
    Sort {
        /// Answer with UIDs?
        uid: bool,
        /// Such, and the order.
        sort: Sort,
    },
    /// Which messages are such, as conversations (RFC 5256 §3).
    Thread {
        /// Answer with UIDs?
        uid: bool,
        /// Such, and how.
        thread: Thread,
    },
    /// Tell about messages (RFC 3501 §6.4.5).
    Fetch {
        /// Are these UIDs?
        uid: bool,
        /// The messages.
        set: MessageSet,
        /// What of them; at least one item.
        items: Vec<FetchItem>,
    },
    /// Change flags (RFC 3501 §6.4.6).
    Store(StoreFlags),
    /// Copy messages (RFC 3501 §6.4.7).
    Copy(CopyMessages),
    /// Move messages (RFC 6851 §3).
    Move(CopyMessages),
}

/// The arguments of STORE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFlags {
    /// True if the set has UIDs.
    pub uid: bool,
    /// The messages.
    pub set: MessageSet,
    /// The change.
    pub change: FlagChange,
    /// True if the new flags are not to be told.
    pub silent: bool,
}

/// The arguments of COPY and MOVE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyMessages {
    /// True if the set has UIDs.
    pub uid: bool,
    /// The messages.
    pub set: MessageSet,
    /// The mailbox that gets them.
    pub mailbox: MailboxName,
}

impl Command {
    /// The names of all commands, in upper case; of those on messages without UID.
    pub fn names() -> impl Iterator<Item = &'static str> {
        parse::names()
    }
}

impl Tagged {
    /// Understands a whole command, with mailbox names in modified UTF-7.
    ///
    /// # Errors
    /// What was expected and where, and the tag, if there is one.
    pub fn parse(bytes: &[u8]) -> Result<Tagged, BadCommand> {
        Tagged::parse_in(Alphabet::ModifiedUtf7, bytes)
    }

    /// Understands a whole command, with mailbox names in this alphabet.
    ///
    /// # Errors
    /// What was expected and where, and the tag, if there is one.
    pub fn parse_in(alphabet: Alphabet, bytes: &[u8]) -> Result<Tagged, BadCommand> {
        Tagged::read(&mut Cursor::new(bytes).with_names_in(alphabet))
    }

    /// Reads a whole command, up to the cursor's end.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Tagged, BadCommand> {
        let tag = Tag::parse(cursor).map_err(|error| BadCommand { tag: None, error })?;
        match parse::command(cursor) {
            Ok(command) => Ok(Tagged { tag, command }),
            Err(error) => Err(BadCommand {
                tag: Some(tag),
                error,
            }),
        }
    }
}

impl Tag {
    /// A tag of a client's own making; `None` when the text cannot be one.
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

    /// Reads a tag from the front.
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
