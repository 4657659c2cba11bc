//! `[store]`: the folders that the program writes.

use std::path::{Path, PathBuf};

use super::ConfigError;
use super::reader::Section;
use super::values::{octets, whole_number};

/// `[store]`
pub(super) struct Store {
    pub(super) mail: PathBuf,
    pub(super) queue: PathBuf,
    pub(super) journal: Option<Journal>,
}

/// Where conversations are recorded, and how much of them is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// The folder of the journal's files.
    pub folder: PathBuf,
    /// Octets of a file; the next line goes into a new one.
    pub size: u64,
    /// Full files that are kept beside the one that is written.
    pub keep: u32,
}

impl Store {
    pub(super) fn read(mut section: Section, folder: &Path) -> Result<Store, ConfigError> {
        let journal = section.value("journal", "journal".to_owned())?;
        let shelf = Journal {
            folder: folder.join(&journal),
            size: section.value_by("journal_size", 16 << 20, octets)?,
            keep: section.value_by("journal_keep", 5, whole_number)?,
        };
        let store = Store {
            mail: folder.join(section.value("path", PathBuf::from("mail"))?),
            queue: folder.join(section.value("queue", PathBuf::from("queue"))?),
            journal: (!journal.is_empty()).then_some(shelf),
        };
        section.finish()?;
        Ok(store)
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::super::Config;
    use super::*;

    #[test]
    fn the_journal_is_on_unless_it_is_empty() {
        let shelf = |folder: &str, size, keep| {
            let folder = PathBuf::from(folder);
            Some(Journal { folder, size, keep })
        };
        let rows = [
            ("", shelf("/lab/journal", 16 << 20, 5)),
            ("journal =", None),
            (
                "journal = /var/wire\njournal_size = 64K\njournal_keep = 0",
                shelf("/var/wire", 65536, 0),
            ),
        ];
        for (text, expected) in rows {
            let text = format!("[store]\n{text}\n");
            let config = Config::parse("x.ini", &text, Path::new("/lab")).unwrap();
            assert_eq!(config.journal, expected, "{text}");
        }
        let size = "a size such as 4096, 64K or 50M";
        let keep = "a whole number from 0 to 4294967295";
        let rows = [
            ("journal_size = 0", size),
            ("journal_size =", size),
            ("journal_keep = many", keep),
            ("journal_keep = -1", keep),
            ("journal_keep = 1K", keep),
            ("journal_keep = 4294967296", keep),
            ("journal_keep =", keep),
        ];
        for (wrong, expected) in rows {
            let text = format!("[store]\n{wrong}\n");
            let error = Config::parse("x.ini", &text, Path::new("")).unwrap_err();
            assert!(error.0.contains("[store] journal_"), "{error}");
            assert!(error.0.ends_with(expected), "{error}");
        }
    }
}
