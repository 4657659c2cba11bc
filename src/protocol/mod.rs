//! What both sides of each protocol speak: commands and replies as types. No I/O.

pub mod imap;
pub mod sasl;
