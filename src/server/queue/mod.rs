//! The queue: mail for other domains, on disk before it is acknowledged, and sent on until it is
//! delivered or its sender knows why not (RFC 5321 §4.5.4).
//!
//! - [`Queue::accepts`] says whether there is a way; [`Queue::begin`] takes a message: a
//!   [`Submission`] is in the queue whole or not at all.
//! - [`Queue::start`] sends. What became of each recipient is on the disk before the next step is
//!   taken, so `kill -9` at any moment loses nothing, and repeats only what was acknowledged to nobody.
//! - [`Spool`] is the folder, which `pillarbox queue` reads and changes while the server runs.
//!
//! The way of a message: `submission` → `spool` → `agenda` (its time) → `sender` (its next hops, by
//! `route`) → `attempt` (one connection) → `round` (what became of it) → `schedule` (again?) or
//! `bounce` (who is told).

mod agenda;
mod attempt;
mod bounce;
pub mod envelope;
mod round;
mod route;
mod schedule;
mod sender;
mod spool;
mod submission;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Config;
use crate::mail::net::Taps;
use crate::mail::net::tls::Versions;
use crate::mail::protocol::smtp::{Address, Reply};
use crate::mail::store::{Mailbox, StoreError};
use agenda::Agenda;
use route::Routes;
use schedule::Schedule;
use spool::SpoolLock;

pub use crate::mail::protocol::smtp::{Notify, Ret};
pub use envelope::{DeliveryState, Envelope, Recipient};
pub use sender::Sending;
pub use spool::{Spool, new_id};
pub use submission::Submission;

/// The mail that waits for other servers.
pub struct Queue {
    spool: Spool,
    /// Held while this process sends.
    lock: Mutex<Option<SpoolLock>>,
    agenda: Agenda,
    routes: Routes,
    schedule: Schedule,
    hostname: String,
    domain: String,
    ca: PathBuf,
    versions: Versions,
}

/// Where the mail for an address goes.
pub enum Destination {
    /// These mailboxes here; at least one.
    Local(Vec<Arc<Mailbox>>),
    /// The domain is ours, but has no such mailbox.
    Unknown,
    /// Another domain.
    Remote(Address),
}

/// Finds the destination of an address: a report for a local sender goes into the mailbox.
pub type Resolver = dyn Fn(&Address) -> Result<Destination, StoreError> + Send + Sync;

impl Queue {
    /// Opens the queue of a configuration, with everything that waits in it.
    ///
    /// # Errors
    /// When the folder cannot be used, or another server uses it.
    pub fn open(config: &Config) -> Result<Arc<Queue>, StoreError> {
        let spool = Spool::at(&config.queue);
        let lock = spool.open()?;
        let queue = Queue {
            lock: Mutex::new(Some(lock)),
            agenda: Agenda::default(),
            routes: Routes::new(config),
            schedule: Schedule::new(&config.limits),
            hostname: config.server.hostname.clone(),
            domain: config.server.domain.clone(),
            ca: config.tls.certs.join("ca.pem"),
            versions: config.tls.versions,
            spool,
        };
        for id in queue.spool.ids()? {
            match queue.spool.load(&id) {
                // What is done and still there was about to be removed.
                Ok(Some(envelope)) => queue
                    .agenda
                    .add(&id, envelope.due().unwrap_or(envelope.received)),
                Ok(None) => {}
                Err(error) => log::error!("message {id} stays where it is: {error}"),
            }
        }
        Ok(Arc::new(queue))
    }

    /// Is there a way to this address, which is of another domain?
    ///
    /// # Errors
    /// The reply to RCPT that says why not.
    pub fn accepts(&self, to: &Address) -> Result<(), Reply> {
        self.routes.next_hop(to).map(drop)
    }

    /// May this account send on anybody's behalf? So do other servers that relay through us.
    #[must_use]
    pub fn is_gateway(&self, account: &str) -> bool {
        self.routes.is_gateway(account)
    }

    /// Begins a message under a name of its own ([`new_id`]).
    ///
    /// # Errors
    /// The disk's.
    pub fn begin(self: &Arc<Self>, id: &str, envelope: Envelope) -> Result<Submission, StoreError> {
        Submission::begin(Arc::clone(self), id, envelope)
    }

    /// Sends what waits and what will come, in threads of its own; the taps watch its connections.
    ///
    /// # Errors
    /// When there is no thread left.
    pub fn start(self: &Arc<Self>, inboxes: Box<Resolver>, taps: Taps) -> io::Result<Sending> {
        Sending::start(Arc::clone(self), inboxes, taps)
    }

    /// The folder.
    #[must_use]
    pub fn spool(&self) -> &Spool {
        &self.spool
    }

    /// This process sends no more: another one may.
    fn unlock(&self) {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        drop(lock.take());
    }

    fn agenda(&self) -> &Agenda {
        &self.agenda
    }

    fn routes(&self) -> &Routes {
        &self.routes
    }

    fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    fn hostname(&self) -> &str {
        &self.hostname
    }

    fn domain(&self) -> &str {
        &self.domain
    }

    fn ca(&self) -> &Path {
        &self.ca
    }

    fn versions(&self) -> Versions {
        self.versions
    }
}
