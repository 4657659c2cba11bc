//! POP3 in the left half of the original's window: the commands of its drop-down, and how they are sent.

use super::model::account::MailAccount;
use super::protocol_panel::ReceivingClient;
use crate::client::{ClientError, Pop3Client};
use crate::mail::protocol::Protocol;
use crate::mail::protocol::pop3::Command;

impl ReceivingClient for Pop3Client {
    type Command = Command;

    const PROTOCOL: Protocol = Protocol::Pop3;

    /// Ticking the box *POP3* sends AUTH, or USER and PASS, and STLS where that is configured.
    const VERBS: &[&str] =
        &["STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "RSET", "NOOP", "CAPA", "QUIT"];

    fn log_in(account: &MailAccount) -> Result<Pop3Client, ClientError> {
        let mut client = Pop3Client::connect(&account.settings.pop3)?;
        client.login(account.login(), &account.password)?;
        Ok(client)
    }

    fn parse(line: &str) -> Result<Command, String> {
        Command::parse(line.as_bytes()).map_err(|error| format!("{error}."))
    }

    fn is_last(command: &Command) -> bool {
        *command == Command::Quit
    }

    fn send(&mut self, command: &Command) -> Result<(), ClientError> {
        self.perform(command)?;
        Ok(())
    }

    fn end(self) -> Result<(), ClientError> {
        self.quit()
    }
}
