//! What we change in a Maildir ourselves: flags, removals, moves. Used under the mailbox's lock.
//!
//! A message's file may be renamed by another program at any moment. Then the folder is looked at
//! again, and the change is made to the file under its new name.

use std::collections::HashSet;
use std::fs;
use std::sync::Arc;

use super::maildir::MailFile;
use super::snapshot::Message;
use super::state::MailboxState;
use super::transfer::Moving;
use super::{StoreError, Uid};
use crate::mail::message::FlagChange;

/// How often that is done, each time for those files that were renamed meanwhile.
const ATTEMPTS: usize = 5;

/// What to do to a message.
pub(super) enum Edit<'a> {
    Flags(&'a FlagChange),
    Remove,
    /// Move it from `new/` to `cur/`.
    Claim,
    /// Move it to another mailbox.
    Move(&'a mut Moving),
}

impl MailboxState {
    /// Does this to the messages that are still there.
    pub(super) fn edit(&mut self, uids: &[Uid], edit: &mut Edit<'_>) -> Result<(), StoreError> {
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

    /// Returns those whose file is not where it was.
    fn edit_once(&mut self, uids: &[Uid], edit: &mut Edit<'_>) -> Result<Vec<Uid>, StoreError> {
        let mut messages = self.snapshot.messages.clone();
        let (mut missed, mut removed) = (Vec::new(), HashSet::new());
        let mut result = Ok(());
        let mut changed = false;
        for &uid in uids {
            let Ok(at) = messages.binary_search_by_key(&uid, |message| message.uid) else {
                continue;
            };
            match self.edit_file(&messages[at], edit) {
                Ok(Some(file)) if file == messages[at].file => continue,
                Ok(Some(file)) => {
                    messages[at] = Arc::new(messages[at].renamed(file, &self.keywords))
                }
                Ok(None) => drop(removed.insert(uid)),
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

    /// Changes one file on disk; returns where it is now. Not synced: after a power cut a message
    /// may show older flags, or come back with its UID, but it is whole.
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
            Edit::Move(moving) => return moving.take(message, &old).map(|()| None),
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
}
