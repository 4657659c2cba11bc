//! Recorded conversations, read back from the journal: listed, shown, and handed on.
//!
//! A [`Summary`] is a conversation in one line, a [`Dialogue`] all of it, turn by turn, with what each
//! line means. [`Table`] lists summaries, [`Teller`] shows a dialogue as the demonstrations do, also
//! while it happens, [`html::page`] makes a page of it, [`script()`] a script that plays it again, and
//! [`Dialogue::replay`] tells it to a capture.
//! What was masked when it was recorded stays masked; nothing here knows a password.

mod capture;
mod dialogue;
mod guess;
pub mod html;
mod literals;
mod notes;
pub(crate) mod saved;
mod screen;
mod script;
mod summary;
mod table;
mod teller;

use std::collections::HashMap;
use std::io;
use std::path::Path;

pub use self::dialogue::{Dialogue, Turn};
pub use self::notes::Explain;
pub(crate) use self::notes::{Told, particulars, sentence};
pub use self::screen::{Audience, Look, Pace, Screen};
pub use self::script::script;
pub use self::summary::{Ending, Summary};
pub use self::table::Table;
pub use self::teller::{Teller, Telling};
use crate::teaching::wire_tap::journal::{self, Record};

/// The conversations of a journal.
#[derive(Debug, Default)]
pub struct Sessions {
    /// Each in one line, in the order in which they began.
    pub summaries: Vec<Summary>,
    /// Lines of the journal that could not be understood.
    pub not_understood: u64,
}

impl Sessions {
    /// Reads the journal in this folder.
    ///
    /// # Errors
    /// The disk's.
    pub fn read(folder: &Path) -> io::Result<Sessions> {
        let mut reading = journal::read(folder, "")?;
        let mut sessions = Sessions::default();
        let mut places: HashMap<String, usize> = HashMap::new();
        while let Some(record) = reading.record::<Record>()? {
            match places.get(&record.place.connection) {
                Some(at) => sessions.summaries[*at].take(&record),
                None => {
                    places.insert(record.place.connection.clone(), sessions.summaries.len());
                    sessions.summaries.push(Summary::of(&record));
                }
            }
        }
        sessions.not_understood = reading.not_understood();
        sessions.summaries.sort_by_key(|summary| summary.began);
        Ok(sessions)
    }

    /// Those whose name begins so, or for `last` the newest.
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

#[cfg(test)]
mod tests;
