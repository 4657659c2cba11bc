//! `pillarbox sessions`: lists, shows, follows and exports the recorded conversations.

mod export;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::CommandError;
use super::explain::texts;
use super::terminal::{self, print_json};
use crate::config::Config;
use crate::mail::protocol::Protocol;
use crate::teaching::explain::Texts;
use crate::teaching::text::TextStyle;
use crate::teaching::transcript::Explain;
use crate::teaching::transcript::{
    Dialogue, SessionTable, Sessions, Summary, TextOptions, TextRenderer, TranscriptLine,
};
use crate::teaching::wire_tap::journal::{JournalFollower, Record};

/// List the recorded conversations, or show one and explain every line
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  pillarbox sessions                        all conversations, the newest last
  pillarbox sessions last                   the newest conversation, explained
  pillarbox sessions k7m2                   the one whose ID begins like this
  pillarbox sessions --follow               conversations while they happen
  pillarbox sessions last --html page.html  a page to read, print or hand in
  pillarbox sessions last --demo my.demo    a script, for pillarbox demo my.demo
  pillarbox sessions last --pcapng my.pcapng  a capture for Wireshark

Passwords are masked when they are recorded, except with
`pillarbox serve --show-secrets`.")]
pub struct SessionsArgs {
    /// Beginning of a conversation's ID, or `last`
    #[arg(value_name = "ID")]
    pub id: Option<String>,
    /// Only this protocol: smtp, submission, lmtp, pop3, imap
    #[arg(long, value_name = "PROTOCOL", conflicts_with = "id")]
    pub protocol: Option<Protocol>,
    /// Only conversations that began since then: 30m, 2h, 2026-11-25T17:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = since, conflicts_with = "id")]
    pub since: Option<Timestamp>,
    /// Only the newest N conversations
    #[arg(long, value_name = "N", conflicts_with = "id")]
    pub last: Option<usize>,
    /// Show conversations while they happen, until Ctrl-C
    #[arg(long, conflicts_with_all = ["html", "demo", "pcapng", "json", "protocol", "since", "last"])]
    pub follow: bool,
    /// Which lines are explained
    #[arg(long, value_name = "LINES", value_enum, default_value_t = Explain::All)]
    pub explain: Explain,
    /// Write a page for a browser (- is standard output)
    #[arg(long, value_name = "FILE", requires = "id")]
    pub html: Option<PathBuf>,
    /// Write a script for `pillarbox demo` (- is standard output)
    #[arg(long, value_name = "FILE", requires = "id")]
    pub demo: Option<PathBuf>,
    /// Write a capture for Wireshark, without TLS (- is standard output)
    #[arg(long, value_name = "FILE", requires = "id")]
    pub pcapng: Option<PathBuf>,
    /// Print JSON, for a script
    #[arg(long)]
    pub json: bool,
}

/// Prints what was asked for.
///
/// # Errors
/// When there is no journal, no such conversation, or a file cannot be read or written.
pub fn run(args: &SessionsArgs, config: &Config) -> Result<(), CommandError> {
    let Some(journal) = &config.journal else {
        return Err(CommandError::Setup(
            "nothing is recorded, because [store] journal is empty in the configuration".to_owned(),
        ));
    };
    let folder = &journal.folder;
    let texts = texts(config)?;
    let sessions = Sessions::read(folder).map_err(|error| unreadable(folder, &error))?;
    if sessions.not_understood > 0 {
        log::warn!("{}: {} invalid lines are left out", folder.display(), sessions.not_understood);
    }
    if args.follow {
        return follow(args, folder, &sessions, &texts);
    }
    let mut out = io::BufWriter::new(io::stdout());
    let Some(id) = &args.id else {
        list(&mut out, args, folder, &sessions)?;
        return Ok(out.flush()?);
    };
    let name = &one(&sessions, id)?.place.connection;
    let dialogue = Dialogue::read(folder, name, &texts);
    let dialogue = dialogue.map_err(|error| unreadable(folder, &error))?;
    let dialogue = dialogue.ok_or_else(|| nothing_called(id, &sessions))?;
    if args.html.is_none() && args.demo.is_none() && args.pcapng.is_none() {
        show(&mut out, args, &dialogue)?;
        return Ok(out.flush()?);
    }
    export::save(&mut out, args, &dialogue, &texts)?;
    Ok(out.flush()?)
}

fn list(
    out: &mut dyn Write,
    args: &SessionsArgs,
    folder: &Path,
    sessions: &Sessions,
) -> io::Result<()> {
    let protocol =
        |summary: &&Summary| args.protocol.is_none_or(|p| summary.place.protocol == Some(p));
    let since = |summary: &&Summary| args.since.is_none_or(|since| summary.began >= since);
    let mut listed: Vec<&Summary> = sessions.summaries.iter().collect();
    listed.retain(|summary| protocol(summary) && since(summary));
    let first = listed.len().saturating_sub(args.last.unwrap_or(usize::MAX));
    let listed = listed.split_off(first);
    if args.json {
        return print_json(out, &listed);
    }
    if sessions.summaries.is_empty() {
        return writeln!(
            out,
            "Nothing is recorded yet in {}. Start the servers with `pillarbox`, connect to them \
             with `pillarbox smtp` or `pillarbox inbox alice`, and try again.",
            folder.display()
        );
    }
    if listed.is_empty() {
        return writeln!(
            out,
            "None of the {} recorded conversations matches.",
            sessions.summaries.len()
        );
    }
    for line in SessionTable(listed).lines(terminal::width()) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The value that `--json` prints of one conversation.
#[derive(Serialize)]
struct JsonConversation<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    events: &'a [Record],
}

fn show(out: &mut dyn Write, args: &SessionsArgs, dialogue: &Dialogue) -> io::Result<()> {
    if args.json {
        let value =
            JsonConversation { summary: &dialogue.summary, events: dialogue.records.as_slice() };
        return print_json(out, &value);
    }
    for line in TextRenderer::whole(options(args), dialogue) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The time between two looks into the journal.
const INTERVAL: Duration = Duration::from_millis(100);

/// Shows what happens until Ctrl-C; with an ID, first what has happened on that connection.
fn follow(
    args: &SessionsArgs,
    folder: &Path,
    sessions: &Sessions,
    texts: &Texts,
) -> Result<(), CommandError> {
    let mut out = io::stdout().lock();
    let mut renderer = TextRenderer::new(options(args));
    let mut last = String::new();
    let follower = match &args.id {
        Some(id) => {
            let summary = one(sessions, id)?;
            last.clone_from(&summary.place.connection);
            print(&mut out, &renderer.head(summary))?;
            JournalFollower::of(folder, &last)
        }
        None => JournalFollower::from_now_on(folder),
    };
    let failed = |error| unreadable(folder, &error);
    let mut follower = follower.map_err(failed)?;
    loop {
        while let Some(record) = follower.record::<Record>().map_err(failed)? {
            if record.place.connection != last {
                last.clone_from(&record.place.connection);
                print(&mut out, &[renderer.turn_to(&record.place)])?;
            }
            print(&mut out, &renderer.line(&TranscriptLine::of(&record, texts)))?;
        }
        thread::sleep(INTERVAL);
    }
}

fn print(out: &mut dyn Write, lines: &[String]) -> io::Result<()> {
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    out.flush()
}

fn options(args: &SessionsArgs) -> TextOptions {
    TextOptions {
        style: TextStyle::on(&io::stdout()),
        width: terminal::width(),
        explain: args.explain,
    }
}

/// Returns the conversation that an ID names.
fn one<'a>(sessions: &'a Sessions, id: &str) -> Result<&'a Summary, CommandError> {
    match sessions.named(id).as_slice() {
        [one] => Ok(one),
        [] => Err(nothing_called(id, sessions)),
        many => Err(CommandError::Job(format!(
            "{id:?} is the beginning of {} IDs: {}; use more characters",
            many.len(),
            names(many.iter().copied())
        ))),
    }
}

fn nothing_called(id: &str, sessions: &Sessions) -> CommandError {
    let newest = sessions.summaries.iter().rev();
    if sessions.summaries.is_empty() {
        return CommandError::Job("nothing is recorded yet".to_owned());
    }
    CommandError::Job(format!(
        "no recorded conversation has an ID that begins with {id:?}; the newest are {}",
        names(newest)
    ))
}

/// Returns the first five IDs for an error.
fn names<'a>(summaries: impl Iterator<Item = &'a Summary>) -> String {
    let names = summaries.map(|summary| summary.place.connection.as_str());
    names.take(5).collect::<Vec<_>>().join(", ")
}

fn unreadable(folder: &Path, error: &io::Error) -> CommandError {
    CommandError::Job(format!("the journal {} cannot be read: {error}", folder.display()))
}

/// Parses `30m`, `2h` or `3d` as a time before now, or a moment.
fn since(text: &str) -> Result<Timestamp, String> {
    let ago = |seconds: i64| {
        let number = text.get(..text.len() - 1)?.parse::<i64>().ok()?;
        let span = jiff::SignedDuration::from_secs(number.checked_mul(seconds)?);
        Timestamp::now().checked_sub(span).ok()
    };
    let found = match text.chars().last() {
        Some('s') => ago(1),
        Some('m') => ago(60),
        Some('h') => ago(60 * 60),
        Some('d') => ago(24 * 60 * 60),
        _ => None,
    };
    let found = found.or_else(|| text.parse().ok());
    found.ok_or_else(|| "expected 30m, 2h, 3d, or 2026-11-25T17:00:00Z".to_owned())
}
