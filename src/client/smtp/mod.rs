//! SMTP from the client's side (RFC 5321; AUTH: RFC 4954; STARTTLS: RFC 3207; PIPELINING: RFC 2920;
//! LMTP: RFC 2033).
//!
//! The verbs, one method each, and [`SmtpClient::send`], which leads them in the right order. A
//! reply that refuses is a [`ClientError::Refused`]. It delivers to the server that it is given,
//! and looks up no MX record.

mod chunks;
mod send;
mod transaction;

use std::io::Read;
use std::net::IpAddr;

use super::crlf::Crlf;
use super::login::{self, Challenging, Login};
use super::{Answer, Capabilities, ClientError, ClientSocket, Endpoint, Security};
use crate::limits;
use crate::mail::net::dot::Stuffed;
use crate::mail::protocol::Protocol;
use crate::mail::protocol::sasl::Mechanism;
use crate::mail::protocol::smtp::{Address, Command, Params, Path, Reply, ReversePath};

pub use send::{Sent, Wishes};
pub use transaction::{Transacted, Transaction};

/// RFC 4954 §4: a line of AUTH is no longer, its CRLF counted.
const AUTH_LINE: usize = 12_288;

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

/// How a client introduces itself, and with that what it speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hello {
    /// A user's program, by its address: EHLO.
    Address,
    /// A server, by its name: EHLO (RFC 5321 §4.1.1.1).
    Name(String),
    /// A server that speaks LMTP, by its name: LHLO (RFC 2033 §4.1).
    Lmtp(String),
}

impl Answer for Reply {
    /// One or more lines (RFC 5321 §4.2.1).
    fn receive(socket: &mut ClientSocket) -> Result<Reply, ClientError> {
        let (mut lines, mut room) = (Vec::new(), limits::ANSWER);
        loop {
            lines.push(socket.receive_line(&mut room)?);
            if !lines.last().is_some_and(|line| Reply::continues(line)) {
                break;
            }
        }
        Reply::parse(&lines).map_err(|bad| {
            let first = lines.first().map_or(&[][..], |line| line);
            socket.nonsense(first, &format!("in SMTP: {bad}"))
        })
    }
}

impl Challenging for Reply {
    /// RFC 4954 §4: `334` and the challenge.
    fn challenge(&self) -> Option<&[u8]> {
        let text = self.lines().next().unwrap_or_default();
        (self.code == 334).then_some(text.as_bytes())
    }
}

impl SmtpClient {
    /// Connects, hears the greeting and says EHLO. If the endpoint asks for STARTTLS, it is done
    /// here: nothing but the request for it ever crosses in clear.
    ///
    /// # Errors
    /// When the server is not there, not trusted, not willing, or does not offer STARTTLS.
    pub fn connect(endpoint: &Endpoint) -> Result<SmtpClient, ClientError> {
        SmtpClient::connect_as(endpoint, Hello::Address)
    }

    /// The same under a name, or in LMTP.
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
        client.judge("the connection", greeting, 2)?;
        client.ehlo()?;
        if endpoint.security == Security::StartTls {
            client.start_tls()?;
        }
        Ok(client)
    }

    /// Says EHLO, or HELO to a server of old (RFC 5321 §3.2); the extensions offered are remembered.
    ///
    /// # Errors
    /// When both are refused, or the connection fails.
    pub fn ehlo(&mut self) -> Result<Reply, ClientError> {
        self.extensions = Capabilities::default();
        let name = match &self.hello {
            Hello::Address => self.address_literal(),
            Hello::Name(name) => name.clone(),
            Hello::Lmtp(name) => {
                let reply = self.say(&Command::Lhlo(name.clone()), 2)?;
                return Ok(self.remember(reply));
            }
        };
        match self.say(&Command::Ehlo(name.clone()), 2) {
            Err(ClientError::Refused {
                transient: false, ..
            }) => self.say(&Command::Helo(name), 2),
            reply => reply.map(|reply| self.remember(reply)),
        }
    }

    /// Our name, as far as we have one (RFC 5321 §4.1.3).
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

    /// What EHLO offers under this keyword: the words behind it, none for a bare keyword.
    #[must_use]
    pub fn extension(&self, keyword: &str) -> Option<&str> {
        self.extensions.arguments(keyword)
    }

    /// Begins TLS, and says EHLO again: what was offered in clear does not count (RFC 3207 §4.2).
    ///
    /// # Errors
    /// When it is not offered or refused, or the server is not trusted.
    pub fn start_tls(&mut self) -> Result<(), ClientError> {
        if self.extension("STARTTLS").is_none() {
            return Err(self.socket.not_offered("STARTTLS"));
        }
        self.say(&Command::StartTls, 2)?;
        self.socket.start_tls()?;
        self.ehlo().map(drop)
    }

    /// Logs in by the best mechanism that the server offers: SCRAM, PLAIN or LOGIN.
    ///
    /// # Errors
    /// When none is offered, the password would cross in clear, or it is not accepted.
    pub fn login(&mut self, user: &str, password: &str) -> Result<(), ClientError> {
        let offers = |name: &str| self.extensions.has_with("AUTH", name);
        match login::choose(&self.socket, offers)? {
            Some(mechanism) => self.authenticate(mechanism, user, password),
            None => Err(self
                .socket
                .not_offered("a login by SCRAM, PLAIN or LOGIN (AUTH)")),
        }
    }

    /// Logs in by this mechanism (RFC 4954 §4).
    ///
    /// # Errors
    /// When the password would cross in clear, is not accepted, or the server does not prove itself.
    pub fn authenticate(
        &mut self,
        mechanism: Mechanism,
        user: &str,
        password: &str,
    ) -> Result<(), ClientError> {
        let mut login = Login::begin(&self.socket, mechanism, user, password)?;
        let (mechanism, initial) = login.argument(AUTH_LINE);
        let label = format!("AUTH {mechanism}");
        let command = Command::Auth { mechanism, initial }.to_string();
        let reply: Reply = self.socket.send_message_receive_reply(command.as_bytes())?;
        let reply = login.answer(&mut self.socket, reply)?;
        self.judge(&label, reply, 2)?;
        login.end(&mut self.socket)
    }

    /// Begins a message from this address; an empty one is the null path of a bounce.
    ///
    /// # Errors
    /// When it is no address, or refused.
    pub fn mail(&mut self, from: &str, params: Params) -> Result<Reply, ClientError> {
        let from = reverse_path(from)?;
        self.say(&Command::Mail { from, params }, 2)
    }

    /// Adds a recipient.
    ///
    /// # Errors
    /// When it is no address, or refused.
    pub fn rcpt(&mut self, to: &str) -> Result<Reply, ClientError> {
        self.rcpt_with(to, Params::new())
    }

    /// The same with parameters: NOTIFY and ORCPT (RFC 3461 §4).
    ///
    /// # Errors
    /// As [`SmtpClient::rcpt`].
    pub fn rcpt_with(&mut self, to: &str, params: Params) -> Result<Reply, ClientError> {
        let to = Path::Address(address(to)?);
        self.say(&Command::Rcpt { to, params }, 2)
    }

    /// Sends the message: line endings become CRLF, dots are stuffed (RFC 5321 §4.5.2). When
    /// reading it fails the connection is cut, so that no half message can be delivered.
    ///
    /// # Errors
    /// When the server refuses it, or it cannot be read.
    pub fn data(&mut self, message: &mut dyn Read) -> Result<Reply, ClientError> {
        self.say(&Command::Data, 3)?;
        self.dot_text(message)?;
        self.verdict()
    }

    fn dot_text(&mut self, message: &mut dyn Read) -> Result<(), ClientError> {
        let mut text = Stuffed::new(Crlf::new(message));
        self.socket.send_all(&mut text).map(drop)
    }

    /// What the server makes of the message, for which it may take its time.
    fn verdict(&mut self) -> Result<Reply, ClientError> {
        self.socket.wait(limits::VERDICT_TIMEOUT)?;
        let reply = self.socket.receive_reply()?;
        self.judge("the message", reply, 2)
    }

    /// Forgets the message that has begun.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn rset(&mut self) -> Result<Reply, ClientError> {
        self.say(&Command::Rset, 2)
    }

    /// Does nothing, and so shows that the server is there.
    ///
    /// # Errors
    /// When it is not.
    pub fn noop(&mut self) -> Result<Reply, ClientError> {
        self.say(&Command::Noop, 2)
    }

    /// Asks whether a mailbox exists; most servers do not tell (`252`).
    ///
    /// # Errors
    /// When it does not, or the server refuses to say anything.
    pub fn vrfy(&mut self, who: &str) -> Result<Reply, ClientError> {
        self.say(&Command::Vrfy(who.to_owned()), 2)
    }

    /// Asks for help, perhaps about a command.
    ///
    /// # Errors
    /// When there is none.
    pub fn help(&mut self, about: Option<&str>) -> Result<Reply, ClientError> {
        self.say(&Command::Help(about.map(str::to_owned)), 2)
    }

    /// Says goodbye, hears the answer and closes.
    ///
    /// # Errors
    /// When the connection fails before.
    pub fn quit(mut self) -> Result<(), ClientError> {
        self.say(&Command::Quit, 2)?;
        self.socket.close();
        Ok(())
    }

    /// Says a command whose reply must be of this class: 2 for `2xx`.
    fn say(&mut self, command: &Command, class: u16) -> Result<Reply, ClientError> {
        let command = command.to_string();
        let reply = self.socket.send_message_receive_reply(command.as_bytes())?;
        self.judge(&command, reply, class)
    }

    fn judge(&mut self, command: &str, reply: Reply, class: u16) -> Result<Reply, ClientError> {
        if reply.code / 100 == class {
            return Ok(reply);
        }
        let enhanced = reply.enhanced.map(|code| format!("{code} "));
        let words = format!(
            "{} {}{}",
            reply.code,
            enhanced.unwrap_or_default(),
            reply.text()
        );
        if reply.is_positive() {
            return Err(self
                .socket
                .nonsense(words.as_bytes(), &format!("to {command}")));
        }
        Err(ClientError::Refused {
            server: self.socket.endpoint().to_string(),
            command: command.to_owned(),
            reply: words,
            transient: reply.is_transient(),
        })
    }
}

fn reverse_path(text: &str) -> Result<ReversePath, ClientError> {
    Ok(match text {
        "" => ReversePath::Null,
        text => ReversePath::Address(address(text)?),
    })
}

fn address(text: &str) -> Result<Address, ClientError> {
    Address::parse(text).map_err(|why| ClientError::Unsendable {
        what: format!("<{text}>"),
        why: why.to_owned(),
    })
}

#[cfg(test)]
mod tests;
