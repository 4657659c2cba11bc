//! What is wrong with a conversation, as a client's error that names the server.
//!
//! Whatever leaves open what the server will say next cuts the connection.

use std::io;

use super::ClientSocket;
use crate::client::ClientError;
use crate::mail::net::{Wake, tls};

impl ClientSocket {
    /// The error for a line without an end, and the connection's end.
    pub fn endless(&mut self) -> ClientError {
        self.unexpected("a line without an end")
    }

    /// The error for an answer that makes no sense; the connection is of no use after it.
    pub(in crate::client) fn unexpected(&mut self, what: &str) -> ClientError {
        self.wire = None;
        ClientError::Unexpected {
            server: self.endpoint.to_string(),
            what: what.to_owned(),
        }
    }

    /// The error for a server that does not log us in as it should.
    pub(in crate::client) fn not_trustworthy(&mut self, what: &str) -> ClientError {
        self.wire = None;
        ClientError::NotTrustworthy {
            server: self.endpoint.to_string(),
            what: what.to_owned(),
        }
    }

    /// The error for a message that is shorter than was announced: the server waits for the rest.
    pub(in crate::client) fn cut_short(&mut self) -> ClientError {
        self.wire = None;
        let why = "it became shorter while it was sent";
        ClientError::Local(io::Error::new(io::ErrorKind::UnexpectedEof, why))
    }

    /// The error for an answer that means nothing in this protocol or `to` this command.
    pub(in crate::client) fn nonsense(&mut self, answer: &[u8], to: &str) -> ClientError {
        let begin = answer.get(..80).unwrap_or(answer);
        let begin = String::from_utf8_lossy(begin);
        self.unexpected(&format!("“{begin}”, which is no answer {to}"))
    }

    /// The error for a server that cannot do what is needed.
    pub(in crate::client) fn not_offered(&self, what: &str) -> ClientError {
        ClientError::NotOffered {
            server: self.endpoint.to_string(),
            what: what.to_owned(),
        }
    }

    /// The error for a connection that failed, and its end.
    pub(super) fn failure(&mut self, error: &io::Error) -> ClientError {
        self.wire = None;
        let server = self.endpoint.to_string();
        log::debug!("{server}: {error}");
        if is_timeout(error) {
            ClientError::TimedOut { server }
        } else {
            ClientError::Closed { server }
        }
    }

    /// The error for a TLS handshake that failed, and the connection's end.
    pub(super) fn handshake_failure(&mut self, error: &io::Error) -> ClientError {
        self.wire = None;
        let server = self.endpoint.to_string();
        let why = error.to_string();
        if is_timeout(error) {
            ClientError::TimedOut { server }
        } else if why.contains("certificate verify failed") {
            let why = tls::verdict(&why).unwrap_or(why.as_str()).to_owned();
            let ca = self.endpoint.ca.clone();
            ClientError::Untrusted { server, ca, why }
        } else {
            ClientError::Handshake { server, why }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    // A write that waits too long gives the first, a read the second.
    error.kind() == io::ErrorKind::WouldBlock || Wake::of(error) == Some(Wake::TimedOut)
}
