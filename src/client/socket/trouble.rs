//! The errors of a client's conversation, each with the name of the server.
//!
//! An error after which it is unclear what the server will send next cuts the connection.

use std::io;

use super::ClientSocket;
use crate::client::ClientError;
use crate::mail::net::{WaitEnd, tls};

impl ClientSocket {
    /// Cuts the connection because a line does not end, and returns the error.
    pub fn endless(&mut self) -> ClientError {
        self.unexpected("a line without an end")
    }

    /// Cuts the connection because of an unexpected reply, and returns the error.
    pub(in crate::client) fn unexpected(&mut self, what: &str) -> ClientError {
        self.wire = None;
        ClientError::Unexpected { server: self.endpoint.to_string(), what: what.to_owned() }
    }

    /// Cuts the connection because the login does not follow the rules, and returns the error.
    pub(in crate::client) fn not_trustworthy(&mut self, what: &str) -> ClientError {
        self.wire = None;
        ClientError::NotTrustworthy { server: self.endpoint.to_string(), what: what.to_owned() }
    }

    /// Cuts the connection because a message was shorter than announced, and returns the error.
    pub(in crate::client) fn cut_short(&mut self) -> ClientError {
        self.wire = None;
        let why = "it became shorter while it was sent";
        ClientError::Local(io::Error::new(io::ErrorKind::UnexpectedEof, why))
    }

    /// Cuts the connection because the reply is invalid in this protocol or `to` this command, and
    /// returns the error.
    pub(in crate::client) fn nonsense(&mut self, answer: &[u8], to: &str) -> ClientError {
        let begin = answer.get(..80).unwrap_or(answer);
        let begin = String::from_utf8_lossy(begin);
        self.unexpected(&format!("“{begin}”, which is not a valid reply {to}"))
    }

    /// Returns the error for a server that does not offer what is needed.
    pub(in crate::client) fn not_offered(&self, what: &str) -> ClientError {
        ClientError::NotOffered { server: self.endpoint.to_string(), what: what.to_owned() }
    }

    /// Ends the connection that failed, and returns the error.
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

    /// Ends the connection whose TLS handshake failed, and returns the error.
    pub(super) fn handshake_failure(&mut self, error: &io::Error) -> ClientError {
        self.wire = None;
        let server = self.endpoint.to_string();
        let why = error.to_string();
        log::info!("TLS handshake with {server}: {why}");
        if is_timeout(error) {
            ClientError::TimedOut { server }
        } else if why.contains("certificate verify failed") {
            let why = tls::verdict(&why).unwrap_or(why.as_str()).to_owned();
            let ca = self.endpoint.ca.clone();
            ClientError::Untrusted { server, ca, why }
        } else {
            ClientError::Handshake { server }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    // A write that times out gives the first error, a read the second.
    error.kind() == io::ErrorKind::WouldBlock || WaitEnd::of(error) == Some(WaitEnd::TimedOut)
}
