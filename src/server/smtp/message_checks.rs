//! Checks the octets of a message on their way from the connection to where it is stored.
//!
//! DATA brings the message in one piece, BDAT in several. A message is stored as it came, or not at
//! all; only a submission server adds missing header fields ([`HeaderFields`], RFC 6409 §8).

use std::io::{self, Read, Write};

use super::header_fields::{HeaderFields, MissingFields};
use super::replies::disk_failure;
use crate::limits::{self, BareLineEndings, Limits};
use crate::mail::net::pieces::next_piece;
use crate::mail::protocol::smtp::Reply;

/// Why a message is refused.
#[derive(Debug)]
pub(super) enum Rejection {
    /// It has more octets than SIZE allows.
    TooLarge,
    /// It has a CR or a LF outside of a CRLF, which RFC 5321 §2.3.8 forbids. A server that takes one
    /// for the end of a line can find a second message in the first (SMTP smuggling,
    /// CVE-2023-51764).
    BareLineEnding,
    /// It has a NUL, which RFC 5322 §2.3 and RFC 2045 §2.8 forbid. Many programs stop reading there.
    Nul,
    /// It has passed too many servers (RFC 5321 §6.3).
    Loop,
    /// It cannot be stored.
    Storage(io::Error),
}

impl Rejection {
    pub(super) fn reply(&self) -> Reply {
        match self {
            Rejection::TooLarge => Reply::MESSAGE_TOO_LARGE,
            Rejection::BareLineEnding => Reply::BAD_MESSAGE
                .because("Lines must end with CRLF; a bare CR or LF is not allowed"),
            Rejection::Nul => Reply::BAD_MESSAGE.because("A message must not contain a NUL"),
            Rejection::Loop => Reply::MAIL_LOOP,
            Rejection::Storage(error) => disk_failure(error),
        }
    }
}

/// A message that is being received, and the writer that it goes to.
pub(super) struct MessageChecks<W> {
    to: W,
    octets: u64,
    most: u64,
    bare: BareLineEndings,
    /// True if the last octet was a CR: a LF must come next.
    after_cr: bool,
    header: HeaderFields,
    /// The part of the header that can be written, used for one piece at a time.
    out: Vec<u8>,
}

impl<W: Write> MessageChecks<W> {
    /// Begins a message. `missing` are the fields that it gets if its header lacks them.
    pub(super) fn new(to: W, limits: &Limits, missing: Option<MissingFields>) -> MessageChecks<W> {
        MessageChecks {
            to,
            octets: 0,
            most: limits.message_size,
            bare: limits.bare_line_endings,
            after_cr: false,
            header: HeaderFields::new(missing),
            out: Vec::new(),
        }
    }

    /// Receives a part of the message, to its end. The octets after a mistake are not read.
    ///
    /// # Errors
    /// The outer one if the connection fails, the inner one if the message is refused.
    pub(super) fn take(&mut self, text: &mut dyn Read) -> io::Result<Result<(), Rejection>> {
        let mut buffer = vec![0; limits::BUFFER];
        while let Some(piece) = next_piece(text, &mut buffer)? {
            if let Err(rejection) = self.take_piece(piece) {
                return Ok(Err(rejection));
            }
        }
        Ok(Ok(()))
    }

    fn take_piece(&mut self, piece: &[u8]) -> Result<(), Rejection> {
        self.octets += piece.len() as u64;
        if self.octets > self.most {
            return Err(Rejection::TooLarge);
        }
        self.check_octets(piece)?;
        let body = self.header.pass(piece, &mut self.out);
        if self.header.received() > limits::HOPS {
            return Err(Rejection::Loop);
        }
        self.write_header()?;
        self.to.write_all(body).map_err(Rejection::Storage)
    }

    fn check_octets(&mut self, piece: &[u8]) -> Result<(), Rejection> {
        for &octet in piece {
            if self.after_cr != (octet == b'\n') && self.bare == BareLineEndings::Refuse {
                return Err(Rejection::BareLineEnding);
            }
            if octet == 0 {
                return Err(Rejection::Nul);
            }
            self.after_cr = octet == b'\r';
        }
        Ok(())
    }

    /// Ends the message; returns the writer and the number of octets.
    pub(super) fn finish(mut self) -> Result<(W, u64), Rejection> {
        if self.after_cr && self.bare == BareLineEndings::Refuse {
            return Err(Rejection::BareLineEnding);
        }
        self.header.end(&mut self.out);
        self.write_header()?;
        Ok((self.to, self.octets))
    }

    /// The number of octets so far.
    pub(super) fn octets(&self) -> u64 {
        self.octets
    }

    fn write_header(&mut self) -> Result<(), Rejection> {
        let written = self.to.write_all(&self.out).map_err(Rejection::Storage);
        self.out.clear();
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::net::pieces::Pieces;
    use proptest::prelude::*;

    fn limits(bare_line_endings: BareLineEndings) -> Limits {
        Limits { message_size: 20, bare_line_endings, ..Limits::default() }
    }

    fn verdict(text: &[u8], size: usize) -> String {
        let mut stored = Vec::new();
        let mut checks = MessageChecks::new(&mut stored, &limits(BareLineEndings::Refuse), None);
        let taken = checks.take(&mut Pieces(text, size)).unwrap();
        match taken.and_then(|()| checks.finish()) {
            Ok((_, octets)) => {
                assert_eq!((octets, stored.as_slice()), (text.len() as u64, text));
                "good".to_owned()
            }
            Err(rejection) => format!("{rejection:?}"),
        }
    }

    #[test]
    fn each_row_is_a_text_and_what_becomes_of_it() {
        let rows: [(&[u8], &str); 11] = [
            (b"", "good"),
            (b"a\r\n\r\nb\r\n", "good"),
            (b"12345678901234567890", "good"),
            (b"123456789012345678901", "TooLarge"),
            (b"a\nb\r\n", "BareLineEnding"),
            (b"\n", "BareLineEnding"),
            (b"a\rb\r\n", "BareLineEnding"),
            (b"a\r\r\n", "BareLineEnding"),
            (b"a\r", "BareLineEnding"),
            (b"a\0\r\n", "Nul"),
            ("Grüße\r\n".as_bytes(), "good"),
        ];
        for (text, expected) in rows {
            for size in [1, 2, 3, 100] {
                assert_eq!(verdict(text, size), expected, "{}", text.escape_ascii());
            }
        }
    }

    #[test]
    fn a_line_end_may_be_cut_between_two_chunks() {
        let mut stored = Vec::new();
        let mut checks = MessageChecks::new(&mut stored, &limits(BareLineEndings::Refuse), None);
        for mut chunk in [&b"a\r"[..], b"", b"\nb\r\n"] {
            checks.take(&mut chunk).unwrap().unwrap();
        }
        assert_eq!(checks.finish().unwrap().1, 6);
        assert_eq!(stored, b"a\r\nb\r\n");
    }

    #[test]
    fn the_switch_for_lessons_lets_bare_line_ends_pass() {
        let mut stored = Vec::new();
        let mut checks = MessageChecks::new(&mut stored, &limits(BareLineEndings::Accept), None);
        checks.take(&mut &b"a\nb\rc"[..]).unwrap().unwrap();
        checks.finish().unwrap();
        assert_eq!(stored, b"a\nb\rc");
    }

    #[test]
    fn a_message_that_has_been_everywhere_is_refused() {
        let most = limits::HOPS;
        for (lines, good) in [(most, true), (most + 1, false)] {
            let text = "Received: x\r\n".repeat(lines) + "\r\n";
            let mut checks = MessageChecks::new(io::sink(), &Limits::default(), None);
            let taken = checks.take(&mut text.as_bytes()).unwrap();
            assert_eq!(taken.is_ok(), good, "{lines}");
            assert!(good || matches!(taken, Err(Rejection::Loop)));
        }
    }

    #[test]
    fn a_full_disk_is_no_broken_connection() {
        let full: &mut [u8] = &mut [];
        let mut checks = MessageChecks::new(full, &Limits::default(), None);
        let refused = checks.take(&mut &b"text"[..]).unwrap();
        let finished = refused.and_then(|()| checks.finish());
        assert!(matches!(finished, Err(Rejection::Storage(_))));
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn good_is_what_has_only_whole_line_ends(text in "[a\\r\\n\0]{0,12}", size in 1..5_usize) {
            let rest = text.replace("\r\n", "");
            let good = !rest.contains(['\r', '\n', '\0']);
            prop_assert_eq!(verdict(text.as_bytes(), size) == "good", good);
        }
    }
}
