//! The commands on messages, and how messages are read.
//!
//! - [`fetch`] with [`fetch_response`], [`section`] and [`binary`]: FETCH;
//! - [`store`]: STORE, EXPUNGE, COPY, MOVE;   [`append`]: APPEND;
//! - [`message_reader`]: headers, structures and pieces of messages;
//! - [`message_cache`]: what all conversations remember of the messages they have read.

pub(super) mod append;
pub(super) mod binary;
pub(super) mod fetch;
pub(super) mod fetch_response;
pub(super) mod message_cache;
pub(super) mod message_reader;
pub(super) mod section;
pub(super) mod store;
