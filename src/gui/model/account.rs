//! A mail account: its name, its password, and its servers.

use crate::client::{ClientSettings, Endpoint};
use crate::mail::message::Contact;

/// A mail account. Its password is never logged.
#[derive(Clone)]
pub struct MailAccount {
    /// The login name: `alice`, or at another server `alice@example.org`.
    pub name: String,
    /// The password.
    pub password: String,
    /// The servers, and the domain that completes a name to an address.
    pub settings: ClientSettings,
}

impl MailAccount {
    /// The address of this account: `alice@pillarbox.test`.
    #[must_use]
    pub fn address(&self) -> String {
        self.settings.address(&self.name)
    }

    /// The account as the sender of a message.
    #[must_use]
    pub fn contact(&self) -> Contact {
        Contact::new(None, &self.address())
    }

    /// The login name.
    #[must_use]
    pub fn login(&self) -> &str {
        &self.name
    }

    /// The IMAP server.
    #[must_use]
    pub fn imap(&self) -> &Endpoint {
        &self.settings.imap
    }
}

#[cfg(test)]
impl MailAccount {
    /// For tests: Alice's account, whose servers are all at this endpoint.
    pub(in crate::gui) fn alice_at(endpoint: Endpoint) -> MailAccount {
        MailAccount {
            name: "alice".to_owned(),
            password: String::new(),
            settings: ClientSettings {
                smtp: endpoint.clone(),
                pop3: endpoint.clone(),
                imap: endpoint,
                domain: "pillarbox.test".to_owned(),
                passwords: std::collections::HashMap::new(),
            },
        }
    }
}

impl std::fmt::Debug for MailAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
