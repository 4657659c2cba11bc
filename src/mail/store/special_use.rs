//! `special-use`: the mailboxes for drafts, for sent mail and so on (RFC 6154). Only Pillarbox uses this
//! file; Dovecot has special uses in its configuration.
//!
//! A line is a use as IMAP writes it, a space, and a mailbox in modified UTF-7: `\Drafts Drafts`. A
//! use belongs to one mailbox, and a mailbox may have several. A line whose mailbox does not exist
//! means nothing. So a use is written before its mailbox is made or renamed, and both appear at once,
//! by the rename of a folder.

use std::path::{Path, PathBuf};

use super::name::FolderName;
use super::{StoreError, disk};
use crate::mail::protocol::imap::SpecialUse;

/// A use, and the mailbox that has it.
type UseEntry = (SpecialUse, FolderName);

/// Returns the uses in the file, of mailboxes that exist or not.
pub(super) fn list(account: &Path) -> Result<Vec<UseEntry>, StoreError> {
    Ok(entries(&disk::read_text(&file(account))?))
}

/// Gives a mailbox these uses, and no others.
///
/// # Errors
/// When another mailbox that exists has one of them, or the disk's.
pub(super) fn set(
    account: &Path,
    name: &FolderName,
    uses: &[SpecialUse],
    exists: impl Fn(&FolderName) -> bool,
) -> Result<(), StoreError> {
    change(account, |entries| {
        let taken = |(special_use, owner): &&UseEntry| {
            uses.contains(special_use) && owner != name && exists(owner)
        };
        if let Some((special_use, owner)) = entries.iter().find(taken) {
            let owner = owner.text().to_owned();
            return Err(StoreError::UseTaken(special_use.to_string(), owner));
        }
        entries.retain(|(special_use, owner)| owner != name && !uses.contains(special_use));
        entries.extend(uses.iter().map(|special_use| (special_use.clone(), name.clone())));
        Ok(())
    })
}

/// Prepares renames, each an old name and its new one. Before them the lines with the new names mean
/// nothing, after them those with the old ones.
pub(super) fn announce(
    account: &Path,
    renames: &[(FolderName, FolderName)],
) -> Result<(), StoreError> {
    change(account, |entries| {
        for (special_use, owner) in entries.clone() {
            let renamed = renames.iter().find(|(old, _)| *old == owner);
            entries.extend(renamed.map(|(_, new)| (special_use, new.clone())));
        }
        Ok(())
    })
}

/// Removes lines that mean nothing.
pub(super) fn tidy(account: &Path, exists: impl Fn(&FolderName) -> bool) -> Result<(), StoreError> {
    change(account, |entries| {
        entries.retain(|(_, owner)| exists(owner));
        Ok(())
    })
}

fn change(
    account: &Path,
    change: impl FnOnce(&mut Vec<UseEntry>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let path = file(account);
    disk::edit(&path, |text| {
        let before = entries(text);
        let mut entries = before.clone();
        change(&mut entries)?;
        entries.sort();
        entries.dedup();
        let line = |(special_use, name): &UseEntry| format!("{special_use} {}\n", name.encoded());
        Ok((entries != before).then(|| entries.iter().map(line).collect()))
    })
}

fn entries(text: &str) -> Vec<UseEntry> {
    let entry = |line: &str| {
        let (special_use, name) = line.strip_prefix('\\')?.split_once(' ')?;
        Some((SpecialUse::named(special_use), FolderName::decode(name)?))
    };
    text.lines().filter_map(entry).collect()
}

fn file(account: &Path) -> PathBuf {
    account.join("special-use")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn name(text: &str) -> FolderName {
        FolderName::parse(text).unwrap()
    }

    #[test]
    fn a_use_is_written_down_taken_over_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let account = folder.path();
        let text = || fs::read_to_string(file(account)).unwrap_or_default();
        let everything = |_: &FolderName| true;
        let rows: [(&str, &[SpecialUse], &str); 4] = [
            ("Entwürfe 1", &[SpecialUse::Drafts], "\\Drafts Entw&APw-rfe 1\n"),
            (
                "Old",
                &[SpecialUse::Trash, SpecialUse::Archive],
                "\\Archive Old\n\\Drafts Entw&APw-rfe 1\n\\Trash Old\n",
            ),
            ("Entwürfe 1", &[], "\\Archive Old\n\\Trash Old\n"),
            ("Old", &[SpecialUse::Trash], "\\Trash Old\n"),
        ];
        for (mailbox, uses, expected) in rows {
            set(account, &name(mailbox), uses, everything).unwrap();
            assert_eq!(text(), expected);
        }
        announce(account, &[(name("Old"), name("New"))]).unwrap();
        assert_eq!(text(), "\\Trash New\n\\Trash Old\n");
        tidy(account, |owner| owner.text() == "New").unwrap();
        assert_eq!(list(account).unwrap(), [(SpecialUse::Trash, name("New"))]);

        let refused = set(account, &name("Other"), &[SpecialUse::Trash], everything);
        assert!(matches!(refused, Err(StoreError::UseTaken(_, owner)) if owner == "New"));
        // Without its mailbox the line means nothing.
        set(account, &name("Other"), &[SpecialUse::Trash], |_| false).unwrap();
        assert_eq!(text(), "\\Trash Other\n");
    }

    #[test]
    fn a_file_that_nothing_changes_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        set(folder.path(), &name("Work"), &[], |_| true).unwrap();
        announce(folder.path(), &[(name("Work"), name("Play"))]).unwrap();
        tidy(folder.path(), |_| false).unwrap();
        assert!(!file(folder.path()).exists());
        fs::write(file(folder.path()), "\\Sent Sent\nrubbish\n\\Junk a..b\n").unwrap();
        let entries = list(folder.path()).unwrap();
        assert_eq!(entries, [(SpecialUse::Sent, name("Sent"))]);
    }
}
