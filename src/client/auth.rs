//! Logging in by SASL (RFC 4422): the best mechanism that a server offers, and the exchange that follows.
//!
//! The three protocols differ only in how a command and a challenge look; [`SaslClient`] names these
//! differences. A password is sent as it is only where [`ClientSocket::is_private`] allows it.

use argon2::password_hash::rand_core::{OsRng, RngCore};

use super::{ClientError, ClientSocket, ServerReply};
use crate::mail::protocol::sasl::{self, ClientExchange, Credentials, Mechanism};

/// Random octets of a SCRAM nonce, so that no nonce occurs twice or can be guessed.
const NONCE: usize = 24;

/// The parts of a SASL login that differ between the protocols.
pub(super) trait SaslClient {
    /// A reply of the protocol.
    type Reply: ServerReply;

    /// The command that begins the login: `AUTH`, `AUTHENTICATE`.
    const COMMAND: &'static str;

    /// Returns the connection.
    fn socket(&mut self) -> &mut ClientSocket;

    /// Returns the octets of the longest command that may contain the initial response; 0 if none may.
    fn longest_command(&mut self) -> Result<usize, ClientError>;

    /// Sends the command, perhaps with the initial response, and receives the reply.
    fn send_auth(
        &mut self,
        mechanism: String,
        initial: Option<Vec<u8>>,
    ) -> Result<Self::Reply, ClientError>;

    /// Returns the challenge in base64 if the reply is one: `334 …`, `+ …`.
    fn challenge(reply: &Self::Reply) -> Option<&[u8]>;

    /// Fails if the reply to `command` refuses the login.
    fn check_auth(&mut self, command: &str, reply: Self::Reply) -> Result<(), ClientError>;
}

/// Returns the best of the mechanisms that are offered, if any is.
///
/// # Errors
/// When each of them would send the password where others can read it.
pub(super) fn choose(
    socket: &ClientSocket,
    offers: impl Fn(&str) -> bool,
) -> Result<Option<Mechanism>, ClientError> {
    let mut offered = Mechanism::ALL.into_iter().filter(|it| offers(it.name()));
    let best = offered.next();
    if best.is_some_and(Mechanism::sends_password) {
        socket.must_be_private()?;
    }
    Ok(best)
}

/// Logs in by this mechanism.
///
/// # Errors
/// When the password may not be sent, is not accepted, or the server does not prove itself.
pub(super) fn authenticate<C: SaslClient>(
    client: &mut C,
    mechanism: Mechanism,
    user: &str,
    password: &str,
) -> Result<(), ClientError> {
    let mut exchange = begin(client.socket(), mechanism, user, password)?;
    let mut initial = exchange.initial();
    let longest = client.longest_command()?;
    let command = format!("{} {}", C::COMMAND, mechanism.name());
    let sent = initial
        .take_if(|initial| command.len() + " \r\n".len() + sasl::encode(initial).len() <= longest);
    let mut reply = client.send_auth(mechanism.name().to_owned(), sent)?;
    while let Some(challenge) = C::challenge(&reply) {
        let response = respond(&mut exchange, &mut initial, challenge);
        let socket = client.socket();
        let response = response.map_err(|what| socket.not_trustworthy(what))?;
        reply = socket.send_message_receive_reply(sasl::encode(&response).as_bytes())?;
    }
    client.check_auth(&command, reply)?;
    if exchange.may_end() {
        return Ok(());
    }
    let what = "a success, and has not proved that it knows the password";
    Err(client.socket().not_trustworthy(what))
}

/// Begins the exchange of a mechanism.
fn begin(
    socket: &ClientSocket,
    mechanism: Mechanism,
    user: &str,
    password: &str,
) -> Result<ClientExchange, ClientError> {
    if mechanism.sends_password() {
        socket.must_be_private()?;
    }
    let credentials = Credentials { user: user.to_owned(), password: password.to_owned() };
    let mut nonce = [0; NONCE];
    OsRng.fill_bytes(&mut nonce);
    let exchange = ClientExchange::begin(mechanism, credentials, sasl::encode(&nonce));
    exchange.map_err(|why| ClientError::Unsendable {
        what: "the name or the password".to_owned(),
        why: why.to_owned(),
    })
}

/// Returns the response to a challenge: the initial response if that was not sent yet.
fn respond(
    exchange: &mut ClientExchange,
    initial: &mut Option<Vec<u8>>,
    challenge: &[u8],
) -> Result<Vec<u8>, &'static str> {
    let challenge = sasl::response(challenge)?;
    match initial.take() {
        // RFC 4422 §5: an empty challenge asks for the initial response.
        Some(initial) if challenge.is_empty() => Ok(initial),
        Some(_) => Err("a challenge before the initial response"),
        None => exchange.answer(&challenge),
    }
}

#[cfg(test)]
mod tests;
