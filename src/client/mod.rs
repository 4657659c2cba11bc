//! The client's side: SMTP, POP3 and IMAP over one socket, usable from a program of twenty lines.
//!
//! - [`ClientSocket`]: say a command, receive its reply; the same [`Wire`](crate::mail::net::Wire) as the servers'.
//! - [`SmtpClient`], [`Pop3Client`], [`ImapClient`]: the verbs of each protocol, and on them `send`
//!   and the like for who only wants the mail through.
//! - [`ClientError`]: every failure as one sentence.
//!
//! Messages are streamed, never gathered: one of any size takes the memory of one buffer. Nothing
//! that a server says can exhaust or stop a client; what it may say is bounded in [`crate::limits`].

mod bounded;
mod capabilities;
mod crlf;
mod endpoint;
mod error;
mod gate;
pub mod imap;
mod login;
pub mod pop3;
mod printable;
#[cfg(test)]
pub(crate) mod scripted;
mod settings;
pub mod smtp;
mod socket;

pub use bounded::Bounded;
pub use capabilities::Capabilities;
pub(crate) use crlf::Crlf;
pub use endpoint::{Endpoint, Security};
pub use error::ClientError;
pub use gate::{Gate, Waiting};
pub use imap::ImapClient;
pub use pop3::Pop3Client;
pub(crate) use printable::is_harmless;
pub use printable::printable;
pub use settings::ClientSettings;
pub use smtp::{Hello, Sent, SmtpClient, Wishes};
pub use socket::{Answer, ClientSocket};
