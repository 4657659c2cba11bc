//! Content-Transfer-Encoding: the octets of a part before they were made fit for mail (RFC 2045 §6).
//!
//! A [`Decoder`] is given the body in pieces and passes on what they mean. It holds back no more than
//! a line, and forgives everything, as the RFC asks of whoever reads: what is no base64 is passed over
//! (§6.8), and what is no quoted-printable stands for itself (§6.7).

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Header;
use super::content;

/// Base64 as mailers write it, with padding or without.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Octets that quoted-printable may leave undecided: a line is no longer (RFC 5322 §2.1.1).
const UNDECIDED: usize = 998;

/// How a body is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransferEncoding {
    /// `7bit`, `8bit`, `binary`: not at all.
    #[default]
    Identity,
    /// `base64`.
    Base64,
    /// `quoted-printable`.
    QuotedPrintable,
}

impl TransferEncoding {
    /// What the header says; `None` if it is none of the encodings that there are.
    #[must_use]
    pub fn of(header: &Header) -> Option<TransferEncoding> {
        let name = content::transfer_encoding(header).to_ascii_lowercase();
        Some(match &name[..] {
            b"7bit" | b"8bit" | b"binary" => TransferEncoding::Identity,
            b"base64" => TransferEncoding::Base64,
            b"quoted-printable" => TransferEncoding::QuotedPrintable,
            _ => return None,
        })
    }
}

/// Decodes a body that comes in pieces.
pub struct Decoder {
    encoding: TransferEncoding,
    /// What cannot be decoded before more of it comes: less than four characters of base64; spaces that
    /// perhaps end a line, and an escape that has begun, in quoted-printable.
    undecided: Vec<u8>,
}

impl Decoder {
    /// For a body that is encoded so.
    #[must_use]
    pub fn new(encoding: TransferEncoding) -> Decoder {
        Decoder {
            encoding,
            undecided: Vec::new(),
        }
    }

    /// Appends what the next octets mean.
    pub fn decode(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        match self.encoding {
            TransferEncoding::Identity => out.extend_from_slice(octets),
            TransferEncoding::Base64 => {
                for octet in octets {
                    self.base64(*octet, out);
                }
            }
            TransferEncoding::QuotedPrintable => {
                for octet in octets {
                    self.quoted_printable(*octet, out);
                }
            }
        }
    }

    /// Appends what is left.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        match (self.encoding, &self.undecided[..]) {
            (TransferEncoding::Base64, _) => self.quantum(out),
            // An escape that was cut off stands for itself, unless it is the end of a line.
            (_, [b'=', rest @ ..]) if !rest.iter().all(is_space) => out.append(&mut self.undecided),
            _ => {}
        }
    }

    fn base64(&mut self, octet: u8, out: &mut Vec<u8>) {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => {
                self.undecided.push(octet);
                if self.undecided.len() == 4 {
                    self.quantum(out);
                }
            }
            // Padding ends a text; another may follow.
            b'=' => self.quantum(out),
            _ => {}
        }
    }

    /// Four characters are three octets; of one character alone there is nothing to make.
    fn quantum(&mut self, out: &mut Vec<u8>) {
        let before = out.len();
        if BASE64.decode_vec(&self.undecided, out).is_err() {
            out.truncate(before);
        }
        self.undecided.clear();
    }

    fn quoted_printable(&mut self, octet: u8, out: &mut Vec<u8>) {
        if self.undecided.first() == Some(&b'=') {
            match self.escape(octet) {
                Escape::Undecided => return self.undecided.push(octet),
                Escape::Octet(escaped) => {
                    out.push(escaped);
                    return self.undecided.clear();
                }
                Escape::LineGoesOn => return self.undecided.clear(),
                Escape::None => out.append(&mut self.undecided),
            }
        }
        match octet {
            // RFC 2045 §6.7, rule 3: spaces at the end of a line were added on the way.
            b'\r' | b'\n' => self.undecided.clear(),
            b' ' | b'\t' if self.undecided.len() < UNDECIDED => return self.undecided.push(octet),
            _ => out.append(&mut self.undecided),
        }
        match octet {
            b'=' => self.undecided.push(octet),
            _ => out.push(octet),
        }
    }

    /// What the escape is, with this octet behind what came of it.
    fn escape(&self, octet: u8) -> Escape {
        let hex = |octet: u8| char::from(octet).to_digit(16);
        let behind = self.undecided.get(1..).unwrap_or_default();
        match behind {
            [] if hex(octet).is_some() => Escape::Undecided,
            [high] if hex(*high).is_some() => match (hex(*high), hex(octet)) {
                (Some(high), Some(low)) => Escape::Octet((high * 16 + low) as u8),
                _ => Escape::None,
            },
            // RFC 2045 §6.7, rule 5: a soft line break; spaces before it were added on the way.
            spaces if spaces.iter().all(is_space) && spaces.len() < UNDECIDED => match octet {
                b'\n' => Escape::LineGoesOn,
                _ if is_space(&octet) => Escape::Undecided,
                _ => Escape::None,
            },
            _ => Escape::None,
        }
    }
}

/// What follows a `=`.
enum Escape {
    /// More must come.
    Undecided,
    /// `=C3`.
    Octet(u8),
    /// `=` at the end of a line.
    LineGoesOn,
    /// A `=` that should have been escaped.
    None,
}

/// What may stand between a `=` and the end of its line.
fn is_space(octet: &u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(encoding: TransferEncoding, pieces: &[&[u8]]) -> Vec<u8> {
        let (mut decoder, mut out) = (Decoder::new(encoding), Vec::new());
        pieces
            .iter()
            .for_each(|piece| decoder.decode(piece, &mut out));
        decoder.finish(&mut out);
        out
    }

    #[test]
    fn bodies_of_every_sort() {
        use TransferEncoding::{Base64, Identity, QuotedPrintable};
        let rows: [(TransferEncoding, &[u8], &[u8]); 20] = [
            (Identity, b"=C3 aGk=\r\n", b"=C3 aGk=\r\n"),
            (Base64, b"aGVsbG8=", b"hello"),
            (Base64, b"aGVs\r\n bG8\r\n", b"hello"),
            (Base64, b"aGk=aGk=", b"hihi"),
            (Base64, b"a*G-k", b"hi"),
            (Base64, b"aGVsbG8gd29ybGQ", b"hello world"),
            (Base64, b"aGVsbG8h!a", b"hello!"),
            (QuotedPrintable, b"caf=C3=A9\r\n", b"caf\xc3\xa9\r\n"),
            (QuotedPrintable, b"caf=c3=a9", b"caf\xc3\xa9"),
            (QuotedPrintable, b"one =\r\nline", b"one line"),
            (QuotedPrintable, b"one=  \t\r\nline=\nhere", b"onelinehere"),
            (QuotedPrintable, b"end \t\r\nof line  ", b"end\r\nof line"),
            (QuotedPrintable, b"kept=20\r\n =09", b"kept \r\n \t"),
            (QuotedPrintable, b"1=1, a==b, =", b"1=1, a==b, "),
            (QuotedPrintable, b"=4", b"=4"),
            (QuotedPrintable, b"==41", b"=A"),
            (QuotedPrintable, b"=4=41", b"=4A"),
            (QuotedPrintable, b"= x", b"= x"),
            (QuotedPrintable, b"=\r\r\n", b""),
            (QuotedPrintable, b"", b""),
        ];
        for (encoding, body, octets) in rows {
            let text = String::from_utf8_lossy(body);
            assert_eq!(decoded(encoding, &[body]), octets, "{text:?}");
        }
    }

    #[test]
    fn the_names_of_the_encodings() {
        let of = |value: &str| {
            let header = format!("Content-Transfer-Encoding: {value}\r\n\r\n");
            TransferEncoding::of(&Header::parse(header.as_bytes()))
        };
        assert_eq!(of("8BIT"), Some(TransferEncoding::Identity));
        assert_eq!(of("Base64"), Some(TransferEncoding::Base64));
        assert_eq!(
            of("(x) quoted-printable"),
            Some(TransferEncoding::QuotedPrintable)
        );
        assert_eq!(of("x-uuencode"), None);
        assert_eq!(
            TransferEncoding::of(&Header::default()),
            Some(TransferEncoding::Identity)
        );
    }

    #[test]
    fn endless_spaces_are_not_gathered() {
        let mut decoder = Decoder::new(TransferEncoding::QuotedPrintable);
        let mut out = Vec::new();
        for begin in [&b""[..], b"="] {
            decoder.decode(begin, &mut out);
            for _ in 0..1000 {
                decoder.decode(&[b' '; 1000], &mut out);
                assert!(decoder.undecided.len() <= UNDECIDED + 1);
            }
        }
        assert!(out.len() > 1_900_000);
    }

    proptest! {
        #[test]
        fn pieces_are_decoded_as_the_whole(
            body in "[=A-Fa-f09 \t\r\n]{0,60}", at: usize, quoted: bool,
        ) {
            let encoding = [TransferEncoding::Base64, TransferEncoding::QuotedPrintable][usize::from(quoted)];
            let (one, other) = body.as_bytes().split_at(at % (body.len() + 1));
            prop_assert_eq!(decoded(encoding, &[one, other]), decoded(encoding, &[body.as_bytes()]));
        }

        #[test]
        fn what_is_encoded_comes_back(octets: Vec<u8>) {
            let base64 = BASE64.encode(&octets);
            prop_assert_eq!(decoded(TransferEncoding::Base64, &[base64.as_bytes()]), octets.clone());
            let quoted: String = octets.iter().map(|octet| format!("={octet:02X}")).collect();
            prop_assert_eq!(decoded(TransferEncoding::QuotedPrintable, &[quoted.as_bytes()]), octets);
        }
    }
}
