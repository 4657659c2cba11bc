//! Charsets of old mail that the Encoding Standard has given up: UTF-7 (RFC 2152), ISO-2022-KR
//! (RFC 1557), HZ (RFC 1843), and the code pages of DOS.
//!
//! All of them are decoded in pieces and in constant memory.

use encoding_rs::{CoderResult, EUC_KR, GBK};

/// A charset that the Encoding Standard lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LegacyCharset {
    Utf7,
    Iso2022Kr,
    Hz,
    /// Half of a code page: the characters of the octets from 0x80 on.
    CodePage(&'static str),
}

const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
    └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

impl LegacyCharset {
    /// Returns the charset with this name in small letters.
    pub(super) fn named(name: &str) -> Option<LegacyCharset> {
        Some(match name {
            "utf-7" | "unicode-1-1-utf-7" | "csunicode11utf7" | "csutf7" => LegacyCharset::Utf7,
            "iso-2022-kr" | "csiso2022kr" => LegacyCharset::Iso2022Kr,
            "hz-gb-2312" | "hz" => LegacyCharset::Hz,
            "cp437" | "ibm437" | "437" => LegacyCharset::CodePage(CP437),
            "cp850" | "ibm850" | "850" | "cspc850multilingual" => LegacyCharset::CodePage(CP850),
            _ => return None,
        })
    }
}

/// Decodes a text in one of these charsets, piece by piece.
pub(super) enum LegacyDecoder {
    Utf7(Utf7),
    Shifted(Shifted),
    CodePage(Vec<char>),
}

impl LegacyDecoder {
    /// A decoder for this charset.
    pub(super) fn new(charset: LegacyCharset) -> LegacyDecoder {
        match charset {
            LegacyCharset::Utf7 => LegacyDecoder::Utf7(Utf7::default()),
            LegacyCharset::Iso2022Kr => LegacyDecoder::Shifted(Shifted::new(EUC_KR, iso_2022_kr)),
            LegacyCharset::Hz => LegacyDecoder::Shifted(Shifted::new(GBK, hz)),
            LegacyCharset::CodePage(page) => LegacyDecoder::CodePage(page.chars().collect()),
        }
    }

    /// Appends the text of the next octets, as far as it is certain.
    pub(super) fn decode(&mut self, octets: &[u8], text: &mut String) {
        match self {
            LegacyDecoder::Utf7(utf7) => octets.iter().for_each(|octet| utf7.take(*octet, text)),
            LegacyDecoder::Shifted(shifted) => shifted.decode(octets, text),
            LegacyDecoder::CodePage(page) => {
                let char = |octet: &u8| match octet.checked_sub(0x80) {
                    Some(at) => page.get(usize::from(at)).copied().unwrap_or('\u{fffd}'),
                    None => char::from(*octet),
                };
                text.extend(octets.iter().map(char));
            }
        }
    }

    /// Appends what is left.
    pub(super) fn finish(self, text: &mut String) {
        match self {
            LegacyDecoder::Utf7(mut utf7) => utf7.end(text),
            LegacyDecoder::Shifted(mut shifted) => {
                decode_piece(&mut shifted.decoder, b"", text, Piece::Last);
            }
            LegacyDecoder::CodePage(_) => {}
        }
    }
}

/// UTF-7: ASCII, and between `+` and `-` UTF-16 in base64.
#[derive(Default)]
pub(super) struct Utf7 {
    in_base64: bool,
    /// Set until the first octet after a `+`.
    just_begun: bool,
    bits: u32,
    count: u32,
    /// The first half of a character beyond U+FFFF.
    high_surrogate: Option<u16>,
}

impl Utf7 {
    fn take(&mut self, octet: u8, text: &mut String) {
        if !self.in_base64 {
            match octet {
                b'+' => *self = Utf7 { in_base64: true, just_begun: true, ..Utf7::default() },
                0..0x80 => text.push(char::from(octet)),
                _ => text.push('\u{fffd}'),
            }
            return;
        }
        let just_begun = std::mem::replace(&mut self.just_begun, false);
        let Some(sextet) = sextet(octet) else {
            self.end(text);
            match octet {
                b'-' if just_begun => text.push('+'),
                b'-' => {}
                _ => self.take(octet, text),
            }
            return;
        };
        self.bits = self.bits << 6 | u32::from(sextet);
        self.count += 6;
        if self.count >= 16 {
            self.count -= 16;
            // The lowest sixteen of them; the bits above are used already.
            self.unit((self.bits >> self.count) as u16, text);
        }
    }

    /// Takes a unit of UTF-16.
    fn unit(&mut self, unit: u16, text: &mut String) {
        let units: Vec<u16> = self.high_surrogate.take().into_iter().chain([unit]).collect();
        if units.len() == 1 && (0xd800..0xdc00).contains(&unit) {
            self.high_surrogate = Some(unit);
            return;
        }
        text.push_str(&String::from_utf16_lossy(&units));
    }

    /// Ends the base64.
    fn end(&mut self, text: &mut String) {
        if self.high_surrogate.is_some() {
            text.push('\u{fffd}');
        }
        *self = Utf7::default();
    }
}

/// The value of an octet of base64.
fn sextet(octet: u8) -> Option<u8> {
    Some(match octet {
        b'A'..=b'Z' => octet - b'A',
        b'a'..=b'z' => octet - b'a' + 26,
        b'0'..=b'9' => octet - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// A charset of 7-bit octets, some runs of which stand for an 8-bit charset without its high bits.
pub(super) struct Shifted {
    decoder: encoding_rs::Decoder,
    rule: ShiftRule,
    shifted: bool,
    /// The beginning of a sequence that shifts.
    escape: Vec<u8>,
}

/// What a sequence of octets means.
enum Shift {
    /// The sequence is not complete.
    Unfinished,
    /// From here on the octets stand for the 8-bit charset.
    Begin,
    /// From here on they stand for themselves.
    End,
    /// The sequence means these octets.
    Text(&'static [u8]),
    /// It is no such sequence.
    None,
}

type ShiftRule = fn(&[u8]) -> Shift;

/// RFC 1557: SO and SI shift; a designator is at the beginning.
fn iso_2022_kr(sequence: &[u8]) -> Shift {
    const DESIGNATOR: &[u8] = b"\x1b$)C";
    match sequence {
        [0x0e] => Shift::Begin,
        [0x0f] => Shift::End,
        DESIGNATOR => Shift::Text(b""),
        begun if DESIGNATOR.starts_with(begun) => Shift::Unfinished,
        _ => Shift::None,
    }
}

/// RFC 1843: `~{` and `~}` shift, `~~` is a tilde, and a tilde before a line end joins two lines.
fn hz(sequence: &[u8]) -> Shift {
    match sequence {
        b"~" => Shift::Unfinished,
        b"~{" => Shift::Begin,
        b"~}" => Shift::End,
        b"~~" => Shift::Text(b"~"),
        b"~\n" => Shift::Text(b""),
        _ => Shift::None,
    }
}

impl Shifted {
    fn new(encoding: &'static encoding_rs::Encoding, rule: ShiftRule) -> Shifted {
        Shifted {
            decoder: encoding.new_decoder_without_bom_handling(),
            rule,
            shifted: false,
            escape: Vec::new(),
        }
    }

    fn decode(&mut self, octets: &[u8], text: &mut String) {
        let mut eight_bit = Vec::with_capacity(octets.len());
        for &octet in octets {
            self.escape.push(octet);
            match (self.rule)(&self.escape) {
                Shift::Unfinished => continue,
                Shift::Begin => self.shifted = true,
                Shift::End => self.shifted = false,
                Shift::Text(plain) => eight_bit.extend_from_slice(plain),
                Shift::None => {
                    let high_bit = if self.shifted { 0x80 } else { 0 };
                    let graphic = |octet: u8| (0x21..0x7f).contains(&octet);
                    let raised = |&octet: &u8| {
                        if graphic(octet) { octet | high_bit } else { octet }
                    };
                    eight_bit.extend(self.escape.iter().map(raised));
                }
            }
            self.escape.clear();
        }
        decode_piece(&mut self.decoder, &eight_bit, text, Piece::More);
    }
}

/// Whether more pieces of a text follow.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Piece {
    More,
    Last,
}

/// Appends the text of a piece, by a decoder of the Encoding Standard.
pub(super) fn decode_piece(
    decoder: &mut encoding_rs::Decoder,
    mut octets: &[u8],
    text: &mut String,
    piece: Piece,
) {
    loop {
        let most = decoder.max_utf8_buffer_length(octets.len());
        text.reserve(most.unwrap_or(octets.len()));
        let (result, read, _) = decoder.decode_to_string(octets, text, piece == Piece::Last);
        octets = octets.get(read..).unwrap_or_default();
        if result == CoderResult::InputEmpty {
            return;
        }
    }
}
