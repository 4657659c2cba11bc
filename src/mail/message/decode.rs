//! Decodes bodies from base64 and quoted-printable (RFC 2045 §6.7, §6.8) while they are read, in bounded
//! memory.
//!
//! Nothing is too broken: octets that are not of base64 are skipped, as the RFC asks for, and what is no
//! escape in quoted-printable means itself. `encode.rs` encodes.

use std::io::{self, Read};

use super::Header;
use super::lex::{Lexer, token};

/// Octets that are decoded at a time.
const CHUNK: usize = 8 * 1024;

/// White space that is held back because it may end a line: more than a line can have (RFC 5322
/// §2.1.1).
const BLANK_MAX: usize = 1000;

/// The transfer encoding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// None: `7bit`, `8bit`, `binary`.
    Identity,
    /// `base64`.
    Base64,
    /// `quoted-printable`.
    QuotedPrintable,
}

impl Encoding {
    /// Returns the encoding that a header names; `None` if it is not known.
    #[must_use]
    pub fn of(header: &Header) -> Option<Encoding> {
        let name = transfer_encoding(header).to_ascii_lowercase();
        match &name[..] {
            b"7bit" | b"8bit" | b"binary" => Some(Encoding::Identity),
            b"base64" => Some(Encoding::Base64),
            b"quoted-printable" => Some(Encoding::QuotedPrintable),
            _ => None,
        }
    }
}

/// Returns the Content-Transfer-Encoding (RFC 2045 §6.1); `7bit` if there is none.
#[must_use]
pub fn transfer_encoding(header: &Header) -> Vec<u8> {
    header
        .value("Content-Transfer-Encoding")
        .and_then(|value| token(&mut Lexer::new(&value)))
        .unwrap_or_else(|| b"7bit".to_vec())
}

/// A reader that decodes a body.
pub struct Decoder<R> {
    encoded: R,
    state: DecoderState,
    /// Decoded octets, handed out up to `at`.
    decoded: Vec<u8>,
    at: usize,
    ended: bool,
}

/// What was read and cannot be decoded before more of the body is.
enum DecoderState {
    Identity,
    Base64(Sextets),
    QuotedPrintable(QuotedPrintableLine),
}

/// Bits of base64 that are no whole octet yet.
#[derive(Default)]
struct Sextets {
    bits: u32,
    count: u32,
}

/// The end of a line of quoted-printable.
#[derive(Default)]
struct QuotedPrintableLine {
    /// White space, which counts only if text follows it (RFC 2045 §6.7 rule 3).
    blank: Vec<u8>,
    /// The octets after a `=`, until their meaning is clear.
    escape: Option<Vec<u8>>,
}

impl<R: Read> Decoder<R> {
    /// Decodes the octets of this reader.
    pub fn new(encoded: R, encoding: Encoding) -> Decoder<R> {
        Decoder {
            encoded,
            state: match encoding {
                Encoding::Identity => DecoderState::Identity,
                Encoding::Base64 => DecoderState::Base64(Sextets::default()),
                Encoding::QuotedPrintable => {
                    DecoderState::QuotedPrintable(QuotedPrintableLine::default())
                }
            },
            decoded: Vec::new(),
            at: 0,
            ended: false,
        }
    }

    /// Decodes the next chunk, perhaps to no octet.
    fn decode(&mut self) -> io::Result<()> {
        let mut chunk = [0; CHUNK];
        let read = self.encoded.read(&mut chunk)?;
        self.ended = read == 0;
        self.decoded.clear();
        self.at = 0;
        let chunk = chunk.get(..read).unwrap_or_default();
        let out = &mut self.decoded;
        match &mut self.state {
            DecoderState::Identity => out.extend_from_slice(chunk),
            DecoderState::Base64(sextets) => {
                chunk.iter().for_each(|octet| sextets.take(*octet, out))
            }
            DecoderState::QuotedPrintable(line) => {
                chunk.iter().for_each(|octet| line.take(*octet, out));
                if read == 0 {
                    line.end(out);
                }
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.decoded.len() && !self.ended && !buffer.is_empty() {
            self.decode()?;
        }
        let got = self.decoded.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += got;
        Ok(got)
    }
}

impl Sextets {
    fn take(&mut self, octet: u8, out: &mut Vec<u8>) {
        let sextet = match octet {
            b'A'..=b'Z' => octet - b'A',
            b'a'..=b'z' => octet - b'a' + 26,
            b'0'..=b'9' => octet - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            // Base64 that follows the padding begins anew.
            b'=' => return *self = Sextets::default(),
            _ => return,
        };
        self.bits = self.bits << 6 | u32::from(sextet);
        self.count += 6;
        if self.count >= 8 {
            self.count -= 8;
            // The lowest eight bits; those above are handed out already.
            out.push((self.bits >> self.count) as u8);
        }
    }
}

impl QuotedPrintableLine {
    fn take(&mut self, octet: u8, out: &mut Vec<u8>) {
        if let Some(escape) = &mut self.escape {
            escape.push(octet);
            return self.decide(out);
        }
        match octet {
            b'=' => {
                out.append(&mut self.blank);
                self.escape = Some(Vec::new());
            }
            b' ' | b'\t' | b'\r' if self.blank.len() < BLANK_MAX => self.blank.push(octet),
            b'\n' => {
                let ending: &[u8] = if self.blank.ends_with(b"\r") { b"\r\n" } else { b"\n" };
                self.blank.clear();
                out.extend_from_slice(ending);
            }
            _ => {
                out.append(&mut self.blank);
                out.push(octet);
            }
        }
    }

    /// Decodes the escape if its meaning is clear.
    fn decide(&mut self, out: &mut Vec<u8>) {
        let Some(escape) = self.escape.take() else {
            return;
        };
        let digit = |octet: &u8| char::from(*octet).to_digit(16);
        match &escape[..] {
            [high, low] if digit(high).is_some() && digit(low).is_some() => {
                let value = digit(high).unwrap_or(0) * 16 + digit(low).unwrap_or(0);
                out.push(value as u8);
            }
            // Rule 5: a soft line break, perhaps with white space that was added on the way.
            [blank @ .., b'\n'] if blank.trim_ascii().is_empty() => {}
            [one] if digit(one).is_some() => self.escape = Some(escape),
            blank if blank.trim_ascii().is_empty() && blank.len() < BLANK_MAX => {
                self.escape = Some(escape);
            }
            [text @ .., last] => {
                out.push(b'=');
                out.extend_from_slice(text);
                self.take(*last, out);
            }
            [] => {}
        }
    }

    /// The body ends here.
    fn end(&mut self, out: &mut Vec<u8>) {
        match self.escape.take() {
            Some(escape) if escape.trim_ascii().is_empty() => {}
            Some(escape) => {
                out.push(b'=');
                out.extend_from_slice(&escape);
            }
            None => {}
        }
        self.blank.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::message::encode;
    use proptest::prelude::*;

    /// Hands out these octets, at most so many at a time.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let most = out.len().min(self.1);
            self.0.read(&mut out[..most])
        }
    }

    fn decoded(encoded: &[u8], encoding: Encoding, piece: usize) -> Vec<u8> {
        let mut decoded = Vec::new();
        let mut decoder = Decoder::new(Pieces(encoded, piece), encoding);
        decoder.read_to_end(&mut decoded).unwrap();
        decoded
    }

    fn check(encoding: Encoding, rows: &[(&[u8], &[u8])]) {
        for (encoded, expected) in rows {
            for piece in [1, 2, 100] {
                let decoded = decoded(encoded, encoding, piece);
                assert_eq!(decoded, *expected, "{}", encoded.escape_ascii());
            }
        }
    }

    #[test]
    fn base64_of_every_sort() {
        check(
            Encoding::Base64,
            &[
                (b"", b""),
                (b"SGVs\r\nbG8=\r\n", b"Hello"),
                (b"SGVsbA==", b"Hell"),
                (b"AP8A", b"\0\xff\0"),
                (b"S G!V-s", b"Hel"),
                // The end is missing; bits that are no whole octet are dropped.
                (b"SGVsb", b"Hel"),
                (b"SGVsbG8", b"Hello"),
                // Two that were put together.
                (b"SGk=SGk=", b"HiHi"),
            ],
        );
    }

    #[test]
    fn quoted_printable_of_every_sort() {
        check(
            Encoding::QuotedPrintable,
            &[
                (b"caf=C3=a9\r\n", b"caf\xc3\xa9\r\n"),
                (b"soft=\r\nbreak= \t\r\ntoo=\nthree", b"softbreaktoothree"),
                (b"trailing \t\r\n inner  space", b"trailing\r\n inner  space"),
                (b"at the end  ", b"at the end"),
                (b"=20\r\n", b" \r\n"),
                (b"nul=00", b"nul\0"),
                (b"=3D=", b"="),
                // No escapes.
                (b"1=2, =ZZ =4G == =C3", b"1=2, =ZZ =4G == \xc3"),
                (b"cut =4", b"cut =4"),
                (b"bare\rcr", b"bare\rcr"),
            ],
        );
    }

    #[test]
    fn a_long_blank_line_costs_no_memory() {
        let blank = io::repeat(b' ').take(10_000_000);
        let mut decoder = Decoder::new(blank, Encoding::QuotedPrintable);
        let octets = io::copy(&mut decoder, &mut io::sink()).unwrap();
        assert!(octets > 9_000_000);
        let DecoderState::QuotedPrintable(line) = decoder.state else { panic!() };
        assert!(line.blank.capacity() <= 2 * BLANK_MAX);
    }

    #[test]
    fn a_header_names_its_encoding() {
        let rows: [(&[u8], Option<Encoding>); 4] = [
            (b"Subject: x\r\n", Some(Encoding::Identity)),
            (b"Content-Transfer-Encoding: BASE64\r\n", Some(Encoding::Base64)),
            (b"Content-Transfer-Encoding: (8) 8bit\r\n", Some(Encoding::Identity)),
            (b"Content-Transfer-Encoding: x-uuencode\r\n", None),
        ];
        let header = Header::parse(b"Content-Transfer-Encoding: (fast) Base64\r\n");
        assert_eq!(transfer_encoding(&header), b"Base64");
        for (header, encoding) in rows {
            assert_eq!(Encoding::of(&Header::parse(header)), encoding);
        }
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn base64_is_undone(octets in prop::collection::vec(any::<u8>(), 0..300), piece in 1usize..90) {
            let encoded = encode::base64(&octets);
            prop_assert_eq!(decoded(encoded.as_bytes(), Encoding::Base64, piece), octets);
        }

        #[test]
        fn quoted_printable_is_undone(plain in "([a-zé= \t\\.]{0,90}\r\n){0,3}", piece in 1usize..90) {
            let (encoding, encoded) = encode::text(&plain);
            prop_assume!(encoding == "quoted-printable");
            let decoded = decoded(encoded.as_bytes(), Encoding::QuotedPrintable, piece);
            prop_assert_eq!(String::from_utf8(decoded).unwrap(), plain);
        }

        #[test]
        fn any_octets_can_be_decoded(octets in prop::collection::vec(any::<u8>(), 0..300), piece in 1usize..9) {
            for encoding in [Encoding::Base64, Encoding::QuotedPrintable] {
                let at_once = decoded(&octets, encoding, 1000);
                prop_assert_eq!(decoded(&octets, encoding, piece), at_once);
            }
            prop_assert_eq!(decoded(&octets, Encoding::Identity, piece), octets);
        }
    }
}
