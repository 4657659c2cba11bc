//! Writes a message into the queue: whole, or not at all.
//!
//! It works like a [`Delivery`](crate::mail::store::Delivery): [`Submission::commit`] is fsync and
//! rename, and a submission that is dropped before it leaves no file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::envelope::Envelope;
use super::queue_core::QueueCore;
use crate::mail::store::{StoreError, disk};

/// A message that is being written, with CRLF line endings.
pub struct Submission {
    core: Arc<QueueCore>,
    id: String,
    envelope: Envelope,
    staged: StagedFolder,
    out: BufWriter<File>,
    prepared: bool,
    /// The error of a write: the file is not the whole message.
    failed: Option<io::ErrorKind>,
}

/// A folder in `tmp/`, which is removed when this is dropped.
struct StagedFolder(PathBuf);

impl Drop for StagedFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Submission {
    pub(super) fn begin(
        core: Arc<QueueCore>,
        id: &str,
        envelope: Envelope,
    ) -> Result<Submission, StoreError> {
        let staged = StagedFolder(core.spool.stage(id)?);
        let path = staged.0.join("message");
        let file = disk::make_file(&path).map_err(StoreError::disk(&path))?;
        Ok(Submission {
            core,
            id: id.to_owned(),
            envelope,
            staged,
            out: BufWriter::new(file),
            prepared: false,
            failed: None,
        })
    }

    /// Writes everything to the disk that [`Submission::commit`] puts into its place. After this,
    /// little can fail: a caller delivers the same message to other places between the two calls.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn prepare(&mut self) -> Result<(), StoreError> {
        let path = &self.staged.0;
        let written = match self.failed {
            Some(kind) => Err(kind.into()),
            None => self.out.flush().and_then(|()| self.out.get_ref().sync_all()),
        };
        written.map_err(StoreError::disk(path))?;
        disk::replace(&path.join("envelope"), self.envelope.to_string().as_bytes())?;
        self.prepared = true;
        Ok(())
    }

    /// Puts the message into the queue. When this returns, it survives a power cut.
    ///
    /// # Errors
    /// If the disk fails; then the message is not in the queue.
    pub fn commit(mut self) -> Result<(), StoreError> {
        if !self.prepared {
            self.prepare()?;
        }
        self.core.spool.publish(&self.staged.0, &self.id)?;
        self.core.scheduler.add(&self.id, self.envelope.received);
        Ok(())
    }
}

impl Write for Submission {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.envelope.eight_bit |= !octets.is_ascii();
        let written = self.out.write_all(octets);
        if let Err(error) = &written {
            self.failed = Some(error.kind());
        }
        written.map(|()| octets.len())
    }

    /// Does nothing: only [`Submission::commit`] makes a message whole.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
