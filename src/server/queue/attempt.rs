//! One message over one connection, and what became of each recipient (RFC 5321 §3.3, RFC 2033).
//!
//! A refusal of one recipient is no other one's. Whoever was not answered for, for whatever reason,
//! waits: only a `2yz` behind the final dot is a delivery, only a `5yz` an end.

use std::io::Read;

use super::{DeliveryState, Envelope, Recipient};
use crate::client::smtp::Transaction;
use crate::client::{ClientError, SmtpClient};
use crate::config::NextHop;
use crate::mail::protocol::smtp::{Params, Path, Reply, ReversePath};

/// What became of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Waiting: it is tried again.
    pub(super) state: DeliveryState,
    /// What was answered, or why nobody answered.
    pub(super) reply: String,
    /// Does the next hop tell the sender what there is to tell (RFC 3461 §5.2.1)?
    pub(super) told: bool,
}

impl Outcome {
    /// What an error means for those who were not answered for.
    pub(super) fn of(error: &ClientError) -> Outcome {
        let (state, reply) = match error {
            ClientError::Refused {
                reply,
                transient: false,
                ..
            } => (DeliveryState::Failed, reply.clone()),
            ClientError::Refused { reply, .. } => (DeliveryState::Waiting, reply.clone()),
            ClientError::Unsendable { .. } => (DeliveryState::Failed, format!("5.6.0 {error}")),
            _ => (DeliveryState::Waiting, waiting_for(error)),
        };
        Outcome {
            state,
            reply,
            told: false,
        }
    }

    /// A message that nobody said a word of.
    fn unanswered() -> Outcome {
        Outcome {
            state: DeliveryState::Waiting,
            reply: String::new(),
            told: false,
        }
    }

    /// The same for a connection that did not come about. Whatever is said there is no verdict on
    /// a message: it waits.
    pub(super) fn unconnected(error: &ClientError) -> Outcome {
        Outcome {
            state: DeliveryState::Waiting,
            reply: waiting_for(error),
            told: false,
        }
    }
}

/// RFC 3463 §3.5: no answer from host; or whatever else is wrong with the way.
fn waiting_for(error: &ClientError) -> String {
    let status = match error {
        ClientError::Unreachable { .. } | ClientError::TimedOut { .. } => "4.4.1",
        ClientError::Closed { .. } => "4.4.2",
        ClientError::Local(_) => "4.3.0",
        _ => "4.4.0",
    };
    format!("{status} {error}")
}

/// One message, and some of its recipients.
pub(super) struct Attempt<'a> {
    pub(super) client: &'a mut SmtpClient,
    pub(super) hop: &'a NextHop,
    pub(super) envelope: &'a Envelope,
    /// The recipients' places in the envelope.
    pub(super) to: &'a [usize],
    pub(super) octets: u64,
}

/// How an attempt ended.
pub(super) struct Ended {
    /// In the order of `to`.
    pub(super) outcomes: Vec<Outcome>,
    /// Can the connection carry another message?
    pub(super) usable: bool,
    /// The connection ended before it had heard of this message: it is worth another one.
    pub(super) stale: bool,
}

impl Attempt<'_> {
    /// Sends the message.
    pub(super) fn run(&mut self, message: &mut dyn Read) -> Ended {
        let transaction = match self.transaction() {
            Ok(transaction) => transaction,
            Err(error) => {
                return Ended {
                    outcomes: vec![Outcome::of(&error); self.to.len()],
                    usable: true,
                    stale: false,
                };
            }
        };
        let done = self.client.transact(&transaction, message);
        let stale = !done.begun && done.end.as_ref().is_err_and(is_stale);
        let usable = match &done.end {
            Ok(()) => true,
            Err(ClientError::Refused { .. }) => self.client.rset().is_ok(),
            Err(_) => false,
        };
        let rest = done.end.err().as_ref().map(Outcome::of);
        let outcomes = done.outcomes.into_iter().map(|outcome| match outcome {
            Some(Ok(reply)) => self.sent(&reply),
            Some(Err(error)) => Outcome::of(&error),
            None => rest.clone().unwrap_or_else(Outcome::unanswered),
        });
        Ended {
            outcomes: outcomes.collect(),
            usable,
            stale,
        }
    }

    fn sent(&self, reply: &Reply) -> Outcome {
        Outcome {
            state: DeliveryState::Sent,
            reply: reply.to_string(),
            told: self.client.extension("DSN").is_some(),
        }
    }

    fn transaction(&self) -> Result<Transaction, ClientError> {
        Ok(Transaction {
            from: self.envelope.from.clone(),
            params: self.mail_params()?,
            to: self.recipients().map(|to| self.rcpt(to)).collect(),
            chunking: false,
        })
    }

    fn recipients(&self) -> impl Iterator<Item = &Recipient> {
        let recipients = &self.envelope.recipients;
        self.to.iter().filter_map(|at| recipients.get(*at))
    }

    fn rcpt(&self, recipient: &Recipient) -> (Path, Params) {
        let mut params = Params::new();
        if self.client.extension("DSN").is_some() {
            if let Some(notify) = recipient.notify {
                params = params.with("NOTIFY", Some(&notify.to_string()));
            }
            if let Some(orcpt) = &recipient.orcpt {
                params = params.with("ORCPT", Some(orcpt));
            }
        }
        (Path::Address(recipient.to.clone()), params)
    }

    /// Does the message need a server that knows addresses beyond ASCII? Its sender may have asked
    /// for one where ASCII does (RFC 6531 §3.4).
    fn is_international(&self) -> bool {
        let sender = match &self.envelope.from {
            ReversePath::Null => false,
            ReversePath::Address(address) => address.is_international(),
        };
        let envelope = sender || self.recipients().any(|to| to.to.is_international());
        self.envelope.utf8 && (envelope || self.envelope.eight_bit)
    }

    fn mail_params(&self) -> Result<Params, ClientError> {
        let offers = |extension| self.client.extension(extension).is_some();
        let mut params = Params::new();
        if offers("SIZE") {
            params = params.with("SIZE", Some(&self.octets.to_string())); // RFC 1870 §6
        }
        if self.envelope.eight_bit {
            // RFC 6152 §3: a server that does not know them must not get octets beyond ASCII.
            self.needs("8BITMIME", "5.6.3 octets beyond ASCII")?;
            params = params.with("BODY", Some("8BITMIME"));
        }
        if self.is_international() {
            self.needs("SMTPUTF8", "5.6.7 addresses beyond ASCII")?; // RFC 6531 §3.2
            params = params.with("SMTPUTF8", None);
        }
        if offers("DSN") {
            if let Some(ret) = self.envelope.ret {
                params = params.with("RET", Some(&ret.to_string()));
            }
            if let Some(envid) = &self.envelope.envid {
                params = params.with("ENVID", Some(envid));
            }
        }
        Ok(params)
    }

    fn needs(&self, extension: &str, what: &str) -> Result<(), ClientError> {
        if self.client.extension(extension).is_some() {
            return Ok(());
        }
        Err(ClientError::Refused {
            server: self.hop.to_string(),
            command: "MAIL".to_owned(),
            reply: format!("{what} need {extension}, which {} does not offer", self.hop),
            transient: false,
        })
    }
}

/// A connection that has served for a while is closed, or says 421 first (RFC 5321 §3.8).
fn is_stale(error: &ClientError) -> bool {
    match error {
        ClientError::Closed { .. } | ClientError::TimedOut { .. } => true,
        ClientError::Refused { reply, .. } => reply.starts_with("421"),
        _ => false,
    }
}
