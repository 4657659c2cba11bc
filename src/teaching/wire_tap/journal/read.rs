//! Reads a journal back, from its oldest line to its newest, and continues as it grows.
//!
//! Lines that are no record are skipped and counted: the last line of a program that died, a line of a
//! newer version, an edited line.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use memchr::memmem;
use rustix::fs::{FlockOperation, flock};
use serde::de::DeserializeOwned;

use super::rotating_file::{current, is_same, is_same_file, numbers, old};
use crate::limits;

/// Reads the lines of a journal.
pub struct JournalReader {
    /// The files, the oldest first.
    files: VecDeque<BufReader<File>>,
    wanted: ConnectionFilter,
    not_understood: u64,
}

/// Reads the journal in this folder as it is now, but only connections whose name begins with this.
/// Without a journal there are no lines.
///
/// # Errors
/// When a file cannot be opened.
pub fn read(folder: &Path, name: &str) -> io::Result<JournalReader> {
    let files = all(folder)?.into_iter();
    Ok(JournalReader {
        files: files.map(BufReader::new).collect(),
        wanted: ConnectionFilter::named(name),
        not_understood: 0,
    })
}

/// Finds the lines of connections without understanding the others.
struct ConnectionFilter {
    /// The beginning of the names; empty for all of them.
    name: Vec<u8>,
    key: memmem::Finder<'static>,
}

impl ConnectionFilter {
    /// A filter for connections whose name begins with this.
    fn named(name: &str) -> ConnectionFilter {
        ConnectionFilter {
            name: name.as_bytes().to_owned(),
            key: memmem::Finder::new(b"\"connection\""),
        }
    }

    fn is(&self, line: &[u8]) -> bool {
        let mut keys = self.key.find_iter(line);
        self.name.is_empty() || keys.any(|at| self.is_named(&line[at + self.key.needle().len()..]))
    }

    /// True if this is the value after the key. An edited journal may have spaces there.
    fn is_named(&self, behind: &[u8]) -> bool {
        let value = behind.trim_ascii_start().strip_prefix(b":");
        let name = value.and_then(|value| value.trim_ascii_start().strip_prefix(b"\""));
        name.is_some_and(|name| name.starts_with(&self.name))
    }
}

/// All files, the oldest first. No file is renamed while we have the lock of the newest.
fn all(folder: &Path) -> io::Result<Vec<File>> {
    let newest = newest(folder)?;
    let mut files = Vec::new();
    for number in numbers(folder)?.into_iter().rev() {
        files.extend(open(&old(folder, number))?);
    }
    if let Some(newest) = newest {
        flock(&newest, FlockOperation::Unlock)?;
        files.push(newest);
    }
    Ok(files)
}

/// The file that is written, with its lock. It does not exist before the first line, or if a program
/// died while it was renaming.
fn newest(folder: &Path) -> io::Result<Option<File>> {
    let current = current(folder);
    loop {
        let newest = locked(&current)?;
        if newest.as_ref().is_some_and(|file| is_same(file, &current)) {
            return Ok(newest);
        }
        // It has just been renamed. The program that did so holds its lock until there is a new file.
        let _youngest = locked(&old(folder, 1))?;
        if !current.exists() {
            return Ok(None);
        }
    }
}

/// Opens a file, if it exists, and waits for its lock.
fn locked(path: &Path) -> io::Result<Option<File>> {
    let file = open(path)?;
    if let Some(file) = &file {
        flock(file, FlockOperation::LockShared)?;
    }
    Ok(file)
}

fn open(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

impl JournalReader {
    /// The next line that can be read as this type; `None` at the end.
    ///
    /// # Errors
    /// The disk's.
    pub fn record<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        while let Some(file) = self.files.front_mut() {
            match line(file)? {
                JournalLine::End => {
                    self.files.pop_front();
                }
                JournalLine::Whole(line) if self.wanted.is(&line) => {
                    match serde_json::from_slice(&line) {
                        Ok(record) => return Ok(Some(record)),
                        Err(_) => self.not_understood += 1,
                    }
                }
                JournalLine::Whole(_) => {}
                JournalLine::Torn(_) => self.not_understood += 1,
            }
        }
        Ok(None)
    }

    /// How many lines could not be understood.
    #[must_use]
    pub fn not_understood(&self) -> u64 {
        self.not_understood
    }
}

/// The result of reading a line of a file.
enum JournalLine {
    /// A line with its ending.
    Whole(Vec<u8>),
    /// A line without an ending, or one that is too long to be ours.
    Torn(Vec<u8>),
    End,
}

fn line(file: &mut BufReader<File>) -> io::Result<JournalLine> {
    let mut line = Vec::new();
    let most = limits::JOURNAL_RECORD as u64;
    file.by_ref().take(most).read_until(b'\n', &mut line)?;
    Ok(match line.last() {
        None => JournalLine::End,
        Some(b'\n') => JournalLine::Whole(line),
        Some(_) => JournalLine::Torn(line),
    })
}

/// Reads what is written, across rotations, and waits for more.
pub struct JournalFollower {
    folder: PathBuf,
    wanted: ConnectionFilter,
    file: Option<BufReader<File>>,
    /// The beginning of a line that is still being written.
    begun: Vec<u8>,
    /// True once the file has another name: it will not grow any more.
    full: bool,
}

impl JournalFollower {
    /// Follows all connections from now on. The journal may be missing yet.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn from_now_on(folder: &Path) -> io::Result<JournalFollower> {
        let mut file = open(&current(folder))?;
        if let Some(file) = &mut file {
            file.seek(SeekFrom::End(0))?;
        }
        Ok(JournalFollower::at(folder, "", file))
    }

    /// Follows the connections whose name begins with this, from their beginning.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn of(folder: &Path, name: &str) -> io::Result<JournalFollower> {
        let oldest = all(folder)?.into_iter().next();
        Ok(JournalFollower::at(folder, name, oldest))
    }

    fn at(folder: &Path, name: &str, file: Option<File>) -> JournalFollower {
        JournalFollower {
            folder: folder.to_owned(),
            wanted: ConnectionFilter::named(name),
            file: file.map(BufReader::new),
            begun: Vec::new(),
            full: false,
        }
    }

    /// The next record; `None` if it is not written yet. Other lines are skipped.
    ///
    /// # Errors
    /// The disk's.
    pub fn record<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        loop {
            let Some(file) = &mut self.file else {
                self.file = open(&current(&self.folder))?.map(BufReader::new);
                if self.file.is_none() {
                    return Ok(None);
                }
                continue;
            };
            match line(file)? {
                JournalLine::Whole(end) => {
                    let mut line = std::mem::take(&mut self.begun);
                    line.extend(end);
                    let record = self.wanted.is(&line).then(|| serde_json::from_slice(&line));
                    if let Some(Ok(record)) = record {
                        return Ok(Some(record));
                    }
                }
                JournalLine::Torn(piece) if self.begun.len() < limits::JOURNAL_RECORD => {
                    self.begun.extend(piece);
                }
                JournalLine::Torn(_) => self.begun.clear(),
                // Lines that were written before the renaming are in this file.
                JournalLine::End if self.full => {
                    if !self.turn_over()? {
                        return Ok(None);
                    }
                }
                JournalLine::End if is_same(file.get_ref(), &current(&self.folder)) => {
                    return Ok(None);
                }
                JournalLine::End => self.full = true,
            }
        }
    }

    /// Continues with the next newer file; `false` if there is none yet.
    fn turn_over(&mut self) -> io::Result<bool> {
        let files = all(&self.folder)?;
        let ours = self.file.as_ref().map(BufReader::get_ref);
        let is_ours = |other: &File| ours.is_some_and(|ours| is_same_file(ours, other));
        // If our file is gone already, the oldest is the next.
        let behind = files.iter().position(is_ours).map_or(0, |at| at + 1);
        let Some(next) = files.into_iter().nth(behind) else {
            return Ok(false);
        };
        self.file = Some(BufReader::new(next));
        self.begun.clear();
        self.full = false;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::rotating_file::RotatingFile;
    use super::*;

    fn all_of(mut next: impl FnMut() -> io::Result<Option<u64>>) -> Vec<u64> {
        std::iter::from_fn(|| next().unwrap()).collect()
    }

    #[test]
    fn what_cannot_be_understood_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(old(folder.path(), 1), "1\nnonsense\n").unwrap();
        fs::write(current(folder.path()), "2\n\n\"three\"\n4\n5").unwrap();
        let mut reading = read(folder.path(), "").unwrap();
        assert_eq!(all_of(|| reading.record()), [1, 2, 4]);
        assert_eq!(reading.not_understood(), 4);
        let long = "9".repeat(3 * limits::JOURNAL_RECORD);
        fs::write(current(folder.path()), format!("{long}\n7\n")).unwrap();
        assert_eq!(
            all_of({
                let mut reading = read(folder.path(), "").unwrap();
                move || reading.record()
            }),
            [1, 7]
        );
    }

    #[test]
    fn only_the_lines_of_one_connection_are_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let line = |name| format!("{{\"connection\":\"{name}\"}}\n");
        let edited = "{ \"text\" : \"\\\"connection\\\"\", \"connection\" : \"abe\" }\n";
        let text = ["abc", "abd", "xyz"].map(line).concat() + edited;
        fs::write(current(folder.path()), text + "nonsense\n").unwrap();
        let mut reading = read(folder.path(), "ab").unwrap();
        let mut count = 0;
        while reading.record::<serde_json::Value>().unwrap().is_some() {
            count += 1;
        }
        assert_eq!((count, reading.not_understood()), (3, 0));
    }

    #[test]
    fn nothing_is_missed_while_the_files_change_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let mut follower = JournalFollower::from_now_on(folder.path()).unwrap();
        assert_eq!(follower.record::<u64>().unwrap(), None);
        let mut file = RotatingFile::open(folder.path(), 20, 100).unwrap();
        let (mut seen, mut written) = (Vec::new(), 0);
        for burst in [1, 50, 3, 0, 7, 40] {
            for _ in 0..burst {
                file.append(format!("{written}\n").as_bytes()).unwrap();
                written += 1;
            }
            seen.extend(all_of(|| follower.record()));
        }
        assert_eq!(seen, (0..written).collect::<Vec<_>>());
        let mut late = JournalFollower::of(folder.path(), "").unwrap();
        assert_eq!(all_of(|| late.record()), seen);
    }

    #[test]
    fn nothing_is_missed_while_there_is_no_file_of_that_name() {
        let folder = tempfile::tempdir().unwrap();
        let (current, old) = (current(folder.path()), |n| old(folder.path(), n));
        fs::write(&current, "1\n").unwrap();
        let mut follower = JournalFollower::of(folder.path(), "").unwrap();
        fs::rename(&current, old(1)).unwrap();
        assert_eq!(all_of(|| follower.record()), [1]);
        // Two rotations later.
        fs::rename(old(1), old(2)).unwrap();
        fs::write(old(1), "2\n").unwrap();
        fs::write(&current, "3\n").unwrap();
        assert_eq!(all_of(|| follower.record()), [2, 3]);
    }

    #[test]
    fn a_program_that_died_while_it_made_room_hides_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(old(folder.path(), 12), "1\n").unwrap();
        fs::write(old(folder.path(), 3), "2\n").unwrap();
        let mut reading = read(folder.path(), "").unwrap();
        assert_eq!(all_of(|| reading.record()), [1, 2]);
        fs::write(current(folder.path()), "3\n").unwrap();
        let mut reading = read(folder.path(), "").unwrap();
        assert_eq!(all_of(|| reading.record()), [1, 2, 3]);
    }

    #[test]
    fn a_reader_waits_for_the_one_who_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let (current, old) = (current(folder.path()), old(folder.path(), 1));
        fs::write(&old, "1\n").unwrap();
        let renamed = File::open(&old).unwrap();
        flock(&renamed, FlockOperation::LockExclusive).unwrap();
        let place = folder.path().to_owned();
        let reader = std::thread::spawn(move || {
            let mut reading = read(&place, "").unwrap();
            all_of(|| reading.record())
        });
        let new = folder.path().join("new");
        fs::write(&new, "2\n").unwrap();
        fs::rename(&new, &current).unwrap();
        drop(renamed);
        assert_eq!(reader.join().unwrap(), [1, 2]);
    }
}
