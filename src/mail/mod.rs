//! What both ends of a conversation are made of: the wire, the protocols, messages and mailboxes.
//!
//! Nothing here knows who uses it: no server, no client, no window. Within it, `net` and `message`
//! come first, then `protocol`, then `store`.

pub mod message;
pub mod net;
pub mod protocol;
pub mod store;
