//! Takes the text of a message from the wire into a delivery, and refuses what is not one.
//!
//! Nothing is repaired: a message is stored as it came, or not at all.

use std::io::{self, Read, Write};

use super::status;
use super::transaction::storage_trouble;
use crate::limits;
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
            Unfit::Storage(error) => storage_trouble(error),
        }
    }
}

/// RFC 1870 §6.2, §6.3: the same words for the announced size and for the real one.
pub(super) fn too_large() -> Reply {
    status(552, "5.3.4", "The message is larger than SIZE allows")
}

/// Copies the text; what comes after the first thing that is wrong is left unread. Returns the
/// number of octets.
///
/// # Errors
/// Outside, when the connection fails; inside, when the text is refused.
pub(super) fn copy(
    text: &mut dyn Read,
    to: &mut dyn Write,
    most: u64,
) -> io::Result<Result<u64, Unfit>> {
    let (mut piece, mut size) = (vec![0; limits::BUFFER], 0);
    let mut lines = Lines::default();
    loop {
        let got = match text.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if got == 0 {
            return Ok(lines.end().map(|()| size));
        }
        size += got as u64;
        if size > most {
            return Ok(Err(Unfit::TooLarge));
        }
        let piece = &piece[..got];
        let stored = lines.check(piece);
        if let Err(unfit) = stored.and_then(|()| to.write_all(piece).map_err(Unfit::Storage)) {
            return Ok(Err(unfit));
        }
    }
}

/// Looks for what no line may have, one piece of the text after the other.
#[derive(Default)]
struct Lines {
    after_cr: bool,
}

impl Lines {
    fn check(&mut self, piece: &[u8]) -> Result<(), Unfit> {
        for &octet in piece {
            if self.after_cr != (octet == b'\n') {
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
        if self.after_cr {
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
    use proptest::prelude::*;

    /// Gives a text in pieces of at most so many octets.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let got = self.0.len().min(self.1).min(buffer.len());
            buffer[..got].copy_from_slice(&self.0[..got]);
            self.0 = &self.0[got..];
            Ok(got)
        }
    }

    fn verdict(text: &[u8], size: usize) -> String {
        let mut stored = Vec::new();
        match copy(&mut Pieces(text, size), &mut stored, 20).unwrap() {
            Ok(octets) => {
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
    fn a_full_disk_is_no_broken_connection() {
        let mut full: &mut [u8] = &mut [];
        let refused = copy(&mut &b"text"[..], &mut full, 20).unwrap();
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
