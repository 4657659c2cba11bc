//! What happens on a connection, and on which.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use crate::mail::net::{PeerCertificate, Side, TlsSession};
use crate::mail::protocol::Protocol;

/// A connection that is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// From 1 on, in this program.
    pub number: u64,
    /// Which end is ours.
    pub ours: Side,
    /// What is spoken; `None` if it is a protocol of somebody's own.
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
    /// When. Later events of one recorder never have an earlier time.
    pub time: SystemTime,
    /// Where.
    pub connection: Arc<Connection>,
    /// What.
    pub what: What,
}

impl Event {
    /// The octets of memory that it keeps, roughly.
    #[must_use]
    pub fn size(&self) -> usize {
        self.what.size()
    }
}

/// What happened. The order within a connection: what is said stands before the octets that carry it
/// across the socket, and secrets before the octets that they decrypt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The connection stands; always the first.
    Opened,
    /// This side said these octets, in clear or under TLS.
    Said {
        /// Who.
        by: Side,
        /// What: lines, parts of lines, several lines.
        octets: Vec<u8>,
    },
    /// These octets crossed the socket, as ciphertext where TLS is on.
    Crossed {
        /// Who sent them.
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
    /// A TLS handshake failed: why, in the TLS library's words.
    Failed(String),
    /// This side will say nothing more: FIN.
    Ended {
        /// Who.
        by: Side,
    },
    /// The other end broke the connection off: RST.
    Reset,
    /// There was more to record than could be written in time: the rest of it is missing. The last.
    Lost,
    /// Our end of the connection is closed. The last.
    Closed,
}

/// Why a TLS handshake failed ([`What::Failed`]), for people. OpenSSL speaks of an alert only when it has received
/// one.
pub(crate) fn why_no_tls(why: &str) -> String {
    match why.split_once(" alert ") {
        Some((_, alert)) => format!("the other end sent the alert {alert:?}"),
        None => why.to_owned(),
    }
}

impl What {
    /// The sides that say nothing more behind it.
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

    /// The octets of memory that it keeps, roughly.
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
