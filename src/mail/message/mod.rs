//! Messages: composing them, describing them, and the flags that a mailbox keeps of them.
//!
//! Nothing here knows a protocol or a file; bytes come from a `Read` and go to a `Write`.
//! A server needs [`structure`] (what is where), [`header`], [`content`] and [`address`]; a person
//! needs [`compose`], [`parsed`] and [`received`]; the first run needs [`welcome`].

pub mod address;
pub mod base_subject;
pub mod casemap;
pub mod charset;
pub mod compose;
pub mod contact;
pub mod content;
pub mod date;
pub mod decode;
mod encode;
mod flags;
pub mod header;
mod legacy_charset;
mod lex;
mod lines;
pub mod page_text;
pub mod parsed;
pub mod received;
pub mod report;
pub mod structure;
pub mod textual;
pub mod thread;
pub mod welcome;
pub mod words;

pub use base_subject::BaseSubject;
pub use compose::{Attachment, Draft};
pub use contact::Contact;
pub use date::MailDate;
pub use decode::{Decoder, Encoding};
pub use flags::{Flag, FlagChange, Flags};
pub use header::{Field, Header};
pub use parsed::ParsedMessage;
pub use received::Received;
pub use structure::{BodyPart, Content};
