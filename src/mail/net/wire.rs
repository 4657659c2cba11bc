//! The wire: the only file that reads or writes a connection. Servers and clients share it.
//!
//! Going in, it cuts what arrives into lines, counted octets and dot text, each with a bound and a
//! deadline. Going out, it gathers what is said and sends it only when the next read would block,
//! so that pipelined commands are answered in few packets (RFC 2920 §3.2).

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use native_tls::{TlsAcceptor, TlsConnector};

use super::Waker;
use super::body::{DotText, Octets};
use super::dot::Ending;
use super::pieces::next_piece;
use super::socket::{Socket, WaitEnd, Watcher};
use super::stream::Stream;
use super::tap::{Direction, Tap, TlsSession};
use super::waiting::{LineInput, WireLimits};
use crate::limits;

/// One end of a connection.
pub struct Wire {
    stream: Stream,
    patience: WireLimits,
    /// As long as this is set, nothing is waited for longer.
    hurry: Option<Duration>,
    /// What arrived and was not taken yet is `input[start..end]`.
    input: Vec<u8>,
    start: usize,
    end: usize,
    output: Vec<u8>,
    secured: Option<TlsSession>,
}

impl Wire {
    /// A wire over a connected socket. `stop` ends its waits for a line.
    ///
    /// # Errors
    /// When the socket's options cannot be set.
    pub fn new(tcp: TcpStream, patience: WireLimits, stop: Option<Waker>) -> io::Result<Wire> {
        let mut socket = Socket::new(tcp, patience.timeout)?;
        socket.stop = stop;
        let (input, output) = (vec![0; limits::BUFFER], Vec::with_capacity(limits::BUFFER));
        Ok(Wire {
            stream: Stream::Plain(socket),
            patience,
            hurry: None,
            input,
            start: 0,
            end: 0,
            output,
            secured: None,
        })
    }

    /// From now on this tap is told of everything that crosses and is said.
    pub fn watch(&mut self, tap: Box<dyn Tap>) {
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
        self.secured.as_ref()
    }

    /// From now on waits no longer than this, nor than the wire's own patience.
    pub fn limit_wait(&mut self, most: Option<Duration>) {
        self.hurry = most;
    }

    /// Waits for a line. Sends first what was said, if the wait would block.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn read_line(&mut self) -> io::Result<LineInput> {
        self.listen(None)
    }

    /// Waits for a line or for the bell, whichever comes first.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn read_line_or_news(&mut self, bell: &Waker) -> io::Result<LineInput> {
        let heard = self.listen(Some(bell.clone()));
        self.listen_for(None);
        heard
    }

    /// Waits until the other side says something, for at most `patience`; `false` if it does not.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn await_line(&mut self, patience: Duration) -> io::Result<bool> {
        if self.has_pending() {
            return Ok(true);
        }
        self.set_deadline(patience);
        match self.fill() {
            Err(error) if WaitEnd::of(&error) == Some(WaitEnd::TimedOut) => Ok(false),
            filled => filled.map(|()| true),
        }
    }

    /// The same; when the bell rings, the wait is over, too.
    ///
    /// # Errors
    /// As [`Wire::await_line`].
    pub fn await_line_or_wake(&mut self, patience: Duration, bell: &Waker) -> io::Result<bool> {
        self.listen_for(Some(bell.clone()));
        let awaited = self.await_line(patience);
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
        self.set_deadline(self.patience().timeout);
        self.listen_for(news);
        match self.find_line() {
            Err(error) => match WaitEnd::of(&error) {
                Some(WaitEnd::News) => Ok(LineInput::News),
                Some(WaitEnd::TimedOut) => Ok(LineInput::TimedOut),
                Some(WaitEnd::Stopping) => Ok(LineInput::Stopping),
                None => Err(error),
            },
            heard => heard,
        }
    }

    /// Finds the next line end, searching each octet once.
    fn find_line(&mut self) -> io::Result<LineInput> {
        let (mut line, mut skipped) = (Vec::new(), 0_usize);
        loop {
            let arrived = &self.input[self.start..self.end];
            let end = memchr::memchr(b'\n', arrived);
            let piece = &arrived[..end.unwrap_or(arrived.len())];
            let most = self.patience.line_length.saturating_add(1);
            let room = most.saturating_sub(line.len());
            line.extend_from_slice(&piece[..piece.len().min(room)]);
            skipped += piece.len().saturating_sub(room);
            self.start += piece.len() + usize::from(end.is_some());
            if end.is_some() {
                line.pop_if(|last| *last == b'\r');
                let fits = skipped == 0 && line.len() <= self.patience.line_length;
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

    /// A wait ended in the middle of a line: what was heard of it goes back, for the next wait.
    fn keep(&mut self, line: Vec<u8>, error: io::Error) -> io::Result<LineInput> {
        if WaitEnd::of(&error) == Some(WaitEnd::News) {
            // `fill` has failed, so the buffer is empty; it does not grow by each wait anew.
            (self.start, self.end) = (0, line.len());
            self.input = line;
            self.input.resize(self.end.max(limits::BUFFER), 0);
        }
        Err(error)
    }

    /// Exactly `count` octets, as a reader. A connection cut inside them is an error.
    pub fn octets(&mut self, count: u64) -> Octets<'_> {
        Octets::new(self, count)
    }

    /// A text up to its lone dot, un-stuffed, as a reader. A connection cut inside it is an error.
    pub fn dot_text(&mut self, ending: Ending) -> DotText<'_> {
        DotText::new(self, ending)
    }

    /// Has the other side said something that was not taken yet?
    #[must_use]
    pub fn has_pending(&self) -> bool {
        self.start < self.end || self.stream.has_buffered()
    }

    /// Says something; it is sent when enough has gathered, or when the next read would block.
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

    /// Says all that a reader has, in the memory of one buffer; returns the number of octets.
    ///
    /// # Errors
    /// When the reader or the connection fails.
    pub fn say_all(&mut self, reader: &mut dyn Read) -> io::Result<u64> {
        let (mut buffer, mut total) = (vec![0; limits::BUFFER], 0);
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

    /// The server's TLS handshake, in place.
    ///
    /// # Errors
    /// When it fails, or something was said in clear behind the request for it (RFC 3207 §4.2).
    pub fn accept_tls(&mut self, acceptor: &TlsAcceptor) -> io::Result<()> {
        self.before_handshake()?;
        self.secured = self.stream.accept_tls(acceptor)?;
        Ok(())
    }

    /// The client's TLS handshake, in place; the certificate must bear `name`.
    ///
    /// # Errors
    /// As [`Wire::accept_tls`], and when the certificate is not trusted.
    pub fn connect_tls(&mut self, connector: &TlsConnector, name: &str) -> io::Result<()> {
        self.before_handshake()?;
        self.secured = self.stream.connect_tls(connector, name)?;
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
        self.set_deadline(limits::HANDSHAKE_TIMEOUT.min(self.patience().timeout));
        Ok(())
    }

    /// Says the last words, and that nothing will follow them; the other side may still speak.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn finish(&mut self) -> io::Result<()> {
        self.flush()?;
        self.stream.finish()
    }

    /// Says the last words and closes. What the other side was still saying is taken for a moment
    /// and forgotten: closing over it would destroy the last words on their way (RFC 1122 §4.2.2.13).
    pub fn close(mut self) {
        if self.finish().is_err() {
            return;
        }
        self.set_deadline(limits::LINGER);
        // The server's stop, too, waits for its goodbye to arrive.
        self.put_stop_aside();
        let mut forgotten = 0;
        while forgotten < limits::LINGER_OCTETS {
            match self
                .stream
                .socket()
                .map(|socket| socket.read(&mut self.input))
            {
                Some(Ok(got)) if got > 0 => forgotten += got,
                _ => return,
            }
        }
    }

    /// Takes what has arrived, at least one octet of it; an empty slice means the end.
    pub(super) fn arrived(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.fill()?;
        }
        Ok(&self.input[self.start..self.end])
    }

    pub(super) fn take(&mut self, octets: usize) {
        self.start += octets;
    }

    /// From now on the server's stop ends no wait: what is under way may still come.
    pub(super) fn put_stop_aside(&mut self) -> Option<Waker> {
        self.stream.socket().and_then(|socket| socket.stop.take())
    }

    pub(super) fn restore_stop(&mut self, stop: Waker) {
        if let Some(socket) = self.stream.socket() {
            socket.stop = Some(stop);
        }
    }

    pub(super) fn patience(&self) -> WireLimits {
        let own = self.patience.timeout;
        WireLimits {
            timeout: self.hurry.map_or(own, |most| most.min(own)),
            ..self.patience
        }
    }

    pub(super) fn set_deadline(&mut self, patience: Duration) {
        if let Some(socket) = self.stream.socket() {
            socket.deadline = Instant::now() + patience;
        }
    }

    /// Reads once into the empty buffer, after sending what was said.
    fn fill(&mut self) -> io::Result<()> {
        self.flush()?;
        (self.start, self.end) = (0, 0);
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
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use std::net::TcpListener;

    use super::*;

    #[test]
    fn news_in_the_middle_of_a_line_does_not_let_the_buffer_grow() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut other = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let tcp = listener.accept().unwrap().0;
        let mut wire = Wire::new(tcp, WireLimits::default(), None).unwrap();
        let bell = Waker::new().unwrap();
        other.write_all(&[b'x'; 1000]).unwrap();
        bell.wake();
        for _ in 0..100 {
            assert_eq!(wire.read_line_or_news(&bell).unwrap(), LineInput::News);
        }
        assert_eq!(wire.input.len(), limits::BUFFER);
        other.write_all(b"\n").unwrap();
        let line = LineInput::Line(vec![b'x'; 1000]);
        assert_eq!(wire.read_line_or_news(&bell).unwrap(), line);
    }
}
