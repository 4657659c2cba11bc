//! Waiting in `poll(2)` for several descriptors at once, and a waker that ends another thread's wait.
//!
//! A waker is a pipe. Waking writes a byte, and the waiting thread polls the other end. A call before
//! the wait is not lost, and many calls count as one.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
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

/// Waits until one of these is readable, or closed at its other end, but not longer than `most`.
///
/// Returns for each whether it is; all are false when the time is up.
///
/// # Errors
/// When the system is out of memory.
pub(crate) fn readable(fds: &[BorrowedFd<'_>], most: Option<Duration>) -> io::Result<Vec<bool>> {
    let deadline = most.map(|most| Instant::now() + most);
    let mut polled: Vec<PollFd<'_>> =
        fds.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
    loop {
        let left = deadline.map(|end| timespec(end.saturating_duration_since(Instant::now())));
        match poll(&mut polled, left.as_ref()) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(polled.iter().map(|fd| !fd.revents().is_empty()).collect()),
        }
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}
