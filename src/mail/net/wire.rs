//! The wire: everything that is read from or written to a connection passes here. Servers and clients
//! share it.
//!
//! Going in, it cuts what arrives into lines, counted octets and dot text, each with a bound and a
//! deadline. Going out, it gathers what is said and sends it only when the next read would block,
//! so that pipelined commands are answered in few packets (RFC 2920 §3.2).

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use native_tls::{TlsAcceptor, TlsConnector};

use super::Waker;
use super::body::{CountedOctets, DotText};
use super::dot::LineEndRule;
use super::pieces::next_piece;
use super::socket::{Socket, WaitEnd, Watcher};
use super::stream::Stream;
use super::tap::{Direction, Tap};
use super::tls::TlsSession;
use super::waiting::{LineInput, WireLimits};
use crate::limits;

/// One end of a connection.
pub struct Wire {
    stream: Stream,
    limits: WireLimits,
    /// A shorter limit for waits, if there is one.
    shorter: Option<Duration>,
    /// The octets that arrived and were not taken yet are `input[start..end]`.
    input: Vec<u8>,
    start: usize,
    end: usize,
    output: Vec<u8>,
    tls_session: Option<TlsSession>,
}

impl Wire {
    /// A wire over a connected socket; `stop` ends its waits for a line.
    ///
    /// # Errors
    /// When the socket's options cannot be set.
    pub fn new(tcp: TcpStream, limits: WireLimits, stop: Option<Waker>) -> io::Result<Wire> {
        let mut socket = Socket::new(tcp, limits.timeout)?;
        socket.stop = stop;
        Ok(Wire {
            stream: Stream::Plain(socket),
            limits,
            shorter: None,
            input: vec![0; limits::BUFFER],
            start: 0,
            end: 0,
            output: Vec::with_capacity(limits::BUFFER),
            tls_session: None,
        })
    }

    /// Lets this tap look on at everything that crosses and is said.
    pub fn watch(&mut self, tap: Box<dyn Tap>) {
        // There is none after a failed handshake.
        if let Some(socket) = self.stream.socket() {
            socket.tap = Some(Watcher::new(tap));
        }
    }

    /// True once the connection is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    /// What the TLS handshake agreed on, if the connection is encrypted and this is known.
    #[must_use]
    pub fn tls_session(&self) -> Option<&TlsSession> {
        self.tls_session.as_ref()
    }

    /// Limits later waits to this time, if it is shorter than the wire's own limit.
    pub fn limit_wait(&mut self, most: Option<Duration>) {
        self.shorter = most;
    }

    /// Waits for a line. If the wait would block, it first sends what was said.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn read_line(&mut self) -> io::Result<LineInput> {
        self.listen(None)
    }

    /// Waits for a line or for the waker, whichever comes first.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn read_line_or_news(&mut self, waker: &Waker) -> io::Result<LineInput> {
        let input = self.listen(Some(waker.clone()));
        self.listen_for(None);
        input
    }

    /// Waits until the other end says something; false if it does not within `timeout`.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn await_line(&mut self, timeout: Duration) -> io::Result<bool> {
        if self.has_pending() {
            return Ok(true);
        }
        self.set_deadline(timeout);
        match self.fill() {
            Err(error) if WaitEnd::of(&error) == Some(WaitEnd::TimedOut) => Ok(false),
            filled => filled.map(|()| true),
        }
    }

    /// Waits until the other end says something; false after `timeout`, or when the waker wakes us.
    ///
    /// # Errors
    /// As [`Wire::await_line`].
    pub fn await_line_or_wake(&mut self, timeout: Duration, waker: &Waker) -> io::Result<bool> {
        self.listen_for(Some(waker.clone()));
        let awaited = self.await_line(timeout);
        self.listen_for(None);
        match awaited {
            Err(error) if WaitEnd::of(&error) == Some(WaitEnd::News) => Ok(false),
            awaited => awaited,
        }
    }

    fn listen_for(&mut self, news: Option<Waker>) {
        if let Some(socket) = self.stream.socket() {
            socket.news = news;
        }
    }

    fn listen(&mut self, news: Option<Waker>) -> io::Result<LineInput> {
        self.set_deadline(self.timeout());
        self.listen_for(news);
        match self.find_line() {
            Err(error) => match WaitEnd::of(&error) {
                Some(WaitEnd::News) => Ok(LineInput::News),
                Some(WaitEnd::TimedOut) => Ok(LineInput::TimedOut),
                Some(WaitEnd::Stopping) => Ok(LineInput::Stopping),
                None => Err(error),
            },
            input => input,
        }
    }

    /// Finds the next line end, searching each octet once.
    fn find_line(&mut self) -> io::Result<LineInput> {
        let mut line = Vec::new();
        let mut skipped = 0_usize;
        loop {
            let arrived = &self.input[self.start..self.end];
            let end = memchr::memchr(b'\n', arrived);
            let piece = &arrived[..end.unwrap_or(arrived.len())];
            // One more than a line may have, for the CR.
            let most = self.limits.line_length.saturating_add(1);
            let room = most.saturating_sub(line.len());
            line.extend_from_slice(&piece[..piece.len().min(room)]);
            // What does not fit is counted and forgotten.
            skipped += piece.len().saturating_sub(room);
            self.start += piece.len() + usize::from(end.is_some());
            if end.is_some() {
                line.pop_if(|last| *last == b'\r');
                let fits = skipped == 0 && line.len() <= self.limits.line_length;
                return Ok(if fits {
                    LineInput::Line(line)
                } else {
                    line.truncate(limits::BEGINNING);
                    LineInput::TooLong(line)
                });
            }
            if skipped > limits::LINE_OVERRUN {
                return Ok(LineInput::Endless);
            }
            if let Err(error) = self.fill() {
                return self.keep(line, error);
            }
            if self.start == self.end {
                return Ok(LineInput::Closed);
            }
        }
    }

    /// Puts an unfinished line back, for the next wait.
    fn keep(&mut self, line: Vec<u8>, error: io::Error) -> io::Result<LineInput> {
        if WaitEnd::of(&error) == Some(WaitEnd::News) {
            // `fill` has failed, so the buffer is empty; it does not grow with each wait.
            self.start = 0;
            self.end = line.len();
            self.input = line;
            self.input.resize(self.end.max(limits::BUFFER), 0);
        }
        Err(error)
    }

    /// A reader of exactly `count` octets. A connection that ends inside them is an error.
    pub fn octets(&mut self, count: u64) -> CountedOctets<'_> {
        CountedOctets::new(self, count)
    }

    /// A reader of an un-stuffed text up to its lone dot. A connection that ends inside it is an error.
    pub fn dot_text(&mut self, line_ends: LineEndRule) -> DotText<'_> {
        DotText::new(self, line_ends)
    }

    /// True if the other end has said something that was not taken yet.
    #[must_use]
    pub fn has_pending(&self) -> bool {
        self.start < self.end || self.stream.has_buffered()
    }

    /// Says something. It is sent when the buffer is full, or when the next read would block.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.output.len() + bytes.len() > limits::BUFFER {
            self.flush()?;
        }
        if bytes.len() >= limits::BUFFER {
            self.stream.tell(Direction::Out, bytes);
            return self.stream.write_all(bytes);
        }
        self.output.extend_from_slice(bytes);
        Ok(())
    }

    /// Says everything that a reader has, with one buffer; returns the number of octets.
    ///
    /// # Errors
    /// When the reader or the connection fails.
    pub fn say_all(&mut self, reader: &mut dyn Read) -> io::Result<u64> {
        let mut buffer = vec![0; limits::BUFFER];
        let mut total = 0;
        while let Some(piece) = next_piece(reader, &mut buffer)? {
            self.say(piece)?;
            total += piece.len() as u64;
        }
        Ok(total)
    }

    /// Sends what was said.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            self.stream.tell(Direction::Out, &self.output);
            self.stream.write_all(&self.output)?;
            self.output.clear();
            self.stream.flush()?;
        }
        Ok(())
    }

    /// Does the server's side of a TLS handshake.
    ///
    /// # Errors
    /// When it fails, or unencrypted octets came after the request for it (RFC 3207 §4.2).
    pub fn accept_tls(&mut self, acceptor: &TlsAcceptor) -> io::Result<()> {
        self.before_handshake()?;
        self.tls_session = self.stream.accept_tls(acceptor)?;
        Ok(())
    }

    /// Does the client's side of a TLS handshake; the certificate must have the name `name`.
    ///
    /// # Errors
    /// As [`Wire::accept_tls`], and when the certificate is not trusted.
    pub fn connect_tls(&mut self, connector: &TlsConnector, name: &str) -> io::Result<()> {
        self.before_handshake()?;
        self.tls_session = self.stream.connect_tls(connector, name)?;
        Ok(())
    }

    fn before_handshake(&mut self) -> io::Result<()> {
        if self.has_pending() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "plaintext before the TLS handshake",
            ));
        }
        self.flush()?;
        self.set_deadline(limits::HANDSHAKE_TIMEOUT.min(self.timeout()));
        Ok(())
    }

    /// Sends what was said, and tells the other end that nothing follows. It may still speak.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn finish(&mut self) -> io::Result<()> {
        self.flush()?;
        self.stream.finish()
    }

    /// Sends what was said, and closes.
    ///
    /// For a moment, it reads and forgets what the other end still says: closing over unread octets
    /// would destroy our last words on their way (RFC 1122 §4.2.2.13).
    pub fn close(mut self) {
        if self.finish().is_err() {
            return;
        }
        self.set_deadline(limits::LINGER);
        // The end of the server waits for its goodbye to arrive, too.
        self.put_stop_aside();
        let mut forgotten = 0;
        while forgotten < limits::LINGER_OCTETS {
            match self.stream.socket().map(|socket| socket.read(&mut self.input)) {
                Some(Ok(got)) if got > 0 => forgotten += got,
                _ => return,
            }
        }
    }

    /// Waits until octets have arrived, and returns them; an empty slice is the end of the connection.
    pub(super) fn wait_for_input(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.fill()?;
        }
        Ok(&self.input[self.start..self.end])
    }

    pub(super) fn take(&mut self, octets: usize) {
        self.start += octets;
    }

    /// Lets the rest of a message arrive after the server stops.
    pub(super) fn put_stop_aside(&mut self) -> Option<Waker> {
        self.stream.socket().and_then(|socket| socket.stop.take())
    }

    pub(super) fn restore_stop(&mut self, stop: Waker) {
        if let Some(socket) = self.stream.socket() {
            socket.stop = Some(stop);
        }
    }

    pub(super) fn timeout(&self) -> Duration {
        let own = self.limits.timeout;
        self.shorter.map_or(own, |most| most.min(own))
    }

    pub(super) fn set_deadline(&mut self, timeout: Duration) {
        if let Some(socket) = self.stream.socket() {
            socket.deadline = Instant::now() + timeout;
        }
    }

    /// Reads once into the empty buffer, after sending what was said.
    fn fill(&mut self) -> io::Result<()> {
        self.flush()?;
        self.start = 0;
        self.end = 0;
        loop {
            match self.stream.read(&mut self.input) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                got => {
                    self.end = got?;
                    if self.end > 0 {
                        self.stream.tell(Direction::In, &self.input[..self.end]);
                    }
                    return Ok(());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
