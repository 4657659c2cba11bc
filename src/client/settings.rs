//! What `[client]`, `[server]` and `[accounts]` say to a client: where the servers are, and who one is.

use std::collections::HashMap;

use super::Endpoint;
use crate::mail::message::Contact;
use crate::mail::message::contact::NotAnAddress;
use crate::mail::net::Taps;

/// The servers that the clients talk to, and the accounts on them.
#[derive(Clone)]
pub struct ClientSettings {
    /// Where messages are handed in: submission, under TLS.
    pub smtp: Endpoint,
    /// Where they are fetched with POP3.
    pub pop3: Endpoint,
    /// Where they are read with IMAP.
    pub imap: Endpoint,
    /// The mail domain of the accounts: `pillarbox.test`.
    pub domain: String,
    /// The passwords that the configuration has in clear, by account.
    pub passwords: HashMap<String, String>,
}

impl ClientSettings {
    /// The account that this person means: `alice` for `alice` and for `alice@` our domain; an
    /// address elsewhere as it is.
    #[must_use]
    pub fn account<'a>(&self, who: &'a str) -> &'a str {
        match who.rsplit_once('@') {
            Some((name, domain)) if domain.eq_ignore_ascii_case(&self.domain) => name,
            _ => who,
        }
    }

    /// Watches every connection to the servers with these taps.
    #[must_use]
    pub fn watched_by(mut self, taps: &Taps) -> ClientSettings {
        for endpoint in [&mut self.smtp, &mut self.pop3, &mut self.imap] {
            endpoint.taps = taps.clone();
        }
        self
    }

    /// The address that this person means: `alice` is `alice@` our domain.
    #[must_use]
    pub fn address(&self, who: &str) -> String {
        if who.contains('@') {
            who.to_owned()
        } else {
            format!("{who}@{}", self.domain)
        }
    }

    /// The people that this line means: `bob`, `bob, carol`, `bob@here.test`, `Bob <bob@here.test>`.
    ///
    /// # Errors
    /// The first that is no address.
    pub fn contacts(&self, line: &str) -> Result<Vec<Contact>, NotAnAddress> {
        Contact::list(line).or_else(|_| {
            let bare = |part: &str| !part.is_empty() && !part.contains(['@', '<', '"', ' ']);
            let parts = line.split(',').map(str::trim).map(|part| match bare(part) {
                true => self.address(part),
                false => part.to_owned(),
            });
            Contact::list(&parts.collect::<Vec<_>>().join(", "))
        })
    }
}

impl std::fmt::Debug for ClientSettings {
    /// No password reaches a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientSettings")
            .field("smtp", &self.smtp)
            .field("pop3", &self.pop3)
            .field("imap", &self.imap)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}
