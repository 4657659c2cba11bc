//! What can go wrong for a client, each as one sentence: who answered what, and what to do.
//!
//! The server's words are shown as [`printable`](super::printable()) text; passwords are in no error.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::printable;
use crate::mail::net::tls::TlsError;

/// Why a client's job was not done. `server` is always `host:port`.
#[derive(Debug)]
pub enum ClientError {
    /// Nobody answers there.
    Unreachable {
        /// Where.
        server: String,
        /// What the operating system says.
        cause: io::Error,
    },
    /// The server's certificate is not signed by anyone we trust, has expired, or bears another name.
    Untrusted {
        /// Who showed it.
        server: String,
        /// The CA that was trusted beside the system's.
        ca: PathBuf,
        /// What OpenSSL says.
        why: String,
    },
    /// There was no TLS handshake, for another reason than the certificate.
    Handshake {
        /// With whom.
        server: String,
        /// What OpenSSL says.
        why: String,
    },
    /// Our own side of TLS cannot be set up.
    Tls(TlsError),
    /// The server closed the connection, or it broke.
    Closed {
        /// Which.
        server: String,
    },
    /// The server said nothing for too long.
    TimedOut {
        /// Which.
        server: String,
    },
    /// The server understood, and will not.
    Refused {
        /// Which.
        server: String,
        /// What was asked, without secrets.
        command: String,
        /// What it answered.
        reply: String,
        /// Does it say that the same may succeed later?
        transient: bool,
    },
    /// The server does not offer what is needed.
    NotOffered {
        /// Which.
        server: String,
        /// What is needed: `STARTTLS`.
        what: String,
    },
    /// The password would cross in clear, and nobody said that it may.
    InClear {
        /// To whom.
        server: String,
    },
    /// The server does not log us in as it should: it may be another one.
    NotTrustworthy {
        /// Which.
        server: String,
        /// What it said.
        what: String,
    },
    /// The server said something that its protocol does not allow here, or more than we listen to.
    Unexpected {
        /// Which.
        server: String,
        /// What it said.
        what: String,
    },
    /// What is to be sent cannot be said in this protocol.
    Unsendable {
        /// What it is.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The message could not be read from, or written to, its place on our side.
    Local(io::Error),
}

impl ClientError {
    /// May the same succeed a little later, without anyone changing anything?
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
                "{server} would get the password in clear, for everybody on the way to read; use TLS"
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
    /// What the server has done, or failed to do.
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
            ClientError::Handshake { server, why } => write!(
                f,
                "{server} does not complete the TLS handshake: {why}; is this a port with TLS?"
            ),
            ClientError::Closed { server } => {
                write!(f, "{server} closed the connection; connect again")
            }
            ClientError::TimedOut { server } => {
                write!(f, "{server} does not answer; try again later")
            }
            ClientError::Refused {
                server,
                command,
                reply,
                ..
            } => write!(f, "{server} refuses {command}: {}", printable(reply)),
            ClientError::NotOffered { server, what } => {
                write!(f, "{server} does not offer {what}; choose another port")
            }
            ClientError::NotTrustworthy { server, what } => write!(
                f,
                "{server} answers the login with {what}; it is not to be trusted"
            ),
            ClientError::Unexpected { server, what } => write!(
                f,
                "{server} answers {}; is this the right port?",
                printable(what)
            ),
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
