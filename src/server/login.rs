//! The door: who may come in, and how often one may try. All three protocols use it.

use std::sync::Arc;

use super::{Peer, Site};
use crate::protocol::sasl::Credentials;
use crate::store::{Account, StoreError};

/// The door of one connection.
pub struct Door {
    site: Arc<Site>,
    open: bool,
    address: String,
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
    /// The account is right, and its mail cannot be opened.
    Unavailable(StoreError),
}

impl Door {
    /// The door for this connection.
    #[must_use]
    pub fn new(site: &Arc<Site>, peer: &Peer) -> Door {
        let (open, address) = (peer.may_log_in(site), peer.address.to_string());
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

    /// Lets in whoever has the right password.
    ///
    /// # Errors
    /// Says why not; the caller words it in its protocol.
    pub fn enter(&mut self, credentials: &Credentials) -> Result<Account, Refusal> {
        if !self.open {
            return Err(Refusal::NeedsTls);
        }
        let Some(name) = self
            .site
            .accounts
            .verify(&credentials.user, &credentials.password)
        else {
            self.failures += 1;
            log::warn!("{}: login failure for {:?}", self.address, credentials.user);
            let last = self.failures >= self.site.limits.login_attempts;
            return Err(if last {
                Refusal::TooManyAttempts
            } else {
                Refusal::WrongPassword
            });
        };
        self.site.store.account(name).map_err(|error| {
            log::error!("{name}: {error}");
            Refusal::Unavailable(error)
        })
    }
}
