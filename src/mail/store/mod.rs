//! Mail on disk: one Maildir++ for each account, the UIDs in Dovecot's own files.
//!
//! A [`Store`] has accounts, an [`Account`] has mailboxes, and a [`Mailbox`] is shared by all the
//! conversations that have it open: they look at its [`Snapshot`]s, and a waker tells them of a new
//! one. A message enters by a [`Delivery`], which is in a mailbox whole or not at all.
//!
//! Lines end with LF on disk, as Unix programs expect, and with CRLF when they are handed out.
//!
//! Read `delivery` (a message enters), `mailbox` and `snapshot` (what conversations share) first.
//! Below them are `maildir` (file names), `uidlist` and `keywords` (Dovecot's files), `changes` and
//! `state` (what changed on disk) and `edit` (what we change). `watch` and `others` notice other
//! programs; `transfer` and `batch` are for COPY, MOVE and APPEND of many messages.

mod account;
mod batch;
mod changes;
mod delivery;
pub(crate) mod disk;
mod edit;
mod error;
mod keywords;
mod mailbox;
mod maildir;
mod name;
mod open_mailboxes;
mod others;
mod snapshot;
mod special_use;
mod staged;
mod state;
mod subscriptions;
#[cfg(test)]
mod tests;
mod transfer;
mod uidlist;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use account::{Account, DEFAULT_MAILBOXES};
pub use batch::Batch;
pub use delivery::{Delivery, DeliveryOutcome};
pub use error::StoreError;
pub use mailbox::{ExclusiveLock, Mailbox, MessageReader, WatchGuard};
use open_mailboxes::OpenMailboxes;
pub use snapshot::{Identity, Message, Snapshot};
pub use transfer::IfMissing;
pub use uidlist::Uid;

/// The mail of all the accounts, in one folder.
///
/// ```
/// use pillarbox::mail::store::{Delivery, Store};
/// use std::io::{Read, Write};
///
/// let folder = tempfile::tempdir()?;
/// let alice = Store::open(folder.path())?.account("alice")?;
/// let inbox = alice.inbox()?;
///
/// let mut delivery = Delivery::begin(vec![inbox.clone()])?;
/// delivery.write_all(b"Subject: hello\r\n\r\nHi!\r\n")?;
/// let name = delivery.commit()?;
///
/// let snapshot = inbox.refresh()?;
/// let message = snapshot.find(&name).ok_or("lost")?;
/// let mut text = String::new();
/// inbox.open(message)?.read_to_string(&mut text)?;
/// assert_eq!((message.uid, text.as_str()), (1, "Subject: hello\r\n\r\nHi!\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Store {
    path: PathBuf,
    open: Arc<OpenMailboxes>,
}

impl Store {
    /// Opens the store, and makes its folder if there is none.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn open(path: &Path) -> Result<Arc<Store>, StoreError> {
        Store::with(path, OpenMailboxes::default())
    }

    fn with(path: &Path, open: OpenMailboxes) -> Result<Arc<Store>, StoreError> {
        disk::make_folder(path)?;
        // An unnamed file: better to fail now than at the first message if this is read-only.
        tempfile::tempfile_in(path).map_err(StoreError::disk(path))?;
        Ok(Arc::new(Store { path: path.to_path_buf(), open: Arc::new(open) }))
    }

    /// Returns the account's mail. Its Maildir is made at the first use.
    ///
    /// # Errors
    /// When the name cannot name a folder (only `a-z 0-9 . _ -`, no leading dot), or on the disk's errors.
    pub fn account(&self, name: &str) -> Result<Account, StoreError> {
        check_account(name)?;
        let folder = self.path.join(name);
        if !self.has_account(name) {
            maildir::make(&folder)?;
            disk::sync_folder(&self.path)?;
        }
        Ok(Account::new(&self.open, name, folder))
    }

    /// Makes a new account with INBOX and the [`DEFAULT_MAILBOXES`], subscribed to. An existing
    /// account stays as it is.
    ///
    /// # Errors
    /// As [`Store::account`].
    pub fn make_account(&self, name: &str) -> Result<Account, StoreError> {
        check_account(name)?;
        if !self.has_account(name) {
            let folder = self.path.join(name);
            // A mailbox needs only this to be made. The account exists once it has its own `cur/`.
            disk::make_folder(&folder.join("tmp"))?;
            Account::new(&self.open, name, folder).make_default_mailboxes()?;
        }
        self.account(name)
    }

    /// True if this account has a Maildir. (The first run puts messages only into new ones.)
    #[must_use]
    pub fn has_account(&self, name: &str) -> bool {
        check_account(name).is_ok() && maildir::exists(&self.path.join(name))
    }
}

fn check_account(name: &str) -> Result<(), StoreError> {
    let bad = |why| Err(StoreError::BadName(name.to_owned(), why));
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if name.is_empty() || name.len() > 100 {
        return bad("an account's name has 1 to 100 characters");
    }
    if !name.chars().all(allowed) || name.starts_with('.') {
        return bad("an account's name has only a-z 0-9 . _ - and begins with no dot");
    }
    Ok(())
}
