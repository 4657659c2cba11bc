//! Logging in to a POP3 server: AUTH (RFC 5034), or USER and PASS (RFC 1939 §7).

use super::{Pop3Client, Pop3Reply};
use crate::client::auth::{self, SaslClient};
use crate::client::{ClientError, ClientSocket};
use crate::limits;
use crate::mail::protocol::pop3::Command;
use crate::mail::protocol::sasl::Mechanism;

impl SaslClient for Pop3Client {
    type Reply = Pop3Reply;

    const COMMAND: &'static str = "AUTH";

    fn socket(&mut self) -> &mut ClientSocket {
        &mut self.socket
    }

    fn longest_command(&mut self) -> Result<usize, ClientError> {
        Ok(limits::POP3_COMMAND_LINE)
    }

    fn send_auth(
        &mut self,
        mechanism: String,
        initial: Option<Vec<u8>>,
    ) -> Result<Pop3Reply, ClientError> {
        let command = Command::Auth { mechanism, initial }.to_string();
        self.socket.send_message_receive_reply(command.as_bytes())
    }

    fn challenge(reply: &Pop3Reply) -> Option<&[u8]> {
        match reply {
            Pop3Reply::Continue(challenge) => Some(challenge.as_bytes()),
            Pop3Reply::Ok(_) | Pop3Reply::Err(_) => None,
        }
    }

    fn check_auth(&mut self, command: &str, reply: Pop3Reply) -> Result<(), ClientError> {
        self.check(command, reply)?;
        Ok(())
    }
}

impl Pop3Client {
    /// Logs in, which locks the mailbox.
    ///
    /// Takes the best mechanism of SASL that the server offers; if it offers none, USER and PASS.
    ///
    /// # Errors
    /// When the password may not be sent unencrypted or is not accepted, or another client has the
    /// mailbox (then [`ClientError::is_transient`]).
    pub fn login(&mut self, user: &str, password: &str) -> Result<(), ClientError> {
        let offered = self.capabilities()?.clone();
        match auth::choose(&self.socket, |name| offered.has_with("SASL", name))? {
            Some(mechanism) => self.authenticate(mechanism, user, password),
            None => self.user_and_pass(user, password),
        }
    }

    /// Logs in by this mechanism (RFC 5034 §4).
    ///
    /// # Errors
    /// As [`Pop3Client::login`], and when the server does not prove itself.
    pub fn authenticate(
        &mut self,
        mechanism: Mechanism,
        user: &str,
        password: &str,
    ) -> Result<(), ClientError> {
        auth::authenticate(self, mechanism, user, password)
    }

    /// Logs in with USER and PASS (RFC 1939 §7).
    ///
    /// # Errors
    /// As [`Pop3Client::login`].
    pub fn user_and_pass(&mut self, user: &str, password: &str) -> Result<(), ClientError> {
        self.socket.must_be_private()?;
        self.execute(&Command::User(user.to_owned()))?;
        let command = Command::Pass(password.to_owned()).to_string();
        let reply = self.socket.send_message_receive_reply(command.as_bytes())?;
        self.check("PASS", reply)?;
        Ok(())
    }
}
