//! Outgoing messages: converted to CRLF line endings, and measured beforehand.

use std::io::{self, Read, Seek};

use crate::limits;
use crate::mail::net::crlf::{BareCr, ToCrlf};
use crate::mail::net::pieces::next_piece;

/// Reads a message as it is sent: with nothing but CRLF line endings (RFC 5321 §2.3.8).
pub(crate) fn outgoing<R: Read>(message: R) -> ToCrlf<R> {
    ToCrlf::new(message, BareCr::EndsLine)
}

/// What a server may need to know about a message before it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct MessageFacts {
    /// Its octets, with CRLF line endings.
    pub(super) octets: u64,
    /// True if it contains an octet that is not ASCII.
    pub(super) eight_bit: bool,
}

/// Reads a message to its end, and returns to where it began.
pub(super) fn measure<M: Read + Seek>(message: &mut M) -> io::Result<MessageFacts> {
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
        let expected = MessageFacts {
            octets: 7,
            eight_bit: true,
        };
        assert_eq!(measure(&mut message).unwrap(), expected);
        assert_eq!(message.position(), 0);
    }
}
