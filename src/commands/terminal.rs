//! The person at the terminal: asked for a password, and shown what is fit for a terminal.

use std::collections::HashMap;
use std::env;
use std::io::{self, IsTerminal, Write};

use super::CommandError;
use crate::client::printable;

/// The environment variable in which a script hands a password over, unseen by other users.
const PASSWORD_VARIABLE: &str = "PILLARBOX_PASSWORD";

/// When the screen, or the file or pipe in its place, takes no more.
impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> CommandError {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return CommandError::Unread;
        }
        CommandError::Job(format!("the output cannot be written: {error}"))
    }
}

/// The password of an account: given, in the environment, in the configuration, or asked for.
pub(super) fn password(
    given: Option<&str>,
    account: &str,
    passwords: &HashMap<String, String>,
) -> Result<String, CommandError> {
    let known = given
        .map(str::to_owned)
        .or_else(|| env::var(PASSWORD_VARIABLE).ok())
        .or_else(|| passwords.get(&account.to_lowercase()).cloned());
    if let Some(password) = known {
        return Ok(password);
    }
    let unknown = || {
        CommandError::Setup(format!(
            "the password of {} is not known; use --password or {PASSWORD_VARIABLE}",
            printable(account)
        ))
    };
    // The text of a message may come by a pipe; a script's errors do not go to a terminal.
    if !io::stderr().is_terminal() {
        return Err(unknown());
    }
    let prompt = format!("Password of {}: ", printable(account));
    rpassword::prompt_password(prompt).map_err(|_| unknown())
}

/// The columns of the terminal that `out` is, if it is one.
pub(super) fn width() -> Option<usize> {
    let stdout = io::stdout();
    let size = stdout
        .is_terminal()
        .then(|| rustix::termios::tcgetwinsize(&stdout).ok())??;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// Prints lines of a mail's text: each made printable, tabs kept as spaces.
pub(super) fn print_text(out: &mut dyn Write, text: &str) -> io::Result<()> {
    text.lines()
        .try_for_each(|line| writeln!(out, "{}", printable(&line.replace('\t', "    "))))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::client::{ClientSettings, Endpoint, Security};

    pub(in crate::commands) fn settings() -> ClientSettings {
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
        let given = password(Some("other"), "alice", &settings.passwords);
        assert_eq!(given.ok().as_deref(), Some("other"));
        assert_eq!(
            password(None, "Alice", &settings.passwords).ok().as_deref(),
            Some("wonderland")
        );
        assert!(!format!("{settings:?}").contains("wonderland"));
    }
}
