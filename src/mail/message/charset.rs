//! Charsets: the octets of mail become text (RFC 2046 §4.1.2, RFC 2047 §2).
//!
//! Names are those of the Encoding Standard (<https://encoding.spec.whatwg.org/#names-and-labels>),
//! and those that only mail uses (`ALIASES`). Octets that are no text in their charset become
//! U+FFFD. Without a charset, or with one that is not known, text is UTF-8 where it can be, and
//! Windows-1252 where it cannot; and so is ASCII, because many mailers say `us-ascii` and send
//! something else.

use encoding_rs::{Encoding, WINDOWS_1252};

use super::legacy_charset::{LegacyCharset, LegacyDecoder, Piece, decode_piece};

/// Charset names of real mail that the Encoding Standard lacks, each with a name that it has. `ascii` stands for text that names no charset.
const ALIASES: [(&str, &str); 31] = [
    ("", "ascii"),
    ("us-ascii", "ascii"),
    ("us", "ascii"),
    ("ansi_x3.4-1968", "ascii"),
    ("iso_646.irv:1991", "ascii"),
    ("646", "ascii"),
    ("latin-1", "iso-8859-1"),
    ("latin-2", "iso-8859-2"),
    ("8859-1", "iso-8859-1"),
    ("cp932", "shift_jis"),
    ("ms932", "shift_jis"),
    ("iso-2022-jp-1", "iso-2022-jp"),
    ("iso-2022-jp-2", "iso-2022-jp"),
    ("iso-2022-jp-ms", "iso-2022-jp"),
    ("cp50220", "iso-2022-jp"),
    ("cp50221", "iso-2022-jp"),
    ("cp51932", "euc-jp"),
    ("eucjp-ms", "euc-jp"),
    ("cp949", "euc-kr"),
    ("ms949", "euc-kr"),
    ("uhc", "euc-kr"),
    ("ks_c_5601", "euc-kr"),
    ("ksc5601-1987", "euc-kr"),
    ("cp936", "gbk"),
    ("ms936", "gbk"),
    ("euc-cn", "gbk"),
    ("gb2312-80", "gbk"),
    ("cp950", "big5"),
    ("ms950", "big5"),
    ("cp874", "windows-874"),
    ("cp1361", "euc-kr"),
];

/// A charset from which octets are decoded.
#[derive(Clone, Copy, Debug)]
pub struct Charset(CharsetKind);

#[derive(Clone, Copy, Debug)]
enum CharsetKind {
    Standard(&'static Encoding),
    Utf16,
    Unnamed,
    Legacy(LegacyCharset),
}

/// The charset of text that names none.
impl Default for Charset {
    fn default() -> Charset {
        Charset(CharsetKind::Unnamed)
    }
}

impl Charset {
    /// Returns the charset with this name, in any case.
    #[must_use]
    pub fn named(name: &[u8]) -> Charset {
        let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
        let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
        let name = alias.map_or(name.as_str(), |(_, standard)| standard);
        if name == "ascii" {
            return Charset(CharsetKind::Unnamed);
        }
        if name == "utf-16" {
            return Charset(CharsetKind::Utf16);
        }
        if let Some(legacy) = LegacyCharset::named(name) {
            return Charset(CharsetKind::Legacy(legacy));
        }
        let standard = Encoding::for_label_no_replacement(name.as_bytes());
        Charset(standard.map_or(CharsetKind::Unnamed, CharsetKind::Standard))
    }

    /// Returns the text of these octets.
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
    Standard(encoding_rs::Decoder),
    /// The octets of a character of UTF-8 whose end has not come.
    Unnamed(Vec<u8>),
    Legacy(LegacyDecoder),
}

impl CharsetDecoder {
    /// A decoder for this charset.
    #[must_use]
    pub fn new(charset: Charset) -> CharsetDecoder {
        CharsetDecoder(match charset.0 {
            CharsetKind::Standard(encoding) => {
                Decoding::Standard(encoding.new_decoder_with_bom_removal())
            }
            // RFC 2781 §4.3: without a byte order mark it is big-endian.
            CharsetKind::Utf16 => Decoding::Standard(encoding_rs::UTF_16BE.new_decoder()),
            CharsetKind::Unnamed => Decoding::Unnamed(Vec::new()),
            CharsetKind::Legacy(legacy) => Decoding::Legacy(LegacyDecoder::new(legacy)),
        })
    }

    /// Appends the text of the next octets, as far as it is certain.
    pub fn decode(&mut self, octets: &[u8], text: &mut String) {
        match &mut self.0 {
            Decoding::Standard(decoder) => decode_piece(decoder, octets, text, Piece::More),
            Decoding::Unnamed(rest) => decode_unnamed(rest, octets, text),
            Decoding::Legacy(decoder) => decoder.decode(octets, text),
        }
    }

    /// Appends what is left.
    pub fn finish(self, text: &mut String) {
        match self.0 {
            Decoding::Standard(mut decoder) => decode_piece(&mut decoder, b"", text, Piece::Last),
            Decoding::Unnamed(rest) => text.push_str(&WINDOWS_1252.decode(&rest).0),
            Decoding::Legacy(decoder) => decoder.finish(text),
        }
    }
}

/// Decodes UTF-8, and octets that are none as Windows-1252.
fn decode_unnamed(rest: &mut Vec<u8>, octets: &[u8], text: &mut String) {
    rest.extend_from_slice(octets);
    let mut at = 0;
    for chunk in rest.utf8_chunks() {
        text.push_str(chunk.valid());
        at += chunk.valid().len();
        let invalid = chunk.invalid();
        if at + invalid.len() == rest.len() && may_go_on(invalid) {
            break;
        }
        text.push_str(&WINDOWS_1252.decode(invalid).0);
        at += invalid.len();
    }
    rest.drain(..at);
}

/// True if these last octets may be the beginning of a character.
fn may_go_on(octets: &[u8]) -> bool {
    str::from_utf8(octets).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn charsets_of_real_mail() {
        let rows: [(&str, &[u8], &str); 34] = [
            ("", b"caf\xc3\xa9", "café"),
            ("", b"caf\xe9 au lait", "café au lait"),
            ("utf-8", b"caf\xc3\xa9", "café"),
            ("UTF8", b"\xef\xbb\xbfcaf\xc3\xa9", "café"),
            ("us-ascii", b"caf\xc3\xa9", "café"),
            ("US-ASCII", b"caf\xe9", "café"),
            ("ANSI_X3.4-1968", b"caf\xc3\xa9", "café"),
            ("ascii", b"\xc3", "Ã"),
            ("x-unknown", b"plain", "plain"),
            ("iso-8859-1", b"caf\xe9", "café"),
            ("latin-1", b"caf\xe9", "café"),
            ("ISO-8859-15", b"\xa4", "€"),
            ("iso-8859-2", b"\xb1", "ą"),
            ("windows-1252", b"\x80", "€"),
            ("windows-1251", b"\xef\xf0\xe8", "при"),
            ("koi8-r", b"\xc4\xc1\xd4", "дат"),
            ("gb2312", b"\xc4\xe3\xba\xc3", "你好"),
            ("gb18030", b"\xc4\xe3\xba\xc3", "你好"),
            ("hz-gb-2312", b"~{Dc:C~} ~~", "你好 ~"),
            ("big5", b"\xa7A\xa6n", "你好"),
            ("cp950", b"\xa7A\xa6n", "你好"),
            ("shift_jis", b"\x83n\x83\x8d\x81[", "ハロー"),
            ("cp932", b"\x83n\x83\x8d\x81[", "ハロー"),
            ("iso-2022-jp", b"\x1b$B%O%m!<\x1b(B", "ハロー"),
            ("iso-2022-jp-ms", b"\x1b$B%O%m!<\x1b(B", "ハロー"),
            ("euc-kr", b"\xc7\xd1", "한"),
            ("cp949", b"\xc7\xd1", "한"),
            ("iso-2022-kr", b"\x1b$)C\x0eGQ\x0f x", "한 x"),
            ("utf-16", b"\xff\xfea\0\xe4\0", "aä"),
            ("utf-16", b"\0a\0\xe4", "aä"),
            ("utf-7", b"Gr+APwA3w-e +- +2D3eAA-", "Grüße + 😀"),
            ("cp850", b"caf\x82", "café"),
            ("ibm850", b"caf\x82", "café"),
            ("cp437", b"caf\x82", "café"),
        ];
        for (charset, octets, text) in rows {
            let decoded = Charset::named(charset.as_bytes()).decode(octets);
            assert_eq!(decoded, text, "{charset}");
        }
        assert_eq!(Charset::named(b"utf-8").decode(b"caf\xc3"), "caf\u{fffd}");
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn pieces_are_decoded_as_the_whole(
            octets: Vec<u8>, at: usize,
            charset in prop::sample::select(vec![
                "", "utf-8", "shift_jis", "gb18030", "utf-7", "iso-2022-jp", "iso-2022-kr", "hz-gb-2312", "cp850",
            ]),
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
