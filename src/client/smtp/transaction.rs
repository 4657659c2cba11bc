//! One message to many recipients, in the order of RFC 5321 §3.3: MAIL, each RCPT, DATA.
//!
//! If the server offers PIPELINING (RFC 2920), the commands are sent together and the replies received
//! after them: one round trip for any number of recipients, and one for the message. If a recipient is
//! refused, the others still get the message. The result of each recipient is known, even when the
//! connection breaks.

use std::io::Read;

use super::{COMPLETED, Hello, INTERMEDIATE, SmtpClient};
use crate::client::ClientError;
use crate::limits;
use crate::mail::protocol::smtp::{Command, Params, Path, Reply, ReversePath};

/// The envelope of a message: all that is sent before its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The address that a bounce goes to.
    pub from: ReversePath,
    /// The parameters of MAIL.
    pub params: Params,
    /// Each recipient, and the parameters of its RCPT.
    pub to: Vec<(Path, Params)>,
    /// True to send the text with BDAT (RFC 3030).
    pub chunking: bool,
}

/// The result of a transaction.
#[derive(Debug)]
pub struct TransactionResult {
    /// For each recipient in order: the final reply, or why there is none.
    ///
    /// `None` if the server said nothing about the recipient: then `end` applies.
    pub outcomes: Vec<Option<Result<Reply, ClientError>>>,
    /// True if the sender was accepted. If not, nothing has happened to the message.
    pub begun: bool,
    /// The error that ended the transaction early, if there was one.
    pub end: Result<(), ClientError>,
}

impl SmtpClient {
    /// Sends a message, from MAIL to the final reply after its text.
    ///
    /// After a refusal and RSET, the connection can send another message. After any other failure it is
    /// cut.
    pub fn transact(
        &mut self,
        transaction: &Transaction,
        message: &mut dyn Read,
    ) -> TransactionResult {
        let mut done = TransactionResult {
            outcomes: transaction.to.iter().map(|_| None).collect(),
            begun: false,
            end: Ok(()),
        };
        done.end = self.run(transaction, message, &mut done);
        if !matches!(done.end, Ok(()) | Err(ClientError::Refused { .. })) {
            self.socket.cut();
        }
        done
    }

    fn run(
        &mut self,
        transaction: &Transaction,
        message: &mut dyn Read,
        done: &mut TransactionResult,
    ) -> Result<(), ClientError> {
        let pipelining = self.extension("PIPELINING").is_some() && !self.socket.is_stepped();
        let commands = transaction.commands(pipelining);
        let mut replies = EnvelopeReplies::default();
        for group in commands.chunks(if pipelining { limits::PIPELINED } else { 1 }) {
            for command in group {
                self.socket.send_line(command.to_string().as_bytes())?;
            }
            for command in group {
                self.receive(command, &mut replies, done)?;
            }
            if replies.refusal.is_some() {
                break;
            }
        }
        if replies.refusal.is_some() || replies.accepted.is_empty() {
            return self.call_off(replies);
        }
        self.text(transaction.chunking, replies.data, message)?;
        self.final_replies(&replies.accepted, done)
    }

    /// Receives the reply to one command.
    fn receive(
        &mut self,
        command: &Command,
        replies: &mut EnvelopeReplies,
        done: &mut TransactionResult,
    ) -> Result<(), ClientError> {
        let reply = self.socket.receive_reply()?;
        if *command == Command::Data {
            replies.data = Some(reply);
            return Ok(());
        }
        let refused = match self.check(&command.to_string(), reply, COMPLETED) {
            Ok(_) => None,
            Err(refused @ ClientError::Refused { .. }) => Some(refused),
            Err(error) => return Err(error),
        };
        if let Command::Mail { .. } = command {
            done.begun = refused.is_none();
            replies.refusal = refused;
            return Ok(());
        }
        let at = replies.recipients;
        replies.recipients += 1;
        match (refused, done.outcomes.get_mut(at)) {
            (None, _) => replies.accepted.push(at),
            // If the sender was refused, this reply says nothing about the recipient.
            (refused, Some(outcome)) if done.begun => *outcome = refused.map(Err),
            _ => {}
        }
        Ok(())
    }

    /// Ends a transaction without any recipient.
    fn call_off(&mut self, replies: EnvelopeReplies) -> Result<(), ClientError> {
        if replies.data.is_some_and(|reply| reply.code == 354) {
            if self.is_lmtp() {
                // RFC 2033 §4.2 wants 503 here, and no answer would follow.
                return Err(self.socket.unexpected("354 to a message without recipients"));
            }
            // RFC 2920 §3.1: a server that wants a message without recipients gets an empty one.
            self.socket.send_line(b".")?;
            self.socket.receive_reply::<Reply>()?;
        }
        match replies.refusal {
            Some(refusal) => Err(refusal),
            None => {
                self.rset()?;
                Ok(())
            }
        }
    }

    /// Sends the message itself; with DATA, unless that was sent and answered already.
    fn text(
        &mut self,
        chunking: bool,
        data: Option<Reply>,
        message: &mut dyn Read,
    ) -> Result<(), ClientError> {
        match data {
            _ if chunking => self.chunks(message),
            Some(reply) => {
                self.check("DATA", reply, INTERMEDIATE)?;
                self.dot_text(message)
            }
            None => {
                self.execute(&Command::Data, INTERMEDIATE)?;
                self.dot_text(message)
            }
        }
    }

    /// Receives the final replies: one in SMTP, in LMTP one for each accepted recipient, in order
    /// (RFC 2033 §4.2, §4.3).
    fn final_replies(
        &mut self,
        accepted: &[usize],
        done: &mut TransactionResult,
    ) -> Result<(), ClientError> {
        let mut of_all = None;
        if !self.is_lmtp() {
            of_all = Some(self.final_reply()?);
        }
        for at in accepted {
            let outcome = match &of_all {
                Some(reply) => Ok(reply.clone()),
                None => match self.final_reply() {
                    Err(refused @ ClientError::Refused { .. }) => Err(refused),
                    reply => Ok(reply?),
                },
            };
            if let Some(slot) = done.outcomes.get_mut(*at) {
                *slot = Some(outcome);
            }
        }
        Ok(())
    }

    fn is_lmtp(&self) -> bool {
        matches!(self.hello, Hello::Lmtp(_))
    }
}

/// The replies so far.
#[derive(Default)]
struct EnvelopeReplies {
    /// The refusal of the sender.
    refusal: Option<ClientError>,
    /// How many RCPT commands were answered.
    recipients: usize,
    /// The positions of the accepted recipients.
    accepted: Vec<usize>,
    /// The reply to DATA, if that was sent with the others.
    data: Option<Reply>,
}

impl Transaction {
    /// Returns the commands before the text, with DATA as the last if they are sent together
    /// (RFC 2920 §3.1).
    fn commands(&self, pipelining: bool) -> Vec<Command> {
        let mail = Command::Mail { from: self.from.clone(), params: self.params.clone() };
        let rcpts = self
            .to
            .iter()
            .map(|(to, params)| Command::Rcpt { to: to.clone(), params: params.clone() });
        let data = (pipelining && !self.chunking).then_some(Command::Data);
        std::iter::once(mail).chain(rcpts).chain(data).collect()
    }
}
