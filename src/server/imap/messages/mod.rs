//! The commands on messages, and how messages are read.
//!
//! - [`fetch`] with [`fetch_response`], [`section`] and [`missing`]: FETCH;   [`binary`]: its extension BINARY;
//! - [`store`]: STORE, EXPUNGE, COPY, MOVE;   [`append`]: APPEND;
//! - [`mailbox_reader`], [`header_fields`]: headers and structures;   [`mod@slice`]: ranges of messages;
//! - [`message_cache`]: what all conversations remember of the messages that they have read.

pub(super) mod append;
pub(super) mod binary;
pub(super) mod fetch;
pub(super) mod fetch_response;
pub(super) mod header_fields;
pub(super) mod mailbox_reader;
pub(super) mod message_cache;
pub(super) mod missing;
pub(super) mod section;
pub(super) mod slice;
pub(super) mod store;
