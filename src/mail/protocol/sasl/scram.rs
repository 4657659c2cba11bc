//! SCRAM: both sides prove that they know the password without sending it (RFC 5802; with SHA-256:
//! RFC 7677).
//!
//! ```text
//! client                                           server
//!   n,,n=user,r=NONCE                          →
//!                                              ←   r=NONCE+THEIRS,s=SALT,i=4096
//!   c=biws,r=NONCE+THEIRS,p=PROOF              →
//!                                              ←   v=SIGNATURE
//! ```
//!
//! This is the client's side. It accepts no success before the signature. The names of the values are
//! the RFC's. Channel binding (SCRAM-…-PLUS) is not implemented: native-tls only has
//! `tls-server-end-point`, and for a server that does not offer PLUS, `n,,` is right.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::Credentials;
use crate::limits;

/// RFC 5802 §7, `gs2-header`: no channel binding, and no user acts for another one.
const GS2_HEADER: &str = "n,,";

/// The hash of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScramHash {
    /// SCRAM-SHA-1.
    Sha1,
    /// SCRAM-SHA-256.
    Sha256,
}

/// The state of an exchange.
pub struct Scram {
    hash: ScramHash,
    /// The password, prepared by SASLprep (RFC 4013).
    password: String,
    /// `n=user,r=NONCE`.
    client_first_bare: String,
    nonce: String,
    state: ScramState,
}

enum ScramState {
    /// Waits for the server's salt.
    Begun,
    /// The proof was sent; waits for the server's proof, which must be this one.
    Proved { server_signature: Vec<u8> },
    /// The server has proved that it knows the password.
    Verified,
}

impl Scram {
    /// Begins an exchange. The nonce is random printable ASCII without a comma.
    ///
    /// # Errors
    /// When the name or the password contains a prohibited character (RFC 4013 §2.3).
    pub fn new(
        hash: ScramHash,
        credentials: &Credentials,
        nonce: String,
    ) -> Result<Scram, &'static str> {
        let prepare = |text| {
            stringprep::saslprep(text).map_err(|_| "it contains a character that SASL forbids")
        };
        // RFC 5802 §5.1: a comma would end the name.
        let user = prepare(&credentials.user)?;
        let user = user.replace('=', "=3D").replace(',', "=2C");
        Ok(Scram {
            hash,
            password: prepare(&credentials.password)?.into_owned(),
            client_first_bare: format!("n={user},r={nonce}"),
            nonce,
            state: ScramState::Begun,
        })
    }

    /// Returns the client's first message.
    #[must_use]
    pub fn client_first(&self) -> String {
        format!("{GS2_HEADER}{}", self.client_first_bare)
    }

    /// True if the server has proved that it knows the password.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        matches!(self.state, ScramState::Verified)
    }

    /// Returns the response to a message of the server.
    ///
    /// # Errors
    /// A sentence, when the server's message is invalid or its proof is wrong.
    pub fn answer(&mut self, said: &str) -> Result<String, &'static str> {
        match &self.state {
            ScramState::Begun => self.prove(said),
            ScramState::Proved { server_signature } => {
                verify(said, server_signature)?;
                self.state = ScramState::Verified;
                Ok(String::new())
            }
            ScramState::Verified => Err("a challenge after the end of SCRAM"),
        }
    }

    /// Computes the proof and the expected signature (RFC 5802 §3).
    fn prove(&mut self, server_first: &str) -> Result<String, &'static str> {
        let challenge = ServerFirst::parse(server_first)?;
        // RFC 5802 §5.1: this prevents the replay of another conversation.
        let theirs = challenge.nonce.strip_prefix(self.nonce.as_str());
        if theirs.is_none_or(str::is_empty) {
            return Err("a challenge of SCRAM for another nonce");
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
        self.state = ScramState::Proved { server_signature: hash.hmac(&server_key, &auth_message) };
        Ok(format!("{without_proof},p={}", STANDARD.encode(proof)))
    }
}

/// Checks the server's last message: `v=` and the signature, or `e=` and an error (RFC 5802 §5.1).
///
/// The time of this comparison reveals nothing useful, because each exchange has its own signature.
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
    /// Parses the message. Values after the three are ignored; a value before them is `m=`, a mandatory
    /// extension, and none is defined (RFC 5802 §5.1).
    fn parse(text: &str) -> Result<ServerFirst<'_>, &'static str> {
        let mut values = text.split(',');
        let mut value = |name| values.next().and_then(|value| value.strip_prefix(name));
        let (nonce, salt, rounds) = (value("r="), value("s="), value("i="));
        let salt = salt.and_then(|salt| STANDARD.decode(salt).ok());
        let rounds = rounds.and_then(|rounds| rounds.parse().ok());
        match (nonce, salt, rounds) {
            (Some(_), Some(_), Some(0..limits::SCRAM_ROUNDS_MIN)) => {
                Err("a challenge of SCRAM with too few rounds")
            }
            (
                Some(nonce),
                Some(salt),
                Some(rounds @ limits::SCRAM_ROUNDS_MIN..=limits::SCRAM_ROUNDS_MAX),
            ) => Ok(ServerFirst { nonce, salt, rounds }),
            (Some(_), Some(_), Some(_)) => Err("a challenge of SCRAM with too many rounds"),
            _ => Err("an invalid challenge of SCRAM"),
        }
    }
}

/// The functions of RFC 5802 §2.2.
impl ScramHash {
    fn h(self, octets: &[u8]) -> Vec<u8> {
        match self {
            ScramHash::Sha1 => Sha1::digest(octets).to_vec(),
            ScramHash::Sha256 => Sha256::digest(octets).to_vec(),
        }
    }

    fn hmac(self, key: &[u8], text: &str) -> Vec<u8> {
        match self {
            ScramHash::Sha1 => mac::<Hmac<Sha1>>(key, text),
            ScramHash::Sha256 => mac::<Hmac<Sha256>>(key, text),
        }
    }

    fn hi(self, password: &str, salt: &[u8], rounds: u32) -> Vec<u8> {
        let password = password.as_bytes();
        match self {
            ScramHash::Sha1 => {
                pbkdf2::pbkdf2_hmac_array::<Sha1, 20>(password, salt, rounds).to_vec()
            }
            ScramHash::Sha256 => {
                pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password, salt, rounds).to_vec()
            }
        }
    }
}

fn mac<M: Mac + hmac::digest::KeyInit>(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes keys of any length (RFC 2104 §3), so this never fails.
    let Ok(mut mac) = <M as Mac>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
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

    fn begun(hash: ScramHash, client_first: &str) -> Scram {
        let (_, nonce) = client_first.rsplit_once("r=").unwrap();
        let credentials = Credentials { user: "user".to_owned(), password: "pencil".to_owned() };
        Scram::new(hash, &credentials, nonce.to_owned()).unwrap()
    }

    #[test]
    fn the_conversations_of_the_rfcs() {
        for (hash, [first, challenge, proof, signature]) in
            [(ScramHash::Sha256, SHA_256), (ScramHash::Sha1, SHA_1)]
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
            ("", "an invalid challenge"),
            ("m=x,r=fyko+d2lbbFgONRv9qkxdawLy,s=QSXC,i=4096", "an invalid challenge"),
            ("r=fyko+d2lbbFgONRv9qkxdawLy,s=?,i=4096", "an invalid challenge"),
            ("r=fyko+d2lbbFgONRv9qkxdawLy,s=QSXC,i=99999999999", "an invalid challenge"),
            ("r=fyko+d2lbbFgONRv9qkxdawLy,s=QSXC,i=1", "too few"),
            ("r=fyko+d2lbbFgONRv9qkxdawLy,s=QSXC,i=4294967295", "too many"),
            ("r=fyko+d2lbbFgONRv9qkxdawL,s=QSXC,i=4096", "for another nonce"),
            ("r=another,s=QSXC,i=4096", "for another nonce"),
        ];
        for (challenge, expected) in rows {
            let error = begun(ScramHash::Sha1, SHA_1[0]).answer(challenge).unwrap_err();
            assert!(error.contains(expected), "{challenge}: {error}");
        }
    }

    #[test]
    fn a_server_that_does_not_know_the_password_is_found_out() {
        let wrong = ["v=AAAA", "v=", "e=invalid-proof", "", SHA_256[3]];
        for server_final in wrong {
            let mut scram = begun(ScramHash::Sha1, SHA_1[0]);
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
            let credentials = Credentials { user: user.to_owned(), password: "x".to_owned() };
            let scram = Scram::new(ScramHash::Sha256, &credentials, "x".to_owned());
            let first = scram.map(|scram| scram.client_first()).map_err(drop);
            assert_eq!(first.as_deref(), expected.as_ref().copied(), "{user:?}");
        }
    }
}
