//! A line as an observer is told it, and octets cut into such lines.

use crate::limits;

/// A line as it was told.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    /// Without its ending.
    pub(super) text: &'a [u8],
    /// How it ends.
    pub(super) ending: Ending,
}

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With so many octets: CRLF, or a bare LF.
    Seen(usize),
    /// It was told without; CRLF stood there, or the octets that were announced ended.
    Untold,
    /// Not yet: it goes on.
    Open,
}

impl<'a> Line<'a> {
    /// A whole line, with its ending or without.
    pub(super) fn of(octets: &'a [u8]) -> Line<'a> {
        let (text, ending) = match octets {
            [text @ .., b'\r', b'\n'] => (text, Ending::Seen(2)),
            [text @ .., b'\n'] => (text, Ending::Seen(1)),
            text => (text, Ending::Untold),
        };
        Line { text, ending }
    }

    /// What the grammars are shown: no more than a server would take for a line.
    pub(super) fn readable(&self) -> &'a [u8] {
        self.text.get(..limits::LINE_LENGTH).unwrap_or(self.text)
    }

    /// Octets of its ending that may belong to what was announced.
    pub(super) fn ending_octets(&self) -> usize {
        match self.ending {
            Ending::Seen(octets) => octets,
            Ending::Untold => 2,
            Ending::Open => 0,
        }
    }
}

/// Octets of one side on their way to be lines.
#[derive(Clone, Default)]
pub(super) struct Cutter {
    begun: Vec<u8>,
}

impl Cutter {
    /// Is no line begun?
    pub(super) fn is_empty(&self) -> bool {
        self.begun.is_empty()
    }

    /// Takes octets; tells the lines that are whole now, endings included. A line that is too long
    /// to wait for is told in pieces.
    pub(super) fn take(&mut self, octets: &[u8], mut tell: impl FnMut(&[u8], Line<'_>)) {
        for piece in octets.split_inclusive(|octet| *octet == b'\n') {
            self.begun.extend_from_slice(piece);
            let line = match Line::of(&self.begun) {
                line if line.ending != Ending::Untold => line,
                Line { text, .. } if text.len() > limits::LINE_LENGTH => Line {
                    text,
                    ending: Ending::Open,
                },
                _ => continue,
            };
            tell(&self.begun, line);
            self.begun.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_become_lines_however_they_arrive() {
        let rows: [(&[&str], &[&str]); 4] = [
            (&["a\r\nb\n"], &["a\r\n", "b\n"]),
            (&["a", "\r", "\nb"], &["a\r\n"]),
            (&["\r\n", "\n"], &["\r\n", "\n"]),
            (&["", "x"], &[]),
        ];
        for (pieces, expected) in rows {
            let (mut cutter, mut lines) = (Cutter::default(), Vec::new());
            for piece in pieces {
                cutter.take(piece.as_bytes(), |line, _| {
                    lines.push(String::from_utf8_lossy(line).into_owned());
                });
            }
            assert_eq!(lines, expected);
        }
    }

    #[test]
    fn a_line_without_an_end_is_told_in_pieces() {
        let (mut cutter, mut told) = (Cutter::default(), Vec::new());
        for _ in 0..10 {
            cutter.take(&[b'x'; limits::LINE_LENGTH], |line, _| {
                told.push(line.len())
            });
        }
        assert_eq!(told, [2 * limits::LINE_LENGTH; 5]);
    }
}
