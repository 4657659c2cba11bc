//! A connection, unencrypted or under TLS, and the way from one to the other.

use std::io::{self, Read, Write};

use native_tls::{HandshakeError, TlsAcceptor, TlsConnector, TlsStream};

use super::socket::{Socket, WaitEnd};
use super::tap::Direction;
use super::tls::TlsSession;
use super::{openssl, secrets, tls};

/// A connection, unencrypted or under TLS.
pub(super) enum Stream {
    /// Unencrypted.
    Plain(Socket),
    /// Under TLS.
    Tls(Box<TlsStream<Socket>>),
    /// A handshake failed: nothing can be read or written any more.
    Broken,
}

impl Stream {
    /// Does the server's side of a handshake, within the socket's deadline.
    pub(super) fn accept_tls(&mut self, acceptor: &TlsAcceptor) -> io::Result<Option<TlsSession>> {
        self.upgrade(|socket| acceptor.accept(socket))
    }

    /// Does the client's side of a handshake; the certificate must have the name `name`.
    pub(super) fn connect_tls(
        &mut self,
        connector: &TlsConnector,
        name: &str,
    ) -> io::Result<Option<TlsSession>> {
        self.upgrade(|socket| connector.connect(name, socket))
    }

    fn upgrade(
        &mut self,
        handshake: impl FnOnce(Socket) -> Result<TlsStream<Socket>, HandshakeError<Socket>>,
    ) -> io::Result<Option<TlsSession>> {
        let Stream::Plain(socket) = std::mem::replace(self, Stream::Broken) else {
            return Err(io::Error::other("TLS is already active"));
        };
        if socket.tap.is_some() {
            secrets::begin();
        } else {
            secrets::end();
        }
        let watcher = socket.tap.clone();
        let done = handshake(socket);
        let agreed = openssl::agreed();
        // Drop a certificate that no tap asked for.
        openssl::presented();
        let tls = done.map_err(failure).inspect_err(|error| {
            if let Some(watcher) = &watcher {
                watcher.tell(|tap| tap.failed(&reason(&error.to_string())));
            }
        })?;
        *self = Stream::Tls(Box::new(tls));
        if let Some(socket) = self.socket() {
            socket.tell_secured(agreed.as_ref());
        }
        Ok(agreed)
    }

    /// The socket below, unless the stream is broken.
    pub(super) fn socket(&mut self) -> Option<&mut Socket> {
        match self {
            Stream::Plain(socket) => Some(socket),
            Stream::Tls(tls) => Some(tls.get_mut()),
            Stream::Broken => None,
        }
    }

    /// Tells the tap that these octets are said.
    pub(super) fn tell(&mut self, direction: Direction, octets: &[u8]) {
        if let Some(watcher) = self.socket().and_then(|socket| socket.tap.as_ref()) {
            watcher.tell(|tap| tap.said(direction, octets));
        }
    }

    /// True if TLS has decrypted octets already that were not read yet.
    pub(super) fn has_buffered(&self) -> bool {
        matches!(self, Stream::Tls(tls) if tls.buffered_read_size().is_ok_and(|octets| octets > 0))
    }

    /// Tells the other end that nothing more follows.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if let Stream::Tls(tls) = self {
            tls.shutdown()?;
        }
        match self.socket() {
            Some(socket) => socket.finish(),
            None => Ok(()),
        }
    }
}

fn failure(error: HandshakeError<Socket>) -> io::Error {
    match error {
        HandshakeError::Failure(error) => io::Error::new(io::ErrorKind::InvalidData, error),
        HandshakeError::WouldBlock(_) => io::Error::new(io::ErrorKind::TimedOut, WaitEnd::TimedOut),
    }
}

/// Shortens OpenSSL's words to the reason: `tlsv1 alert unknown ca` of
/// `error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:rec_layer_s3.c:1590:…`.
///
/// The verdict on a certificate, which OpenSSL puts last in brackets, is kept.
fn reason(words: &str) -> String {
    let mut fields = words.split(':');
    if fields.next() != Some("error") {
        return words.to_owned();
    }
    let reason = fields.nth(3).unwrap_or(words).trim();
    match tls::verdict(words) {
        Some(verdict) => format!("{reason} ({verdict})"),
        None => reason.to_owned(),
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.read(buffer),
            Stream::Tls(tls) => tls.read(buffer),
            Stream::Broken => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.write(bytes),
            Stream::Tls(tls) => tls.write(bytes),
            Stream::Broken => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(socket) => socket.flush(),
            Stream::Tls(tls) => tls.flush(),
            Stream::Broken => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_what_a_person_can_read() {
        let rows = [
            (
                "error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:rec.c:1590:SSL alert number 48",
                "tlsv1 alert unknown ca",
            ),
            (
                "error:0A000086:SSL routines:f:certificate verify failed:x.c:1889: (self-signed certificate)",
                "certificate verify failed (self-signed certificate)",
            ),
            ("nothing came in time", "nothing came in time"),
            ("error:1", "error:1"),
            ("", ""),
        ];
        for (words, expected) in rows {
            assert_eq!(reason(words), expected);
        }
    }
}
