//! Recorded conversations in one line each, and as a table.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::client::printable;
use crate::mail::net::Side;
use crate::teaching::explain::{Explained, ProtocolState, Topic};
use crate::teaching::text::{local_time, readable_duration};
use crate::teaching::wire_tap::journal::{Happened, Record, RecordedConnection, Said, moment};

/// A recorded conversation in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The connection.
    #[serde(flatten)]
    pub place: RecordedConnection,
    /// The time of the first event in the journal.
    #[serde(serialize_with = "moment::serialize")]
    pub began: Timestamp,
    /// The time of the last event.
    #[serde(serialize_with = "moment::serialize")]
    pub latest: Timestamp,
    /// True if the beginning of the conversation is still in the journal.
    pub whole: bool,
    /// The user who has logged in.
    pub user: Option<String>,
    /// The version of TLS, if there was a handshake.
    pub tls: Option<String>,
    /// The number of commands.
    pub commands: u64,
    /// The octets of both sides; a mask counts as what it hides.
    pub octets: u64,
    /// The key of the last state.
    pub state: Option<&'static str>,
    /// How the conversation ended.
    pub ending: ConversationEnd,
    /// The user of an attempt to log in that has no answer yet.
    #[serde(skip)]
    claims: Option<String>,
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConversationEnd {
    /// It has not ended, or the program that recorded it was killed.
    Open,
    /// The client closed first.
    Client,
    /// The server closed first.
    Server,
    /// A TLS handshake failed.
    Tls,
    /// The other end reset the connection.
    Reset,
    /// We closed, and did not know that the other end did.
    Cut,
    /// The recording ended before the conversation did.
    Lost,
}

impl Summary {
    /// Returns the summary of one record.
    #[must_use]
    pub fn of(record: &Record) -> Summary {
        let mut summary = Summary {
            place: record.place.clone(),
            began: record.time,
            latest: record.time,
            whole: record.what == Happened::Opened,
            user: None,
            tls: None,
            commands: 0,
            octets: 0,
            state: None,
            ending: ConversationEnd::Open,
            claims: None,
        };
        summary.take(record);
        summary
    }

    /// Adds one more record of the conversation.
    pub fn take(&mut self, record: &Record) {
        self.latest = self.latest.max(record.time);
        match &record.what {
            Happened::Opened => {}
            Happened::Said(said) => self.said(said),
            Happened::Secured { version, explained, .. } => {
                self.tls = Some(version.clone());
                if let Some(explained) = explained {
                    self.state = Some(explained.after.key());
                }
            }
            Happened::Failed { .. } => self.end(ConversationEnd::Tls),
            Happened::Ended { by: Side::Client } => self.end(ConversationEnd::Client),
            Happened::Ended { by: Side::Server } => self.end(ConversationEnd::Server),
            Happened::Reset => self.end(ConversationEnd::Reset),
            Happened::Lost => self.end(ConversationEnd::Lost),
            Happened::Closed => self.end(ConversationEnd::Cut),
        }
    }

    /// Returns how long the conversation took, or has taken so far.
    #[must_use]
    pub fn duration(&self) -> SignedDuration {
        self.latest.duration_since(self.began)
    }

    fn said(&mut self, said: &Said) {
        // The journal may have been edited: its numbers may be too large to add.
        let recorded = said.octets.octets().len() as u64;
        let octets = recorded.saturating_add(said.left_out.octets);
        self.octets = self.octets.saturating_add(octets);
        let Some(explained) = &said.explained else {
            return;
        };
        self.state = Some(explained.after.key());
        match said.by {
            Side::Client => {
                self.commands = self.commands.max(explained.number.unwrap_or_default());
                self.claims = explained.user.clone().or(self.claims.take());
            }
            Side::Server if is_welcome(explained) => self.user = self.claims.take(),
            Side::Server => {}
        }
    }

    /// Notes how the conversation ended; the first event counts.
    fn end(&mut self, ending: ConversationEnd) {
        if self.ending == ConversationEnd::Open {
            self.ending = ending;
        }
    }
}

/// True if the server accepts a login with this line.
fn is_welcome(explained: &Explained) -> bool {
    let before =
        [ProtocolState::Authorization, ProtocolState::NotAuthenticated, ProtocolState::Login];
    let after = [ProtocolState::Transaction, ProtocolState::Authenticated];
    let moves = before.contains(&explained.before) && after.contains(&explained.after);
    // RFC 4954 §6: SMTP has no state for it.
    let entry = &explained.entry;
    moves || (entry.topic == Topic::SmtpReply && entry.name.starts_with("235"))
}

impl ConversationEnd {
    /// Returns the end in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            ConversationEnd::Open => "not yet",
            ConversationEnd::Client => "client closed",
            ConversationEnd::Server => "server closed",
            ConversationEnd::Tls => "TLS failed",
            ConversationEnd::Reset => "reset",
            ConversationEnd::Cut => "we closed",
            ConversationEnd::Lost => "not recorded",
        }
    }
}

/// A table of conversations: a head, and one line for each.
pub struct SessionTable<'a>(pub Vec<&'a Summary>);

const HEAD: [&str; 12] = [
    "ID", "BEGAN", "TOOK", "WE ARE", "SERVICE", "USER", "PEER", "TLS", "COMMANDS", "OCTETS",
    "STATE", "END",
];

/// The columns with numbers, which are aligned to the right.
const RIGHT: [usize; 3] = [2, 8, 9];

/// The columns that are left out on a narrow screen, in this order.
const DISPENSABLE: [usize; 6] = [9, 10, 8, 7, 3, 2];

const GAP: &str = "  ";

impl SessionTable<'_> {
    /// Writes the lines of the table, which fit this width if possible.
    #[must_use]
    pub fn lines(&self, width: Option<usize>) -> Vec<String> {
        let mut rows = vec![HEAD.map(str::to_owned)];
        rows.extend(self.0.iter().map(|summary| cells(summary)));
        let widest = |column: usize| rows.iter().map(|row| row[column].width()).max();
        let widths: Vec<usize> =
            (0..HEAD.len()).map(|column| widest(column).unwrap_or(0)).collect();
        let columns = columns(&widths, width.unwrap_or(usize::MAX));
        let mut lines = Vec::new();
        for row in &rows {
            let mut cells = Vec::new();
            for column in &columns {
                let text = &row[*column];
                let pad = " ".repeat(widths[*column] - text.width());
                cells.push(if RIGHT.contains(column) { pad + text } else { text.clone() + &pad });
            }
            lines.push(cells.join(GAP).trim_end().to_owned());
        }
        lines
    }
}

/// Returns the columns that fit this width.
fn columns(widths: &[usize], width: usize) -> Vec<usize> {
    let mut columns: Vec<usize> = (0..widths.len()).collect();
    for dispensable in DISPENSABLE {
        let needed: usize = columns.iter().map(|at| widths[*at] + GAP.len()).sum();
        if needed.saturating_sub(GAP.len()) > width {
            columns.retain(|column| *column != dispensable);
        }
    }
    columns
}

fn cells(summary: &Summary) -> [String; 12] {
    let place = &summary.place;
    let began = local_time(summary.began);
    let peer = match place.ours {
        Side::Client => place.server,
        Side::Server => place.client,
    };
    let mark = if summary.whole { "" } else { "…" };
    [
        place.connection.clone(),
        format!("{mark}{began}"),
        readable_duration(summary.duration()),
        place.ours.name().to_owned(),
        printable(&place.service),
        printable(summary.user.as_deref().unwrap_or("-")),
        peer.to_string(),
        printable(summary.tls.as_deref().unwrap_or("-")),
        summary.commands.to_string(),
        summary.octets.to_string(),
        summary.state.unwrap_or("-").to_owned(),
        summary.ending.words().to_owned(),
    ]
}
