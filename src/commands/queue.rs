//! `pillarbox queue`: lists the mail that waits for other servers, with reason and next attempt.
//!
//! It reads and changes the folder of the queue, whether the server runs or not.

use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::CommandError;
use crate::client::printable;
use crate::config::Config;
use crate::mail::store::StoreError;
use crate::server::queue::{DeliveryState, Envelope, Recipient, Spool};

/// List the mail that waits for other servers, try it now, or remove it
#[derive(Debug, Default, Args)]
#[group(multiple = false)]
pub struct QueueArgs {
    /// Try this message now, or all messages
    #[arg(long, value_name = "ID|all")]
    pub now: Option<String>,
    /// Remove this message from the queue; its sender gets no report
    #[arg(long, value_name = "ID")]
    pub drop: Option<String>,
    /// Print this message and its envelope
    #[arg(long, value_name = "ID")]
    pub show: Option<String>,
}

/// Does what was asked for, and prints the result.
///
/// # Errors
/// When there is no such message, or the folder cannot be read or changed.
pub fn run(config: &Config, args: &QueueArgs) -> Result<(), CommandError> {
    let spool = Spool::at(&config.queue);
    let out = &mut io::stdout().lock();
    match args {
        QueueArgs { now: Some(id), .. } => {
            found(spool.hasten(id).map_err(trouble)?, id)?;
            writeln!(out, "It is tried within a second if the server runs.")?;
        }
        QueueArgs { drop: Some(id), .. } => {
            found(spool.remove(id).map_err(trouble)?, id)?;
            writeln!(out, "Message {id} is removed; its sender gets no report.")?;
        }
        QueueArgs { show: Some(id), .. } => show(out, &spool, id)?,
        _ => list(out, &messages(&spool)?, Timestamp::now())?,
    }
    Ok(())
}

/// The ID of a queued message, and its envelope or what is wrong with it.
type QueueEntry = (String, Result<Envelope, String>);

fn messages(spool: &Spool) -> Result<Vec<QueueEntry>, CommandError> {
    let ids = spool.ids().map_err(trouble)?;
    let load = |id: String| match spool.load(&id) {
        Ok(envelope) => envelope.map(|envelope| (id, Ok(envelope))),
        Err(error) => Some((id, Err(error.to_string()))),
    };
    Ok(ids.into_iter().filter_map(load).collect())
}

fn list(out: &mut impl Write, messages: &[QueueEntry], now: Timestamp) -> io::Result<()> {
    if messages.is_empty() {
        return writeln!(out, "The queue is empty: nothing waits for another server.");
    }
    let row = |out: &mut dyn Write, columns: [&str; 5]| {
        let [id, age, tried, next, to] = columns;
        writeln!(out, "{id:<18} {age:>8} {tried:>6} {next:>10}  {to}")
    };
    row(out, ["ID", "WAITS", "TRIED", "NEXT TRY", "FROM, TO, WHY"])?;
    for (id, envelope) in messages {
        let envelope = match envelope {
            Ok(envelope) => envelope,
            Err(why) => {
                row(out, [id, "", "", "never", why])?;
                continue;
            }
        };
        let age = span(now, envelope.received);
        row(out, [id, &age, "", "", &envelope.from.to_string()])?;
        let waiting = |to: &&Recipient| to.state == DeliveryState::Waiting;
        for recipient in envelope.recipients.iter().filter(waiting) {
            let tried = recipient.attempts.to_string();
            let next = next(recipient, now);
            row(out, ["", "", &tried, &next, &format!("-> {}", recipient.to)])?;
            if let Some(reply) = &recipient.reply {
                let hop = recipient.hop.as_deref().unwrap_or_default();
                row(out, ["", "", "", "", &format!("   {hop}: {reply}")])?;
            }
        }
    }
    Ok(())
}

fn next(recipient: &Recipient, now: Timestamp) -> String {
    if recipient.next > now {
        format!("in {}", span(recipient.next, now))
    } else {
        "now".to_owned()
    }
}

/// Returns the time between two moments in its largest unit: `3 min`.
fn span(later: Timestamp, earlier: Timestamp) -> String {
    let span = Duration::try_from(later.duration_since(earlier)).unwrap_or_default();
    match span.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

fn show(out: &mut impl Write, spool: &Spool, id: &str) -> Result<(), CommandError> {
    let envelope = spool.load(id).map_err(trouble)?;
    let message = spool.message(id).map_err(trouble)?;
    found(envelope.is_some(), id)?;
    let (Some(envelope), Some(mut message)) = (envelope, message) else {
        return Ok(());
    };
    writeln!(out, "{envelope}")?;
    if io::stdout().is_terminal() {
        print_harmless(out, message)?;
    } else {
        io::copy(&mut message, out)?;
    }
    Ok(())
}

/// Prints a message on a terminal, without what a terminal would obey.
fn print_harmless(out: &mut impl Write, message: impl Read) -> io::Result<()> {
    for line in BufReader::new(message).split(b'\n') {
        let line = String::from_utf8_lossy(line?.trim_ascii_end()).into_owned();
        writeln!(out, "{}", printable(&line))?;
    }
    Ok(())
}

fn found(found: bool, id: &str) -> Result<(), CommandError> {
    if found {
        return Ok(());
    }
    Err(CommandError::Job(format!(
        "there is no message {id:?} in the queue; `pillarbox queue` lists the messages"
    )))
}

fn trouble(error: StoreError) -> CommandError {
    CommandError::Job(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(messages: &[QueueEntry]) -> String {
        let mut out = Vec::new();
        let now = "2026-01-01T00:10:00Z".parse().unwrap();
        list(&mut out, messages, now).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_list_says_what_waits_and_why() {
        assert!(listed(&[]).starts_with("The queue is empty"));
        let envelope = Envelope::parse(
            "from: <a@a.test>\nreceived: 2026-01-01T00:00:00Z\n\n\
             to: <b@b.test>\nstate: waiting\nattempts: 2\nnext: 2026-01-01T00:15:00Z\n\
             hop: 10.0.0.1:25\nreply: 451 4.3.0 later\n\nto: <c@b.test>\nstate: sent\n",
        );
        let broken = ("2-1".to_owned(), Err("line 1: lost".to_owned()));
        let expected = "\
ID                    WAITS  TRIED   NEXT TRY  FROM, TO, WHY
1-1                  10 min                    <a@a.test>
                                 2   in 5 min  -> b@b.test
                                                  10.0.0.1:25: 451 4.3.0 later
2-1                                     never  line 1: lost
";
        assert_eq!(listed(&[("1-1".to_owned(), envelope), broken]), expected);
    }
}
