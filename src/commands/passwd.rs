//! `pillarbox passwd`: hashes a password for `[accounts]`.

use std::io::{self, IsTerminal};

use super::CommandError;
use crate::config::accounts;

/// Asks for a password, twice on a terminal, and prints its argon2id hash.
///
/// # Errors
/// When nothing is typed, or two different passwords.
pub fn run() -> Result<(), CommandError> {
    let password = if io::stdin().is_terminal() { ask_twice()? } else { first_line()? };
    if password.is_empty() {
        return Err(CommandError::Job("no password was typed".to_owned()));
    }
    println!("{}", accounts::hash(&password).map_err(CommandError::Job)?);
    Ok(())
}

fn ask_twice() -> Result<String, CommandError> {
    let first = rpassword::prompt_password("Password: ").map_err(unreadable)?;
    let second = rpassword::prompt_password("Once more: ").map_err(unreadable)?;
    if first != second {
        return Err(CommandError::Job("the two passwords differ; nothing was hashed".to_owned()));
    }
    Ok(first)
}

fn first_line() -> Result<String, CommandError> {
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(unreadable)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn unreadable(error: io::Error) -> CommandError {
    CommandError::Job(format!("the password cannot be read: {error}"))
}
