//! SASL (RFC 4422), the login of all three protocols: PLAIN (RFC 4616), LOGIN, and in our clients SCRAM.
//!
//! The argument of AUTH and AUTHENTICATE is a mechanism and optionally the client's initial response in
//! base64 (RFC 4954 §4, RFC 5034 §4, RFC 4959 §3). Then server and client exchange challenges and
//! responses, which each protocol only wraps differently (`334 …`, `+ …`). [`Exchange`] is the
//! server's side, [`ClientExchange`] the client's. Base64 is an encoding, not encryption: anyone who can
//! read the lines of PLAIN and LOGIN has the password.

mod client;
mod registry;
mod scram;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::line_cursor::LineCursor;
use super::span::Role;
pub use client::{ClientExchange, Mechanism};
pub use registry::begins_registered;
pub use scram::{Scram, ScramHash};

/// RFC 4422 §3.1: a mechanism's name has at most 20 octets.
const MECHANISM_OCTETS: usize = 20;

/// Parses `PLAIN` or `PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=`.
///
/// Returns the name in upper case and the decoded response.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn parse(argument: &str) -> Result<(String, Option<Vec<u8>>), &'static str> {
    let (name, initial) = match argument.split_once(' ') {
        Some((name, initial)) => (name, Some(initial)),
        None => (argument, None),
    };
    let mechanism =
        mechanism(name).ok_or("AUTH needs the name of a mechanism, as in AUTH PLAIN")?;
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

/// Returns the name of a mechanism in upper case: letters, digits, `-` and `_` (RFC 4422 §3.1).
#[must_use]
pub fn mechanism(name: &str) -> Option<String> {
    let fits = (1..=MECHANISM_OCTETS).contains(&name.len());
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (fits && name.bytes().all(allowed)).then(|| name.to_ascii_uppercase())
}

/// Decodes an initial response. A single `=` is an empty one, because nothing would mean that there is
/// none (RFC 4954 §4).
///
/// # Errors
/// A sentence, when it is not base64.
pub fn initial_response(text: &str) -> Result<Vec<u8>, &'static str> {
    match text {
        "=" => Ok(Vec::new()),
        "" => Err("the initial response is missing; a single = is an empty one"),
        text => response(text.as_bytes()),
    }
}

/// Decodes a response to a challenge: a line of base64, which may be empty.
///
/// # Errors
/// A sentence, when it is not base64.
pub fn response(line: &[u8]) -> Result<Vec<u8>, &'static str> {
    STANDARD.decode(line).map_err(|_| "the response is not base64")
}

/// Encodes a response or a challenge as a line of base64.
#[must_use]
pub fn encode(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// The argument of AUTH, which [`parse`] reads.
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
    /// The login name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// What a server's exchange needs next.
pub enum SaslStep {
    /// Send this challenge (already in base64), and pass the response to [`Exchange::answer`].
    Challenge(String),
    /// The exchange is complete.
    Done(Credentials),
    /// The client sent `*` (RFC 4954 §4).
    Cancelled,
    /// The response was not base64, or not what the mechanism needs.
    Malformed,
}

/// The server's side of an exchange.
#[derive(Clone)]
pub enum Exchange {
    /// Waits for `authorisation NUL user NUL password` in one response.
    Plain,
    /// Waits for the user name.
    LoginUser,
    /// Waits for the password of this user.
    LoginPassword(String),
}

impl Exchange {
    /// The mechanisms of our servers, as CAPABILITY and EHLO list them.
    pub const MECHANISMS: [&'static str; 2] = ["PLAIN", "LOGIN"];

    /// Begins a mechanism by its name in any case; `None` if there is no such mechanism.
    #[must_use]
    pub fn begin(mechanism: &str) -> Option<Exchange> {
        match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => Some(Exchange::Plain),
            "LOGIN" => Some(Exchange::LoginUser),
            _ => None,
        }
    }

    /// Takes the first step, with the initial response that [`parse`] decoded, if there was one.
    pub fn start(&mut self, initial: Option<&[u8]>) -> SaslStep {
        match initial {
            Some(initial) => self.take(initial),
            None => SaslStep::Challenge(self.challenge()),
        }
    }

    /// Takes the response to the last challenge.
    pub fn answer(&mut self, line: &[u8]) -> SaslStep {
        if line == b"*" {
            return SaslStep::Cancelled;
        }
        response(line).map_or(SaslStep::Malformed, |answer| self.take(&answer))
    }

    fn take(&mut self, answer: &[u8]) -> SaslStep {
        let Ok(answer) = String::from_utf8(answer.to_vec()) else {
            return SaslStep::Malformed;
        };
        match self {
            Exchange::Plain => plain(&answer).map_or(SaslStep::Malformed, SaslStep::Done),
            Exchange::LoginUser => {
                *self = Exchange::LoginPassword(answer);
                SaslStep::Challenge(self.challenge())
            }
            Exchange::LoginPassword(user) => {
                SaslStep::Done(Credentials { user: std::mem::take(user), password: answer })
            }
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
    /// Returns the message of PLAIN (RFC 4616 §2).
    ///
    /// # Errors
    /// When the name or the password contains a NUL, which would end it too early.
    pub fn plain(&self) -> Result<String, &'static str> {
        let Credentials { user, password } = self;
        if user.contains('\0') || password.contains('\0') {
            return Err("it contains a NUL");
        }
        Ok(format!("\0{user}\0{password}"))
    }
}

/// Parses `authorisation NUL user NUL password`; a user may not act for another one (RFC 4616 §2).
fn plain(message: &str) -> Option<Credentials> {
    let mut fields = message.split('\0');
    let authorisation = fields.next()?;
    let user = fields.next()?;
    let password = fields.next()?;
    let complete = fields.next().is_none() && !user.is_empty();
    let own = authorisation.is_empty() || authorisation == user;
    (complete && own).then(|| Credentials { user: user.to_owned(), password: password.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(step: SaslStep) -> (String, String) {
        match step {
            SaslStep::Done(credentials) => (credentials.user, credentials.password),
            SaslStep::Challenge(challenge) => panic!("asked {challenge}"),
            SaslStep::Cancelled => panic!("cancelled"),
            SaslStep::Malformed => panic!("malformed"),
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
        assert!(matches!(exchange.start(None), SaslStep::Challenge(c) if c == "VXNlcm5hbWU6"));
        assert!(
            matches!(exchange.answer(b"YWxpY2U="), SaslStep::Challenge(c) if c == "UGFzc3dvcmQ6")
        );
        assert_eq!(
            done(exchange.answer(b"d29uZGVybGFuZA==")),
            ("alice".into(), "wonderland".into())
        );
    }

    #[test]
    fn a_star_cancels_and_rubbish_is_malformed() {
        assert!(matches!(Exchange::Plain.answer(b"*"), SaslStep::Cancelled));
        for rubbish in ["%%%", "YWxpY2U=", "AAAA", "YWxpY2UAYm9iAHg="] {
            assert!(
                matches!(Exchange::Plain.answer(rubbish.as_bytes()), SaslStep::Malformed),
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
            assert_eq!(parsed, Ok((name.into(), initial.map(<[u8]>::to_vec))), "{text:?}");
        }
        let wrong = ["", "PLAIN ", "PLAIN AGEAYg", "P/1", "A-MECHANISM-TOO-LONG-TO-BE-ONE"];
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
