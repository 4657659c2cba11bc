//! Sending a whole message: chooses the parameters that the message needs and the server offers.
//!
//! A parameter that the server does not offer is left out.

use std::io::{Read, Seek};

use super::{SmtpClient, Transaction, address, reverse_path};
use crate::client::ClientError;
use crate::client::socket::transfer::{MessageFacts, measure};
use crate::mail::protocol::smtp::{Notify, Params, Path, Reply, Ret, xtext};

/// The result of sending a message, for each recipient.
#[derive(Debug, Default)]
pub struct SendOutcome {
    /// The recipients that the server accepted the message for.
    pub accepted: Vec<String>,
    /// The other recipients, each with the reason.
    pub refused: Vec<(String, ClientError)>,
}

/// How a message is sent, and which reports its sender wants.
///
/// Each option is used if the server offers it, and ignored otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SendOptions {
    /// True to send the message with BDAT (RFC 3030).
    pub chunking: bool,
    /// How much of the message a bounce returns (RFC 3461 §4.3).
    pub ret: Option<Ret>,
    /// The envelope ID, in printable ASCII (RFC 3461 §4.4).
    pub envid: Option<String>,
    /// When the sender gets a report about a recipient (RFC 3461 §4.1).
    pub notify: Option<Notify>,
}

impl SendOutcome {
    fn of(
        named: Vec<String>,
        outcomes: Vec<Option<Result<Reply, ClientError>>>,
        refused: Vec<(String, ClientError)>,
    ) -> Result<SendOutcome, ClientError> {
        let mut sent = SendOutcome { accepted: Vec::new(), refused };
        for (to, outcome) in named.into_iter().zip(outcomes) {
            match outcome {
                Some(Err(why)) => sent.refused.push((to, why)),
                _ => sent.accepted.push(to),
            }
        }
        if sent.accepted.is_empty() {
            return Err(first_refusal(sent.refused));
        }
        Ok(sent)
    }
}

/// Returns the first refusal as the error of a message that no recipient gets.
fn first_refusal(refused: Vec<(String, ClientError)>) -> ClientError {
    let first = refused.into_iter().next();
    first.map_or_else(
        || ClientError::Unsendable {
            what: "the message".to_owned(),
            why: "it has no recipients".to_owned(),
        },
        |(_, why)| why,
    )
}

impl SmtpClient {
    /// Sends one message to many recipients: MAIL, each RCPT, DATA.
    ///
    /// The parameters `SIZE`, `BODY=8BITMIME` and `SMTPUTF8` are added if they are offered and needed.
    ///
    /// # Errors
    /// When no recipient gets the message: the sender, every recipient or the message is refused, the
    /// message cannot be read, or the connection fails.
    pub fn send<M: Read + Seek, T: AsRef<str>>(
        &mut self,
        from: &str,
        to: &[T],
        message: &mut M,
    ) -> Result<SendOutcome, ClientError> {
        self.send_with(from, to, message, &SendOptions::default())
    }

    /// Sends one message as [`SmtpClient::send`] does, with options.
    ///
    /// # Errors
    /// As [`SmtpClient::send`].
    pub fn send_with<M: Read + Seek, T: AsRef<str>>(
        &mut self,
        from: &str,
        to: &[T],
        message: &mut M,
        options: &SendOptions,
    ) -> Result<SendOutcome, ClientError> {
        let facts = measure(message).map_err(ClientError::Local)?;
        let mut addresses = to.iter().map(AsRef::as_ref).chain([from]);
        let international = addresses.any(|address| !address.is_ascii());
        let mut transaction = Transaction {
            from: reverse_path(from)?,
            params: self.params(facts, international, options)?,
            to: Vec::new(),
            chunking: options.chunking && self.extension("CHUNKING").is_some(),
        };
        let mut named = Vec::new();
        let mut refused = Vec::new();
        for to in to.iter().map(|to| to.as_ref().to_owned()) {
            match address(&to) {
                Ok(address) => {
                    let params = self.recipient_params(options);
                    transaction.to.push((Path::Address(address), params));
                    named.push(to);
                }
                Err(why) => refused.push((to, why)),
            }
        }
        if named.is_empty() {
            return Err(first_refusal(refused));
        }
        let done = self.transact(&transaction, message);
        done.end?;
        SendOutcome::of(named, done.outcomes, refused)
    }

    fn params(
        &self,
        facts: MessageFacts,
        international: bool,
        options: &SendOptions,
    ) -> Result<Params, ClientError> {
        let mut params = Params::new();
        if self.extension("SIZE").is_some() {
            params = params.with("SIZE", Some(&facts.octets.to_string())); // RFC 1870 §6
        }
        if facts.eight_bit && self.extension("8BITMIME").is_some() {
            params = params.with("BODY", Some("8BITMIME")); // RFC 6152 §3
        }
        if self.extension("DSN").is_some() {
            if let Some(ret) = options.ret {
                params = params.with("RET", Some(&ret.to_string()));
            }
            if let Some(envid) = &options.envid {
                params = params.with("ENVID", Some(&xtext::encode(envid)));
            }
        }
        if !international {
            return Ok(params);
        }
        // RFC 6531 §3.2: such an address must not be sent to a server without SMTPUTF8.
        if self.extension("SMTPUTF8").is_none() {
            return Err(self.socket.not_offered("addresses beyond ASCII (SMTPUTF8)"));
        }
        Ok(params.with("SMTPUTF8", None))
    }

    fn recipient_params(&self, options: &SendOptions) -> Params {
        match options.notify {
            Some(notify) if self.extension("DSN").is_some() => {
                Params::new().with("NOTIFY", Some(&notify.to_string()))
            }
            _ => Params::new(),
        }
    }
}
