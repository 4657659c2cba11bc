//! A message from a program: what its text and the server ask for, in a [`Transaction`].
//!
//! Nothing is asked of a server that does not offer it.

use std::io::{Read, Seek};

use super::{SmtpClient, Transaction, address, reverse_path};
use crate::client::ClientError;
use crate::client::crlf::{self, Measure};
use crate::mail::protocol::smtp::{Notify, Params, Path, Reply, Ret, xtext};

/// What became of a message, recipient by recipient.
#[derive(Debug, Default)]
pub struct Sent {
    /// The server answers for the delivery to these.
    pub accepted: Vec<String>,
    /// And not to these, for this reason.
    pub refused: Vec<(String, ClientError)>,
}

/// How a message should travel, and what its sender wants to hear of it. Each wish is told to a
/// server that offers to fulfil it, and forgotten where none does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Send it with BDAT (RFC 3030).
    pub chunking: bool,
    /// How much of it a bounce should bring back (RFC 3461 §4.3).
    pub ret: Option<Ret>,
    /// The sender's name for this sending, in printable ASCII (RFC 3461 §4.4).
    pub envid: Option<String>,
    /// When to tell the sender of a recipient (RFC 3461 §4.1).
    pub notify: Option<Notify>,
}

impl Sent {
    fn of(
        named: Vec<String>,
        outcomes: Vec<Option<Result<Reply, ClientError>>>,
        refused: Vec<(String, ClientError)>,
    ) -> Result<Sent, ClientError> {
        let mut sent = Sent {
            accepted: Vec::new(),
            refused,
        };
        for (to, outcome) in named.into_iter().zip(outcomes) {
            match outcome {
                Some(Err(why)) => sent.refused.push((to, why)),
                _ => sent.accepted.push(to),
            }
        }
        match sent.accepted.is_empty() {
            true => Err(nobody(sent.refused)),
            false => Ok(sent),
        }
    }
}

/// Nobody gets it: the first reason is told.
fn nobody(refused: Vec<(String, ClientError)>) -> ClientError {
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
    /// Sends one message to many: MAIL, each RCPT, DATA. The parameters `SIZE`, `BODY=8BITMIME` and
    /// `SMTPUTF8` are added where they are offered and say something.
    ///
    /// # Errors
    /// When nobody gets it: the sender, every recipient or the message is refused, the message
    /// cannot be read, or the connection fails.
    pub fn send<M: Read + Seek, T: AsRef<str>>(
        &mut self,
        from: &str,
        to: &[T],
        message: &mut M,
    ) -> Result<Sent, ClientError> {
        self.send_with(from, to, message, &Wishes::default())
    }

    /// The same with wishes.
    ///
    /// # Errors
    /// As [`SmtpClient::send`].
    pub fn send_with<M: Read + Seek, T: AsRef<str>>(
        &mut self,
        from: &str,
        to: &[T],
        message: &mut M,
        wishes: &Wishes,
    ) -> Result<Sent, ClientError> {
        let measure = crlf::measure(message).map_err(ClientError::Local)?;
        let mut addresses = to.iter().map(AsRef::as_ref).chain([from]);
        let international = addresses.any(|address| !address.is_ascii());
        let mut transaction = Transaction {
            from: reverse_path(from)?,
            params: self.params(measure, international, wishes)?,
            to: Vec::new(),
            chunking: wishes.chunking && self.extension("CHUNKING").is_some(),
        };
        let (mut named, mut refused) = (Vec::new(), Vec::new());
        for to in to.iter().map(|to| to.as_ref().to_owned()) {
            match address(&to) {
                Ok(address) => {
                    let params = self.recipient_params(wishes);
                    transaction.to.push((Path::Address(address), params));
                    named.push(to);
                }
                Err(why) => refused.push((to, why)),
            }
        }
        if named.is_empty() {
            return Err(nobody(refused));
        }
        let done = self.transact(&transaction, message);
        done.end?;
        Sent::of(named, done.outcomes, refused)
    }

    fn params(
        &self,
        measure: Measure,
        international: bool,
        wishes: &Wishes,
    ) -> Result<Params, ClientError> {
        let mut params = Params::new();
        if self.extension("SIZE").is_some() {
            params = params.with("SIZE", Some(&measure.octets.to_string())); // RFC 1870 §6
        }
        if measure.eight_bit && self.extension("8BITMIME").is_some() {
            params = params.with("BODY", Some("8BITMIME")); // RFC 6152 §3
        }
        if self.extension("DSN").is_some() {
            if let Some(ret) = wishes.ret {
                params = params.with("RET", Some(&ret.to_string()));
            }
            if let Some(envid) = &wishes.envid {
                params = params.with("ENVID", Some(&xtext::encode(envid)));
            }
        }
        if !international {
            return Ok(params);
        }
        // RFC 6531 §3.2: such an address must not be sent to a server that does not know them.
        if self.extension("SMTPUTF8").is_none() {
            return Err(self.socket.not_offered("addresses beyond ASCII (SMTPUTF8)"));
        }
        Ok(params.with("SMTPUTF8", None))
    }

    fn recipient_params(&self, wishes: &Wishes) -> Params {
        match wishes.notify {
            Some(notify) if self.extension("DSN").is_some() => {
                Params::new().with("NOTIFY", Some(&notify.to_string()))
            }
            _ => Params::new(),
        }
    }
}
