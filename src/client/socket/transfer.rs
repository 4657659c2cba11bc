//! Messages on their way through a client's connection, in the memory of one buffer.
//!
//! Two sides can fail, and each is told as what it is: the connection, or the reader and the writer
//! of ours. After either the connection is cut, for what is left of the message is still on it.

use std::io::{self, Read, Write};

use super::ClientSocket;
use crate::client::ClientError;
use crate::limits;
use crate::mail::net::Wire;
use crate::mail::net::dot::Ending;
use crate::mail::net::pieces::next_piece;

impl ClientSocket {
    /// Sends all that `source` has; returns its octets.
    ///
    /// # Errors
    /// When `source` or the connection fails.
    pub(in crate::client) fn send_all(
        &mut self,
        source: &mut dyn Read,
    ) -> Result<u64, ClientError> {
        let mut source = Source {
            reader: source,
            failure: None,
        };
        let sent = self.attempt(|wire| wire.say_all(&mut source));
        match source.failure {
            Some(failure) => Err(ClientError::Local(failure)),
            None => sent,
        }
    }

    /// Copies exactly `count` octets to `out`.
    ///
    /// # Errors
    /// When the connection fails or is cut inside them, or `out` takes no more.
    pub(in crate::client) fn receive_octets(
        &mut self,
        count: u64,
        out: &mut dyn Write,
    ) -> Result<(), ClientError> {
        self.copy(|wire| copy(&mut wire.octets(count), out))
            .map(drop)
    }

    /// Copies a text up to its lone dot to `out`, un-stuffed; returns its octets.
    ///
    /// # Errors
    /// As [`ClientSocket::receive_octets`].
    pub(in crate::client) fn receive_dot_text(
        &mut self,
        out: &mut dyn Write,
    ) -> Result<u64, ClientError> {
        self.copy(|wire| copy(&mut wire.dot_text(Ending::Strict), out))
    }

    /// Copies from the wire, and cuts it if that fails; a failure of our own side cuts it, too, for
    /// the rest is unread.
    fn copy(
        &mut self,
        act: impl FnOnce(&mut Wire) -> Result<u64, Failure>,
    ) -> Result<u64, ClientError> {
        act(self.wire()?).map_err(|failure| match failure {
            Failure::Wire(error) => self.failure(&error),
            Failure::Local(error) => {
                self.wire = None;
                ClientError::Local(error)
            }
        })
    }
}

/// A reader that remembers its failure, to tell it from the connection's.
struct Source<'a> {
    reader: &'a mut dyn Read,
    failure: Option<io::Error>,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| {
            if error.kind() == io::ErrorKind::Interrupted {
                return error;
            }
            let kind = error.kind();
            self.failure = Some(error);
            kind.into()
        })
    }
}

/// Which side of a copy failed.
enum Failure {
    Wire(io::Error),
    Local(io::Error),
}

fn copy(from: &mut dyn Read, to: &mut dyn Write) -> Result<u64, Failure> {
    let (mut buffer, mut total) = (vec![0; limits::BUFFER], 0);
    while let Some(piece) = next_piece(from, &mut buffer).map_err(Failure::Wire)? {
        to.write_all(piece).map_err(Failure::Local)?;
        total += piece.len() as u64;
    }
    Ok(total)
}
