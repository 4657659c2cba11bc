//! `[store]`: the folders that the program writes.

use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::reader::IniSection;
use super::values::{octets, whole_number};

/// `[store]`
pub(super) struct StoreSection {
    pub(super) mail: PathBuf,
    pub(super) queue: PathBuf,
    pub(super) journal: Option<Journal>,
}

/// Where conversations are recorded, and how many of them are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// The folder of the journal's files.
    pub folder: PathBuf,
    /// The maximum octets of a file; then a new one begins.
    pub size: u64,
    /// How many full files are kept in addition to the current one.
    pub keep: u32,
}

impl StoreSection {
    pub(super) fn read(
        mut section: IniSection,
        folder: &Path,
    ) -> Result<StoreSection, ConfigError> {
        let journal = section.value("journal", "journal".to_owned())?;
        let location = Journal {
            folder: folder.join(&journal),
            size: section.value_by("journal_size", 16 << 20, octets)?,
            keep: section.value_by("journal_keep", 5, whole_number)?,
        };
        let store = StoreSection {
            mail: folder.join(section.value("path", PathBuf::from("mail"))?),
            queue: folder.join(section.value("queue", PathBuf::from("queue"))?),
            journal: (!journal.is_empty()).then_some(location),
        };
        section.finish()?;
        Ok(store)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn the_journal_is_on_unless_it_is_empty() {
        let journal = |folder: &str, size, keep| {
            let folder = PathBuf::from(folder);
            Some(Journal { folder, size, keep })
        };
        let rows = [
            ("", journal("/lab/journal", 16 << 20, 5)),
            ("journal =", None),
            (
                "journal = /var/wire\njournal_size = 64K\njournal_keep = 0",
                journal("/var/wire", 65536, 0),
            ),
        ];
        for (text, expected) in rows {
            let text = format!("[store]\n{text}\n");
            let config = Config::parse("x.ini", &text, Path::new("/lab")).unwrap();
            assert_eq!(config.journal, expected, "{text}");
        }
        let size = "expected a size such as 4096, 64K or 50M";
        let keep = "expected a whole number from 0 to 4294967295";
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
