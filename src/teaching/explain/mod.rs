//! What every line means: one source of explanations for the console, the demonstrations, the
//! recorded conversations, the window and the captures.
//!
//! - [`Texts`]: the sentences, from one file that a teacher can edit and translate;
//! - [`Observer`]: follows a conversation, and answers to each line with an [`Explained`]: its
//!   [`Entry`], its [`LinePart`]s by name, what is secret in it, the [`ProtocolState`] before and after, and what
//!   may come next;
//! - [`Texts::look_up`]: from what a person types to what explains it;
//! - [`Diagram`]: the states of each protocol, as data to draw.
//!
//! Lines are taken apart by the protocols' own grammars. Nothing here does I/O, and nothing panics
//! or grows on what a peer says.
//!
//! ```
//! use pillarbox::mail::protocol::Protocol;
//! use pillarbox::teaching::explain::{Observer, Texts};
//!
//! let mut observer = Observer::new(Protocol::Pop3, Texts::compiled_in());
//! observer.server(b"+OK ready");
//! observer.client(b"USER alice");
//! observer.server(b"+OK Send PASS");
//! let explained = observer.client(b"PASS wonderland");
//! assert_eq!(explained.masked(b"PASS wonderland"), &b"PASS ********"[..]);
//! assert!(explained.entry.rfc.contains("RFC 1939"));
//! ```

mod annotation_builder;
mod command_buffer;
mod diagrams;
mod dialogue_state;
mod explained;
mod follow;
mod imap;
mod line;
mod login;
mod masking;
mod message;
mod observer;
mod pop3;
mod search;
mod smtp;
mod state;
mod texts;
mod topic;
mod turn_taking;

pub use explained::{Explained, LinePart};
pub use masking::MASK;
pub use observer::{ExplainedLine, Observer};
pub use search::{LineReading, LookupResult};
pub use state::{CommandOutcome, Diagram, ProtocolState, Transition};
pub use texts::{Entry, Texts, TextsError};
pub use topic::Topic;
