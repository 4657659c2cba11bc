//! A message on its way into the queue: whole, or not at all.
//!
//! Written like a [`Delivery`](crate::mail::store::Delivery): [`Submission::commit`] is fsync and rename,
//! and what is dropped before leaves nothing behind.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::{Envelope, Queue};
use crate::mail::store::{StoreError, disk};

/// A message that is being written, with CRLF line endings.
pub struct Submission {
    queue: Arc<Queue>,
    id: String,
    envelope: Envelope,
    staged: Staged,
    out: BufWriter<File>,
    prepared: bool,
    /// A write failed: what is in the file is not the message.
    failed: Option<io::ErrorKind>,
}

/// A folder in `tmp/`, which is not there any more when this is dropped.
struct Staged(PathBuf);

impl Drop for Staged {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Submission {
    pub(super) fn begin(
        queue: Arc<Queue>,
        id: &str,
        envelope: Envelope,
    ) -> Result<Submission, StoreError> {
        let staged = Staged(queue.spool().stage(id)?);
        let path = staged.0.join("message");
        let file = disk::make_file(&path).map_err(StoreError::disk(&path))?;
        Ok(Submission {
            queue,
            id: id.to_owned(),
            envelope,
            staged,
            out: BufWriter::new(file),
            prepared: false,
            failed: None,
        })
    }

    /// Writes everything down that [`Submission::commit`] puts into its place: whoever delivers the
    /// same message elsewhere, too, does that in between, for after this little can go wrong.
    ///
    /// # Errors
    /// The disk's.
    pub fn prepare(&mut self) -> Result<(), StoreError> {
        let path = &self.staged.0;
        let written = match self.failed {
            Some(kind) => Err(kind.into()),
            None => self
                .out
                .flush()
                .and_then(|()| self.out.get_ref().sync_all()),
        };
        written.map_err(StoreError::disk(path))?;
        disk::replace(&path.join("envelope"), self.envelope.to_string().as_bytes())?;
        self.prepared = true;
        Ok(())
    }

    /// Puts the message into the queue. When this returns, it survives a power cut.
    ///
    /// # Errors
    /// The disk's; then the message is not in the queue.
    pub fn commit(mut self) -> Result<(), StoreError> {
        if !self.prepared {
            self.prepare()?;
        }
        self.queue.spool().publish(&self.staged.0, &self.id)?;
        self.queue.agenda().add(&self.id, self.envelope.received);
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
