//! The replies of an SMTP server, and whether they are what a command needs (RFC 5321 §4.2).

use super::SmtpClient;
use crate::client::{ClientError, ClientSocket, ServerReply};
use crate::limits;
use crate::mail::protocol::smtp::{Command, Reply};

/// The first digit of a reply to a command that is done (RFC 5321 §4.2.1).
pub(super) const COMPLETED: u16 = 2;

/// The first digit of a reply that asks for the rest: `354` to DATA (RFC 5321 §4.2.1).
pub(super) const INTERMEDIATE: u16 = 3;

impl ServerReply for Reply {
    /// One or more lines (RFC 5321 §4.2.1).
    fn receive(socket: &mut ClientSocket) -> Result<Reply, ClientError> {
        let mut lines = Vec::new();
        let mut room = limits::ANSWER;
        loop {
            lines.push(socket.receive_line(&mut room)?);
            if !lines.last().is_some_and(|line| Reply::continues(line)) {
                break;
            }
        }
        Reply::parse(&lines).map_err(|bad| {
            let first = lines.first().map_or(&[][..], |line| line);
            socket.nonsense(first, &format!("in SMTP: {bad}"))
        })
    }
}

impl SmtpClient {
    /// Sends a command whose reply must begin with this digit.
    pub(super) fn execute(&mut self, command: &Command, digit: u16) -> Result<Reply, ClientError> {
        let command = command.to_string();
        let reply = self.socket.send_message_receive_reply(command.as_bytes())?;
        self.check(&command, reply, digit)
    }

    /// Returns the reply if it begins with this digit; otherwise it is an error.
    pub(super) fn check(
        &mut self,
        command: &str,
        reply: Reply,
        digit: u16,
    ) -> Result<Reply, ClientError> {
        if reply.code / 100 == digit {
            return Ok(reply);
        }
        let enhanced = reply.enhanced.map(|code| format!("{code} "));
        let enhanced = enhanced.unwrap_or_default();
        let words = format!("{} {enhanced}{}", reply.code, reply.text());
        if reply.is_positive() {
            let to = format!("to {command}");
            return Err(self.socket.nonsense(words.as_bytes(), &to));
        }
        Err(ClientError::Refused {
            server: self.socket.endpoint().to_string(),
            command: command.to_owned(),
            reply: words,
            transient: reply.is_transient(),
        })
    }

    /// Receives the final reply to a message, for which a server may take long.
    pub(super) fn final_reply(&mut self) -> Result<Reply, ClientError> {
        self.socket.wait(limits::VERDICT_TIMEOUT)?;
        let reply = self.socket.receive_reply()?;
        self.check("the message", reply, COMPLETED)
    }
}
