//! Input and output of the commands: passwords, text for a terminal, JSON, a progress bar.

use std::collections::HashMap;
use std::env;
use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::CommandError;
use crate::client::printable;

/// The environment variable for a password, which other users cannot see.
const PASSWORD_VARIABLE: &str = "PILLARBOX_PASSWORD";

/// Smaller messages are sent before a progress bar can be read.
const WORTH_A_BAR: u64 = 1024 * 1024;

/// Returns the password of an account.
///
/// It is `given`, or in the environment, or in the configuration; otherwise the user is asked.
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
            "no account \"{}\" with a password in the configuration; check the name, or give its \
             password with --password or in {PASSWORD_VARIABLE}",
            printable(account)
        ))
    };
    // Standard input may be the text of a message, so standard error tells whether a person is there.
    if !io::stderr().is_terminal() {
        return Err(unknown());
    }
    let prompt = format!("Password of {}: ", printable(account));
    rpassword::prompt_password(prompt).map_err(|_| unknown())
}

/// Returns the columns of the terminal, if standard output is one.
pub(super) fn width() -> Option<usize> {
    let stdout = io::stdout();
    let size = stdout.is_terminal().then(|| rustix::termios::tcgetwinsize(&stdout).ok())??;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// Prints the text of a mail: each line made printable, with spaces for tabs.
pub(super) fn print_text(out: &mut dyn Write, text: &str) -> io::Result<()> {
    text.lines().try_for_each(|line| writeln!(out, "{}", printable(&line.replace('\t', "    "))))
}

/// Prints a value as JSON, with a line ending. `docs/usage.md` documents the values.
pub(super) fn print_json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// Returns a progress bar on standard error; a hidden one if the message is small or the output is no
/// terminal.
pub(super) fn progress_bar(octets: u64) -> ProgressBar {
    if octets < WORTH_A_BAR || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(octets);
    let style = ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {eta}");
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
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
