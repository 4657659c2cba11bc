//! Messages: composing them, describing them, and the flags that a mailbox keeps of them.
//!
//! Nothing here knows a protocol or a file; bytes come from a `Read` and go to a `Write`.

mod flags;
pub mod structure;

pub use flags::{Flag, FlagChange, Flags};
