//! The client's side of an exchange: the mechanisms, the best first, and what each answers.
//!
//! The server's challenges come and the answers go as octets; the protocols put them into base64
//! and wrap them.

use super::Credentials;
use super::scram::{Hash, Scram};

/// A way to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// RFC 7677.
    ScramSha256,
    /// RFC 5802.
    ScramSha1,
    /// RFC 4616.
    Plain,
    /// Older than all of them, and still asked for.
    Login,
}

impl Mechanism {
    /// All that a client can do, the best first.
    pub const ALL: [Mechanism; 4] = [
        Mechanism::ScramSha256,
        Mechanism::ScramSha1,
        Mechanism::Plain,
        Mechanism::Login,
    ];

    /// Its name in AUTH and AUTHENTICATE.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
            Mechanism::ScramSha1 => "SCRAM-SHA-1",
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
        }
    }

    /// Does the password itself cross, so that whoever listens without TLS has it?
    #[must_use]
    pub fn sends_password(self) -> bool {
        matches!(self, Mechanism::Plain | Mechanism::Login)
    }
}

/// A client's exchange, as far as it has come.
pub enum ClientExchange {
    /// PLAIN: this is all there is to say.
    Plain(String),
    /// LOGIN: the name is to be asked for.
    LoginUser(Credentials),
    /// LOGIN: the password is to be asked for.
    LoginPassword(String),
    /// SCRAM.
    Scram(Box<Scram>),
    /// There is nothing more to say.
    Complete,
}

impl ClientExchange {
    /// Begins one; the nonce is for SCRAM ([`Scram::new`]).
    ///
    /// # Errors
    /// When the name or the password cannot be said in this mechanism.
    pub fn begin(
        mechanism: Mechanism,
        credentials: Credentials,
        nonce: String,
    ) -> Result<ClientExchange, &'static str> {
        let scram = |hash| Scram::new(hash, &credentials, nonce).map(Box::new);
        Ok(match mechanism {
            Mechanism::ScramSha256 => ClientExchange::Scram(scram(Hash::Sha256)?),
            Mechanism::ScramSha1 => ClientExchange::Scram(scram(Hash::Sha1)?),
            Mechanism::Plain => ClientExchange::Plain(credentials.plain()?),
            Mechanism::Login => ClientExchange::LoginUser(credentials),
        })
    }

    /// What the client says first, where the mechanism lets it begin (RFC 4422 §5).
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

    /// Answers a challenge.
    ///
    /// # Errors
    /// What the server said instead of one that makes sense.
    pub fn answer(&mut self, challenge: &[u8]) -> Result<Vec<u8>, &'static str> {
        let (answer, next) = match self {
            ClientExchange::Scram(scram) => {
                let said =
                    str::from_utf8(challenge).map_err(|_| "what is no challenge of SCRAM")?;
                return scram.answer(said).map(String::into_bytes);
            }
            ClientExchange::LoginUser(Credentials { user, password }) => (
                std::mem::take(user),
                ClientExchange::LoginPassword(std::mem::take(password)),
            ),
            ClientExchange::LoginPassword(password) => {
                (std::mem::take(password), ClientExchange::Complete)
            }
            ClientExchange::Plain(_) | ClientExchange::Complete => {
                return Err("a challenge where there is nothing more to say");
            }
        };
        *self = next;
        Ok(answer.into_bytes())
    }

    /// May the server say that we are in? Not before it has proved itself, where it must.
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
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::super::{Exchange, Step};
    use super::*;

    fn alice() -> Credentials {
        Credentials {
            user: "alice".to_owned(),
            password: "wonder land".to_owned(),
        }
    }

    #[test]
    fn our_own_server_understands_what_sends_the_password() {
        for mechanism in Mechanism::ALL.into_iter().filter(|m| m.sends_password()) {
            let mut client = ClientExchange::begin(mechanism, alice(), String::new()).unwrap();
            let mut server = Exchange::begin(mechanism.name()).unwrap();
            let mut step = server.start(client.initial().as_deref());
            while let Step::Challenge(challenge) = step {
                let challenge = super::super::response(challenge.as_bytes()).unwrap();
                let answer = client.answer(&challenge).unwrap();
                step = server.answer(super::super::encode(&answer).as_bytes());
            }
            assert!(matches!(step, Step::Done(heard) if heard == alice()));
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
