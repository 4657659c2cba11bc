//! Conversations that are read back from the journal.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use jiff::SignedDuration;

use super::{Summary, TranscriptLine};
use crate::teaching::explain::Texts;
use crate::teaching::wire_tap::journal::{self, Record};

/// The conversations of a journal, in one line each.
#[derive(Debug, Default)]
pub struct Sessions {
    /// The conversations, in the order in which they began.
    pub summaries: Vec<Summary>,
    /// The number of lines of the journal that are not valid.
    pub not_understood: u64,
}

impl Sessions {
    /// Reads the journal in this folder.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn read(folder: &Path) -> io::Result<Sessions> {
        let mut reading = journal::read(folder, "")?;
        let mut sessions = Sessions::default();
        let mut indices: HashMap<String, usize> = HashMap::new();
        while let Some(record) = reading.record::<Record>()? {
            match indices.get(&record.place.connection) {
                Some(index) => sessions.summaries[*index].take(&record),
                None => {
                    indices.insert(record.place.connection.clone(), sessions.summaries.len());
                    sessions.summaries.push(Summary::of(&record));
                }
            }
        }
        sessions.not_understood = reading.not_understood();
        sessions.summaries.sort_by_key(|summary| summary.began);
        Ok(sessions)
    }

    /// Returns the conversations whose name begins with `name`; `last` is the newest.
    #[must_use]
    pub fn named(&self, name: &str) -> Vec<&Summary> {
        if name == "last" {
            return self.summaries.last().into_iter().collect();
        }
        let name = name.to_ascii_lowercase();
        let named = |summary: &&Summary| summary.place.connection.starts_with(&name);
        self.summaries.iter().filter(named).collect()
    }
}

/// A recorded conversation, line by line.
#[derive(Clone, Debug)]
pub struct Dialogue {
    /// The conversation in one line.
    pub summary: Summary,
    /// What happened, in its order.
    pub lines: Vec<TranscriptLine>,
    /// The records of the journal.
    pub records: Vec<Record>,
}

impl Dialogue {
    /// Reads the conversation with this name; `None` if the journal has none.
    ///
    /// # Errors
    /// When the journal cannot be read.
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

    /// Returns the conversation of these records; `None` if there are no records.
    #[must_use]
    pub fn of(records: Vec<Record>, texts: &Texts) -> Option<Dialogue> {
        let (first, others) = records.split_first()?;
        let mut summary = Summary::of(first);
        for record in others {
            summary.take(record);
        }
        let mut lines: Vec<TranscriptLine> = Vec::new();
        for record in &records {
            let joined = lines.last_mut().is_some_and(|line| line.join(record));
            if !joined {
                lines.push(TranscriptLine::of(record, texts));
            }
        }
        Some(Dialogue { summary, lines, records })
    }

    /// Returns the time from the beginning of the conversation to a line.
    #[must_use]
    pub fn since_beginning(&self, line: &TranscriptLine) -> SignedDuration {
        line.time.duration_since(self.summary.began)
    }
}
