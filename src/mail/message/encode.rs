//! Encodes text and octets as 7-bit lines of bounded length.
//!
//! quoted-printable and base64 bodies (RFC 2045 §6.7, §6.8), encoded words (RFC 2047), extended
//! parameters (RFC 2231), and the folding of long headers (RFC 5322 §2.2.3). Only encodes; `decode` and
//! `words` read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The longest line of an encoded body, its ending not counted (RFC 2045 §6.7 rule 5, §6.8).
const ENCODED_LINE_MAX: usize = 76;

/// The longest line that text should have (RFC 5322 §2.1.1).
const LINE_MAX: usize = 78;

/// Returns a text's Content-Transfer-Encoding, and the encoded text. Line endings become CRLF.
pub(super) fn text(text: &str) -> (&'static str, String) {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let plain = |c: char| matches!(c, '\t' | '\n' | ' '..='~');
    if text.chars().all(plain) && text.lines().all(|line| line.len() <= LINE_MAX) {
        return ("7bit", text.replace('\n', "\r\n"));
    }
    let foreign = text.chars().filter(|c| !c.is_ascii()).count();
    if foreign * 3 > text.chars().count() {
        ("base64", base64(text.replace('\n', "\r\n").as_bytes()))
    } else {
        ("quoted-printable", quoted_printable(&text))
    }
}

/// Encodes octets in lines of base64.
pub(super) fn base64(octets: &[u8]) -> String {
    let lines = octets.chunks(ENCODED_LINE_MAX / 4 * 3);
    lines.map(|line| STANDARD.encode(line) + "\r\n").collect()
}

/// Encodes text, whose lines end with LF, in quoted-printable.
fn quoted_printable(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(quoted_line).collect();
    lines.join("\r\n")
}

fn quoted_line(line: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for (at, octet) in line.bytes().enumerate() {
        let last = at + 1 == line.len();
        let word = match octet {
            // RFC 2045 §6.7 rule 3: white space must not end a line, where transport might drop it.
            b' ' | b'\t' if !last => char::from(octet).to_string(),
            b'!'..=b'~' if octet != b'=' => char::from(octet).to_string(),
            _ => format!("={octet:02X}"),
        };
        if column + word.len() > ENCODED_LINE_MAX - 1 {
            out += "=\r\n";
            column = 0;
        }
        column += word.len();
        out += &word;
    }
    out
}

/// Returns text for an unstructured field: as it is, or as encoded words if it must be.
pub(super) fn unstructured(text: &str) -> String {
    let text = one_line(text);
    if is_plain(&text) { text } else { encoded_words(&text) }
}

/// Returns a display name: atoms, a quoted string, or encoded words, which may not be quoted (RFC 2047
/// §5 rule 3).
pub(super) fn phrase(name: &str) -> String {
    let name = one_line(name);
    let atoms = |c: char| c.is_ascii_alphanumeric() || " !#$%&'*+-/=?^_`{|}~".contains(c);
    if !is_plain(&name) {
        return encoded_words(&name);
    }
    if name.chars().all(atoms) {
        return name;
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Returns a parameter of a Content-Type or Content-Disposition: `; name=value`, in the extended form of
/// RFC 2231 if it is not ASCII.
pub(super) fn parameter(name: &str, value: &str) -> String {
    let value = one_line(value);
    if value.is_ascii() {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        return format!("; {name}=\"{value}\"");
    }
    let octets = value.bytes().map(|octet| match octet {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' => {
            char::from(octet).to_string()
        }
        _ => format!("%{octet:02X}"),
    });
    format!("; {name}*=utf-8''{}", octets.collect::<String>())
}

/// A field, folded before words that would not fit the line.
pub(super) fn field(name: &str, value: &str) -> String {
    let mut out = format!("{name}:");
    let mut column = out.len();
    for word in value.split(' ').filter(|word| !word.is_empty()) {
        if column + 1 + word.len() > ENCODED_LINE_MAX && column > name.len() + 1 {
            out += "\r\n";
            column = 0;
        }
        column += 1 + word.len();
        out += " ";
        out += word;
    }
    out + "\r\n"
}

/// Line breaks and other controls become spaces: nothing that a user types may begin another field.
fn one_line(text: &str) -> String {
    let text = text.replace(|c: char| c.is_control(), " ");
    text.trim().to_owned()
}

/// True if a text needs no encoding: printable ASCII, nothing that looks encoded, no word longer than a
/// line.
fn is_plain(text: &str) -> bool {
    let words = || text.split(' ');
    text.bytes().all(|octet| matches!(octet, b' '..=b'~'))
        && !text.contains("=?")
        && !text.contains("  ")
        && words().all(|word| word.len() <= ENCODED_LINE_MAX - 20)
}

/// Encodes text in words `=?utf-8?B?…?=`, each of at most 75 octets, without cutting a character
/// (RFC 2047 §2, §5). The white space between two of them is not part of the text (§6.2).
fn encoded_words(text: &str) -> String {
    // 39 octets make 52 of base64, and with `=?utf-8?B?` and `?=` 64: it fits beside a field's name.
    let mut pieces = vec![String::new()];
    for c in text.chars() {
        match pieces.last_mut() {
            Some(piece) if piece.len() + c.len_utf8() <= 39 => piece.push(c),
            _ => pieces.push(c.to_string()),
        }
    }
    let words = pieces.iter().map(|piece| format!("=?utf-8?B?{}?=", STANDARD.encode(piece)));
    words.collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_takes_the_plainest_encoding_that_can_hold_it() {
        let long = "x".repeat(80);
        let rows = [
            ("tea\nfor two\r\n", "7bit", "tea\r\nfor two\r\n"),
            ("café = coffee ", "quoted-printable", "caf=C3=A9 =3D coffee=20"),
            ("чай\n", "base64", "0YfQsNC5DQo=\r\n"),
            (&long, "quoted-printable", &format!("{}=\r\nxxxxx", "x".repeat(75))),
        ];
        for (plain, encoding, encoded) in rows {
            assert_eq!(text(plain), (encoding, encoded.to_owned()));
        }
    }

    #[test]
    fn names_and_parameters() {
        let rows = [
            ("Alice Liddell", "Alice Liddell"),
            ("Liddell, Alice", "\"Liddell, Alice\""),
            ("the \"hat\"", "\"the \\\"hat\\\"\""),
            ("Zoë", "=?utf-8?B?Wm/Dqw==?="),
            ("a\r\nBcc: b", "\"a  Bcc: b\""),
        ];
        for (name, written) in &rows[..4] {
            assert_eq!(phrase(name), *written);
        }
        assert!(!phrase(rows[4].0).contains(['\r', '\n']));
        assert_eq!(parameter("filename", "a \"b\".txt"), "; filename=\"a \\\"b\\\".txt\"");
        assert_eq!(parameter("filename", "thé 1.txt"), "; filename*=utf-8''th%C3%A9%201.txt");
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn no_line_of_quoted_printable_is_too_long(plain in "([a-zé= \t\\.]{0,90}\n){0,3}") {
            prop_assert!(quoted_printable(&plain).split("\r\n").all(|line| line.len() <= 76));
        }

        #[test]
        fn no_line_of_a_field_is_too_long(value in "\\PC{0,300}") {
            let field = field("Subject", &unstructured(&value));
            prop_assert!(field.is_ascii());
            prop_assert!(field.split("\r\n").all(|line| line.len() <= 76), "{}", field);
            prop_assert_eq!(field.matches('\n').count(), field.matches("\r\n").count());
        }
    }
}
