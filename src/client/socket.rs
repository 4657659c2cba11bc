//! The connection of a client: send a command, receive its reply.
//!
//! It is the counterpart of the server's loop, over the same [`Wire`]. It knows no protocol: each
//! protocol implements [`ServerReply`], which knows where a reply ends. After any failure the connection
//! is cut, so a late reply is never taken for the reply to a later command. Certificates are always
//! verified.

pub(super) mod transfer;
mod trouble;

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::{ClientError, Endpoint, Security};
use crate::limits;
use crate::mail::net::tls;
use crate::mail::net::{ConnectionInfo, LineInput, Side, TlsSession, Waker, Wire, WireLimits};
use crate::mail::protocol::Protocol;

/// A protocol's reply to one command.
pub trait ServerReply: Sized {
    /// Reads the reply from the socket, up to its end and no further.
    ///
    /// # Errors
    /// When the connection fails, or what arrives is no reply in this protocol.
    fn receive(socket: &mut ClientSocket) -> Result<Self, ClientError>;
}

/// A client's connection to a server.
pub struct ClientSocket {
    /// `None` after a failure.
    wire: Option<Wire>,
    endpoint: Endpoint,
    /// Our address and the server's.
    ends: (SocketAddr, SocketAddr),
    /// True if a password may be sent as it is.
    private: bool,
}

impl ClientSocket {
    /// Connects, trying each address of the host, and begins TLS if the endpoint is [`Security::Tls`].
    ///
    /// # Errors
    /// When no server answers, or its certificate cannot be trusted.
    pub fn connect(endpoint: &Endpoint, protocol: Protocol) -> Result<ClientSocket, ClientError> {
        let connected = dial(endpoint).and_then(|tcp| {
            let local = tcp.local_addr()?;
            let peer = tcp.peer_addr()?;
            let patience =
                WireLimits { timeout: endpoint.timeout, line_length: limits::ANSWER_LINE };
            let mut wire = Wire::new(tcp, patience, None)?;
            let connection = ConnectionInfo {
                ours: Side::Client,
                service: endpoint.security.service(protocol),
                protocol: Some(protocol),
                client: local,
                server: peer,
            };
            if let Some(tap) = endpoint.taps.tap(&connection) {
                wire.watch(tap);
            }
            Ok((wire, (local, peer)))
        });
        let (wire, ends) = connected
            .map_err(|cause| ClientError::Unreachable { server: endpoint.to_string(), cause })?;
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

    /// Sends one command and receives its reply. The line ending is added here.
    ///
    /// # Errors
    /// When the command contains a line break (which would begin a second command), the connection
    /// fails, or what arrives is no reply. A refusal is a reply.
    pub fn send_message_receive_reply<R: ServerReply>(
        &mut self,
        command: &[u8],
    ) -> Result<R, ClientError> {
        self.send_line(command)?;
        self.receive_reply()
    }

    /// Receives a reply without a command: a greeting.
    ///
    /// # Errors
    /// As [`ClientSocket::send_message_receive_reply`].
    pub fn receive_reply<R: ServerReply>(&mut self) -> Result<R, ClientError> {
        let reply = R::receive(self);
        if reply.is_err() {
            self.wire = None;
        }
        reply
    }

    /// Sends octets as they are, for a person who types the protocol.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn send_octets(&mut self, octets: &[u8]) -> Result<(), ClientError> {
        self.attempt(|wire| {
            wire.say(octets)?;
            wire.flush()
        })
    }

    /// Waits for a line of the server and removes its ending; `None` if the server has closed.
    ///
    /// # Errors
    /// When the connection fails, or the line has more than [`limits::ANSWER_LINE`] octets.
    pub fn receive_line_or_end(&mut self) -> Result<Option<Vec<u8>>, ClientError> {
        let server = self.endpoint.to_string();
        match self.attempt(Wire::read_line)? {
            LineInput::Line(line) => Ok(Some(line)),
            LineInput::Closed => Ok(None),
            LineInput::TooLong(_) | LineInput::Endless => Err(self.endless()),
            LineInput::TimedOut => Err(ClientError::TimedOut { server }),
            LineInput::Stopping | LineInput::News => Err(ClientError::Closed { server }),
        }
    }

    /// Waits for a line of the server or for the bell, whichever comes first.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn listen(&mut self, bell: &Waker) -> Result<LineInput, ClientError> {
        self.attempt(|wire| wire.read_line_or_news(bell))
    }

    /// Closes our direction of the connection, and continues to read.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn finish(&mut self) -> Result<(), ClientError> {
        self.attempt(Wire::finish)
    }

    /// Performs the TLS handshake, after the server agreed to it.
    ///
    /// # Errors
    /// When the handshake fails, the server is not trusted, or it sent more than its agreement
    /// unencrypted (RFC 3207 §6, CVE-2021-38371).
    pub fn start_tls(&mut self) -> Result<(), ClientError> {
        let connector =
            tls::connector(&self.endpoint.ca, self.endpoint.versions).map_err(ClientError::Tls)?;
        if self.wire()?.has_pending() {
            return Err(self.unexpected("unencrypted text after its agreement to begin TLS"));
        }
        let Endpoint { host, name, .. } = &self.endpoint;
        let name = name.as_ref().unwrap_or(host).clone();
        let handshake = self.wire()?.connect_tls(&connector, &name);
        handshake.map_err(|error| self.handshake_failure(&error))?;
        self.private = true;
        Ok(())
    }

    /// Returns our own address. The server sees another one if the address is translated on the way.
    #[must_use]
    pub fn local_address(&self) -> IpAddr {
        self.ends.0.ip()
    }

    /// Returns the server's endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns what the TLS handshake agreed on; `None` without TLS.
    #[must_use]
    pub fn tls_session(&self) -> Option<&TlsSession> {
        self.wire.as_ref().and_then(Wire::tls_session)
    }

    /// True if a password may be sent as it is: under TLS, on this machine, or if the endpoint allows it.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.private
    }

    /// Makes a test's connection look like one to another machine.
    #[cfg(test)]
    pub(super) fn pretend_to_be_far_away(&mut self) {
        self.private = false;
    }

    /// Sends what is left in the buffer, and closes.
    pub fn close(mut self) {
        if let Some(wire) = self.wire.take() {
            wire.close();
        }
    }

    /// Cuts the connection at once, so that an incomplete message is not taken for a complete one.
    pub(super) fn cut(&mut self) {
        self.wire = None;
    }

    /// True in step mode, where a person releases each line: then commands are sent one at a time.
    pub(super) fn is_stepped(&self) -> bool {
        self.endpoint.gate.is_closed()
    }

    /// Sends one line. The line ending is added here.
    pub(super) fn send_line(&mut self, line: &[u8]) -> Result<(), ClientError> {
        let line = self.endpoint.gate.pass(self.ends, line);
        // RFC 5321 §2.3.8, RFC 9051 §4: a command contains no CR, LF or NUL.
        if line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)) {
            // The line may be a password, so the error does not show it.
            return Err(ClientError::Unsendable {
                what: "a command".to_owned(),
                why: "it contains a line break or a NUL".to_owned(),
            });
        }
        self.attempt(|wire| {
            wire.say(&line)?;
            wire.say(b"\r\n")
        })
    }

    /// Receives one line of a reply and removes its ending. `room` is the memory that is left for the
    /// reply.
    pub(super) fn receive_line(&mut self, room: &mut usize) -> Result<Vec<u8>, ClientError> {
        let Some(line) = self.receive_line_or_end()? else {
            let server = self.endpoint.to_string();
            return Err(ClientError::Closed { server });
        };
        self.spend(room, line.len() + limits::ANSWER_LINE_COST)?;
        Ok(line)
    }

    /// Takes this many octets of memory from `room`.
    pub(super) fn spend(&mut self, room: &mut usize, octets: usize) -> Result<(), ClientError> {
        let Some(left) = room.checked_sub(octets) else {
            return Err(self.unexpected("more than can be kept in memory"));
        };
        *room = left;
        Ok(())
    }

    /// Waits until the server sends something unasked; false if it does not within `patience`.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn wait(&mut self, patience: Duration) -> Result<bool, ClientError> {
        self.attempt(|wire| wire.await_line(patience))
    }

    /// Waits as [`ClientSocket::wait`] does, or until the bell rings.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn wait_or(&mut self, patience: Duration, bell: &Waker) -> Result<bool, ClientError> {
        self.attempt(|wire| wire.await_line_or_wake(patience, bell))
    }

    /// Fails if a password may not be sent as it is.
    pub(super) fn must_be_private(&self) -> Result<(), ClientError> {
        if self.private {
            return Ok(());
        }
        Err(ClientError::InClear { server: self.endpoint.to_string() })
    }

    fn wire(&mut self) -> Result<&mut Wire, ClientError> {
        self.wire.as_mut().ok_or_else(|| ClientError::Closed { server: self.endpoint.to_string() })
    }

    /// Does something with the wire, and cuts the connection if that fails.
    fn attempt<T>(
        &mut self,
        act: impl FnOnce(&mut Wire) -> io::Result<T>,
    ) -> Result<T, ClientError> {
        act(self.wire()?).map_err(|error| self.failure(&error))
    }
}

/// Connects to the first address of the host that answers; returns the last failure if none does.
fn dial(endpoint: &Endpoint) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let addresses: Vec<SocketAddr> =
        (endpoint.host.as_str(), endpoint.port).to_socket_addrs()?.collect();
    for address in addresses {
        match TcpStream::connect_timeout(&address, endpoint.timeout.min(limits::CONNECT_TIMEOUT)) {
            Ok(tcp) => return Ok(tcp),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
