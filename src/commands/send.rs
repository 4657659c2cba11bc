//! `pillarbox send`: composes a message with attachments and hands it in by SMTP.

use std::fs;
use std::io::{self, Cursor, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use serde::Serialize;

use super::recording::RecordingArgs;
use super::terminal::password;
use super::{CommandError, ServerArgs, json, progress};
use crate::client::{ClientError, ClientSettings, Sent, SmtpClient, Wishes, printable};
use crate::mail::message::{Attachment, Contact, Draft};
use crate::mail::protocol::smtp::{Notify, Ret};

/// Send a message, with attachments if you like
#[derive(Args, Clone, Debug)]
#[command(group(ArgGroup::new("recipients").args(["to", "cc", "bcc"]).required(true).multiple(true)))]
pub struct SendArgs {
    /// Who sends: an account, or an address
    #[arg(long, value_name = "WHO")]
    pub from: String,
    /// Whom it is for: an account, an address or `Name <address>`; can be repeated
    #[arg(long, value_name = "WHO")]
    pub to: Vec<String>,
    /// Who should know of it; can be repeated
    #[arg(long, value_name = "WHO")]
    pub cc: Vec<String>,
    /// Who gets it without the others' knowing; can be repeated
    #[arg(long, value_name = "WHO")]
    pub bcc: Vec<String>,
    /// What it is about
    #[arg(long, default_value = "", hide_default_value = true)]
    pub subject: String,
    /// The text; without this option it is read from standard input
    #[arg(long)]
    pub text: Option<String>,
    /// A file that goes along; can be repeated
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
    /// When the server should tell the sender of a recipient: never, or some of success, failure and
    /// delay
    #[arg(long, value_name = "WHEN,…", value_parser = notify)]
    pub notify: Option<Notify>,
    /// How much of the message comes back with bad news: full or hdrs
    #[arg(long, value_name = "PART", value_parser = ret)]
    pub ret: Option<Ret>,
    /// The sender's own name for this sending, which comes back with news of it
    #[arg(long, value_name = "NAME")]
    pub envid: Option<String>,
    /// Print who gets it as JSON, for a script
    #[arg(long)]
    pub json: bool,
    /// Another server than the configuration's
    #[command(flatten)]
    pub server: ServerArgs,
    /// How the conversation is recorded
    #[command(flatten)]
    pub recording: RecordingArgs,
    /// The sender's password, if the configuration does not have it; better in the environment,
    /// as PILLARBOX_PASSWORD, where other users do not see it
    #[arg(long, value_name = "PASSWORD")]
    pub password: Option<String>,
}

/// Sends the message, and prints who gets it.
///
/// # Errors
/// When an address, a file or the text makes no sense, or the message is not accepted for everybody.
pub fn run(args: &SendArgs, settings: &ClientSettings) -> Result<(), CommandError> {
    let draft = compose(args, settings)?;
    let account = settings.account(draft.from.address()).to_owned();
    let password = password(args.password.as_deref(), &account, &settings.passwords)?;
    let mut client = SmtpClient::connect(&args.server.endpoint(&settings.smtp))?;
    client.login(&account, &password)?;
    let wishes = wishes(args, &client);
    let message = draft.to_bytes();
    let bar = progress::bar(message.len() as u64);
    let sent = client.send_with(
        draft.from.address(),
        &draft.recipients(),
        &mut bar.wrap_read(Cursor::new(&message)),
        &wishes,
    );
    bar.finish_and_clear();
    let sent = sent?;
    // The message is accepted: a server that does not say goodbye changes nothing.
    let _ = client.quit();
    let mut out = io::stdout().lock();
    if args.json {
        json::print(&mut out, &Report::of(&draft, message.len(), &sent))?;
    } else if !sent.accepted.is_empty() {
        let to = printable(&sent.accepted.join(", "));
        writeln!(out, "Sent to {to} ({} octets).", message.len())?;
    }
    let refused: Vec<String> = sent
        .refused
        .iter()
        .map(|(_, why)| why.to_string())
        .collect();
    match refused.is_empty() {
        true => Ok(()),
        false => Err(CommandError::Job(refused.join("; "))),
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    message_id: &'a str,
    octets: usize,
    accepted: &'a [String],
    refused: Vec<Refusal<'a>>,
}

/// Somebody who does not get it.
#[derive(Serialize)]
struct Refusal<'a> {
    address: &'a str,
    reason: String,
    transient: bool,
}

impl<'a> Report<'a> {
    fn of(draft: &'a Draft, octets: usize, sent: &'a Sent) -> Report<'a> {
        let refusal = |(address, why): &'a (String, ClientError)| Refusal {
            address,
            reason: why.to_string(),
            transient: why.is_transient(),
        };
        Report {
            message_id: &draft.message_id,
            octets,
            accepted: &sent.accepted,
            refused: sent.refused.iter().map(refusal).collect(),
        }
    }
}

/// What the sender wants to hear, and says so where the server will tell nothing.
fn wishes(args: &SendArgs, client: &SmtpClient) -> Wishes {
    let wishes = Wishes {
        chunking: false,
        ret: args.ret,
        envid: args.envid.clone(),
        notify: args.notify,
    };
    if wishes != Wishes::default() && client.extension("DSN").is_none() {
        log::warn!("the server does not offer DSN: --notify, --ret and --envid say nothing to it");
    }
    wishes
}

fn notify(text: &str) -> Result<Notify, &'static str> {
    let sentence = "it is never, or some of success, failure and delay: success,failure";
    text.to_uppercase().parse().map_err(|()| sentence)
}

fn ret(text: &str) -> Result<Ret, &'static str> {
    let wrong = "it is full or hdrs";
    text.to_uppercase().parse().map_err(|()| wrong)
}

fn compose(args: &SendArgs, settings: &ClientSettings) -> Result<Draft, CommandError> {
    let from = contacts(std::slice::from_ref(&args.from), settings)?;
    let [from] = <[Contact; 1]>::try_from(from).map_err(|_| {
        CommandError::Setup(format!(
            "--from {} is not one address",
            printable(&args.from)
        ))
    })?;
    let mut draft = Draft::new(from, &settings.domain);
    draft.to = contacts(&args.to, settings)?;
    draft.cc = contacts(&args.cc, settings)?;
    draft.bcc = contacts(&args.bcc, settings)?;
    draft.subject.clone_from(&args.subject);
    draft.attachments = args
        .attach
        .iter()
        .map(|path| attachment(path))
        .collect::<Result<_, _>>()?;
    draft.text = match &args.text {
        Some(text) => text.clone(),
        None => typed()?,
    };
    Ok(draft)
}

fn contacts(whos: &[String], settings: &ClientSettings) -> Result<Vec<Contact>, CommandError> {
    let listed = whos.iter().map(|who| settings.contacts(who));
    let listed: Result<Vec<_>, _> = listed.collect();
    let listed = listed.map_err(|error| CommandError::Setup(printable(&error.to_string())))?;
    Ok(listed.concat())
}

fn attachment(path: &Path) -> Result<Attachment, CommandError> {
    let bytes = fs::read(path).map_err(|error| {
        CommandError::Setup(format!("{} cannot be read: {error}", path.display()))
    })?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    Ok(Attachment::new(&name.to_string_lossy(), bytes))
}

/// The text from standard input.
fn typed() -> Result<String, CommandError> {
    let mut stdin = io::stdin().lock();
    if stdin.is_terminal() {
        eprintln!("Type the text; Ctrl-D on an empty line sends it, Ctrl-C sends nothing.");
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text).map_err(|error| {
        CommandError::Setup(format!(
            "the text on standard input cannot be read: {error}; a file that is no text is for --attach"
        ))
    })?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use clap::Parser;

    use super::super::terminal::tests::settings;
    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: SendArgs,
    }

    fn composed(line: &str) -> Result<Draft, CommandError> {
        let words = std::iter::once("send").chain(line.split('|'));
        compose(&Line::try_parse_from(words).unwrap().args, &settings())
    }

    #[test]
    fn names_are_completed_to_addresses() {
        let draft = composed(
            "--from|alice|--to|bob, carol|--cc|Dora <dora@there.test>|--bcc|bob|--text|hi",
        );
        let draft = draft.unwrap();
        assert_eq!(draft.from.address(), "alice@here.test");
        let expected = ["bob@here.test", "carol@here.test", "dora@there.test"];
        assert_eq!(draft.recipients(), expected);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let rows = [
            ("--from|alice|--to|a b c|--text|x", "a b c"),
            (
                "--from|a,b|--to|bob|--text|x",
                "--from a,b is not one address",
            ),
            (
                "--from|a|--to|bob|--text|x|--attach|/no/such",
                "/no/such cannot be read",
            ),
        ];
        for (line, expected) in rows {
            let error = composed(line).unwrap_err();
            assert_eq!(error.status(), 2);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn what_the_sender_wants_to_hear() {
        let line = "send --from a --to b --notify success,delay --ret hdrs --envid x";
        let args = Line::try_parse_from(line.split(' ')).unwrap().args;
        let notify = Notify {
            success: true,
            failure: false,
            delay: true,
        };
        assert_eq!((args.notify, args.ret), (Some(notify), Some(Ret::Headers)));
        for wrong in ["--notify never,success", "--notify soon", "--ret half"] {
            let line = format!("send --from a --to b {wrong}");
            assert!(Line::try_parse_from(line.split(' ')).is_err(), "{wrong}");
        }
    }

    #[test]
    fn somebody_must_get_it() {
        assert!(Line::try_parse_from(["send", "--from", "alice"]).is_err());
        assert!(Line::try_parse_from(["send", "--from", "alice", "--bcc", "bob"]).is_ok());
    }
}
