//! A recorded conversation as a capture for Wireshark, in frames that are composed.
//!
//! The journal does not have the octets that crossed the network. So nothing is encrypted in the capture,
//! and secrets are masked. Other octets replace what was not recorded and each secret literal.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use super::Dialogue;
use super::to_script::{MOST, filler};
use crate::mail::net::{Side, TlsSession};
use crate::mail::protocol::Protocol;
use crate::mail::protocol::imap::literal_at_end;
use crate::mail::protocol::span::Role;
use crate::teaching::explain::{Explained, LinePart, Topic};
use crate::teaching::text::without_ending;
use crate::teaching::wire_tap::journal::{Happened, Record, Said};
use crate::teaching::wire_tap::{Annotator, Connection, Event, Sink, What};

impl Dialogue {
    /// Gives the events of the conversation to a sink, as the recorder gave them.
    ///
    /// # Errors
    /// The errors of the sink.
    pub fn replay(&self, sink: &mut dyn Sink) -> io::Result<()> {
        let place = &self.summary.place;
        let connection = Arc::new(Connection {
            number: 1,
            ours: place.ours,
            protocol: place.protocol,
            service: place.service.clone(),
            client: place.client,
            server: place.server,
            thread: place.thread.clone(),
        });
        let mut literals = (place.protocol == Some(Protocol::Imap)).then(Literals::default);
        let mut annotator = Annotator::default();
        self.records.iter().try_for_each(|record| {
            let event = |what| Event {
                time: SystemTime::from(record.time),
                connection: Arc::clone(&connection),
                what,
            };
            annotator.tell(&[event(what(record, literals.as_mut()))], sink)
        })
    }
}

fn what(record: &Record, literals: Option<&mut Literals>) -> What {
    match &record.what {
        Happened::Opened => What::Opened,
        Happened::Said(said) => What::Said { by: said.by, octets: octets(said, literals) },
        Happened::Secured { version, cipher, .. } => {
            What::Secured(TlsSession { version: version.clone(), cipher: cipher.clone() })
        }
        Happened::Ended { by } => What::Ended { by: *by },
        Happened::Failed { why, .. } => What::Failed(why.clone()),
        Happened::Reset => What::Reset,
        Happened::Lost => What::Lost,
        Happened::Closed => What::Closed,
    }
}

/// Returns what was said; other octets replace those that were not recorded.
fn octets(said: &Said, literals: Option<&mut Literals>) -> Vec<u8> {
    let mut octets = said.octets.octets().into_owned();
    octets.extend(filler(said.left_out.octets));
    match literals {
        Some(literals) if said.by == Side::Client => literals.fill(said, octets),
        _ => octets,
    }
}

/// Makes each masked literal of an IMAP client as long as it was announced (RFC 3501 §4.3).
///
/// After `{10}` the next ten octets are the literal, whatever they are. `********` and CRLF are ten octets,
/// too: a reader of the masked conversation would take the next command for the rest of that line.
#[derive(Default)]
struct Literals {
    /// The octets of the literal that are still to come.
    left: u64,
    /// True if a part of it was masked.
    masked: bool,
    /// The command that it belongs to.
    number: Option<u64>,
}

impl Literals {
    /// Returns what the client said, with masked literals in full length.
    fn fill(&mut self, said: &Said, octets: Vec<u8>) -> Vec<u8> {
        let Some(explained) = &said.explained else {
            self.count(&octets);
            return octets;
        };
        if explained.number != self.number {
            // The server refused the literal, and it never came.
            *self = Literals { number: explained.number, ..Literals::default() };
        }
        let mask = mask(explained);
        if self.left > 0 && mask.is_some() && is_within(explained) {
            // The length of this line is not known: the last line stands for the whole literal.
            self.masked = true;
            return Vec::new();
        }
        let octets = match mask {
            Some(end) if self.left > 0 => self.filled(octets.get(end..).unwrap_or_default()),
            None if self.masked => self.filled(&octets),
            _ => octets,
        };
        self.count(&octets);
        octets
    }

    /// Returns the literal and the rest of its line.
    fn filled(&mut self, rest: &[u8]) -> Vec<u8> {
        self.masked = false;
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        [&vec![b'*'; left.min(MOST)], rest].concat()
    }

    /// Counts the octets of the literal that the client has sent, or finds a new announcement.
    fn count(&mut self, octets: &[u8]) {
        let taken = usize::try_from(self.left).unwrap_or(usize::MAX);
        let rest = octets.get(taken..).unwrap_or_default();
        self.left -= (octets.len() - rest.len()) as u64;
        if let Some(Ok(literal)) = literal_at_end(without_ending(rest)) {
            self.left = literal.octets;
        }
    }
}

/// True if the whole line, with its ending, belongs to a literal.
fn is_within(explained: &Explained) -> bool {
    let entry = &explained.entry;
    entry.topic == Topic::Part && entry.name == Role::Octets.key()
}

/// Returns the end of the mask at the beginning of a line.
fn mask(explained: &Explained) -> Option<usize> {
    let is_mask = |part: &&LinePart| part.range.start == 0 && part.role.is_secret();
    let mask = explained.parts.iter().find(is_mask);
    mask.map(|mask| mask.range.end)
}
