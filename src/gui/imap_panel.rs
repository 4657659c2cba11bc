//! IMAP in the left half of the original's window: the commands of its drop-down, and how they are sent.

use super::model::account::MailAccount;
use super::protocol_panel::ReceivingClient;
use crate::client::{ClientError, ImapClient};
use crate::mail::protocol::Protocol;
use crate::mail::protocol::imap::{Command, Tagged};

impl ReceivingClient for ImapClient {
    type Command = Command;

    const PROTOCOL: Protocol = Protocol::Imap;

    /// Ticking the box *IMAP* sends LOGIN or AUTHENTICATE, and STARTTLS where that is configured. APPEND and IDLE, which
    /// continue after an answer, are left to the mail program.
    const VERBS: &[&str] = &[
        "LIST",
        "SELECT",
        "FETCH",
        "SEARCH",
        "STORE",
        "COPY",
        "MOVE",
        "EXPUNGE",
        "CREATE",
        "DELETE",
        "RENAME",
        "EXAMINE",
        "STATUS",
        "SORT",
        "THREAD",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "LSUB",
        "CLOSE",
        "UNSELECT",
        "NAMESPACE",
        "CAPABILITY",
        "ID",
        "NOOP",
        "CHECK",
        "LOGOUT",
    ];

    fn log_in(account: &MailAccount) -> Result<ImapClient, ClientError> {
        let mut client = ImapClient::connect(account.imap())?;
        client.login(account.login(), &account.password)?;
        Ok(client)
    }

    /// The tag is only for the parser: the client puts its own before the command.
    fn parse(line: &str) -> Result<Command, String> {
        match Tagged::parse(format!("a {line}").as_bytes()) {
            Ok(tagged) => Ok(tagged.command),
            Err(bad) => Err(format!("The server would not understand this: {}.", bad.error)),
        }
    }

    fn is_last(command: &Command) -> bool {
        *command == Command::Logout
    }

    fn send(&mut self, command: &Command) -> Result<(), ClientError> {
        self.perform(command)?;
        Ok(())
    }

    fn end(self) -> Result<(), ClientError> {
        self.logout()
    }
}
