//! Saves the files of a mail to disk: under a harmless name, and never over another file.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::client::printable;
use crate::mail::message::Attachment;

/// The longest file name in octets: a file system takes 255, with the number that we may add.
const LONGEST: usize = 200;

/// The most files of one name in a folder.
const TRIES: u32 = 10_000;

/// Why a file was not saved, with the names of the file and the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveError(pub String);

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SaveError {}

/// Saves a file of a mail in a folder, whole or not at all, and returns its path.
///
/// # Errors
/// When the folder cannot be created or written.
pub fn save_file(file: &Attachment, folder: &Path) -> Result<PathBuf, SaveError> {
    let failed = |error: io::Error| {
        let name = printable(&file.name);
        SaveError(format!("{name} cannot be saved in {}: {error}", folder.display()))
    };
    fs::create_dir_all(folder).map_err(failed)?;
    // The permissions that the shell's `>` gives: all, without those of the umask.
    let permissions = fs::Permissions::from_mode(0o666);
    let mut temporary =
        tempfile::Builder::new().permissions(permissions).tempfile_in(folder).map_err(failed)?;
    temporary.write_all(&file.bytes).map_err(failed)?;
    let name = harmless(&file.name);
    for number in 0..TRIES {
        let path = folder.join(numbered(&name, number));
        match temporary.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => {
                temporary = taken.file;
            }
            Err(other) => return Err(failed(other.error)),
        }
    }
    Err(failed(io::ErrorKind::AlreadyExists.into()))
}

/// Returns a name without folders, control characters and the dot that hides a file.
fn harmless(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible = printable(last).replace('\u{fffd}', "_");
    let visible = visible.trim().trim_start_matches('.');
    let mut kept = String::new();
    for c in visible.chars() {
        if kept.len() + c.len_utf8() > LONGEST {
            break;
        }
        kept.push(c);
    }
    if kept.is_empty() {
        "attachment".clone_into(&mut kept);
    }
    kept
}

/// Returns the name with a number: `name.txt`, `name-1.txt`, `name-2.txt`.
fn numbered(name: &str, number: u32) -> String {
    match (number, name.rsplit_once('.')) {
        (0, _) => name.to_owned(),
        (_, Some((stem, end))) => format!("{stem}-{number}.{end}"),
        (_, None) => format!("{name}-{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let rows = [
            ("tea.txt", "tea.txt"),
            ("../../etc/passwd", "passwd"),
            ("C:\\boot.ini", "boot.ini"),
            (".bashrc", "bashrc"),
            ("..", "attachment"),
            ("", "attachment"),
            ("a\u{1b}[2J\n.txt", "a_[2J_.txt"),
        ];
        for (name, expected) in rows {
            assert_eq!(harmless(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_name_of_any_length_and_script_can_be_saved() {
        let folder = tempfile::tempdir().unwrap();
        let file = Attachment::new(&"📦".repeat(100), b"1".to_vec());
        let path = save_file(&file, folder.path()).unwrap();
        assert_eq!(path.file_name().unwrap().len(), 200);
    }

    #[test]
    fn no_file_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("new");
        for (text, expected) in [("1", "a.txt"), ("2", "a-1.txt"), ("3", "a-2.txt")] {
            let file = Attachment::new("a.txt", text.as_bytes().to_vec());
            assert_eq!(save_file(&file, &inside).unwrap(), inside.join(expected));
            assert_eq!(fs::read_to_string(inside.join(expected)).unwrap(), text);
        }
        assert_eq!(fs::read_dir(&inside).unwrap().count(), 3);
    }
}
