//! What makes a conversation visible: it is recorded, explained, shown and played again.
//!
//! `mail`, `server` and `client` know nothing of this room. They let a tap look on
//! (`mail/net/tap.rs`), and that is all.

pub mod explain;
pub mod pcapng;
pub mod script;
pub mod text;
pub mod transcript;
pub mod wire_tap;
