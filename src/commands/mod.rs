//! What the commands of the program do. The command line itself stands in `main.rs`.

use std::fmt;

use crate::client::ClientError;
use crate::config::ConfigError;
use crate::server::SetupError;
use crate::teaching::text::SaveError;

mod capturing;
pub mod demo;
pub mod explain;
pub mod gui;
pub mod inbox;
mod json;
pub mod passwd;
mod progress;
pub mod queue;
pub mod recording;
pub mod send;
pub mod serve;
mod server_args;
pub mod sessions;
mod settings;
pub mod talk;
mod terminal;
pub mod trace;

pub use capturing::CaptureArgs;
pub use server_args::ServerArgs;
pub use settings::{settings, settings_for};

/// Why a command failed: one sentence, and the exit status that goes with it.
#[derive(Debug)]
pub enum CommandError {
    /// The command line or the configuration is wrong: status 2.
    Setup(String),
    /// The job failed: status 1.
    Job(String),
    /// Whoever read the output has enough, as `head` does: status 0, and nothing to say.
    Unread,
}

impl CommandError {
    /// The program's exit status.
    #[must_use]
    pub fn status(&self) -> u8 {
        match self {
            CommandError::Unread => 0,
            CommandError::Job(_) => 1,
            CommandError::Setup(_) => 2,
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandError::Setup(sentence) | CommandError::Job(sentence) => f.write_str(sentence),
            CommandError::Unread => f.write_str("nobody reads the output any more"),
        }
    }
}

impl std::error::Error for CommandError {}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> CommandError {
        CommandError::Setup(error.0)
    }
}

impl From<SetupError> for CommandError {
    fn from(error: SetupError) -> CommandError {
        CommandError::Setup(error.0)
    }
}

impl From<SaveError> for CommandError {
    fn from(error: SaveError) -> CommandError {
        CommandError::Job(error.0)
    }
}

impl From<ClientError> for CommandError {
    fn from(error: ClientError) -> CommandError {
        CommandError::Job(error.to_string())
    }
}
