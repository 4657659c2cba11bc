//! The SMTP client (RFC 5321; STARTTLS: RFC 3207; PIPELINING: RFC 2920; LMTP: RFC 2033).
//!
//! It has one method for each command, and [`SmtpClient::send`], which calls them in the right order. A
//! reply that refuses becomes a [`ClientError::Refused`]. The client delivers to the server that it is
//! given, and looks up no MX record.

mod auth;
mod bdat;
mod reply;
mod send;
mod transaction;

use std::io::Read;
use std::net::IpAddr;

use self::reply::{COMPLETED, INTERMEDIATE};
use super::{Capabilities, ClientError, ClientSocket, Endpoint, Security, outgoing};
use crate::mail::net::dot::Stuffed;
use crate::mail::protocol::Protocol;
use crate::mail::protocol::smtp::{Address, Command, Params, Path, Reply, ReversePath};

pub use send::{SendOptions, SendOutcome};
pub use transaction::{Transaction, TransactionResult};

/// A conversation with an SMTP server.
///
/// ```no_run
/// use pillarbox::client::{Endpoint, Security, SmtpClient};
///
/// # fn main() -> Result<(), pillarbox::client::ClientError> {
/// let server = Endpoint::new("localhost", 2465, Security::Tls, "certs/ca.pem");
/// let mut client = SmtpClient::connect(&server)?;
/// client.login("alice", "wonderland")?;
/// let mut message = std::io::Cursor::new("Subject: Tea\n\nAt five?\n");
/// client.send("alice@pillarbox.test", &["bob@pillarbox.test"], &mut message)?;
/// client.quit()
/// # }
/// ```
pub struct SmtpClient {
    socket: ClientSocket,
    hello: Hello,
    extensions: Capabilities,
}

/// The greeting of a client, which also selects SMTP or LMTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hello {
    /// EHLO with our address, as a user's program does.
    Address,
    /// EHLO with a server's name (RFC 5321 §4.1.1.1).
    Name(String),
    /// LHLO with a server's name, for LMTP (RFC 2033 §4.1).
    Lmtp(String),
}

impl SmtpClient {
    /// Connects, receives the greeting and sends EHLO.
    ///
    /// If the endpoint asks for STARTTLS, it happens here: nothing else is sent unencrypted.
    ///
    /// # Errors
    /// When the server is unreachable, not trusted, refuses us, or does not offer STARTTLS.
    pub fn connect(endpoint: &Endpoint) -> Result<SmtpClient, ClientError> {
        SmtpClient::connect_as(endpoint, Hello::Address)
    }

    /// Connects as [`SmtpClient::connect`] does, under a name or in LMTP.
    ///
    /// # Errors
    /// As [`SmtpClient::connect`].
    pub fn connect_as(endpoint: &Endpoint, hello: Hello) -> Result<SmtpClient, ClientError> {
        let protocol = match hello {
            Hello::Lmtp(_) => Protocol::Lmtp,
            Hello::Address | Hello::Name(_) => Protocol::Smtp,
        };
        let mut client = SmtpClient {
            socket: ClientSocket::connect(endpoint, protocol)?,
            hello,
            extensions: Capabilities::default(),
        };
        let greeting = client.socket.receive_reply()?;
        client.check("the connection", greeting, COMPLETED)?;
        client.ehlo()?;
        if endpoint.security == Security::StartTls {
            client.start_tls()?;
        }
        Ok(client)
    }

    /// Sends EHLO, or HELO to an old server (RFC 5321 §3.2), and remembers the extensions.
    ///
    /// # Errors
    /// When both are refused, or the connection fails.
    pub fn ehlo(&mut self) -> Result<Reply, ClientError> {
        self.extensions = Capabilities::default();
        let name = match &self.hello {
            Hello::Address => self.address_literal(),
            Hello::Name(name) => name.clone(),
            Hello::Lmtp(name) => {
                let reply = self.execute(&Command::Lhlo(name.clone()), COMPLETED)?;
                return Ok(self.remember(reply));
            }
        };
        match self.execute(&Command::Ehlo(name.clone()), COMPLETED) {
            Err(ClientError::Refused { transient: false, .. }) => {
                self.execute(&Command::Helo(name), COMPLETED)
            }
            reply => reply.map(|reply| self.remember(reply)),
        }
    }

    /// Returns our address in the form that replaces a name (RFC 5321 §4.1.3).
    fn address_literal(&self) -> String {
        match self.socket.local_address() {
            IpAddr::V4(address) => format!("[{address}]"),
            IpAddr::V6(address) => format!("[IPv6:{address}]"),
        }
    }

    fn remember(&mut self, reply: Reply) -> Reply {
        let lines: Vec<String> = reply.lines().skip(1).map(str::to_owned).collect();
        self.extensions = lines.into();
        reply
    }

    /// Returns the arguments of an extension that EHLO offers; empty if it has none.
    #[must_use]
    pub fn extension(&self, keyword: &str) -> Option<&str> {
        self.extensions.arguments(keyword)
    }

    /// Begins TLS and sends EHLO again; what was offered without TLS is forgotten (RFC 3207 §4.2).
    ///
    /// # Errors
    /// When STARTTLS is not offered or refused, or the server is not trusted.
    pub fn start_tls(&mut self) -> Result<(), ClientError> {
        if self.extension("STARTTLS").is_none() {
            return Err(self.socket.not_offered("STARTTLS"));
        }
        self.execute(&Command::StartTls, COMPLETED)?;
        self.socket.start_tls()?;
        self.ehlo()?;
        Ok(())
    }

    /// Begins a message from this address; an empty one is the null path of a bounce.
    ///
    /// # Errors
    /// When it is no address, or refused.
    pub fn mail(&mut self, from: &str, params: Params) -> Result<Reply, ClientError> {
        let from = reverse_path(from)?;
        self.execute(&Command::Mail { from, params }, COMPLETED)
    }

    /// Adds a recipient.
    ///
    /// # Errors
    /// When it is no address, or refused.
    pub fn rcpt(&mut self, to: &str) -> Result<Reply, ClientError> {
        self.rcpt_with(to, Params::new())
    }

    /// Adds a recipient with parameters: NOTIFY and ORCPT (RFC 3461 §4).
    ///
    /// # Errors
    /// As [`SmtpClient::rcpt`].
    pub fn rcpt_with(&mut self, to: &str, params: Params) -> Result<Reply, ClientError> {
        let to = Path::Address(address(to)?);
        self.execute(&Command::Rcpt { to, params }, COMPLETED)
    }

    /// Sends the message with DATA: line endings become CRLF, dots are stuffed (RFC 5321 §4.5.2).
    ///
    /// If the message cannot be read to its end, the connection is cut, so that no part of it can be
    /// delivered.
    ///
    /// # Errors
    /// When the server refuses the message, or it cannot be read.
    pub fn data(&mut self, message: &mut dyn Read) -> Result<Reply, ClientError> {
        self.execute(&Command::Data, INTERMEDIATE)?;
        self.dot_text(message)?;
        self.final_reply()
    }

    fn dot_text(&mut self, message: &mut dyn Read) -> Result<(), ClientError> {
        let mut text = Stuffed::new(outgoing(message));
        self.socket.send_all(&mut text)?;
        Ok(())
    }

    /// Gives up the message that has begun.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn rset(&mut self) -> Result<Reply, ClientError> {
        self.execute(&Command::Rset, COMPLETED)
    }

    /// Does nothing, and so shows that the server is there.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn noop(&mut self) -> Result<Reply, ClientError> {
        self.execute(&Command::Noop, COMPLETED)
    }

    /// Asks whether a mailbox exists; most servers do not tell (`252`).
    ///
    /// # Errors
    /// When it does not exist, or the server refuses to answer.
    pub fn vrfy(&mut self, mailbox: &str) -> Result<Reply, ClientError> {
        self.execute(&Command::Vrfy(mailbox.to_owned()), COMPLETED)
    }

    /// Asks for help, perhaps about a command.
    ///
    /// # Errors
    /// When the server has none.
    pub fn help(&mut self, about: Option<&str>) -> Result<Reply, ClientError> {
        self.execute(&Command::Help(about.map(str::to_owned)), COMPLETED)
    }

    /// Sends QUIT, receives the reply and closes.
    ///
    /// # Errors
    /// When the connection fails before.
    pub fn quit(mut self) -> Result<(), ClientError> {
        self.execute(&Command::Quit, COMPLETED)?;
        self.socket.close();
        Ok(())
    }
}

fn reverse_path(text: &str) -> Result<ReversePath, ClientError> {
    Ok(match text {
        "" => ReversePath::Null,
        text => ReversePath::Address(address(text)?),
    })
}

fn address(text: &str) -> Result<Address, ClientError> {
    Address::parse(text)
        .map_err(|why| ClientError::Unsendable { what: format!("<{text}>"), why: why.to_owned() })
}
