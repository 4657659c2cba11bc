//! The files of a journal: the one that is written, and the older ones.
//!
//! Several programs append to `journal.jsonl` at once. Each takes the lock of the file, checks that
//! the file still has this name, and writes whole lines with one call. A program that finds the file
//! full renames the older ones, the oldest first, and then this one to `journal.1.jsonl`. So the name
//! is free only when all of them have their new names.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// The file that is written.
pub(super) struct RotatingFile {
    folder: PathBuf,
    file: File,
    /// The size of a full file, in octets.
    size: u64,
    /// How many full files are kept.
    keep: u32,
}

impl RotatingFile {
    /// Makes the folder and the file if they are missing; only their owner can read them.
    pub(super) fn open(folder: &Path, size: u64, keep: u32) -> io::Result<RotatingFile> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        Ok(RotatingFile { file: open(folder)?, folder: folder.to_owned(), size, keep })
    }

    /// Appends whole lines: all of them, or none if that fails.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let length = self.lock(lines.len() as u64);
        let written = length.and_then(|length| {
            let written = self.write(lines, length);
            if written.is_err() {
                // No other program writes while we have the lock, so only our own octets go.
                let _ = self.file.set_len(length);
            }
            written
        });
        // After any error, other programs must not wait for us.
        flock(&self.file, FlockOperation::Unlock)?;
        written
    }

    /// Takes the lock of the file with the current name, and begins a new file if these octets do not
    /// fit. Returns its length.
    fn lock(&mut self, octets: u64) -> io::Result<u64> {
        loop {
            flock(&self.file, FlockOperation::LockExclusive)?;
            let length = self.file.metadata()?.len();
            let is_current = is_same(&self.file, &current(&self.folder));
            if is_current && (length == 0 || length + octets <= self.size) {
                return Ok(length);
            }
            if is_current {
                self.rotate()?;
            }
            // The lock goes with the file.
            self.file = open(&self.folder)?;
        }
    }

    fn write(&mut self, lines: &[u8], length: u64) -> io::Result<()> {
        if length > 0 {
            // A program that died may have left half a line.
            let mut last = [0];
            self.file.seek(SeekFrom::Start(length - 1))?;
            self.file.read_exact(&mut last)?;
            if last != *b"\n" {
                self.file.write_all(b"\n")?;
            }
        }
        self.file.write_all(lines)
    }

    fn rotate(&self) -> io::Result<()> {
        // Only existing files are renamed: `journal_keep` may be any number.
        let is_there = |number: &u32| old(&self.folder, *number).exists();
        let last = (1..self.keep).take_while(is_there).last().unwrap_or(0);
        for number in (1..=last).rev() {
            fs::rename(old(&self.folder, number), old(&self.folder, number + 1))?;
        }
        match self.keep {
            0 => fs::remove_file(current(&self.folder)),
            _ => fs::rename(current(&self.folder), old(&self.folder, 1)),
        }
    }
}

fn open(folder: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let options = options.read(true).append(true).create(true).mode(0o600);
    options.open(current(folder))
}

/// The file that is written, in this folder.
pub(super) fn current(folder: &Path) -> PathBuf {
    folder.join("journal.jsonl")
}

/// An older file; 1 is the youngest.
pub(super) fn old(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("journal.{number}.jsonl"))
}

/// The numbers of the older files, the youngest first. One may be missing if a program died while it
/// was renaming.
pub(super) fn numbers(folder: &Path) -> io::Result<Vec<u32>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(OsStr::to_str);
        let name = name.and_then(|name| name.strip_prefix("journal."));
        let number = name.and_then(|name| name.strip_suffix(".jsonl"));
        let number = number.and_then(|number| number.parse::<u32>().ok());
        // `journal.03.jsonl` is a copy that a user made.
        numbers.extend(number.filter(|number| old(folder, *number) == path));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// True if the open file is the one with this name.
pub(super) fn is_same(file: &File, name: &Path) -> bool {
    identity(file.metadata()).is_some_and(|open| identity(fs::metadata(name)) == Some(open))
}

/// True if both open files are the same.
pub(super) fn is_same_file(one: &File, other: &File) -> bool {
    identity(one.metadata()).is_some_and(|open| identity(other.metadata()) == Some(open))
}

fn identity(data: io::Result<fs::Metadata>) -> Option<(u64, u64)> {
    data.ok().map(|data| (data.dev(), data.ino()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn text(path: &Path) -> String {
        fs::read_to_string(path).unwrap_or_default()
    }

    #[test]
    fn a_full_file_makes_room_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("journal");
        let mut file = RotatingFile::open(&folder, 5, 2).unwrap();
        for line in ["1\n", "2\n", "3\n", "4\n", "too long\n", "5\n", "6\n"] {
            file.append(line.as_bytes()).unwrap();
        }
        assert_eq!(text(&current(&folder)), "5\n6\n");
        assert_eq!(text(&old(&folder, 1)), "too long\n");
        assert_eq!(text(&old(&folder, 2)), "3\n4\n");
        assert!(!old(&folder, 3).exists());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&current(&folder))), (0o700, 0o600));
    }

    #[test]
    fn as_many_files_may_be_kept_as_there_are_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = RotatingFile::open(folder.path(), 1, u32::MAX).unwrap();
        for line in ["1\n", "2\n", "3\n"] {
            file.append(line.as_bytes()).unwrap();
        }
        assert_eq!(text(&old(folder.path(), 2)), "1\n");
    }

    #[test]
    fn half_a_line_of_a_program_that_died_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = RotatingFile::open(folder.path(), 100, 1).unwrap();
        fs::write(current(folder.path()), "half").unwrap();
        file.append(b"whole\n").unwrap();
        assert_eq!(text(&current(folder.path())), "half\nwhole\n");
    }
}
