//! Sending and receiving messages in the memory of one buffer.
//!
//! Two sides can fail: the connection, or our own reader or writer. The error says which of them it was.
//! After either failure the connection is cut, because the rest of the message is still on it.

use std::io::{self, Read, Write};

use super::ClientSocket;
use crate::client::ClientError;
use crate::limits;
use crate::mail::net::Wire;
use crate::mail::net::dot::LineEnd;
use crate::mail::net::pieces::next_piece;

impl ClientSocket {
    /// Sends all of `source`; returns the number of octets.
    ///
    /// # Errors
    /// When `source` or the connection fails.
    pub(in crate::client) fn send_all(
        &mut self,
        source: &mut dyn Read,
    ) -> Result<u64, ClientError> {
        let mut source = TrackedReader {
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
    /// When the connection ends before them, or `out` fails.
    pub(in crate::client) fn receive_octets(
        &mut self,
        count: u64,
        out: &mut dyn Write,
    ) -> Result<(), ClientError> {
        self.copy(|wire| copy(&mut wire.octets(count), out))?;
        Ok(())
    }

    /// Copies a text up to its final dot to `out`, without the stuffed dots; returns its octets.
    ///
    /// # Errors
    /// As [`ClientSocket::receive_octets`].
    pub(in crate::client) fn receive_dot_text(
        &mut self,
        out: &mut dyn Write,
    ) -> Result<u64, ClientError> {
        self.copy(|wire| copy(&mut wire.dot_text(LineEnd::Strict), out))
    }

    /// Copies from the wire, and cuts the connection if either side fails.
    fn copy(
        &mut self,
        act: impl FnOnce(&mut Wire) -> Result<u64, CopyError>,
    ) -> Result<u64, ClientError> {
        act(self.wire()?).map_err(|failure| match failure {
            CopyError::Wire(error) => self.failure(&error),
            CopyError::Local(error) => {
                self.wire = None;
                ClientError::Local(error)
            }
        })
    }
}

/// A reader that remembers its failure, to distinguish it from the connection's.
struct TrackedReader<'a> {
    reader: &'a mut dyn Read,
    failure: Option<io::Error>,
}

impl Read for TrackedReader<'_> {
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

/// The side of a copy that failed.
enum CopyError {
    Wire(io::Error),
    Local(io::Error),
}

fn copy(from: &mut dyn Read, to: &mut dyn Write) -> Result<u64, CopyError> {
    let mut buffer = vec![0; limits::BUFFER];
    let mut total = 0;
    while let Some(piece) = next_piece(from, &mut buffer).map_err(CopyError::Wire)? {
        to.write_all(piece).map_err(CopyError::Local)?;
        total += piece.len() as u64;
    }
    Ok(total)
}
