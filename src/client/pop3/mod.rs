//! The POP3 client (RFC 1939; CAPA: RFC 2449; STLS: RFC 2595).
//!
//! It has one method for each command. A message goes from the wire straight to its destination.
//! Messages are deleted by [`Pop3Client::quit`] only: a connection that ends otherwise changes nothing.

mod auth;
mod reply;

use std::io::Write;

pub use self::reply::Pop3Reply;
use self::reply::pair;
use super::{BoundedBuffer, Capabilities, ClientError, ClientSocket, Endpoint, Security};
use crate::limits;
use crate::mail::protocol::Protocol;
use crate::mail::protocol::pop3::Command;

/// A conversation with a POP3 server.
///
/// ```no_run
/// use pillarbox::client::{Endpoint, Pop3Client, Security};
///
/// # fn main() -> Result<(), pillarbox::client::ClientError> {
/// let server = Endpoint::new("localhost", 2995, Security::Tls, "certs/ca.pem");
/// let mut client = Pop3Client::connect(&server)?;
/// client.login("bob", "builder")?;
/// for (number, _octets) in client.list()? {
///     client.retr(number, &mut std::io::stdout())?;
/// }
/// client.quit()
/// # }
/// ```
pub struct Pop3Client {
    socket: ClientSocket,
    /// `None` until the server was asked.
    capabilities: Option<Capabilities>,
}

/// The reply to STAT: the size of the mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// How many messages there are.
    pub messages: u32,
    /// The octets of all messages together.
    pub octets: u64,
}

impl Pop3Client {
    /// Connects and receives the greeting.
    ///
    /// If the endpoint asks for STARTTLS, STLS happens here: nothing else is sent unencrypted.
    ///
    /// # Errors
    /// When the server is unreachable, not trusted, refuses us, or refuses STLS.
    pub fn connect(endpoint: &Endpoint) -> Result<Pop3Client, ClientError> {
        let mut client = Pop3Client {
            socket: ClientSocket::connect(endpoint, Protocol::Pop3)?,
            capabilities: None,
        };
        let greeting = client.socket.receive_reply()?;
        client.check("the connection", greeting)?;
        if endpoint.security == Security::StartTls {
            client.stls()?;
        }
        Ok(client)
    }

    /// Asks for the server's capabilities (RFC 2449 §5).
    ///
    /// # Errors
    /// When the server does not know CAPA, or the connection fails.
    pub fn capa(&mut self) -> Result<&Capabilities, ClientError> {
        self.execute(&Command::Capa)?;
        let lines = self.receive_lines()?;
        Ok(self.capabilities.insert(lines.into()))
    }

    /// Returns the capabilities, and asks only once; empty if the server does not know CAPA.
    fn capabilities(&mut self) -> Result<&Capabilities, ClientError> {
        if self.capabilities.is_none() {
            match self.capa() {
                Ok(_) | Err(ClientError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.capabilities.get_or_insert_default())
    }

    /// Begins TLS, and forgets what was offered without it (RFC 2595 §4).
    ///
    /// # Errors
    /// When STLS is refused, or the server is not trusted.
    pub fn stls(&mut self) -> Result<(), ClientError> {
        self.execute(&Command::Stls)?;
        self.capabilities = None;
        self.socket.start_tls()
    }

    /// Returns how many messages and octets the mailbox has.
    ///
    /// # Errors
    /// When the connection fails or the reply is invalid.
    pub fn stat(&mut self) -> Result<Stat, ClientError> {
        let text = self.execute(&Command::Stat)?;
        match pair(&text) {
            Some((messages, octets)) => Ok(Stat { messages, octets }),
            None => Err(self.socket.nonsense(text.as_bytes(), "to STAT")),
        }
    }

    /// Returns each message's number and octets.
    ///
    /// # Errors
    /// When the connection fails or the reply is invalid.
    pub fn list(&mut self) -> Result<Vec<(u32, u64)>, ClientError> {
        self.execute(&Command::List(None))?;
        self.receive_pairs("LIST")
    }

    /// Returns each message's number and unique ID, which stays the same between sessions.
    ///
    /// # Errors
    /// When the connection fails or the reply is invalid.
    pub fn uidl(&mut self) -> Result<Vec<(u32, String)>, ClientError> {
        self.execute(&Command::Uidl(None))?;
        self.receive_pairs("UIDL")
    }

    /// Copies a message to `out`, with CRLF line endings; returns its octets.
    ///
    /// # Errors
    /// When there is no such message, `out` fails, or the connection is cut.
    pub fn retr(&mut self, message: u32, out: &mut dyn Write) -> Result<u64, ClientError> {
        self.execute(&Command::Retr(message))?;
        self.socket.receive_dot_text(out)
    }

    /// Copies a message's header and the first lines of its body to `out`; returns the octets.
    ///
    /// # Errors
    /// As [`Pop3Client::retr`].
    pub fn top(
        &mut self,
        message: u32,
        lines: u64,
        out: &mut dyn Write,
    ) -> Result<u64, ClientError> {
        self.execute(&Command::Top { message, lines })?;
        self.socket.receive_dot_text(out)
    }

    /// Returns the header and the first lines of many messages.
    ///
    /// If the server offers PIPELINING (RFC 2449 §6.6), the commands are sent together, otherwise one at
    /// a time.
    ///
    /// # Errors
    /// The outer result: the connection failed, or the headers exceed the memory for a reply. The inner
    /// results: the server refused this message.
    pub fn top_each(
        &mut self,
        messages: &[u32],
        lines: u64,
    ) -> Result<Vec<Result<Vec<u8>, ClientError>>, ClientError> {
        let pipelining = self.capabilities()?.has("PIPELINING") && !self.socket.is_stepped();
        let at_once = if pipelining { limits::PIPELINED } else { 1 };
        let mut tops = Vec::new();
        let mut room = limits::ANSWER;
        for messages in messages.chunks(at_once) {
            let commands: Vec<String> = messages
                .iter()
                .map(|&message| Command::Top { message, lines }.to_string())
                .collect();
            for command in &commands {
                self.socket.send_line(command.as_bytes())?;
            }
            for command in &commands {
                let reply = self.socket.receive_reply()?;
                if let Err(refused) = self.check(command, reply) {
                    tops.push(Err(refused));
                    continue;
                }
                let mut top = BoundedBuffer::new(room);
                self.socket.receive_dot_text(&mut top)?;
                let top = top.into_inner();
                self.socket.spend(&mut room, top.len())?;
                tops.push(Ok(top));
            }
        }
        Ok(tops)
    }

    /// Marks a message for deletion.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn dele(&mut self, message: u32) -> Result<(), ClientError> {
        self.execute(&Command::Dele(message))?;
        Ok(())
    }

    /// Does nothing, and so shows that the server is there.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn noop(&mut self) -> Result<(), ClientError> {
        self.execute(&Command::Noop)?;
        Ok(())
    }

    /// Removes the marks for deletion.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn rset(&mut self) -> Result<(), ClientError> {
        self.execute(&Command::Rset)?;
        Ok(())
    }

    /// Sends any command, and returns the lines of the reply.
    ///
    /// There is more than one line for RETR, TOP, CAPA, and for LIST and UIDL without a number.
    ///
    /// # Errors
    /// When the command is refused, the connection fails, or the reply is larger than
    /// [`ANSWER`](crate::limits::ANSWER).
    pub fn perform(&mut self, command: &Command) -> Result<Vec<String>, ClientError> {
        let status = self.execute(command)?;
        let mut lines = vec![status];
        if command.is_answered_in_lines() {
            lines.extend(self.receive_lines()?);
        }
        Ok(lines)
    }

    /// Sends QUIT, which deletes the marked messages, and closes.
    ///
    /// # Errors
    /// When the server could not delete all of them, or the connection fails before.
    pub fn quit(mut self) -> Result<(), ClientError> {
        self.execute(&Command::Quit)?;
        self.socket.close();
        Ok(())
    }
}
