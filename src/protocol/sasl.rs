//! The argument of SMTP's and POP3's AUTH and of IMAP's AUTHENTICATE: a mechanism and, perhaps, the
//! client's first response in base64 (RFC 4954 §4, RFC 5034 §4, RFC 4959 §3).
//!
//! What a mechanism makes of its responses is not decided here.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// RFC 4422 §3.1: a mechanism's name has at most 20 octets.
const MECHANISM_OCTETS: usize = 20;

/// Reads `PLAIN` or `PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=`; the name comes out in upper case, the
/// response decoded.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn parse(argument: &str) -> Result<(String, Option<Vec<u8>>), &'static str> {
    let (name, initial) = match argument.split_once(' ') {
        Some((name, initial)) => (name, Some(initial)),
        None => (argument, None),
    };
    let mechanism = mechanism(name).ok_or("AUTH wants the name of a mechanism: AUTH PLAIN")?;
    let initial = initial.map(initial_response).transpose()?;
    Ok((mechanism, initial))
}

/// The name of a mechanism in upper case: letters, digits, `-` and `_` (RFC 4422 §3.1).
#[must_use]
pub fn mechanism(name: &str) -> Option<String> {
    let fits = (1..=MECHANISM_OCTETS).contains(&name.len());
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (fits && name.bytes().all(allowed)).then(|| name.to_ascii_uppercase())
}

/// Decodes a first response. A lone `=` is an empty one: base64 of nothing would look like none
/// (RFC 4954 §4).
///
/// # Errors
/// A sentence, when it is not base64.
pub fn initial_response(text: &str) -> Result<Vec<u8>, &'static str> {
    match text {
        "=" => Ok(Vec::new()),
        "" => Err("the first response is missing; a lone = stands for an empty one"),
        text => response(text.as_bytes()),
    }
}

/// Decodes a later response: a line of base64, which may be empty.
///
/// # Errors
/// A sentence, when it is not base64.
pub fn response(line: &[u8]) -> Result<Vec<u8>, &'static str> {
    STANDARD
        .decode(line)
        .map_err(|_| "the response is not base64")
}

/// Writes the argument that [`parse`] reads.
pub struct Argument<'a>(pub &'a str, pub Option<&'a [u8]>);

impl fmt::Display for Argument<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Argument(mechanism, initial) = self;
        f.write_str(mechanism)?;
        match initial {
            None => Ok(()),
            Some([]) => f.write_str(" ="),
            Some(response) => write!(f, " {}", STANDARD.encode(response)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        let rows: [(&str, &str, Option<&[u8]>); 3] = [
            ("plain", "PLAIN", None),
            ("PLAIN AGEAYg==", "PLAIN", Some(b"\0a\0b")),
            ("LOGIN =", "LOGIN", Some(b"")),
        ];
        for (text, name, initial) in rows {
            let parsed = parse(text);
            assert_eq!(
                parsed,
                Ok((name.into(), initial.map(<[u8]>::to_vec))),
                "{text:?}"
            );
        }
        let wrong = [
            "",
            "PLAIN ",
            "PLAIN AGEAYg",
            "P/1",
            "A-MECHANISM-TOO-LONG-TO-BE-ONE",
        ];
        for text in wrong {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn prints_what_it_parses() {
        for text in ["PLAIN", "PLAIN AGEAYg==", "LOGIN ="] {
            let (mechanism, initial) = parse(text).unwrap_or_default();
            assert_eq!(Argument(&mechanism, initial.as_deref()).to_string(), text);
        }
    }
}
