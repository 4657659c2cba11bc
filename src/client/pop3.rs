//! POP3 from the client's side (RFC 1939; CAPA: RFC 2449; STLS: RFC 2595).
//!
//! The verbs, one method each. A message goes from the wire straight to where it is wanted.
//! Deletions become real with [`Pop3Client::quit`] only: a connection that ends otherwise changes nothing.

use std::io::Write;

use super::{Answer, ClientError, ClientSocket, Endpoint, Security};
use crate::limits;
use crate::protocol::pop3::Command;

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
}

/// What STAT tells of the mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// How many messages there are.
    pub messages: u32,
    /// The octets of them all.
    pub octets: u64,
}

/// A status line: `+OK …` or `-ERR …` (RFC 1939 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Is it `+OK`?
    pub ok: bool,
    /// What stands behind.
    pub text: String,
}

impl Answer for Status {
    fn receive(socket: &mut ClientSocket) -> Result<Status, ClientError> {
        let line = socket.receive_line(&mut { limits::ANSWER })?;
        let text = String::from_utf8_lossy(&line);
        let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let ok = match word {
            "+OK" => true,
            "-ERR" => false,
            _ => return Err(socket.nonsense(&line, "in POP3")),
        };
        Ok(Status {
            ok,
            text: rest.to_owned(),
        })
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
            socket: ClientSocket::connect(endpoint)?,
        };
        let greeting = client.socket.receive_reply()?;
        client.judge("the connection", greeting)?;
        if endpoint.security == Security::StartTls {
            client.stls()?;
        }
        Ok(client)
    }

    /// What the server can do, a line each (RFC 2449 §5).
    ///
    /// # Errors
    /// When it does not know CAPA, or the connection fails.
    pub fn capa(&mut self) -> Result<Vec<String>, ClientError> {
        self.say(&Command::Capa)?;
        self.receive_lines()
    }

    /// Begins TLS.
    ///
    /// # Errors
    /// When it is refused, or the server is not trusted.
    pub fn stls(&mut self) -> Result<(), ClientError> {
        self.say(&Command::Stls)?;
        self.socket.start_tls()
    }

    /// Logs in with USER and PASS, which locks the mailbox.
    ///
    /// # Errors
    /// When they are not accepted, or another client has the mailbox (then
    /// [`ClientError::is_transient`]).
    pub fn login(&mut self, user: &str, password: &str) -> Result<(), ClientError> {
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

    fn judge(&self, command: &str, status: Status) -> Result<String, ClientError> {
        if status.ok {
            return Ok(status.text);
        }
        // RFC 2449 §8.1, RFC 3206 §4.
        let later = ["[IN-USE]", "[LOGIN-DELAY]", "[SYS/TEMP]"];
        let upper = status.text.to_ascii_uppercase();
        Err(ClientError::Refused {
            server: self.socket.endpoint().to_string(),
            command: command.to_owned(),
            reply: format!("-ERR {}", status.text),
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
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::client::scripted::{play, serve};

    #[test]
    fn a_mailbox_is_listed_read_and_emptied() {
        let (endpoint, server) = play(
            "S: +OK ready
            C: USER bob
            S: +OK Send PASS
            C: PASS  two  spaces
            S: +OK Welcome
            C: STAT
            S: +OK 2 320
            C: LIST
            S: +OK 2 messages
            S: 1 120
            S: 2 200 and more that a server says
            S: .
            C: UIDL
            S: +OK
            S: 1 abc
            S: .
            C: RETR 1
            S: +OK 120 octets
            S: Subject: dots
            S: ...
            S: .
            C: DELE 1
            S: +OK Message marked for deletion
            C: DELE 9
            S: -ERR Message number out of range
            C: QUIT
            S: +OK Farewell",
        );
        let mut client = Pop3Client::connect(&endpoint).unwrap();
        client.login("bob", " two  spaces").unwrap();
        let stat = Stat {
            messages: 2,
            octets: 320,
        };
        assert_eq!(client.stat().unwrap(), stat);
        assert_eq!(client.list().unwrap(), [(1, 120), (2, 200)]);
        assert_eq!(client.uidl().unwrap(), [(1, "abc".to_owned())]);
        let mut message = Vec::new();
        client.retr(1, &mut message).unwrap();
        assert_eq!(message, b"Subject: dots\r\n..\r\n");
        client.dele(1).unwrap();
        let error = client.dele(9).unwrap_err().to_string();
        assert!(error.ends_with("refuses DELE 9: -ERR Message number out of range"));
        client.quit().unwrap();
        server.join().unwrap();
    }

    #[test]
    fn a_locked_mailbox_is_worth_another_try() {
        for (answer, transient) in [("[IN-USE] locked", true), ("[AUTH] wrong", false)] {
            let (endpoint, server) = play(&format!(
                "S: +OK
                C: USER bob
                S: +OK
                C: PASS x
                S: -ERR {answer}"
            ));
            let mut client = Pop3Client::connect(&endpoint).unwrap();
            let error = client.login("bob", "x").unwrap_err();
            assert_eq!(error.is_transient(), transient, "{error}");
            drop(client);
            server.join().unwrap();
        }
    }

    #[test]
    fn nonsense_is_an_error() {
        let rows: [(&[u8], &str); 5] = [
            (
                b"+OK\r\n+OK two 320\r\n",
                "“two 320”, which is no answer to STAT",
            ),
            (
                b"+OK\r\n+OK 2 99999999999999999999\r\n",
                "no answer to STAT",
            ),
            (b"+OK\r\n250 Ok\r\n", "“250 Ok”, which is no answer in POP3"),
            (b"220 smtp\r\n", "“220 smtp”, which is no answer in POP3"),
            (b"+OK\r\n", "closed the connection"),
        ];
        for (said, expected) in rows {
            let (endpoint, server) = serve(move |stream| stream.write_all(said).unwrap());
            let stat = Pop3Client::connect(&endpoint).and_then(|mut client| client.stat());
            let error = stat.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            server.join().unwrap();
        }
    }

    #[test]
    fn a_list_without_end_is_cut_off() {
        let (endpoint, server) = serve(|stream| {
            stream.write_all(b"+OK\r\n+OK\r\n").unwrap();
            let many = b"1 1\r\n".repeat(10_000);
            while stream.write_all(&many).is_ok() {}
        });
        let mut client = Pop3Client::connect(&endpoint).unwrap();
        let error = client.list().unwrap_err();
        assert!(matches!(error, ClientError::Unexpected { .. }), "{error}");
        drop(client);
        server.join().unwrap();
    }

    #[test]
    fn a_message_that_is_cut_is_no_message() {
        let (endpoint, server) = serve(|stream| {
            let said = b"+OK\r\n+OK 10 octets\r\nSubject: half\r\n.";
            stream.write_all(said).unwrap();
        });
        let mut client = Pop3Client::connect(&endpoint).unwrap();
        let error = client.retr(1, &mut Vec::new()).unwrap_err();
        assert!(matches!(error, ClientError::Closed { .. }), "{error}");
        server.join().unwrap();
    }
}
