//! One account's mailboxes: the folders of its Maildir++, and the subscriptions.
//!
//! Names are Unicode here and modified UTF-7 on disk; the hierarchy separator is `.`, as in the
//! folder names (`Lists.rust` is `.Lists.rust`). `INBOX` is the Maildir itself, in any case.

use std::sync::Arc;

use super::{Mailbox, StoreError};

/// The mail of one account.
#[derive(Clone)]
pub struct Account {}

impl Account {
    /// Its name, as in `[accounts]`.
    #[must_use]
    pub fn name(&self) -> &str {
        todo!("store")
    }

    /// The mailbox that mail is delivered to.
    ///
    /// # Errors
    /// The disk's.
    pub fn inbox(&self) -> Result<Arc<Mailbox>, StoreError> {
        self.mailbox("INBOX")
    }

    /// The mailbox with this name: the same one for all who ask at the same time.
    ///
    /// # Errors
    /// When there is none, the name is bad, or the disk fails.
    pub fn mailbox(&self, name: &str) -> Result<Arc<Mailbox>, StoreError> {
        let _ = name;
        todo!("store")
    }

    /// The names of all the mailboxes, `INBOX` first, the others sorted.
    ///
    /// # Errors
    /// The disk's.
    pub fn mailboxes(&self) -> Result<Vec<String>, StoreError> {
        todo!("store")
    }

    /// Makes a mailbox.
    ///
    /// # Errors
    /// When there is one, the name is bad, or the disk fails.
    pub fn create(&self, name: &str) -> Result<(), StoreError> {
        let _ = name;
        todo!("store")
    }

    /// Removes a mailbox and its messages; the mailboxes below it stay.
    ///
    /// # Errors
    /// When there is none, it is INBOX, or the disk fails.
    pub fn delete(&self, name: &str) -> Result<(), StoreError> {
        let _ = name;
        todo!("store")
    }

    /// Subscribes to a mailbox, which need not exist (RFC 3501 §6.3.6).
    ///
    /// # Errors
    /// When the name is bad, or the disk fails.
    pub fn subscribe(&self, name: &str) -> Result<(), StoreError> {
        let _ = name;
        todo!("store")
    }

    /// Ends a subscription.
    ///
    /// # Errors
    /// The disk's.
    pub fn unsubscribe(&self, name: &str) -> Result<(), StoreError> {
        let _ = name;
        todo!("store")
    }

    /// The names subscribed to, sorted.
    ///
    /// # Errors
    /// The disk's.
    pub fn subscriptions(&self) -> Result<Vec<String>, StoreError> {
        todo!("store")
    }
}
