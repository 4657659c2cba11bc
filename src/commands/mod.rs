//! The jobs of the command line, a file each: `pillarbox send`, `pillarbox inbox`.
//!
//! Each has its arguments and a `run`. What is printed comes from mails and servers, so all of it is
//! made [`printable`] first.

pub mod inbox;
pub mod send;

use std::env;
use std::fmt;
use std::io::{self, IsTerminal, Write};

use crate::client::{ClientError, ClientSettings, printable};

/// The environment variable in which a script hands a password over, unseen by other users.
pub const PASSWORD_VARIABLE: &str = "PILLARBOX_PASSWORD";

/// Why a job was not done, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// It failed.
    Failed(String),
    /// What was asked for makes no sense: an argument is wrong.
    Usage(String),
}

impl CommandError {
    /// The exit status: 1 when the job failed, 2 when the command line is wrong.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            CommandError::Failed(_) => 1,
            CommandError::Usage(_) => 2,
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (CommandError::Failed(sentence) | CommandError::Usage(sentence)) = self;
        f.write_str(sentence)
    }
}

impl std::error::Error for CommandError {}

impl From<ClientError> for CommandError {
    fn from(error: ClientError) -> CommandError {
        CommandError::Failed(error.to_string())
    }
}

/// When the screen, or the file or pipe in its place, takes no more.
impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> CommandError {
        CommandError::Failed(format!("the output cannot be written: {error}"))
    }
}

/// The password of an account: given, in the environment, in the configuration, or asked for.
fn password(
    given: Option<&str>,
    account: &str,
    settings: &ClientSettings,
) -> Result<String, CommandError> {
    let known = given
        .map(str::to_owned)
        .or_else(|| env::var(PASSWORD_VARIABLE).ok())
        .or_else(|| settings.passwords.get(&account.to_lowercase()).cloned());
    if let Some(password) = known {
        return Ok(password);
    }
    let prompt = format!("Password of {}: ", printable(account));
    rpassword::prompt_password(prompt).map_err(|_| {
        CommandError::Usage(format!(
            "the password of {} is not known; use --password or {PASSWORD_VARIABLE}",
            printable(account)
        ))
    })
}

/// The columns of the terminal that `out` is, if it is one.
fn terminal_width() -> Option<usize> {
    let stdout = io::stdout();
    let size = stdout
        .is_terminal()
        .then(|| rustix::termios::tcgetwinsize(&stdout).ok())??;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// Prints lines of a mail's text: each made printable, tabs kept as spaces.
fn print_text(out: &mut dyn Write, text: &str) -> io::Result<()> {
    text.lines()
        .try_for_each(|line| writeln!(out, "{}", printable(&line.replace('\t', "    "))))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::client::{Endpoint, Security};

    pub(super) fn settings() -> ClientSettings {
        let nowhere = Endpoint::new("127.0.0.1", 1, Security::Plain, "no-such-ca.pem");
        ClientSettings {
            smtp: nowhere.clone(),
            pop3: nowhere.clone(),
            imap: nowhere,
            domain: "here.test".to_owned(),
            passwords: HashMap::from([("alice".to_owned(), "wonderland".to_owned())]),
        }
    }

    #[test]
    fn a_password_that_is_given_comes_before_the_known_one() {
        let settings = settings();
        let given = password(Some("other"), "alice", &settings);
        assert_eq!(given.as_deref(), Ok("other"));
        assert_eq!(
            password(None, "Alice", &settings).as_deref(),
            Ok("wonderland")
        );
        assert!(!format!("{settings:?}").contains("wonderland"));
    }
}
