//! Dot text: how SMTP and POP3 end a message that may contain anything (RFC 5321 §4.5.2, RFC 1939 §3).
//!
//! A line that begins with a dot gets one more, and a lone dot on a line ends the text. A line ends
//! with CRLF and with nothing else: a bare LF or CR is data like any other octet, so nobody can
//! smuggle an end into a message (CVE-2023-51764). [`Ending::Lenient`] has that very fault, for
//! teaching. What stands here is a pure function of octets; [`super::Wire`] does the reading.

use std::io::{self, Read};

/// Removes the stuffing and finds the end, one piece of input after the other.
#[derive(Debug)]
pub struct Unstuffer {
    state: State,
    ending: Ending,
}

/// What ends a line, and so what the lone dot has to stand between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// CRLF and nothing else (RFC 5321 §2.3.8, §4.1.1.4).
    #[default]
    Strict,
    /// A bare LF, too: `LF . LF`, `LF . CRLF` and `CRLF . LF` end a text as `CRLF . CRLF` does. To
    /// a server before this one they were data, and what follows them is taken for commands.
    Lenient,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
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
pub struct Step {
    /// Octets of the input that were used.
    pub read: usize,
    /// Octets of the output that were filled.
    pub written: usize,
}

impl Unstuffer {
    /// At the start of a text whose lines end so.
    #[must_use]
    pub fn new(ending: Ending) -> Unstuffer {
        let state = State::LineStart;
        Unstuffer { state, ending }
    }

    /// Was the lone dot seen? Nothing is read after it.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Takes stuffed octets from `input`, puts plain ones into `output` (of at least two octets),
    /// and stops at the end of either or after the lone dot.
    pub fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let mut step = Step {
            read: 0,
            written: 0,
        };
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

    /// Inside a line everything up to what may end it is copied as it is.
    fn copy_run(&self, input: &[u8], output: &mut [u8]) -> usize {
        if self.state != State::Text {
            return 0;
        }
        let most = input.len().min(output.len());
        let end = match self.ending {
            Ending::Strict => memchr::memchr(b'\r', &input[..most]),
            Ending::Lenient => memchr::memchr2(b'\r', b'\n', &input[..most]),
        };
        let run = end.unwrap_or(most);
        output[..run].copy_from_slice(&input[..run]);
        run
    }

    /// Takes one octet; returns how many were put out.
    fn take(&mut self, octet: u8, output: &mut [u8]) -> usize {
        let withheld = self.state == State::DotCr && octet != b'\n';
        let lenient = self.ending == Ending::Lenient;
        self.state = match (self.state, octet) {
            (State::LineStart, b'.') => State::Dot,
            (State::Dot, b'\r') => State::DotCr,
            (State::DotCr, b'\n') => State::Ended,
            (State::Dot, b'\n') if lenient => State::Ended,
            (State::Cr, b'\n') => State::LineStart,
            (_, b'\n') if lenient => State::LineStart,
            (_, b'\r') => State::Cr,
            _ => State::Text,
        };
        if matches!(self.state, State::Dot | State::DotCr | State::Ended) {
            return 0;
        }
        if withheld {
            output[0] = b'\r';
        }
        output[usize::from(withheld)] = octet;
        1 + usize::from(withheld)
    }
}

/// A text with its stuffing and its final dot, made as it is read.
#[derive(Debug)]
pub struct Stuffed<R> {
    text: R,
    state: State,
    buffer: Vec<u8>,
    ready: Vec<u8>,
    at: usize,
}

const CHUNK: usize = 8192;

impl<R: Read> Stuffed<R> {
    /// Stuffs `text`; a last line without CRLF gets one before the final dot.
    pub fn new(text: R) -> Stuffed<R> {
        let (state, at) = (State::LineStart, 0);
        Stuffed {
            text,
            state,
            buffer: vec![0; CHUNK],
            ready: Vec::with_capacity(2 * CHUNK),
            at,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        let got = match self.text.read(&mut self.buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return self.fill(),
            other => other?,
        };
        if got == 0 {
            let end: &[u8] = if self.state == State::LineStart {
                b".\r\n"
            } else {
                b"\r\n.\r\n"
            };
            self.ready.extend_from_slice(end);
            self.state = State::Ended;
        }
        for &octet in &self.buffer[..got] {
            if octet == b'.' && self.state == State::LineStart {
                self.ready.push(b'.');
            }
            self.ready.push(octet);
            self.state = match (self.state, octet) {
                (State::Cr, b'\n') => State::LineStart,
                (_, b'\r') => State::Cr,
                _ => State::Text,
            };
        }
        Ok(())
    }
}

impl<R: Read> Read for Stuffed<R> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if self.at == self.ready.len() && self.state != State::Ended {
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
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    /// Unstuffs `input` given in pieces of `size` octets; the second value is what was not read.
    fn unstuff(input: &[u8], size: usize) -> (Vec<u8>, Vec<u8>, bool) {
        unstuff_as(Ending::Strict, input, size)
    }

    fn unstuff_as(ending: Ending, input: &[u8], size: usize) -> (Vec<u8>, Vec<u8>, bool) {
        let mut unstuffer = Unstuffer::new(ending);
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
            (
                "a bare LF ends nothing",
                "a\n.\n.\r\nb\r\n.\r\n",
                "a\n.\n.\r\nb\r\n",
            ),
            ("a bare CR ends nothing", "a\r.\rb\r\n.\r\n", "a\r.\rb\r\n"),
            (
                "a lone dot before a bare LF ends nothing",
                "a\r\n.\nb\r\n.\r\n",
                "a\r\n\nb\r\n",
            ),
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
                let (text, _, ended) = unstuff_as(Ending::Lenient, input.as_bytes(), size);
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
        assert_eq!(
            (text, rest, ended),
            (b"a\r\n".to_vec(), b"QUIT\r\n".to_vec(), true)
        );
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
        text.replace("\r\n", "\n")
            .replace('\n', "\r\n")
            .into_bytes()
    }

    proptest! {
        /// What the fault is: a bare LF means the same as CRLF.
        #[test]
        fn lenient_is_strict_with_crlf_for_every_lf(
            input in proptest::collection::vec(proptest::sample::select(b"\r\n.a".to_vec()), 0..60),
            size in 1_usize..20,
        ) {
            let (text, rest, ended) = unstuff_as(Ending::Lenient, &input, size);
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
