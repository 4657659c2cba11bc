//! The connection of a client: say a command, receive its reply.
//!
//! The counterpart of the server's loop over the same [`Wire`]. It knows no protocol: each one
//! tells by its [`Answer`] where a reply ends. After any failure the connection is cut, so a
//! late reply is never taken for the answer to a later command. Certificates are always verified.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::{ClientError, Endpoint, Security};
use crate::limits;
use crate::net::dot::Ending;
use crate::net::tls;
use crate::net::{Bell, Heard, Patience, Secured, Wake, Wire};
use crate::protocol::Protocol;
use crate::wire_tap::Side;

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
            let spoken = (endpoint.service(protocol), Some(protocol));
            let tap = endpoint.recorder.tap(Side::Client, spoken, (local, peer));
            tap.into_iter().for_each(|tap| wire.watch(tap));
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

    /// The error for a line without an end, and the connection's end.
    pub fn endless(&mut self) -> ClientError {
        self.unexpected("a line without an end")
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
        self.copy(|wire| copy(&mut wire.dot_text(Ending::Strict), out))
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

    /// The error for an answer that makes no sense; the connection is of no use after it.
    pub(super) fn unexpected(&mut self, what: &str) -> ClientError {
        self.wire = None;
        ClientError::Unexpected {
            server: self.endpoint.to_string(),
            what: what.to_owned(),
        }
    }

    /// The error for a server that does not log us in as it should.
    pub(super) fn not_trustworthy(&mut self, what: &str) -> ClientError {
        self.wire = None;
        ClientError::NotTrustworthy {
            server: self.endpoint.to_string(),
            what: what.to_owned(),
        }
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

    /// The error for a message that is shorter than was announced: the server waits for the rest.
    pub(super) fn cut_short(&mut self) -> ClientError {
        self.wire = None;
        let why = "it became shorter while it was sent";
        ClientError::Local(io::Error::new(io::ErrorKind::UnexpectedEof, why))
    }

    /// The error for an answer that means nothing in this protocol or `to` this command.
    pub(super) fn nonsense(&mut self, answer: &[u8], to: &str) -> ClientError {
        let begin = answer.get(..80).unwrap_or(answer);
        let begin = String::from_utf8_lossy(begin);
        self.unexpected(&format!("“{begin}”, which is no answer {to}"))
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

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::fs;

    use native_tls::TlsAcceptor;

    use super::*;
    use crate::client::scripted::serve;
    use crate::client::{Pop3Client, SmtpClient};
    use crate::net::certificates::Certificates;

    fn acceptor(folder: &std::path::Path, name: &str) -> (Certificates, TlsAcceptor) {
        let certificates = Certificates::prepare(folder, &[name.to_owned()]).unwrap();
        let (server, key) = (certificates.server(), certificates.server_key());
        let acceptor = tls::acceptor(&server, &key, tls::Versions::default()).unwrap();
        (certificates, acceptor)
    }

    /// Connects to a POP3 server under TLS whose certificate bears `name`.
    fn over_tls(name: &'static str, trust: bool) -> Result<(), ClientError> {
        let folder = tempfile::tempdir().unwrap();
        let (certificates, acceptor) = acceptor(folder.path(), name);
        let (mut endpoint, server) = serve(move |stream| {
            if let Ok(mut tls) = acceptor.accept(stream) {
                let _ = tls.write_all(b"+OK ready\r\n");
                let _ = tls.shutdown();
            }
        });
        endpoint.security = Security::Tls;
        if trust {
            endpoint.ca = certificates.ca();
        }
        let connected = Pop3Client::connect(&endpoint).map(drop);
        server.join().unwrap();
        connected
    }

    #[test]
    fn a_certificate_counts_only_from_our_ca_and_for_the_name() {
        over_tls("127.0.0.1", true).unwrap();
        let rows = [("127.0.0.1", false), ("elsewhere.test", true)];
        for (name, trust) in rows {
            let error = over_tls(name, trust).err().unwrap();
            assert!(
                matches!(error, ClientError::Untrusted { .. }),
                "{name}: {error}"
            );
            assert!(!error.is_transient());
        }
    }

    #[test]
    fn what_is_said_in_clear_behind_the_agreement_to_tls_counts_for_nothing() {
        let (mut endpoint, server) = serve(|stream| {
            let agreement = b"220 x\r\n250-x\r\n250 STARTTLS\r\n220 Ready\r\n250 AUTH PLAIN\r\n";
            stream.write_all(agreement).unwrap();
        });
        endpoint.security = Security::StartTls;
        let error = SmtpClient::connect(&endpoint).err().unwrap().to_string();
        assert!(error.contains("in clear"), "{error}");
        server.join().unwrap();
    }

    #[test]
    fn without_starttls_nothing_goes_on_in_clear() {
        let (mut endpoint, server) =
            serve(|stream| stream.write_all(b"220 x\r\n250 x\r\n").unwrap());
        endpoint.security = Security::StartTls;
        let error = SmtpClient::connect(&endpoint).err().unwrap();
        assert!(matches!(error, ClientError::NotOffered { .. }), "{error}");
        server.join().unwrap();
    }

    #[test]
    fn a_port_without_tls_is_said_to_be_one() {
        let (mut endpoint, server) = serve(|stream| stream.write_all(b"+OK in clear\r\n").unwrap());
        endpoint.security = Security::Tls;
        let error = Pop3Client::connect(&endpoint).err().unwrap();
        assert!(matches!(error, ClientError::Handshake { .. }), "{error}");
        server.join().unwrap();
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let (endpoint, server) = serve(|stream| while stream.write_all(&[b'x'; 65_536]).is_ok() {});
        let error = Pop3Client::connect(&endpoint).err().unwrap().to_string();
        assert!(error.contains("a line without an end"), "{error}");
        server.join().unwrap();
    }

    #[test]
    fn a_silent_server_is_not_waited_for() {
        let (mut endpoint, server) = serve(|stream| drop(stream.read(&mut [0])));
        endpoint.timeout = Duration::from_millis(20);
        let error = Pop3Client::connect(&endpoint).err().unwrap();
        assert!(matches!(error, ClientError::TimedOut { .. }), "{error}");
        server.join().unwrap();
    }

    #[test]
    fn nobody_there_is_one_sentence() {
        let (endpoint, server) = serve(|_| {});
        drop(TcpStream::connect(("127.0.0.1", endpoint.port)));
        server.join().unwrap();
        let error = ClientSocket::connect(&endpoint, Protocol::Pop3)
            .err()
            .unwrap();
        assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
        assert!(error.is_transient());
        assert!(error.to_string().starts_with(&endpoint.to_string()));
    }

    #[test]
    fn a_broken_ca_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (mut endpoint, server) = serve(|_| {});
        endpoint.security = Security::Tls;
        endpoint.ca = folder.path().join("ca.pem");
        fs::write(&endpoint.ca, "no certificate").unwrap();
        let error = ClientSocket::connect(&endpoint, Protocol::Pop3)
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains("ca.pem is not a certificate"), "{error}");
        server.join().unwrap();
    }
}
