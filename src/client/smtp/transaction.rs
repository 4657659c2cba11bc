//! One message to many recipients, in the order that RFC 5321 §3.3 fixes: MAIL, each RCPT, DATA.
//!
//! Where the server offers PIPELINING (RFC 2920) they are said in one go, and the answers heard
//! after: one round trip for any number of recipients, and one for the message. A recipient who is
//! refused does not keep the message from the others, and of each it is known what became of him,
//! even when the connection breaks.

use std::io::Read;

use super::{Hello, SmtpClient};
use crate::client::ClientError;
use crate::limits;
use crate::mail::protocol::smtp::{Command, Params, Path, Reply, ReversePath};

/// What is said of a message before its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Where a bounce goes.
    pub from: ReversePath,
    /// The parameters of MAIL.
    pub params: Params,
    /// Each recipient, and the parameters of its RCPT.
    pub to: Vec<(Path, Params)>,
    /// Send the text with BDAT (RFC 3030)?
    pub chunking: bool,
}

/// What became of a message.
#[derive(Debug)]
pub struct Transacted {
    /// In the order of the recipients: the reply that answers for the message, or why there is none.
    /// `None` for those of whom nothing was said: for them counts `end`.
    pub outcomes: Vec<Option<Result<Reply, ClientError>>>,
    /// Was the sender accepted? If not, nothing has happened to the message.
    pub begun: bool,
    /// Why it did not come to its end, if it did not.
    pub end: Result<(), ClientError>,
}

impl SmtpClient {
    /// Leads a message from MAIL to the answer behind its text. After a refusal the connection is
    /// good for another message, once RSET was said; after any other failure it is cut.
    pub fn transact(&mut self, transaction: &Transaction, message: &mut dyn Read) -> Transacted {
        let mut done = Transacted {
            outcomes: transaction.to.iter().map(|_| None).collect(),
            begun: false,
            end: Ok(()),
        };
        done.end = self.lead(transaction, message, &mut done);
        if !matches!(done.end, Ok(()) | Err(ClientError::Refused { .. })) {
            self.socket.cut();
        }
        done
    }

    fn lead(
        &mut self,
        transaction: &Transaction,
        message: &mut dyn Read,
        done: &mut Transacted,
    ) -> Result<(), ClientError> {
        let pipelining = self.extension("PIPELINING").is_some() && !self.socket.is_stepped();
        let commands = transaction.commands(pipelining);
        let mut heard = Heard::default();
        for group in commands.chunks(if pipelining { limits::PIPELINED } else { 1 }) {
            for command in group {
                self.socket.send_line(command.to_string().as_bytes())?;
            }
            for command in group {
                self.hear(command, &mut heard, done)?;
            }
            if heard.refusal.is_some() {
                break;
            }
        }
        if heard.refusal.is_some() || heard.accepted.is_empty() {
            return self.call_off(heard);
        }
        self.text(transaction.chunking, heard.data, message)?;
        self.verdicts(&heard.accepted, done)
    }

    /// Hears the answer to one command.
    fn hear(
        &mut self,
        command: &Command,
        heard: &mut Heard,
        done: &mut Transacted,
    ) -> Result<(), ClientError> {
        let reply = self.socket.receive_reply()?;
        if *command == Command::Data {
            heard.data = Some(reply);
            return Ok(());
        }
        let refused = match self.judge(&command.to_string(), reply, 2) {
            Ok(_) => None,
            Err(refused @ ClientError::Refused { .. }) => Some(refused),
            Err(error) => return Err(error),
        };
        if let Command::Mail { .. } = command {
            done.begun = refused.is_none();
            heard.refusal = refused;
            return Ok(());
        }
        let at = heard.recipients;
        heard.recipients += 1;
        match (refused, done.outcomes.get_mut(at)) {
            (None, _) => heard.accepted.push(at),
            // Behind a sender who is refused this says nothing of the recipient.
            (refused, Some(outcome)) if done.begun => *outcome = refused.map(Err),
            _ => {}
        }
        Ok(())
    }

    /// Nobody is to get the message.
    fn call_off(&mut self, heard: Heard) -> Result<(), ClientError> {
        if heard.data.is_some_and(|reply| reply.code == 354) {
            if self.is_lmtp() {
                // RFC 2033 §4.2 wants 503 here, and no answer would follow.
                return Err(self.socket.unexpected("354 to a message for nobody"));
            }
            // RFC 2920 §3.1: a server that wants a message for nobody gets an empty one.
            self.socket.send_line(b".")?;
            self.socket.receive_reply::<Reply>()?;
        }
        match heard.refusal {
            Some(refusal) => Err(refusal),
            None => self.rset().map(drop),
        }
    }

    /// The message itself; with DATA, which may have been said and answered already.
    fn text(
        &mut self,
        chunking: bool,
        data: Option<Reply>,
        message: &mut dyn Read,
    ) -> Result<(), ClientError> {
        match data {
            _ if chunking => self.chunks(message),
            Some(reply) => {
                self.judge("DATA", reply, 3)?;
                self.dot_text(message)
            }
            None => {
                self.say(&Command::Data, 3)?;
                self.dot_text(message)
            }
        }
    }

    /// SMTP answers once for all, LMTP for each recipient that was accepted, in their order
    /// (RFC 2033 §4.2, §4.3).
    fn verdicts(&mut self, accepted: &[usize], done: &mut Transacted) -> Result<(), ClientError> {
        let of_all = match self.is_lmtp() {
            true => None,
            false => Some(self.verdict()?),
        };
        for at in accepted {
            let verdict = match &of_all {
                Some(reply) => Ok(reply.clone()),
                None => match self.verdict() {
                    Err(refused @ ClientError::Refused { .. }) => Err(refused),
                    verdict => Ok(verdict?),
                },
            };
            if let Some(outcome) = done.outcomes.get_mut(*at) {
                *outcome = Some(verdict);
            }
        }
        Ok(())
    }

    fn is_lmtp(&self) -> bool {
        matches!(self.hello, Hello::Lmtp(_))
    }
}

/// The answers so far.
#[derive(Default)]
struct Heard {
    /// Why the sender is not accepted.
    refusal: Option<ClientError>,
    /// The recipients that were answered for.
    recipients: usize,
    /// The places of those who were accepted.
    accepted: Vec<usize>,
    /// The answer to DATA, where it was said with the others.
    data: Option<Reply>,
}

impl Transaction {
    /// All that is said before the text; DATA too, where that can be said unheard (RFC 2920 §3.1: as
    /// the last of a group).
    fn commands(&self, pipelining: bool) -> Vec<Command> {
        let mail = Command::Mail {
            from: self.from.clone(),
            params: self.params.clone(),
        };
        let rcpts = self.to.iter().map(|(to, params)| Command::Rcpt {
            to: to.clone(),
            params: params.clone(),
        });
        let data = (pipelining && !self.chunking).then_some(Command::Data);
        std::iter::once(mail).chain(rcpts).chain(data).collect()
    }
}

#[cfg(test)]
mod tests;
