//! Accepts connections, and gives each a thread of its own: one listener for each port.
//!
//! The thread does everything that can take long, the TLS handshake included, so that a slow client
//! never delays the next one.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use native_tls::TlsAcceptor;
use socket2::{Domain, Socket, Type};

use super::connections::{Admission, Connections};
use super::{Peer, Session, TlsState, converse};
use crate::limits;
use crate::mail::net::{ConnectionInfo, Side, Taps, Waker, Wire, WireLimits, readable};
use crate::mail::protocol::Protocol;

/// What is served on a port.
pub struct Service {
    /// The name in thread names and logs: `imaps`.
    pub name: &'static str,
    /// The protocol; `None` for one of your own.
    pub protocol: Option<Protocol>,
    /// How the port is encrypted.
    pub security: PortSecurity,
    /// The longest wait and the longest line.
    pub wire_limits: WireLimits,
    /// Begins a session with a client.
    pub new_session: NewSession,
    /// Lets a recorder look on.
    pub taps: Taps,
}

/// A function that begins a session with a client.
pub type NewSession = Box<dyn Fn(Peer) -> Box<dyn Session> + Send + Sync>;

/// How a port is encrypted.
pub enum PortSecurity {
    /// Not at all.
    Plain,
    /// After the client asked for it.
    StartTls(TlsAcceptor),
    /// TLS from the first octet.
    Tls(TlsAcceptor),
}

impl PortSecurity {
    /// The name in the table of listeners: `STARTTLS`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            PortSecurity::Plain => "plain",
            PortSecurity::StartTls(_) => "STARTTLS",
            PortSecurity::Tls(_) => "TLS",
        }
    }
}

impl Service {
    /// An unencrypted protocol of your own, with the usual limits.
    pub fn plain<S: Session + 'static>(
        name: &'static str,
        new_session: impl Fn(Peer) -> S + Send + Sync + 'static,
    ) -> Service {
        Service {
            name,
            protocol: None,
            security: PortSecurity::Plain,
            wire_limits: WireLimits::default(),
            new_session: Box::new(move |peer| Box::new(new_session(peer))),
            taps: Taps::default(),
        }
    }

    /// Serves one connection from its first octet to its last, in the connection's own thread.
    fn serve(
        &self,
        tcp: TcpStream,
        client: SocketAddr,
        admission: Admission,
        stop: Waker,
    ) -> io::Result<()> {
        let connection = ConnectionInfo {
            ours: Side::Server,
            service: self.name,
            protocol: self.protocol,
            client,
            server: tcp.local_addr()?,
        };
        let mut wire = Wire::new(tcp, self.wire_limits, Some(stop))?;
        if let Some(tap) = self.taps.tap(&connection) {
            wire.watch(tap);
        }
        if let PortSecurity::Tls(acceptor) = &self.security {
            wire.accept_tls(acceptor)?;
        }
        converse(&mut wire, self, client, admission)?;
        wire.close();
        Ok(())
    }

    /// Begins a session with this client on this wire.
    pub(super) fn begin_session(&self, client: SocketAddr, wire: &Wire) -> Box<dyn Session> {
        let tls = if wire.is_encrypted() {
            TlsState::Active(wire.tls_session().cloned())
        } else {
            match self.security {
                PortSecurity::StartTls(_) => TlsState::Offered,
                PortSecurity::Plain | PortSecurity::Tls(_) => TlsState::Unavailable,
            }
        };
        (self.new_session)(Peer { address: client, tls })
    }

    /// The server's side of a TLS handshake, after the client asked for it.
    pub(super) fn start_tls(&self, wire: &mut Wire) -> io::Result<()> {
        match &self.security {
            PortSecurity::StartTls(acceptor) => wire.accept_tls(acceptor),
            PortSecurity::Plain | PortSecurity::Tls(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// A port that is open.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    service: Arc<Service>,
    connections: Arc<Connections>,
}

impl Listener {
    /// Opens a port; port 0 is any free one.
    ///
    /// # Errors
    /// When the address is in use, or does not belong to this machine.
    pub fn bind(
        address: SocketAddr,
        service: Service,
        connections: &Arc<Connections>,
    ) -> io::Result<Listener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        // A server that is started again need not wait until the last one's connections time out.
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(limits::BACKLOG)?;
        // A client that hangs up between `poll` and `accept` must not leave us waiting in `accept`.
        socket.set_nonblocking(true)?;
        let socket = TcpListener::from(socket);
        Ok(Listener {
            address: socket.local_addr()?,
            socket,
            service: Arc::new(service),
            connections: Arc::clone(connections),
        })
    }

    /// The address at which it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it serves.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Accepts connections until the servers stop.
    pub fn run(self) {
        while let Some((tcp, client)) = self.accept() {
            self.start(tcp, client);
        }
    }

    /// Starts the thread of a new connection.
    fn start(&self, tcp: TcpStream, client: SocketAddr) {
        let name = self.service.name;
        let Some(slot) = self.connections.admit(client.ip()) else {
            log::warn!("{name}: too many connections, {client} is closed without a reply");
            return;
        };
        let service = Arc::clone(&self.service);
        let stop = self.connections.stop_waker();
        let thread = thread::Builder::new()
            .name(format!("{name} {client}"))
            .stack_size(limits::STACK)
            .spawn(move || match service.serve(tcp, client, slot.admission(), stop) {
                Ok(()) => log::debug!("{name} {client}: closed"),
                Err(error) => log::info!("{name} {client}: {error}"),
            });
        if let Err(error) = thread {
            log::error!("{name}: no thread for {client}: {error}");
        }
    }

    /// Waits for the next connection; `None` when the servers stop.
    fn accept(&self) -> Option<(TcpStream, SocketAddr)> {
        let stop = self.connections.stop_waker();
        loop {
            // One poll(2) for both: the end of the servers, and the next client.
            let ready = readable(&[stop.as_fd(), self.socket.as_fd()], None);
            if ready.is_ok_and(|ready| ready.first() == Some(&true)) {
                return None;
            }
            match self.socket.accept() {
                Ok((tcp, client)) if tcp.set_nonblocking(false).is_ok() => {
                    return Some((tcp, client));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    // Most likely no descriptors are left, and `poll` would return at once.
                    log::error!("{}: {error}", self.service.name);
                    thread::sleep(Duration::from_millis(100));
                }
            }
        }
    }
}
