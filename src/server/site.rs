//! The mail system that the servers serve: what all conversations of all protocols share.

use std::io::Write;
use std::sync::Arc;
use std::time::SystemTime;

use super::services::SetupError;
use super::{MessageCache, RateLimiter};
use crate::config::Config;
use crate::config::accounts::Accounts;
use crate::config::aliases::Aliases;
use crate::limits::Limits;
use crate::mail::message::welcome;
use crate::mail::store::{Delivery, Mailbox, Store};
use crate::server::queue::Queue;

/// What all conversations share.
pub struct Site {
    /// The name in greetings and in `Received:`: `mail.pillarbox.test`.
    pub hostname: String,
    /// The mail domain whose accounts are ours: `pillarbox.test`.
    pub domain: String,
    /// The accounts and their passwords.
    pub accounts: Accounts,
    /// The mailboxes.
    pub store: Arc<Store>,
    /// Other names for accounts.
    pub aliases: Aliases,
    /// What earlier reading found out about messages.
    pub message_cache: Arc<MessageCache>,
    /// The recent actions of each client address.
    pub rate_limiter: RateLimiter,
    /// The mail for other servers; `None` if none is accepted.
    pub queue: Option<Arc<Queue>>,
    /// The limits of the configuration.
    pub limits: Limits,
    /// True on a class's closed network: passwords may cross it unencrypted.
    pub lab_network: bool,
}

impl Site {
    /// The site of a configuration. Makes the mailbox folder if there is none.
    ///
    /// # Errors
    /// When a file or folder cannot be read or written.
    pub(super) fn open(config: &Config) -> Result<Site, SetupError> {
        let server = &config.server;
        Ok(Site {
            hostname: server.hostname.clone(),
            domain: server.domain.clone(),
            accounts: Accounts::new(&server.domain, config.accounts.clone()),
            store: Store::open(&config.mail)?,
            aliases: config.aliases.clone(),
            message_cache: Arc::default(),
            rate_limiter: RateLimiter::default(),
            queue: Some(Queue::open(config)?),
            limits: config.limits.clone(),
            lab_network: server.lab_network,
        })
    }

    /// Makes the mailboxes of new accounts, and delivers a few real messages to them.
    ///
    /// # Errors
    /// When the disk cannot be read or written.
    pub(super) fn welcome_new_accounts(&self, accounts: &[&String]) -> Result<(), SetupError> {
        let is_new = |name: &&&String| !self.store.has_account(name);
        let new: Vec<&&String> = accounts.iter().filter(is_new).collect();
        for name in &new {
            self.store.make_account(name)?;
        }
        for message in welcome::messages(&self.domain, SystemTime::now()) {
            let mut inboxes = Vec::new();
            for recipient in &message.to {
                if new.iter().any(|name| *name == recipient) {
                    inboxes.push(self.store.account(recipient)?.inbox()?);
                }
            }
            if !inboxes.is_empty() {
                deliver(inboxes, &message.bytes)?;
            }
        }
        Ok(())
    }
}

fn deliver(inboxes: Vec<Arc<Mailbox>>, message: &[u8]) -> Result<(), SetupError> {
    let mut delivery = Delivery::begin(inboxes)?;
    delivery.write_all(message).map_err(|error| SetupError(error.to_string()))?;
    delivery.commit()?;
    Ok(())
}
