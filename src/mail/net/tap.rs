//! Taps: how a program looks on at a connection without taking part in it.
//!
//! A listener and a client ask their [`Taps`] for a [`Tap`] when a connection begins. By default
//! there is none, and then looking on costs nothing. A tap is called in the connection's own
//! thread, so it must be quick, and it cannot fail: nothing that happens to a recording may happen
//! to the conversation.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{PeerCertificate, TlsSession};
use crate::mail::Protocol;

/// One of the two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The end that connected.
    Client,
    /// The end that was listening.
    Server,
}

impl Side {
    /// `client` or `server`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Side::Client => "client",
            Side::Server => "server",
        }
    }

    /// The other end.
    #[must_use]
    pub fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A direction on a connection, seen from our end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the other end to us.
    In,
    /// From us to the other end.
    Out,
}

/// Watches one connection, and is dropped with it.
///
/// A tap receives every octet twice: as it crosses the socket, and as it is said. Under TLS the two
/// differ: what crosses is ciphertext, as a capture of the network would show it.
pub trait Tap: Send {
    /// These octets crossed the socket. For incoming octets, this call comes before [`Tap::said`].
    fn crossed(&mut self, direction: Direction, octets: &[u8]);

    /// These octets were said, without encryption. For outgoing octets, this call comes before
    /// [`Tap::crossed`].
    fn said(&mut self, direction: Direction, octets: &[u8]);

    /// Secrets of the TLS handshake, as lines of an NSS key log, each with its ending.
    ///
    /// They are reported before anything that they encrypt goes out, and right after it came in.
    fn secrets(&mut self, lines: &str);

    /// The other end sent this certificate.
    ///
    /// It is reported before any answer to it goes out: an alert, if it is not trusted.
    fn presented(&mut self, certificate: &PeerCertificate);

    /// The TLS handshake succeeded.
    fn secured(&mut self, secured: &TlsSession);

    /// The TLS handshake failed, for this reason in the TLS library's words.
    fn failed(&mut self, why: &str);

    /// Everything that came in has been used; the connection waits for more.
    fn waits(&mut self);

    /// One side has closed its direction (FIN). Called once for each direction.
    fn ended(&mut self, direction: Direction);

    /// The other end aborted the connection (RST).
    fn reset(&mut self);
}

/// A connection, as a tap gets to know it.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionInfo<'a> {
    /// Which end is ours.
    pub ours: Side,
    /// The name of the service, as in `[ports]`: `imaps`.
    pub service: &'a str,
    /// The protocol; `None` if it is none of Pillarbox's.
    pub protocol: Option<Protocol>,
    /// The address of the client's end.
    pub client: SocketAddr,
    /// The address of the server's end.
    pub server: SocketAddr,
}

/// Makes a tap for each connection: a recorder does.
pub trait TapSource: Send + Sync {
    /// A tap for a new connection.
    fn tap(&self, connection: &ConnectionInfo<'_>) -> Box<dyn Tap>;
}

/// Gives new connections their taps; by default there are none. Cheap to clone.
#[derive(Clone, Default)]
pub struct Taps {
    source: Option<Arc<dyn TapSource>>,
    clients_only: bool,
}

impl Taps {
    /// Taps from this source, for every connection.
    pub fn from_source(source: Arc<dyn TapSource>) -> Taps {
        Taps { source: Some(source), clients_only: false }
    }

    /// Taps only the connections whose client's end is ours.
    ///
    /// A program that has both ends of each connection needs this: which end reports first is
    /// chance, and what one end sends in one piece may reach the other in several.
    #[must_use]
    pub fn of_clients(self) -> Taps {
        Taps { clients_only: true, ..self }
    }

    /// A tap for this connection; `None` if it is not watched.
    #[must_use]
    pub fn tap(&self, connection: &ConnectionInfo<'_>) -> Option<Box<dyn Tap>> {
        if self.clients_only && connection.ours == Side::Server {
            return None;
        }
        let source = self.source.as_ref()?;
        Some(source.tap(connection))
    }
}

/// Equal if they take the same taps from the same source.
impl PartialEq for Taps {
    fn eq(&self, other: &Taps) -> bool {
        let same_source = match (&self.source, &other.source) {
            (Some(one), Some(another)) => Arc::ptr_eq(one, another),
            (one, another) => one.is_none() && another.is_none(),
        };
        same_source && self.clients_only == other.clients_only
    }
}

impl Eq for Taps {}

impl fmt::Debug for Taps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.source {
            Some(_) => "Taps(on)",
            None => "Taps(off)",
        })
    }
}
