//! Writes strings in the form that suits their bytes: atom, quoted or literal (RFC 3501 §4.3, §9).

/// An atom where possible, else a [`string`]: `INBOX`, `"two words"`.
pub fn astring(bytes: &[u8], out: &mut Vec<u8>) {
    // The word NIL would be an atom too, but some parsers take it for no string at all.
    let atom = !bytes.is_empty() && bytes.iter().copied().all(super::cursor::is_astring_char);
    if atom && !bytes.eq_ignore_ascii_case(b"NIL") {
        out.extend_from_slice(bytes);
    } else {
        string(bytes, out);
    }
}

/// A quoted string where possible, else a literal.
pub fn string(bytes: &[u8], out: &mut Vec<u8>) {
    // RFC 3501 §9: a quoted string has 7-bit characters, without CR and LF.
    let quotable = |b: &u8| matches!(b, 1..=0x7f) && !matches!(b, b'\r' | b'\n');
    if !bytes.iter().all(quotable) {
        out.extend_from_slice(format!("{{{}}}\r\n", bytes.len()).as_bytes());
        out.extend_from_slice(bytes);
        return;
    }
    out.push(b'"');
    for byte in bytes {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// `NIL` for none.
pub fn nstring(bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    match bytes {
        Some(bytes) => string(bytes, out),
        None => out.extend_from_slice(b"NIL"),
    }
}
