//! The IMAP server (RFC 3501): [`ImapServer`], one conversation with one client.
//!
//! - `session`: the way of a line, and the one `match` over all commands;
//! - `literal`: commands that arrive in pieces;   `reply`, `store_errors`, `trouble`: how they end;
//! - `auth`: LOGIN, AUTHENTICATE, STARTTLS, NOOP, LOGOUT;   `capabilities`: CAPABILITY, ENABLE, ID;
//! - `view` with `updates`: the message numbers that the client knows, and unsolicited updates;
//! - `mailboxes`: SELECT, STATUS, LIST, CREATE and the other commands on mailboxes;
//! - `messages`: FETCH, STORE, COPY, APPEND and the other commands on messages;
//! - `search`: SEARCH, SORT, THREAD;   `idle`: IDLE.
//!
//! To add a command: its grammar in [`crate::mail::protocol::imap`], a line in the `match` of
//! `session`, and a function with the command's name in one of these files.
//!
//! ```text
//!      greeting
//!         │
//!  NotAuthenticated ──LOGIN, AUTHENTICATE──▶ Authenticated ──SELECT, EXAMINE──▶ Selected
//!         │                                       │    ◀──CLOSE, UNSELECT──       │
//!         └───────────────LOGOUT, BYE─────────────┴───────────────────────────────┘   (RFC 3501 §3)
//! ```

mod auth;
mod capabilities;
mod idle;
mod literal;
mod mailboxes;
mod messages;
mod reply;
mod search;
mod session;
mod store_errors;
mod trouble;
mod updates;
mod view;

use std::sync::Arc;

use crate::mail::protocol::imap::Tag;
use crate::mail::protocol::sasl::Exchange;
use crate::mail::store::Account;
use crate::server::{Authenticator, Peer, Site};
use capabilities::Enabled;
use idle::Idling;
use literal::IncomingCommand;
use messages::append::Appending;
pub use messages::message_cache::MessageCache;
use reply::CommandReply;
use view::View;

/// The IMAP server's side of one conversation.
pub struct ImapServer {
    site: Arc<Site>,
    peer: Peer,
    state: ImapState,
    enabled: Enabled,
    expecting: Expecting,
    /// The tag of the present command; `None` if it has no valid tag.
    tag: Option<Tag>,
    /// Invalid commands in a row.
    bad_commands: u32,
}

/// The states of RFC 3501 §3.
pub(crate) enum ImapState {
    /// The client has not logged in yet.
    NotAuthenticated(Authenticator),
    /// Logged in.
    Authenticated(Account),
    /// Logged in, with a mailbox selected.
    Selected(Account, Box<View>),
}

/// What the next line, or the octets that were asked for, belong to.
pub(crate) enum Expecting {
    /// A command, or the next piece of one.
    Command(IncomingCommand),
    /// The rest of a command that is already refused, which the client sends without waiting.
    Refused(CommandReply),
    /// The answer to a challenge of AUTHENTICATE.
    Authenticate(Exchange),
    /// The message of an APPEND, and the end of the line after it.
    Append(Box<Appending>),
    /// `DONE`.
    Done(Idling),
}

impl Default for Expecting {
    fn default() -> Expecting {
        Expecting::Command(IncomingCommand::default())
    }
}

#[cfg(test)]
mod tests;
