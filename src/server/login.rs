//! The door: who may come in, and how often one may try. All three protocols use it.

use std::net::SocketAddr;
use std::sync::Arc;

use super::{Peer, Site};
use crate::mail::protocol::sasl::Credentials;
use crate::mail::store::Account;

/// The door of one connection.
pub struct Door {
    site: Arc<Site>,
    open: bool,
    address: SocketAddr,
    failures: u32,
}

/// Why nobody came in.
#[derive(Debug)]
pub enum Refusal {
    /// A password may not cross this connection in clear.
    NeedsTls,
    /// No such account, or not its password; which of the two is not said.
    WrongPassword,
    /// The same, once too often: the conversation ends.
    TooManyAttempts,
    /// Not now, for this reason: the mail cannot be opened, or so many logins from this address
    /// have failed that no password is looked at.
    Unavailable(String),
}

impl Door {
    /// The door for this connection.
    #[must_use]
    pub fn new(site: &Arc<Site>, peer: &Peer) -> Door {
        let (open, address) = (peer.may_log_in(site), peer.address);
        Door {
            site: Arc::clone(site),
            open,
            address,
            failures: 0,
        }
    }

    /// May one log in here at all? Otherwise no mechanism is offered.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Lets in whoever has the right password. The answer to a wrong one takes its time, more
    /// with each one from the same address, whatever connection it comes by.
    ///
    /// # Errors
    /// Says why not; the caller words it in its protocol.
    pub fn enter(&mut self, credentials: &Credentials) -> Result<Account, Refusal> {
        if !self.open {
            return Err(Refusal::NeedsTls);
        }
        let (site, ip) = (Arc::clone(&self.site), self.address.ip());
        if site.visitors.must_wait(ip) {
            log::warn!("{ip}: too many login failures, no password is looked at");
            let why = "too many failed logins from your address".to_owned();
            return Err(Refusal::Unavailable(why));
        }
        let Some(name) = site
            .accounts
            .verify(&credentials.user, &credentials.password)
        else {
            return Err(self.failed(credentials));
        };
        site.visitors.logged_in(ip);
        site.store.account(name).map_err(|error| {
            log::error!("{name}: {error}");
            Refusal::Unavailable("the mail of the account cannot be opened now".to_owned())
        })
    }

    fn failed(&mut self, credentials: &Credentials) -> Refusal {
        self.failures += 1;
        // Behind a space or a NUL in a name stands the password of whoever said both at once.
        let hides = |c: char| c.is_control() || c.is_whitespace();
        match credentials.user.contains(hides) {
            true => log::warn!("{}: login failure for what is no name", self.address),
            false => log::warn!("{}: login failure for {:?}", self.address, credentials.user),
        }
        let visitors = &self.site.visitors;
        let delay = visitors.login_failed(self.address.ip(), self.site.limits.login_delay);
        // Only this connection's thread waits, and it holds nothing that another needs.
        std::thread::sleep(delay);
        if self.failures >= self.site.limits.login_attempts {
            return Refusal::TooManyAttempts;
        }
        Refusal::WrongPassword
    }
}
