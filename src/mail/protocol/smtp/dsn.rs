//! The parameters of delivery status notifications (DSN, RFC 3461): `RET` and `ENVID` of MAIL,
//! `NOTIFY` and `ORCPT` of RCPT.
//!
//! [`Params`] returns these types. `Display` writes a value as it goes on the wire, so
//! `params.with("NOTIFY", Some(&notify.to_string()))` passes it on to the next server. [`xtext`]
//! decodes to printable ASCII only: the text will be part of a header, and must not end its line.

use std::fmt;
use std::str::FromStr;

use super::params::{KnownParam, Params, Verb};
use crate::limits;

/// `RET`: how much of the message a report of failure returns (RFC 3461 §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ret {
    /// `FULL`: the whole message.
    Full,
    /// `HDRS`: its header.
    Headers,
}

/// `NOTIFY`: the events that the sender wants reports of (RFC 3461 §4.1). None of them is `NEVER`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// The message was delivered.
    pub success: bool,
    /// The message was given up.
    pub failure: bool,
    /// The message is delayed.
    pub delay: bool,
}

/// `ORCPT`: the recipient that the sender named, before any forwarding (RFC 3461 §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalRecipient {
    /// The type of the address: `rfc822`, or `utf-8` (RFC 6533 §3).
    pub kind: String,
    /// The address, decoded; printable ASCII.
    pub address: String,
}

/// The rows of DSN for the table of parameters.
pub(super) const KNOWN: [KnownParam; 4] = [
    KnownParam {
        verb: Verb::Mail,
        keyword: "RET", // RFC 3461 §4.3
        is_valid: |value| value.and_then(Ret::parse).is_some(),
        usage: "RET is FULL or HDRS",
    },
    KnownParam {
        verb: Verb::Mail,
        keyword: "ENVID", // RFC 3461 §4.4
        is_valid: |value| value.and_then(envid).is_some(),
        usage: "ENVID needs at most 100 characters in xtext",
    },
    KnownParam {
        verb: Verb::Rcpt,
        keyword: "NOTIFY", // RFC 3461 §4.1
        is_valid: |value| value.and_then(Notify::parse).is_some(),
        usage: "NOTIFY is NEVER, or some of SUCCESS,FAILURE,DELAY",
    },
    KnownParam {
        verb: Verb::Rcpt,
        keyword: "ORCPT", // RFC 3461 §4.2
        is_valid: |value| value.and_then(OriginalRecipient::parse).is_some(),
        usage: "ORCPT needs a type and an address in xtext: rfc822;bob@example.org",
    },
];

impl Params {
    /// `RET` (RFC 3461 §4.3).
    #[must_use]
    pub fn ret(&self) -> Option<Ret> {
        Ret::parse(self.value("RET")?)
    }

    /// `ENVID`: the sender's name for this transaction, decoded (RFC 3461 §4.4).
    #[must_use]
    pub fn envid(&self) -> Option<String> {
        envid(self.value("ENVID")?)
    }

    /// `NOTIFY` (RFC 3461 §4.1).
    #[must_use]
    pub fn notify(&self) -> Option<Notify> {
        Notify::parse(self.value("NOTIFY")?)
    }

    /// `ORCPT` (RFC 3461 §4.2).
    #[must_use]
    pub fn orcpt(&self) -> Option<OriginalRecipient> {
        OriginalRecipient::parse(self.value("ORCPT")?)
    }
}

impl Ret {
    pub(super) fn parse(value: &str) -> Option<Ret> {
        match value.to_ascii_uppercase().as_str() {
            "FULL" => Some(Ret::Full),
            "HDRS" => Some(Ret::Headers),
            _ => None,
        }
    }
}

impl FromStr for Ret {
    type Err = ();

    fn from_str(value: &str) -> Result<Ret, ()> {
        Ret::parse(value).ok_or(())
    }
}

impl FromStr for Notify {
    type Err = ();

    fn from_str(value: &str) -> Result<Notify, ()> {
        Notify::parse(value).ok_or(())
    }
}

impl fmt::Display for Ret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ret::Full => "FULL",
            Ret::Headers => "HDRS",
        })
    }
}

impl Notify {
    /// `NEVER`.
    pub const NEVER: Notify = Notify { success: false, failure: false, delay: false };

    pub(super) fn parse(value: &str) -> Option<Notify> {
        if value.eq_ignore_ascii_case("NEVER") {
            return Some(Notify::NEVER);
        }
        let mut notify = Notify::NEVER;
        for word in value.split(',') {
            match word.to_ascii_uppercase().as_str() {
                "SUCCESS" => notify.success = true,
                "FAILURE" => notify.failure = true,
                "DELAY" => notify.delay = true,
                // RFC 3461 §4.1: NEVER cannot be combined.
                _ => return None,
            }
        }
        Some(notify)
    }
}

impl fmt::Display for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(self.success, "SUCCESS"), (self.failure, "FAILURE"), (self.delay, "DELAY")];
        let wanted: Vec<&str> = words.iter().filter(|w| w.0).map(|w| w.1).collect();
        if wanted.is_empty() {
            return f.write_str("NEVER");
        }
        f.write_str(&wanted.join(","))
    }
}

impl OriginalRecipient {
    pub(super) fn parse(value: &str) -> Option<OriginalRecipient> {
        let (kind, encoded) = value.split_once(';')?;
        // RFC 3461 §4.2: the type is an atom.
        let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/?^_`{|}~".contains(c);
        let good = !kind.is_empty() && kind.chars().all(atom) && value.len() <= limits::ORCPT;
        let address = xtext::decode(encoded)?;
        if !good || address.is_empty() {
            return None;
        }
        let kind = kind.to_owned();
        Some(OriginalRecipient { kind, address })
    }
}

impl FromStr for OriginalRecipient {
    type Err = ();

    fn from_str(value: &str) -> Result<OriginalRecipient, ()> {
        OriginalRecipient::parse(value).ok_or(())
    }
}

impl fmt::Display for OriginalRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};{}", self.kind, xtext::encode(&self.address))
    }
}

/// Decodes the value of `ENVID`.
pub(super) fn envid(value: &str) -> Option<String> {
    xtext::decode(value).filter(|id| (1..=limits::ENVID).contains(&id.len()))
}

/// The encoding of parameter values: `+` and two hexadecimal digits replace a character that a
/// parameter cannot have (RFC 3461 §4).
pub mod xtext {
    /// Encodes a text; the inverse of [`decode`] for printable ASCII.
    #[must_use]
    pub fn encode(text: &str) -> String {
        let mut encoded = String::with_capacity(text.len());
        for octet in text.bytes() {
            match octet {
                b'+' | b'=' => encoded.push_str(&format!("+{octet:02X}")),
                b'!'..=b'~' => encoded.push(char::from(octet)),
                _ => encoded.push_str(&format!("+{octet:02X}")),
            }
        }
        encoded
    }

    /// Decodes a text; `None` if it is not xtext, or decodes to other than printable ASCII.
    #[must_use]
    pub fn decode(text: &str) -> Option<String> {
        let mut decoded = String::with_capacity(text.len());
        let mut octets = text.bytes();
        while let Some(octet) = octets.next() {
            let meant = match octet {
                b'+' => 16 * digit(octets.next()?)? + digit(octets.next()?)?,
                b'=' => return None,
                b'!'..=b'~' => octet,
                _ => return None,
            };
            // RFC 3461 §4.2, §4.4: printable characters, and the space.
            if !matches!(meant, b' '..=b'~') {
                return None;
            }
            decoded.push(char::from(meant));
        }
        Some(decoded)
    }

    /// RFC 3461 §4: hexadecimal digits are upper case; lower case is accepted too.
    fn digit(octet: u8) -> Option<u8> {
        let value = char::from(octet).to_digit(16)?;
        u8::try_from(value).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_that_mean_something() {
        let notify = |text| Notify::parse(text).map(|notify| notify.to_string());
        let orcpt = |text| OriginalRecipient::parse(text).map(|original| original.address);
        let rows = [
            (notify("never"), "NEVER"),
            (notify("delay,SUCCESS"), "SUCCESS,DELAY"),
            (notify("FAILURE"), "FAILURE"),
            (orcpt("rfc822;bob@here.test"), "bob@here.test"),
            (orcpt("RFC822;bob+2Blists@here.test"), "bob+lists@here.test"),
            (orcpt("utf-8;j+5Cx{FC}@x"), "j\\x{FC}@x"),
            (envid("QQ+3D314159"), "QQ=314159"),
            (Ret::parse("hdrs").map(|ret| ret.to_string()), "HDRS"),
        ];
        for (meaning, expected) in rows {
            assert_eq!(meaning.as_deref(), Some(expected));
        }
    }

    #[test]
    fn values_that_do_not() {
        for text in ["", "NEVER,SUCCESS", "SUCCESS,", "SOMETIMES"] {
            assert_eq!(Notify::parse(text), None, "{text}");
        }
        let long = format!("rfc822;{}", "a".repeat(500));
        // A line break, even in disguise, would end a header.
        for text in ["", "rfc822", "rfc822;", ";a@b", "rfc822;a+0D+0Ab", &long] {
            assert_eq!(OriginalRecipient::parse(text), None, "{text}");
        }
        for text in ["", "+", "+4", "+GG", "a=b", "+00", "é", &"a".repeat(101)] {
            assert_eq!(envid(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn decodes_what_it_encodes(text in "[ -~]{0,60}") {
            prop_assert_eq!(xtext::decode(&xtext::encode(&text)), Some(text));
        }

        #[test]
        fn never_panics_and_never_breaks_a_line(text in ".{0,40}") {
            let decoded = xtext::decode(&text).unwrap_or_default();
            prop_assert!(!decoded.chars().any(char::is_control));
        }
    }
}
