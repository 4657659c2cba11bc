//! The connection of a client: say a command, receive its reply.
//!
//! The counterpart of the server's loop over the same [`Wire`]. It knows no protocol: each one
//! tells by its [`Answer`] where a reply ends. After any failure the connection is cut, so a
//! late reply is never taken for the answer to a later command. Certificates are always verified.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use super::ClientError;
use crate::limits;
use crate::net::tls::{self, Versions};
use crate::net::{Heard, Patience, Wake, Wire};

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
    /// A name or an address; with TLS, the certificate must bear it.
    pub host: String,
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
            port,
            security,
            ca: ca.into(),
            versions: Versions::default(),
            timeout: limits::CLIENT_TIMEOUT,
        }
    }
}

/// As people write it: `127.0.0.1:2025`, `[::1]:2025`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endpoint { host, port, .. } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

/// What a protocol's server says to one command.
pub trait Answer: Sized {
    /// Reads it from the socket, up to its end and no further.
    ///
    /// # Errors
    /// When the connection fails, or what comes is no answer in this protocol.
    fn receive(socket: &mut ClientSocket) -> Result<Self, ClientError>;
}

/// A client's connection to a server.
pub struct ClientSocket {
    /// `None` after a failure.
    wire: Option<Wire>,
    endpoint: Endpoint,
    local: IpAddr,
}

impl ClientSocket {
    /// Connects, trying each address of the host; under TLS if the endpoint asks for it at once.
    ///
    /// # Errors
    /// When nobody answers, or the server cannot be trusted.
    pub fn connect(endpoint: &Endpoint) -> Result<ClientSocket, ClientError> {
        let connected = dial(endpoint).and_then(|tcp| {
            let local = tcp.local_addr()?.ip();
            let patience = Patience {
                timeout: endpoint.timeout,
                line_length: limits::ANSWER_LINE,
            };
            Ok((Wire::new(tcp, patience, None)?, local))
        });
        let (wire, local) = connected.map_err(|cause| ClientError::Unreachable {
            server: endpoint.to_string(),
            cause,
        })?;
        let mut socket = ClientSocket {
            wire: Some(wire),
            endpoint: endpoint.clone(),
            local,
        };
        if endpoint.security == Security::Tls {
            socket.start_tls()?;
        }
        Ok(socket)
    }

    /// Says one command and receives its answer. The line ending is added here.
    ///
    /// # Errors
    /// When the command has a line break in it (nobody may smuggle in a second one), the connection
    /// fails, or what comes is no answer. A refusal is an answer.
    pub fn send_message_receive_reply<A: Answer>(
        &mut self,
        command: &[u8],
    ) -> Result<A, ClientError> {
        self.send_line(command)?;
        self.receive_reply()
    }

    /// Receives an answer without a command: a greeting.
    ///
    /// # Errors
    /// As [`ClientSocket::send_message_receive_reply`].
    pub fn receive_reply<A: Answer>(&mut self) -> Result<A, ClientError> {
        let answer = A::receive(self);
        if answer.is_err() {
            self.wire = None;
        }
        answer
    }

    /// The TLS handshake, after the server agreed to it.
    ///
    /// # Errors
    /// When it fails, the server is not trusted, or it said more in clear than its agreement
    /// (RFC 3207 §6, CVE-2021-38371).
    pub fn start_tls(&mut self) -> Result<(), ClientError> {
        let connector =
            tls::connector(&self.endpoint.ca, self.endpoint.versions).map_err(ClientError::Tls)?;
        if self.wire()?.has_pending() {
            return Err(self.unexpected("more in clear behind its agreement to begin TLS"));
        }
        let host = self.endpoint.host.clone();
        let handshake = self.wire()?.connect_tls(&connector, &host);
        handshake.map_err(|error| self.handshake_failure(&error))
    }

    /// Our own address, as the server sees it unless there is a translator between.
    #[must_use]
    pub fn local_address(&self) -> IpAddr {
        self.local
    }

    /// The server.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Says the last words and closes.
    pub fn close(mut self) {
        if let Some(wire) = self.wire.take() {
            wire.close();
        }
    }

    /// Sends one line; its ending is added here.
    pub(super) fn send_line(&mut self, line: &[u8]) -> Result<(), ClientError> {
        // RFC 5321 §2.3.8, RFC 9051 §4: CR, LF and NUL are no part of a command.
        if line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)) {
            return Err(ClientError::Unsendable {
                what: String::from_utf8_lossy(line).into_owned(),
            });
        }
        self.attempt(|wire| {
            wire.say(line)?;
            wire.say(b"\r\n")
        })
    }

    /// Sends all that `source` has.
    pub(super) fn send_all(&mut self, source: &mut dyn Read) -> Result<u64, ClientError> {
        let mut source = Source {
            reader: source,
            failure: None,
        };
        let sent = self.attempt(|wire| wire.say_all(&mut source));
        match source.failure {
            Some(failure) => Err(ClientError::Local(failure)),
            None => sent,
        }
    }

    /// One line of an answer, its ending removed.
    pub(super) fn receive_line(&mut self) -> Result<Vec<u8>, ClientError> {
        let server = self.endpoint.to_string();
        match self.attempt(Wire::read_line)? {
            Heard::Line(line) => Ok(line),
            Heard::TooLong | Heard::Endless => Err(self.unexpected("a line without an end")),
            Heard::TimedOut => Err(ClientError::TimedOut { server }),
            Heard::Closed | Heard::Stopping | Heard::News => Err(ClientError::Closed { server }),
        }
    }

    /// Copies exactly `count` octets to `out`.
    pub(super) fn receive_octets(
        &mut self,
        count: u64,
        out: &mut dyn Write,
    ) -> Result<(), ClientError> {
        self.copy(|wire| copy(&mut wire.octets(count), out))
            .map(drop)
    }

    /// Copies a text up to its lone dot to `out`; returns its octets.
    pub(super) fn receive_dot_text(&mut self, out: &mut dyn Write) -> Result<u64, ClientError> {
        self.copy(|wire| copy(&mut wire.dot_text(), out))
    }

    /// Waits until the server says something on its own; `false` if it does not for so long.
    pub(super) fn wait(&mut self, patience: Duration) -> Result<bool, ClientError> {
        self.attempt(|wire| wire.await_line(patience))
    }

    /// The error for an answer that makes no sense; the connection is of no use after it.
    pub(super) fn unexpected(&mut self, what: &str) -> ClientError {
        self.wire = None;
        ClientError::Unexpected {
            server: self.endpoint.to_string(),
            what: what.to_owned(),
        }
    }

    /// The error for a server that cannot do what is needed.
    pub(super) fn not_offered(&self, what: &str) -> ClientError {
        ClientError::NotOffered {
            server: self.endpoint.to_string(),
            what: what.to_owned(),
        }
    }

    fn wire(&mut self) -> Result<&mut Wire, ClientError> {
        self.wire.as_mut().ok_or_else(|| ClientError::Closed {
            server: self.endpoint.to_string(),
        })
    }

    /// Does something with the wire, and cuts it if that fails.
    fn attempt<T>(
        &mut self,
        act: impl FnOnce(&mut Wire) -> io::Result<T>,
    ) -> Result<T, ClientError> {
        act(self.wire()?).map_err(|error| self.failure(&error))
    }

    /// The same for a copy: a failure of our own side cuts the wire too, for its rest is unread.
    fn copy(
        &mut self,
        act: impl FnOnce(&mut Wire) -> Result<u64, Failure>,
    ) -> Result<u64, ClientError> {
        act(self.wire()?).map_err(|failure| match failure {
            Failure::Wire(error) => self.failure(&error),
            Failure::Local(error) => {
                self.wire = None;
                ClientError::Local(error)
            }
        })
    }

    fn failure(&mut self, error: &io::Error) -> ClientError {
        self.wire = None;
        let server = self.endpoint.to_string();
        log::debug!("{server}: {error}");
        if is_timeout(error) {
            ClientError::TimedOut { server }
        } else {
            ClientError::Closed { server }
        }
    }

    fn handshake_failure(&mut self, error: &io::Error) -> ClientError {
        self.wire = None;
        let server = self.endpoint.to_string();
        let why = error.to_string();
        if is_timeout(error) {
            ClientError::TimedOut { server }
        } else if why.contains("certificate verify failed") {
            let why = in_brackets(&why).unwrap_or(why.as_str()).to_owned();
            let ca = self.endpoint.ca.clone();
            ClientError::Untrusted { server, ca, why }
        } else {
            ClientError::Handshake { server, why }
        }
    }
}

/// Tries each address of the host; the last failure is the one to tell.
fn dial(endpoint: &Endpoint) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let addresses: Vec<SocketAddr> = (endpoint.host.as_str(), endpoint.port)
        .to_socket_addrs()?
        .collect();
    for address in addresses {
        match TcpStream::connect_timeout(&address, endpoint.timeout.min(limits::CONNECT_TIMEOUT)) {
            Ok(tcp) => return Ok(tcp),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn is_timeout(error: &io::Error) -> bool {
    // A write that waits too long gives the first, a read the second.
    error.kind() == io::ErrorKind::WouldBlock || Wake::of(error) == Some(Wake::TimedOut)
}

/// OpenSSL puts its reason last: `…: certificate verify failed:… (self-signed certificate)`.
fn in_brackets(text: &str) -> Option<&str> {
    let (_, reason) = text.rsplit_once('(')?;
    reason.strip_suffix(')')
}

/// A reader that remembers its failure, to tell it from the connection's.
struct Source<'a> {
    reader: &'a mut dyn Read,
    failure: Option<io::Error>,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| {
            if error.kind() == io::ErrorKind::Interrupted {
                return error;
            }
            let kind = error.kind();
            self.failure = Some(error);
            kind.into()
        })
    }
}

/// Which side of a copy failed.
enum Failure {
    Wire(io::Error),
    Local(io::Error),
}

fn copy(from: &mut dyn Read, to: &mut dyn Write) -> Result<u64, Failure> {
    let (mut piece, mut total) = (vec![0; limits::BUFFER], 0);
    loop {
        match from.read(&mut piece).map_err(Failure::Wire)? {
            0 => return Ok(total),
            got => {
                to.write_all(&piece[..got]).map_err(Failure::Local)?;
                total += got as u64;
            }
        }
    }
}
