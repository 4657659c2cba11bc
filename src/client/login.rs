//! Logging in by SASL: the best mechanism that a server offers, and the challenges that follow.
//!
//! The same for all three protocols, which only word it differently. A password crosses only where
//! nobody can read along ([`ClientSocket::is_private`]).

use argon2::password_hash::rand_core::{OsRng, RngCore};

use super::{Answer, ClientError, ClientSocket};
use crate::mail::protocol::sasl::{self, ClientExchange, Credentials, Mechanism};

/// Octets of randomness in a nonce: nobody has the same one, or guesses it.
const NONCE: usize = 24;

/// An answer in which a server may challenge: `334 …`, `+ …`.
pub(super) trait Challenging: Answer {
    /// The challenge in base64, if it is one.
    fn challenge(&self) -> Option<&[u8]>;
}

/// The best of the mechanisms that are offered, if any is.
///
/// # Errors
/// When each of them would show the password to whoever listens.
pub(super) fn choose(
    socket: &ClientSocket,
    offers: impl Fn(&str) -> bool,
) -> Result<Option<Mechanism>, ClientError> {
    let mut offered = Mechanism::ALL.into_iter().filter(|way| offers(way.name()));
    let Some(best) = offered.next() else {
        return Ok(None);
    };
    if best.sends_password() {
        socket.must_be_private()?;
    }
    Ok(Some(best))
}

/// A login under way.
pub(super) struct Login {
    mechanism: Mechanism,
    exchange: ClientExchange,
    /// The first response, until it is said.
    initial: Option<Vec<u8>>,
}

impl Login {
    /// Begins.
    ///
    /// # Errors
    /// When the name or the password cannot be said in this mechanism, or the password would be
    /// shown to whoever listens.
    pub(super) fn begin(
        socket: &ClientSocket,
        mechanism: Mechanism,
        user: &str,
        password: &str,
    ) -> Result<Login, ClientError> {
        if mechanism.sends_password() {
            socket.must_be_private()?;
        }
        let credentials = Credentials {
            user: user.to_owned(),
            password: password.to_owned(),
        };
        let mut nonce = [0; NONCE];
        OsRng.fill_bytes(&mut nonce);
        let exchange = ClientExchange::begin(mechanism, credentials, sasl::encode(&nonce));
        let mut exchange = exchange.map_err(|why| ClientError::Unsendable {
            what: "the name or the password".to_owned(),
            why: why.to_owned(),
        })?;
        Ok(Login {
            mechanism,
            initial: exchange.initial(),
            exchange,
        })
    }

    /// The argument of AUTH or AUTHENTICATE; with the first response, if it fits a line of so many
    /// octets.
    pub(super) fn argument(&mut self, line: usize) -> (String, Option<Vec<u8>>) {
        let name = self.mechanism.name().to_owned();
        let fits = |initial: &mut Vec<u8>| {
            let response = sasl::encode(initial);
            "AUTH  \r\n".len() + name.len() + response.len() <= line
        };
        let initial = self.initial.take_if(fits);
        (name, initial)
    }

    /// Answers challenges, from this answer on; returns the one that is none.
    ///
    /// # Errors
    /// When the connection fails, or a challenge makes no sense.
    pub(super) fn answer<A: Challenging>(
        &mut self,
        socket: &mut ClientSocket,
        mut answer: A,
    ) -> Result<A, ClientError> {
        while let Some(challenge) = answer.challenge() {
            let response = sasl::response(challenge).and_then(|challenge| self.take(&challenge));
            let response = response.map_err(|what| socket.not_trustworthy(what))?;
            answer = socket.send_message_receive_reply(sasl::encode(&response).as_bytes())?;
        }
        Ok(answer)
    }

    fn take(&mut self, challenge: &[u8]) -> Result<Vec<u8>, &'static str> {
        match self.initial.take() {
            // RFC 4422 §5: an empty challenge asks for the first response.
            Some(initial) if challenge.is_empty() => Ok(initial),
            Some(_) => Err("a challenge before we have begun"),
            None => self.exchange.answer(challenge),
        }
    }

    /// The server says that we are in: it must have proved itself, if the mechanism wants that.
    ///
    /// # Errors
    /// When it has not.
    pub(super) fn end(self, socket: &mut ClientSocket) -> Result<(), ClientError> {
        if self.exchange.may_end() {
            return Ok(());
        }
        Err(socket.not_trustworthy("a success, and has not proved that it knows the password"))
    }
}

#[cfg(test)]
mod tests;
