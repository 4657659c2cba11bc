//! All the services of a configuration: its certificates, its mail, and a listener for each port.
//!
//! `pillarbox serve` opens them and waits for Ctrl-C; a test opens them on free ports in a temporary
//! folder. They stop when they are dropped.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use native_tls::TlsAcceptor;

use super::{
    Connections, ImapServer, Listener, Peer, Pop3Server, PortSecurity, Service, Session, Site,
    SmtpRole, SmtpServer,
};
use crate::config::{Config, Port};
use crate::limits::{self, BareLineEndings, Limits};
use crate::mail::net::certificates::Certificates;
use crate::mail::net::tls::{self, TlsError};
use crate::mail::net::{Taps, WireLimits};
use crate::mail::protocol::Protocol;
use crate::mail::protocol::smtp::{Address, Path};
use crate::mail::store::{Store, StoreError};
use crate::server::queue::QueueThreads;
use crate::server::smtp::resolve;

/// Why the services cannot start, in one sentence that names the cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupError(pub String);

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SetupError {}

impl From<TlsError> for SetupError {
    fn from(error: TlsError) -> SetupError {
        SetupError(error.0)
    }
}

impl From<StoreError> for SetupError {
    fn from(error: StoreError) -> SetupError {
        SetupError(error.to_string())
    }
}

/// The running services of a configuration.
pub struct Services {
    listening: Vec<Listening>,
    store: Arc<Store>,
    connections: Arc<Connections>,
    threads: Vec<JoinHandle<()>>,
    sending: Option<QueueThreads>,
    /// How long the conversations may take to end.
    grace: Duration,
}

/// A service and the address at which it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// The service's name in `[ports]`: `imaps`.
    pub name: &'static str,
    /// Its address.
    pub address: SocketAddr,
    /// `STARTTLS`, `TLS`.
    pub security: &'static str,
}

impl Services {
    /// Starts everything that this configuration names: its ports, new accounts with their first
    /// mail, and the queue. The taps watch each connection.
    ///
    /// # Errors
    /// When a port is in use, a certificate unreadable or a folder unwritable.
    pub fn open(config: &Config, taps: Taps) -> Result<Services, SetupError> {
        let acceptor = acceptor(config)?;
        let site = Arc::new(Site::open(config)?);
        warn_of_bare_line_endings(config.limits.bare_line_endings);
        let most = config.limits.connections_per_address;
        let connections = Connections::new(config.server.max_connections, most)
            .map_err(|error| SetupError(format!("no file descriptors: {error}")))?;
        let listeners = listeners(config, &site, &acceptor, &taps, &connections)?;
        let mut accounts: Vec<&String> = config.accounts.keys().collect();
        accounts.sort();
        site.welcome_new_accounts(&accounts)?;
        let mut services = Services {
            listening: listeners.iter().map(Listening::of).collect(),
            store: Arc::clone(&site.store),
            connections,
            threads: Vec::new(),
            sending: start_queue(&site, taps)?,
            grace: limits::SHUTDOWN_GRACE,
        };
        for listener in listeners {
            let no_thread = |error| SetupError(format!("no thread for a listener: {error}"));
            services.threads.push(start(listener).map_err(no_thread)?);
        }
        Ok(services)
    }

    /// Gives the conversations this much time to end.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Services {
        self.grace = grace;
        self
    }

    /// Ends the sending of queued mail; the servers go on.
    ///
    /// Returns false if a message was still being sent at the end of `grace`.
    pub fn stop_sending(&mut self, grace: Duration) -> bool {
        match self.sending.take() {
            Some(mut sending) => sending.stop(grace),
            None => true,
        }
    }

    /// The mailboxes.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// The services and their addresses, in the order of `[ports]`.
    #[must_use]
    pub fn listening(&self) -> &[Listening] {
        &self.listening
    }

    /// The address of one service.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<SocketAddr> {
        let found = self.listening.iter().find(|listening| listening.name == name);
        found.map(|listening| listening.address)
    }
}

impl Listening {
    fn of(listener: &Listener) -> Listening {
        let service = listener.service();
        Listening {
            name: service.name,
            address: listener.address(),
            security: service.security.name(),
        }
    }
}

/// Ends the conversations that wait for a command; a message that is being received is finished.
impl Drop for Services {
    fn drop(&mut self) {
        let sending = self.sending.as_mut();
        let grace = self.grace;
        // Both at once: each may need its whole grace.
        thread::scope(|scope| {
            scope.spawn(|| {
                if sending.is_some_and(|sending| !sending.stop(grace)) {
                    log::warn!("a message is being sent; it stays in the queue");
                }
            });
            if !self.connections.stop(grace) {
                log::warn!("some connections did not end in time");
            }
        });
        for thread in self.threads.drain(..) {
            // A listener's thread ends by itself; if it died, its message is on the screen already.
            let _ = thread.join();
        }
    }
}

/// Makes the certificates if there are none, and reads them.
fn acceptor(config: &Config) -> Result<TlsAcceptor, SetupError> {
    let certificates = Certificates::prepare(&config.tls.certs, &certificate_names(config))?;
    Ok(tls::acceptor(&certificates.server(), &certificates.server_key(), config.tls.versions)?)
}

/// `[tls] names`, and the address that the clients of this configuration connect to.
fn certificate_names(config: &Config) -> Vec<String> {
    let mut names = config.tls.names.clone();
    let host = config.server.host;
    if !host.is_unspecified() && !names.contains(&host.to_string()) {
        names.push(host.to_string());
    }
    names
}

fn warn_of_bare_line_endings(setting: BareLineEndings) {
    if setting == BareLineEndings::Accept {
        log::warn!(
            "[limits] bare_line_endings = accept: ANYBODY CAN SMUGGLE MESSAGES INTO THIS SERVER \
             (CVE-2023-51764). A bare LF ends a line, so LF.LF, LF.CRLF and CRLF.LF end a \
             message; this is for a lesson only"
        );
    }
}

/// Opens every port that is not off; one that is wanted `if free` may be missing then.
fn listeners(
    config: &Config,
    site: &Arc<Site>,
    acceptor: &TlsAcceptor,
    taps: &Taps,
    connections: &Arc<Connections>,
) -> Result<Vec<Listener>, SetupError> {
    let ports = &config.ports;
    let start_tls = || PortSecurity::StartTls(acceptor.clone());
    let tls = || PortSecurity::Tls(acceptor.clone());
    let table = [
        ("smtp", ports.smtp, Protocol::Smtp, start_tls()),
        ("submission", ports.submission, Protocol::Submission, start_tls()),
        ("smtps", ports.smtps, Protocol::Submission, tls()),
        ("lmtp", ports.lmtp, Protocol::Lmtp, start_tls()),
        ("pop3", ports.pop3, Protocol::Pop3, start_tls()),
        ("pop3s", ports.pop3s, Protocol::Pop3, tls()),
        ("imap", ports.imap, Protocol::Imap, start_tls()),
        ("imaps", ports.imaps, Protocol::Imap, tls()),
    ];
    let mut listeners = Vec::new();
    for (name, port, protocol, security) in table {
        let Some(Port { number, if_free }) = port else {
            continue;
        };
        let address = SocketAddr::new(config.server.host, number);
        let service = service(name, protocol, security, site, taps);
        match Listener::bind(address, service, connections) {
            Ok(listener) => listeners.push(listener),
            Err(error) if if_free => log::warn!("{name} is off: {}", in_use(name, address, &error)),
            Err(error) => return Err(in_use(name, address, &error)),
        }
    }
    Ok(listeners)
}

fn in_use(name: &str, address: SocketAddr, error: &io::Error) -> SetupError {
    SetupError(format!(
        "{address} cannot be opened for {name}: {error}; \
         end the program that has it, or choose another port in [ports] {name}"
    ))
}

fn service(
    name: &'static str,
    protocol: Protocol,
    security: PortSecurity,
    site: &Arc<Site>,
    taps: &Taps,
) -> Service {
    let site = Arc::clone(site);
    Service {
        name,
        protocol: Some(protocol),
        security,
        wire_limits: WireLimits {
            timeout: timeout(protocol, &site.limits),
            line_length: site.limits.line_length,
        },
        new_session: Box::new(move |peer| new_session(protocol, &site, peer)),
        taps: taps.clone(),
    }
}

fn timeout(protocol: Protocol, limits: &Limits) -> Duration {
    match protocol {
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => limits.smtp_timeout,
        Protocol::Pop3 => limits.pop3_timeout,
        Protocol::Imap => limits.imap_timeout,
    }
}

fn new_session(protocol: Protocol, site: &Arc<Site>, peer: Peer) -> Box<dyn Session> {
    let site = Arc::clone(site);
    match protocol {
        Protocol::Smtp => Box::new(SmtpServer::new(site, peer, SmtpRole::Mx)),
        Protocol::Submission => Box::new(SmtpServer::new(site, peer, SmtpRole::Submission)),
        Protocol::Lmtp => Box::new(SmtpServer::new(site, peer, SmtpRole::Lmtp)),
        Protocol::Pop3 => Box::new(Pop3Server::new(site, peer)),
        Protocol::Imap => Box::new(ImapServer::new(site, peer)),
    }
}

/// Begins to send what is in the queue and what will be.
fn start_queue(site: &Arc<Site>, taps: Taps) -> Result<Option<QueueThreads>, SetupError> {
    let Some(queue) = &site.queue else {
        return Ok(None);
    };
    let here = Arc::clone(site);
    let resolver = Box::new(move |to: &Address| resolve(&here, &Path::Address(to.clone())));
    match queue.start(resolver, taps) {
        Ok(sending) => Ok(Some(sending)),
        Err(error) => Err(SetupError(format!("no thread for the queue: {error}"))),
    }
}

fn start(listener: Listener) -> io::Result<JoinHandle<()>> {
    let name = format!("{} listener", listener.service().name);
    thread::Builder::new().name(name).spawn(|| listener.run())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_certificate_is_for_the_address_that_clients_connect_to() {
        let rows = [
            ("127.0.0.1", "127.0.0.1"),
            ("127.0.0.2", "127.0.0.1 127.0.0.2"),
            ("0.0.0.0", "127.0.0.1"),
        ];
        for (host, names) in rows {
            let text =
                format!("[server]\nhost = {host}\nlab_network = yes\n[tls]\nnames = 127.0.0.1\n");
            let config = Config::parse("x.ini", &text, Path::new("")).unwrap();
            assert_eq!(certificate_names(&config).join(" "), names);
        }
    }
}
