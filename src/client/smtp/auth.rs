//! Logging in to an SMTP server (RFC 4954).

use super::{COMPLETED, SmtpClient};
use crate::client::auth::{self, SaslClient};
use crate::client::{ClientError, ClientSocket};
use crate::limits;
use crate::mail::protocol::sasl::Mechanism;
use crate::mail::protocol::smtp::{Command, Reply};

impl SaslClient for SmtpClient {
    type Reply = Reply;

    const COMMAND: &'static str = "AUTH";

    fn socket(&mut self) -> &mut ClientSocket {
        &mut self.socket
    }

    fn longest_command(&mut self) -> Result<usize, ClientError> {
        Ok(limits::SMTP_AUTH_LINE)
    }

    fn send_auth(
        &mut self,
        mechanism: String,
        initial: Option<Vec<u8>>,
    ) -> Result<Reply, ClientError> {
        let command = Command::Auth { mechanism, initial }.to_string();
        self.socket.send_message_receive_reply(command.as_bytes())
    }

    /// RFC 4954 §4: `334` and the challenge.
    fn challenge(reply: &Reply) -> Option<&[u8]> {
        let text = reply.lines().next().unwrap_or_default();
        (reply.code == 334).then_some(text.as_bytes())
    }

    fn check_auth(&mut self, command: &str, reply: Reply) -> Result<(), ClientError> {
        self.check(command, reply, COMPLETED)?;
        Ok(())
    }
}

impl SmtpClient {
    /// Logs in by the best mechanism that the server offers: SCRAM, PLAIN or LOGIN.
    ///
    /// # Errors
    /// When none is offered, the password may not be sent unencrypted, or it is not accepted.
    pub fn login(&mut self, user: &str, password: &str) -> Result<(), ClientError> {
        let offers = |name: &str| self.extensions.has_with("AUTH", name);
        match auth::choose(&self.socket, offers)? {
            Some(mechanism) => self.authenticate(mechanism, user, password),
            None => Err(self.socket.not_offered("a login by SCRAM, PLAIN or LOGIN (AUTH)")),
        }
    }

    /// Logs in by this mechanism (RFC 4954 §4).
    ///
    /// # Errors
    /// When the password may not be sent, is not accepted, or the server does not prove itself.
    pub fn authenticate(
        &mut self,
        mechanism: Mechanism,
        user: &str,
        password: &str,
    ) -> Result<(), ClientError> {
        auth::authenticate(self, mechanism, user, password)
    }
}
