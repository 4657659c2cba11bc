//! The commands of the program, one file each. The command line itself is in `main.rs`.

mod capturing;
mod connection_args;
pub mod demo;
mod error;
pub mod explain;
pub mod gui;
pub mod inbox;
pub mod passwd;
pub mod queue;
pub mod recording;
pub mod send;
pub mod serve;
pub mod sessions;
mod settings;
pub mod talk;
mod terminal;
pub mod trace;

pub use capturing::CaptureArgs;
pub use connection_args::{ConnectionArgs, SecurityArgs};
pub use error::CommandError;
pub use settings::settings;
