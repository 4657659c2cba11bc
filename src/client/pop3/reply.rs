//! The replies of a POP3 server: a status line, and for some commands more lines (RFC 1939 §3).

use std::str::FromStr;

use super::Pop3Client;
use crate::client::{ClientError, ClientSocket, ServerReply};
use crate::limits;
use crate::mail::protocol::pop3::Command;

/// A status line, with the text after its indicator (RFC 1939 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pop3Reply {
    /// `+OK …`
    Ok(String),
    /// `-ERR …`
    Err(String),
    /// `+ …`: AUTH continues with a challenge in base64 (RFC 5034 §4).
    Continue(String),
}

impl ServerReply for Pop3Reply {
    fn receive(socket: &mut ClientSocket) -> Result<Pop3Reply, ClientError> {
        let line = socket.receive_line(&mut { limits::ANSWER })?;
        let text = String::from_utf8_lossy(&line);
        let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let rest = rest.to_owned();
        match word {
            "+OK" => Ok(Pop3Reply::Ok(rest)),
            "-ERR" => Ok(Pop3Reply::Err(rest)),
            "+" => Ok(Pop3Reply::Continue(rest)),
            _ => Err(socket.nonsense(&line, "in POP3")),
        }
    }
}

impl Pop3Client {
    /// Sends a command and returns the text after `+OK`.
    pub(super) fn execute(&mut self, command: &Command) -> Result<String, ClientError> {
        let command = command.to_string();
        let reply = self.socket.send_message_receive_reply(command.as_bytes())?;
        self.check(&command, reply)
    }

    /// Returns the text after `+OK`; any other reply is an error.
    pub(super) fn check(&mut self, command: &str, reply: Pop3Reply) -> Result<String, ClientError> {
        let text = match reply {
            Pop3Reply::Ok(text) => return Ok(text),
            Pop3Reply::Err(text) => text,
            Pop3Reply::Continue(_) => {
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

    /// Receives the lines up to the final dot, without the stuffed dots (RFC 1939 §3).
    pub(super) fn receive_lines(&mut self) -> Result<Vec<String>, ClientError> {
        let mut lines = Vec::new();
        let mut room = limits::ANSWER;
        loop {
            let line = self.socket.receive_line(&mut room)?;
            match line.strip_prefix(b".") {
                Some([]) => return Ok(lines),
                Some(rest) => lines.push(String::from_utf8_lossy(rest).into_owned()),
                None => lines.push(String::from_utf8_lossy(&line).into_owned()),
            }
        }
    }

    /// Receives lines that each begin with a message's number and a value.
    pub(super) fn receive_pairs<T: FromStr>(
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

/// Parses `2 320`; a server may add more words (RFC 1939 §5).
pub(super) fn pair<T: FromStr>(text: &str) -> Option<(u32, T)> {
    let mut words = text.split(' ');
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}
