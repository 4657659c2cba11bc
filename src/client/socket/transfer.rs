//! Messages in transfer: sent with CRLF line endings, received, and measured, in the memory of one buffer.
//!
//! Two sides can fail: the connection, or our own reader or writer. The error says which of them it was.
//! After either failure the connection is cut, because the rest of the message is still on it.

use std::io::{self, Read, Seek, Write};

use super::ClientSocket;
use crate::client::ClientError;
use crate::limits;
use crate::mail::net::Wire;
use crate::mail::net::crlf::{BareCr, ToCrlf};
use crate::mail::net::dot::LineEndRule;
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
        let mut source = TrackedReader { reader: source, failure: None };
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
        self.copy(|wire| copy(&mut wire.dot_text(LineEndRule::Strict), out))
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

/// Reads a message as it is sent: with nothing but CRLF line endings (RFC 5321 §2.3.8).
pub(crate) fn outgoing<R: Read>(message: R) -> ToCrlf<R> {
    ToCrlf::new(message, BareCr::EndsLine)
}

/// What a server may need to know about a message before it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::client) struct MessageFacts {
    /// Its octets, with CRLF line endings.
    pub(in crate::client) octets: u64,
    /// True if it contains an octet that is not ASCII.
    pub(in crate::client) eight_bit: bool,
}

/// Reads a message to its end, and returns to where it began.
pub(in crate::client) fn measure<M: Read + Seek>(message: &mut M) -> io::Result<MessageFacts> {
    let begin = message.stream_position()?;
    let mut facts = MessageFacts::default();
    let mut buffer = vec![0; limits::BUFFER];
    let mut text = outgoing(&mut *message);
    while let Some(piece) = next_piece(&mut text, &mut buffer)? {
        facts.octets += piece.len() as u64;
        facts.eight_bit |= !piece.is_ascii();
    }
    message.seek(io::SeekFrom::Start(begin))?;
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_counts_what_is_sent() {
        let mut message = io::Cursor::new("a\né\n");
        let expected = MessageFacts { octets: 7, eight_bit: true };
        assert_eq!(measure(&mut message).unwrap(), expected);
        assert_eq!(message.position(), 0);
    }
}
