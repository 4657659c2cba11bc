//! IMAP from the client's side (RFC 3501; IDLE: RFC 2177).
//!
//! The verbs, one method each: those of the connection here, those on mailboxes in `mailboxes`, those
//! on messages in `messages`, those that look for messages in `searching`. Messages are named by their UIDs, since numbers move. A command is
//! done when its tagged response is there; what the server tells unasked is kept in
//! [`ImapClient::mailbox`].

mod login;
mod mailboxes;
mod messages;
mod reply;
mod searching;
#[cfg(test)]
mod tests;

pub use mailboxes::Mailbox;
pub use messages::Fetched;
pub use reply::{End, ImapReply};

use std::time::Duration;

use super::{Capabilities, ClientError, ClientSocket, Endpoint, Security};
use crate::mail::net::Bell;
use crate::mail::protocol::Protocol;
use crate::mail::protocol::imap::response::{Code, Condition, RefusalCode, Response, Status};
use crate::mail::protocol::imap::{Command, Tag, literal_at_end};

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
    commands: u64,
    capabilities: Capabilities,
    mailbox: Option<Mailbox>,
}

impl ImapClient {
    /// Connects and hears the greeting. If the endpoint asks for it, TLS is begun by STARTTLS: nothing
    /// but the request for it ever crosses in clear.
    ///
    /// # Errors
    /// When the server is not there, not trusted, not willing, or refuses STARTTLS.
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
            _ => Err(self.socket.unexpected("without a greeting of IMAP")),
        }
    }

    /// Does nothing, and so learns the news.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn noop(&mut self) -> Result<Vec<Response>, ClientError> {
        Ok(self.execute(&Command::Noop)?.0)
    }

    /// Waits for news for at most `patience`, and returns it; nothing, if there is none. A server may
    /// hang up after 29 minutes of one wait (RFC 2177 §3).
    ///
    /// # Errors
    /// When the server does not know IDLE, or the connection fails.
    pub fn idle(&mut self, patience: Duration) -> Result<Vec<Response>, ClientError> {
        self.idle_while(|socket| socket.wait(patience))
    }

    /// The same; when the bell rings, which another thread can do, the wait is over, too.
    ///
    /// # Errors
    /// As [`ImapClient::idle`].
    pub fn idle_or(
        &mut self,
        patience: Duration,
        bell: &Bell,
    ) -> Result<Vec<Response>, ClientError> {
        self.idle_while(|socket| socket.wait_or(patience, bell))
    }

    fn idle_while(
        &mut self,
        wait: impl FnOnce(&mut ClientSocket) -> Result<bool, ClientError>,
    ) -> Result<Vec<Response>, ClientError> {
        let (tag, reply) = self.begin(&Command::Idle)?;
        let mut news = self.go_on("IDLE", &tag, reply)?;
        wait(&mut self.socket)?;
        let reply = self.socket.send_message_receive_reply(b"DONE")?;
        news.extend(self.finish("IDLE", &tag, reply)?.0);
        Ok(news)
    }

    /// Says a command that a person has chosen, and returns what the server tells before it is done.
    /// IDLE and the commands that go on with a literal have verbs of their own.
    ///
    /// # Errors
    /// When it is refused, or the connection fails.
    pub fn perform(&mut self, command: &Command) -> Result<Vec<Response>, ClientError> {
        Ok(self.execute(command)?.0)
    }

    /// Says goodbye, hears the answer and closes.
    ///
    /// # Errors
    /// When the connection fails before.
    pub fn logout(mut self) -> Result<(), ClientError> {
        self.execute(&Command::Logout)?;
        self.socket.close();
        Ok(())
    }

    /// The mailbox that is open, with what the server has told of it since.
    #[must_use]
    pub fn mailbox(&self) -> Option<&Mailbox> {
        self.mailbox.as_ref()
    }

    /// Sends a whole command and receives its reply, which must be OK.
    fn execute(&mut self, command: &Command) -> Result<(Vec<Response>, Status), ClientError> {
        let (tag, reply) = self.begin(command)?;
        self.finish(&label(command), &tag, reply)
    }

    /// Sends a command and receives what the server says to it.
    fn begin(&mut self, command: &Command) -> Result<(Tag, ImapReply), ClientError> {
        let (tag, text) = self.tagged(command)?;
        let reply = self.send(text.as_bytes())?;
        Ok((tag, reply))
    }

    /// The next tag, and the command with it.
    fn tagged(&mut self, command: &Command) -> Result<(Tag, String), ClientError> {
        self.commands += 1;
        let tag = Tag::new(&format!("a{}", self.commands)).ok_or_else(unsendable)?;
        let text = format!("{tag} {command}");
        Ok((tag, text))
    }

    /// Sends a command's text, and waits before each literal in it (RFC 3501 §4.3).
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
            if matches!(reply.end, End::Done(..)) {
                return Ok(reply);
            }
            self.notice(&reply.untagged);
            self.socket.send_all(&mut literal)?;
            text = rest;
        }
        self.socket.send_message_receive_reply(text)
    }

    /// The reply must be the command's end, and OK.
    fn finish(
        &mut self,
        command: &str,
        tag: &Tag,
        reply: ImapReply,
    ) -> Result<(Vec<Response>, Status), ClientError> {
        self.notice(&reply.untagged);
        match reply.end {
            End::Done(done, status) if done == *tag && status.is_ok() => {
                self.learn_capabilities(&status);
                Ok((reply.untagged, status))
            }
            End::Done(done, status) if done == *tag => Err(self.refused(command, &status)),
            End::Done(done, _) => {
                let what = format!("a command “{done}” that was not given");
                Err(self.socket.unexpected(&what))
            }
            End::Continue(_) => Err(self.socket.unexpected("“+” to a command that is complete")),
        }
    }

    /// The reply must be `+`.
    fn go_on(
        &mut self,
        command: &str,
        tag: &Tag,
        reply: ImapReply,
    ) -> Result<Vec<Response>, ClientError> {
        if let End::Continue(_) = reply.end {
            self.notice(&reply.untagged);
            return Ok(reply.untagged);
        }
        self.finish(command, tag, reply)?;
        Err(self
            .socket
            .unexpected("the end of a command that is not complete"))
    }

    /// Keeps what is known of the server and the open mailbox up to date with what the server tells,
    /// asked or not (RFC 3501 §7).
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
        let (mut code, mut transient) = (String::new(), status.condition == Condition::Bye);
        if let Some(refusal @ (Code::Refusal(_) | Code::Other(_))) = &status.code {
            code = format!("[{refusal}] ");
        }
        // RFC 5530 §3: these pass.
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

/// How an error names a command: without a password, and not longer than a line.
fn label(command: &Command) -> String {
    match command {
        Command::Login { .. } => "LOGIN".to_owned(),
        command => command.to_string().chars().take(80).collect(),
    }
}

/// Something in a command would end it before its end.
fn unsendable() -> ClientError {
    ClientError::Unsendable {
        what: "a command".to_owned(),
        why: "there is a line break in it".to_owned(),
    }
}
