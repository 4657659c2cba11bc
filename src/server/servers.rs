//! All the servers of a configuration, at work: what `pillarbox serve`, the sites of a script and the
//! window's laboratory open. Dropping them closes them, in the words of their protocols.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Connections, Listener, Office, SetupError};
use crate::config::Config;
use crate::limits;
use crate::mail::net::Taps;
use crate::mail::store::Store;
use crate::server::queue::Sending;

/// Servers that are open.
pub struct Servers {
    listening: Vec<Listening>,
    store: Arc<Store>,
    connections: Arc<Connections>,
    threads: Vec<JoinHandle<()>>,
    sending: Option<Sending>,
    /// How long the conversations may take to end.
    grace: Duration,
}

/// Where one of them listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// The service's name in `[ports]`: `imaps`.
    pub name: &'static str,
    /// Its address.
    pub address: SocketAddr,
    /// `STARTTLS`, `TLS`.
    pub security: &'static str,
}

impl Servers {
    /// Opens everything that this configuration names: its ports, new accounts with their first
    /// mail, and the queue. The taps watch each connection.
    ///
    /// # Errors
    /// When a port is taken, a certificate unreadable or a folder unwritable.
    pub fn open(config: &Config, taps: Taps) -> Result<Servers, SetupError> {
        let office = Office::open(config)?.watched_by(taps);
        let most = config.limits.connections_per_address;
        let connections = Connections::new(config.server.max_connections, most)
            .map_err(|error| SetupError(format!("no file descriptors: {error}")))?;
        let listeners = office.listeners(&connections)?;
        office.welcome_new_accounts()?;
        let mut servers = Servers {
            listening: listeners.iter().map(Listening::of).collect(),
            store: Arc::clone(office.store()),
            connections,
            threads: Vec::new(),
            sending: office.relay()?,
            grace: limits::SHUTDOWN_GRACE,
        };
        for listener in listeners {
            let no_thread = |error| SetupError(format!("no thread for a listener: {error}"));
            servers.threads.push(start(listener).map_err(no_thread)?);
        }
        Ok(servers)
    }

    /// The same, with less time for the conversations to end.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Servers {
        self.grace = grace;
        self
    }

    /// Their mailboxes.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Where they listen, in the order of `[ports]`.
    #[must_use]
    pub fn listening(&self) -> &[Listening] {
        &self.listening
    }

    /// Where this one listens.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<SocketAddr> {
        let found = self
            .listening
            .iter()
            .find(|listening| listening.name == name);
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

/// Conversations that wait for a command are told goodbye, messages on their way are finished.
impl Drop for Servers {
    fn drop(&mut self) {
        let (sending, grace) = (self.sending.as_mut(), self.grace);
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

fn start(listener: Listener) -> io::Result<JoinHandle<()>> {
    let name = format!("{} listener", listener.service().name);
    thread::Builder::new().name(name).spawn(|| listener.run())
}
