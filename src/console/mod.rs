//! Conversations as people see them: scripts with both sides of one, and the runner that plays them.

pub mod by_hand;
mod connection;
mod demos;
mod diagram;
mod difference;
mod explanation;
mod guess;
mod ink;
mod layout;
mod notes;
mod pattern;
mod readable;
mod run;
mod saving;
mod screen;
pub mod script;
mod sites;
mod step;
mod text;

pub use connection::connect;
pub use demos::{DEMOS, Demo};
pub(crate) use diagram::states;
pub use difference::{Difference, Fault};
pub use explanation::Page;
pub use ink::Ink;
pub(crate) use layout::behind;
pub use notes::Explain;
pub use pattern::Pattern;
pub use readable::{local_date, readable_size};
pub use run::{Caller, Did, Event, Open, Show, Talk, perform, perform_told, run};
pub use saving::{SaveError, save_file};
pub use screen::{Audience, Look, Pace, Screen};
pub use script::{Action, Asked, Client, Excerpt, Protocol, Script, ScriptError, Step, Tls};
pub use sites::{Folder, Sites};
pub use text::{Memory, Text};
