//! The settings of the clients from `[client]`, `[server]` and `[accounts]`: servers and accounts.

use std::collections::HashMap;

use super::Endpoint;
use crate::mail::message::Contact;
use crate::mail::message::contact::NotAnAddress;
use crate::mail::net::Taps;

/// The servers that the clients talk to, and the accounts on them.
#[derive(Clone)]
pub struct ClientSettings {
    /// The server that takes messages: submission, under TLS.
    pub smtp: Endpoint,
    /// The POP3 server.
    pub pop3: Endpoint,
    /// The IMAP server.
    pub imap: Endpoint,
    /// The mail domain of the accounts: `pillarbox.test`.
    pub domain: String,
    /// The unhashed passwords of the configuration, by account.
    pub passwords: HashMap<String, String>,
}

impl ClientSettings {
    /// Returns the account name of `who`: `alice` for `alice` and for `alice@` our domain.
    ///
    /// An address in another domain is returned as it is.
    #[must_use]
    pub fn account<'a>(&self, who: &'a str) -> &'a str {
        match who.rsplit_once('@') {
            Some((name, domain)) if domain.eq_ignore_ascii_case(&self.domain) => name,
            _ => who,
        }
    }

    /// Returns these settings with every connection watched by these taps.
    #[must_use]
    pub fn watched_by(mut self, taps: &Taps) -> ClientSettings {
        for endpoint in [&mut self.smtp, &mut self.pop3, &mut self.imap] {
            endpoint.taps = taps.clone();
        }
        self
    }

    /// Returns the address of `who`: for `alice` it is `alice@` our domain.
    #[must_use]
    pub fn address(&self, who: &str) -> String {
        if who.contains('@') { who.to_owned() } else { format!("{who}@{}", self.domain) }
    }

    /// Parses a list of recipients: `bob`, `bob, carol`, `bob@here.test`, `Bob <bob@here.test>`.
    ///
    /// # Errors
    /// The first recipient that is no address.
    pub fn contacts(&self, line: &str) -> Result<Vec<Contact>, NotAnAddress> {
        Contact::list(line).or_else(|_| {
            let bare = |part: &str| !part.is_empty() && !part.contains(['@', '<', '"', ' ']);
            let complete = |part: &str| {
                if bare(part) { self.address(part) } else { part.to_owned() }
            };
            let parts: Vec<String> = line.split(',').map(str::trim).map(complete).collect();
            Contact::list(&parts.join(", "))
        })
    }
}

impl std::fmt::Debug for ClientSettings {
    /// Leaves the passwords out, so that none reaches a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientSettings")
            .field("smtp", &self.smtp)
            .field("pop3", &self.pop3)
            .field("imap", &self.imap)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}
