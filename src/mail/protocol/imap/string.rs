//! Strings as IMAP writes them: atoms, quoted strings, literals, or NIL (RFC 9051 §4.3, §9).

use std::fmt;

use super::cursor::is_astring_char;

/// The longest string that is written in quotes. Clients read a line at a time, and a line should stay
/// below 8192 octets (RFC 7162 §4); a literal is announced.
const QUOTED_MAX: usize = 1000;

/// Appends a string: quoted if it is short 7-bit text on one line, otherwise a literal.
///
/// A literal must not contain NUL (RFC 9051 §9, `CHAR8`): it becomes 0x80, as in Dovecot.
pub fn string(bytes: &[u8], out: &mut Vec<u8>) {
    if bytes.len() <= QUOTED_MAX && bytes.iter().all(|&octet| is_quotable(octet)) {
        quoted(bytes, out);
    } else {
        out.extend_from_slice(format!("{{{}}}\r\n", bytes.len()).as_bytes());
        out.extend(bytes.iter().map(|&octet| if octet == 0 { 0x80 } else { octet }));
    }
}

/// Appends a string, or NIL for none.
pub fn nstring(bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    match bytes {
        Some(bytes) => string(bytes, out),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// Appends an atom if the bytes can be one, otherwise a string: mailbox names, user names.
pub fn astring(bytes: &[u8], out: &mut Vec<u8>) {
    if is_atom(bytes) {
        out.extend_from_slice(bytes);
    } else {
        string(bytes, out);
    }
}

/// Returns an atom or a quoted string, for a peer that accepts UTF-8 in quotes (RFC 9051 §9,
/// `QUOTED-CHAR`; RFC 9755 §3). The text is one line.
#[must_use]
pub fn utf8_astring(text: &str) -> String {
    if is_atom(text.as_bytes()) {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(text.len() + 2);
    quoted(text.as_bytes(), &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn quoted(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &octet in bytes {
        if matches!(octet, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(octet);
    }
    out.push(b'"');
}

/// True if these bytes can be an atom. `NIL` is one to the grammar, but a client may take it for none.
fn is_atom(bytes: &[u8]) -> bool {
    let empty = bytes.is_empty() || bytes.eq_ignore_ascii_case(b"NIL");
    !empty && bytes.iter().all(|&octet| is_astring_char(octet))
}

/// Prints items with a space between two.
pub(super) struct Spaced<'a, T>(pub(super) &'a [T]);

impl<T: fmt::Display> fmt::Display for Spaced<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, item) in self.0.iter().enumerate() {
            let space = if position == 0 { "" } else { " " };
            write!(f, "{space}{item}")?;
        }
        Ok(())
    }
}

/// `TEXT-CHAR` (RFC 9051 §9): 7-bit, neither NUL nor CR nor LF.
fn is_quotable(octet: u8) -> bool {
    octet.is_ascii() && !matches!(octet, 0 | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: fn(&[u8], &mut Vec<u8>), bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write(bytes, &mut out);
        out
    }

    #[test]
    fn a_string_takes_the_simplest_form_that_can_hold_it() {
        let rows: [(&[u8], &[u8]); 6] = [
            (b"", b"\"\""),
            (b"tea", b"\"tea\""),
            (b"a \"b\" \\", b"\"a \\\"b\\\" \\\\\""),
            (b"two\r\nlines", b"{10}\r\ntwo\r\nlines"),
            (b"caf\xe9", b"{4}\r\ncaf\xe9"),
            (b"nul\0", b"{4}\r\nnul\x80"),
        ];
        for (bytes, expected) in rows {
            assert_eq!(written(string, bytes), expected);
        }
        assert!(written(string, &[b'a'; 1001]).starts_with(b"{1001}\r\n"));
    }

    #[test]
    fn an_astring_is_bare_only_if_it_may_be() {
        let rows: [(&[u8], &[u8]); 7] = [
            (b"INBOX", b"INBOX"),
            (b"a]b", b"a]b"),
            (b"", b"\"\""),
            (b"nil", b"\"nil\""),
            (b"Sent Mail", b"\"Sent Mail\""),
            (b"100%", b"\"100%\""),
            (b"caf\xc3\xa9", b"{5}\r\ncaf\xc3\xa9"),
        ];
        for (bytes, expected) in rows {
            assert_eq!(written(astring, bytes), expected);
        }
    }

    #[test]
    fn none_is_nil() {
        let mut out = Vec::new();
        nstring(None, &mut out);
        nstring(Some(b"NIL"), &mut out);
        assert_eq!(out, b"NIL\"NIL\"");
    }
}
