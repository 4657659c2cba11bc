//! Conversations as people see them: scripts with both sides of one, and the runner that plays them.

mod pattern;
mod run;
pub mod script;

pub use pattern::Pattern;
pub use run::{Difference, Event, Fault, Open, Talk, perform, run};
pub use script::{Action, Protocol, Script, ScriptError, Step, Tls};
