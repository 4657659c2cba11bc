//! The client side: SMTP, POP3 and IMAP over one socket, for a program of twenty lines.
//!
//! - [`ClientSocket`] sends a command and receives its reply, over the same
//!   [`Wire`](crate::mail::net::Wire) as the servers.
//! - [`SmtpClient`], [`Pop3Client`] and [`ImapClient`] have a method for each command of their protocol,
//!   and `send` and the like, which combine them.
//! - [`ClientError`] describes every failure in one sentence.
//!
//! Each protocol has the same files: `mod.rs` the connection and the simple commands, `auth.rs` the
//! login, `reply.rs` what a server answers.
//!
//! Messages are streamed, never gathered: a message of any size takes the memory of one buffer. No
//! server can exhaust or block a client; [`crate::limits`] bounds what a server may send.

mod auth;
mod capabilities;
mod endpoint;
mod error;
mod gate;
pub mod imap;
pub mod pop3;
#[cfg(test)]
#[path = "../../tests/clients/scripted/server.rs"]
pub(crate) mod scripted;
mod settings;
pub mod smtp;
mod socket;
mod untrusted;

pub use capabilities::Capabilities;
pub use endpoint::{Endpoint, Security};
pub use error::ClientError;
pub use gate::{Gate, HeldLine};
pub use imap::ImapClient;
pub use pop3::Pop3Client;
pub use settings::ClientSettings;
pub use smtp::{Hello, SendOptions, SendOutcome, SmtpClient};
pub(crate) use socket::transfer::outgoing;
pub use socket::{ClientSocket, ServerReply};
pub(crate) use untrusted::is_harmless;
pub use untrusted::{BoundedBuffer, printable};
