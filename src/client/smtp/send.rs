//! One message to many recipients, in the order that RFC 5321 §3.3 fixes: MAIL, each RCPT, DATA.
//!
//! A recipient who is refused does not keep the message from the others.

use std::io::{Read, Seek};

use super::SmtpClient;
use crate::client::ClientError;
use crate::client::crlf::{self, Measure};
use crate::protocol::smtp::Params;

/// What became of a message, recipient by recipient.
#[derive(Debug, Default)]
pub struct Sent {
    /// The server answers for the delivery to these.
    pub accepted: Vec<String>,
    /// And not to these, for this reason.
    pub refused: Vec<(String, ClientError)>,
}

impl SmtpClient {
    /// Sends one message to many: MAIL, each RCPT, DATA. The parameters `SIZE` and
    /// `BODY=8BITMIME` are added where they are offered and say something.
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
        let measure = crlf::measure(message).map_err(ClientError::Local)?;
        let mut addresses = to.iter().map(AsRef::as_ref).chain([from]);
        let international = addresses.any(|address| !address.is_ascii());
        let params = self.params(measure, international)?;
        self.mail(from, params)?;
        let mut sent = Sent::default();
        for to in to.iter().map(|to| to.as_ref().to_owned()) {
            match self.rcpt(&to) {
                Ok(_) => sent.accepted.push(to),
                Err(why @ (ClientError::Refused { .. } | ClientError::Unsendable { .. })) => {
                    sent.refused.push((to, why));
                }
                Err(error) => return Err(error),
            }
        }
        if sent.accepted.is_empty() {
            return self.nobody(sent);
        }
        self.data(message)?;
        Ok(sent)
    }

    /// Nobody was accepted: the message that has begun is forgotten, and the first reason told.
    fn nobody(&mut self, sent: Sent) -> Result<Sent, ClientError> {
        self.rset()?;
        let first = sent.refused.into_iter().next();
        Err(first.map_or_else(
            || ClientError::Unsendable {
                what: "the message".to_owned(),
                why: "it has no recipients".to_owned(),
            },
            |(_, why)| why,
        ))
    }

    fn params(&self, measure: Measure, international: bool) -> Result<Params, ClientError> {
        let mut params = Params::new();
        if self.extension("SIZE").is_some() {
            params = params.with("SIZE", Some(&measure.octets.to_string())); // RFC 1870 §5
        }
        if measure.eight_bit && self.extension("8BITMIME").is_some() {
            params = params.with("BODY", Some("8BITMIME")); // RFC 6152 §3
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
}
