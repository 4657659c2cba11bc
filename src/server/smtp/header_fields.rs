//! Reads the header of a message on its way: counts its `Received:` fields, and adds missing fields.
//!
//! RFC 6409 §8: a submission server may add a missing `Date:` (§8.2) and `Message-ID:` (§8.3). They
//! go before the other fields, whose order is free (RFC 5322 §3.6), so the message itself stays as it
//! was sent. The header is held back until it is complete; one that is longer than
//! [`limits::HELD_HEADER`] passes unchanged.

use std::mem;

use crate::limits;

/// The header of one message, received in pieces of any size.
pub(super) struct HeaderFields {
    state: HeaderState,
    /// The beginning of a line that was not passed on yet: at most [`limits::FIELD_NAME`] octets.
    name: Vec<u8>,
    /// The header so far, while fields may have to go before it.
    held: Vec<u8>,
    received: usize,
    has_date: bool,
    has_message_id: bool,
    missing: Option<MissingFields>,
}

/// The fields that a header without them gets, each a whole line with its CRLF.
pub(super) struct MissingFields {
    pub(super) date: String,
    pub(super) message_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HeaderState {
    /// At the start of a line that may be a field.
    Name,
    /// After a field's colon or in a continuation, up to the line's end.
    Field,
    /// The header is over.
    Body,
}

impl HeaderFields {
    /// A header that gets these fields if it lacks them; with `None` it passes unchanged.
    pub(super) fn new(missing: Option<MissingFields>) -> HeaderFields {
        HeaderFields {
            state: HeaderState::Name,
            name: Vec::new(),
            held: Vec::new(),
            received: 0,
            has_date: false,
            has_message_id: false,
            missing,
        }
    }

    /// The number of `Received:` fields so far.
    pub(super) fn received(&self) -> usize {
        self.received
    }

    /// Takes a piece of the message and appends to `out` the header octets that can be written.
    /// Returns the rest of the piece, which belongs to the body.
    pub(super) fn pass<'a>(&mut self, piece: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        if self.missing.is_none() {
            return self.scan(piece, out);
        }
        let mut held = mem::take(&mut self.held);
        let rest = self.scan(piece, &mut held);
        if held.len() > limits::HELD_HEADER {
            self.missing = None;
        }
        match self.missing {
            Some(_) => self.held = held,
            None => out.append(&mut held),
        }
        rest
    }

    fn scan<'a>(&mut self, piece: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let mut rest = piece;
        while let Some((octet, next)) = rest.split_first() {
            match self.state {
                HeaderState::Name => {
                    self.name.push(*octet);
                    rest = next;
                    self.judge(*octet, out);
                }
                HeaderState::Field => {
                    let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
                    let (line, next) = rest.split_at(end);
                    out.extend_from_slice(line);
                    if line.ends_with(b"\n") {
                        self.state = HeaderState::Name;
                    }
                    rest = next;
                }
                HeaderState::Body => break,
            }
        }
        rest
    }

    /// Ends the message: appends the header that was held back, with its missing fields.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        let mut held = mem::take(&mut self.held);
        match self.state {
            HeaderState::Body => {}
            HeaderState::Name if !self.name.is_empty() => self.begin_body(&mut held),
            HeaderState::Name | HeaderState::Field => {
                self.complete(&mut held);
            }
        }
        out.append(&mut held);
    }

    /// Decides what the line that begins with `name` is, as soon as that is clear.
    fn judge(&mut self, octet: u8, out: &mut Vec<u8>) {
        match (self.name.len(), octet) {
            (2.., b':') => {
                self.note();
                self.state = HeaderState::Field;
                out.append(&mut self.name);
            }
            // RFC 5322 §2.2.3: a folded line continues with a space or a tab.
            (1, b' ' | b'\t') => {
                self.state = HeaderState::Field;
                out.append(&mut self.name);
            }
            (1, b'\r') => {}
            (_, b'\n') if matches!(self.name.as_slice(), b"\r\n" | b"\n") => {
                self.complete(out);
                out.append(&mut self.name);
            }
            // RFC 5322 §2.2: printable ASCII; old mail has spaces before the colon (§4.5).
            (length, b'!'..=b'~' | b' ' | b'\t') if length <= limits::FIELD_NAME => {}
            _ => self.begin_body(out),
        }
    }

    /// Begins the body without an empty line: the added fields bring one.
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
        self.has_date |= is("Date");
        self.has_message_id |= is("Message-ID");
    }

    /// Ends the header, which is all in `held`; true if fields were added.
    fn complete(&mut self, held: &mut Vec<u8>) -> bool {
        self.state = HeaderState::Body;
        let Some(MissingFields { date, message_id }) = self.missing.take() else {
            return false;
        };
        let mut added = String::new();
        if !self.has_date {
            added += &date;
        }
        if !self.has_message_id {
            added += &message_id;
        }
        held.splice(0..0, added.bytes());
        !added.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What comes out, and the number of `Received:` lines.
    fn pass(text: &[u8], size: usize, add: bool) -> (String, usize) {
        let mut header = HeaderFields::new(add.then(|| MissingFields {
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
            ("Subject: x\r\n\r\nb\r\n", "Date: D\r\nMessage-ID: M\r\nSubject: x\r\n\r\nb\r\n", 0),
            ("date : x\r\nMESSAGE-ID: y\r\n\r\n", "date : x\r\nMESSAGE-ID: y\r\n\r\n", 0),
            (
                "Date: x\r\n\r\nMessage-ID: b\r\n",
                "Message-ID: M\r\nDate: x\r\n\r\nMessage-ID: b\r\n",
                0,
            ),
            // A folded line is no field, even if it looks like one.
            ("A: x\r\n Date: y\r\n\r\n", "Date: D\r\nMessage-ID: M\r\nA: x\r\n Date: y\r\n\r\n", 0),
            (
                "Received: a\r\n b\r\nReceived: c\r\n\r\nReceived: d\r\n",
                "Date: D\r\nMessage-ID: M\r\nReceived: a\r\n b\r\nReceived: c\r\n\r\nReceived: d\r\n",
                2,
            ),
            // All header, no header, nothing at all.
            ("A: x\r\n", "Date: D\r\nMessage-ID: M\r\nA: x\r\n", 0),
            (
                "Dear Bob\r\nDate: y\r\n",
                "Date: D\r\nMessage-ID: M\r\n\r\nDear Bob\r\nDate: y\r\n",
                0,
            ),
            ("\r\nb\r\n", "Date: D\r\nMessage-ID: M\r\n\r\nb\r\n", 0),
            ("", "Date: D\r\nMessage-ID: M\r\n", 0),
            ("Dear Bob", "Date: D\r\nMessage-ID: M\r\n\r\nDear Bob", 0),
            // BDAT may bring a message whose last line has no end.
            ("A: x", "Date: D\r\nMessage-ID: M\r\nA: x", 0),
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
    fn a_name_without_an_end_is_not_a_field() {
        let text = format!("{}\r\n", "a".repeat(5000));
        assert!(pass(text.as_bytes(), 7, true).0.starts_with("Date: D\r\n"));
        assert_eq!(pass(text.as_bytes(), 7, false).0, text);
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
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
