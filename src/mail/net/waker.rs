//! A waker: ends another thread's wait in `poll(2)`.
//!
//! It is a pipe. Waking writes a byte, and the waiting thread polls the other end. A call before the
//! wait is not lost, and many calls count as one.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::pipe::{PipeFlags, pipe_with};

/// Wakes one waiting conversation. Clones wake the same one.
#[derive(Clone, Debug)]
pub struct Waker(Arc<Pipe>);

#[derive(Debug)]
struct Pipe {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Waker {
    /// A new waker, which wakes nothing yet.
    ///
    /// # Errors
    /// When the process has no file descriptors left.
    pub fn new() -> io::Result<Waker> {
        let (reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC)?;
        Ok(Waker(Arc::new(Pipe { reader, writer })))
    }

    /// Ends the wait that is under way, or else the next one.
    pub fn wake(&self) {
        // If the pipe is full, the other end is awake already.
        let _ = rustix::io::write(&self.0.writer, b"!");
    }

    /// Takes back all calls so far: the next wait lasts until a new one.
    pub fn clear(&self) {
        let mut calls = [0; 64];
        while matches!(rustix::io::read(&self.0.reader, &mut calls), Ok(n) if n > 0) {}
    }
}

impl AsFd for Waker {
    /// A descriptor that is readable after [`Waker::wake`], until [`Waker::clear`].
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.reader.as_fd()
    }
}
