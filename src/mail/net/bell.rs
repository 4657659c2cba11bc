//! A bell that another thread rings to wake a conversation that waits in `poll(2)`.
//!
//! It is a pipe: ringing writes a byte, the waiting side polls the other end. Rings before the
//! first wait are not lost, and many rings count as one.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::pipe::{PipeFlags, pipe_with};

/// Wakes one waiting conversation. Clones ring the same bell.
#[derive(Clone, Debug)]
pub struct Bell(Arc<Pipe>);

#[derive(Debug)]
struct Pipe {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Bell {
    /// A new bell, silent.
    ///
    /// # Errors
    /// When the process has no file descriptors left.
    pub fn new() -> io::Result<Bell> {
        let (reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC)?;
        Ok(Bell(Arc::new(Pipe { reader, writer })))
    }

    /// Wakes whoever waits, now or at the next wait.
    pub fn ring(&self) {
        // A full pipe is a bell that is ringing already.
        let _ = rustix::io::write(&self.0.writer, b"!");
    }

    /// Silences the bell: the next wait waits for a new ring.
    pub fn answer(&self) {
        let mut rings = [0; 64];
        while matches!(rustix::io::read(&self.0.reader, &mut rings), Ok(n) if n > 0) {}
    }
}

impl AsFd for Bell {
    /// Readable while the bell rings.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.reader.as_fd()
    }
}
