//! The queue: mail for other domains. A message is on the disk before it is acknowledged, and is
//! tried until it is delivered or its sender has a report of the failure (RFC 5321 §4.5.4).
//!
//! - [`Queue::accepts`] says whether a route exists; [`Queue::begin`] takes a message. A
//!   [`Submission`] is in the queue whole or not at all.
//! - [`Queue::start`] sends. The result for each recipient is on the disk before the next message is
//!   begun, so `kill -9` loses nothing, and repeats only what no server had acknowledged.
//! - [`Spool`] is the folder, which `pillarbox queue` reads and changes while the server runs.
//!
//! The way of a message: `submission` → `spool` → `scheduler` (when it is due) → `sender` (its next
//! hops, by `routes`) → `attempt` (one connection) → `delivery_run` (the results) → `retry` (when
//! again?) or `reports` (what the sender must know). The other files do not use [`Queue`], which only
//! calls them.

mod attempt;
mod delivery_run;
pub mod envelope;
mod queue_core;
mod reports;
mod retry;
mod routes;
mod scheduler;
mod sender;
mod spool;
mod submission;

use std::io;
use std::sync::Arc;

use crate::config::Config;
use crate::mail::net::Taps;
use crate::mail::protocol::smtp::{Address, Reply};
use crate::mail::store::StoreError;
use queue_core::QueueCore;

pub use crate::mail::protocol::smtp::{Notify, Ret};
pub use envelope::{DeliveryState, Envelope, Recipient};
pub use reports::{Destination, Resolver};
pub use sender::QueueThreads;
pub use spool::{Spool, new_id};
pub use submission::Submission;

/// The mail that waits for other servers.
pub struct Queue(Arc<QueueCore>);

impl Queue {
    /// Opens the queue of a configuration, with every message in it.
    ///
    /// # Errors
    /// If the folder cannot be used, or another server uses it.
    pub fn open(config: &Config) -> Result<Arc<Queue>, StoreError> {
        let core = QueueCore::open(config)?;
        Ok(Arc::new(Queue(Arc::new(core))))
    }

    /// Checks that a route leads to this address, which is of another domain.
    ///
    /// # Errors
    /// The reply to RCPT if there is none.
    pub fn accepts(&self, to: &Address) -> Result<(), Reply> {
        self.0.routes.next_hop(to)?;
        Ok(())
    }

    /// True if this account may use any sender's address: another server relays through it.
    #[must_use]
    pub fn is_gateway(&self, account: &str) -> bool {
        self.0.routes.is_gateway(account)
    }

    /// Begins a message under a unique name ([`new_id`]).
    ///
    /// # Errors
    /// If the disk fails.
    pub fn begin(&self, id: &str, envelope: Envelope) -> Result<Submission, StoreError> {
        Submission::begin(Arc::clone(&self.0), id, envelope)
    }

    /// Starts the threads that send; the taps watch their connections.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(&self, resolver: Box<Resolver>, taps: Taps) -> io::Result<QueueThreads> {
        QueueThreads::start(Arc::clone(&self.0), resolver, taps)
    }

    /// The folder of the queue.
    #[must_use]
    pub fn spool(&self) -> &Spool {
        &self.0.spool
    }
}
