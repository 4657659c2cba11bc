//! SMTP as types (RFC 5321): what a client says and what a server answers. No I/O.
//!
//! [`Command`] is a line of the client, [`Reply`] one or more lines of the server; both print
//! themselves as they go on the wire. `MAIL` and `RCPT` carry an [`address`](Address) in a path and
//! [`Params`]. The order of commands is the session's business, not the grammar's.

mod address;
mod command;
mod dsn;
mod params;
mod reply;
mod spans;

pub use address::{Address, Path, ReversePath};
pub use command::{Command, SyntaxError};
pub use dsn::{Notify, OriginalRecipient, Ret, xtext};
pub use params::{Body, Param, Params};
pub use reply::{BadReply, Enhanced, Reply};
pub use spans::spans;
