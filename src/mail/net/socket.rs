//! A TCP connection that waits with a deadline.
//!
//! Every read first waits in `poll(2)` for the socket, the deadline, the end of the server and, for an
//! idling client, for news. TLS runs on top of it, so a half-received TLS record is bounded, too.
//! A wait that ends without data returns an [`io::Error`] of the kind `WouldBlock`. The connection can
//! still be used after it; [`WaitEnd::of`] returns the reason.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::pace::Pace;
use super::tap::{Direction, Tap};
use super::tls::TlsSession;
use super::waker::{Waker, readable};
use super::{openssl, secrets};
use crate::limits;

/// Why a wait ended without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitEnd {
    /// The deadline passed.
    TimedOut,
    /// The server is stopping.
    Stopping,
    /// An idling conversation was woken.
    News,
}

impl WaitEnd {
    /// The reason in this error, if it came from a wait.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<WaitEnd> {
        error.get_ref()?.downcast_ref::<WaitEnd>().copied()
    }

    pub(super) fn error(self) -> io::Error {
        io::Error::new(io::ErrorKind::WouldBlock, self)
    }
}

impl fmt::Display for WaitEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WaitEnd::TimedOut => "nothing came in time",
            WaitEnd::Stopping => "the server is stopping",
            WaitEnd::News => "there is news",
        })
    }
}

impl std::error::Error for WaitEnd {}

/// The tap of a connection, shared: a failed handshake takes its socket with it, and the caller
/// still has to report the failure.
#[derive(Clone)]
pub(super) struct Watcher(Arc<Mutex<Box<dyn Tap>>>);

impl Watcher {
    pub(super) fn new(tap: Box<dyn Tap>) -> Watcher {
        Watcher(Arc::new(Mutex::new(tap)))
    }

    pub(super) fn tell(&self, what: impl FnOnce(&mut dyn Tap)) {
        what(&mut **self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A TCP connection, and what may end its waits.
pub(super) struct Socket {
    tcp: TcpStream,
    /// The pace of the present reply, which is all that is written between two reads.
    pace: Pace,
    fresh_pace: Pace,
    /// No read waits beyond this moment.
    pub(super) deadline: Instant,
    /// Ends waits for a command; while a message arrives, it is put aside for a while.
    pub(super) stop: Option<Waker>,
    /// Ends the wait of an idling conversation.
    pub(super) news: Option<Waker>,
    /// Looks on at everything that crosses.
    pub(super) tap: Option<Watcher>,
    /// True if the tap knows that nothing more comes in.
    in_has_ended: bool,
    /// True if the tap knows that nothing more goes out.
    out_has_ended: bool,
}

impl Socket {
    /// Writes fail if the other end takes nothing for `timeout`, or too little for longer.
    pub(super) fn new(tcp: TcpStream, timeout: Duration) -> io::Result<Socket> {
        Socket::at_pace(tcp, timeout, limits::SLOWEST_BODY)
    }

    fn at_pace(tcp: TcpStream, timeout: Duration, slowest: u64) -> io::Result<Socket> {
        tcp.set_nodelay(true)?;
        tcp.set_write_timeout(Some(timeout))?;
        let pace = Pace::new(timeout, slowest);
        Ok(Socket {
            tcp,
            pace,
            fresh_pace: pace,
            deadline: Instant::now() + timeout,
            stop: None,
            news: None,
            tap: None,
            in_has_ended: false,
            out_has_ended: false,
        })
    }

    /// Sets the pace. The kernel's timeout changes only if the client does not keep up.
    fn set_pace(&mut self, pace: Pace) -> io::Result<()> {
        if pace.left() != self.pace.left() && !pace.left().is_zero() {
            self.tcp.set_write_timeout(Some(pace.left()))?;
        }
        self.pace = pace;
        Ok(())
    }

    /// Tells the other end that nothing more follows.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.tcp.shutdown(Shutdown::Write)?;
        self.tell_end(Direction::Out);
        Ok(())
    }

    /// Tells the tap what the handshake agreed on.
    pub(super) fn tell_secured(&mut self, agreed: Option<&TlsSession>) {
        self.tell(|tap| {
            if let Some(agreed) = agreed {
                tap.secured(agreed);
            }
        });
        secrets::end();
    }

    /// Tells the tap something, and before that what the handshake has brought up.
    fn tell(&self, what: impl FnOnce(&mut dyn Tap)) {
        let Some(watcher) = &self.tap else { return };
        watcher.tell(|tap| {
            if let Some(secrets) = secrets::take() {
                tap.secrets(&secrets);
            }
            if let Some(certificate) = openssl::presented() {
                tap.presented(&certificate);
            }
            what(tap);
        });
    }

    /// Tells the tap once that nothing more follows, even if the end is read twice.
    fn tell_end(&mut self, direction: Direction) {
        let is_known = match direction {
            Direction::In => &mut self.in_has_ended,
            Direction::Out => &mut self.out_has_ended,
        };
        if !std::mem::replace(is_known, true) {
            self.tell(|tap| tap.ended(direction));
        }
    }

    fn tell_of_reading(&mut self, buffer: &[u8], got: &io::Result<usize>) {
        match got {
            Ok(0) if !buffer.is_empty() => self.tell_end(Direction::In),
            Ok(got) => self.tell(|tap| tap.crossed(Direction::In, &buffer[..*got])),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                self.tell(|tap| tap.reset());
            }
            Err(_) => {}
        }
    }

    /// Waits until there is something to read.
    pub(super) fn wait(&self) -> io::Result<()> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let mut fds = vec![self.tcp.as_fd()];
        fds.extend(self.stop.iter().map(Waker::as_fd));
        fds.extend(self.news.iter().map(Waker::as_fd));
        let ready = readable(&fds, Some(left))?;
        let is_ready = |at: usize| ready.get(at).is_some_and(|ready| *ready);
        // The stop comes first: it ends the wait for a client that never pauses, too.
        if self.stop.is_some() && is_ready(1) {
            Err(WaitEnd::Stopping.error())
        } else if is_ready(0) {
            Ok(())
        } else if ready.contains(&true) {
            Err(WaitEnd::News.error())
        } else {
            Err(WaitEnd::TimedOut.error())
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tell(|tap| tap.waits());
        self.wait()?;
        self.set_pace(self.fresh_pace)?;
        let got = self.tcp.read(buffer);
        self.tell_of_reading(buffer, &got);
        got
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.pace.left().is_zero() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let begun = Instant::now();
        let taken = self.tcp.write(bytes)?;
        self.tell(|tap| tap.crossed(Direction::Out, &bytes[..taken]));
        let mut pace = self.pace;
        pace.taken(taken, begun.elapsed());
        self.set_pace(pace)?;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Sends zeros until that fails, while the other end takes so many octets at a time, with pauses.
    fn say_to_a_client_that_takes(octets: usize, timeout: Duration, slowest: u64) -> io::Error {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut other = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let tcp = listener.accept().unwrap().0;
        let mut socket = Socket::at_pace(tcp, timeout, slowest).unwrap();
        let client = thread::spawn(move || {
            let mut buffer = vec![0; octets];
            while octets > 0 && other.read_exact(&mut buffer).is_ok() {
                thread::sleep(Duration::from_millis(20));
            }
            other
        });
        let error = loop {
            if let Err(error) = socket.write_all(&[0; 16 * 1024]) {
                break error;
            }
        };
        drop(socket);
        drop(client.join().unwrap());
        error
    }

    #[test]
    fn a_client_that_stops_reading_is_given_up() {
        let error = say_to_a_client_that_takes(0, Duration::from_millis(200), 64);
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    }

    /// Each single write is taken within the timeout, but all of them together are too slow.
    #[test]
    fn a_client_that_reads_too_slowly_is_given_up() {
        let gigabyte = 1 << 30;
        let error = say_to_a_client_that_takes(256 * 1024, Duration::from_secs(1), gigabyte);
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    }
}
