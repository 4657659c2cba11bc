//! Charsets: the octets of mail become text (RFC 2046 §4.1.2, RFC 2047 §2).
//!
//! Names are what mail calls them: those of the Encoding Standard
//! (<https://encoding.spec.whatwg.org/#names-and-labels>), and a few that browsers have given up, such
//! as UTF-7. What is no text in its charset becomes U+FFFD. A charset that nobody knows is taken for
//! UTF-8, and so is ASCII: mailers that say `us-ascii` and send UTF-8 are many.

use encoding_rs::{CoderResult, Encoding, UTF_8};
use mail_parser::decoders::charsets::map::charset_decoder;

/// Octets of a text in one of the charsets that browsers have given up; they are decoded in one
/// piece, and what follows is left out.
const WHOLE_MAX: usize = 256 * 1024;

/// A charset that octets are to be decoded from.
#[derive(Clone, Copy, Debug)]
pub struct Charset(CharsetKind);

#[derive(Clone, Copy, Debug)]
enum CharsetKind {
    Streaming(&'static Encoding),
    Whole(fn(&[u8]) -> String),
}

impl Charset {
    /// The charset with this name, in any case.
    #[must_use]
    pub fn named(name: &[u8]) -> Charset {
        let name = name.trim_ascii();
        let ascii = name.is_empty() || name.eq_ignore_ascii_case(b"us-ascii");
        let encoding = match ascii {
            true => Some(UTF_8),
            false => Encoding::for_label_no_replacement(name),
        };
        Charset(match (encoding, charset_decoder(name)) {
            (None, Some(decode)) => CharsetKind::Whole(decode),
            (encoding, _) => CharsetKind::Streaming(encoding.unwrap_or(UTF_8)),
        })
    }

    /// The text that these octets are.
    #[must_use]
    pub fn decode(self, octets: &[u8]) -> String {
        let mut text = String::new();
        let mut decoder = CharsetDecoder::new(self);
        decoder.decode(octets, &mut text);
        decoder.finish(&mut text);
        text
    }
}

/// Decodes a text that comes in pieces; a character may begin in one and end in the next.
pub struct CharsetDecoder(Decoding);

enum Decoding {
    Streaming(encoding_rs::Decoder),
    Whole(fn(&[u8]) -> String, Vec<u8>),
}

impl CharsetDecoder {
    /// For this charset.
    #[must_use]
    pub fn new(charset: Charset) -> CharsetDecoder {
        CharsetDecoder(match charset.0 {
            CharsetKind::Streaming(encoding) => {
                Decoding::Streaming(encoding.new_decoder_with_bom_removal())
            }
            CharsetKind::Whole(decode) => Decoding::Whole(decode, Vec::new()),
        })
    }

    /// Appends the text of the next octets, as far as it is certain.
    pub fn decode(&mut self, octets: &[u8], text: &mut String) {
        match &mut self.0 {
            Decoding::Streaming(decoder) => stream(decoder, octets, text, false),
            Decoding::Whole(_, kept) => {
                let room = WHOLE_MAX - kept.len();
                kept.extend_from_slice(octets.get(..room).unwrap_or(octets));
            }
        }
    }

    /// Appends what is left.
    pub fn finish(self, text: &mut String) {
        match self.0 {
            Decoding::Streaming(mut decoder) => stream(&mut decoder, b"", text, true),
            Decoding::Whole(decode, octets) => text.push_str(&decode(&octets)),
        }
    }
}

fn stream(decoder: &mut encoding_rs::Decoder, mut octets: &[u8], text: &mut String, last: bool) {
    loop {
        let most = decoder.max_utf8_buffer_length(octets.len());
        text.reserve(most.unwrap_or(octets.len()));
        let (result, read, _) = decoder.decode_to_string(octets, text, last);
        octets = octets.get(read..).unwrap_or_default();
        if result == CoderResult::InputEmpty {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn charsets_of_real_mail() {
        let rows: [(&str, &[u8], &str); 19] = [
            ("", b"caf\xc3\xa9", "café"),
            ("utf-8", b"caf\xc3\xa9", "café"),
            ("UTF8", b"\xef\xbb\xbfcaf\xc3\xa9", "café"),
            ("us-ascii", b"caf\xc3\xa9", "café"),
            ("x-unknown", b"plain", "plain"),
            ("iso-8859-1", b"caf\xe9", "café"),
            ("ISO-8859-15", b"\xa4", "€"),
            ("iso-8859-2", b"\xb1", "ą"),
            ("windows-1252", b"\x80", "€"),
            ("windows-1251", b"\xef\xf0\xe8", "при"),
            ("koi8-r", b"\xc4\xc1\xd4", "дат"),
            ("gb2312", b"\xc4\xe3\xba\xc3", "你好"),
            ("gb18030", b"\xc4\xe3\xba\xc3", "你好"),
            ("big5", b"\xa7A\xa6n", "你好"),
            ("shift_jis", b"\x83n\x83\x8d\x81[", "ハロー"),
            ("iso-2022-jp", b"\x1b$B%O%m!<\x1b(B", "ハロー"),
            ("euc-kr", b"\xc7\xd1", "한"),
            ("utf-7", b"Gr+APwA3w-e", "Grüße"),
            ("cp850", b"caf\x82", "café"),
        ];
        for (charset, octets, text) in rows {
            assert_eq!(
                Charset::named(charset.as_bytes()).decode(octets),
                text,
                "{charset}"
            );
        }
        assert_eq!(Charset::named(b"utf-8").decode(b"caf\xc3"), "caf\u{fffd}");
    }

    proptest! {
        #[test]
        fn pieces_are_decoded_as_the_whole(
            octets: Vec<u8>, at: usize,
            charset in prop::sample::select(vec!["utf-8", "shift_jis", "gb18030", "utf-7", "iso-2022-jp"]),
        ) {
            let (one, other) = octets.split_at(at % (octets.len() + 1));
            let charset = Charset::named(charset.as_bytes());
            let (mut decoder, mut text) = (CharsetDecoder::new(charset), String::new());
            decoder.decode(one, &mut text);
            decoder.decode(other, &mut text);
            decoder.finish(&mut text);
            prop_assert_eq!(text, charset.decode(&octets));
        }
    }
}
