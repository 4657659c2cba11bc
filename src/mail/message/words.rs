//! Encoded words: `=?utf-8?q?caf=C3=A9?=` in a header is read as `café` (RFC 2047).
//!
//! Searching, sorting and showing need the decoded text; IMAP hands words out as they came. Text that is
//! no encoded word stays as it is. Each octet is looked at a few times at most, however many words
//! begin and do not end.

use std::io::Read;

use super::Decoder;
use super::Encoding;
use super::charset::Charset;
use super::lex::is_space;

/// Decodes the unfolded value of a header field.
#[must_use]
pub fn decode(value: &[u8]) -> String {
    let mut text = DecodedText::default();
    let mut rest = value;
    while let Some(at) = memchr::memmem::find(rest, b"=?") {
        let (before, from_word) = rest.split_at(at);
        text.plain(before);
        rest = match EncodedWord::parse(from_word) {
            Some((word, after)) => {
                text.word(&word);
                after
            }
            None => {
                let (no_word, after) = from_word.split_at(2);
                text.plain(no_word);
                after
            }
        };
    }
    text.plain(rest);
    text.finish()
}

/// An encoded word, decoded but for its charset.
struct EncodedWord<'a> {
    charset: &'a [u8],
    octets: Vec<u8>,
}

impl<'a> EncodedWord<'a> {
    /// Parses `=?charset?encoding?text?=` from the front, and returns what follows it. No piece of a
    /// word has a `?` in it (RFC 2047 §2), so the search for the end of each piece is short.
    fn parse(bytes: &'a [u8]) -> Option<(EncodedWord<'a>, &'a [u8])> {
        let mut pieces = bytes.strip_prefix(b"=?")?.splitn(4, |octet| *octet == b'?');
        let (charset, encoding, text) = (pieces.next()?, pieces.next()?, pieces.next()?);
        let after = pieces.next()?.strip_prefix(b"=")?;
        if charset.is_empty() || charset.iter().copied().any(is_space) {
            return None;
        }
        let octets = match encoding {
            b"q" | b"Q" => q(text),
            b"b" | b"B" => b(text),
            _ => return None,
        };
        // RFC 2231 §5: a language may follow the charset, `utf-8*en`.
        let charset = charset.split(|octet| *octet == b'*').next()?;
        Some((EncodedWord { charset, octets }, after))
    }
}

/// RFC 2047 §4.2.
fn q(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> =
        text.iter().map(|octet| if *octet == b'_' { b' ' } else { *octet }).collect();
    unescape(&spaced, b'=')
}

/// RFC 2047 §4.1.
fn b(text: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    // Octets in memory can be read.
    let _ = Decoder::new(text, Encoding::Base64).read_to_end(&mut octets);
    octets
}

/// Replaces `=C3`, or `%C3`, by the octet that it means; anything else stays.
pub(super) fn unescape(text: &[u8], escape: u8) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((octet, after)) = rest.split_first() {
        rest = after;
        let digits = if *octet == escape { after.get(..2) } else { None };
        let digits = digits.and_then(|digits| str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(escaped) => {
                octets.push(escaped);
                rest = after.get(2..).unwrap_or_default();
            }
            None => octets.push(*octet),
        }
    }
    octets
}

/// Text that is being decoded.
#[derive(Default)]
struct DecodedText<'a> {
    text: String,
    /// The last words, if they are in one charset. They are decoded together, because mailers cut
    /// characters in two.
    words: Option<EncodedWord<'a>>,
    /// The white space after them, which does not count between two words (RFC 2047 §6.2).
    space: &'a [u8],
}

impl<'a> DecodedText<'a> {
    fn plain(&mut self, plain: &'a [u8]) {
        if self.words.is_some() && self.space.is_empty() && plain.iter().copied().all(is_space) {
            self.space = plain;
            return;
        }
        self.end_words();
        let space = std::mem::take(&mut self.space);
        self.text.push_str(&String::from_utf8_lossy(space));
        self.text.push_str(&String::from_utf8_lossy(plain));
    }

    fn word(&mut self, word: &EncodedWord<'a>) {
        self.space = b"";
        match &mut self.words {
            Some(words) if words.charset.eq_ignore_ascii_case(word.charset) => {
                words.octets.extend_from_slice(&word.octets);
            }
            _ => {
                self.end_words();
                self.words =
                    Some(EncodedWord { charset: word.charset, octets: word.octets.clone() });
            }
        }
    }

    fn end_words(&mut self) {
        if let Some(words) = self.words.take() {
            self.text += &Charset::named(words.charset).decode(&words.octets);
        }
    }

    fn finish(mut self) -> String {
        self.end_words();
        self.text.push_str(&String::from_utf8_lossy(self.space));
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_of_every_sort() {
        let rows: [(&str, &str); 21] = [
            ("", ""),
            ("plain text", "plain text"),
            ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
            ("=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
            ("=?utf-8?b?R3LDvMOfZQ?=", "Grüße"),
            ("=?iso-8859-1?Q?caf=E9_au_lait?=", "café au lait"),
            ("=?koi8-r*ru?b?xMHU?=", "дат"),
            ("Re: =?utf-8?q?a?= b", "Re: a b"),
            // RFC 2047 §8: the table of examples.
            ("=?ISO-8859-1?Q?a?= b", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a?=  \t =?utf-8?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a_b?=", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
            // A character that is cut in two.
            ("=?utf-8?q?=C3?= =?utf-8?b?vA==?=", "ü"),
            ("=?utf-8?q?a b?=", "a b"),
            ("\"=?utf-8?q?x?=\"y", "\"x\"y"),
            // These are no encoded words.
            ("=?utf-8?q?a", "=?utf-8?q?a"),
            ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
            ("=??q?a?=", "=??q?a?="),
            ("=?utf-8?b?*?=", ""),
            ("=?=?utf-8?q?=3D=4=?= ", "=?==4= "),
        ];
        for (value, text) in rows {
            assert_eq!(decode(value.as_bytes()), text, "{value}");
        }
        assert_eq!(decode(b"raw caf\xc3\xa9 \xff"), "raw café \u{fffd}");
    }

    /// Each of these cost a quadratic decoder minutes.
    #[test]
    fn a_hostile_value_costs_no_more_than_its_length() {
        let begun = std::time::Instant::now();
        for piece in ["=?ab?q?x ", "=?ab?q?", "=?ab?b?eA==", "=?", "=?a?q?x?= ", "?="] {
            let value = piece.repeat(40_000);
            assert!(!decode(value.as_bytes()).is_empty());
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(30));
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn anything_can_be_decoded(value in "[=?qb8 a_-]{0,40}") {
            let _ = decode(value.as_bytes());
        }

        #[test]
        fn text_without_words_stays(text in "[^=]{0,40}") {
            prop_assert_eq!(decode(text.as_bytes()), text);
        }
    }
}
