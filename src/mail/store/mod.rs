//! Mail on disk: one Maildir++ for each account, the UIDs in Dovecot's own files.
//!
//! A [`Store`] has accounts, an [`Account`] has mailboxes, and a [`Mailbox`] is shared by all the
//! conversations that have it open: they look at its [`Snapshot`]s and are told of a new one by a
//! bell. A message enters by a [`Delivery`], which is in a mailbox whole or not at all.
//!
//! On disk lines end with LF, as Unix programs expect; handed out, they end with CRLF.
//!
//! To read it: `maildir` (file names), `uidlist` and `keywords` (Dovecot's files), `changes` and
//! `state` (what changed on disk), `edit` (what we change), `mailbox` (what all share), `lookout` (what other programs change),
//! `delivery` (how a message enters), `transfer` (how it gets from one mailbox to another).

mod account;
mod batch;
mod changes;
mod crlf;
mod delivery;
pub(crate) mod disk;
mod edit;
mod error;
mod keywords;
mod lookout;
mod mailbox;
mod maildir;
mod name;
mod snapshot;
mod special_use;
mod state;
mod subscriptions;
#[cfg(test)]
mod tests;
mod transfer;
mod uidlist;
mod watching;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

pub use account::{Account, DEFAULT_MAILBOXES};
pub use batch::Batch;
pub(crate) use crlf::ToCrlf;
pub use delivery::{Delivery, DeliveryOutcome};
pub use error::StoreError;
pub use keywords::MOST as KEYWORDS;
use lookout::Lookout;
pub use mailbox::{ExclusiveLock, Mailbox, MessageReader, Uid, WatchGuard};
pub use snapshot::{Identity, Message, Snapshot};
pub use transfer::IfMissing;

/// The mail of all the accounts, under one folder.
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
    /// Those that someone has open, by their folder. An entry that nobody has open any more says
    /// that the folder was cleaned.
    open: Mutex<HashMap<PathBuf, Weak<Mailbox>>>,
    lookout: Arc<Lookout>,
    /// For each account, what its mailboxes' names are changed under: by one conversation at a time.
    names: Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

impl Store {
    /// Opens the store, and makes its folder if there is none.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn open(path: &Path) -> Result<Arc<Store>, StoreError> {
        disk::make_folder(path)?;
        // An unnamed file: better to learn now than at the first message that this is read-only.
        tempfile::tempfile_in(path).map_err(StoreError::disk(path))?;
        Ok(Arc::new(Store {
            path: path.to_path_buf(),
            open: Mutex::default(),
            lookout: Arc::default(),
            names: Mutex::default(),
        }))
    }

    /// The account's mail. Its Maildir is made at the first use.
    ///
    /// # Errors
    /// When the name cannot name a folder (only `a-z 0-9 . _ -`, no leading dot), or on the disk's errors.
    pub fn account(self: &Arc<Self>, name: &str) -> Result<Account, StoreError> {
        check_account(name)?;
        let folder = self.path.join(name);
        if !self.has_account(name) {
            maildir::make(&folder)?;
            disk::sync_folder(&self.path)?;
        }
        Ok(Account::new(Arc::clone(self), name, folder))
    }

    /// Makes the mail of a new account: INBOX, and the [`DEFAULT_MAILBOXES`], subscribed to. An account that
    /// there is already is left alone.
    ///
    /// # Errors
    /// As [`Store::account`].
    pub fn make_account(self: &Arc<Self>, name: &str) -> Result<Account, StoreError> {
        check_account(name)?;
        if !self.has_account(name) {
            let folder = self.path.join(name);
            // All that a mailbox needs to be made; the account is there when its own `cur/` is.
            disk::make_folder(&folder.join("tmp"))?;
            Account::new(Arc::clone(self), name, folder).make_default_mailboxes()?;
        }
        self.account(name)
    }

    /// Has this account a Maildir yet? (The first run puts messages only into new ones.)
    #[must_use]
    pub fn has_account(&self, name: &str) -> bool {
        check_account(name).is_ok() && self.path.join(name).join("cur").is_dir()
    }

    fn names(&self, account: &str) -> Arc<Mutex<()>> {
        let mut names = mailbox::lock(&self.names);
        Arc::clone(names.entry(account.to_owned()).or_default())
    }

    /// Shared by all accounts: nobody waits while holding it.
    fn open_mailboxes(&self) -> MutexGuard<'_, HashMap<PathBuf, Weak<Mailbox>>> {
        mailbox::lock(&self.open)
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
