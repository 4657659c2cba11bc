//! Logging in: checks passwords and slows down guessing. All three protocols use it.

use std::net::SocketAddr;
use std::sync::Arc;

use super::{Peer, Site};
use crate::mail::protocol::sasl::Credentials;
use crate::mail::store::Account;

/// Checks the logins of one connection.
pub struct Authenticator {
    site: Arc<Site>,
    address: SocketAddr,
    allowed: bool,
    failures: u32,
}

/// Why a login failed; each protocol words it in its own way.
#[derive(Debug)]
pub enum AuthError {
    /// A password may not cross this connection unencrypted.
    NeedsTls,
    /// There is no such account, or this is not its password; the client is not told which.
    WrongPassword,
    /// The last attempt that this connection had failed: the conversation ends.
    TooManyAttempts,
    /// Logging in is not possible now, for this reason: the mail cannot be opened, or too many
    /// logins from this address have failed.
    Unavailable(String),
}

impl Authenticator {
    /// An authenticator for this connection.
    ///
    /// It accepts passwords under TLS, from this machine, or on a lab's network.
    #[must_use]
    pub fn new(site: &Arc<Site>, peer: &Peer) -> Authenticator {
        let is_local = peer.address.ip().is_loopback();
        Authenticator {
            site: Arc::clone(site),
            address: peer.address,
            allowed: peer.is_encrypted() || is_local || site.lab_network,
            failures: 0,
        }
    }

    /// True if a client may log in here; otherwise no mechanism is offered.
    #[must_use]
    pub fn may_log_in(&self) -> bool {
        self.allowed
    }

    /// Opens the account if the password is right.
    ///
    /// A wrong password delays the reply, longer with each failure from the same address.
    ///
    /// # Errors
    /// When the login fails.
    pub fn log_in(&mut self, credentials: &Credentials) -> Result<Account, AuthError> {
        if !self.allowed {
            return Err(AuthError::NeedsTls);
        }
        let site = Arc::clone(&self.site);
        let ip = self.address.ip();
        if site.rate_limiter.must_wait(ip) {
            log::warn!("{ip}: too many failed logins, the password is not checked");
            let why = "too many failed logins from your address".to_owned();
            return Err(AuthError::Unavailable(why));
        }
        let Some(name) = site.accounts.verify(&credentials.user, &credentials.password) else {
            return Err(self.failed(credentials));
        };
        site.rate_limiter.logged_in(ip);
        site.store.account(name).map_err(|error| {
            log::error!("{name}: {error}");
            AuthError::Unavailable("the mail of the account cannot be opened now".to_owned())
        })
    }

    fn failed(&mut self, credentials: &Credentials) -> AuthError {
        self.failures += 1;
        // Some people type name and password at once: after a space or NUL comes the password.
        let hides = |c: char| c.is_control() || c.is_whitespace();
        if credentials.user.contains(hides) {
            log::warn!("{}: login failure for an invalid name", self.address);
        } else {
            log::warn!("{}: login failure for {:?}", self.address, credentials.user);
        }
        let first_delay = self.site.limits.login_delay;
        let limiter = &self.site.rate_limiter;
        // Only this connection's thread waits, and it holds nothing that another needs.
        std::thread::sleep(limiter.login_failed(self.address.ip(), first_delay));
        if self.failures >= self.site.limits.login_attempts {
            return AuthError::TooManyAttempts;
        }
        AuthError::WrongPassword
    }
}
