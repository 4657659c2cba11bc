//! The servers on real ports, and a client's end of a connection to them.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use native_tls::TlsAcceptor;
use pillarbox::client::{self, Endpoint};
use pillarbox::mail::net::certificates::Certificates;
use pillarbox::mail::net::tls::{self, Versions};
use pillarbox::mail::net::{Taps, WireLimits};
use pillarbox::server::{Connections, Listener, PortSecurity, Service, Site};
use pillarbox::teaching::script::{Protocol, Script, ScriptTls, Talk, connect};
use tempfile::TempDir;

use crate::site::new_session;

/// A CA of its own, a server that has its certificate, a client that trusts it.
pub(crate) struct Trust {
    acceptor: TlsAcceptor,
    ca: PathBuf,
    _folder: TempDir,
}

impl Trust {
    pub(crate) fn new() -> Trust {
        let folder = TempDir::new().unwrap();
        let certificates = Certificates::prepare(folder.path(), &["localhost".to_owned()]).unwrap();
        let (certificate, key) = (certificates.server(), certificates.server_key());
        Trust {
            acceptor: tls::acceptor(&certificate, &key, Versions::default()).unwrap(),
            ca: certificates.ca(),
            _folder: folder,
        }
    }
}

/// The ports that a script needs. They close when this is dropped.
pub(crate) struct Ports<'a> {
    addresses: BTreeMap<Protocol, SocketAddr>,
    encrypted: bool,
    ca: &'a Path,
    connections: Arc<Connections>,
}

impl<'a> Ports<'a> {
    /// Unencrypted, with STARTTLS if the script wants it offered.
    pub(crate) fn clear(site: &Arc<Site>, script: &Script, trust: &'a Trust) -> Ports<'a> {
        let security = || match script.tls {
            ScriptTls::Offered => PortSecurity::StartTls(trust.acceptor.clone()),
            ScriptTls::Any | ScriptTls::Implicit => PortSecurity::Plain,
        };
        Ports::open(site, script, trust, &security, false)
    }

    /// Under TLS from the first octet.
    pub(crate) fn encrypted(site: &Arc<Site>, script: &Script, trust: &'a Trust) -> Ports<'a> {
        let security = || PortSecurity::Tls(trust.acceptor.clone());
        Ports::open(site, script, trust, &security, true)
    }

    fn open(
        site: &Arc<Site>,
        script: &Script,
        trust: &'a Trust,
        security: &dyn Fn() -> PortSecurity,
        encrypted: bool,
    ) -> Ports<'a> {
        let connections = Connections::new(100, 100).unwrap();
        let mut addresses = BTreeMap::new();
        for protocol in script.protocols() {
            let site = Arc::clone(site);
            let service = Service {
                name: protocol.name(),
                protocol: Some(protocol),
                security: security(),
                wire_limits: WireLimits { timeout: PATIENCE, line_length: site.limits.line_length },
                new_session: Box::new(move |peer| new_session(&site, protocol, peer)),
                taps: Taps::default(),
            };
            let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
            let listener = Listener::bind(any_port, service, &connections).unwrap();
            addresses.insert(protocol, listener.address());
            thread::spawn(move || listener.run());
        }
        Ports { addresses, encrypted, ca: &trust.ca, connections }
    }

    pub(crate) fn connect(&self, protocol: Protocol) -> io::Result<Box<dyn Talk>> {
        let security = if self.encrypted { client::Security::Tls } else { client::Security::Plain };
        let port = self.addresses[&protocol].port();
        let mut endpoint = Endpoint::new("localhost", port, security, self.ca);
        endpoint.timeout = PATIENCE;
        connect(&endpoint, protocol)
    }
}

impl Drop for Ports<'_> {
    fn drop(&mut self) {
        self.connections.stop(PATIENCE);
    }
}

/// Longer than any answer takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(60);
