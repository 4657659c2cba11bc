//! The wire: sockets, lines, octets, dot text, TLS. Nothing here knows a protocol.

mod bell;

pub use bell::Bell;
