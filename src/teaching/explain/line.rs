//! A line of a conversation, and octets cut into such lines.

use crate::limits;

/// A line of a conversation.
#[derive(Clone, Copy)]
pub(super) struct ObservedLine<'a> {
    /// The text, without the ending.
    pub(super) text: &'a [u8],
    /// How it ends.
    pub(super) ending: ObservedEnd,
}

/// The end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObservedEnd {
    /// CRLF, or a bare LF: so many octets.
    Seen(usize),
    /// None, but the caller has removed a CRLF, or the announced octets end here.
    Untold,
    /// None yet: the line goes on.
    Open,
}

impl<'a> ObservedLine<'a> {
    /// A whole line, with or without its ending.
    pub(super) fn of(octets: &'a [u8]) -> ObservedLine<'a> {
        let (text, ending) = match octets {
            [text @ .., b'\r', b'\n'] => (text, ObservedEnd::Seen(2)),
            [text @ .., b'\n'] => (text, ObservedEnd::Seen(1)),
            text => (text, ObservedEnd::Untold),
        };
        ObservedLine { text, ending }
    }

    /// A line that was cut out of octets: without an ending it goes on.
    pub(super) fn cut(octets: &'a [u8]) -> ObservedLine<'a> {
        match ObservedLine::of(octets) {
            ObservedLine { text, ending: ObservedEnd::Untold } => {
                ObservedLine { text, ending: ObservedEnd::Open }
            }
            line => line,
        }
    }

    /// The text that a grammar sees: no more than a server would take for a line.
    pub(super) fn readable(&self) -> &'a [u8] {
        self.text.get(..limits::LINE_LENGTH).unwrap_or(self.text)
    }

    /// The octets of its ending that may belong to an announced literal or chunk.
    pub(super) fn ending_octets(&self) -> usize {
        match self.ending {
            ObservedEnd::Seen(octets) => octets,
            ObservedEnd::Untold => 2,
            ObservedEnd::Open => 0,
        }
    }
}

/// Cuts the octets of one side into lines.
#[derive(Clone, Default)]
pub(super) struct LineCutter {
    begun: Vec<u8>,
}

impl LineCutter {
    /// True if no line has begun.
    pub(super) fn is_empty(&self) -> bool {
        self.begun.is_empty()
    }

    /// Takes octets from the front, up to the end of a line, and returns the line with its ending if
    /// it is whole now. Where octets were announced, the last of them ends a line, too; the octets
    /// that are held count. A line that is too long to wait for is cut in pieces.
    pub(super) fn take(&mut self, octets: &mut &[u8], announced: Option<u64>) -> Option<Vec<u8>> {
        let announced = announced.and_then(|octets| usize::try_from(octets).ok());
        let awaited =
            announced.map_or(usize::MAX, |octets| octets.saturating_sub(self.begun.len()));
        let line = memchr::memchr(b'\n', octets).map_or(octets.len(), |end| end + 1);
        let (piece, rest) = octets.split_at_checked(line.min(awaited)).unwrap_or_default();
        *octets = rest;
        self.begun.extend_from_slice(piece);
        let whole = self.begun.ends_with(b"\n")
            || piece.len() == awaited
            || self.begun.len() > limits::LINE_LENGTH;
        whole.then(|| std::mem::take(&mut self.begun))
    }

    /// Takes the beginning of a line that will have no end, if there is one.
    pub(super) fn take_rest(&mut self) -> Option<Vec<u8>> {
        (!self.begun.is_empty()).then(|| std::mem::take(&mut self.begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines cut out of octets that come in these pieces, after so many were announced.
    fn cut(pieces: &[&str], announced: Option<u64>) -> Vec<String> {
        let (mut cutter, mut lines) = (LineCutter::default(), Vec::new());
        let mut left = announced;
        for piece in pieces {
            let mut octets = piece.as_bytes();
            while !octets.is_empty() {
                if let Some(line) = cutter.take(&mut octets, left) {
                    left = left.map(|left| left - line.len() as u64);
                    left = left.filter(|left| *left > 0);
                    lines.push(String::from_utf8(line).unwrap_or_default());
                }
            }
        }
        lines
    }

    #[test]
    fn octets_become_lines_however_they_arrive() {
        let rows: [(&[&str], &[&str]); 4] = [
            (&["a\r\nb\n"], &["a\r\n", "b\n"]),
            (&["a", "\r", "\nb"], &["a\r\n"]),
            (&["\r\n", "\n"], &["\r\n", "\n"]),
            (&["", "x"], &[]),
        ];
        for (pieces, expected) in rows {
            assert_eq!(cut(pieces, None), expected);
        }
    }

    #[test]
    fn what_was_announced_ends_where_no_line_does() {
        let rows: [(&[&str], u64, &[&str]); 6] = [
            (&["helloQUIT\r\n"], 5, &["hello", "QUIT\r\n"]),
            (&["he", "lloQU", "IT\r\n"], 5, &["hello", "QUIT\r\n"]),
            (&["a\r\nbQUIT\r\n"], 4, &["a\r\n", "b", "QUIT\r\n"]),
            (&["a\r\nQUIT\r\n"], 3, &["a\r\n", "QUIT\r\n"]),
            (&["a\r\nb\r\n"], 2, &["a\r", "\n", "b\r\n"]),
            (&["hell"], 5, &[]),
        ];
        for (pieces, announced, expected) in rows {
            assert_eq!(cut(pieces, Some(announced)), expected, "{pieces:?}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_told_in_pieces() {
        let (mut cutter, mut told) = (LineCutter::default(), Vec::new());
        for _ in 0..10 {
            let line = cutter.take(&mut &[b'x'; limits::LINE_LENGTH][..], None);
            told.extend(line.map(|line| line.len()));
        }
        assert_eq!(told, [2 * limits::LINE_LENGTH; 5]);
    }
}
