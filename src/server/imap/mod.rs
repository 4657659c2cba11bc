//! The IMAP server (RFC 3501): [`ImapServer`], one conversation with one client.
//!
//! Where to look:
//! - [`session`]: the states, the way of a line, and the one `match` over all commands;
//! - [`literal`]: commands that arrive in pieces;   [`answer`]: how a command ends;
//! - [`login`]: CAPABILITY, ID, STARTTLS, LOGIN, AUTHENTICATE, LOGOUT, and NOOP;
//! - [`enabled`]: ENABLE, and what it has switched on: which of two forms an answer takes;
//! - [`select`]: SELECT, EXAMINE, CLOSE, UNSELECT, CHECK, STATUS;
//! - [`mailboxes`]: CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE;   [`list`] with [`tree`]: LIST, LSUB, NAMESPACE;
//! - [`view`] with [`merge`]: the message numbers that this client knows, and what it must be told;
//! - [`fetch`] with [`response`], [`section`], [`binary`], [`reading`], and what all remember,
//!   [`catalogue`]: FETCH;
//! - [`store`]: STORE, EXPUNGE, COPY, MOVE;
//! - [`search`] with [`matching`], [`candidate`] and [`texts`]: SEARCH;
//! - [`sort`] and [`thread`] with [`facts`]: SORT, THREAD;   [`append`]: APPEND;   [`idle`]: IDLE.
//!
//! To add a command: its grammar in [`crate::mail::protocol::imap`], a line in the `match`, and a function
//! that bears its name in one of these files.

mod answer;
mod append;
mod binary;
mod candidate;
mod catalogue;
mod enabled;
mod facts;
mod fetch;
mod idle;
mod list;
mod literal;
mod login;
mod mailboxes;
mod matching;
mod merge;
mod reading;
mod response;
mod search;
mod section;
mod select;
mod session;
mod sort;
mod store;
#[cfg(test)]
mod tests;
mod texts;
mod thread;
mod tree;
mod view;

pub use catalogue::Catalogue;
pub use session::ImapServer;
