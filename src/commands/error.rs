//! Why a command failed, and the exit status that follows.

use std::fmt;
use std::io;

use crate::client::ClientError;
use crate::config::ConfigError;
use crate::server::SetupError;
use crate::teaching::text::SaveError;

/// Why a command failed: one sentence, and an exit status.
#[derive(Debug)]
pub enum CommandError {
    /// The command line or the configuration is wrong: status 2.
    Setup(String),
    /// The job failed: status 1.
    Job(String),
    /// The reader of the output closed it, as `head` does: status 0, and no message.
    OutputClosed,
}

impl CommandError {
    /// Returns the exit status of the program.
    #[must_use]
    pub fn status(&self) -> u8 {
        match self {
            CommandError::OutputClosed => 0,
            CommandError::Job(_) => 1,
            CommandError::Setup(_) => 2,
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandError::Setup(sentence) | CommandError::Job(sentence) => f.write_str(sentence),
            CommandError::OutputClosed => f.write_str("the reader of the output has closed it"),
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

/// For the output: the screen, or the file or pipe that replaces it.
impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> CommandError {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return CommandError::OutputClosed;
        }
        CommandError::Job(format!("the output cannot be written: {error}"))
    }
}
