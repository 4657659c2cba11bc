//! Records every octet of a conversation as it happens.
//!
//! A [`Recorder`] gives each connection a tap. The taps report [`Event`]s in the order of time; one
//! thread explains them ([`Annotator`]) and hands them to the sinks: a journal, a capture for
//! Wireshark (`teaching::pcapng`), a window. A conversation never waits for its recording, and goes on if that
//! fails.

mod annotate;
mod event;
pub mod journal;
mod recorder;
mod sink;
mod tap;

pub use crate::mail::net::Side;
pub use annotate::{AnnotatedLine, Annotator, Explaining};
pub(crate) use event::why_no_tls;
pub use event::{Connection, Event, What};
pub use recorder::Recorder;
pub use sink::{Live, Sink};
