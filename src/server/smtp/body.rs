//! Takes the text of a message from the wire into a delivery, and refuses what is not one.
//!
//! DATA brings it in one piece, BDAT in several. Nothing is repaired but what RFC 6409 §8 lets a
//! submission server add ([`Header`]): a message is stored as it came, or not at all.

use std::io::{self, Read, Write};

use super::header::{Additions, Header};
use super::status;
use super::transaction::storage_trouble;
use crate::limits::{self, BareLineEndings, Limits};
use crate::mail::net::pieces::next_piece;
use crate::server::Reply;

/// Why a text is not taken.
#[derive(Debug)]
pub(super) enum Unfit {
    /// It has more octets than SIZE allows.
    TooLarge,
    /// A CR or a LF stands alone. RFC 5321 §2.3.8 forbids both, and whoever takes one for the end
    /// of a line can be made to see a second message in the first (SMTP smuggling, CVE-2023-51764).
    BareLineEnd,
    /// RFC 5322 §2.3 and RFC 2045 §2.8 have no place for a NUL, and many a program ends there.
    Nul,
    /// It has been everywhere already (RFC 5321 §6.3).
    Loop,
    /// It cannot be stored.
    Storage(io::Error),
}

impl Unfit {
    pub(super) fn reply(&self) -> Reply {
        match self {
            Unfit::TooLarge => too_large(),
            Unfit::BareLineEnd => status(
                550,
                "5.6.0",
                "A line must end with CRLF, and a CR or LF cannot stand alone",
            ),
            Unfit::Nul => status(550, "5.6.0", "A message cannot have a NUL"),
            Unfit::Loop => status(
                554,
                "5.4.6",
                "The message goes round in circles: it has too many Received lines",
            ),
            Unfit::Storage(error) => storage_trouble(error),
        }
    }
}

/// RFC 1870 §6.1, §6.3: the same words for the announced size and for the real one.
pub(super) fn too_large() -> Reply {
    status(552, "5.3.4", "The message is larger than SIZE allows")
}

/// A message that is arriving.
pub(super) struct Intake<W> {
    to: W,
    octets: u64,
    most: u64,
    lines: Lines,
    header: Header,
    /// What the header becomes on its way, piece by piece.
    out: Vec<u8>,
}

impl<W: Write> Intake<W> {
    /// Nothing has arrived yet. `additions` is what a header may get that lacks it.
    pub(super) fn new(to: W, limits: &Limits, additions: Option<Additions>) -> Intake<W> {
        Intake {
            to,
            octets: 0,
            most: limits.message_size,
            lines: Lines {
                after_cr: false,
                bare: limits.bare_line_endings,
            },
            header: Header::new(additions),
            out: Vec::new(),
        }
    }

    /// Takes a piece of the message, to its end; what comes after the first thing that is wrong is
    /// left unread.
    ///
    /// # Errors
    /// Outside, when the connection fails; inside, when the text is refused.
    pub(super) fn take(&mut self, text: &mut dyn Read) -> io::Result<Result<(), Unfit>> {
        let mut buffer = vec![0; limits::BUFFER];
        while let Some(piece) = next_piece(text, &mut buffer)? {
            if let Err(unfit) = self.check(piece) {
                return Ok(Err(unfit));
            }
        }
        Ok(Ok(()))
    }

    fn check(&mut self, piece: &[u8]) -> Result<(), Unfit> {
        self.octets += piece.len() as u64;
        if self.octets > self.most {
            return Err(Unfit::TooLarge);
        }
        self.lines.check(piece)?;
        let rest = self.header.pass(piece, &mut self.out);
        if self.header.received() > limits::HOPS {
            return Err(Unfit::Loop);
        }
        self.pass_header()?;
        self.to.write_all(rest).map_err(Unfit::Storage)
    }

    /// The message is whole; returns where it went, and how many octets arrived.
    pub(super) fn finish(mut self) -> Result<(W, u64), Unfit> {
        self.lines.end()?;
        self.header.end(&mut self.out);
        self.pass_header()?;
        Ok((self.to, self.octets))
    }

    /// How many octets have arrived.
    pub(super) fn octets(&self) -> u64 {
        self.octets
    }

    fn pass_header(&mut self) -> Result<(), Unfit> {
        let passed = self.to.write_all(&self.out).map_err(Unfit::Storage);
        self.out.clear();
        passed
    }
}

/// Looks for what no line may have, one piece of the text after the other.
struct Lines {
    after_cr: bool,
    bare: BareLineEndings,
}

impl Lines {
    fn check(&mut self, piece: &[u8]) -> Result<(), Unfit> {
        for &octet in piece {
            if self.after_cr != (octet == b'\n') && self.bare == BareLineEndings::Refuse {
                return Err(Unfit::BareLineEnd);
            }
            if octet == 0 {
                return Err(Unfit::Nul);
            }
            self.after_cr = octet == b'\r';
        }
        Ok(())
    }

    fn end(&self) -> Result<(), Unfit> {
        if self.after_cr && self.bare == BareLineEndings::Refuse {
            return Err(Unfit::BareLineEnd);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::mail::net::pieces::Pieces;
    use proptest::prelude::*;

    fn limits(bare_line_endings: BareLineEndings) -> Limits {
        Limits {
            message_size: 20,
            bare_line_endings,
            ..Limits::default()
        }
    }

    fn verdict(text: &[u8], size: usize) -> String {
        let mut stored = Vec::new();
        let mut intake = Intake::new(&mut stored, &limits(BareLineEndings::Refuse), None);
        let taken = intake.take(&mut Pieces(text, size)).unwrap();
        match taken.and_then(|()| intake.finish()) {
            Ok((_, octets)) => {
                assert_eq!((octets, stored.as_slice()), (text.len() as u64, text));
                "good".to_owned()
            }
            Err(unfit) => format!("{unfit:?}"),
        }
    }

    #[test]
    fn each_row_is_a_text_and_what_becomes_of_it() {
        let rows: [(&[u8], &str); 11] = [
            (b"", "good"),
            (b"a\r\n\r\nb\r\n", "good"),
            (b"12345678901234567890", "good"),
            (b"123456789012345678901", "TooLarge"),
            (b"a\nb\r\n", "BareLineEnd"),
            (b"\n", "BareLineEnd"),
            (b"a\rb\r\n", "BareLineEnd"),
            (b"a\r\r\n", "BareLineEnd"),
            (b"a\r", "BareLineEnd"),
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
        let mut intake = Intake::new(&mut stored, &limits(BareLineEndings::Refuse), None);
        for mut chunk in [&b"a\r"[..], b"", b"\nb\r\n"] {
            intake.take(&mut chunk).unwrap().unwrap();
        }
        assert_eq!(intake.finish().unwrap().1, 6);
        assert_eq!(stored, b"a\r\nb\r\n");
    }

    #[test]
    fn the_teaching_switch_lets_bare_line_ends_pass() {
        let mut stored = Vec::new();
        let mut intake = Intake::new(&mut stored, &limits(BareLineEndings::Accept), None);
        intake.take(&mut &b"a\nb\rc"[..]).unwrap().unwrap();
        intake.finish().unwrap();
        assert_eq!(stored, b"a\nb\rc");
    }

    #[test]
    fn a_message_that_has_been_everywhere_is_refused() {
        let most = limits::HOPS;
        for (lines, good) in [(most, true), (most + 1, false)] {
            let text = "Received: x\r\n".repeat(lines) + "\r\n";
            let mut intake = Intake::new(io::sink(), &Limits::default(), None);
            let taken = intake.take(&mut text.as_bytes()).unwrap();
            assert_eq!(taken.is_ok(), good, "{lines}");
            assert!(good || matches!(taken, Err(Unfit::Loop)));
        }
    }

    #[test]
    fn a_full_disk_is_no_broken_connection() {
        let full: &mut [u8] = &mut [];
        let mut intake = Intake::new(full, &Limits::default(), None);
        let refused = intake.take(&mut &b"text"[..]).unwrap();
        let refused = refused.and_then(|()| intake.finish().map(drop));
        assert!(matches!(refused, Err(Unfit::Storage(_))));
    }

    proptest! {
        #[test]
        fn good_is_what_has_only_whole_line_ends(text in "[a\\r\\n\0]{0,12}", size in 1..5_usize) {
            let rest = text.replace("\r\n", "");
            let good = !rest.contains(['\r', '\n', '\0']);
            prop_assert_eq!(verdict(text.as_bytes(), size) == "good", good);
        }
    }
}
