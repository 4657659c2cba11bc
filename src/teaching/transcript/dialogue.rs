//! A recorded conversation, turn by turn, with what each line means.

use std::io;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::Summary;
use crate::teaching::explain::{Explained, Texts, Topic};
use crate::teaching::wire_tap::journal::{self, Happened, Octets, Record, Said};

/// A recorded conversation.
#[derive(Clone, Debug)]
pub struct Dialogue {
    /// It in one line.
    pub summary: Summary,
    /// What happened, in its order.
    pub turns: Vec<Turn>,
    /// The records that it was made of.
    pub records: Vec<Record>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub time: Timestamp,
    /// When the last of it was, if it is several lines.
    pub until: Timestamp,
    /// What; a line as it may be shown.
    pub what: Happened,
    /// What it means, if that is known.
    pub explained: Option<Explained>,
}

impl Dialogue {
    /// Reads the conversation with this name; `None` if there is none.
    ///
    /// # Errors
    /// The disk's.
    pub fn read(folder: &Path, name: &str, texts: &Texts) -> io::Result<Option<Dialogue>> {
        let mut reading = journal::read(folder, name)?;
        let mut records = Vec::new();
        while let Some(record) = reading.record::<Record>()? {
            if record.place.connection == name {
                records.push(record);
            }
        }
        Ok(Dialogue::of(records, texts))
    }

    /// The conversation that these records tell; `None` if there are none.
    #[must_use]
    pub fn of(records: Vec<Record>, texts: &Texts) -> Option<Dialogue> {
        let mut summary = Summary::of(records.first()?);
        records
            .iter()
            .skip(1)
            .for_each(|record| summary.take(record));
        let mut turns: Vec<Turn> = Vec::new();
        for record in &records {
            let joined = turns.last_mut().is_some_and(|turn| turn.join(record));
            if !joined {
                turns.push(Turn::of(record, texts));
            }
        }
        Some(Dialogue {
            summary,
            turns,
            records,
        })
    }

    /// The time from the beginning to a turn.
    #[must_use]
    pub fn since_beginning(&self, turn: &Turn) -> SignedDuration {
        turn.time.duration_since(self.summary.began)
    }
}

impl Turn {
    /// The turn that a record tells.
    #[must_use]
    pub fn of(record: &Record, texts: &Texts) -> Turn {
        let meaning = match &record.what {
            Happened::Said(said) => said.explained.as_ref(),
            Happened::Secured { explained, .. } | Happened::Failed { explained, .. } => {
                explained.as_ref()
            }
            _ => None,
        };
        let length = match &record.what {
            Happened::Said(said) => said.octets.octets().len(),
            _ => 0,
        };
        Turn {
            time: record.time,
            until: record.time,
            what: record.what.clone(),
            explained: meaning.and_then(|meaning| meaning.in_words(texts, length)),
        }
    }

    /// Takes in what goes on with it: more lines of one body, and that some were left out.
    fn join(&mut self, record: &Record) -> bool {
        let (Happened::Said(said), Happened::Said(more)) = (&mut self.what, &record.what) else {
            return false;
        };
        let gathered = |said: &Said| match &said.explained {
            Some(meaning) => meaning.parts.is_empty() && meaning.entry.topic == Topic::Part,
            None => !said.left_out.is_nothing(),
        };
        let goes_on = said.by == more.by && said.left_out.is_nothing() && gathered(more);
        if !goes_on || (more.explained.is_some() && !gathered(said)) {
            return false;
        }
        let mut octets = said.octets.octets().into_owned();
        octets.extend_from_slice(&more.octets.octets());
        said.octets = Octets::of(octets);
        said.left_out = more.left_out;
        self.until = record.time;
        true
    }
}
