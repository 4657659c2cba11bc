//! The built-in servers: a worker opens and closes the servers of the configuration, and counts their mail.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use super::model::servers::{Counts, MailboxRow, QueueRow, ServersState};
use crate::config::{Config, Port};
use crate::mail::message::Flag;
use crate::mail::net::Taps;
use crate::mail::store::{Message, Store, StoreError};
use crate::server::Services;
use crate::server::queue::{DeliveryState, Spool};

/// How long closing servers wait for their conversations. Those with our own window end at once.
const GRACE: Duration = Duration::from_secs(2);

/// How long a server on this machine may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(300);

/// The state of the worker. When it is dropped, the servers close.
pub(super) struct ServersWorker {
    config: Config,
    taps: Taps,
    servers: Option<Services>,
}

impl ServersWorker {
    pub(super) fn new(config: Config, taps: Taps) -> ServersWorker {
        ServersWorker { config, taps, servers: None }
    }

    /// Returns the state of the servers, after a look whether another program listens on their ports.
    pub(super) fn look(&mut self) -> ServersState {
        match (&self.servers, taken(&self.config)) {
            (Some(servers), _) => ServersState::Open(servers.listening().to_vec()),
            (None, Some(address)) => ServersState::Elsewhere(address),
            (None, None) => ServersState::Closed,
        }
    }

    /// Opens the servers, unless they are open or another program listens on their ports.
    pub(super) fn open(&mut self) -> ServersState {
        let state = self.look();
        if state != ServersState::Closed {
            return state;
        }
        match Services::open(&self.config, self.taps.clone()) {
            Ok(servers) => {
                let servers = self.servers.insert(servers.with_grace(GRACE));
                ServersState::Open(servers.listening().to_vec())
            }
            Err(error) => ServersState::Failed(error.to_string()),
        }
    }

    pub(super) fn close(&mut self) -> ServersState {
        self.servers = None;
        ServersState::Closed
    }

    /// Counts the messages in the mailboxes and in the queue.
    pub(super) fn count(&mut self) -> Result<Counts, StoreError> {
        match &self.servers {
            Some(servers) => count(servers.store(), &self.config),
            None => Ok(Counts::default()),
        }
    }
}

/// The first address of the configuration on which a program listens.
fn taken(config: &Config) -> Option<SocketAddr> {
    let ports = &config.ports;
    let ports = [
        ports.smtp,
        ports.submission,
        ports.smtps,
        ports.pop3,
        ports.pop3s,
        ports.imap,
        ports.imaps,
    ];
    let fixed = |port: &Port| port.number != 0 && !port.if_free;
    let ports = ports.into_iter().flatten().filter(fixed);
    let mut addresses = ports.map(|port| SocketAddr::new(config.server.host, port.number));
    addresses.find(|address| TcpStream::connect_timeout(address, CONNECT_TIMEOUT).is_ok())
}

fn count(store: &Arc<Store>, config: &Config) -> Result<Counts, StoreError> {
    let mut accounts: Vec<&String> = config.accounts.keys().collect();
    accounts.sort();
    let mut counts = Counts::default();
    for name in accounts {
        let account = store.account(name)?;
        for mailbox in account.mailboxes()? {
            let snapshot = account.mailbox(&mailbox)?.refresh()?;
            let unread = |message: &&Arc<Message>| !message.flags.has(Flag::Seen);
            counts.mailboxes.push(MailboxRow {
                account: name.clone(),
                messages: snapshot.messages.len(),
                unread: snapshot.messages.iter().filter(unread).count(),
                mailbox,
            });
        }
    }
    counts.queue = waiting(&Spool::at(&config.queue))?;
    Ok(counts)
}

/// The recipients to whom a message could not be delivered yet.
fn waiting(spool: &Spool) -> Result<Vec<QueueRow>, StoreError> {
    let mut rows = Vec::new();
    for id in spool.ids()? {
        let Some(envelope) = spool.load(&id)? else {
            continue;
        };
        let waits = envelope.recipients.iter().filter(|to| to.state == DeliveryState::Waiting);
        rows.extend(waits.map(|to| QueueRow {
            id: id.clone(),
            from: envelope.from.to_string(),
            to: to.to.to_string(),
            attempts: to.attempts,
            next: to.next,
            why: to.reply.clone().unwrap_or_default(),
        }));
    }
    Ok(rows)
}
