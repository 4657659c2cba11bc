//! What is said in a login by SASL, and which of it is secret.
//!
//! Base64 is an encoding, no encryption: the texts are decoded for whoever looks on, with the
//! password masked. Nothing of an answer is kept.

use super::sketch::Sketch;
use crate::protocol::sasl;
use crate::protocol::span::{Role, Span};

/// What a masked secret looks like.
pub const MASK: &str = "********";

/// A text between two octets that cannot be printed is shown with this between them.
const NUL: &str = "\u{2400}";

/// A login under way.
#[derive(Clone, Default)]
pub(super) struct Login {
    /// In upper case.
    mechanism: String,
    /// How many answers the client has given.
    answers: u32,
}

impl Login {
    fn begin(mechanism: &[u8]) -> Login {
        let name = str::from_utf8(mechanism).ok().and_then(sasl::mechanism);
        Login {
            mechanism: name.unwrap_or_default(),
            answers: 0,
        }
    }

    /// Is the client done with its answers, as far as we know the mechanism?
    pub(super) fn is_complete(&self) -> bool {
        let needed = match self.mechanism.as_str() {
            "PLAIN" | "EXTERNAL" | "XOAUTH2" | "OAUTHBEARER" | "ANONYMOUS" | "CRAM-MD5" => 1,
            "LOGIN" => 2,
            _ => u32::MAX,
        };
        self.answers >= needed
    }

    /// The client's next answer: what it is, and how it reads with the secret masked. What does not
    /// decode is a secret: somebody may have typed the password as it is.
    fn answer(&mut self, base64: &[u8]) -> (Role, Option<String>) {
        self.answers += 1;
        if base64 == b"*" {
            return (Role::Cancel, None);
        }
        let text = sasl::response(if base64 == b"=" { b"" } else { base64 }).ok();
        let text = text.and_then(|octets| String::from_utf8(octets).ok());
        match (self.mechanism.as_str(), text) {
            ("LOGIN", Some(name)) if self.answers == 1 => (Role::UserName, Some(printable(&name))),
            ("ANONYMOUS", Some(name)) => (Role::UserName, Some(printable(&name))),
            (mechanism, text) => (Role::Answer, text.and_then(|text| masked(mechanism, &text))),
        }
    }

    /// AUTH, with its mechanism and perhaps a first response among the parts of its line.
    pub(super) fn begun_by(sketch: &mut Sketch<'_>) -> Login {
        let mut login = Login::begin(sketch.text_of(Role::Mechanism).unwrap_or_default());
        if let Some(initial) = sketch.text_of(Role::Answer) {
            let (role, decoded) = login.answer(initial);
            sketch.recast(Role::Answer, role, decoded);
        }
        login
    }

    /// A line that answers a challenge.
    pub(super) fn tell_answer(&mut self, line: &[u8], sketch: &mut Sketch<'_>) {
        let (role, decoded) = self.answer(line);
        sketch.about_part(role);
        sketch.part_that_reads(Span::of(role, line, line), decoded);
    }
}

/// Names a challenge, decoded.
pub(super) fn tell_challenge(base64: &[u8], line: &[u8], sketch: &mut Sketch<'_>) {
    if !base64.is_empty() {
        sketch.part_that_reads(Span::of(Role::Challenge, line, base64), challenge(base64));
    }
}

/// What the server asks, decoded.
fn challenge(base64: &[u8]) -> Option<String> {
    let text = String::from_utf8(sasl::response(base64).ok()?).ok()?;
    (!text.is_empty()).then(|| printable(&text))
}

/// An answer with its secret masked; `None` where all of it is one, or we do not know which part.
fn masked(mechanism: &str, text: &str) -> Option<String> {
    let masked = match mechanism {
        // RFC 4616 §2: authorisation NUL user NUL password.
        "PLAIN" => {
            let (names, _) = text.rsplit_once('\0')?;
            format!("{names}\0{MASK}")
        }
        // RFC 2195 §2: the user and a digest from which a weak password can be guessed.
        "CRAM-MD5" => format!("{} {MASK}", text.rsplit_once(' ')?.0),
        // RFC 5802 §7: n,,n=user,r=nonce; then c=biws,r=nonce,p=proof.
        name if name.starts_with("SCRAM-") => match text.split_once(",p=") {
            Some((open, _)) => format!("{open},p={MASK}"),
            None if text.contains("p=") && !text.starts_with("p=") => return None,
            None => text.to_owned(),
        },
        _ => return None,
    };
    Some(printable(&masked))
}

/// With something that can be seen for each octet that cannot.
fn printable(text: &str) -> String {
    let shown = |c: char| match c {
        '\0' => NUL.to_owned(),
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers of a login, each as `role text`.
    fn said(mechanism: &str, answers: &[&str]) -> Vec<String> {
        let mut login = Login::begin(mechanism.as_bytes());
        let mut say = |answer: &&str| {
            let (role, text) = login.answer(answer.as_bytes());
            format!("{} {}", role.key(), text.unwrap_or_default())
        };
        answers.iter().map(&mut say).collect()
    }

    #[test]
    fn no_password_is_decoded() {
        let rows: [(&str, &[&str], &[&str]); 9] = [
            (
                "PLAIN",
                &["AGFsaWNlAHdvbmRlcmxhbmQ="],
                &["answer ␀alice␀********"],
            ),
            ("plain", &["bm8gbnVsbHM="], &["answer "]),
            (
                "LOGIN",
                &["YWxpY2U=", "d29uZGVybGFuZA=="],
                &["user-name alice", "answer "],
            ),
            ("CRAM-MD5", &["dGltIGI5MTNhNjAy"], &["answer tim ********"]),
            (
                "SCRAM-SHA-256",
                &[
                    "biwsbj11c2VyLHI9bm9uY2U=",
                    "Yz1iaXdzLHI9bm9uY2UscD1wcm9vZg==",
                ],
                &[
                    "answer n,,n=user,r=nonce",
                    "answer c=biws,r=nonce,p=********",
                ],
            ),
            (
                "XOAUTH2",
                &["dXNlcj1hAWF1dGg9QmVhcmVyIHRva2Vu"],
                &["answer "],
            ),
            ("PLAIN", &["*"], &["cancel "]),
            ("PLAIN", &["="], &["answer "]),
            ("", &["AGFsaWNlAHdvbmRlcmxhbmQ="], &["answer "]),
        ];
        for (mechanism, answers, expected) in rows {
            assert_eq!(said(mechanism, answers), expected, "{mechanism}");
        }
    }

    #[test]
    fn challenges_are_decoded() {
        assert_eq!(challenge(b"VXNlcm5hbWU6").as_deref(), Some("Username:"));
        for none in [&b""[..], b"=", b"???", b"/w=="] {
            assert_eq!(challenge(none), None);
        }
    }
}
