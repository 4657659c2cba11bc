//! `pillarbox send`: composes a message with attachments and sends it by SMTP.

use std::fs;
use std::io::{self, Cursor, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use serde::Serialize;

use super::terminal::{print_json, progress_bar};
use super::{CommandError, ConnectionArgs};
use crate::client::{ClientError, ClientSettings, SendOptions, SendOutcome, SmtpClient, printable};
use crate::config::Config;
use crate::mail::message::{Attachment, Contact, Draft};
use crate::mail::protocol::Protocol;
use crate::mail::protocol::smtp::{Notify, Ret};

/// Send a message, with or without attachments
#[derive(Args, Clone, Debug)]
#[command(
    group(ArgGroup::new("recipients").args(["to", "cc", "bcc"]).required(true).multiple(true)),
    after_help = "--to, --cc, --bcc and --attach can be repeated."
)]
pub struct SendArgs {
    /// Sender: account or address
    #[arg(long, value_name = "SENDER")]
    pub from: String,
    /// Recipient: account, address or `Name <address>`
    #[arg(long, value_name = "RECIPIENT")]
    pub to: Vec<String>,
    /// Copy recipient
    #[arg(long, value_name = "RECIPIENT")]
    pub cc: Vec<String>,
    /// Blind-copy recipient
    #[arg(long, value_name = "RECIPIENT")]
    pub bcc: Vec<String>,
    /// Subject
    #[arg(long, default_value = "", hide_default_value = true)]
    pub subject: String,
    /// Text [default: from standard input]
    #[arg(long)]
    pub text: Option<String>,
    /// File to attach
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
    /// Delivery reports: never, or success,failure,delay
    #[arg(long, value_name = "LIST", value_parser = notify)]
    pub notify: Option<Notify>,
    /// Message part in failure reports: full or hdrs
    #[arg(long, value_name = "PART", value_parser = ret)]
    pub ret: Option<Ret>,
    /// Envelope ID, repeated in delivery reports
    #[arg(long, value_name = "NAME")]
    pub envid: Option<String>,
    /// Print JSON, for a script
    #[arg(long)]
    pub json: bool,
    /// The connection.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// Sends the message, and prints which recipients get it.
///
/// # Errors
/// When an address, a file or the text is invalid, or a recipient does not get the message.
pub fn run(args: &SendArgs, config: &Config) -> Result<(), CommandError> {
    args.connection.run(config, Protocol::Smtp, |settings| send(args, settings))
}

fn send(args: &SendArgs, settings: &ClientSettings) -> Result<(), CommandError> {
    let draft = compose(args, settings)?;
    let account = settings.account(draft.from.address()).to_owned();
    let password = args.connection.password(&account, settings)?;
    let mut client = SmtpClient::connect(&args.connection.endpoint(&settings.smtp))?;
    client.login(&account, &password)?;
    let options = options(args, &client);
    let message = draft.to_bytes();
    let bar = progress_bar(message.len() as u64);
    let sent = client.send_with(
        draft.from.address(),
        &draft.recipients(),
        &mut bar.wrap_read(Cursor::new(&message)),
        &options,
    );
    bar.finish_and_clear();
    let sent = sent?;
    // The message is accepted, so a failure of QUIT does not matter.
    let _ = client.quit();
    let mut out = io::stdout().lock();
    if args.json {
        print_json(&mut out, &JsonSent::of(&draft, message.len(), &sent))?;
    } else if !sent.accepted.is_empty() {
        let to = printable(&sent.accepted.join(", "));
        writeln!(out, "Sent to {to} ({} octets).", message.len())?;
    }
    if sent.refused.is_empty() {
        return Ok(());
    }
    let refused = sent.refused.iter().map(|(_, why)| why.to_string());
    Err(CommandError::Job(refused.collect::<Vec<_>>().join("; ")))
}

/// The value that `--json` prints.
#[derive(Serialize)]
struct JsonSent<'a> {
    message_id: &'a str,
    octets: usize,
    accepted: &'a [String],
    refused: Vec<JsonRefusal<'a>>,
}

/// A recipient who does not get the message.
#[derive(Serialize)]
struct JsonRefusal<'a> {
    address: &'a str,
    reason: String,
    transient: bool,
}

impl<'a> JsonSent<'a> {
    fn of(draft: &'a Draft, octets: usize, sent: &'a SendOutcome) -> JsonSent<'a> {
        let refusal = |(address, why): &'a (String, ClientError)| JsonRefusal {
            address,
            reason: why.to_string(),
            transient: why.is_transient(),
        };
        JsonSent {
            message_id: &draft.message_id,
            octets,
            accepted: &sent.accepted,
            refused: sent.refused.iter().map(refusal).collect(),
        }
    }
}

/// Returns the options for reports, and warns if the server does not offer them.
fn options(args: &SendArgs, client: &SmtpClient) -> SendOptions {
    let options = SendOptions {
        chunking: false,
        ret: args.ret,
        envid: args.envid.clone(),
        notify: args.notify,
    };
    if options != SendOptions::default() && client.extension("DSN").is_none() {
        log::warn!("the server does not offer DSN, so --notify, --ret and --envid have no effect");
    }
    options
}

fn notify(text: &str) -> Result<Notify, &'static str> {
    let sentence = "expected never, or a list such as success,failure,delay";
    text.to_uppercase().parse().map_err(|()| sentence)
}

fn ret(text: &str) -> Result<Ret, &'static str> {
    let wrong = "expected full or hdrs";
    text.to_uppercase().parse().map_err(|()| wrong)
}

fn compose(args: &SendArgs, settings: &ClientSettings) -> Result<Draft, CommandError> {
    let from = contacts(std::slice::from_ref(&args.from), settings)?;
    let [from] = <[Contact; 1]>::try_from(from).map_err(|_| {
        CommandError::Setup(format!("--from {} is not one address", printable(&args.from)))
    })?;
    let mut draft = Draft::new(from, &settings.domain);
    draft.to = contacts(&args.to, settings)?;
    draft.cc = contacts(&args.cc, settings)?;
    draft.bcc = contacts(&args.bcc, settings)?;
    draft.subject.clone_from(&args.subject);
    draft.attachments =
        args.attach.iter().map(|path| attachment(path)).collect::<Result<_, _>>()?;
    draft.text = match &args.text {
        Some(text) => text.clone(),
        None => typed()?,
    };
    Ok(draft)
}

fn contacts(people: &[String], settings: &ClientSettings) -> Result<Vec<Contact>, CommandError> {
    let lists = people.iter().map(|person| settings.contacts(person));
    let lists: Result<Vec<_>, _> = lists.collect();
    let lists = lists.map_err(|error| CommandError::Setup(printable(&error.to_string())))?;
    Ok(lists.concat())
}

fn attachment(path: &Path) -> Result<Attachment, CommandError> {
    let bytes = fs::read(path).map_err(|error| {
        CommandError::Setup(format!("{} cannot be read: {error}", path.display()))
    })?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    Ok(Attachment::new(&name.to_string_lossy(), bytes))
}

/// Reads the text from standard input.
fn typed() -> Result<String, CommandError> {
    let mut stdin = io::stdin().lock();
    if stdin.is_terminal() {
        eprintln!("Type the text. Ctrl-D on an empty line sends it, Ctrl-C cancels.");
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text).map_err(|error| {
        CommandError::Setup(format!(
            "the text on standard input cannot be read: {error}; use --attach for a file that is not text"
        ))
    })?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::super::connection_args::tests::parse;
    use super::super::terminal::tests::settings;
    use super::*;

    fn composed(line: &str) -> Result<Draft, CommandError> {
        let words = std::iter::once("send").chain(line.split('|'));
        compose(&parse(words).unwrap(), &settings())
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
            ("--from|a,b|--to|bob|--text|x", "--from a,b is not one address"),
            ("--from|a|--to|bob|--text|x|--attach|/no/such", "/no/such cannot be read"),
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
        let args: SendArgs = parse(line.split(' ')).unwrap();
        let notify = Notify { success: true, failure: false, delay: true };
        assert_eq!((args.notify, args.ret), (Some(notify), Some(Ret::Headers)));
        for wrong in ["--notify never,success", "--notify soon", "--ret half"] {
            let line = format!("send --from a --to b {wrong}");
            assert!(parse::<SendArgs>(line.split(' ')).is_err(), "{wrong}");
        }
    }

    #[test]
    fn somebody_must_get_it() {
        assert!(parse::<SendArgs>(["send", "--from", "alice"]).is_err());
        assert!(parse::<SendArgs>(["send", "--from", "alice", "--bcc", "bob"]).is_ok());
    }
}
