//! A recorded conversation, turn by turn, with what each line means.

use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Summary;
use crate::teaching::explain::{self, Entry, State, Texts};
use crate::teaching::wire_tap::journal::{self, Happened, Meaning, Octets, Record, Said};

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
    pub explained: Option<Explanation>,
}

/// What a line means, in the sentences of the [`Texts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What the line says, as a whole.
    pub entry: Arc<Entry>,
    /// What else is to be said of it.
    pub also: Vec<Arc<Entry>>,
    /// Its parts, in the line as it is shown.
    pub parts: Vec<explain::Part>,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// The command, or the one that is answered.
    pub command: Option<String>,
    /// Where the conversation stood before it.
    pub before: State,
    /// And where it stood then.
    pub after: State,
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
            explained: meaning.and_then(|meaning| Explanation::of(meaning, texts, length)),
        }
    }

    /// Takes in what goes on with it: more lines of one body, and that some were left out.
    fn join(&mut self, record: &Record) -> bool {
        let (Happened::Said(said), Happened::Said(more)) = (&mut self.what, &record.what) else {
            return false;
        };
        let gathered = |said: &Said| match &said.explained {
            Some(meaning) => meaning.parts.is_empty() && meaning.entry.starts_with("line.part."),
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

impl Explanation {
    /// In these texts, for a line of so many octets; `None` if they do not have it.
    fn of(meaning: &Meaning, texts: &Texts, length: usize) -> Option<Explanation> {
        let entry = |key: &String| texts.with_key(key).cloned();
        // Somebody may have edited the journal.
        let within = |part: &&journal::Part| part.start <= part.end && part.end <= length;
        let part = |part: &journal::Part| explain::Part {
            role: part.role(),
            range: part.start..part.end,
            entry: part.entry.as_ref().and_then(entry),
            decoded: part.decoded.clone(),
        };
        Some(Explanation {
            entry: entry(&meaning.entry)?,
            also: meaning.also.iter().filter_map(entry).collect(),
            parts: meaning.parts.iter().filter(within).map(part).collect(),
            fault: meaning.fault.clone(),
            command: meaning.command.clone(),
            before: meaning.before,
            after: meaning.after,
        })
    }
}
