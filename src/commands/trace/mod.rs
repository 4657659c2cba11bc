//! `pillarbox trace`: draws the way of a message from its `Received:` lines, and explains it.
//!
//! It reads only the header, in bounded memory. It looks nothing up: no DNS, no connection. Text of the
//! message reaches the terminal only as [`printable`] text.

mod drawing;
mod sentences;

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::CommandError;
use crate::client::printable;
use crate::config::{Config, ConfigError};
use crate::mail::message::Header;
use crate::mail::store::{Store, StoreError};
use crate::teaching::text::TextStyle;

/// Draw the way of a message from server to server, and explain it
///
/// The message is a file, standard input (-), or in an account's mailbox.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  pillarbox trace message.eml           a message saved by any mail program
  pillarbox trace -                     a message on standard input
  pillarbox trace alice 3               the third message in alice's inbox
  pillarbox trace alice 1 --mailbox Sent")]
pub struct TraceArgs {
    /// A file with a message, or - for standard input; with a NUMBER, an account
    #[arg(value_name = "FILE|ACCOUNT")]
    pub source: PathBuf,
    /// Number of the account's message: 1 is the oldest, as in POP3 and IMAP
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub number: Option<u32>,
    /// Mailbox of the account [default: INBOX]
    #[arg(long, value_name = "NAME", requires = "number")]
    pub mailbox: Option<String>,
}

/// Prints the way of the message. The configuration is loaded only for a message of an account.
///
/// # Errors
/// When there is no such message, or it cannot be read.
pub fn run(
    args: &TraceArgs,
    config: impl FnOnce() -> Result<Config, ConfigError>,
) -> Result<(), CommandError> {
    let header = match args.number {
        Some(number) => stored(args, number, &config()?.mail)?,
        None => from_file(&args.source)?,
    };
    let mut out = io::stdout().lock();
    let style = TextStyle::on(&out);
    Ok(out.write_all(drawing::page(&header, style).as_bytes())?)
}

fn from_file(path: &Path) -> Result<Header, CommandError> {
    if path == Path::new("-") {
        return Header::read(&mut io::stdin().lock()).map_err(unreadable("standard input"));
    }
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => CommandError::Job(format!(
            "there is no file {name}; for a message of an account add its number, as in: pillarbox trace alice 1"
        )),
        _ => unreadable(&name)(error),
    })?;
    Header::read(&mut BufReader::new(file)).map_err(unreadable(&name))
}

fn unreadable(name: &str) -> impl FnOnce(io::Error) -> CommandError {
    move |error| CommandError::Job(format!("{name} cannot be read: {error}"))
}

/// Reads the header of a message in an account's mailbox. Creates no account and no folder.
fn stored(args: &TraceArgs, number: u32, mail: &Path) -> Result<Header, CommandError> {
    let account = args.source.to_string_lossy();
    let store = mail.is_dir().then(|| Store::open(mail)).transpose();
    let store = store.map_err(refused)?;
    let Some(store) = store.filter(|store| store.has_account(&account)) else {
        return Err(CommandError::Job(format!(
            "there is no account {} in {}; check the name, and start `pillarbox serve` once to create the mailboxes",
            printable(&account),
            mail.display()
        )));
    };
    let name = args.mailbox.as_deref().unwrap_or("INBOX");
    let account = store.account(&account).map_err(refused)?;
    let mailbox = account.mailbox(name).map_err(refused)?;
    let snapshot = mailbox.refresh().map_err(refused)?;
    let Some(message) = snapshot.messages.get(number as usize - 1) else {
        return Err(CommandError::Job(format!(
            "there is no message {number} in {} of {}, which has {}",
            printable(name),
            account.name(),
            snapshot.messages.len()
        )));
    };
    let message = mailbox.open(message).map_err(refused)?;
    Header::read(&mut BufReader::new(message)).map_err(unreadable("the message"))
}

fn refused(error: StoreError) -> CommandError {
    CommandError::Job(printable(&error.to_string()))
}
