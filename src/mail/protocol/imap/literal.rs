//! Literals that a line announces at its end: `{310}` (RFC 3501 §4.3), `{310+}` (RFC 7888).
//!
//! A *literal* is a string of any octets, sent after its length. A server that reads lines asks
//! [`literal_at_end`] after each line. If [`is_append`](super::is_append) says that the literal is a
//! message, the message goes to the store as it arrives. Any other literal is put after the line,
//! and the next line of the command after it.

use std::fmt;

use super::cursor::{Cursor, Parsed};
use crate::mail::protocol::span::Role;

/// The announcement of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Literal {
    /// Its length in octets, as the client announces it: up to 9223372036854775807.
    pub octets: u64,
    /// True if the client waits for `+`. It does not with `{n+}` (RFC 7888 §3).
    pub synchronising: bool,
}

/// Returns the literal that this line announces at its end, if there is one.
///
/// # Errors
/// The inner result is an error if the length is too large.
#[must_use]
pub fn literal_at_end(line: &[u8]) -> Option<Parsed<Literal>> {
    let inside = line.strip_suffix(b"}")?;
    let digits = inside.strip_suffix(b"+").unwrap_or(inside);
    let start = digits.iter().rposition(|byte| !byte.is_ascii_digit())?;
    if digits.get(start) != Some(&b'{') || start + 1 == digits.len() {
        return None;
    }
    let mut cursor = Cursor::new(line);
    cursor.skip(start);
    Some(Literal::parse(&mut cursor))
}

impl Literal {
    /// Parses `{310}` at the end of a buffer.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Literal> {
        let literal = cursor.named(Role::Literal, |cursor| {
            cursor.expect(b'{', "a literal, which is the message")?;
            let octets = cursor.number64()?;
            let synchronising = !cursor.eat(b'+');
            cursor.expect(b'}', "a closing brace")?;
            Ok(Literal { octets, synchronising })
        })?;
        cursor.end()?;
        Ok(literal)
    }
}

/// As on the wire: `{310}`.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plus = if self.synchronising { "" } else { "+" };
        write!(f, "{{{}{plus}}}", self.octets)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn literals_at_the_end_of_a_line() {
        let rows: [(&str, Option<(u64, bool)>); 11] = [
            ("a LOGIN {5}", Some((5, true))),
            ("a LOGIN {5+}", Some((5, false))),
            ("{0}", Some((0, true))),
            ("a APPEND x {4294967296}", Some((4_294_967_296, true))),
            ("a LOGIN {5} ", None),
            ("a LOGIN {}", None),
            ("a LOGIN {+}", None),
            ("a LOGIN {x5}", None),
            ("a LOGIN 5}", None),
            ("}", None),
            ("", None),
        ];
        for (line, expected) in rows {
            let found = literal_at_end(line.as_bytes()).map(Result::unwrap);
            let found = found.map(|literal| (literal.octets, literal.synchronising));
            assert_eq!(found, expected, "{line}");
        }
        let error = literal_at_end(b"a {99999999999999999999}").unwrap().unwrap_err();
        assert_eq!(error.to_string(), "expected a number from 0 to 9223372036854775807 at octet 3");
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn never_panics(line: Vec<u8>, octets in "[0-9]{0,25}") {
            let _ = literal_at_end(&line);
            let _ = literal_at_end(format!("{{{octets}}}").as_bytes());
        }
    }
}
