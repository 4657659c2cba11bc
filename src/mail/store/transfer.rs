//! Copies and moves messages from one mailbox to another.
//!
//! A copy is a hard link, and appears with all the others of its command or not at all. A move is one
//! rename for each message: whatever happens, it is in exactly one of the two mailboxes, and of two
//! clients that move it at the same time only one succeeds (RFC 6851 §3.3).

use std::collections::HashMap;
use std::fs;
use std::io;
use std::sync::Arc;

use super::edit::{Edit, PendingMove, new_base};
use super::maildir::{Dir, MailFile};
use super::staged::{StagedFile, destination};
use super::{Mailbox, Message, StoreError, Uid, disk};
use crate::mail::message::Flags;

/// What a transfer does if some of its messages are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    /// It skips them.
    Skip,
    /// It transfers nothing: [`StoreError::MessageGone`].
    Fail,
}

/// A message that has arrived: its old UID, and its unique name here.
type Placed = (Uid, Arc<str>);

impl Mailbox {
    /// Copies messages with their flags and dates, by hard links.
    /// Returns the UIDs, old and new, of the messages that still existed.
    ///
    /// # Errors
    /// The disk's, or [`StoreError::MessageGone`] by [`IfMissing::Fail`]; then none was copied.
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
            let file = destination(to, &new_base(&message), &message.flags)?;
            copies.push((message.uid, staged, file));
        }
        let placed = to.place(copies)?;
        to.uids_of(placed)
    }

    /// Moves messages with their flags and dates.
    /// Returns the UIDs, old and new, of the messages that still existed.
    ///
    /// # Errors
    /// As [`Mailbox::copy`]; but if the disk fails in the middle, some may have been moved.
    pub fn move_to(
        &self,
        uids: &[Uid],
        to: &Mailbox,
        if_missing: IfMissing,
    ) -> Result<Vec<(Uid, Uid)>, StoreError> {
        let present = self.present(uids, to, if_missing)?;
        let uids: Vec<Uid> = present.iter().map(|message| message.uid).collect();
        let mut pending = move_into(to, &present)?;
        match self.edit(&uids, &mut Edit::Move(&mut pending)) {
            Err(StoreError::Disk(_, error)) if error.kind() == io::ErrorKind::CrossesDevices => {
                self.copy_and_remove(&uids, to)
            }
            edited => {
                let moved = to.arrived(pending.moved)?;
                edited?;
                to.uids_of(moved)
            }
        }
    }

    /// Moves messages to another file system, where a rename cannot reach.
    fn copy_and_remove(&self, uids: &[Uid], to: &Mailbox) -> Result<Vec<(Uid, Uid)>, StoreError> {
        let copied = self.copy(uids, to, IfMissing::Skip)?;
        let originals: Vec<Uid> = copied.iter().map(|(old, _)| *old).collect();
        self.remove(&originals)?;
        Ok(copied)
    }

    /// Returns the messages that exist, in this order.
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
        let present = uids.iter().filter_map(|uid| snapshot.uid(*uid).cloned());
        let present: Vec<Arc<Message>> = present.collect();
        if if_missing == IfMissing::Fail && present.len() < uids.len() {
            return Err(StoreError::MessageGone);
        }
        Ok(present)
    }

    /// Puts all these files into the mailbox, or none. Each has a number by which the caller knows
    /// it: its old UID, or its place in a row.
    pub(super) fn place(
        &self,
        copies: Vec<(Uid, StagedFile, MailFile)>,
    ) -> Result<Vec<Placed>, StoreError> {
        let mut placed: Vec<(Uid, MailFile)> = Vec::with_capacity(copies.len());
        // Under the lock, so that no session here sees half of them.
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

    /// Makes the arrival of these files durable, and wakes the conversations that watch.
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

    /// Returns the UIDs that these messages have here, each beside its old one.
    pub(super) fn uids_of(&self, placed: Vec<Placed>) -> Result<Vec<(Uid, Uid)>, StoreError> {
        if placed.is_empty() {
            return Ok(Vec::new());
        }
        let after = self.refresh()?;
        let uids = after.messages.iter().map(|m| (&m.file.name.base, m.uid));
        let uids: HashMap<&Arc<str>, Uid> = uids.collect();
        let pairs = placed.iter();
        Ok(pairs.filter_map(|(old, base)| Some((*old, *uids.get(base)?))).collect())
    }
}

/// Prepares a move into this mailbox, which learns the keywords of the messages.
fn move_into(mailbox: &Mailbox, messages: &[Arc<Message>]) -> Result<PendingMove, StoreError> {
    let mut all = Flags::new();
    let keywords = messages.iter().flat_map(|message| message.flags.keywords());
    keywords.for_each(|keyword| all.set_keyword(keyword));
    let to_keywords = mailbox.with_state(|state| {
        state.keywords.letters(&all, "")?;
        Ok(state.keywords.clone())
    })?;
    Ok(PendingMove {
        to_name: mailbox.name().to_owned(),
        to_maildir: mailbox.maildir().to_path_buf(),
        to_keywords,
        moved: Vec::new(),
    })
}
