//! The servers on real ports, and a client's end of a connection to them.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use native_tls::{TlsAcceptor, TlsConnector};
use pillarbox::console::{Action, Protocol, Script, Talk, Tls};
use pillarbox::net::certificates::Certificates;
use pillarbox::net::tls::{self, Versions};
use pillarbox::net::{Heard, Patience, Wire};
use pillarbox::server::{Connections, Listener, Security, Service, Site};
use tempfile::TempDir;

use crate::site::new_session;

/// A CA of its own, a server that has its certificate, a client that trusts it.
pub(crate) struct Trust {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
}

impl Trust {
    pub(crate) fn new() -> Trust {
        let folder = TempDir::new().unwrap();
        let certificates = Certificates::prepare(folder.path(), &["localhost".to_owned()]).unwrap();
        let (certificate, key) = (certificates.server(), certificates.server_key());
        Trust {
            acceptor: tls::acceptor(&certificate, &key, Versions::default()).unwrap(),
            connector: tls::connector(&certificates.ca(), Versions::default()).unwrap(),
        }
    }
}

/// The ports that a script needs. They close when this is dropped.
pub(crate) struct Ports<'a> {
    addresses: HashMap<&'static str, SocketAddr>,
    encrypted: bool,
    connector: &'a TlsConnector,
    connections: Arc<Connections>,
}

impl<'a> Ports<'a> {
    /// In clear, with STARTTLS if the script wants it offered.
    pub(crate) fn clear(site: &Arc<Site>, script: &Script, trust: &'a Trust) -> Ports<'a> {
        let security = || match script.tls {
            Tls::Offered => Security::StartTls(trust.acceptor.clone()),
            Tls::Any => Security::Plain,
        };
        Ports::open(site, script, trust, &security, false)
    }

    /// Under TLS from the first octet.
    pub(crate) fn encrypted(site: &Arc<Site>, script: &Script, trust: &'a Trust) -> Ports<'a> {
        let security = || Security::Tls(trust.acceptor.clone());
        Ports::open(site, script, trust, &security, true)
    }

    fn open(
        site: &Arc<Site>,
        script: &Script,
        trust: &'a Trust,
        security: &dyn Fn() -> Security,
        encrypted: bool,
    ) -> Ports<'a> {
        let connections = Connections::new(100, 100).unwrap();
        let mut addresses = HashMap::new();
        for protocol in protocols(script) {
            let site = Arc::clone(site);
            let service = Service {
                name: name(protocol),
                security: security(),
                patience: Patience {
                    timeout: PATIENCE,
                    line_length: site.limits.line_length,
                },
                new_session: Box::new(move |peer| new_session(&site, protocol, peer)),
            };
            let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
            let listener = Listener::bind(any_port, service, &connections).unwrap();
            addresses.insert(name(protocol), listener.address());
            thread::spawn(move || listener.run());
        }
        Ports {
            addresses,
            encrypted,
            connector: &trust.connector,
            connections,
        }
    }

    pub(crate) fn connect(&self, protocol: Protocol) -> io::Result<Box<dyn Talk>> {
        let patience = Patience {
            timeout: PATIENCE,
            ..Patience::default()
        };
        let tcp = TcpStream::connect(self.addresses[name(protocol)])?;
        let mut connection = Connection {
            tcp: tcp.try_clone()?,
            wire: Wire::new(tcp, patience, None)?,
            connector: self.connector.clone(),
        };
        if self.encrypted {
            connection.start_tls()?;
        }
        Ok(Box::new(connection))
    }
}

impl Drop for Ports<'_> {
    fn drop(&mut self) {
        self.connections.stop(PATIENCE);
    }
}

/// Longer than any answer takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Every protocol that a client of the script speaks.
fn protocols(script: &Script) -> Vec<Protocol> {
    let mut all = vec![script.protocol];
    for step in &script.steps {
        match step.action {
            Action::Client(_, Some(protocol)) if !all.contains(&protocol) => all.push(protocol),
            _ => {}
        }
    }
    all
}

fn name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Smtp => "smtp",
        Protocol::Submission => "submission",
        Protocol::Lmtp => "lmtp",
        Protocol::Pop3 => "pop3",
        Protocol::Imap => "imap",
    }
}

struct Connection {
    wire: Wire,
    /// The socket below the wire.
    tcp: TcpStream,
    connector: TlsConnector,
}

impl Talk for Connection {
    fn send(&mut self, octets: &[u8]) -> io::Result<()> {
        self.wire.say(octets)?;
        self.wire.flush()
    }

    fn receive_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        match self.wire.read_line()? {
            Heard::Line(line) => Ok(Some(line)),
            Heard::Closed => Ok(None),
            other => Err(io::Error::other(format!("{other:?} instead of a line"))),
        }
    }

    /// Says that nothing more will be said, so that the server says all that it has, and closes.
    fn unheard(&mut self) -> Option<Vec<u8>> {
        self.tcp.shutdown(Shutdown::Write).ok()?;
        self.receive_line().ok().flatten()
    }

    fn start_tls(&mut self) -> io::Result<()> {
        self.wire.connect_tls(&self.connector, "localhost")
    }

    /// The server's end is closed when its session is gone, and this waits for it.
    fn disconnect(self: Box<Self>) {
        self.wire.close();
    }
}
