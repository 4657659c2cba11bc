//! SMTP as types (RFC 5321): what a client says and what a server answers. No I/O.
//!
//! [`Command`] is a line of the client, [`Reply`] one or more lines of the server; `Display` writes
//! both as they go on the wire. `MAIL` and `RCPT` have an [`Address`] in a path, and [`Params`].
//! The session decides which command is allowed when, not the grammar.

mod address;
mod command;
mod dsn;
mod params;
mod reply;
mod reply_codes;

pub use address::{Address, Path, ReversePath};
pub use command::{Chunk, Command, SyntaxError};
pub use dsn::{Notify, OriginalRecipient, Ret, xtext};
pub use params::{BodyType, Param, Params};
pub use reply::{BadReply, EnhancedCode, Reply};
