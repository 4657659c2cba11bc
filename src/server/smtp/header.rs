//! Reads a message's header while it passes: counts its `Received:` lines, and adds at its end what
//! a mail program left out.
//!
//! RFC 6409 §8: a submission server may add a missing `Date:` (§8.2) and `Message-ID:` (§8.3). The
//! order of fields is free (RFC 5322 §3.6), so they go to the header's end, where it is known what
//! is missing. So nothing of the message is kept but the beginning of a line, until it is clear
//! whether that is a field's name.

use crate::limits;

/// The header of one message, given in pieces of any size.
pub(super) struct Header {
    state: State,
    /// The beginning of a line that was not passed on yet: at most [`limits::FIELD_NAME`] octets.
    name: Vec<u8>,
    received: usize,
    date: bool,
    message_id: bool,
    /// Makes the fields that may be added, or nothing where none may be.
    additions: Option<Additions>,
}

/// What a header without them gets, each a whole line with its CRLF.
pub(super) struct Additions {
    pub(super) date: String,
    pub(super) message_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the start of a line that may be a field.
    Name,
    /// Behind a field's colon, or in a continuation, up to the line's end.
    Field,
    /// The header is over.
    Body,
}

impl Header {
    pub(super) fn new(additions: Option<Additions>) -> Header {
        Header {
            state: State::Name,
            name: Vec::new(),
            received: 0,
            date: false,
            message_id: false,
            additions,
        }
    }

    /// How many `Received:` lines have passed.
    pub(super) fn received(&self) -> usize {
        self.received
    }

    /// Takes a piece, and appends to `out` what may be passed on of the header; returns the rest of
    /// the piece, which belongs to the body and is passed on as it is.
    pub(super) fn pass<'a>(&mut self, piece: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let mut rest = piece;
        while self.state != State::Body {
            let Some((octet, behind)) = rest.split_first() else {
                return rest;
            };
            match self.state {
                State::Field => {
                    let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
                    let (line, behind) = rest.split_at(line);
                    out.extend_from_slice(line);
                    if line.ends_with(b"\n") {
                        self.state = State::Name;
                    }
                    rest = behind;
                }
                _ => {
                    self.name.push(*octet);
                    rest = behind;
                    self.judge(*octet, out);
                }
            }
        }
        rest
    }

    /// The message is over: what was withheld, and what is missing if it was all header.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        match self.state {
            State::Body => {}
            State::Name if self.name.is_empty() => drop(self.complete(out)),
            State::Name => self.begin_body(out),
            State::Field => {
                // A line without an end would swallow what is added.
                if self.additions.is_some() {
                    out.extend_from_slice(b"\r\n");
                }
                self.complete(out);
            }
        }
    }

    /// What does the line that begins with `name` turn out to be?
    fn judge(&mut self, octet: u8, out: &mut Vec<u8>) {
        match (self.name.len(), octet) {
            (_, b':') if self.name.len() > 1 => {
                self.note();
                self.state = State::Field;
                out.append(&mut self.name);
            }
            // RFC 5322 §2.2.3: a folded line goes on with a space or a tab.
            (1, b' ' | b'\t') => {
                self.state = State::Field;
                out.append(&mut self.name);
            }
            (1, b'\r') => {}
            (_, b'\n') if matches!(self.name.as_slice(), b"\r\n" | b"\n") => {
                self.complete(out);
                out.append(&mut self.name);
            }
            // RFC 5322 §2.2: printable ASCII; a space before the colon is of old (§4.5).
            (length, b'!'..=b'~' | b' ' | b'\t') if length <= limits::FIELD_NAME => {}
            _ => self.begin_body(out),
        }
    }

    /// No header, or no more of it, and no empty line: what is added brings one.
    fn begin_body(&mut self, out: &mut Vec<u8>) {
        if self.complete(out) {
            out.extend_from_slice(b"\r\n");
        }
        out.append(&mut self.name);
    }

    fn note(&mut self) {
        let name = self.name.trim_ascii_end();
        let name = name.strip_suffix(b":").unwrap_or(name).trim_ascii_end();
        let is = |field: &str| name.eq_ignore_ascii_case(field.as_bytes());
        self.received += usize::from(is("Received"));
        self.date |= is("Date");
        self.message_id |= is("Message-ID");
    }

    /// The header ends here; was something added?
    fn complete(&mut self, out: &mut Vec<u8>) -> bool {
        self.state = State::Body;
        let Some(additions) = self.additions.take() else {
            return false;
        };
        let before = out.len();
        if !self.date {
            out.extend_from_slice(additions.date.as_bytes());
        }
        if !self.message_id {
            out.extend_from_slice(additions.message_id.as_bytes());
        }
        out.len() > before
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    /// What comes out, and the number of `Received:` lines.
    fn pass(text: &[u8], size: usize, additions: bool) -> (String, usize) {
        let mut header = Header::new(additions.then(|| Additions {
            date: "Date: D\r\n".to_owned(),
            message_id: "Message-ID: M\r\n".to_owned(),
        }));
        let mut out = Vec::new();
        for piece in text.chunks(size) {
            let rest = header.pass(piece, &mut out);
            out.extend_from_slice(rest);
        }
        header.end(&mut out);
        (String::from_utf8(out).unwrap(), header.received())
    }

    #[test]
    fn each_row_is_a_message_and_what_it_becomes() {
        let rows = [
            (
                "Subject: x\r\n\r\nb\r\n",
                "Subject: x\r\nDate: D\r\nMessage-ID: M\r\n\r\nb\r\n",
                0,
            ),
            (
                "date : x\r\nMESSAGE-ID: y\r\n\r\n",
                "date : x\r\nMESSAGE-ID: y\r\n\r\n",
                0,
            ),
            (
                "Date: x\r\n\r\nMessage-ID: b\r\n",
                "Date: x\r\nMessage-ID: M\r\n\r\nMessage-ID: b\r\n",
                0,
            ),
            // A folded line is no field, even if it looks like one.
            (
                "A: x\r\n Date: y\r\n\r\n",
                "A: x\r\n Date: y\r\nDate: D\r\nMessage-ID: M\r\n\r\n",
                0,
            ),
            (
                "Received: a\r\n b\r\nReceived: c\r\n\r\nReceived: d\r\n",
                "Received: a\r\n b\r\nReceived: c\r\nDate: D\r\nMessage-ID: M\r\n\r\nReceived: d\r\n",
                2,
            ),
            // All header, no header, nothing at all.
            ("A: x\r\n", "A: x\r\nDate: D\r\nMessage-ID: M\r\n", 0),
            (
                "Dear Bob\r\nDate: y\r\n",
                "Date: D\r\nMessage-ID: M\r\n\r\nDear Bob\r\nDate: y\r\n",
                0,
            ),
            ("\r\nb\r\n", "Date: D\r\nMessage-ID: M\r\n\r\nb\r\n", 0),
            ("", "Date: D\r\nMessage-ID: M\r\n", 0),
            ("Dear Bob", "Date: D\r\nMessage-ID: M\r\n\r\nDear Bob", 0),
            // BDAT may bring a message whose last line has no end.
            ("A: x", "A: x\r\nDate: D\r\nMessage-ID: M\r\n", 0),
        ];
        for (text, expected, received) in rows {
            for size in [1, 2, 3, 1000] {
                assert_eq!(
                    pass(text.as_bytes(), size, true),
                    (expected.to_owned(), received),
                    "{text:?}"
                );
            }
        }
    }

    #[test]
    fn a_name_that_does_not_end_is_none() {
        let text = format!("{}\r\n", "a".repeat(5000));
        assert!(pass(text.as_bytes(), 7, true).0.starts_with("Date: D\r\n"));
        assert_eq!(pass(text.as_bytes(), 7, false).0, text);
    }

    proptest! {
        #[test]
        fn nothing_changes_where_nothing_may_be_added(text in "[aD: \\r\\n\t]{0,40}", size in 1..9_usize) {
            prop_assert_eq!(pass(text.as_bytes(), size, false).0, text);
        }

        #[test]
        fn the_pieces_do_not_matter(text in "(Date|A|[: \\r\\n]|\\r\\n){0,20}", size in 1..9_usize) {
            let whole = pass(text.as_bytes(), 1000, true);
            prop_assert_eq!(pass(text.as_bytes(), size, true), whole);
        }
    }
}
