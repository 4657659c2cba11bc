//! The `.demo` language: a conversation as plain text with both sides of it, and its player.
//!
//! A [`Script`] is parsed from a file (`format`, `step`), its lines are texts with gaps (`template`)
//! and patterns (`pattern`). [`perform`] plays it (`player`) to a server at the other end of a
//! [`Talk`], and the first [`Difference`] ends the play. [`Sites`] are servers to play it to, and
//! [`DEMOS`] the scripts of `demos/`.

mod connection;
mod demos;
mod difference;
mod format;
mod pattern;
mod player;
mod sites;
mod step;
mod template;

pub use connection::connect;
pub use demos::{DEMOS, Demo};
pub use difference::{Difference, Fault};
pub use format::{Action, Asked, Client, Excerpt, Protocol, Script, ScriptError, Step, Tls};
pub use pattern::Pattern;
pub use player::{Caller, Did, Event, Open, Show, Talk, perform, perform_told, run};
pub use sites::{Folder, Sites};
pub use template::{Memory, Text};
