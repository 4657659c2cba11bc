//! A line of a transcript: something that was said or happened, and what it means.

use jiff::Timestamp;

use crate::mail::net::Side;
use crate::teaching::explain::{Explained, Texts, Topic};
use crate::teaching::wire_tap::journal::{Happened, LeftOut, Record, Said, SaidOctets};

/// A line of a transcript.
///
/// It may be several lines of a message: they are explained, and shown, as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscriptLine {
    /// The time at which it began.
    pub time: Timestamp,
    /// The time at which it ended, if it is several lines.
    pub until: Timestamp,
    /// What happened. In a recorded conversation, secrets are masked.
    pub what: Happened,
    /// What the line means, if that is known.
    pub explained: Option<Explained>,
}

impl TranscriptLine {
    /// Returns the line of a record of the journal.
    #[must_use]
    pub fn of(record: &Record, texts: &Texts) -> TranscriptLine {
        let (explained, octets) = match &record.what {
            Happened::Said(said) => (said.explained.as_ref(), said.octets.octets().len()),
            Happened::Secured { explained, .. } | Happened::Failed { explained, .. } => {
                (explained.as_ref(), 0)
            }
            _ => (None, 0),
        };
        TranscriptLine {
            time: record.time,
            until: record.time,
            what: record.what.clone(),
            explained: explained.and_then(|explained| explained.in_words(texts, octets)),
        }
    }

    /// Returns the line for an event that happens now, in a conversation that is not recorded.
    #[must_use]
    pub(crate) fn now(what: Happened) -> TranscriptLine {
        let now = Timestamp::now();
        TranscriptLine { time: now, until: now, what, explained: None }
    }

    /// Returns the line for octets that one side sends now.
    #[must_use]
    pub(crate) fn said_now(by: Side, octets: Vec<u8>, explained: Explained) -> TranscriptLine {
        let said = Said {
            by,
            octets: SaidOctets::of(octets),
            left_out: LeftOut::default(),
            explained: None,
        };
        TranscriptLine { explained: Some(explained), ..TranscriptLine::now(Happened::Said(said)) }
    }

    /// Adds a record that continues the body of this line. True if it does continue it.
    pub(super) fn join(&mut self, record: &Record) -> bool {
        let (Happened::Said(said), Happened::Said(more)) = (&mut self.what, &record.what) else {
            return false;
        };
        let is_body = |said: &Said| match &said.explained {
            Some(explained) => explained.parts.is_empty() && explained.entry.topic == Topic::Part,
            None => !said.left_out.is_nothing(),
        };
        let goes_on = said.by == more.by && said.left_out.is_nothing() && is_body(more);
        if !goes_on || (more.explained.is_some() && !is_body(said)) {
            return false;
        }
        let octets = [said.octets.octets(), more.octets.octets()].concat();
        said.octets = SaidOctets::of(octets);
        said.left_out = more.left_out;
        self.until = record.time;
        true
    }
}
