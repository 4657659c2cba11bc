//! Strings: atoms, quoted strings and literals (RFC 3501 §4.3 and §9, `astring`).
//!
//! [`string`](mod@super::super::string) writes what this parses. Quoted strings may contain octets
//! beyond ASCII, as UTF8=ACCEPT allows (RFC 9755 §3); NUL is not allowed at all.

use std::borrow::Cow;

use super::{Cursor, ParseError, Parsed, is_astring_char};

impl<'a> Cursor<'a> {
    /// `astring`: an atom (which may contain `]`), a quoted string or a literal.
    ///
    /// # Errors
    /// When there is none.
    pub fn astring(&mut self, expected: &'static str) -> Parsed<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"' | b'{') => self.string(expected),
            _ => Ok(Cow::Borrowed(self.word(is_astring_char, expected)?.as_bytes())),
        }
    }

    /// `string`: a quoted string or a literal, both with octets beyond ASCII.
    ///
    /// # Errors
    /// When there is none.
    pub fn string(&mut self, expected: &'static str) -> Parsed<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{') => self.literal().map(Cow::Borrowed),
            _ => self.fail(expected),
        }
    }

    /// `nstring`: a string, or `NIL` for none.
    ///
    /// # Errors
    /// When there is neither.
    pub fn nstring(&mut self, expected: &'static str) -> Parsed<Option<Cow<'a, [u8]>>> {
        if self.eat_text("NIL") {
            return Ok(None);
        }
        self.string(expected).map(Some)
    }

    /// A literal of any octets: `{5}`, `{5+}` (RFC 7888), or with `~` a `literal8` (RFC 3516 §7).
    ///
    /// # Errors
    /// When there is none, or the buffer ends within it.
    pub fn any_literal(&mut self) -> Parsed<&'a [u8]> {
        self.eat(b'~');
        self.expect(b'{', "a literal")?;
        let length = self.number64()?;
        self.eat(b'+');
        self.expect(b'}', "a closing brace")?;
        if !self.eat_text("\r\n") {
            return self.fail("the line's end after a literal's length");
        }
        let bytes = usize::try_from(length).ok().and_then(|length| self.rest().get(..length));
        let Some(bytes) = bytes else {
            return self.fail("as many octets as the literal's length says");
        };
        self.at += bytes.len();
        Ok(bytes)
    }

    /// An [`astring`](Cursor::astring) that is UTF-8.
    ///
    /// # Errors
    /// When there is none, or it is not UTF-8.
    pub fn text(&mut self, expected: &'static str) -> Parsed<String> {
        let error = self.expected("a string in UTF-8");
        utf8(self.astring(expected)?).ok_or(error)
    }

    /// RFC 3501 §9, `quoted`: a backslash escapes only `"` and `\`.
    fn quoted(&mut self) -> Parsed<Cow<'a, [u8]>> {
        self.expect(b'"', "a quotation mark")?;
        let plain = self.take_while(is_quoted_char);
        if self.eat(b'"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut bytes = plain.to_vec();
        while self.eat(b'\\') {
            match self.peek() {
                Some(byte @ (b'"' | b'\\')) => bytes.push(byte),
                _ => return self.fail("a quotation mark or a backslash after a backslash"),
            }
            self.at += 1;
            bytes.extend_from_slice(self.take_while(is_quoted_char));
        }
        self.expect(b'"', "a closing quotation mark")?;
        Ok(Cow::Owned(bytes))
    }

    /// RFC 3501 §9, `literal`: of octets other than NUL.
    fn literal(&mut self) -> Parsed<&'a [u8]> {
        let bytes = self.any_literal()?;
        if let Some(nul) = bytes.iter().position(|byte| *byte == 0) {
            return Err(ParseError {
                at: self.at - bytes.len() + nul,
                expected: "an octet other than NUL",
            });
        }
        Ok(bytes)
    }
}

/// Returns the text, if it is UTF-8.
#[must_use]
pub fn utf8(bytes: Cow<'_, [u8]>) -> Option<String> {
    String::from_utf8(bytes.into_owned()).ok()
}

/// True for an octet that means itself in a quoted string. NUL is not allowed (RFC 3501 §9, `CHAR`).
fn is_quoted_char(byte: u8) -> bool {
    !matches!(byte, 0 | b'\r' | b'\n' | b'"' | b'\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mail::protocol::imap::string;

    #[test]
    fn strings() {
        let rows: [(&[u8], &[u8], &[u8]); 9] = [
            (b"atom rest", b"atom", b" rest"),
            (b"with]bracket(", b"with]bracket", b"("),
            (b"\"\" x", b"", b" x"),
            (b"\"a \\\"b\\\\\"", b"a \"b\\", b""),
            (b"\"caf\xc3\xa9\"", b"caf\xc3\xa9", b""),
            (b"{5}\r\nhello)", b"hello", b")"),
            (b"{5+}\r\n\"\r\n\\ x", b"\"\r\n\\ ", b"x"),
            (b"{0}\r\n", b"", b""),
            (b"NIL", b"NIL", b""),
        ];
        for (bytes, value, rest) in rows {
            let mut cursor = Cursor::new(bytes);
            assert_eq!(*cursor.astring("a string").unwrap(), *value);
            assert_eq!(cursor.rest(), rest);
        }
    }

    #[test]
    fn errors_say_what_was_expected_and_where() {
        let rows: [(&[u8], &str); 11] = [
            (b"", "expected a string at octet 0"),
            (b"(", "expected a string at octet 0"),
            (b"\xff", "expected a string at octet 0"),
            (b"\"open", "expected a closing quotation mark at octet 5"),
            (b"\"a\\n\"", "expected a quotation mark or a backslash after a backslash at octet 3"),
            (b"\"a\0\"", "expected a closing quotation mark at octet 2"),
            (b"{5}", "expected the line's end after a literal's length at octet 3"),
            (b"{5}\r\nhell", "expected as many octets as the literal's length says at octet 5"),
            (b"{1}\r\n\0", "expected an octet other than NUL at octet 5"),
            (
                b"{99999999999999999999}\r\n",
                "expected a number from 0 to 9223372036854775807 at octet 1",
            ),
            (
                b"{9223372036854775807}\r\n",
                "expected as many octets as the literal's length says at octet 23",
            ),
        ];
        for (bytes, sentence) in rows {
            let error = Cursor::new(bytes).astring("a string").unwrap_err();
            assert_eq!(error.to_string(), sentence);
        }
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn reads_the_strings_that_are_written(bytes in proptest::collection::vec(1u8.., 0..60)) {
            let mut out = Vec::new();
            string::astring(&bytes, &mut out);
            out.push(b' ');
            string::nstring(Some(&bytes), &mut out);
            let mut cursor = Cursor::new(&out);
            prop_assert_eq!(&*cursor.astring("a string").unwrap(), &bytes[..]);
            cursor.space().unwrap();
            prop_assert_eq!(&*cursor.nstring("a string").unwrap().unwrap(), &bytes[..]);
            prop_assert!(cursor.end().is_ok());
        }
    }
}
