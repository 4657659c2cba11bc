//! Several messages into one mailbox: all of them, or none (IMAP APPEND, RFC 3502).

use std::sync::Arc;

use super::delivery::{Delivery, StagedFile, destination};
use super::{Mailbox, StoreError, Uid, maildir};
use crate::mail::message::Flags;

/// Messages that are written to disk and in no mailbox yet. Dropped without [`Batch::commit`], they
/// leave nothing behind. None of them holds a file open.
pub struct Batch {
    mailbox: Arc<Mailbox>,
    messages: Vec<StagedMessage>,
}

/// A message that is durable in `tmp/`.
pub(super) struct StagedMessage {
    pub(super) staged: StagedFile,
    /// What its name will say of its sizes: `,S=4,W=5`.
    pub(super) sizes: String,
    pub(super) flags: Flags,
}

impl Batch {
    /// Nothing yet, for this mailbox.
    #[must_use]
    pub fn new(mailbox: Arc<Mailbox>) -> Batch {
        Batch {
            mailbox,
            messages: Vec::new(),
        }
    }

    /// Where they go.
    #[must_use]
    pub fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.messages.len()
    }

    /// Begins one more message.
    ///
    /// # Errors
    /// As [`Delivery::begin`].
    pub fn begin(&self) -> Result<Delivery, StoreError> {
        Delivery::begin(vec![Arc::clone(&self.mailbox)])
    }

    /// Takes the message that was begun here and is whole now.
    ///
    /// # Errors
    /// The disk's.
    pub fn add(&mut self, delivery: Delivery) -> Result<(), StoreError> {
        self.messages.push(delivery.written()?);
        Ok(())
    }

    /// Puts all the messages where they belong. When this returns, they survive a power cut.
    /// Returns their UIDs, in their order, but for those that another client removed meanwhile.
    ///
    /// # Errors
    /// The disk's; then none of them is in the mailbox.
    pub fn commit(self) -> Result<Vec<Uid>, StoreError> {
        let mut files = Vec::with_capacity(self.messages.len());
        for (number, message) in (1..).zip(self.messages) {
            let base = maildir::unique() + &message.sizes;
            let file = destination(&self.mailbox, &base.into(), &message.flags)?;
            files.push((number, message.staged, file));
        }
        let placed = self.mailbox.place(files)?;
        let uids = self.mailbox.uids_of(placed)?;
        Ok(uids.into_iter().map(|(_, uid)| uid).collect())
    }
}
