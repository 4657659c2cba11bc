//! The events of a connection, and the connection itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use crate::mail::net::{PeerCertificate, Side, TlsSession};
use crate::mail::protocol::Protocol;

/// A connection that is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its number in this program, from 1.
    pub number: u64,
    /// The end that is ours.
    pub ours: Side,
    /// The protocol; `None` if it is not one of ours.
    pub protocol: Option<Protocol>,
    /// The name of the service, as in `[ports]`: `imaps`.
    pub service: String,
    /// The address of the client's end.
    pub client: SocketAddr,
    /// The address of the server's end.
    pub server: SocketAddr,
    /// The name of the thread that leads the conversation.
    pub thread: String,
}

/// Something that happened on a connection.
#[derive(Clone, Debug)]
pub struct Event {
    /// The time. Later events of one recorder never have an earlier time.
    pub time: SystemTime,
    /// The connection on which it happened.
    pub connection: Arc<Connection>,
    /// What happened.
    pub what: What,
}

impl Event {
    /// Roughly the memory that it keeps, in octets.
    #[must_use]
    pub fn size(&self) -> usize {
        self.what.size()
    }
}

/// What happened. Within a connection, what is said comes before the octets that carry it across the
/// socket, and secrets come before the octets that they decrypt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The connection is open; always the first.
    Opened,
    /// This side said these octets, unencrypted or under TLS.
    Said {
        /// The side.
        by: Side,
        /// Lines, parts of lines, several lines.
        octets: Vec<u8>,
    },
    /// These octets crossed the socket, as ciphertext under TLS.
    Crossed {
        /// The side that sent them.
        by: Side,
        /// As many as one call took.
        octets: Vec<u8>,
    },
    /// Secrets of a TLS handshake: lines of an NSS key log, each with its ending.
    Secrets(String),
    /// The server showed this certificate to us.
    Presented(PeerCertificate),
    /// A TLS handshake is done.
    Secured(TlsSession),
    /// A TLS handshake failed, for this reason in the TLS library's words.
    Failed(String),
    /// This side will say nothing more: FIN.
    Ended {
        /// The side.
        by: Side,
    },
    /// The other end broke the connection off: RST.
    Reset,
    /// More happened than could be written in time, and the rest is missing; always the last.
    Lost,
    /// Our end of the connection is closed; always the last.
    Closed,
}

/// The reason of a failed TLS handshake ([`What::Failed`]) for people. OpenSSL names an alert only
/// when it has received one.
pub(crate) fn why_no_tls(why: &str) -> String {
    match why.split_once(" alert ") {
        Some((_, alert)) => format!("the other end sent the alert {alert:?}"),
        None => why.to_owned(),
    }
}

impl What {
    /// The sides that say nothing more after it.
    #[must_use]
    pub fn ends(&self) -> &[Side] {
        match self {
            What::Ended { by } => std::slice::from_ref(by),
            What::Failed(_) | What::Reset | What::Lost | What::Closed => {
                &[Side::Client, Side::Server]
            }
            _ => &[],
        }
    }

    /// Roughly the memory that it keeps, in octets.
    pub(super) fn size(&self) -> usize {
        let octets = match self {
            What::Said { octets, .. } | What::Crossed { octets, .. } => octets.len(),
            What::Secrets(lines) | What::Failed(lines) => lines.len(),
            What::Presented(shown) => shown.chain.iter().map(Vec::len).sum(),
            _ => 0,
        };
        octets + size_of::<Event>()
    }
}
