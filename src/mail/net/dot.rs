//! Dot text: how SMTP and POP3 end a message that may contain anything (RFC 5321 §4.5.2, RFC 1939 §3).
//!
//! A line that begins with a dot gets one more, and a lone dot on a line ends the text. Only CRLF ends
//! a line: a bare LF or CR is data like any other octet. So no client can smuggle the end of a text
//! into a message (CVE-2023-51764). [`LineEndRule::Lenient`] has this fault on purpose, for lessons.
//! This file does no I/O; [`super::Wire`] does the reading.

use std::io::{self, Read};

/// Removes the stuffing and finds the end of a text, one piece of input after the other.
#[derive(Debug)]
pub struct Unstuffer {
    state: DotState,
    line_ends: LineEndRule,
}

/// What ends a line, and so what must be before and after the lone dot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEndRule {
    /// CRLF and nothing else (RFC 5321 §2.3.8, §4.1.1.4).
    #[default]
    Strict,
    /// A bare LF ends a line, too: `LF . LF`, `LF . CRLF` and `CRLF . LF` end a text. To an earlier
    /// server they were data; this server obeys what follows as commands.
    Lenient,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DotState {
    LineStart,
    Text,
    Cr,
    /// A dot at the start of a line, not passed on yet.
    Dot,
    /// A dot and a CR at the start of a line, not passed on yet.
    DotCr,
    Ended,
}

/// What one call of [`Unstuffer::step`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnstuffStep {
    /// Octets of the input that were used.
    pub read: usize,
    /// Octets of the output that were filled.
    pub written: usize,
}

impl Unstuffer {
    /// An unstuffer at the start of a text.
    #[must_use]
    pub fn new(line_ends: LineEndRule) -> Unstuffer {
        let state = DotState::LineStart;
        Unstuffer { state, line_ends }
    }

    /// True after the lone dot; nothing is read after it.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.state == DotState::Ended
    }

    /// Reads stuffed octets from `input`, and writes plain ones to `output` (at least two octets).
    ///
    /// It stops at the end of either, or after the lone dot.
    pub fn step(&mut self, input: &[u8], output: &mut [u8]) -> UnstuffStep {
        let mut step = UnstuffStep { read: 0, written: 0 };
        // One octet of input makes up to two of output.
        while step.read < input.len() && step.written + 2 <= output.len() && !self.ended() {
            let room = &mut output[step.written..];
            let run = self.copy_run(&input[step.read..], room);
            if run > 0 {
                step.read += run;
                step.written += run;
            } else {
                step.written += self.take(input[step.read], room);
                step.read += 1;
            }
        }
        step
    }

    /// Copies the octets of a line up to one that may end it.
    fn copy_run(&self, input: &[u8], output: &mut [u8]) -> usize {
        if self.state != DotState::Text {
            return 0;
        }
        let most = input.len().min(output.len());
        let end = match self.line_ends {
            LineEndRule::Strict => memchr::memchr(b'\r', &input[..most]),
            LineEndRule::Lenient => memchr::memchr2(b'\r', b'\n', &input[..most]),
        };
        let run = end.unwrap_or(most);
        output[..run].copy_from_slice(&input[..run]);
        run
    }

    /// Takes one octet; returns how many were written.
    fn take(&mut self, octet: u8, output: &mut [u8]) -> usize {
        let withheld = self.state == DotState::DotCr && octet != b'\n';
        let lenient = self.line_ends == LineEndRule::Lenient;
        self.state = match (self.state, octet) {
            (DotState::LineStart, b'.') => DotState::Dot,
            (DotState::Dot, b'\r') => DotState::DotCr,
            (DotState::DotCr, b'\n') => DotState::Ended,
            (DotState::Dot, b'\n') if lenient => DotState::Ended,
            (DotState::Cr, b'\n') => DotState::LineStart,
            (_, b'\n') if lenient => DotState::LineStart,
            (_, b'\r') => DotState::Cr,
            _ => DotState::Text,
        };
        if matches!(self.state, DotState::Dot | DotState::DotCr | DotState::Ended) {
            return 0;
        }
        if withheld {
            output[0] = b'\r';
        }
        output[usize::from(withheld)] = octet;
        1 + usize::from(withheld)
    }
}

/// A reader that stuffs a text, and ends it with the lone dot.
#[derive(Debug)]
pub struct Stuffed<R> {
    text: R,
    state: DotState,
    buffer: Vec<u8>,
    ready: Vec<u8>,
    at: usize,
}

const CHUNK: usize = 8192;

impl<R: Read> Stuffed<R> {
    /// Stuffs `text`. If its last line has no CRLF, it gets one before the lone dot.
    pub fn new(text: R) -> Stuffed<R> {
        let state = DotState::LineStart;
        let ready = Vec::with_capacity(2 * CHUNK);
        Stuffed { text, state, buffer: vec![0; CHUNK], ready, at: 0 }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        let got = match self.text.read(&mut self.buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return self.fill(),
            other => other?,
        };
        if got == 0 {
            let end: &[u8] =
                if self.state == DotState::LineStart { b".\r\n" } else { b"\r\n.\r\n" };
            self.ready.extend_from_slice(end);
            self.state = DotState::Ended;
        }
        for &octet in &self.buffer[..got] {
            if octet == b'.' && self.state == DotState::LineStart {
                self.ready.push(b'.');
            }
            self.ready.push(octet);
            self.state = match (self.state, octet) {
                (DotState::Cr, b'\n') => DotState::LineStart,
                (_, b'\r') => DotState::Cr,
                _ => DotState::Text,
            };
        }
        Ok(())
    }
}

impl<R: Read> Read for Stuffed<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if self.at == self.ready.len() && self.state != DotState::Ended {
            self.fill()?;
        }
        let got = output.len().min(self.ready.len() - self.at);
        output[..got].copy_from_slice(&self.ready[self.at..self.at + got]);
        self.at += got;
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Unstuffs `input` given in pieces of `size` octets; the second value is what was not read.
    fn unstuff(input: &[u8], size: usize) -> (Vec<u8>, Vec<u8>, bool) {
        unstuff_as(LineEndRule::Strict, input, size)
    }

    fn unstuff_as(line_ends: LineEndRule, input: &[u8], size: usize) -> (Vec<u8>, Vec<u8>, bool) {
        let mut unstuffer = Unstuffer::new(line_ends);
        let (mut text, mut at) = (Vec::new(), 0);
        let mut output = [0; 7];
        while at < input.len() && !unstuffer.ended() {
            let piece = &input[at..input.len().min(at + size)];
            let step = unstuffer.step(piece, &mut output);
            text.extend_from_slice(&output[..step.written]);
            at += step.read;
        }
        (text, input[at..].to_vec(), unstuffer.ended())
    }

    fn stuff(text: &[u8]) -> Vec<u8> {
        let mut stuffed = Vec::new();
        Stuffed::new(text).read_to_end(&mut stuffed).unwrap();
        stuffed
    }

    #[test]
    fn each_row_tells_what_a_text_means() {
        let rows: [(&str, &str, &str); 12] = [
            ("nothing at all", ".\r\n", ""),
            ("a line", "a\r\n.\r\n", "a\r\n"),
            ("a stuffed dot", "..\r\n.\r\n", ".\r\n"),
            ("two dots", "...\r\n.\r\n", "..\r\n"),
            ("a dot before text", "..x\r\n.\r\n", ".x\r\n"),
            ("a dot that nobody stuffed", ".x\r\n.\r\n", "x\r\n"),
            ("dots in a line stay", "a..b\r\n.\r\n", "a..b\r\n"),
            ("a bare LF ends nothing", "a\n.\n.\r\nb\r\n.\r\n", "a\n.\n.\r\nb\r\n"),
            ("a bare CR ends nothing", "a\r.\rb\r\n.\r\n", "a\r.\rb\r\n"),
            ("a lone dot before a bare LF ends nothing", "a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n"),
            ("dot, CR, and no LF", "a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n"),
            ("CR CR LF dot", "a\r\r\n.\r\n", "a\r\r\n"),
        ];
        for (story, input, expected) in rows {
            for size in 1..input.len() + 1 {
                let (text, rest, ended) = unstuff(input.as_bytes(), size);
                assert_eq!(
                    String::from_utf8_lossy(&text),
                    expected,
                    "{story}, in pieces of {size}"
                );
                assert!(ended && rest.is_empty(), "{story}, in pieces of {size}");
            }
        }
    }

    /// The table of a smuggler: what a strict server takes for data, and a lenient one for the end.
    #[test]
    fn each_row_is_an_end_to_the_lenient() {
        let rows: [(&str, &str, Option<&str>); 8] = [
            ("CRLF . CRLF", "a\r\n.\r\n", Some("a\r\n")),
            ("LF . LF", "a\n.\n", Some("a\n")),
            ("LF . CRLF", "a\n.\r\n", Some("a\n")),
            ("CRLF . LF", "a\r\n.\n", Some("a\r\n")),
            ("CR . CR", "a\r.\r", None),
            ("CR . LF", "a\r.\n", None),
            ("LF . CR", "a\n.\r", None),
            ("LF .. LF", "a\n..\n", None),
        ];
        for (story, input, end) in rows {
            for size in 1..input.len() + 1 {
                let (text, _, ended) = unstuff_as(LineEndRule::Lenient, input.as_bytes(), size);
                assert_eq!(ended, end.is_some(), "{story}, in pieces of {size}");
                assert!(end.is_none_or(|end| text == end.as_bytes()), "{story}");
                let (_, _, ended) = unstuff(input.as_bytes(), size);
                assert_eq!(ended, story == "CRLF . CRLF", "{story}, to the strict");
            }
        }
    }

    #[test]
    fn what_follows_the_dot_is_not_read() {
        let (text, rest, ended) = unstuff(b"a\r\n.\r\nQUIT\r\n", 64);
        assert_eq!((text, rest, ended), (b"a\r\n".to_vec(), b"QUIT\r\n".to_vec(), true));
    }

    #[test]
    fn a_last_line_without_crlf_gets_one() {
        assert_eq!(stuff(b"a"), b"a\r\n.\r\n");
        assert_eq!(stuff(b""), b".\r\n");
        assert_eq!(stuff(b".\r\n"), b"..\r\n.\r\n");
    }

    /// With CRLF for every bare LF.
    fn with_crlf(text: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(text);
        text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes()
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        /// What the fault is: a bare LF means the same as CRLF.
        #[test]
        fn lenient_is_strict_with_crlf_for_every_lf(
            input in proptest::collection::vec(proptest::sample::select(b"\r\n.a".to_vec()), 0..60),
            size in 1_usize..20,
        ) {
            let (text, rest, ended) = unstuff_as(LineEndRule::Lenient, &input, size);
            let strictly = unstuff(&with_crlf(&input), size);
            prop_assert_eq!((with_crlf(&text), with_crlf(&rest), ended), strictly);
        }

        #[test]
        fn unstuffing_undoes_stuffing(
            mut text in proptest::collection::vec(proptest::sample::select(b"\r\n.a".to_vec()), 0..60),
            size in 1_usize..20,
        ) {
            if !text.is_empty() {
                text.extend_from_slice(b"\r\n");
            }
            let (back, rest, ended) = unstuff(&stuff(&text), size);
            prop_assert_eq!(back, text);
            prop_assert!(ended && rest.is_empty());
        }
    }
}
