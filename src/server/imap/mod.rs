//! The IMAP server (RFC 3501): [`ImapServer`], one conversation with one client.
//!
//! Where to look:
//! - [`session`]: the states, the way of a line, and the one `match` over all commands;
//! - [`literal`]: commands that arrive in pieces;   [`reply`]: how a command ends;
//! - [`auth`]: CAPABILITY, ID, STARTTLS, LOGIN, AUTHENTICATE, LOGOUT, and NOOP;
//! - [`view`] with [`updates`]: the message numbers that the client knows, and unsolicited updates;
//! - [`mailboxes`]: SELECT, STATUS, LIST, CREATE and the other commands on mailboxes;
//! - [`messages`]: FETCH, STORE, COPY, APPEND and the other commands on messages;
//! - [`search`]: SEARCH, SORT and THREAD;   [`idle`]: IDLE;   [`enable`]: ENABLE.
//!
//! To add a command: its grammar in [`crate::mail::protocol::imap`], a line in the `match` of
//! [`session`], and a function with the command's name in one of these files.

mod auth;
mod enable;
mod idle;
mod literal;
mod mailboxes;
mod messages;
mod reply;
mod search;
mod session;
#[cfg(test)]
mod tests;
mod updates;
mod view;

pub use messages::message_cache::MessageCache;
pub use session::ImapServer;
