//! A TCP connection that waits with a deadline.
//!
//! Every read first waits in `poll(2)` for the socket, the deadline, the server's stop and, for a
//! client that idles, for news. TLS runs on top of it, so a half-received TLS record is bounded too.
//! Whoever is woken without data gets an [`io::Error`] of the kind `WouldBlock`, after which the
//! connection can still be used; [`Wake::of`] tells why.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Bell;

/// Why a wait ended without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The deadline passed.
    TimedOut,
    /// The server is stopping.
    Stopping,
    /// The bell of an idling conversation rang.
    News,
}

impl Wake {
    /// The wake that this error stands for, if it does.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<Wake> {
        error.get_ref()?.downcast_ref::<Wake>().copied()
    }

    pub(super) fn error(self) -> io::Error {
        io::Error::new(io::ErrorKind::WouldBlock, self)
    }
}

impl fmt::Display for Wake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wake::TimedOut => "nothing came in time",
            Wake::Stopping => "the server is stopping",
            Wake::News => "there is news",
        })
    }
}

impl std::error::Error for Wake {}

/// A TCP connection and what may end its waits.
#[derive(Debug)]
pub(super) struct Socket {
    tcp: TcpStream,
    /// No read waits beyond this moment.
    pub(super) deadline: Instant,
    /// Ends waits for a command; a message puts it aside and is given a while.
    pub(super) stop: Option<Bell>,
    /// Ends the wait of a conversation that idles.
    pub(super) news: Option<Bell>,
}

impl Socket {
    /// Writes fail when the other side takes nothing for `patience`.
    pub(super) fn new(tcp: TcpStream, patience: Duration) -> io::Result<Socket> {
        tcp.set_nodelay(true)?;
        tcp.set_write_timeout(Some(patience))?;
        Ok(Socket {
            tcp,
            deadline: Instant::now() + patience,
            stop: None,
            news: None,
        })
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// Waits until there is something to read.
    pub(super) fn wait(&self) -> io::Result<()> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            let mut fds = vec![PollFd::new(&self.tcp, PollFlags::IN)];
            fds.extend(
                self.stop
                    .iter()
                    .map(|bell| PollFd::from_borrowed_fd(bell.as_fd(), PollFlags::IN)),
            );
            fds.extend(
                self.news
                    .iter()
                    .map(|bell| PollFd::from_borrowed_fd(bell.as_fd(), PollFlags::IN)),
            );
            match poll(&mut fds, Some(&timespec(left))) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
                Ok(0) => return Err(Wake::TimedOut.error()),
                Ok(_) => {}
            }
            let rang = |at: usize| fds.get(at).is_some_and(|fd| !fd.revents().is_empty());
            // The stop comes first: a client that never pauses must hear of it, too.
            if self.stop.is_some() && rang(1) {
                return Err(Wake::Stopping.error());
            }
            return match rang(0) {
                true => Ok(()),
                false => Err(Wake::News.error()),
            };
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wait()?;
        self.tcp.read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}
