//! Mail on disk: one Maildir++ for each account, the UIDs in Dovecot's own files.
//!
//! A [`Store`] has accounts, an [`Account`] has mailboxes, and a [`Mailbox`] is shared by all the
//! conversations that have it open: they look at its [`Snapshot`]s and are told of a new one by a
//! bell. A message enters by a [`Delivery`], which is in a mailbox whole or not at all.
//!
//! On disk lines end with LF, as Unix programs expect; handed out, they end with CRLF.

mod account;
mod delivery;
mod error;
mod mailbox;

use std::path::Path;
use std::sync::Arc;

pub use account::Account;
pub use delivery::Delivery;
pub use error::StoreError;
pub use mailbox::{Exclusive, Mailbox, Message, MessageReader, Snapshot, Uid, Watch};

/// The mail of all the accounts, under one folder.
pub struct Store {}

impl Store {
    /// Opens the store, and makes its folder if there is none.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn open(path: &Path) -> Result<Arc<Store>, StoreError> {
        let _ = path;
        todo!("store")
    }

    /// The account's mail. Its Maildir is made at the first use.
    ///
    /// # Errors
    /// When the name cannot name a folder (only `a-z 0-9 . _ -`, no leading dot), or on the disk's errors.
    pub fn account(self: &Arc<Self>, name: &str) -> Result<Account, StoreError> {
        let _ = name;
        todo!("store")
    }

    /// Has this account a Maildir yet? (The first run puts messages only into new ones.)
    #[must_use]
    pub fn has_account(&self, name: &str) -> bool {
        let _ = name;
        todo!("store")
    }
}
