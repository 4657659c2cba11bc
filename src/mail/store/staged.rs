//! Files in a Maildir's `tmp/`, which become messages by a rename.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::maildir::{self, MailFile};
use super::{Mailbox, StoreError, disk};
use crate::mail::message::Flags;

/// A file in `tmp/`, which is removed when this is dropped.
pub(super) struct StagedFile(PathBuf);

/// A message that is durable in `tmp/`, and in no mailbox yet.
pub(super) struct StagedMessage {
    pub(super) file: StagedFile,
    /// The part of its name that holds its sizes: `,S=4,W=5`.
    pub(super) sizes: String,
    pub(super) flags: Flags,
}

impl StagedFile {
    /// Makes a new file.
    pub(super) fn make(maildir: &Path) -> Result<(StagedFile, File), StoreError> {
        let path = maildir.join("tmp").join(maildir::unique());
        let file = disk::make_file(&path).map_err(StoreError::disk(&path))?;
        Ok((StagedFile(path), file))
    }

    /// Links a file, or copies it where the file system has no links.
    pub(super) fn link(source: &Path, maildir: &Path) -> io::Result<StagedFile> {
        let staged = StagedFile(maildir.join("tmp").join(maildir::unique()));
        match fs::hard_link(source, &staged.0) {
            Ok(()) => Ok(staged),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
            Err(_) => {
                let date = fs::metadata(source)?.modified()?;
                fs::copy(source, &staged.0)?;
                let file = File::options().write(true).open(&staged.0)?;
                file.set_modified(date)?;
                file.sync_all()?;
                Ok(staged)
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Moves the file to its place, in one step.
    pub(super) fn publish(self, mailbox: &Mailbox, file: &MailFile) -> Result<(), StoreError> {
        let path = file.path(mailbox.maildir());
        match fs::rename(&self.0, &path) {
            Ok(()) => Ok(()),
            Err(_) if mailbox.is_deleted() => {
                Err(StoreError::NoSuchMailbox(mailbox.name().to_owned()))
            }
            Err(error) => Err(StoreError::Disk(path, error)),
        }
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Returns the place for a message with these flags.
pub(super) fn destination(
    mailbox: &Mailbox,
    base: &Arc<str>,
    flags: &Flags,
) -> Result<MailFile, StoreError> {
    let letters = if flags.is_empty() {
        // Then nothing of the mailbox need be read.
        String::new()
    } else {
        mailbox.with_state(|state| state.keywords.letters(flags, ""))?
    };
    Ok(MailFile::arriving(Arc::clone(base), &letters))
}
