//! Our own changes in a Maildir: flags, removals, moves.
//!
//! Another program may rename a message's file at any moment. Then the folder is scanned again, and
//! the change is made to the file under its new name.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::keywords::Keywords;
use super::maildir::{self, Dir, MailFile};
use super::state::MailboxState;
use super::{Mailbox, Message, Snapshot, StoreError, Uid};
use crate::mail::message::FlagChange;

/// Attempts for a change, each for the files that were renamed during the one before.
const ATTEMPTS: usize = 5;

/// A change to a message.
pub(super) enum Edit<'a> {
    Flags(&'a FlagChange),
    Remove,
    /// Move it from `new/` to `cur/`.
    Claim,
    /// Move it to another mailbox.
    Move(&'a mut PendingMove),
}

impl Mailbox {
    /// Changes flags, and returns the new snapshot. Expunged UIDs are skipped.
    ///
    /// # Errors
    /// The disk's.
    pub fn store(&self, uids: &[Uid], change: &FlagChange) -> Result<Arc<Snapshot>, StoreError> {
        self.edit(uids, &mut Edit::Flags(change))
    }

    /// Removes messages for good, and returns the new snapshot. Expunged UIDs are skipped.
    ///
    /// # Errors
    /// The disk's.
    pub fn remove(&self, uids: &[Uid]) -> Result<Arc<Snapshot>, StoreError> {
        self.edit(uids, &mut Edit::Remove)
    }

    pub(super) fn edit(
        &self,
        uids: &[Uid],
        edit: &mut Edit<'_>,
    ) -> Result<Arc<Snapshot>, StoreError> {
        let (result, changed) = self.with_state(|state| {
            // A flag that another program took away would otherwise count as set already.
            self.look(state)?;
            let before = Arc::clone(&state.snapshot);
            let result = state.edit(uids, edit);
            let changed = !Arc::ptr_eq(&before, &state.snapshot);
            Ok((result.map(|()| Arc::clone(&state.snapshot)), changed))
        })?;
        if changed {
            self.ring();
        }
        result
    }
}

impl MailboxState {
    /// Makes the change to all these messages that still exist.
    fn edit(&mut self, uids: &[Uid], edit: &mut Edit<'_>) -> Result<(), StoreError> {
        let mut missed = uids.to_vec();
        for _ in 0..ATTEMPTS {
            let unchanged = self.changes.unchanged();
            let still_missed = self.edit_once(&missed, edit);
            self.changes.changed_by_us(unchanged);
            missed = still_missed?;
            if missed.is_empty() {
                break;
            }
            // Another program renamed them, or removed them.
            self.changes.distrust_all();
            self.refresh()?;
        }
        Ok(())
    }

    /// Makes the change once; returns the messages whose file was not found.
    fn edit_once(&mut self, uids: &[Uid], edit: &mut Edit<'_>) -> Result<Vec<Uid>, StoreError> {
        let mut messages = self.snapshot.messages.clone();
        let mut missed = Vec::new();
        let mut removed = HashSet::new();
        let mut result = Ok(());
        let mut changed = false;
        for &uid in uids {
            let Ok(at) = messages.binary_search_by_key(&uid, |message| message.uid) else {
                continue;
            };
            match self.edit_file(&messages[at], edit) {
                Ok(Some(file)) if file == messages[at].file => continue,
                Ok(Some(file)) => {
                    messages[at] = Arc::new(messages[at].renamed(file, &self.keywords));
                }
                Ok(None) => {
                    removed.insert(uid);
                }
                Err(error) if error.is_not_found() => {
                    missed.push(uid);
                    continue;
                }
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
            changed = true;
        }
        if changed {
            messages.retain(|message| !removed.contains(&message.uid));
            self.publish(messages);
        }
        result.map(|()| missed)
    }

    /// Changes one file on disk; returns its new place, or `None` if it left the mailbox.
    ///
    /// It is not synced: after a power cut a message may show older flags, or come back with its
    /// UID, but it is whole.
    fn edit_file(
        &mut self,
        message: &Message,
        edit: &mut Edit<'_>,
    ) -> Result<Option<MailFile>, StoreError> {
        let old = message.file.path(&self.maildir);
        let letters = message.file.name.letters();
        let file = match edit {
            Edit::Remove => {
                fs::remove_file(&old).map_err(StoreError::disk(&old))?;
                return Ok(None);
            }
            Edit::Move(pending) => {
                pending.take(message, &old)?;
                return Ok(None);
            }
            Edit::Claim => message.file.with_letters(letters),
            Edit::Flags(change) => {
                let flags = message.flags.changed(change);
                let wanted = self.keywords.letters(&flags, letters)?;
                if wanted == letters {
                    return Ok(Some(message.file.clone()));
                }
                message.file.with_letters(&wanted)
            }
        };
        fs::rename(&old, file.path(&self.maildir)).map_err(StoreError::disk(&old))?;
        Ok(Some(file))
    }

    /// Reports what is recent to one session, and to no session after it.
    pub(super) fn claim_recent(&mut self) -> Result<Arc<Snapshot>, StoreError> {
        let first_recent = self.snapshot.first_recent;
        let messages = self.snapshot.messages.iter();
        let in_new = messages.filter(|message| message.file.dir == Dir::New);
        let uids: Vec<Uid> = in_new.map(|message| message.uid).collect();
        self.edit(&uids, &mut Edit::Claim)?;
        let claimed = Arc::clone(&self.snapshot);
        if first_recent != claimed.uid_next {
            self.snapshot = Arc::new(claimed.with_first_recent(claimed.uid_next));
        }
        Ok(claimed)
    }
}

/// A move to another mailbox.
///
/// It holds all that it needs of that mailbox, whose lock may not be taken under the lock of the
/// first: another client may be moving messages the other way.
pub(super) struct PendingMove {
    pub(super) to_name: String,
    pub(super) to_maildir: PathBuf,
    pub(super) to_keywords: Keywords,
    /// The files that have arrived there, each with its old UID.
    pub(super) moved: Vec<(Uid, MailFile)>,
}

impl PendingMove {
    /// Moves this message, whose file is here.
    fn take(&mut self, message: &Message, from: &Path) -> Result<(), StoreError> {
        let letters = self.to_keywords.known_letters(&message.flags, "");
        let file = MailFile::arriving(new_base(message), &letters);
        match fs::rename(from, file.path(&self.to_maildir)) {
            // The message exists, so the folder that it should go to does not.
            Err(error) if error.kind() == io::ErrorKind::NotFound && from.exists() => {
                return Err(StoreError::NoSuchMailbox(self.to_name.clone()));
            }
            renamed => renamed.map_err(StoreError::disk(from))?,
        }
        self.moved.push((message.uid, file));
        Ok(())
    }
}

/// Returns a new unique name with the same sizes.
pub(super) fn new_base(message: &Message) -> Arc<str> {
    (maildir::unique() + &message.file.name.sizes()).into()
}
