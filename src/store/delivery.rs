//! A message on its way into one or more mailboxes: whole, or not at all.
//!
//! `tmp/` → fsync → link or rename into `new/` (or `cur/` when it has flags) → fsync of the folder.
//! Dropped without [`Delivery::commit`], it leaves nothing behind.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::SystemTime;

use super::{Mailbox, StoreError};
use crate::message::Flags;

/// A message that is being written. Takes CRLF or LF line endings, in pieces of any size.
pub struct Delivery {}

impl Delivery {
    /// Begins a delivery into these mailboxes, of which there is at least one.
    ///
    /// # Errors
    /// The disk's.
    pub fn begin(mailboxes: Vec<Arc<Mailbox>>) -> Result<Delivery, StoreError> {
        let _ = mailboxes;
        todo!("store")
    }

    /// The message's flags and internal date (by default none, and now): IMAP APPEND.
    #[must_use]
    pub fn with(self, flags: Flags, date: Option<SystemTime>) -> Delivery {
        let _ = (flags, date);
        todo!("store")
    }

    /// Puts the message where it belongs. When this returns, it survives a power cut. Every
    /// conversation that watches the mailboxes is told.
    ///
    /// Returns the name by which [`super::Snapshot::find`] finds it.
    ///
    /// # Errors
    /// The disk's; then the message is in none of the mailboxes, or, if the disk failed between two, in some.
    pub fn commit(self) -> Result<String, StoreError> {
        todo!("store")
    }
}

impl Write for Delivery {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = bytes;
        todo!("store")
    }

    fn flush(&mut self) -> io::Result<()> {
        todo!("store")
    }
}
