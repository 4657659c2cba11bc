//! The texts of a script: what an expected line may look like, and octets that no editor keeps.
//!
//! `...` in an expected line stands for anything, also for nothing. After `C\:` and `S\:` the text
//! has escapes: `\r` `\n` `\t` `\0` `\\`, `\x2e` for any octet, `\{70000 x}` for many of a text.

use std::fmt;

/// What a line may look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// As it stands in the script.
    text: String,
    /// What must be there, in this order, with anything between two pieces.
    pieces: Vec<Vec<u8>>,
}

const ANYTHING: &str = "...";

impl Pattern {
    /// This text, where only `...` means more than itself.
    #[must_use]
    pub fn literal(text: &str) -> Pattern {
        let pieces = text.split(ANYTHING).map(|piece| piece.as_bytes().to_vec());
        Pattern {
            text: text.to_owned(),
            pieces: pieces.collect(),
        }
    }

    /// This text, with escapes; `\x2e\x2e\x2e` is three dots and no more.
    ///
    /// # Errors
    /// When a backslash begins no escape.
    pub fn escaped(text: &str) -> Result<Pattern, &'static str> {
        let pieces: Result<_, _> = text.split(ANYTHING).map(unescape).collect();
        Ok(Pattern {
            text: text.to_owned(),
            pieces: pieces?,
        })
    }

    /// Does this line look like it?
    ///
    /// # Errors
    /// If it does not: at which octet of the line the first difference is.
    pub fn check(&self, line: &[u8]) -> Result<(), usize> {
        let Some((first, others)) = self.pieces.split_first() else {
            return Ok(());
        };
        let Some(mut rest) = line.strip_prefix(first.as_slice()) else {
            return Err(common(first, line));
        };
        let Some((last, middle)) = others.split_last() else {
            return if rest.is_empty() {
                Ok(())
            } else {
                Err(first.len())
            };
        };
        for piece in middle {
            let Some(at) = memchr::memmem::find(rest, piece) else {
                return Err(line.len() - rest.len());
            };
            rest = &rest[at + piece.len()..];
        }
        if rest.ends_with(last) {
            return Ok(());
        }
        Err(line.len() - rest.len())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How many octets two texts have in common at their beginnings.
fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// The octets that a text with escapes stands for.
///
/// # Errors
/// When a backslash begins no escape.
pub(super) fn unescape(text: &str) -> Result<Vec<u8>, &'static str> {
    let (mut octets, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(at) = rest.find('\\') {
        octets.extend_from_slice(&rest.as_bytes()[..at]);
        rest = escape(&rest[at + 1..], &mut octets)?;
    }
    octets.extend_from_slice(rest.as_bytes());
    Ok(octets)
}

/// Takes one escape, its backslash removed; returns what follows it.
fn escape<'a>(text: &'a str, octets: &mut Vec<u8>) -> Result<&'a str, &'static str> {
    let mut chars = text.chars();
    match chars.next() {
        Some('r') => octets.push(b'\r'),
        Some('n') => octets.push(b'\n'),
        Some('t') => octets.push(b'\t'),
        Some('0') => octets.push(0),
        Some('\\') => octets.push(b'\\'),
        Some('x') => {
            let (digits, rest) = chars.as_str().split_at_checked(2).ok_or(HEX)?;
            octets.push(u8::from_str_radix(digits, 16).map_err(|_| HEX)?);
            return Ok(rest);
        }
        Some('{') => {
            let (inside, rest) = chars.as_str().split_once('}').ok_or(MANY)?;
            let (count, text) = inside.split_once(' ').ok_or(MANY)?;
            let count = count.parse().ok().filter(|count| *count <= MOST);
            octets.extend(unescape(text)?.repeat(count.ok_or(MANY)?));
            return Ok(rest);
        }
        _ => return Err(r"a backslash begins one of \r \n \t \0 \\ \x2e \{70000 x}"),
    }
    Ok(chars.as_str())
}

const HEX: &str = r"\x wants two hexadecimal digits: \x2e";
const MANY: &str = r"\{ wants a number (at most 9999999), a space, a text and }: \{70000 x}";
const MOST: usize = 9_999_999;

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_row_is_a_pattern_a_line_and_the_first_difference() {
        let rows: [(&str, &str, Result<(), usize>); 14] = [
            ("250 Ok", "250 Ok", Ok(())),
            ("250 Ok", "250 OK", Err(5)),
            ("250 Ok", "250", Err(3)),
            ("250", "250 Ok", Err(3)),
            ("...", "", Ok(())),
            ("...", "anything", Ok(())),
            ("250 ...", "250 Ok", Ok(())),
            ("250 ...", "250", Err(3)),
            ("+OK ... octets", "+OK 120 octets", Ok(())),
            ("+OK ... octets", "+OK 120 lines", Err(4)),
            ("a...b...c", "a1b2b3c", Ok(())),
            ("a...b...c", "a1c", Err(1)),
            ("a...a", "a", Err(1)),
            ("", "x", Err(0)),
        ];
        for (pattern, line, expected) in rows {
            let found = Pattern::literal(pattern).check(line.as_bytes());
            assert_eq!(found, expected, "{pattern:?} {line:?}");
        }
    }

    #[test]
    fn each_row_is_an_escape() {
        let rows: [(&str, &[u8]); 6] = [
            (r"a\r\n.\n", b"a\r\n.\n"),
            (r"\0\t\\\x2e\xff", b"\0\t\\.\xff"),
            (r"\{3 ab}c", b"abababc"),
            (r"\{2 \r\n}", b"\r\n\r\n"),
            ("ä", "ä".as_bytes()),
            ("", b""),
        ];
        for (text, octets) in rows {
            assert_eq!(unescape(text).unwrap(), octets, "{text}");
        }
        for wrong in [
            r"\",
            r"\q",
            r"\x2",
            r"\xzz",
            r"\{x}",
            r"\{2 x",
            r"\{99999999 x}",
            r"\xäx",
        ] {
            assert!(unescape(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn escaped_dots_are_dots() {
        let dots = Pattern::escaped(r"\x2e\x2e\x2e").unwrap();
        assert_eq!(dots.check(b"..."), Ok(()));
        assert_eq!(dots.check(b"anything"), Err(0));
    }
}
