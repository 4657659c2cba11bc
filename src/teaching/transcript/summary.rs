//! A recorded conversation in one line.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::teaching::explain::{Explained, State, Topic};
use crate::teaching::wire_tap::Side;
use crate::teaching::wire_tap::journal::{Happened, Place, Record, Said, moment};

/// A recorded conversation in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Which connection it was.
    #[serde(flatten)]
    pub place: Place,
    /// When it began, or the first of it that is still in the journal.
    #[serde(serialize_with = "moment::serialize")]
    pub began: Timestamp,
    /// When the last thing happened.
    #[serde(serialize_with = "moment::serialize")]
    pub latest: Timestamp,
    /// Is its beginning in the journal, or was it thrown away already?
    pub whole: bool,
    /// Who has logged in.
    pub user: Option<String>,
    /// The version of TLS, if there was any.
    pub tls: Option<String>,
    /// Commands that the client gave.
    pub commands: u64,
    /// Octets that both sides said; a mask counts as what it hides.
    pub octets: u64,
    /// The key of the state in which it was at last.
    pub state: Option<&'static str>,
    /// How it ended.
    pub ending: Ending,
    /// Who wants to log in.
    #[serde(skip)]
    claims: Option<String>,
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Not yet; or the program died that recorded it.
    Open,
    /// The client closed first.
    Client,
    /// The server closed first.
    Server,
    /// A TLS handshake failed.
    Tls,
    /// The other end broke it off.
    Reset,
    /// We closed, and had not heard that the other end did.
    Cut,
    /// Nobody knows: the recording ended before it.
    Lost,
}

impl Summary {
    /// What one record tells.
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
            ending: Ending::Open,
            claims: None,
        };
        summary.take(record);
        summary
    }

    /// What a further record tells.
    pub fn take(&mut self, record: &Record) {
        self.latest = self.latest.max(record.time);
        match &record.what {
            Happened::Opened => {}
            Happened::Said(said) => self.said(said),
            Happened::Secured {
                version, explained, ..
            } => {
                self.tls = Some(version.clone());
                explained.iter().for_each(|meaning| self.means(meaning));
            }
            Happened::Failed { .. } => self.end(Ending::Tls),
            Happened::Ended { by: Side::Client } => self.end(Ending::Client),
            Happened::Ended { by: Side::Server } => self.end(Ending::Server),
            Happened::Reset => self.end(Ending::Reset),
            Happened::Lost => self.end(Ending::Lost),
            Happened::Closed => self.end(Ending::Cut),
        }
    }

    /// How long it took, or has taken so far.
    #[must_use]
    pub fn duration(&self) -> SignedDuration {
        self.latest.duration_since(self.began)
    }

    fn said(&mut self, said: &Said) {
        // Somebody may have edited the journal: no number in it is too large.
        let said_here = said.octets.octets().len() as u64;
        let octets = said_here.saturating_add(said.left_out.octets);
        self.octets = self.octets.saturating_add(octets);
        let Some(meaning) = &said.explained else {
            return;
        };
        self.means(meaning);
        match said.by {
            Side::Client => {
                self.commands = self.commands.max(meaning.number.unwrap_or_default());
                self.claims = meaning.user.clone().or(self.claims.take());
            }
            Side::Server if is_welcome(meaning) => self.user = self.claims.take(),
            Side::Server => {}
        }
    }

    fn means(&mut self, meaning: &Explained) {
        self.state = Some(meaning.after.key());
    }

    /// The first word counts.
    fn end(&mut self, ending: Ending) {
        if self.ending == Ending::Open {
            self.ending = ending;
        }
    }
}

/// Does the server say with it that somebody has logged in?
fn is_welcome(meaning: &Explained) -> bool {
    let before = [State::Authorization, State::NotAuthenticated, State::Login];
    let after = [State::Transaction, State::Authenticated];
    let moves = before.contains(&meaning.before) && after.contains(&meaning.after);
    // RFC 4954 §6: SMTP has no state for it.
    moves || (meaning.entry.topic == Topic::SmtpReply && meaning.entry.name.starts_with("235"))
}

impl Ending {
    /// In words.
    #[must_use]
    pub fn told(self) -> &'static str {
        match self {
            Ending::Open => "not yet",
            Ending::Client => "client closed",
            Ending::Server => "server closed",
            Ending::Tls => "TLS failed",
            Ending::Reset => "broken off",
            Ending::Cut => "we closed",
            Ending::Lost => "not recorded",
        }
    }
}
