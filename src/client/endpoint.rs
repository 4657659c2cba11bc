//! The address of a server, and how a client connects to it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::Gate;
use crate::limits;
use crate::mail::net::Taps;
use crate::mail::net::host_port::write_host_port;
use crate::mail::net::tls::Versions;
use crate::mail::protocol::Protocol;

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all: every octet crosses the network unencrypted.
    Plain,
    /// TLS after a command: STARTTLS (RFC 3207, RFC 9051 §6.2.1), STLS (RFC 2595 §4).
    StartTls,
    /// TLS from the first octet (RFC 8314 §3).
    Tls,
}

impl Security {
    /// Returns the name of the service in `[ports]`: `imaps` for IMAP under TLS.
    #[must_use]
    pub fn service(self, protocol: Protocol) -> &'static str {
        match (self, protocol) {
            (Security::Tls, Protocol::Smtp | Protocol::Submission) => "smtps",
            (Security::Tls, Protocol::Pop3) => "pop3s",
            (Security::Tls, Protocol::Imap) => "imaps",
            (_, protocol) => protocol.name(),
        }
    }
}

/// The address of a server, and how a client connects to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// A name or an address.
    pub host: String,
    /// With TLS, the name that the certificate must have, if it is not the host.
    pub name: Option<String>,
    /// The TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// A PEM file with a CA to trust in addition to the system's; it need not exist.
    pub ca: PathBuf,
    /// The TLS versions to accept.
    pub versions: Versions,
    /// The time-out of the connection, and then of each reply.
    pub timeout: Duration,
    /// True if a password may be sent unencrypted, so that anyone on the way can read it. On this
    /// machine it always may.
    pub password_in_clear: bool,
    /// The taps that watch the connection, for a recorder.
    pub taps: Taps,
    /// The gate at which each line waits, in step mode.
    pub gate: Gate,
}

impl Endpoint {
    /// Makes an endpoint with the usual TLS versions and time-outs.
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
}

/// `127.0.0.1:2025`, `[::1]:2025`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_host_port(f, &self.host, self.port)
    }
}
