//! Several messages into one mailbox: all of them, or none (IMAP APPEND, RFC 3502).

use std::fs::File;
use std::sync::Arc;

use super::delivery::Delivery;
use super::staged::{StagedMessage, destination};
use super::{Mailbox, StoreError, Uid, maildir};

/// Messages that are on disk and in no mailbox yet.
///
/// A batch that is dropped without [`Batch::commit`] leaves nothing on disk. No message of it holds
/// a file open.
pub struct Batch {
    mailbox: Arc<Mailbox>,
    messages: Vec<StagedMessage>,
}

impl Batch {
    /// An empty batch for this mailbox.
    #[must_use]
    pub fn new(mailbox: Arc<Mailbox>) -> Batch {
        Batch { mailbox, messages: Vec::new() }
    }

    /// The mailbox that the messages are for.
    #[must_use]
    pub fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    /// The number of messages.
    #[must_use]
    pub fn count(&self) -> usize {
        self.messages.len()
    }

    /// Opens a file without a name, for text that is checked before it becomes a message.
    ///
    /// # Errors
    /// The disk's.
    pub fn scratch(&self) -> Result<File, StoreError> {
        let folder = self.mailbox.maildir().join("tmp");
        tempfile::tempfile_in(&folder).map_err(StoreError::disk(folder))
    }

    /// Begins one more message.
    ///
    /// # Errors
    /// As [`Delivery::begin`].
    pub fn begin(&self) -> Result<Delivery, StoreError> {
        Delivery::begin(vec![Arc::clone(&self.mailbox)])
    }

    /// Takes a message that was begun here and is now whole.
    ///
    /// # Errors
    /// The disk's.
    pub fn add(&mut self, delivery: Delivery) -> Result<(), StoreError> {
        self.messages.push(delivery.into_staged()?);
        Ok(())
    }

    /// Puts all the messages into the mailbox. When this returns, they survive a power cut.
    ///
    /// Returns their UIDs in order, without those that another client has expunged since.
    ///
    /// # Errors
    /// The disk's. Then none of them is in the mailbox.
    pub fn commit(self) -> Result<Vec<Uid>, StoreError> {
        let mut files = Vec::with_capacity(self.messages.len());
        for (number, message) in (1..).zip(self.messages) {
            let base = maildir::unique() + &message.sizes;
            let file = destination(&self.mailbox, &base.into(), &message.flags)?;
            files.push((number, message.file, file));
        }
        let placed = self.mailbox.place(files)?;
        let uids = self.mailbox.uids_of(placed)?;
        Ok(uids.into_iter().map(|(_, uid)| uid).collect())
    }
}
