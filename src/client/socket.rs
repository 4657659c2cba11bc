//! The connection of a client: say a command, receive its reply.
//!
//! The counterpart of the server's loop over the same [`Wire`]. It knows no protocol: each one
//! tells by its [`Answer`] where a reply ends. After any failure the connection is cut, so a
//! late reply is never taken for the answer to a later command. Certificates are always verified.

mod transfer;
mod trouble;

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::{ClientError, Endpoint, Security};
use crate::limits;
use crate::mail::net::tls;
use crate::mail::net::{Bell, ConnectionInfo, Heard, Patience, Secured, Side, Wire};
use crate::mail::protocol::Protocol;

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
    /// Our address, and the server's.
    ends: (SocketAddr, SocketAddr),
    /// Does nobody on the way read along, or may he?
    private: bool,
}

impl ClientSocket {
    /// Connects, trying each address of the host; under TLS if the endpoint asks for it at once.
    ///
    /// # Errors
    /// When nobody answers, or the server cannot be trusted.
    pub fn connect(endpoint: &Endpoint, protocol: Protocol) -> Result<ClientSocket, ClientError> {
        let connected = dial(endpoint).and_then(|tcp| {
            let (local, peer) = (tcp.local_addr()?, tcp.peer_addr()?);
            let patience = Patience {
                timeout: endpoint.timeout,
                line_length: limits::ANSWER_LINE,
            };
            let mut wire = Wire::new(tcp, patience, None)?;
            let connection = ConnectionInfo {
                ours: Side::Client,
                service: endpoint.service(protocol),
                protocol: Some(protocol),
                client: local,
                server: peer,
            };
            if let Some(tap) = endpoint.taps.tap(&connection) {
                wire.watch(tap);
            }
            Ok((wire, (local, peer)))
        });
        let (wire, ends) = connected.map_err(|cause| ClientError::Unreachable {
            server: endpoint.to_string(),
            cause,
        })?;
        let mut socket = ClientSocket {
            wire: Some(wire),
            endpoint: endpoint.clone(),
            ends,
            private: ends.1.ip().is_loopback() || endpoint.password_in_clear,
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

    /// Sends these octets as they are, for a person who types the protocol.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn send_octets(&mut self, octets: &[u8]) -> Result<(), ClientError> {
        self.attempt(|wire| {
            wire.say(octets)?;
            wire.flush()
        })
    }

    /// Waits for a line that the server says, its ending removed; `None`: the server has closed.
    ///
    /// # Errors
    /// When the connection fails, or the line has more than [`limits::ANSWER_LINE`] octets.
    pub fn receive_line_or_end(&mut self) -> Result<Option<Vec<u8>>, ClientError> {
        let server = self.endpoint.to_string();
        match self.attempt(Wire::read_line)? {
            Heard::Line(line) => Ok(Some(line)),
            Heard::Closed => Ok(None),
            Heard::TooLong(_) | Heard::Endless => Err(self.endless()),
            Heard::TimedOut => Err(ClientError::TimedOut { server }),
            Heard::Stopping | Heard::News => Err(ClientError::Closed { server }),
        }
    }

    /// Waits for a line of the server's or for the bell, whichever comes first.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn listen(&mut self, bell: &Bell) -> Result<Heard, ClientError> {
        self.attempt(|wire| wire.read_line_or_news(bell))
    }

    /// Tells the server that nothing more will be said, and goes on listening.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn finish(&mut self) -> Result<(), ClientError> {
        self.attempt(Wire::finish)
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
        let Endpoint { host, name, .. } = &self.endpoint;
        let name = name.as_ref().unwrap_or(host).clone();
        let handshake = self.wire()?.connect_tls(&connector, &name);
        handshake.map_err(|error| self.handshake_failure(&error))?;
        self.private = true;
        Ok(())
    }

    /// Our own address, as the server sees it unless there is a translator between.
    #[must_use]
    pub fn local_address(&self) -> IpAddr {
        self.ends.0.ip()
    }

    /// The server.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What the TLS handshake agreed on; `None` in clear.
    #[must_use]
    pub fn secured(&self) -> Option<&Secured> {
        self.wire.as_ref().and_then(Wire::secured)
    }

    /// May a password cross as it is? Under TLS, to this machine, and where the endpoint says so.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.private
    }

    /// For tests, which cannot leave this machine.
    #[cfg(test)]
    pub(super) fn pretend_to_be_far_away(&mut self) {
        self.private = false;
    }

    /// Says the last words and closes.
    pub fn close(mut self) {
        if let Some(wire) = self.wire.take() {
            wire.close();
        }
    }

    /// Cuts the connection without a word: what was begun must not be taken for whole.
    pub(super) fn cut(&mut self) {
        self.wire = None;
    }

    /// Does a person let each line pass? Then each is said alone, and its answer heard.
    pub(super) fn is_stepped(&self) -> bool {
        self.endpoint.gate.is_closed()
    }

    /// Sends one line; its ending is added here.
    pub(super) fn send_line(&mut self, line: &[u8]) -> Result<(), ClientError> {
        let line = self.endpoint.gate.pass(self.ends, line);
        // RFC 5321 §2.3.8, RFC 9051 §4: CR, LF and NUL are no part of a command.
        if line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)) {
            // The line may be a password: it is not shown.
            return Err(ClientError::Unsendable {
                what: "a command".to_owned(),
                why: "there is a line break or a NUL in it".to_owned(),
            });
        }
        self.attempt(|wire| {
            wire.say(&line)?;
            wire.say(b"\r\n")
        })
    }

    /// One line of an answer, its ending removed; `room` is what the answer may yet cost.
    pub(super) fn receive_line(&mut self, room: &mut usize) -> Result<Vec<u8>, ClientError> {
        let Some(line) = self.receive_line_or_end()? else {
            let server = self.endpoint.to_string();
            return Err(ClientError::Closed { server });
        };
        self.spend(room, line.len() + limits::ANSWER_LINE_COST)?;
        Ok(line)
    }

    /// Takes so many octets of memory from `room`.
    pub(super) fn spend(&mut self, room: &mut usize, octets: usize) -> Result<(), ClientError> {
        match room.checked_sub(octets) {
            Some(left) => *room = left,
            None => return Err(self.unexpected("more than can be kept in memory")),
        }
        Ok(())
    }

    /// Waits until the server says something on its own; `false` if it does not for so long.
    pub fn wait(&mut self, patience: Duration) -> Result<bool, ClientError> {
        self.attempt(|wire| wire.await_line(patience))
    }

    /// The same; when the bell rings, the wait is over, too.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn wait_or(&mut self, patience: Duration, bell: &Bell) -> Result<bool, ClientError> {
        self.attempt(|wire| wire.await_line_or_bell(patience, bell))
    }

    /// A password is about to cross.
    pub(super) fn must_be_private(&self) -> Result<(), ClientError> {
        if self.private {
            return Ok(());
        }
        Err(ClientError::InClear {
            server: self.endpoint.to_string(),
        })
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

#[cfg(test)]
mod tests;
