//! Messages go from one mailbox to another: copied, or moved.
//!
//! A copy is a hard link, and appears with all the others of its command or not at all. A move is one
//! rename for each message: whatever happens, it is in exactly one of the two mailboxes, and of two
//! clients that move it at the same time one has moved it (RFC 6851 §3.3).

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::delivery::{StagedFile, destination};
use super::edit::Edit;
use super::keywords::Keywords;
use super::maildir::{self, Dir, MailFile};
use super::{Mailbox, Message, StoreError, Uid, disk};
use crate::mail::message::Flags;

/// What becomes of a transfer when some of its messages are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    /// They are passed over.
    Skip,
    /// Nothing is transferred: [`StoreError::MessageGone`].
    Fail,
}

/// A message under way, and where it goes.
type Placed = (Uid, Arc<str>);

impl Mailbox {
    /// Copies messages, flags and dates included, without copying their bytes (hard links).
    /// Returns the UIDs, old and new, of those that were still there.
    ///
    /// # Errors
    /// The disk's, or [`StoreError::MessageGone`] as `gone` says; then none was copied.
    pub fn copy(
        &self,
        uids: &[Uid],
        to: &Mailbox,
        if_missing: IfMissing,
    ) -> Result<Vec<(Uid, Uid)>, StoreError> {
        let mut copies = Vec::new();
        for message in self.present(uids, to, if_missing)? {
            let staged = match self.locate(&message, |path| StagedFile::link(path, to.maildir())) {
                Err(StoreError::MessageGone) if if_missing == IfMissing::Skip => continue,
                other => other?,
            };
            let file = destination(to, &renamed(&message), &message.flags)?;
            copies.push((message.uid, staged, file));
        }
        let placed = to.place(copies)?;
        to.uids_of(placed)
    }

    /// Moves messages, flags and dates included. Returns the UIDs, old and new, of those that were
    /// moved: the others were gone.
    ///
    /// # Errors
    /// As [`Mailbox::copy`], but if the disk fails in the middle, some may have been moved.
    pub fn move_to(
        &self,
        uids: &[Uid],
        to: &Mailbox,
        if_missing: IfMissing,
    ) -> Result<Vec<(Uid, Uid)>, StoreError> {
        let present = self.present(uids, to, if_missing)?;
        let uids: Vec<Uid> = present.iter().map(|message| message.uid).collect();
        let mut moving = Moving::to(to, &present)?;
        match self.edit(&uids, &mut Edit::Move(&mut moving)) {
            Err(StoreError::Disk(_, error)) if error.kind() == io::ErrorKind::CrossesDevices => {
                self.copy_and_remove(&uids, to)
            }
            edited => {
                let moved = to.arrived(moving.moved)?;
                edited?;
                to.uids_of(moved)
            }
        }
    }

    /// A move to another file system, where nothing can be renamed to.
    fn copy_and_remove(&self, uids: &[Uid], to: &Mailbox) -> Result<Vec<(Uid, Uid)>, StoreError> {
        let copied = self.copy(uids, to, IfMissing::Skip)?;
        let originals: Vec<Uid> = copied.iter().map(|(old, _)| *old).collect();
        self.remove(&originals)?;
        Ok(copied)
    }

    /// Those of the messages that are there, in this order, if there is anywhere to bring them.
    fn present(
        &self,
        uids: &[Uid],
        to: &Mailbox,
        if_missing: IfMissing,
    ) -> Result<Vec<Arc<Message>>, StoreError> {
        if to.is_deleted() {
            return Err(StoreError::NoSuchMailbox(to.name().to_owned()));
        }
        let snapshot = self.refresh()?;
        let found = uids.iter().filter_map(|uid| snapshot.uid(*uid).cloned());
        let found: Vec<Arc<Message>> = found.collect();
        if if_missing == IfMissing::Fail && found.len() < uids.len() {
            return Err(StoreError::MessageGone);
        }
        Ok(found)
    }

    /// Puts all of these into the mailbox, or none. Each has a number that it is known by here: its
    /// old UID, or its place in a row.
    pub(super) fn place(
        &self,
        copies: Vec<(Uid, StagedFile, MailFile)>,
    ) -> Result<Vec<Placed>, StoreError> {
        let mut placed: Vec<(Uid, MailFile)> = Vec::with_capacity(copies.len());
        // Under the lock: nobody here sees the half of them.
        self.with_state(|_| {
            for (uid, staged, file) in copies {
                if let Err(error) = staged.publish(self, &file) {
                    for (_, file) in &placed {
                        let _ = fs::remove_file(file.path(self.maildir()));
                    }
                    return Err(error);
                }
                placed.push((uid, file));
            }
            placed.iter().for_each(|(_, file)| self.touch(file.dir));
            Ok(())
        })?;
        self.arrived(placed)
    }

    /// These files are there: makes that last, and tells those who watch.
    fn arrived(&self, files: Vec<(Uid, MailFile)>) -> Result<Vec<Placed>, StoreError> {
        for dir in Dir::BOTH {
            if files.iter().any(|(_, file)| file.dir == dir) {
                self.touch(dir);
                disk::sync_folder(&dir.of(self.maildir()))?;
            }
        }
        if !files.is_empty() {
            self.ring();
        }
        let placed = files.into_iter().map(|(uid, file)| (uid, file.name.base));
        Ok(placed.collect())
    }

    /// The UIDs that these have here.
    pub(super) fn uids_of(&self, placed: Vec<Placed>) -> Result<Vec<(Uid, Uid)>, StoreError> {
        if placed.is_empty() {
            return Ok(Vec::new());
        }
        let after = self.refresh()?;
        let uids = after.messages.iter().map(|m| (&m.file.name.base, m.uid));
        let uids: HashMap<&Arc<str>, Uid> = uids.collect();
        let pairs = placed.iter();
        Ok(pairs
            .filter_map(|(old, base)| Some((*old, *uids.get(base)?)))
            .collect())
    }
}

/// A new name, which tells the same sizes.
fn renamed(message: &Message) -> Arc<str> {
    (maildir::unique() + &message.file.name.sizes()).into()
}

/// A move that is under way. It knows all that it must know of the other mailbox, whose lock may not
/// be taken under that of the first: somebody may be moving messages the other way.
pub(super) struct Moving {
    name: String,
    maildir: PathBuf,
    keywords: Keywords,
    /// What is there already.
    moved: Vec<(Uid, MailFile)>,
}

impl Moving {
    /// Into this mailbox, which learns the keywords of the messages.
    fn to(mailbox: &Mailbox, messages: &[Arc<Message>]) -> Result<Moving, StoreError> {
        let mut all = Flags::new();
        let keywords = messages.iter().flat_map(|message| message.flags.keywords());
        keywords.for_each(|keyword| all.set_keyword(keyword));
        let keywords = mailbox.with_state(|state| {
            state.keywords.letters(&all, "")?;
            Ok(state.keywords.clone())
        })?;
        Ok(Moving {
            name: mailbox.name().to_owned(),
            maildir: mailbox.maildir().to_path_buf(),
            keywords,
            moved: Vec::new(),
        })
    }

    /// Moves this message from this file.
    pub(super) fn take(&mut self, message: &Message, from: &Path) -> Result<(), StoreError> {
        let letters = self.keywords.known_letters(&message.flags, "");
        let file = MailFile::arriving(renamed(message), &letters);
        match fs::rename(from, file.path(&self.maildir)) {
            // Not the message is missing, but where it should go.
            Err(error) if error.kind() == io::ErrorKind::NotFound && from.exists() => {
                return Err(StoreError::NoSuchMailbox(self.name.clone()));
            }
            renamed => renamed.map_err(StoreError::disk(from))?,
        }
        self.moved.push((message.uid, file));
        Ok(())
    }
}
