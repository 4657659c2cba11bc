//! What TOP sends (RFC 1939 §7): the header, the empty line, and the first lines of the body.

use std::io::{self, Read};

/// A reader that ends after the first lines of a message's body.
pub(super) struct Top<R> {
    text: R,
    part: TopPart,
    /// True if the current line has nothing but perhaps a CR.
    empty: bool,
}

/// The part of the message that is being read, and how many lines of the body are to come.
enum TopPart {
    Header(u64),
    Body(u64),
}

impl<R: Read> Top<R> {
    /// Reads the header of `text`, and `lines` lines of its body.
    pub(super) fn new(text: R, lines: u64) -> Top<R> {
        Top { text, part: TopPart::Header(lines), empty: true }
    }

    /// Returns how many of these octets are sent.
    fn take(&mut self, octets: &[u8]) -> usize {
        for (at, octet) in octets.iter().enumerate() {
            if matches!(self.part, TopPart::Body(0)) {
                return at;
            }
            if *octet == b'\n' {
                self.end_line();
            } else {
                self.empty &= *octet == b'\r';
            }
        }
        octets.len()
    }

    fn end_line(&mut self) {
        let was_empty = std::mem::replace(&mut self.empty, true);
        match &mut self.part {
            TopPart::Header(lines) if was_empty => self.part = TopPart::Body(*lines),
            TopPart::Header(_) => {}
            TopPart::Body(left) => *left -= 1,
        }
    }
}

impl<R: Read> Read for Top<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if matches!(self.part, TopPart::Body(0)) {
            return Ok(0);
        }
        let got = self.text.read(output)?;
        Ok(self.take(&output[..got]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_a_beginning() {
        let rows = [
            ("A: 1\r\n\r\none\r\ntwo\r\n", 0, "A: 1\r\n\r\n"),
            ("A: 1\r\n\r\none\r\ntwo\r\n", 1, "A: 1\r\n\r\none\r\n"),
            ("A: 1\r\n\r\none\r\ntwo\r\n", 9, "A: 1\r\n\r\none\r\ntwo\r\n"),
            ("A: 1\r\n\r\n\r\ntwo\r\n", 1, "A: 1\r\n\r\n\r\n"),
            ("A: 1\r\n\r\none", 5, "A: 1\r\n\r\none"),
            ("A: 1\r\n", 5, "A: 1\r\n"),
            ("\r\none\r\n", 0, "\r\n"),
            ("", 1, ""),
        ];
        for (message, lines, expected) in rows {
            for size in [1, 3, 100] {
                let mut top = Top::new(message.as_bytes(), lines);
                let mut beginning = Vec::new();
                let mut piece = vec![0; size];
                while let got @ 1.. = top.read(&mut piece).unwrap() {
                    beginning.extend_from_slice(&piece[..got]);
                }
                assert_eq!(beginning, expected.as_bytes(), "{message:?} {lines}");
            }
        }
    }
}
