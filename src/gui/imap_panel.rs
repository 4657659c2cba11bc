//! What the left half of the original's window says when IMAP is chosen.

use super::model::account::MailAccount;
use super::protocol_panel::ReceivingClient;
use crate::client::{ClientError, ImapClient};
use crate::mail::protocol::Protocol;
use crate::mail::protocol::imap::{Command, Tagged};

impl ReceivingClient for ImapClient {
    type Command = Command;

    const PROTOCOL: Protocol = Protocol::Imap;

    /// LOGIN and AUTHENTICATE are said by the Login button, STARTTLS by the client where it is
    /// configured; APPEND and IDLE, which go on after an answer, by the mail program.
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

    /// The client puts a tag of its own before the command.
    fn parse(line: &str) -> Result<Command, String> {
        let tagged = Tagged::parse(format!("a {line}").as_bytes());
        let tagged =
            tagged.map_err(|bad| format!("The server would not understand this: {}.", bad.error));
        Ok(tagged?.command)
    }

    fn is_the_end(command: &Command) -> bool {
        *command == Command::Logout
    }

    fn say(&mut self, command: &Command) -> Result<(), ClientError> {
        self.perform(command).map(drop)
    }

    fn end(self) -> Result<(), ClientError> {
        self.logout()
    }
}
