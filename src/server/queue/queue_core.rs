//! What all parts of the queue share: its folder, its scheduler and its configuration.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::retry::RetryTimes;
use super::routes::Routes;
use super::scheduler::Scheduler;
use super::spool::{Spool, SpoolLock};
use crate::config::Config;
use crate::mail::net::tls::Versions;
use crate::mail::store::StoreError;

/// The folder, the scheduler and the configuration of a queue.
pub(super) struct QueueCore {
    pub(super) spool: Spool,
    /// Held while this process sends.
    lock: Mutex<Option<SpoolLock>>,
    pub(super) scheduler: Scheduler,
    pub(super) routes: Routes,
    pub(super) retry: RetryTimes,
    pub(super) hostname: String,
    pub(super) domain: String,
    pub(super) ca: PathBuf,
    pub(super) versions: Versions,
}

impl QueueCore {
    /// Locks the folder, and schedules every message in it.
    pub(super) fn open(config: &Config) -> Result<QueueCore, StoreError> {
        let spool = Spool::at(&config.queue);
        let lock = spool.open()?;
        let core = QueueCore {
            spool,
            lock: Mutex::new(Some(lock)),
            scheduler: Scheduler::default(),
            routes: Routes::new(config),
            retry: RetryTimes::new(&config.limits),
            hostname: config.server.hostname.clone(),
            domain: config.server.domain.clone(),
            ca: config.tls.certs.join("ca.pem"),
            versions: config.tls.versions,
        };
        for id in core.spool.ids()? {
            match core.spool.load(&id) {
                Ok(Some(envelope)) => {
                    // A finished message that is still here was about to be removed.
                    let due = envelope.due().unwrap_or(envelope.received);
                    core.scheduler.add(&id, due);
                }
                Ok(None) => {}
                Err(error) => log::error!("message {id} is not sent: {error}"),
            }
        }
        Ok(core)
    }

    /// Gives up the lock: another process may send now.
    pub(super) fn unlock(&self) {
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
