//! The SMTP server (RFC 5321), which also speaks LMTP (RFC 2033).
//!
//! It takes messages for local accounts from any client, and messages for other domains from users
//! who have logged in; those go into the queue. No message is held in memory.
//!
//! The way of a line: [`interact`](super::Session::interact) → `Command::parse` → the function with
//! the verb's name → a [`Reply`](crate::mail::protocol::smtp::Reply). Read `session.rs` first, then
//! `envelope.rs` (MAIL, RCPT) and `data.rs` (DATA, BDAT). `docs/protocols/smtp.md` lists all commands,
//! extensions and replies.

mod auth;
mod data;
mod envelope;
mod extensions;
mod header_fields;
mod help;
mod lists;
mod lmtp;
mod message_checks;
mod message_sink;
mod queued;
mod received;
mod recipients;
mod replies;
mod session;
mod transaction;

pub(super) use recipients::resolve;
pub use session::{SmtpRole, SmtpServer};
