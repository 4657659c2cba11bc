//! A message on its way into one or more mailboxes: whole, or not at all.
//!
//! `tmp/` → fsync → link or rename into `new/` (or `cur/` when it has flags) → fsync of the folder.
//! Dropped without [`Delivery::commit`], it leaves nothing behind.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::batch::StagedMessage;
use super::crlf::ToLf;
use super::maildir::{self, MailFile};
use super::{Mailbox, StoreError, disk};
use crate::mail::message::Flags;

/// A message that is being written. Takes CRLF or LF line endings, in pieces of any size.
pub struct Delivery {
    mailboxes: Vec<Arc<Mailbox>>,
    staged: StagedFile,
    writer: ToLf<BufWriter<File>>,
    flags: Flags,
    date: Option<SystemTime>,
    /// A write failed: what is in the file is not the message.
    failed: Option<io::ErrorKind>,
}

/// What became of a message in one of its mailboxes.
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

    /// The message's flags and internal date (by default none, and now): IMAP APPEND.
    #[must_use]
    pub fn with(mut self, flags: Flags, date: Option<SystemTime>) -> Delivery {
        self.flags = flags;
        self.date = date;
        self
    }

    /// Puts the message where it belongs. When this returns, it survives a power cut. Every
    /// conversation that watches the mailboxes is told.
    ///
    /// Returns the name by which [`super::Snapshot::find`] finds it.
    ///
    /// # Errors
    /// The disk's; then the message is in none of the mailboxes, or, if the disk failed between two, in some.
    pub fn commit(mut self) -> Result<String, StoreError> {
        self.write_down()
            .map_err(StoreError::disk(&self.staged.0))?;
        let name = self.name();
        let mut staged = Vec::with_capacity(self.mailboxes.len());
        for mailbox in self.mailboxes.iter().skip(1) {
            let link = StagedFile::link(&self.staged.0, mailbox.maildir());
            staged.push(link.map_err(StoreError::disk(mailbox.maildir()))?);
        }
        staged.insert(0, self.staged);
        for (mailbox, staged) in self.mailboxes.iter().zip(staged) {
            put(staged, mailbox, &name, &self.flags)?;
        }
        Ok(name.to_string())
    }

    /// Like [`Delivery::commit`], but what goes wrong with one mailbox does not keep the message
    /// from the others: what became of it, mailbox by mailbox.
    ///
    /// # Errors
    /// The disk's; then the message is in none of the mailboxes.
    pub fn commit_each(mut self) -> Result<Vec<DeliveryOutcome>, StoreError> {
        self.write_down()
            .map_err(StoreError::disk(&self.staged.0))?;
        let name = self.name();
        let others = self.mailboxes.iter().skip(1);
        let mut outcomes: Vec<DeliveryOutcome> = others
            .map(|mailbox| {
                let staged = StagedFile::link(&self.staged.0, mailbox.maildir())
                    .map_err(StoreError::disk(mailbox.maildir()));
                let put = staged.and_then(|staged| put(staged, mailbox, &name, &self.flags));
                (Arc::clone(mailbox), put)
            })
            .collect();
        if let Some(first) = self.mailboxes.first() {
            let put = put(self.staged, first, &name, &self.flags);
            outcomes.push((Arc::clone(first), put));
        }
        Ok(outcomes)
    }

    /// The name of the file without its flags.
    fn name(&self) -> Arc<str> {
        (maildir::unique() + &self.sizes()).into()
    }

    /// Writes the message down; it is in no mailbox, and holds no file open.
    pub(super) fn written(mut self) -> Result<StagedMessage, StoreError> {
        self.write_down()
            .map_err(StoreError::disk(&self.staged.0))?;
        Ok(StagedMessage {
            sizes: self.sizes(),
            staged: self.staged,
            flags: self.flags,
        })
    }

    fn sizes(&self) -> String {
        let (disk, wire) = (self.writer.on_disk, self.writer.on_wire);
        format!(",S={disk},W={wire}")
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

/// Puts a staged message into its mailbox, and tells those who watch it.
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

/// Where a message with these flags belongs.
pub(super) fn destination(
    mailbox: &Mailbox,
    base: &Arc<str>,
    flags: &Flags,
) -> Result<MailFile, StoreError> {
    let letters = match flags.is_empty() {
        // Nothing of the mailbox need be read for that.
        true => String::new(),
        false => mailbox.letters(flags)?,
    };
    Ok(MailFile::arriving(Arc::clone(base), &letters))
}

/// A file in a Maildir's `tmp/`, which is not there any more when this is dropped.
pub(super) struct StagedFile(PathBuf);

impl StagedFile {
    fn make(maildir: &Path) -> Result<(StagedFile, File), StoreError> {
        let path = maildir.join("tmp").join(maildir::unique());
        let file = disk::make_file(&path).map_err(StoreError::disk(&path))?;
        Ok((StagedFile(path), file))
    }

    /// The same file once more; where the file system cannot do that, a copy of it.
    pub(super) fn link(source: &Path, maildir: &Path) -> io::Result<StagedFile> {
        let staged = StagedFile(maildir.join("tmp").join(maildir::unique()));
        match fs::hard_link(source, &staged.0) {
            Ok(()) => Ok(staged),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
            Err(_) => {
                let date = fs::metadata(source)?.modified()?;
                fs::copy(source, &staged.0)?;
                let file = File::options().write(true).open(&staged.0)?;
                file.set_modified(date)?;
                file.sync_all()?;
                Ok(staged)
            }
        }
    }

    /// Moves it to its place, in one step.
    pub(super) fn publish(self, mailbox: &Mailbox, file: &MailFile) -> Result<(), StoreError> {
        let path = file.path(mailbox.maildir());
        match fs::rename(&self.0, &path) {
            Ok(()) => Ok(()),
            Err(_) if mailbox.is_deleted() => {
                Err(StoreError::NoSuchMailbox(mailbox.name().to_owned()))
            }
            Err(error) => Err(StoreError::Disk(path, error)),
        }
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
