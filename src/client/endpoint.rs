//! Where a server listens, and how a client comes to it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::Gate;
use crate::limits;
use crate::mail::net::Taps;
use crate::mail::net::place::Place;
use crate::mail::net::tls::Versions;
use crate::mail::protocol::Protocol;

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all: every octet crosses the network in clear.
    Plain,
    /// TLS after a command: STARTTLS (RFC 3207, RFC 9051 §6.2.1), STLS (RFC 2595 §4).
    StartTls,
    /// TLS from the first octet (RFC 8314 §3).
    Tls,
}

/// Where a server listens, and how to come to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// A name or an address.
    pub host: String,
    /// With TLS, the name that the certificate must bear, if it is not the host.
    pub name: Option<String>,
    /// The TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// A PEM file with the CA to trust beside the system's; it need not exist.
    pub ca: PathBuf,
    /// The TLS versions to accept.
    pub versions: Versions,
    /// For the connection, and then for each answer.
    pub timeout: Duration,
    /// May a password cross in clear, for everybody on the way to read? To this machine it always
    /// may.
    pub password_in_clear: bool,
    /// Lets a recorder look on.
    pub taps: Taps,
    /// Where each line waits, in step mode.
    pub gate: Gate,
}

impl Endpoint {
    /// A server with the usual TLS versions and time-outs.
    pub fn new(
        host: impl Into<String>,
        port: u16,
        security: Security,
        ca: impl Into<PathBuf>,
    ) -> Endpoint {
        Endpoint {
            host: host.into(),
            name: None,
            port,
            security,
            ca: ca.into(),
            versions: Versions::default(),
            timeout: limits::CLIENT_TIMEOUT,
            password_in_clear: false,
            taps: Taps::default(),
            gate: Gate::default(),
        }
    }

    /// The service's name in `[ports]`: `imaps` for IMAP under TLS.
    #[must_use]
    pub fn service(&self, protocol: Protocol) -> &'static str {
        match (self.security, protocol) {
            (Security::Tls, Protocol::Smtp | Protocol::Submission) => "smtps",
            (Security::Tls, Protocol::Pop3) => "pop3s",
            (Security::Tls, Protocol::Imap) => "imaps",
            (_, protocol) => protocol.name(),
        }
    }
}

/// As people write it: `127.0.0.1:2025`, `[::1]:2025`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Place(&self.host, self.port).fmt(f)
    }
}
