//! The journal: every conversation, as one JSON line for each event.
//!
//! [`Writer`] is the [`Sink`] that writes it. Each connection has a `ConnectionWriter`, which masks
//! and shortens what is said; all of them share a `RotatingFile`, to which other programs append as
//! well. [`read()`] and [`JournalFollower`] read it back as [`Record`]s. It never contains a password,
//! unless `--show-secrets` asks for it.

mod connection_writer;
mod read;
mod record;
mod rotating_file;

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::PathBuf;

use self::connection_writer::ConnectionWriter;
pub use self::read::{JournalFollower, JournalReader, read};
pub(crate) use self::record::moment;
pub use self::record::{Happened, LeftOut, Record, RecordedConnection, Said, SaidOctets};
use self::rotating_file::RotatingFile;
use super::{AnnotatedLine, Annotator, Connection, Event, Explaining, Sink, What};
use crate::config::Journal;
use crate::limits;
use crate::teaching::explain::Explained;

/// Writes a journal.
pub struct Writer {
    folder: PathBuf,
    file: RotatingFile,
    show_secrets: bool,
    /// Gives the connections names that no other program gives.
    names: RandomState,
    writers: HashMap<u64, ConnectionWriter>,
    /// The connections that may hold lines back.
    busy: BTreeSet<u64>,
    /// Lines that are not in the file yet.
    lines: Vec<u8>,
}

impl Writer {
    /// Opens the journal for writing; with passwords only if they may be shown.
    ///
    /// # Errors
    /// When the folder or the file cannot be made or opened.
    pub fn open(journal: &Journal, show_secrets: bool) -> io::Result<Writer> {
        Ok(Writer {
            folder: journal.folder.clone(),
            file: RotatingFile::open(&journal.folder, journal.size, journal.keep)?,
            show_secrets,
            names: RandomState::new(),
            writers: HashMap::new(),
            busy: BTreeSet::new(),
            lines: Vec::new(),
        })
    }

    /// Calls the writer of a connection, and makes lines of the records that it has ready.
    fn note(
        &mut self,
        connection: &Connection,
        note: impl FnOnce(&mut ConnectionWriter),
    ) -> io::Result<()> {
        let number = connection.number;
        let name = || name(self.names.hash_one(number));
        let new = || ConnectionWriter::new(connection, name(), self.show_secrets);
        let writer = self.writers.entry(number).or_insert_with(new);
        note(writer);
        write_down(writer, &mut self.lines);
        self.busy.insert(number);
        if self.lines.len() >= limits::JOURNAL_PIECE {
            self.append()?;
        }
        Ok(())
    }

    /// Writes everything to the file. The buffer is kept: a new one for each piece would leave holes
    /// in the program's memory.
    fn write_all(&mut self) -> io::Result<()> {
        for number in std::mem::take(&mut self.busy) {
            if let Some(writer) = self.writers.get_mut(&number) {
                writer.write_gathered();
                write_down(writer, &mut self.lines);
            }
        }
        self.append()
    }

    /// Appends the lines to the file.
    fn append(&mut self) -> io::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let appended = self.file.append(&self.lines);
        self.lines.clear();
        appended
    }
}

/// Makes lines of the records that a writer has ready.
fn write_down(writer: &mut ConnectionWriter, lines: &mut Vec<u8>) {
    for record in writer.take() {
        let end = lines.len();
        match serde_json::to_writer(&mut *lines, &record) {
            Ok(()) => lines.push(b'\n'),
            // There is no record that cannot be JSON; one line less does no harm.
            Err(_) => lines.truncate(end),
        }
    }
}

impl Sink for Writer {
    fn name(&self) -> String {
        format!("the journal {}", self.folder.display())
    }

    fn explaining(&self) -> Explaining {
        Explaining::Keys
    }

    fn line(&mut self, line: &AnnotatedLine<'_>) -> io::Result<()> {
        self.note(&line.event.connection, |writer| writer.line(line))
    }

    fn body(&mut self, lines: &AnnotatedLine<'_>) -> io::Result<()> {
        self.note(&lines.event.connection, |writer| writer.body(lines))
    }

    fn take(&mut self, event: &Event, explained: Option<&Explained>) -> io::Result<()> {
        self.note(&event.connection, |writer| writer.note(event, explained))?;
        if matches!(event.what, What::Closed | What::Lost) {
            self.busy.remove(&event.connection.number);
            self.writers.remove(&event.connection.number);
        }
        Ok(())
    }

    fn flush(&mut self, _annotator: &Annotator) -> io::Result<()> {
        self.write_all()
    }
}

/// The letters of names: none that looks like another (Crockford's base 32).
const LETTERS: [u8; 32] = *b"0123456789abcdefghjkmnpqrstvwxyz";

/// Letters of a name: 40 bits, so that in a journal of a hundred thousand connections two share a
/// name once in two hundred journals.
const NAME: u32 = 8;

fn name(number: u64) -> String {
    let letter = |at: u32| {
        let bits = number >> (5 * at) & 31;
        char::from(LETTERS[bits as usize])
    };
    (0..NAME).map(letter).collect()
}
