//! Conversations as people see them: scripts with both sides of one, and the runner that plays them.

mod connection;
mod difference;
mod pattern;
mod run;
pub mod script;
mod step;
mod text;

pub use difference::{Difference, Fault};
pub use pattern::Pattern;
pub use run::{Caller, Did, Event, Open, Show, Talk, perform, run};
pub use script::{Action, Client, Excerpt, Protocol, Script, ScriptError, Step, Tls};
pub use text::{Memory, Text};
