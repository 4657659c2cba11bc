//! `subscriptions`: the mailboxes that clients want to see, in Dovecot's format.
//!
//! Since version 2.3 that is `V<TAB>2`, an empty line, then one name a line in modified UTF-7 with
//! a TAB between its levels; before, it was one name a line. Both are read, the newer is written.
//! Lines that we do not understand are kept.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::StoreError;
use super::disk;
use super::name::{FolderName, SEPARATOR};

const VERSION_2: &str = "V\t2\n\n";

/// Returns the names subscribed to, sorted.
pub(super) fn list(account: &Path) -> Result<Vec<FolderName>, StoreError> {
    let lines = lines(&disk::read_text(&file(account))?);
    let names = lines.iter().filter_map(|line| FolderName::decode(&line.replace('\t', ".")));
    let names: BTreeSet<FolderName> = names.collect();
    Ok(names.into_iter().collect())
}

/// Subscribes to a name, or unsubscribes from it.
pub(super) fn set(account: &Path, name: &FolderName, subscribed: bool) -> Result<(), StoreError> {
    let line = name.encoded().replace(SEPARATOR, "\t");
    disk::edit(&file(account), |text| {
        let mut lines = lines(text);
        if lines.contains(&line) == subscribed {
            return Ok(None);
        }
        if subscribed {
            lines.push(line);
        } else {
            lines.retain(|other| *other != line);
        }
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        Ok(Some(format!("{VERSION_2}{lines}")))
    })
}

fn file(account: &Path) -> PathBuf {
    account.join("subscriptions")
}

/// Returns the lines as version 2 has them.
fn lines(text: &str) -> Vec<String> {
    match text.strip_prefix(VERSION_2) {
        Some(names) => names.lines().map(str::to_owned).collect(),
        None => text.lines().map(|l| l.replace(SEPARATOR, "\t")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(account: &Path) -> Vec<String> {
        let names = list(account).unwrap();
        names.iter().map(|name| name.text().to_owned()).collect()
    }

    #[test]
    fn both_versions_are_read_and_the_newer_is_written() {
        for before in ["Lists.rust\n", "V\t2\n\nLists\trust\n"] {
            let account = tempfile::tempdir().unwrap();
            let path = file(account.path());
            fs::write(&path, before).unwrap();
            assert_eq!(names(account.path()), ["Lists.rust"]);
            let name = FolderName::parse("Entwürfe.1").unwrap();
            set(account.path(), &name, true).unwrap();
            set(account.path(), &name, true).unwrap();
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(text, "V\t2\n\nLists\trust\nEntw&APw-rfe\t1\n");
            set(account.path(), &name, false).unwrap();
            assert_eq!(names(account.path()), ["Lists.rust"]);
        }
    }
}
