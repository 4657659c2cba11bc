//! IMAP4 as types: commands, responses, and what both are made of (RFC 3501 §9, RFC 9051 §9).
//!
//! - [`command`]: what a client says;   [`response`]: what a server says; both are parsed and printed;
//! - [`append`]: APPEND, whose message never passes through a parser;   [`literal`]: literals;
//! - [`fetch`], [`search`], [`list`], [`flags`], [`sequence`], [`message_set`], [`mailbox`], [`date`],
//!   [`special_use`]: what commands and responses are made of;
//! - [`bodystructure`]: ENVELOPE and BODYSTRUCTURE, made from a message;
//! - [`cursor`] walks the bytes, [`string`](mod@string) writes them, and [`mutf7`] encodes mailbox names.
//!
//! A command is one buffer of bytes in which a literal is as on the wire, `{5}\r\nhello`, without the
//! CRLF at its end. Nothing here does I/O or panics; nesting, numbers and lists have bounds, and each
//! bound has its error.

pub mod append;
pub mod bodystructure;
pub mod command;
pub mod cursor;
pub mod date;
pub mod fetch;
pub mod flags;
pub mod list;
pub mod literal;
pub mod mailbox;
pub mod message_set;
pub mod mutf7;
pub mod response;
pub mod search;
pub mod sequence;
mod spans;
pub mod special_use;
pub mod string;

pub use append::{Append, AppendForm, AppendedMessage, is_append};
pub use command::{BadCommand, Command, Tag, Tagged};
pub use cursor::ParseError;
pub use date::DateTime;
pub use fetch::{FetchItem, Partial, Section, SectionText};
pub use list::{List, ListPattern};
pub use literal::{Literal, literal_at_end};
pub use mailbox::{Alphabet, MailboxName, StatusItem};
pub use message_set::MessageSet;
pub use response::Response;
pub use search::{Search, SearchKey, Sort, Thread};
pub use sequence::SequenceSet;
pub use spans::{command_spans, response_spans};
pub use special_use::SpecialUse;
