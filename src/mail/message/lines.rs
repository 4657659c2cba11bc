//! Reads a message line by line, in bounded memory: the caller says how much of a line is kept.
//!
//! A line ends with LF; a CR before it belongs to the ending. A bare CR ends no line (RFC 5322 §2.3).

use std::io::{self, BufRead, ErrorKind};

/// Reads the lines of a message, and counts them.
pub(super) struct LineReader<'a> {
    reader: &'a mut dyn BufRead,
    /// The last line, without its ending, or its beginning if it is too long.
    pub(super) text: Vec<u8>,
    /// True if `text` is the whole line.
    pub(super) whole: bool,
    /// The octets of its ending: 2, 1, or 0 if the message ends without one.
    pub(super) ending: u64,
    /// The octets read so far.
    pub(super) at: u64,
    /// The line endings read so far.
    pub(super) count: u64,
}

impl<'a> LineReader<'a> {
    pub(super) fn new(reader: &'a mut dyn BufRead) -> LineReader<'a> {
        LineReader { reader, text: Vec::new(), whole: true, ending: 0, at: 0, count: 0 }
    }

    /// Reads a line and keeps at most `keep` octets of it; false at the end of the message.
    pub(super) fn next(&mut self, keep: usize) -> io::Result<bool> {
        self.text.clear();
        let (mut length, mut last, mut ended) = (0, 0, false);
        while !ended {
            let buffer = match self.reader.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if buffer.is_empty() {
                break;
            }
            let (line, ending) = match memchr::memchr(b'\n', buffer) {
                Some(lf) => (&buffer[..lf], 1),
                None => (buffer, 0),
            };
            let room = keep.saturating_add(1).saturating_sub(self.text.len());
            self.text.extend_from_slice(&line[..line.len().min(room)]);
            last = *line.last().unwrap_or(&last);
            ended = ending == 1;
            let taken = line.len() + ending;
            length += taken as u64;
            self.reader.consume(taken);
        }
        self.at += length;
        self.count += u64::from(ended);
        self.ending = match (ended, last) {
            (true, b'\r') => 2,
            (true, _) => 1,
            (false, _) => 0,
        };
        let content = length - self.ending;
        // One octet more than `keep` was taken, to know whether the last one is a CR of the ending.
        self.whole = content <= keep as u64;
        let kept = content.min(keep as u64) as usize;
        self.text.truncate(kept);
        Ok(length > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::BufReader;

    fn read(message: &[u8], keep: usize, buffer: usize) -> Vec<(Vec<u8>, bool, u64)> {
        let mut reader = BufReader::with_capacity(buffer, message);
        let mut lines = LineReader::new(&mut reader);
        let mut all = Vec::new();
        while lines.next(keep).unwrap() {
            all.push((lines.text.clone(), lines.whole, lines.ending));
        }
        assert_eq!(lines.at, message.len() as u64);
        all
    }

    #[test]
    fn a_long_line_is_measured_and_not_kept() {
        let line = |text: &[u8], whole, ending| (text.to_vec(), whole, ending);
        assert_eq!(
            read(b"abcdef\r\nabc\r\nab\n\r\r\nend", 3, 2),
            [
                line(b"abc", false, 2),
                line(b"abc", true, 2),
                line(b"ab", true, 1),
                line(b"\r", true, 2),
                line(b"end", true, 0),
            ]
        );
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn lines_with_their_endings_are_the_message(
            message in "[ab\r\n]{0,60}", buffer in 1usize..9,
        ) {
            let mut again = Vec::new();
            for (text, whole, ending) in read(message.as_bytes(), 99, buffer) {
                prop_assert!(whole);
                again.extend(text);
                again.extend(match ending { 2 => &b"\r\n"[..], 1 => b"\n", _ => b"" });
            }
            prop_assert_eq!(again, message.into_bytes());
        }
    }
}
