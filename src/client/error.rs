//! What can go wrong for a client, each as one sentence: which server, what happened, what to do.
//!
//! The server's words appear as [`printable`](super::printable()) text. No error contains a password.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::printable;
use crate::mail::net::tls::TlsError;

/// Why a client failed. `server` is always `host:port`.
#[derive(Debug)]
pub enum ClientError {
    /// No server accepts connections there.
    Unreachable {
        /// The address.
        server: String,
        /// What the operating system says.
        cause: io::Error,
    },
    /// The server's certificate is not signed by a trusted CA, has expired, or has another name.
    Untrusted {
        /// The server.
        server: String,
        /// The CA that was trusted in addition to the system's.
        ca: PathBuf,
        /// What is wrong with the certificate.
        why: String,
    },
    /// The TLS handshake failed for another reason than the certificate.
    Handshake {
        /// The server.
        server: String,
    },
    /// TLS cannot be set up on our side.
    Tls(TlsError),
    /// The server closed the connection, or the connection broke.
    Closed {
        /// The server.
        server: String,
    },
    /// The server did not answer in time.
    TimedOut {
        /// The server.
        server: String,
    },
    /// The server understood the command, and refused it.
    Refused {
        /// The server.
        server: String,
        /// The command, without secrets.
        command: String,
        /// The reply.
        reply: String,
        /// True if the reply says that the command may succeed later.
        transient: bool,
    },
    /// The server does not offer what is needed.
    NotOffered {
        /// The server.
        server: String,
        /// What is needed: `STARTTLS`.
        what: String,
    },
    /// The password would be sent unencrypted, which the endpoint does not allow.
    InClear {
        /// The server.
        server: String,
    },
    /// The server does not follow the rules of the login: it may not be the right server.
    NotTrustworthy {
        /// The server.
        server: String,
        /// What it did.
        what: String,
    },
    /// The server sent what its protocol does not allow here, or more than the limits permit.
    Unexpected {
        /// The server.
        server: String,
        /// What it sent.
        what: String,
    },
    /// This protocol cannot express what was to be sent.
    Unsendable {
        /// What was to be sent.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The message could not be read or written on our side.
    Local(io::Error),
}

impl ClientError {
    /// True if the same may succeed a little later, without any change.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            ClientError::Unreachable { .. }
            | ClientError::Closed { .. }
            | ClientError::TimedOut { .. } => true,
            ClientError::Refused { transient, .. } => *transient,
            _ => false,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::Tls(error) => error.fmt(f),
            ClientError::InClear { server } => write!(
                f,
                "the password would be sent to {server} unencrypted, so that anyone on the way \
                 could read it; use TLS"
            ),
            ClientError::Unsendable { what, why } => {
                write!(f, "{} cannot be sent: {why}", printable(what))
            }
            ClientError::Local(error) => write!(f, "the message cannot be copied: {error}"),
            of_the_server => of_the_server.fmt_of_the_server(f),
        }
    }
}

impl ClientError {
    /// Writes what the server did, or failed to do.
    fn fmt_of_the_server(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::Unreachable { server, cause } => write!(
                f,
                "{server} cannot be reached: {cause}; is the server running, and on this port?"
            ),
            ClientError::Untrusted { server, ca, why } => write!(
                f,
                "{server} shows a certificate that is not trusted: {why}; \
                 trusted are the system's authorities and {}",
                ca.display()
            ),
            ClientError::Handshake { server } => {
                write!(f, "{server} does not complete the TLS handshake; is this a port with TLS?")
            }
            ClientError::Closed { server } => {
                write!(f, "{server} closed the connection; connect again")
            }
            ClientError::TimedOut { server } => {
                write!(f, "{server} does not answer; try again later")
            }
            ClientError::Refused { server, command, reply, .. } => {
                write!(f, "{server} refuses {command}: {}", printable(reply))
            }
            ClientError::NotOffered { server, what } => {
                write!(f, "{server} does not offer {what}; choose another port")
            }
            ClientError::NotTrustworthy { server, what } => {
                write!(f, "{server} answers the login with {what}; do not trust this server")
            }
            ClientError::Unexpected { server, what } => {
                write!(f, "{server} answers {}; is this the right port?", printable(what))
            }
            _ => Ok(()),
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ClientError::Unreachable { cause, .. } | ClientError::Local(cause) => Some(cause),
            ClientError::Tls(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_printable_sentence() {
        let refused = ClientError::Refused {
            server: "127.0.0.1:2025".into(),
            command: "RCPT TO:<x@here.test>".into(),
            reply: "550 \u{1b}[2Jno".into(),
            transient: false,
        };
        let text = "127.0.0.1:2025 refuses RCPT TO:<x@here.test>: 550 \u{fffd}[2Jno";
        assert_eq!(refused.to_string(), text);
        assert!(!refused.is_transient());
    }
}
