//! What all the conversations of all the protocols share, and what each knows of its other end.

use std::net::SocketAddr;
use std::sync::Arc;

use super::{MessageCache, Visitors};
use crate::config::accounts::Accounts;
use crate::config::aliases::Aliases;
use crate::limits::Limits;
use crate::mail::net::Secured;
use crate::mail::store::Store;
use crate::server::queue::Queue;

/// The mail system that the servers serve.
pub struct Site {
    /// The name in greetings and in `Received:`: `mail.pillarbox.test`.
    pub hostname: String,
    /// The mail domain whose accounts are ours: `pillarbox.test`.
    pub domain: String,
    /// Who may log in.
    pub accounts: Accounts,
    /// Their mail.
    pub store: Arc<Store>,
    /// Names that stand for accounts.
    pub aliases: Aliases,
    /// What was learned of the mail when it was read.
    pub message_cache: Arc<MessageCache>,
    /// What the clients' addresses have done lately.
    pub visitors: Visitors,
    /// What goes on to other servers; `None`: nothing does.
    pub queue: Option<Arc<Queue>>,
    /// What is too much.
    pub limits: Limits,
    /// A class on a closed network: passwords may cross it in clear.
    pub lab_network: bool,
}

/// What a conversation knows of its other end.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The client's address.
    pub address: SocketAddr,
    /// Is the conversation under TLS?
    pub encrypted: bool,
    /// What its TLS handshake agreed on, as far as that is told.
    pub secured: Option<Secured>,
    /// Could it be? (STARTTLS is offered and not yet done.)
    pub can_start_tls: bool,
}

impl Peer {
    /// May a password cross this connection? Only under TLS, from this machine, or on a lab's network.
    #[must_use]
    pub fn may_log_in(&self, site: &Site) -> bool {
        self.encrypted || self.address.ip().is_loopback() || site.lab_network
    }
}
