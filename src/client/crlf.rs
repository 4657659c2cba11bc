//! Outgoing messages: every line ends with CRLF, whatever the file has.
//!
//! A bare LF and a bare CR may not be sent (RFC 5321 §2.3.8), so both become CRLF. Mailboxes follow
//! another rule, because they must return what arrived (`store/crlf.rs`). No buffer grows with the
//! message.

use std::io::{self, Read, Seek};

use memchr::memchr2;

use crate::limits;
use crate::mail::net::pieces::next_piece;

/// Reads a text with CRLF line endings.
pub(crate) struct Crlf<R> {
    text: R,
    buffer: Vec<u8>,
    ready: Vec<u8>,
    at: usize,
    /// True if the last octet was a CR, whose LF may follow in the next piece.
    cr: bool,
}

impl<R: Read> Crlf<R> {
    pub(crate) fn new(text: R) -> Crlf<R> {
        Crlf {
            text,
            buffer: vec![0; limits::BUFFER],
            ready: Vec::with_capacity(2 * limits::BUFFER),
            at: 0,
            cr: false,
        }
    }

    /// Converts the next piece; an empty one is the end.
    fn fill(&mut self) -> io::Result<()> {
        let got = self.text.read(&mut self.buffer)?;
        self.ready.clear();
        self.at = 0;
        let buffer = std::mem::take(&mut self.buffer);
        let mut rest = &buffer[..got];
        if self.cr && rest.first() != Some(&b'\n') {
            self.ready.push(b'\n');
            self.cr = false;
        }
        while let Some(end) = memchr2(b'\r', b'\n', rest) {
            let (line, after) = rest.split_at(end);
            self.ready.extend_from_slice(line);
            self.take_ending(after[0], after.get(1).copied());
            rest = &after[1..];
        }
        self.ready.extend_from_slice(rest);
        self.buffer = buffer;
        Ok(())
    }

    fn take_ending(&mut self, ending: u8, next: Option<u8>) {
        if ending == b'\n' {
            let lacks_cr = !std::mem::take(&mut self.cr);
            self.ready
                .extend_from_slice(if lacks_cr { b"\r\n" } else { b"\n" });
            return;
        }
        self.ready.push(b'\r');
        self.cr = matches!(next, Some(b'\n') | None);
        if !self.cr {
            self.ready.push(b'\n');
        }
    }
}

impl<R: Read> Read for Crlf<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if self.at == self.ready.len() {
            self.fill()?;
        }
        let got = output.len().min(self.ready.len() - self.at);
        output[..got].copy_from_slice(&self.ready[self.at..self.at + got]);
        self.at += got;
        Ok(got)
    }
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
    let mut text = Crlf::new(&mut *message);
    while let Some(piece) = next_piece(&mut text, &mut buffer)? {
        facts.octets += piece.len() as u64;
        facts.eight_bit |= !piece.is_ascii();
    }
    message.seek(io::SeekFrom::Start(begin))?;
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mail::net::pieces::Pieces;

    fn crlf(text: &[u8], size: usize) -> Vec<u8> {
        let mut out = Vec::new();
        Crlf::new(Pieces(text, size)).read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn every_ending_becomes_crlf() {
        let rows: [(&str, &str); 8] = [
            ("", ""),
            ("a", "a"),
            ("a\nb\n", "a\r\nb\r\n"),
            ("a\r\nb\r\n", "a\r\nb\r\n"),
            ("a\rb\r", "a\r\nb\r\n"),
            ("\n\n\r\n", "\r\n\r\n\r\n"),
            ("\r\r\n", "\r\n\r\n"),
            ("\n\r", "\r\n\r\n"),
        ];
        for (text, expected) in rows {
            for size in 1..=text.len().max(1) {
                let got = String::from_utf8(crlf(text.as_bytes(), size)).unwrap();
                assert_eq!(got, expected, "{text:?} in pieces of {size}");
            }
        }
    }

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

    proptest! {
        #[test]
        fn doing_it_twice_changes_nothing(
            text in proptest::collection::vec(proptest::sample::select(b"\r\na".to_vec()), 0..60),
            size in 1_usize..20,
        ) {
            let once = crlf(&text, size);
            prop_assert_eq!(crlf(&once, size), once);
        }
    }
}
