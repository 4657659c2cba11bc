//! A login by SASL: what each answer is, and its text as far as it is not secret.
//!
//! Base64 is an encoding, not encryption: answers are decoded for the reader, with the password
//! masked. Nothing of an answer is kept.

use super::annotation_builder::AnnotationBuilder;
use super::explained::NUL;
use super::masking::{is_name, masked_answer};
use crate::mail::protocol::sasl;
use crate::mail::protocol::span::{Role, Span};

/// A login in progress.
#[derive(Clone, Default)]
pub(super) struct Login {
    /// The mechanism, in upper case.
    mechanism: String,
    /// How many answers the client has given.
    answers: u32,
}

impl Login {
    fn begin(mechanism: &[u8]) -> Login {
        let name = str::from_utf8(mechanism).ok().and_then(sasl::mechanism);
        Login { mechanism: name.unwrap_or_default(), answers: 0 }
    }

    /// True if the mechanism needs no further answer of the client.
    pub(super) fn is_complete(&self) -> bool {
        let needed = match self.mechanism.as_str() {
            "PLAIN" | "EXTERNAL" | "XOAUTH2" | "OAUTHBEARER" | "ANONYMOUS" | "CRAM-MD5" => 1,
            "LOGIN" => 2,
            _ => u32::MAX,
        };
        self.answers >= needed
    }

    /// The role of the client's next answer, and its text with the secret masked. An answer that is
    /// not base64 is secret: the client may have sent the password as it is.
    fn answer(&mut self, base64: &[u8]) -> (Role, Option<String>) {
        self.answers += 1;
        if base64 == b"*" {
            return (Role::Cancel, None);
        }
        let text = sasl::response(if base64 == b"=" { b"" } else { base64 }).ok();
        let text = text.and_then(|octets| String::from_utf8(octets).ok());
        match (self.mechanism.as_str(), text) {
            ("LOGIN", Some(name)) if self.answers == 1 && is_name(&name) => {
                (Role::UserName, Some(name))
            }
            ("ANONYMOUS", Some(name)) if is_name(&name) => (Role::UserName, Some(name)),
            (mechanism, text) => {
                (Role::Answer, text.and_then(|text| masked_answer(mechanism, &text)))
            }
        }
    }

    /// Begins a login with an AUTH command, which has the mechanism and perhaps a first response.
    pub(super) fn begun_by(builder: &mut AnnotationBuilder<'_>) -> Login {
        let mut login = Login::begin(builder.text_of(Role::Mechanism).unwrap_or_default());
        if let Some(initial) = builder.text_of(Role::Answer) {
            let (role, decoded) = login.answer(initial);
            builder.recast(Role::Answer, role, decoded);
        }
        login
    }

    /// Explains a line that answers a challenge.
    pub(super) fn tell_answer(&mut self, line: &[u8], builder: &mut AnnotationBuilder<'_>) {
        let (role, decoded) = self.answer(line);
        builder.about_part(role);
        builder.part_that_reads(Span::of(role, line, line), decoded);
    }
}

/// Names a challenge, decoded.
pub(super) fn tell_challenge(base64: &[u8], line: &[u8], builder: &mut AnnotationBuilder<'_>) {
    if !base64.is_empty() {
        builder.part_that_reads(Span::of(Role::Challenge, line, base64), challenge(base64));
    }
}

/// The decoded text of a challenge.
fn challenge(base64: &[u8]) -> Option<String> {
    let text = String::from_utf8(sasl::response(base64).ok()?).ok()?;
    (!text.is_empty()).then(|| printable(&text))
}

/// The text with a visible replacement for each character that cannot be seen.
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
        let rows: [(&str, &[&str], &[&str]); 8] = [
            ("PLAIN", &["AGFsaWNlAHdvbmRlcmxhbmQ="], &["answer ␀alice␀********"]),
            ("plain", &["bm8gbnVsbHM="], &["answer "]),
            ("LOGIN", &["YWxpY2U=", "d29uZGVybGFuZA=="], &["user-name alice", "answer "]),
            (
                "SCRAM-SHA-256",
                &["biwsbj11c2VyLHI9bm9uY2U=", "Yz1iaXdzLHI9bm9uY2UscD1wcm9vZg=="],
                &["answer n,,n=user,r=nonce", "answer c=biws,r=nonce,p=********"],
            ),
            ("XOAUTH2", &["dXNlcj1hAWF1dGg9QmVhcmVyIHRva2Vu"], &["answer "]),
            ("PLAIN", &["*"], &["cancel "]),
            ("PLAIN", &["="], &["answer "]),
            ("", &["AGFsaWNlAHdvbmRlcmxhbmQ="], &["answer "]),
        ];
        for (mechanism, answers, expected) in rows {
            assert_eq!(said(mechanism, answers), expected, "{mechanism}");
        }
    }

    #[test]
    fn what_has_not_the_shape_of_its_mechanism_is_not_decoded() {
        let rows = [
            ("PLAIN", "\0alice\0wonderland", "answer ␀alice␀********"),
            ("PLAIN", "bob\0alice\0wonder\tland", "answer bob␀alice␀********"),
            ("PLAIN", "\0alice\0wonderland\0", "answer "),
            ("PLAIN", "alice\0wonderland\0", "answer "),
            ("PLAIN", "alice\0\0wonderland", "answer "),
            ("PLAIN", "\0alice wonderland\0x", "answer "),
            ("PLAIN", "alice\0wonderland", "answer "),
            ("LOGIN", "\0alice\0wonderland", "answer "),
            ("LOGIN", "alice wonderland", "answer "),
            ("LOGIN", "alice\nwonderland", "answer "),
            ("LOGIN", "", "answer "),
            ("ANONYMOUS", "guest@client.test", "user-name guest@client.test"),
            ("ANONYMOUS", "\0alice\0wonderland", "answer "),
            ("SCRAM-SHA-1", "y,a=bob,n=user,r=nonce", "answer y,a=bob,n=user,r=nonce"),
            ("SCRAM-SHA-1", "p=tls-exporter,,n=u,r=x", "answer p=tls-exporter,,n=u,r=x"),
            ("SCRAM-SHA-1", "\0alice\0wonderland", "answer "),
            ("SCRAM-SHA-1", "n,,n=alice,r=\0wonderland", "answer "),
            ("SCRAM-SHA-1", "n,,n=alice,wonderland", "answer "),
            ("SCRAM-SHA-1", "alice,wonderland", "answer "),
            ("CRAM-MD5", "tim b913a602c7eda7a495b4e6e7334d3890", "answer tim ********"),
            ("CRAM-MD5", "\0alice\0wonder land", "answer "),
            ("CRAM-MD5", "alice wonderland", "answer "),
        ];
        for (mechanism, answer, expected) in rows {
            let base64 = sasl::encode(answer.as_bytes());
            assert_eq!(said(mechanism, &[&base64]), [expected], "{answer:?}");
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
