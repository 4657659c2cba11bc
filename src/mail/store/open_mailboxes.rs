//! The mailboxes that conversations have open, shared by a store and its accounts.
//!
//! As long as a conversation has a mailbox open, there is one [`Mailbox`] for its folder.
//!
//! There are three locks, always taken in this order: an account's names (CREATE, DELETE, RENAME), a
//! mailbox's state, and the map of open mailboxes. All accounts share the last one, so no work under
//! it may wait; the state of a mailbox can be waited for as long as another program holds it up.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};

use super::disk::lock;
use super::name::FolderName;
use super::watch::FolderWatcher;
use super::{Mailbox, StoreError, maildir};

/// The open mailboxes of one store.
#[derive(Default)]
pub(super) struct OpenMailboxes {
    /// By folder. An entry whose mailbox is closed says that the folder was cleaned.
    mailboxes: Mutex<HashMap<PathBuf, Weak<Mailbox>>>,
    watcher: Arc<FolderWatcher>,
    /// For each account, the lock under which the names of its mailboxes change.
    names: Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

impl OpenMailboxes {
    /// No open mailbox yet, and this watcher for other programs' changes.
    #[cfg(test)]
    pub(super) fn with(watcher: FolderWatcher) -> OpenMailboxes {
        OpenMailboxes { watcher: Arc::new(watcher), ..OpenMailboxes::default() }
    }

    /// Returns the lock for the names of this account's mailboxes.
    pub(super) fn names_lock(&self, account: &str) -> Arc<Mutex<()>> {
        let mut names = lock(&self.names);
        Arc::clone(names.entry(account.to_owned()).or_default())
    }

    /// Opens the mailbox in this folder, or returns the one that is open.
    pub(super) fn open(
        &self,
        name: &FolderName,
        path: PathBuf,
    ) -> Result<Arc<Mailbox>, StoreError> {
        let mut mailboxes = lock(&self.mailboxes);
        // Looked for under the lock: a session that deletes it has it open until it is gone.
        if !maildir::exists(&path) {
            return Err(StoreError::NoSuchMailbox(name.text().to_owned()));
        }
        if let Some(mailbox) = mailboxes.get(&path).and_then(Weak::upgrade)
            && !mailbox.is_deleted()
        {
            return Ok(mailbox);
        }
        let mailbox = Arc::new(Mailbox::at(name.text(), &path, &self.watcher));
        let before = mailboxes.insert(path, Arc::downgrade(&mailbox));
        drop(mailboxes);
        if before.is_none() {
            maildir::clean(mailbox.maildir());
        }
        Ok(mailbox)
    }

    /// Forgets this mailbox, whose folder was taken away.
    pub(super) fn forget(&self, mailbox: &Arc<Mailbox>) {
        let folder: &Path = mailbox.maildir();
        let mut mailboxes = lock(&self.mailboxes);
        let is_this = |entry: &Weak<Mailbox>| std::ptr::eq(entry.as_ptr(), Arc::as_ptr(mailbox));
        // A new mailbox may have been made and opened under this name in the meantime.
        if mailboxes.get(folder).is_some_and(is_this) {
            mailboxes.remove(folder);
        }
    }
}
