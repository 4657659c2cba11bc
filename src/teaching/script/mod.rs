//! The `.demo` language: both sides of a conversation as plain text, and its player.
//!
//! A [`Script`] is parsed from a file (`format`, `step`). Its texts have gaps (`template`), its expected
//! lines are patterns (`pattern`). [`perform`] plays it (`player`): each client is a [`Talk`], and the
//! first [`Difference`] ends the play. [`Sites`] are servers to play it to, and [`DEMOS`] the scripts of
//! `demos/`.

mod demos;
mod difference;
mod format;
mod pattern;
mod player;
mod sites;
mod step;
mod talk;
mod template;

pub use crate::mail::protocol::Protocol;
pub use demos::{DEMOS, Demo};
pub use difference::{Difference, Mismatch};
pub use format::{Script, ScriptError, ScriptQuestion, ScriptTls};
pub use pattern::Pattern;
pub use player::{Caller, ClientEvent, Connect, PlayEvent, Show, perform, perform_with, run};
pub use sites::{Sites, SitesFolder};
pub use step::{Excerpt, ScriptAction, ScriptClient, ScriptStep};
pub use talk::{Talk, connect};
pub use template::{ClientText, Memory};
