//! The POP3 server (RFC 1939, without APOP): hands out the messages of an INBOX.
//!
//! With CAPA (RFC 2449), STLS (RFC 2595), AUTH (RFC 5034) and the response codes of RFC 2449 and
//! RFC 3206. Read `session.rs` first: it has the states and the commands. `auth.rs` is what a client
//! does before it is logged in, `maildrop.rs` the mailbox after that.

mod auth;
mod maildrop;
mod session;
mod top;

pub use session::Pop3Server;
