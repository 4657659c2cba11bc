//! Accept, and give each connection a thread of its own: one listener for each port.
//!
//! The thread does everything that can take long, the TLS handshake included, so that a slow client
//! never keeps another one waiting at the door.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use native_tls::TlsAcceptor;
use socket2::{Domain, Socket, Type};

use super::connections::{Connections, Place};
use super::{Peer, Session, Trouble, Upgrade, converse};
use crate::limits;
use crate::mail::net::{Bell, ConnectionInfo, Patience, Secured, Side, Taps, Wire, readable};
use crate::mail::protocol::Protocol;

/// What is served on a port.
pub struct Service {
    /// The name of the protocol in thread names and logs: `imaps`.
    pub name: &'static str,
    /// What is spoken; `None` for a protocol of your own.
    pub protocol: Option<Protocol>,
    /// How the port is secured.
    pub security: Security,
    /// How long and how much a conversation waits for.
    pub patience: Patience,
    /// Begins a conversation with a client.
    pub new_session: Box<dyn Fn(Peer) -> Box<dyn Session> + Send + Sync>,
    /// Lets a recorder look on.
    pub taps: Taps,
}

impl Service {
    /// A protocol in clear, with the usual patience: for one of your own.
    pub fn plain<S: Session + 'static>(
        name: &'static str,
        new_session: impl Fn(Peer) -> S + Send + Sync + 'static,
    ) -> Service {
        Service {
            name,
            protocol: None,
            security: Security::Plain,
            patience: Patience::default(),
            new_session: Box::new(move |peer| Box::new(new_session(peer))),
            taps: Taps::default(),
        }
    }
}

/// How a port is secured.
pub enum Security {
    /// Not at all.
    Plain,
    /// In clear until the client asks for TLS.
    StartTls(TlsAcceptor),
    /// TLS from the first octet.
    Tls(TlsAcceptor),
}

impl Security {
    /// As the table of listeners says it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Security::Plain => "plain",
            Security::StartTls(_) => "STARTTLS",
            Security::Tls(_) => "TLS",
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
    /// When the address is taken or not this machine's.
    pub fn bind(
        address: SocketAddr,
        service: Service,
        connections: &Arc<Connections>,
    ) -> io::Result<Listener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        // A server that is started again need not wait for the last one's connections to fade away.
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(limits::BACKLOG)?;
        // Whoever hung up between `poll` and `accept` must not leave us waiting for the next.
        socket.set_nonblocking(true)?;
        let socket = TcpListener::from(socket);
        let (address, connections) = (socket.local_addr()?, Arc::clone(connections));
        Ok(Listener {
            socket,
            address,
            service: Arc::new(service),
            connections,
        })
    }

    /// Where it listens.
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
        while let Some((tcp, address)) = self.accept() {
            let Some(place) = self.connections.admit(address.ip()) else {
                log::warn!(
                    "{}: too many connections, {address} is not even told",
                    self.service.name
                );
                continue;
            };
            let (service, stop) = (Arc::clone(&self.service), self.connections.stop_bell());
            let thread = thread::Builder::new()
                .name(format!("{} {address}", service.name))
                .stack_size(limits::STACK)
                .spawn(move || match service.serve(tcp, address, &place, stop) {
                    Ok(()) => log::debug!("{} {address}: closed", service.name),
                    Err(error) => log::info!("{} {address}: {error}", service.name),
                });
            if let Err(error) = thread {
                log::error!("{}: no thread for {address}: {error}", self.service.name);
            }
        }
    }

    /// The next connection; `None` when the servers stop.
    fn accept(&self) -> Option<(TcpStream, SocketAddr)> {
        let stop = self.connections.stop_bell();
        loop {
            let ready = readable(&[stop.as_fd(), self.socket.as_fd()], None);
            if ready.is_ok_and(|ready| ready.first() == Some(&true)) {
                return None;
            }
            match self.socket.accept() {
                Ok((tcp, address)) if tcp.set_nonblocking(false).is_ok() => {
                    return Some((tcp, address));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    // No descriptors left, most likely: `poll` would call again at once, for nothing.
                    log::error!("{}: {error}", self.service.name);
                    thread::sleep(Duration::from_millis(100));
                }
            }
        }
    }
}

impl Service {
    /// One connection from its first octet to its last, in its own thread.
    fn serve(
        &self,
        tcp: TcpStream,
        address: SocketAddr,
        place: &Place,
        stop: Bell,
    ) -> io::Result<()> {
        let connection = ConnectionInfo {
            ours: Side::Server,
            service: self.name,
            protocol: self.protocol,
            client: address,
            server: tcp.local_addr()?,
        };
        let mut wire = Wire::new(tcp, self.patience, Some(stop))?;
        if let Some(tap) = self.taps.tap(&connection) {
            wire.watch(tap);
        }
        if let Security::Tls(acceptor) = &self.security {
            wire.accept_tls(acceptor)?;
        }
        let in_clear = |can_start_tls| Peer {
            address,
            encrypted: false,
            secured: None,
            can_start_tls,
        };
        let under_tls = |secured: Option<Secured>| Peer {
            encrypted: true,
            secured,
            ..in_clear(false)
        };
        let fresh_session = |secured| (self.new_session)(under_tls(secured));
        let (peer, upgrade): (_, Option<Upgrade<'_>>) = match &self.security {
            Security::Plain => (in_clear(false), None),
            Security::StartTls(acceptor) => {
                (in_clear(true), Some((acceptor, &fresh_session as &_)))
            }
            Security::Tls(_) => (under_tls(wire.secured().cloned()), None),
        };
        let mut session = (self.new_session)(peer);
        let opening = match place.welcome {
            true => session.greeting(),
            false => super::trouble(&mut *session, Trouble::TooManyConnections),
        };
        converse(&mut wire, session, opening, upgrade)?;
        wire.close();
        Ok(())
    }
}
