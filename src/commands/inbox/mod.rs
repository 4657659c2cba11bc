//! `pillarbox inbox`: lists an inbox, shows a message, saves attachments.

mod json;
mod server;
mod table;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use self::json::{JsonFileSaved, JsonMessage, JsonRow};
use self::server::InboxServer;
use super::terminal::{self, print_json, print_text};
use super::{CommandError, ConnectionArgs};
use crate::client::{ClientSettings, printable};
use crate::config::Config;
use crate::mail::message::{Contact, ParsedMessage};
use crate::mail::protocol::Protocol;
use crate::teaching::text::{local_date, readable_size, save_file};

/// List an inbox, read a message, save attachments
#[derive(Args, Clone, Debug)]
pub struct InboxArgs {
    /// The account
    #[arg(value_name = "ACCOUNT")]
    pub account: String,
    /// Show the message with this number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub read: Option<u32>,
    /// Save attachments of that message, or of all
    #[arg(long, value_name = "DIR")]
    pub save_attachments: Option<PathBuf>,
    /// Use POP3 (no read/unread flags)
    #[arg(long)]
    pub pop3: bool,
    /// Print JSON, for a script
    #[arg(long)]
    pub json: bool,
    /// The connection.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// Prints what was asked for.
///
/// # Errors
/// When the server cannot be reached or refuses, there is no such message, or a file cannot be saved.
pub fn run(args: &InboxArgs, config: &Config) -> Result<(), CommandError> {
    let protocol = if args.pop3 { Protocol::Pop3 } else { Protocol::Imap };
    args.connection.run(config, protocol, |settings| {
        let mut out = io::BufWriter::new(io::stdout().lock());
        show(args, settings, &mut out, terminal::width())?;
        Ok(out.flush()?)
    })
}

fn show(
    args: &InboxArgs,
    settings: &ClientSettings,
    out: &mut dyn Write,
    width: Option<usize>,
) -> Result<(), CommandError> {
    let account = settings.account(&args.account);
    let password = args.connection.password(account, settings)?;
    let mut server = if args.pop3 {
        let endpoint = args.connection.endpoint(&settings.pop3);
        InboxServer::open_pop3(&endpoint, account, &password)?
    } else {
        let endpoint = args.connection.endpoint(&settings.imap);
        InboxServer::open_imap(&endpoint, account, &password)?
    };
    let count = server.count()?;
    match (args.read, &args.save_attachments) {
        (Some(number), _) if number > count => {
            server.close();
            let inbox = printable(account);
            return Err(CommandError::Job(format!(
                "there is no message {number} in the inbox of {inbox}, which has {count}"
            )));
        }
        (Some(number), _) => read(args, &mut server, number, out)?,
        (None, _) if count == 0 && !args.json => {
            writeln!(out, "The inbox of {} is empty.", printable(account))?;
        }
        (None, None) => list(args, &mut server, out, width)?,
        (None, Some(folder)) => save_all(args, &mut server, count, folder, out)?,
    }
    server.close();
    Ok(())
}

fn list(
    args: &InboxArgs,
    server: &mut InboxServer,
    out: &mut dyn Write,
    width: Option<usize>,
) -> Result<(), CommandError> {
    let rows = server.rows()?;
    if args.json {
        return Ok(print_json(out, &JsonRow::all(&rows))?);
    }
    for line in table::table(&rows, width) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Prints a message decoded, and saves its attachments if there is a folder for them.
fn read(
    args: &InboxArgs,
    server: &mut InboxServer,
    number: u32,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let message = ParsedMessage::of(&server.message(number)?);
    if !args.json {
        print(&message, out)?;
    }
    let mut saved = Vec::new();
    if let Some(folder) = &args.save_attachments {
        save_each(&message, folder, |path| {
            report_saved(args, &path, out)?;
            saved.push(path);
            Ok(())
        })?;
    }
    if args.json {
        print_json(out, &JsonMessage::of(number, &message, &saved))?;
    }
    Ok(server.mark_read(number)?)
}

/// Saves the attachments of all messages.
fn save_all(
    args: &InboxArgs,
    server: &mut InboxServer,
    count: u32,
    folder: &Path,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let mut all = Vec::new();
    for number in 1..=count {
        let message = ParsedMessage::of(&server.message(number)?);
        save_each(&message, folder, |saved| {
            report_saved(args, &saved, out)?;
            all.push(JsonFileSaved { number, saved });
            Ok(())
        })?;
    }
    if args.json {
        print_json(out, &all)?;
    } else if all.is_empty() {
        writeln!(out, "There are no attachments.")?;
    }
    Ok(())
}

/// Saves the attachments of a message, and passes each path to `done`.
fn save_each(
    message: &ParsedMessage,
    folder: &Path,
    mut done: impl FnMut(PathBuf) -> io::Result<()>,
) -> Result<(), CommandError> {
    for file in &message.attachments {
        done(save_file(file, folder)?)?;
    }
    Ok(())
}

/// Prints that a file was saved, unless the output is JSON.
fn report_saved(args: &InboxArgs, path: &Path, out: &mut dyn Write) -> io::Result<()> {
    if args.json {
        return Ok(());
    }
    writeln!(out, "Saved {}", printable(&path.display().to_string()))
}

fn print(message: &ParsedMessage, out: &mut dyn Write) -> io::Result<()> {
    let fields = [
        ("From", people(&message.from)),
        ("To", people(&message.to)),
        ("Cc", people(&message.cc)),
        ("Date", message.date.map(local_date).unwrap_or_default()),
        ("Subject", message.subject.clone()),
    ];
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "{:<9}{}", format!("{name}:"), printable(value))?;
    }
    writeln!(out)?;
    print_text(out, &message.text)?;
    if !message.attachments.is_empty() {
        writeln!(out, "\nAttachments:")?;
    }
    for file in &message.attachments {
        let size = readable_size(file.bytes.len() as u64);
        let name = printable(&file.name);
        let kind = printable(&file.content_type);
        writeln!(out, "  {name} ({kind}, {size})")?;
    }
    Ok(())
}

fn people(contacts: &[Contact]) -> String {
    let names: Vec<String> = contacts.iter().map(Contact::to_string).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::terminal::tests::settings;
    use super::*;
    use crate::client::scripted::play_script;

    /// Returns what is printed of a conversation with this server.
    fn shown(script: &str, change: impl FnOnce(&mut InboxArgs)) -> Result<String, CommandError> {
        let (endpoint, _server) = play_script(script);
        let mut settings = settings();
        settings.imap = endpoint.clone();
        settings.pop3 = endpoint;
        let mut args = InboxArgs {
            account: "bob@here.test".to_owned(),
            read: None,
            save_attachments: None,
            pop3: false,
            json: false,
            connection: ConnectionArgs {
                password: Some("builder".to_owned()),
                ..ConnectionArgs::default()
            },
        };
        change(&mut args);
        let mut out = Vec::new();
        let result = show(&args, &settings, &mut out, Some(60));
        result.map(|()| String::from_utf8(out).unwrap())
    }

    const OPEN: &str = "
        S: * OK [CAPABILITY IMAP4rev1] ready
        C: a1 LOGIN bob builder
        S: a1 OK
        C: a2 SELECT INBOX
        S: * 1 EXISTS
        S: a2 OK
    ";

    #[test]
    fn an_empty_inbox_says_so() {
        let script = OPEN.replace("* 1 EXISTS", "* 0 EXISTS") + "C: a3 LOGOUT\nS: a3 OK";
        assert_eq!(shown(&script, |_| {}).unwrap(), "The inbox of bob is empty.\n");
    }

    #[test]
    fn an_inbox_is_a_table() {
        let script = format!(
            "{OPEN}
            C: a3 UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (Date From Subject Content-Type)])
            S: * 1 FETCH (UID 5 FLAGS () RFC822.SIZE 700 BODY[HEADER.FIELDS (Date From Subject Content-Type)] {{32}}
            S: From: a@b.test
            S: Subject: Tea
            S:
            S: )
            S: a3 OK
            C: a4 LOGOUT
            S: a4 OK"
        );
        let expected = "N     Date   Size  From      Subject\n1  N        700 B  a@b.test  Tea\n";
        assert_eq!(shown(&script, |_| {}).unwrap(), expected);
    }

    #[test]
    fn an_inbox_is_a_value_for_a_script() {
        let script = format!(
            "{OPEN}
            C: a3 UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (Date From Subject Content-Type)])
            S: * 1 FETCH (UID 5 FLAGS (\\Seen) RFC822.SIZE 700 BODY[HEADER.FIELDS (Date From Subject Content-Type)] {{44}}
            S: From: A <a@b.test>
            S: Subject: =?utf-8?q?T=C3=A9?=
            S:
            S: )
            S: a3 OK
            C: a4 LOGOUT
            S: a4 OK"
        )
        .replace("{44}", &format!("{{{}}}", "From: A <a@b.test>\r\nSubject: =?utf-8?q?T=C3=A9?=\r\n\r\n".len()));
        let shown = shown(&script, |args| args.json = true).unwrap();
        let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
        let expected = serde_json::json!([{
            "number": 1,
            "from": { "name": "A", "address": "a@b.test" },
            "subject": "Té",
            "date": null,
            "octets": 700,
            "attachments": false,
            "flags": ["\\Seen"],
        }]);
        assert_eq!(value, expected);
    }

    #[test]
    fn a_message_is_read_its_files_saved_and_nothing_obeyed() {
        let folder = tempfile::tempdir().unwrap();
        let message = "From: A <a@b.test>\nSubject: \x1b[2JTea\n\
            Content-Type: multipart/mixed; boundary=x\n\n\
            --x\n\nAt\x1b]0;x\x07 five\n--x\n\
            Content-Disposition: attachment; filename=\"../t.txt\"\n\
            Content-Type: text/plain\n\nAssam\n--x--\n";
        let lines: Vec<String> = message.lines().map(|line| format!("S: {line}")).collect();
        let script = format!(
            "{OPEN}
            C: a3 UID FETCH 1:* (UID)
            S: * 1 FETCH (UID 5)
            S: a3 OK
            C: a4 UID FETCH 5 (BODY.PEEK[])
            S: * 1 FETCH (UID 5 BODY[] {{{}}}\n{}\nS: )
            S: a4 OK
            C: a5 UID FETCH 1:* (UID)
            S: * 1 FETCH (UID 5)
            S: a5 OK
            C: a6 UID STORE 5 +FLAGS (\\Seen)
            S: a6 OK
            C: a7 LOGOUT
            S: a7 OK",
            message.len() + message.lines().count(),
            lines.join("\n"),
        );
        let shown = shown(&script, |args| {
            args.read = Some(1);
            args.save_attachments = Some(folder.path().to_owned());
        });
        let shown = shown.unwrap();
        let saved = folder.path().join("t.txt");
        assert!(
            shown.starts_with("From:    A <a@b.test>\nSubject: \u{fffd}[2JTea\n\nAt"),
            "{shown}"
        );
        assert!(shown.contains("\nAttachments:\n  t.txt (text/plain, 5 B)\n"), "{shown}");
        assert!(shown.ends_with(&format!("Saved {}\n", saved.display())), "{shown}");
        assert!(!shown.contains('\x1b') && !shown.contains('\x07'), "{shown}");
        assert_eq!(std::fs::read(saved).unwrap(), b"Assam");
    }

    #[test]
    fn pop3_shows_the_same_without_flags() {
        let script = "S: +OK
            C: CAPA
            S: -ERR What?
            C: USER bob
            S: +OK
            C: PASS builder
            S: +OK
            C: STAT
            S: +OK 1 700
            C: LIST
            S: +OK
            S: 1 700
            S: .
            C: TOP 1 0
            S: +OK
            S: From: a@b.test
            S: Subject: Tea
            S:
            S: .
            C: QUIT
            S: +OK";
        let expected = "N    Date   Size  From      Subject\n1          700 B  a@b.test  Tea\n";
        assert_eq!(shown(script, |args| args.pop3 = true).unwrap(), expected);
    }

    #[test]
    fn a_message_that_is_not_there_is_named() {
        let script = format!("{OPEN}C: a3 LOGOUT\nS: a3 OK");
        let error = shown(&script, |args| args.read = Some(2)).unwrap_err();
        let expected = "there is no message 2 in the inbox of bob, which has 1";
        assert_eq!(error.to_string(), expected);
    }
}
