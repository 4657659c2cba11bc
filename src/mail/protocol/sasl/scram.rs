//! SCRAM: both sides prove that they know the password, and neither sends it (RFC 5802; with
//! SHA-256: RFC 7677).
//!
//! ```text
//! client                                           server
//!   n,,n=user,r=NONCE                          →
//!                                              ←   r=NONCE+THEIRS,s=SALT,i=4096
//!   c=biws,r=NONCE+THEIRS,p=PROOF              →
//!                                              ←   v=SIGNATURE
//! ```
//!
//! This is the client's side, and it accepts no success before the signature. The names of the
//! values are the RFC's. Channel binding (SCRAM-…-PLUS) is left out: native-tls tells of a
//! connection only `tls-server-end-point`, and without PLUS on offer `n,,` is all there is to say.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::Credentials;

/// RFC 7677 §4: fewer rounds would make it cheap to guess the password from what crosses.
const FEWEST_ROUNDS: u32 = 4096;

/// A server may not keep us busy for longer than a second or two.
const MOST_ROUNDS: u32 = 1_000_000;

/// RFC 5802 §7, `gs2-header`: no channel binding, nobody acts for somebody else.
const GS2_HEADER: &str = "n,,";

/// Which hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SCRAM-SHA-1.
    Sha1,
    /// SCRAM-SHA-256.
    Sha256,
}

/// An exchange, as far as it has come.
pub struct Scram {
    hash: Hash,
    /// Prepared by SASLprep (RFC 4013).
    password: String,
    /// `n=user,r=NONCE`.
    client_first_bare: String,
    nonce: String,
    state: State,
}

enum State {
    /// The server's salt is awaited.
    Begun,
    /// The proof was sent; the server's proof is awaited, which must be this.
    Proved { server_signature: Vec<u8> },
    /// The server knows the password, too.
    Verified,
}

impl Scram {
    /// Begins an exchange. The nonce is printable ASCII without a comma that nobody can guess.
    ///
    /// # Errors
    /// When name or password have characters that nobody can type (RFC 4013 §2.3).
    pub fn new(
        hash: Hash,
        credentials: &Credentials,
        nonce: String,
    ) -> Result<Scram, &'static str> {
        let prepare = |text| {
            stringprep::saslprep(text).map_err(|_| "there is a character in it that SASL forbids")
        };
        // RFC 5802 §5.1: a comma would end the name.
        let user = prepare(&credentials.user)?;
        let user = user.replace('=', "=3D").replace(',', "=2C");
        Ok(Scram {
            hash,
            password: prepare(&credentials.password)?.into_owned(),
            client_first_bare: format!("n={user},r={nonce}"),
            nonce,
            state: State::Begun,
        })
    }

    /// What the client says first.
    #[must_use]
    pub fn client_first(&self) -> String {
        format!("{GS2_HEADER}{}", self.client_first_bare)
    }

    /// Has the server proved that it knows the password?
    #[must_use]
    pub fn is_verified(&self) -> bool {
        matches!(self.state, State::Verified)
    }

    /// Answers what the server says.
    ///
    /// # Errors
    /// A sentence, when the server's message is none of SCRAM's, or its proof is wrong.
    pub fn answer(&mut self, said: &str) -> Result<String, &'static str> {
        match &self.state {
            State::Begun => self.prove(said),
            State::Proved { server_signature } => {
                verify(said, server_signature)?;
                self.state = State::Verified;
                Ok(String::new())
            }
            State::Verified => Err("a challenge behind the end of SCRAM"),
        }
    }

    /// RFC 5802 §3: how the proof and the signature are made.
    fn prove(&mut self, server_first: &str) -> Result<String, &'static str> {
        let challenge = ServerFirst::parse(server_first)?;
        // RFC 5802 §5.1: so that nobody can play back another conversation.
        let theirs = challenge.nonce.strip_prefix(self.nonce.as_str());
        if theirs.is_none_or(str::is_empty) {
            return Err("a challenge of SCRAM that does not answer ours");
        }
        let hash = self.hash;
        let salted_password = hash.hi(&self.password, &challenge.salt, challenge.rounds);
        let client_key = hash.hmac(&salted_password, "Client Key");
        let without_proof = format!("c={},r={}", STANDARD.encode(GS2_HEADER), challenge.nonce);
        let auth_message = format!("{},{server_first},{without_proof}", self.client_first_bare);
        let client_signature = hash.hmac(&hash.h(&client_key), &auth_message);
        let proof: Vec<u8> = client_key
            .iter()
            .zip(client_signature)
            .map(|(key, signature)| key ^ signature)
            .collect();
        let server_key = hash.hmac(&salted_password, "Server Key");
        self.state = State::Proved {
            server_signature: hash.hmac(&server_key, &auth_message),
        };
        Ok(format!("{without_proof},p={}", STANDARD.encode(proof)))
    }
}

/// RFC 5802 §5.1: `v=` and the signature, or `e=` and what is wrong. It is compared in the open:
/// every exchange has a signature of its own, so there is nothing to learn from how long it takes.
fn verify(server_final: &str, expected: &[u8]) -> Result<(), &'static str> {
    let value = server_final.split(',').next().unwrap_or_default();
    let Some(signature) = value.strip_prefix("v=") else {
        return Err("that SCRAM has failed");
    };
    match STANDARD.decode(signature) {
        Ok(signature) if signature == expected => Ok(()),
        _ => Err("a proof of SCRAM that is wrong: it does not know the password"),
    }
}

/// The server's first message (RFC 5802 §7, `server-first-message`).
struct ServerFirst<'a> {
    nonce: &'a str,
    salt: Vec<u8>,
    rounds: u32,
}

impl ServerFirst<'_> {
    /// What stands behind the three values means nothing to us; what stands before them is `m=`,
    /// a demand that nobody has defined (RFC 5802 §5.1).
    fn parse(text: &str) -> Result<ServerFirst<'_>, &'static str> {
        let mut values = text.split(',');
        let mut value = |name| values.next().and_then(|value| value.strip_prefix(name));
        let (nonce, salt, rounds) = (value("r="), value("s="), value("i="));
        let salt = salt.and_then(|salt| STANDARD.decode(salt).ok());
        let rounds = rounds.and_then(|rounds| rounds.parse().ok());
        match (nonce, salt, rounds) {
            (Some(_), Some(_), Some(0..FEWEST_ROUNDS)) => {
                Err("a challenge of SCRAM with too few rounds")
            }
            (Some(nonce), Some(salt), Some(rounds @ FEWEST_ROUNDS..=MOST_ROUNDS)) => {
                Ok(ServerFirst {
                    nonce,
                    salt,
                    rounds,
                })
            }
            (Some(_), Some(_), Some(_)) => Err("a challenge of SCRAM with too many rounds"),
            _ => Err("what is no challenge of SCRAM"),
        }
    }
}

/// The functions of RFC 5802 §2.2.
impl Hash {
    fn h(self, octets: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha1 => Sha1::digest(octets).to_vec(),
            Hash::Sha256 => Sha256::digest(octets).to_vec(),
        }
    }

    fn hmac(self, key: &[u8], text: &str) -> Vec<u8> {
        match self {
            Hash::Sha1 => mac::<Hmac<Sha1>>(key, text),
            Hash::Sha256 => mac::<Hmac<Sha256>>(key, text),
        }
    }

    fn hi(self, password: &str, salt: &[u8], rounds: u32) -> Vec<u8> {
        let password = password.as_bytes();
        match self {
            Hash::Sha1 => pbkdf2::pbkdf2_hmac_array::<Sha1, 20>(password, salt, rounds).to_vec(),
            Hash::Sha256 => {
                pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password, salt, rounds).to_vec()
            }
        }
    }
}

fn mac<M: Mac + hmac::digest::KeyInit>(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes keys of any length (RFC 2104 §3), so there is no failure to tell.
    let Ok(mut mac) = <M as Mac>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SHA_256: [&str; 4] = [
        // RFC 7677 §3.
        "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ];

    const SHA_1: [&str; 4] = [
        // RFC 5802 §5.
        "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ];

    fn begun(hash: Hash, client_first: &str) -> Scram {
        let (_, nonce) = client_first.rsplit_once("r=").unwrap();
        let credentials = Credentials {
            user: "user".to_owned(),
            password: "pencil".to_owned(),
        };
        Scram::new(hash, &credentials, nonce.to_owned()).unwrap()
    }

    #[test]
    fn the_conversations_of_the_rfcs() {
        for (hash, [first, challenge, proof, signature]) in
            [(Hash::Sha256, SHA_256), (Hash::Sha1, SHA_1)]
        {
            let mut scram = begun(hash, first);
            assert_eq!(scram.client_first(), first);
            assert_eq!(scram.answer(challenge).as_deref(), Ok(proof));
            assert!(!scram.is_verified());
            assert_eq!(scram.answer(signature).as_deref(), Ok(""));
            assert!(scram.is_verified());
            assert!(scram.answer(signature).is_err());
        }
    }

    #[test]
    fn challenges_that_are_none() {
        let rows = [
            ("", "no challenge"),
            (
                "m=x,r=fyko+d2lbbFgONRv9qkxdawLy,s=QSXC,i=4096",
                "no challenge",
            ),
            ("r=fyko+d2lbbFgONRv9qkxdawLy,s=?,i=4096", "no challenge"),
            (
                "r=fyko+d2lbbFgONRv9qkxdawLy,s=QSXC,i=99999999999",
                "no challenge",
            ),
            ("r=fyko+d2lbbFgONRv9qkxdawLy,s=QSXC,i=1", "too few"),
            (
                "r=fyko+d2lbbFgONRv9qkxdawLy,s=QSXC,i=4294967295",
                "too many",
            ),
            (
                "r=fyko+d2lbbFgONRv9qkxdawL,s=QSXC,i=4096",
                "does not answer ours",
            ),
            ("r=another,s=QSXC,i=4096", "does not answer ours"),
        ];
        for (challenge, expected) in rows {
            let error = begun(Hash::Sha1, SHA_1[0]).answer(challenge).unwrap_err();
            assert!(error.contains(expected), "{challenge}: {error}");
        }
    }

    #[test]
    fn a_server_that_does_not_know_the_password_is_found_out() {
        let wrong = ["v=AAAA", "v=", "e=invalid-proof", "", SHA_256[3]];
        for server_final in wrong {
            let mut scram = begun(Hash::Sha1, SHA_1[0]);
            scram.answer(SHA_1[1]).unwrap();
            assert!(scram.answer(server_final).is_err(), "{server_final}");
            assert!(!scram.is_verified());
        }
    }

    #[test]
    fn names_are_prepared_and_keep_their_commas() {
        let rows = [
            ("a,b=c", Ok("n,,n=a=2Cb=3Dc,r=x")),
            // RFC 4013 §3: what is typed differently and looks the same is the same.
            ("\u{2168}\u{ad}", Ok("n,,n=IX,r=x")),
            ("bell\u{7}", Err(())),
        ];
        for (user, expected) in rows {
            let credentials = Credentials {
                user: user.to_owned(),
                password: "x".to_owned(),
            };
            let scram = Scram::new(Hash::Sha256, &credentials, "x".to_owned());
            let first = scram.map(|scram| scram.client_first()).map_err(drop);
            assert_eq!(first.as_deref(), expected.as_ref().copied(), "{user:?}");
        }
    }
}
