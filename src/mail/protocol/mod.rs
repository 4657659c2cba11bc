//! The protocols as both ends speak them: commands and replies as types, without I/O.
//!
//! Text becomes a type here, once, at the edge. Every type prints itself as the text it came from, and
//! tests on random input say so. Nothing here reads a socket or panics on a peer's octets.

pub mod imap;
pub mod line_cursor;
pub mod pop3;
pub mod sasl;
pub mod smtp;
pub mod span;

pub use super::Protocol;
