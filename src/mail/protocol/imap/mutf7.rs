//! Modified UTF-7, the alphabet of mailbox names (RFC 3501 §5.1.3, on RFC 2152).
//!
//! Printable ASCII is itself, `&` is `&-`, and everything else is UTF-16 in base64, without padding and
//! with `,` for `/`, between `&` and `-`. Every name has exactly one form. [`decode`] accepts no other,
//! so two names that look different never name one mailbox.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

/// Without padding; bits left over must be zero.
const BASE64: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// Encodes a name: `Entwürfe` becomes `Entw&APw-rfe`.
#[must_use]
pub fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while !rest.is_empty() {
        let plain = rest.find(|c| !is_plain(c)).unwrap_or(rest.len());
        out.push_str(&rest[..plain]);
        rest = &rest[plain..];
        if let Some(after) = rest.strip_prefix('&') {
            out.push_str("&-");
            rest = after;
            continue;
        }
        let shifted = rest.find(is_printable).unwrap_or(rest.len());
        if shifted > 0 {
            let utf16: Vec<u8> =
                rest[..shifted].encode_utf16().flat_map(u16::to_be_bytes).collect();
            out.push('&');
            BASE64.encode_string(utf16, &mut out);
            out.push('-');
        }
        rest = &rest[shifted..];
    }
    out
}

/// Decodes a name: `Entw&APw-rfe` becomes `Entwürfe`. `None` if it is not in the one valid form.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<String> {
    let text = str::from_utf8(bytes).ok()?;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, shifted)) = rest.split_once('&') {
        out.push_str(plain);
        let (base64, after) = shifted.split_once('-')?;
        match base64 {
            "" => out.push('&'),
            base64 => out.push_str(&from_base64(base64)?),
        }
        rest = after;
    }
    out.push_str(rest);
    // RFC 3501 §5.1.3 forbids superfluous shifts, and printable ASCII in base64. One form, one check.
    (encode(&out) == text).then_some(out)
}

fn from_base64(base64: &str) -> Option<String> {
    let bytes = BASE64.decode(base64).ok()?;
    let (pairs, []) = bytes.as_chunks::<2>() else {
        return None;
    };
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    String::from_utf16(&units).ok()
}

/// Printable ASCII, `&` included.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~')
}

fn is_plain(c: char) -> bool {
    is_printable(c) && c != '&'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names() {
        let rows = [
            ("INBOX", "INBOX"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("Tom & Jerry", "Tom &- Jerry"),
            ("&", "&-"),
            ("ü&ü", "&APw-&-&APw-"),
            ("&-", "&--"),
            // RFC 3501 §5.1.3's own example.
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            // Beyond the Basic Multilingual Plane: a surrogate pair.
            ("📫", "&2D3c6w-"),
            ("", ""),
        ];
        for (name, wire) in rows {
            assert_eq!(encode(name), wire);
            assert_eq!(decode(wire.as_bytes()).as_deref(), Some(name), "{wire}");
        }
    }

    #[test]
    fn what_is_not_the_one_form() {
        let rows: [(&[u8], &str); 12] = [
            (b"&", "a shift that does not end"),
            (b"&APw", "a shift that does not end"),
            (b"Jerry & Tom", "a bare ampersand"),
            (b"&AGE-", "an `a` in base64"),
            (b"&APw-&APw-", "a superfluous shift"),
            (b"&APx-", "bits left over"),
            (b"&AP-", "half a UTF-16 unit"),
            (b"&APw=-", "padding"),
            (b"&A/w-", "a slash"),
            (b"&2D0-", "half a surrogate pair"),
            (b"\xc3\xbc", "UTF-8"),
            (b"a\0", "a control character"),
        ];
        for (bytes, story) in rows {
            assert_eq!(decode(bytes), None, "{story}");
        }
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn decodes_what_it_encodes(name in "([ -~]|&|[äé日📫\\x00-\\x1f]|\\PC){0,20}") {
            let wire = encode(&name);
            prop_assert!(wire.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            prop_assert_eq!(decode(wire.as_bytes()), Some(name));
        }

        #[test]
        fn takes_one_form_only(wire in "([a-z]|&-|&[A-Za-z0-9+,]{0,8}-){0,6}") {
            if let Some(name) = decode(wire.as_bytes()) {
                prop_assert_eq!(encode(&name), wire);
            }
        }
    }
}
