//! The laboratory inside: the servers of the configuration, opened and closed by a worker's thread,
//! which also counts their mail. The window only hears what it tells.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use eframe::egui::Context;

use super::model::servers::{Counts, MailboxRow, News, QueueRow, ServersState};
use super::worker::{Reporter, Worker};
use crate::config::{Config, Port};
use crate::mail::message::Flag;
use crate::mail::net::Taps;
use crate::mail::store::{Message, Store, StoreError};
use crate::server::Servers;
use crate::server::queue::{DeliveryState, Spool};

/// For a conversation of our own window's to end: it hears the goodbye at once.
const GRACE: Duration = Duration::from_secs(2);

/// For a server on this machine to answer that asks nothing of anybody.
const GLANCE: Duration = Duration::from_millis(300);

/// What the worker is asked to do.
pub(super) enum Job {
    /// Look whether somebody else serves on our ports.
    Look,
    /// Open the servers.
    Open,
    /// Close them.
    Close,
    /// Count the mail.
    Count,
}

/// Starts the worker.
///
/// # Errors
/// When the system has no thread left.
pub(super) fn start(window: &Context, config: Config, taps: Taps) -> io::Result<Worker<Job, News>> {
    Worker::start("laboratory", window, move |jobs, reporter| {
        work(&jobs, &reporter, &config, &taps);
    })
}

/// Does what is asked for, until the window is closed; then the servers close, too.
fn work(jobs: &Receiver<Job>, reporter: &Reporter<News>, config: &Config, taps: &Taps) {
    let mut servers: Option<Servers> = None;
    let stand = |standing| reporter.report(News::Stands(standing));
    for job in jobs {
        match job {
            Job::Look if servers.is_none() => stand(match taken(config) {
                Some(address) => ServersState::Elsewhere(address),
                None => ServersState::Closed,
            }),
            Job::Open if servers.is_none() => {
                stand(ServersState::Opening);
                let (opened, standing) = open(config, taps);
                servers = opened;
                stand(standing);
            }
            Job::Close => {
                stand(ServersState::Closing);
                servers = None;
                stand(ServersState::Closed);
            }
            Job::Count => {
                let counted = servers.as_ref().map_or(Ok(Counts::default()), |servers| {
                    count(servers.store(), config)
                });
                reporter.report(News::Counted(counted.map_err(|error| error.to_string())));
            }
            Job::Look | Job::Open => {}
        }
    }
}

fn open(config: &Config, taps: &Taps) -> (Option<Servers>, ServersState) {
    if let Some(address) = taken(config) {
        return (None, ServersState::Elsewhere(address));
    }
    match Servers::open(config, taps.clone()) {
        Ok(servers) => {
            let servers = servers.with_grace(GRACE);
            let listening = servers.listening().to_vec();
            (Some(servers), ServersState::Open(listening))
        }
        Err(error) => (None, ServersState::Failed(error.to_string())),
    }
}

/// The first of our addresses at which somebody listens.
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
    addresses.find(|address| TcpStream::connect_timeout(address, GLANCE).is_ok())
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

/// What waits for other servers.
fn waiting(spool: &Spool) -> Result<Vec<QueueRow>, StoreError> {
    let mut rows = Vec::new();
    for id in spool.ids()? {
        let Some(envelope) = spool.load(&id)? else {
            continue;
        };
        let waits = envelope
            .recipients
            .iter()
            .filter(|to| to.state == DeliveryState::Waiting);
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
