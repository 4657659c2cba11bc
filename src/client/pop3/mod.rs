//! POP3 from the client's side (RFC 1939; CAPA: RFC 2449; STLS: RFC 2595; AUTH: RFC 5034).
//!
//! The verbs, one method each. A message goes from the wire straight to where it is wanted.
//! Deletions become real with [`Pop3Client::quit`] only: a connection that ends otherwise changes nothing.

use std::io::Write;

use super::bounded::Bounded;
use super::login::{self, Challenging, Login};
use super::{Answer, Capabilities, ClientError, ClientSocket, Endpoint, Security};
use crate::limits;
use crate::mail::protocol::Protocol;
use crate::mail::protocol::pop3::Command;
use crate::mail::protocol::sasl::Mechanism;

/// RFC 2449 §4: a command is no longer, its CRLF counted.
const COMMAND_LINE: usize = 255;

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
    /// `None` until it is asked for.
    capabilities: Option<Capabilities>,
}

/// What STAT tells of the mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// How many messages there are.
    pub messages: u32,
    /// The octets of them all.
    pub octets: u64,
}

/// A status line, with what stands behind its indicator (RFC 1939 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// `+OK …`
    Ok(String),
    /// `-ERR …`
    Err(String),
    /// `+ …`: AUTH goes on with a challenge in base64 (RFC 5034 §4).
    GoOn(String),
}

impl Answer for Status {
    fn receive(socket: &mut ClientSocket) -> Result<Status, ClientError> {
        let line = socket.receive_line(&mut { limits::ANSWER })?;
        let text = String::from_utf8_lossy(&line);
        let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let rest = rest.to_owned();
        match word {
            "+OK" => Ok(Status::Ok(rest)),
            "-ERR" => Ok(Status::Err(rest)),
            "+" => Ok(Status::GoOn(rest)),
            _ => Err(socket.nonsense(&line, "in POP3")),
        }
    }
}

impl Challenging for Status {
    fn challenge(&self) -> Option<&[u8]> {
        match self {
            Status::GoOn(challenge) => Some(challenge.as_bytes()),
            _ => None,
        }
    }
}

impl Pop3Client {
    /// Connects and hears the greeting. If the endpoint asks for it, TLS is begun by STLS: nothing
    /// but the request for it ever crosses in clear.
    ///
    /// # Errors
    /// When the server is not there, not trusted, not willing, or refuses STLS.
    pub fn connect(endpoint: &Endpoint) -> Result<Pop3Client, ClientError> {
        let mut client = Pop3Client {
            socket: ClientSocket::connect(endpoint, Protocol::Pop3)?,
            capabilities: None,
        };
        let greeting = client.socket.receive_reply()?;
        client.judge("the connection", greeting)?;
        if endpoint.security == Security::StartTls {
            client.stls()?;
        }
        Ok(client)
    }

    /// Asks what the server can do (RFC 2449 §5).
    ///
    /// # Errors
    /// When it does not know CAPA, or the connection fails.
    pub fn capa(&mut self) -> Result<&Capabilities, ClientError> {
        self.say(&Command::Capa)?;
        let lines = self.receive_lines()?;
        Ok(self.capabilities.insert(lines.into()))
    }

    /// The same without asking twice; nothing, where it does not know CAPA.
    fn capabilities(&mut self) -> Result<&Capabilities, ClientError> {
        if self.capabilities.is_none() {
            match self.capa().map(drop) {
                Ok(()) | Err(ClientError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.capabilities.get_or_insert_default())
    }

    /// Begins TLS, and forgets what was offered in clear (RFC 2595 §4).
    ///
    /// # Errors
    /// When it is refused, or the server is not trusted.
    pub fn stls(&mut self) -> Result<(), ClientError> {
        self.say(&Command::Stls)?;
        self.capabilities = None;
        self.socket.start_tls()
    }

    /// Logs in, which locks the mailbox: by the best mechanism of SASL that the server offers, and
    /// where it offers none, with USER and PASS.
    ///
    /// # Errors
    /// When the password would cross in clear or is not accepted, or another client has the mailbox
    /// (then [`ClientError::is_transient`]).
    pub fn login(&mut self, user: &str, password: &str) -> Result<(), ClientError> {
        let offered = self.capabilities()?.clone();
        match login::choose(&self.socket, |name| offered.has_with("SASL", name))? {
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
        let mut login = Login::begin(&self.socket, mechanism, user, password)?;
        let (mechanism, initial) = login.argument(COMMAND_LINE);
        let label = format!("AUTH {mechanism}");
        let command = Command::Auth { mechanism, initial }.to_string();
        let answer: Status = self.socket.send_message_receive_reply(command.as_bytes())?;
        let answer = login.answer(&mut self.socket, answer)?;
        self.judge(&label, answer)?;
        login.end(&mut self.socket)
    }

    /// Logs in with USER and PASS (RFC 1939 §7).
    ///
    /// # Errors
    /// As [`Pop3Client::login`].
    pub fn user_and_pass(&mut self, user: &str, password: &str) -> Result<(), ClientError> {
        self.socket.must_be_private()?;
        self.say(&Command::User(user.to_owned()))?;
        let command = Command::Pass(password.to_owned()).to_string();
        let answer = self.socket.send_message_receive_reply(command.as_bytes())?;
        self.judge("PASS", answer).map(drop)
    }

    /// How many messages and octets there are.
    ///
    /// # Errors
    /// When the connection fails or the answer makes no sense.
    pub fn stat(&mut self) -> Result<Stat, ClientError> {
        let text = self.say(&Command::Stat)?;
        match pair(&text) {
            Some((messages, octets)) => Ok(Stat { messages, octets }),
            None => Err(self.socket.nonsense(text.as_bytes(), "to STAT")),
        }
    }

    /// Each message's number and octets.
    ///
    /// # Errors
    /// When the connection fails or the answer makes no sense.
    pub fn list(&mut self) -> Result<Vec<(u32, u64)>, ClientError> {
        self.say(&Command::List(None))?;
        self.receive_pairs("LIST")
    }

    /// Each message's number and unique id, by which it is known again next time.
    ///
    /// # Errors
    /// When the connection fails or the answer makes no sense.
    pub fn uidl(&mut self) -> Result<Vec<(u32, String)>, ClientError> {
        self.say(&Command::Uidl(None))?;
        self.receive_pairs("UIDL")
    }

    /// Copies a message to `out`, with CRLF line endings; returns its octets.
    ///
    /// # Errors
    /// When there is no such message, `out` fails, or the connection is cut.
    pub fn retr(&mut self, message: u32, out: &mut dyn Write) -> Result<u64, ClientError> {
        self.say(&Command::Retr(message))?;
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
        self.say(&Command::Top { message, lines })?;
        self.socket.receive_dot_text(out)
    }

    /// The same of many messages, each kept in memory. All are asked for at once where the server
    /// offers PIPELINING (RFC 2449 §6.6), otherwise one after the other.
    ///
    /// # Errors
    /// Outside, when the connection fails or they are more than can be kept; inside, what became of
    /// each.
    pub fn top_each(
        &mut self,
        messages: &[u32],
        lines: u64,
    ) -> Result<Vec<Result<Vec<u8>, ClientError>>, ClientError> {
        let pipelining = self.capabilities()?.has("PIPELINING") && !self.socket.is_stepped();
        let at_once = if pipelining { limits::PIPELINED } else { 1 };
        let (mut tops, mut room) = (Vec::new(), limits::ANSWER);
        for messages in messages.chunks(at_once) {
            let commands: Vec<String> = messages
                .iter()
                .map(|&message| Command::Top { message, lines }.to_string())
                .collect();
            for command in &commands {
                self.socket.send_line(command.as_bytes())?;
            }
            for command in &commands {
                let answer = self.socket.receive_reply()?;
                let judged = self.judge(command, answer);
                if let Err(refused) = judged {
                    tops.push(Err(refused));
                    continue;
                }
                let mut top = Bounded::new(room);
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
        self.say(&Command::Dele(message)).map(drop)
    }

    /// Does nothing, and so shows that the server is there.
    ///
    /// # Errors
    /// When it is not.
    pub fn noop(&mut self) -> Result<(), ClientError> {
        self.say(&Command::Noop).map(drop)
    }

    /// Takes back the marks for deletion.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn rset(&mut self) -> Result<(), ClientError> {
        self.say(&Command::Rset).map(drop)
    }

    /// Says a command that a person has chosen, and returns the lines that answer it: behind `+OK` of
    /// RETR, TOP, CAPA, and of LIST and UIDL without a number, several.
    ///
    /// # Errors
    /// When it is refused, the connection fails, or the answer is larger than
    /// [`ANSWER`](crate::limits::ANSWER).
    pub fn perform(&mut self, command: &Command) -> Result<Vec<String>, ClientError> {
        let status = self.say(command)?;
        let mut lines = vec![status];
        if command.is_answered_in_lines() {
            lines.extend(self.receive_lines()?);
        }
        Ok(lines)
    }

    /// Says goodbye: what is marked is deleted now. Closes.
    ///
    /// # Errors
    /// When the server could not delete all of it, or the connection fails before.
    pub fn quit(mut self) -> Result<(), ClientError> {
        self.say(&Command::Quit)?;
        self.socket.close();
        Ok(())
    }

    fn say(&mut self, command: &Command) -> Result<String, ClientError> {
        let command = command.to_string();
        let answer = self.socket.send_message_receive_reply(command.as_bytes())?;
        self.judge(&command, answer)
    }

    fn judge(&mut self, command: &str, status: Status) -> Result<String, ClientError> {
        let text = match status {
            Status::Ok(text) => return Ok(text),
            Status::Err(text) => text,
            Status::GoOn(_) => {
                let what = format!("“+” to {command}");
                return Err(self.socket.unexpected(&what));
            }
        };
        // RFC 2449 §8.1, RFC 3206 §4.
        let later = ["[IN-USE]", "[LOGIN-DELAY]", "[SYS/TEMP]"];
        let upper = text.to_ascii_uppercase();
        Err(ClientError::Refused {
            server: self.socket.endpoint().to_string(),
            command: command.to_owned(),
            reply: format!("-ERR {text}"),
            transient: later.iter().any(|code| upper.starts_with(code)),
        })
    }

    /// Lines up to a lone dot, un-stuffed (RFC 1939 §3).
    fn receive_lines(&mut self) -> Result<Vec<String>, ClientError> {
        let (mut lines, mut room) = (Vec::new(), limits::ANSWER);
        loop {
            let line = self.socket.receive_line(&mut room)?;
            match line.strip_prefix(b".") {
                Some([]) => return Ok(lines),
                Some(rest) => lines.push(String::from_utf8_lossy(rest).into_owned()),
                None => lines.push(String::from_utf8_lossy(&line).into_owned()),
            }
        }
    }

    fn receive_pairs<T: std::str::FromStr>(
        &mut self,
        verb: &str,
    ) -> Result<Vec<(u32, T)>, ClientError> {
        let lines = self.receive_lines()?;
        let pairs = lines.iter().map(|line| pair(line).ok_or(line));
        pairs
            .collect::<Result<_, _>>()
            .map_err(|line| self.socket.nonsense(line.as_bytes(), &format!("to {verb}")))
    }
}

/// `2 320`; a server may say more behind it (RFC 1939 §5).
fn pair<T: std::str::FromStr>(text: &str) -> Option<(u32, T)> {
    let mut words = text.split(' ');
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests;
