//! What both sides of each protocol speak: commands and replies as types. No I/O.
//!
//! Text becomes a type here, once, at the edge; every type prints itself as the text it came from,
//! and tests say so on random input. Nothing here reads a socket, and nothing panics on what a peer sent.

pub mod imap;
pub mod line_cursor;
pub mod pop3;
pub mod sasl;
pub mod smtp;
pub mod span;

pub use super::Protocol;
