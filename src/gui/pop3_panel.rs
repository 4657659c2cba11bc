//! What the left half of the original's window says when POP3 is chosen.

use super::model::account::MailAccount;
use super::protocol_panel::ReceivingClient;
use crate::client::{ClientError, Pop3Client};
use crate::mail::protocol::Protocol;
use crate::mail::protocol::pop3::Command;

impl ReceivingClient for Pop3Client {
    type Command = Command;

    const PROTOCOL: Protocol = Protocol::Pop3;

    /// USER, PASS and AUTH are said by the Login button, STLS by the client where it is configured.
    const VERBS: &[&str] = &[
        "STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "RSET", "NOOP", "CAPA", "QUIT",
    ];

    fn log_in(account: &MailAccount) -> Result<Pop3Client, ClientError> {
        let mut client = Pop3Client::connect(&account.settings.pop3)?;
        client.login(account.login(), &account.password)?;
        Ok(client)
    }

    fn parse(line: &str) -> Result<Command, String> {
        Command::parse(line.as_bytes()).map_err(|error| format!("{error}."))
    }

    fn is_the_end(command: &Command) -> bool {
        *command == Command::Quit
    }

    fn say(&mut self, command: &Command) -> Result<(), ClientError> {
        self.perform(command).map(drop)
    }

    fn end(self) -> Result<(), ClientError> {
        self.quit()
    }
}
