//! The client's side of an exchange: the mechanisms, and the response of each to a challenge.
//!
//! Challenges and responses are octets here; the protocols encode them in base64 and wrap them.

use super::Credentials;
use super::scram::{Scram, ScramHash};

/// A mechanism of SASL: a method to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// RFC 7677.
    ScramSha256,
    /// RFC 5802.
    ScramSha1,
    /// RFC 4616.
    Plain,
    /// Never standardised, and still in use.
    Login,
}

impl Mechanism {
    /// All mechanisms of our clients, the best first.
    pub const ALL: [Mechanism; 4] =
        [Mechanism::ScramSha256, Mechanism::ScramSha1, Mechanism::Plain, Mechanism::Login];

    /// Returns its name in AUTH and AUTHENTICATE.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
            Mechanism::ScramSha1 => "SCRAM-SHA-1",
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
        }
    }

    /// True if it sends the password itself, which anyone on the way can read without TLS.
    #[must_use]
    pub fn sends_password(self) -> bool {
        matches!(self, Mechanism::Plain | Mechanism::Login)
    }
}

/// The state of a client's exchange.
pub enum ClientExchange {
    /// PLAIN, with its only message.
    Plain(String),
    /// LOGIN, before the server asks for the name.
    LoginUser(Credentials),
    /// LOGIN, before the server asks for the password.
    LoginPassword(String),
    /// SCRAM.
    Scram(Box<Scram>),
    /// Everything was sent.
    Complete,
}

impl ClientExchange {
    /// Begins an exchange; the nonce is for SCRAM ([`Scram::new`]).
    ///
    /// # Errors
    /// When this mechanism cannot express the name or the password.
    pub fn begin(
        mechanism: Mechanism,
        credentials: Credentials,
        nonce: String,
    ) -> Result<ClientExchange, &'static str> {
        let scram = |hash| Scram::new(hash, &credentials, nonce).map(Box::new);
        Ok(match mechanism {
            Mechanism::ScramSha256 => ClientExchange::Scram(scram(ScramHash::Sha256)?),
            Mechanism::ScramSha1 => ClientExchange::Scram(scram(ScramHash::Sha1)?),
            Mechanism::Plain => ClientExchange::Plain(credentials.plain()?),
            Mechanism::Login => ClientExchange::LoginUser(credentials),
        })
    }

    /// Returns the initial response, if the client begins in this mechanism (RFC 4422 §5).
    pub fn initial(&mut self) -> Option<Vec<u8>> {
        let initial = match self {
            ClientExchange::Plain(message) => {
                let message = std::mem::take(message);
                *self = ClientExchange::Complete;
                message
            }
            ClientExchange::Scram(scram) => scram.client_first(),
            _ => return None,
        };
        Some(initial.into_bytes())
    }

    /// Returns the response to a challenge.
    ///
    /// # Errors
    /// What the server sent instead of a valid challenge.
    pub fn answer(&mut self, challenge: &[u8]) -> Result<Vec<u8>, &'static str> {
        let (answer, next) = match self {
            ClientExchange::Scram(scram) => {
                let said =
                    str::from_utf8(challenge).map_err(|_| "an invalid challenge of SCRAM")?;
                return scram.answer(said).map(String::into_bytes);
            }
            ClientExchange::LoginUser(Credentials { user, password }) => {
                (std::mem::take(user), ClientExchange::LoginPassword(std::mem::take(password)))
            }
            ClientExchange::LoginPassword(password) => {
                (std::mem::take(password), ClientExchange::Complete)
            }
            ClientExchange::Plain(_) | ClientExchange::Complete => {
                return Err("a challenge after the end of the exchange");
            }
        };
        *self = next;
        Ok(answer.into_bytes())
    }

    /// True if the server may report success: in SCRAM, only after it has proved itself.
    #[must_use]
    pub fn may_end(&self) -> bool {
        match self {
            ClientExchange::Scram(scram) => scram.is_verified(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Exchange, SaslStep};
    use super::*;

    fn alice() -> Credentials {
        Credentials { user: "alice".to_owned(), password: "wonder land".to_owned() }
    }

    #[test]
    fn our_own_server_understands_what_sends_the_password() {
        for mechanism in Mechanism::ALL.into_iter().filter(|m| m.sends_password()) {
            let mut client = ClientExchange::begin(mechanism, alice(), String::new()).unwrap();
            let mut server = Exchange::begin(mechanism.name()).unwrap();
            let mut step = server.start(client.initial().as_deref());
            while let SaslStep::Challenge(challenge) = step {
                let challenge = super::super::response(challenge.as_bytes()).unwrap();
                let answer = client.answer(&challenge).unwrap();
                step = server.answer(super::super::encode(&answer).as_bytes());
            }
            assert!(matches!(step, SaslStep::Done(heard) if heard == alice()));
            assert!(client.may_end());
            assert!(client.answer(b"more").is_err());
        }
    }

    #[test]
    fn no_name_becomes_another_field() {
        let mut credentials = alice();
        credentials.user = "bob\0alice".to_owned();
        for mechanism in [Mechanism::Plain, Mechanism::ScramSha256] {
            let begun = ClientExchange::begin(mechanism, credentials.clone(), String::new());
            assert!(begun.is_err(), "{mechanism:?}");
        }
    }

    #[test]
    fn a_server_that_skips_its_proof_is_not_believed() {
        let mut client =
            ClientExchange::begin(Mechanism::ScramSha1, alice(), "x".to_owned()).unwrap();
        assert_eq!(client.initial().unwrap(), b"n,,n=alice,r=x");
        assert!(!client.may_end());
        assert!(client.answer(b"\xff").is_err());
    }
}
