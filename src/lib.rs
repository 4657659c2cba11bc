//! Pillarbox: a whole email system that you can read, run and see through.
//!
//! SMTP, POP3 and IMAP, servers and clients, in plain blocking Rust: one thread for each connection.
//! The order to read it in, which is the way of a line (`docs/tour.md` walks it with you):
//!
//! 1. [`server`]: `session.rs` is the contract of all protocols, `conversation.rs` the one loop that
//!    keeps it, `listener.rs` the door; then `pop3/`, the smallest protocol, `smtp/`, and `imap/`.
//! 2. [`net`]: [`net::Wire`] makes lines, octets and dot text of bytes, with bounds and deadlines.
//! 3. [`protocol`]: what both sides say, as types. It does no I/O.
//! 4. [`store`]: mail on disk, which is there whole or not at all. [`message`]: what is in a mail.
//! 5. [`client`]: the other end of each conversation, over the same wire.
//! 6. [`wire_tap`]: what makes the wire visible; it records what crosses and what is said.
//! 7. [`commands`]: what a person starts; [`console`]: conversations that a person types;
//!    [`teaching`]: `script/` plays demos, `transcript/` shows conversations as text and HTML.
//!    `gui` is the desktop mail program.
//!
//! Beside these: [`config`] reads `config.ini`, [`accounts`] knows who may log in, and every bound
//! stands with its reason in [`limits`]. Imports point one way, from the top of
//! `docs/architecture.md` to its bottom, and `tests/docs/architecture.rs` sees to it.

pub mod client;
pub mod commands;
pub mod config;
pub mod console;
#[cfg(feature = "gui")]
pub mod gui;
pub mod limits;
pub mod mail;
pub mod server;
pub mod teaching;
