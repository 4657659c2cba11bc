//! Sends one message over one connection, and returns a result for each recipient (RFC 5321 §3.3,
//! RFC 2033).
//!
//! The refusal of one recipient does not affect the others. A recipient without an answer waits: only
//! `2yz` after the final dot is a delivery, and only `5yz` is a failure.

use std::io::Read;

use super::envelope::{DeliveryState, Envelope, Recipient};
use crate::client::smtp::Transaction;
use crate::client::{ClientError, SmtpClient};
use crate::config::NextHop;
use crate::mail::protocol::smtp::{EnhancedCode, Params, Path, Reply, ReversePath};

/// The result of an attempt for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AttemptResult {
    /// [`Waiting`](DeliveryState::Waiting) if the recipient is tried again.
    pub(super) state: DeliveryState,
    /// The server's reply, or why there was none.
    pub(super) reply: String,
    /// True if the next hop reports to the sender itself (RFC 3461 §5.2.1).
    pub(super) reported: bool,
}

impl AttemptResult {
    fn new(state: DeliveryState, reply: String) -> AttemptResult {
        AttemptResult { state, reply, reported: false }
    }

    /// The result for the recipients that an error left without an answer.
    pub(super) fn of(error: &ClientError) -> AttemptResult {
        match error {
            ClientError::Refused { reply, transient, .. } => {
                let state = if *transient { DeliveryState::Waiting } else { DeliveryState::Failed };
                AttemptResult::new(state, reply.clone())
            }
            ClientError::Unsendable { .. } => {
                let code = EnhancedCode(5, 6, 0);
                AttemptResult::new(DeliveryState::Failed, format!("{code} {error}"))
            }
            _ => AttemptResult::unconnected(error),
        }
    }

    /// The result without a connection: nothing that the server says there is about a message.
    pub(super) fn unconnected(error: &ClientError) -> AttemptResult {
        // RFC 3463 §3.5: no answer from host; bad connection; anything else about the network.
        let code = match error {
            ClientError::Unreachable { .. } | ClientError::TimedOut { .. } => EnhancedCode(4, 4, 1),
            ClientError::Closed { .. } => EnhancedCode(4, 4, 2),
            ClientError::Local(_) => EnhancedCode(4, 3, 0),
            _ => EnhancedCode(4, 4, 0),
        };
        AttemptResult::new(DeliveryState::Waiting, format!("{code} {error}"))
    }
}

/// The code that a server's reply begins with; `None` for a text of our own.
pub(super) fn reply_code(text: &str) -> Option<u16> {
    let (code, _) = Reply::split(text.as_bytes()).ok()?;
    Some(code)
}

/// One message, and the recipients with the same next hop.
pub(super) struct Attempt<'a> {
    pub(super) client: &'a mut SmtpClient,
    pub(super) hop: &'a NextHop,
    pub(super) envelope: &'a Envelope,
    /// The recipients' indexes in the envelope.
    pub(super) to: &'a [usize],
    pub(super) octets: u64,
}

/// How an attempt ended.
pub(super) struct Attempted {
    /// In the order of `to`.
    pub(super) results: Vec<AttemptResult>,
    pub(super) connection: AfterAttempt,
}

/// Whether a connection is of use after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterAttempt {
    /// It can carry another message.
    Usable,
    /// It had ended before the attempt: another connection is worth a try.
    Stale,
    /// It broke.
    Broken,
}

impl Attempt<'_> {
    /// Sends the message.
    pub(super) fn run(&mut self, message: &mut dyn Read) -> Attempted {
        let transaction = match self.transaction() {
            Ok(transaction) => transaction,
            Err(error) => {
                return Attempted {
                    results: vec![AttemptResult::of(&error); self.to.len()],
                    connection: AfterAttempt::Usable,
                };
            }
        };
        let done = self.client.transact(&transaction, message);
        let connection = match &done.end {
            Ok(()) => AfterAttempt::Usable,
            Err(error) if !done.begun && is_stale(error) => AfterAttempt::Stale,
            Err(ClientError::Refused { .. }) if self.client.rset().is_ok() => AfterAttempt::Usable,
            Err(_) => AfterAttempt::Broken,
        };
        let rest = match &done.end {
            Ok(()) => AttemptResult::new(DeliveryState::Waiting, String::new()),
            Err(error) => AttemptResult::of(error),
        };
        let mut results = Vec::with_capacity(done.outcomes.len());
        for outcome in done.outcomes {
            results.push(match outcome {
                Some(Ok(reply)) => self.sent(&reply),
                Some(Err(error)) => AttemptResult::of(&error),
                None => rest.clone(),
            });
        }
        Attempted { results, connection }
    }

    fn sent(&self, reply: &Reply) -> AttemptResult {
        AttemptResult {
            state: DeliveryState::Sent,
            reply: reply.to_string(),
            reported: self.client.extension("DSN").is_some(),
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

    /// True if the message needs SMTPUTF8. Its sender may have asked for it without need (RFC 6531
    /// §3.4).
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
            // RFC 6152 §3: only a server that offers 8BITMIME may get octets beyond ASCII.
            self.needs("8BITMIME", EnhancedCode(5, 6, 3), "Octets beyond ASCII")?;
            params = params.with("BODY", Some("8BITMIME"));
        }
        if self.is_international() {
            self.needs("SMTPUTF8", EnhancedCode(5, 6, 7), "Addresses beyond ASCII")?; // RFC 6531 §3.2
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

    fn needs(&self, extension: &str, code: EnhancedCode, what: &str) -> Result<(), ClientError> {
        if self.client.extension(extension).is_some() {
            return Ok(());
        }
        Err(ClientError::Refused {
            server: self.hop.to_string(),
            command: "MAIL".to_owned(),
            reply: format!("{code} {what} need {extension}, which {} does not offer", self.hop),
            transient: false,
        })
    }
}

/// A connection that was idle may have been closed, or the server says 421 first (RFC 5321 §3.8).
fn is_stale(error: &ClientError) -> bool {
    match error {
        ClientError::Closed { .. } | ClientError::TimedOut { .. } => true,
        ClientError::Refused { reply, .. } => reply_code(reply) == Some(421),
        _ => false,
    }
}
