//! The IMAP client (RFC 3501; IDLE: RFC 2177).
//!
//! It has one method for each command: on the connection here, on mailboxes in `mailboxes`, on messages
//! in `messages`, and those that find messages in `search`. Messages are named by their UIDs, because
//! their numbers change. A command is done when its tagged response arrives. [`ImapClient::mailbox`] has
//! what the server reports unasked.

mod auth;
mod mailboxes;
mod messages;
mod reply;
mod search;

pub use mailboxes::OpenMailbox;
pub use messages::Fetched;
pub use reply::{ImapReply, ReplyEnd};

use std::time::Duration;

use super::{Capabilities, ClientError, ClientSocket, Endpoint, Security};
use crate::mail::net::Waker;
use crate::mail::protocol::Protocol;
use crate::mail::protocol::imap::response::{Code, Condition, RefusalCode, Response, Status};
use crate::mail::protocol::imap::{Command, literal_at_end};

/// A conversation with an IMAP server.
///
/// ```no_run
/// use pillarbox::client::{Endpoint, ImapClient, Security};
/// use pillarbox::mail::protocol::imap::{FetchItem, SequenceSet};
///
/// # fn main() -> Result<(), pillarbox::client::ClientError> {
/// let server = Endpoint::new("localhost", 2993, Security::Tls, "certs/ca.pem");
/// let mut client = ImapClient::connect(&server)?;
/// client.login("bob", "builder")?;
/// println!("{} messages", client.select("INBOX")?.exists);
/// for message in client.fetch(&SequenceSet::all(), &[FetchItem::Envelope])? {
///     client.fetch_body(message.uid(), &mut std::io::stdout())?;
/// }
/// client.logout()
/// # }
/// ```
pub struct ImapClient {
    socket: ClientSocket,
    /// How many commands were sent; the tag of each is `a` and its number.
    commands: u64,
    capabilities: Capabilities,
    mailbox: Option<OpenMailbox>,
}

impl ImapClient {
    /// Connects and receives the greeting.
    ///
    /// If the endpoint asks for STARTTLS, it happens here: nothing else is sent unencrypted.
    ///
    /// # Errors
    /// When the server is unreachable, not trusted, refuses us, or refuses STARTTLS.
    pub fn connect(endpoint: &Endpoint) -> Result<ImapClient, ClientError> {
        let mut client = ImapClient {
            socket: ClientSocket::connect(endpoint, Protocol::Imap)?,
            commands: 0,
            capabilities: Capabilities::default(),
            mailbox: None,
        };
        client.greeting()?;
        if endpoint.security == Security::StartTls {
            client.starttls()?;
        }
        Ok(client)
    }

    fn greeting(&mut self) -> Result<(), ClientError> {
        let greeting: Response = self.socket.receive_reply()?;
        self.notice(std::slice::from_ref(&greeting));
        match greeting {
            Response::Untagged(status) => match status.condition {
                Condition::Ok | Condition::PreAuth => Ok(()),
                _ => Err(self.refused("the connection", &status)),
            },
            _ => Err(self.socket.unexpected("without an IMAP greeting")),
        }
    }

    /// Does nothing, so that the server can report changes.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn noop(&mut self) -> Result<Vec<Response>, ClientError> {
        Ok(self.execute(&Command::Noop)?.0)
    }

    /// Waits for changes for at most `patience`, and returns them.
    ///
    /// A server may close the connection when one wait takes more than 29 minutes (RFC 2177 §3).
    ///
    /// # Errors
    /// When the server does not know IDLE, or the connection fails.
    pub fn idle(&mut self, patience: Duration) -> Result<Vec<Response>, ClientError> {
        self.idle_while(|socket| socket.wait(patience))
    }

    /// Waits as [`ImapClient::idle`] does, or until another thread rings the bell.
    ///
    /// # Errors
    /// As [`ImapClient::idle`].
    pub fn idle_or(
        &mut self,
        patience: Duration,
        bell: &Waker,
    ) -> Result<Vec<Response>, ClientError> {
        self.idle_while(|socket| socket.wait_or(patience, bell))
    }

    fn idle_while(
        &mut self,
        wait: impl FnOnce(&mut ClientSocket) -> Result<bool, ClientError>,
    ) -> Result<Vec<Response>, ClientError> {
        let reply = self.begin(&Command::Idle)?;
        let mut changes = self.check_continue("IDLE", reply)?;
        wait(&mut self.socket)?;
        let reply = self.socket.send_message_receive_reply(b"DONE")?;
        changes.extend(self.finish("IDLE", reply)?.0);
        Ok(changes)
    }

    /// Sends any command, and returns the untagged responses.
    ///
    /// IDLE and APPEND have methods of their own.
    ///
    /// # Errors
    /// When the command is refused, or the connection fails.
    pub fn perform(&mut self, command: &Command) -> Result<Vec<Response>, ClientError> {
        Ok(self.execute(command)?.0)
    }

    /// Sends LOGOUT, receives the reply and closes.
    ///
    /// # Errors
    /// When the connection fails before.
    pub fn logout(mut self) -> Result<(), ClientError> {
        self.execute(&Command::Logout)?;
        self.socket.close();
        Ok(())
    }

    /// Returns the open mailbox, with the changes that the server has reported.
    #[must_use]
    pub fn mailbox(&self) -> Option<&OpenMailbox> {
        self.mailbox.as_ref()
    }

    /// Sends a whole command and receives its reply, which must be OK.
    fn execute(&mut self, command: &Command) -> Result<(Vec<Response>, Status), ClientError> {
        let reply = self.begin(command)?;
        self.finish(&label(command), reply)
    }

    /// Sends a command and receives the reply, which may ask for the rest of the command.
    fn begin(&mut self, command: &Command) -> Result<ImapReply, ClientError> {
        let text = self.tagged(command);
        self.send(text.as_bytes())
    }

    /// Returns the text of the next command, with its tag.
    fn tagged(&mut self, command: &Command) -> String {
        self.commands += 1;
        format!("{} {command}", self.tag())
    }

    /// Returns the tag of the last command.
    fn tag(&self) -> String {
        format!("a{}", self.commands)
    }

    /// Sends the text of a command, and waits before each literal in it (RFC 3501 §4.3).
    fn send(&mut self, mut text: &[u8]) -> Result<ImapReply, ClientError> {
        while let Some(end) = memchr::memmem::find(text, b"\r\n") {
            let (line, after) = text.split_at(end);
            let literal = literal_at_end(line).and_then(Result::ok);
            let octets = literal.and_then(|literal| usize::try_from(literal.octets).ok());
            let literal = octets.and_then(|octets| after[2..].split_at_checked(octets));
            let Some((mut literal, rest)) = literal else {
                return Err(unsendable());
            };
            let reply: ImapReply = self.socket.send_message_receive_reply(line)?;
            if matches!(reply.end, ReplyEnd::Done(..)) {
                return Ok(reply);
            }
            self.notice(&reply.untagged);
            self.socket.send_all(&mut literal)?;
            text = rest;
        }
        self.socket.send_message_receive_reply(text)
    }

    /// Returns the responses if the reply is the end of the command, and OK.
    fn finish(
        &mut self,
        command: &str,
        reply: ImapReply,
    ) -> Result<(Vec<Response>, Status), ClientError> {
        self.notice(&reply.untagged);
        let ReplyEnd::Done(tag, status) = reply.end else {
            return Err(self.socket.unexpected("“+” to a complete command"));
        };
        if tag.to_string() != self.tag() {
            let what = format!("a command “{tag}” that was not sent");
            return Err(self.socket.unexpected(&what));
        }
        if !status.is_ok() {
            return Err(self.refused(command, &status));
        }
        self.learn_capabilities(&status);
        Ok((reply.untagged, status))
    }

    /// Returns the responses if the reply asks for the rest of the command: `+`.
    fn check_continue(
        &mut self,
        command: &str,
        reply: ImapReply,
    ) -> Result<Vec<Response>, ClientError> {
        if let ReplyEnd::Continue(_) = reply.end {
            self.notice(&reply.untagged);
            return Ok(reply.untagged);
        }
        self.finish(command, reply)?;
        Err(self.socket.unexpected("the end of an incomplete command"))
    }

    /// Updates the capabilities and the open mailbox from responses, asked for or not (RFC 3501 §7).
    fn notice(&mut self, responses: &[Response]) {
        for response in responses {
            match response {
                Response::Capability(words) => self.capabilities = words.clone().into(),
                Response::Untagged(status) => self.learn_capabilities(status),
                _ => {}
            }
            if let Some(mailbox) = &mut self.mailbox {
                mailbox.notice(response);
            }
        }
    }

    fn refused(&self, command: &str, status: &Status) -> ClientError {
        let mut code = String::new();
        let mut transient = status.condition == Condition::Bye;
        if let Some(refusal @ (Code::Refusal(_) | Code::Other(_))) = &status.code {
            code = format!("[{refusal}] ");
        }
        // RFC 5530 §3: the same command may succeed later.
        if let Some(Code::Refusal(RefusalCode::Unavailable | RefusalCode::InUse)) = &status.code {
            transient = true;
        }
        let condition = format!("{:?}", status.condition).to_uppercase();
        ClientError::Refused {
            server: self.socket.endpoint().to_string(),
            command: command.to_owned(),
            reply: format!("{condition} {code}{}", status.text),
            transient,
        }
    }
}

/// Returns the text of a command for an error: without a password, and at most 80 characters.
fn label(command: &Command) -> String {
    match command {
        Command::Login { .. } => "LOGIN".to_owned(),
        command => command.to_string().chars().take(80).collect(),
    }
}

/// Returns the error for a command that something in it would end too early.
fn unsendable() -> ClientError {
    ClientError::Unsendable {
        what: "a command".to_owned(),
        why: "it contains a line break".to_owned(),
    }
}
