//! AUTH as all three protocols use it: SASL (RFC 4422) with PLAIN (RFC 4616) and LOGIN, and from our
//! clients with SCRAM.
//!
//! First the argument of AUTH and AUTHENTICATE: a mechanism and, perhaps, the client's first response
//! in base64 (RFC 4954 §4, RFC 5034 §4, RFC 4959 §3). Then the exchange of challenges and answers,
//! which the protocols only wrap differently (`334 …`, `+ …`): the server's side is [`Exchange`], the
//! client's [`ClientExchange`].
//! Base64 is an encoding, not encryption: whoever sees the lines of PLAIN and LOGIN has the password.

mod mechanism;
mod registry;
mod scram;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::line_cursor::LineCursor;
use super::span::Role;
pub use mechanism::{ClientExchange, Mechanism};
pub use registry::begins_registered;
pub use scram::{Hash, Scram};

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

/// Takes the argument of AUTH from a line.
///
/// Everything after the mechanism is an [`Answer`](Role::Answer), well-formed or not: it is better to
/// mask too much than to show a password.
///
/// # Errors
/// As [`parse`].
pub(super) fn take_argument(
    line: &mut LineCursor<'_>,
) -> Result<(String, Option<Vec<u8>>), &'static str> {
    let argument = line.peek_rest();
    line.word(Role::Mechanism);
    line.rest(Role::Answer);
    parse(argument)
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

/// Writes a response or a challenge as a line of base64.
#[must_use]
pub fn encode(octets: &[u8]) -> String {
    STANDARD.encode(octets)
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
            Some(response) => write!(f, " {}", encode(response)),
        }
    }
}

/// A login name and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who logs in.
    pub user: String,
    /// And the secret that proves it.
    pub password: String,
}

/// What an exchange wants next.
pub enum Step {
    /// Send this challenge (base64 already) and give the answer to [`Exchange::answer`].
    Challenge(String),
    /// The exchange is complete.
    Done(Credentials),
    /// The client sent `*` (RFC 4954 §4).
    Cancelled,
    /// The answer was not base64, or not what the mechanism asks for.
    Malformed,
}

/// A mechanism in the middle of its exchange.
#[derive(Clone)]
pub enum Exchange {
    /// Waits for `authorisation NUL user NUL password` in one answer.
    Plain,
    /// Waits for the user name.
    LoginUser,
    /// Waits for the password of this user.
    LoginPassword(String),
}

impl Exchange {
    /// The mechanisms that there are, as CAPABILITY and EHLO list them.
    pub const MECHANISMS: [&'static str; 2] = ["PLAIN", "LOGIN"];

    /// Begins a mechanism by its name, in any case; `None` if there is no such mechanism.
    #[must_use]
    pub fn begin(mechanism: &str) -> Option<Exchange> {
        match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => Some(Exchange::Plain),
            "LOGIN" => Some(Exchange::LoginUser),
            _ => None,
        }
    }

    /// The first step: with the first response that [`parse`] decoded, if there was one.
    pub fn start(&mut self, initial: Option<&[u8]>) -> Step {
        match initial {
            Some(initial) => self.take(initial),
            None => Step::Challenge(self.challenge()),
        }
    }

    /// Takes the line that answers the last challenge.
    pub fn answer(&mut self, line: &[u8]) -> Step {
        if line == b"*" {
            return Step::Cancelled;
        }
        response(line).map_or(Step::Malformed, |answer| self.take(&answer))
    }

    fn take(&mut self, answer: &[u8]) -> Step {
        let Ok(answer) = String::from_utf8(answer.to_vec()) else {
            return Step::Malformed;
        };
        match self {
            Exchange::Plain => plain(&answer).map_or(Step::Malformed, Step::Done),
            Exchange::LoginUser => {
                *self = Exchange::LoginPassword(answer);
                Step::Challenge(self.challenge())
            }
            Exchange::LoginPassword(user) => Step::Done(Credentials {
                user: std::mem::take(user),
                password: answer,
            }),
        }
    }

    fn challenge(&self) -> String {
        match self {
            Exchange::Plain => String::new(),
            Exchange::LoginUser => encode(b"Username:"),
            Exchange::LoginPassword(_) => encode(b"Password:"),
        }
    }
}

impl Credentials {
    /// The message of PLAIN (RFC 4616 §2).
    ///
    /// # Errors
    /// When a NUL in name or password would end it before its end.
    pub fn plain(&self) -> Result<String, &'static str> {
        let Credentials { user, password } = self;
        match user.contains('\0') || password.contains('\0') {
            true => Err("there is a NUL in it"),
            false => Ok(format!("\0{user}\0{password}")),
        }
    }
}

/// `authorisation NUL user NUL password`; nobody may act for somebody else (RFC 4616 §2).
fn plain(message: &str) -> Option<Credentials> {
    let mut fields = message.split('\0');
    let (authorisation, user, password) = (fields.next()?, fields.next()?, fields.next()?);
    let whole = fields.next().is_none() && !user.is_empty();
    let own = authorisation.is_empty() || authorisation == user;
    (whole && own).then(|| Credentials {
        user: user.to_owned(),
        password: password.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::panic)]

    use super::*;

    fn done(step: Step) -> (String, String) {
        match step {
            Step::Done(credentials) => (credentials.user, credentials.password),
            Step::Challenge(challenge) => panic!("asked {challenge}"),
            Step::Cancelled => panic!("cancelled"),
            Step::Malformed => panic!("malformed"),
        }
    }

    #[test]
    fn plain_takes_one_answer() {
        let step = Exchange::Plain.start(Some(b"\0alice\0wonderland"));
        assert_eq!(done(step), ("alice".into(), "wonderland".into()));
    }

    #[test]
    fn login_asks_twice() {
        let mut exchange = Exchange::LoginUser;
        assert!(matches!(exchange.start(None), Step::Challenge(c) if c == "VXNlcm5hbWU6"));
        assert!(matches!(exchange.answer(b"YWxpY2U="), Step::Challenge(c) if c == "UGFzc3dvcmQ6"));
        assert_eq!(
            done(exchange.answer(b"d29uZGVybGFuZA==")),
            ("alice".into(), "wonderland".into())
        );
    }

    #[test]
    fn a_star_cancels_and_rubbish_is_malformed() {
        assert!(matches!(Exchange::Plain.answer(b"*"), Step::Cancelled));
        for rubbish in ["%%%", "YWxpY2U=", "AAAA", "YWxpY2UAYm9iAHg="] {
            assert!(
                matches!(Exchange::Plain.answer(rubbish.as_bytes()), Step::Malformed),
                "{rubbish}"
            );
        }
    }

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
