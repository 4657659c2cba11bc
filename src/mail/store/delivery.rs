//! A message on its way into one or more mailboxes: whole, or not at all.
//!
//! `tmp/` → fsync → link or rename into `new/` (or `cur/` when it has flags) → fsync of the folder.
//! A delivery that is dropped without [`Delivery::commit`] leaves nothing on disk.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::time::SystemTime;

use super::maildir;
use super::staged::{StagedFile, StagedMessage, destination};
use super::{Mailbox, StoreError, disk};
use crate::mail::message::Flags;
use crate::mail::net::crlf::ToLf;

/// A message that is being written. Takes CRLF or LF line endings, in pieces of any size.
pub struct Delivery {
    mailboxes: Vec<Arc<Mailbox>>,
    staged: StagedFile,
    writer: ToLf<BufWriter<File>>,
    flags: Flags,
    date: Option<SystemTime>,
    /// Set when a write failed: then the file does not hold the message.
    failed: Option<io::ErrorKind>,
}

/// The result of a delivery in one of its mailboxes.
pub type DeliveryOutcome = (Arc<Mailbox>, Result<(), StoreError>);

impl Delivery {
    /// Begins a delivery into these mailboxes, of which there is at least one.
    ///
    /// # Errors
    /// The disk's.
    pub fn begin(mut mailboxes: Vec<Arc<Mailbox>>) -> Result<Delivery, StoreError> {
        mailboxes.sort_by_key(Arc::as_ptr);
        mailboxes.dedup_by(|one, other| Arc::ptr_eq(one, other));
        if let Some(deleted) = mailboxes.iter().find(|mailbox| mailbox.is_deleted()) {
            return Err(StoreError::NoSuchMailbox(deleted.name().to_owned()));
        }
        let Some(first) = mailboxes.first() else {
            return Err(StoreError::NoSuchMailbox(String::new()));
        };
        let (staged, file) = StagedFile::make(first.maildir())?;
        Ok(Delivery {
            mailboxes,
            staged,
            writer: ToLf::new(BufWriter::new(file)),
            flags: Flags::new(),
            date: None,
            failed: None,
        })
    }

    /// Sets the message's flags and internal date (by default none, and now): IMAP APPEND.
    #[must_use]
    pub fn with(mut self, flags: Flags, date: Option<SystemTime>) -> Delivery {
        self.flags = flags;
        self.date = date;
        self
    }

    /// Puts the message into its mailboxes, and wakes every conversation that watches them.
    ///
    /// When this returns, the message survives a power cut. Returns the name by which
    /// [`super::Snapshot::find`] finds it.
    ///
    /// # Errors
    /// The disk's. Then the message is in no mailbox, or, if the disk failed between two, in some.
    pub fn commit(mut self) -> Result<String, StoreError> {
        self.sync()?;
        let name = self.name();
        let mut staged = Vec::with_capacity(self.mailboxes.len());
        for mailbox in self.mailboxes.iter().skip(1) {
            let link = StagedFile::link(self.staged.path(), mailbox.maildir());
            staged.push(link.map_err(StoreError::disk(mailbox.maildir()))?);
        }
        staged.insert(0, self.staged);
        for (mailbox, staged) in self.mailboxes.iter().zip(staged) {
            put(staged, mailbox, &name, &self.flags)?;
        }
        Ok(name.to_string())
    }

    /// Puts the message into each mailbox that takes it, whatever goes wrong with the others.
    /// Returns the result for each mailbox.
    ///
    /// # Errors
    /// The disk's. Then the message is in no mailbox.
    pub fn commit_each(mut self) -> Result<Vec<DeliveryOutcome>, StoreError> {
        self.sync()?;
        let name = self.name();
        let mut outcomes: Vec<DeliveryOutcome> = Vec::with_capacity(self.mailboxes.len());
        for mailbox in self.mailboxes.iter().skip(1) {
            let link = StagedFile::link(self.staged.path(), mailbox.maildir());
            let link = link.map_err(StoreError::disk(mailbox.maildir()));
            let result = link.and_then(|staged| put(staged, mailbox, &name, &self.flags));
            outcomes.push((Arc::clone(mailbox), result));
        }
        if let Some(first) = self.mailboxes.first() {
            let result = put(self.staged, first, &name, &self.flags);
            outcomes.push((Arc::clone(first), result));
        }
        Ok(outcomes)
    }

    /// Makes the message durable, in no mailbox yet and with no file open.
    pub(super) fn into_staged(mut self) -> Result<StagedMessage, StoreError> {
        self.sync()?;
        Ok(StagedMessage { sizes: self.sizes(), file: self.staged, flags: self.flags })
    }

    /// Returns a new name for the file, without the flags.
    fn name(&self) -> Arc<str> {
        (maildir::unique() + &self.sizes()).into()
    }

    fn sizes(&self) -> String {
        format!(",S={},W={}", self.writer.on_disk, self.writer.on_wire)
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        let synced = self.write_down();
        synced.map_err(StoreError::disk(self.staged.path()))
    }

    fn write_down(&mut self) -> io::Result<()> {
        if let Some(kind) = self.failed {
            return Err(kind.into());
        }
        self.writer.finish()?;
        let file = self.writer.inner().get_ref();
        if let Some(date) = self.date {
            file.set_modified(date)?;
        }
        file.sync_all()
    }
}

impl Write for Delivery {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.put(bytes);
        if let Err(error) = &written {
            self.failed = Some(error.kind());
        }
        written.map(|()| bytes.len())
    }

    /// Does nothing: only [`Delivery::commit`] makes a message whole.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Puts a staged message into its mailbox, and wakes the conversations that watch it.
fn put(
    staged: StagedFile,
    mailbox: &Mailbox,
    name: &Arc<str>,
    flags: &Flags,
) -> Result<(), StoreError> {
    let file = destination(mailbox, name, flags)?;
    staged.publish(mailbox, &file)?;
    mailbox.touch(file.dir);
    let synced = disk::sync_folder(&file.dir.of(mailbox.maildir()));
    mailbox.ring();
    synced
}
