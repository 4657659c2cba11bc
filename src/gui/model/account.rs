//! An account: who one is, and on which servers.

use crate::client::{ClientSettings, Endpoint};
use crate::mail::message::Contact;

/// Who one is, with the password and the servers.
#[derive(Clone)]
pub struct MailAccount {
    /// The name that one logs in with: `alice`, at another server perhaps `alice@example.org`.
    pub name: String,
    /// Never shown.
    pub password: String,
    /// The servers, and the domain that completes names to addresses.
    pub settings: ClientSettings,
}

impl MailAccount {
    /// The address of this account: `alice@pillarbox.test`.
    #[must_use]
    pub fn address(&self) -> String {
        self.settings.address(&self.name)
    }

    /// As the sender of a message.
    #[must_use]
    pub fn contact(&self) -> Contact {
        Contact::new(None, &self.address())
    }

    /// The name that the servers know.
    #[must_use]
    pub fn login(&self) -> &str {
        &self.name
    }

    /// Where IMAP is spoken.
    #[must_use]
    pub fn imap(&self) -> &Endpoint {
        &self.settings.imap
    }
}

#[cfg(test)]
impl MailAccount {
    /// For tests: alice, whose servers are all here.
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

/// No password reaches a log.
impl std::fmt::Debug for MailAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
