//! The whole post office of a configuration: its certificates, its mail, and a listener for each port.
//!
//! `pillarbox serve` opens one and waits for Ctrl-C; a test opens one on free ports in a temporary
//! folder and talks to it.

use std::fmt;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use native_tls::TlsAcceptor;

use super::smtp::resolve;
use super::{
    Connections, ImapServer, Listener, Peer, Pop3Server, Security, Service, Session, Site,
    SmtpRole, SmtpServer, Visitors,
};
use crate::config::accounts::Accounts;
use crate::config::{Config, Port, Ports};
use crate::limits::BareLineEndings;
use crate::mail::message::welcome;
use crate::mail::net::certificates::Certificates;
use crate::mail::net::tls::{self, TlsError};
use crate::mail::net::{Patience, Taps};
use crate::mail::protocol::{
    self,
    smtp::{self, Address},
};
use crate::mail::store::{Delivery, Store, StoreError};
use crate::server::queue::{Queue, Sending};

/// Why the office cannot open, in one sentence that names the thing at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupError(pub String);

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SetupError {}

impl From<TlsError> for SetupError {
    fn from(error: TlsError) -> SetupError {
        SetupError(error.0)
    }
}

impl From<StoreError> for SetupError {
    fn from(error: StoreError) -> SetupError {
        SetupError(error.to_string())
    }
}

/// Everything that the servers of one configuration need.
pub struct Office {
    site: Arc<Site>,
    host: IpAddr,
    ports: Ports,
    acceptor: TlsAcceptor,
    accounts: Vec<String>,
    taps: Taps,
}

/// The protocols, and how each begins a conversation.
#[derive(Clone, Copy)]
enum Protocol {
    Smtp(SmtpRole),
    Pop3,
    Imap,
}

/// How a port of the table in [`Office::listeners`] is secured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Secured {
    StartTls,
    Tls,
}

impl Office {
    /// Makes the certificates and the folder of the mailboxes if there are none.
    ///
    /// # Errors
    /// When a file or folder cannot be read or written.
    pub fn open(config: &Config) -> Result<Office, SetupError> {
        let certificates = Certificates::prepare(&config.tls.certs, &certificate_names(config))?;
        let acceptor = tls::acceptor(
            &certificates.server(),
            &certificates.server_key(),
            config.tls.versions,
        )?;
        let site = Site {
            hostname: config.server.hostname.clone(),
            domain: config.server.domain.clone(),
            accounts: Accounts::new(&config.server.domain, config.accounts.clone()),
            store: Store::open(&config.mail)?,
            aliases: config.aliases.clone(),
            message_cache: Arc::default(),
            visitors: Visitors::default(),
            queue: Some(Queue::open(config)?),
            limits: config.limits.clone(),
            lab_network: config.server.lab_network,
        };
        if config.limits.bare_line_endings == BareLineEndings::Accept {
            log::warn!(
                "[limits] bare_line_endings = accept: ANYBODY CAN SMUGGLE MESSAGES INTO THIS SERVER \
                 (CVE-2023-51764). A bare LF ends a line, so LF.LF, LF.CRLF and CRLF.LF end a \
                 message; this is for teaching only"
            );
        }
        let mut accounts: Vec<String> = config.accounts.keys().cloned().collect();
        accounts.sort();
        let (host, ports) = (config.server.host, config.ports.clone());
        Ok(Office {
            site: Arc::new(site),
            host,
            ports,
            acceptor,
            accounts,
            taps: Taps::default(),
        })
    }

    /// Watches every connection with these taps: the servers' own, and those of the queue.
    #[must_use]
    pub fn watched_by(mut self, taps: Taps) -> Office {
        self.taps = taps;
        self
    }

    /// Its mailboxes.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.site.store
    }

    /// Opens every port that is not off; one that is wanted `if free` may be missing then.
    ///
    /// # Errors
    /// When one is taken or not ours to open.
    pub fn listeners(&self, connections: &Arc<Connections>) -> Result<Vec<Listener>, SetupError> {
        let (ports, smtp) = (&self.ports, Protocol::Smtp);
        let (starttls, tls) = (Secured::StartTls, Secured::Tls);
        let table = [
            ("smtp", ports.smtp, smtp(SmtpRole::Mx), starttls),
            (
                "submission",
                ports.submission,
                smtp(SmtpRole::Submission),
                starttls,
            ),
            ("smtps", ports.smtps, smtp(SmtpRole::Submission), tls),
            ("lmtp", ports.lmtp, smtp(SmtpRole::Lmtp), starttls),
            ("pop3", ports.pop3, Protocol::Pop3, starttls),
            ("pop3s", ports.pop3s, Protocol::Pop3, tls),
            ("imap", ports.imap, Protocol::Imap, starttls),
            ("imaps", ports.imaps, Protocol::Imap, tls),
        ];
        let open = |(name, port, protocol, secured): (_, Option<Port>, _, _)| {
            let Port { number, if_free } = port?;
            match self.listener(name, number, protocol, secured, connections) {
                Err(error) if if_free => {
                    log::warn!("{name} is off: {error}");
                    None
                }
                opened => Some(opened),
            }
        };
        table.into_iter().filter_map(open).collect()
    }

    /// Begins to send on what waits in the queue and what will come.
    ///
    /// # Errors
    /// When there is no thread left.
    pub fn relay(&self) -> Result<Option<Sending>, SetupError> {
        let Some(queue) = &self.site.queue else {
            return Ok(None);
        };
        let site = Arc::clone(&self.site);
        let resolver =
            Box::new(move |to: &Address| resolve(&site, &smtp::Path::Address(to.clone())));
        let sending = queue.start(resolver, self.taps.clone());
        let no_thread = |error| SetupError(format!("no thread for the queue: {error}"));
        sending.map(Some).map_err(no_thread)
    }

    fn listener(
        &self,
        name: &'static str,
        port: u16,
        protocol: Protocol,
        secured: Secured,
        connections: &Arc<Connections>,
    ) -> Result<Listener, SetupError> {
        let acceptor = self.acceptor.clone();
        let security = match secured {
            Secured::StartTls => Security::StartTls(acceptor),
            Secured::Tls => Security::Tls(acceptor),
        };
        let patience = Patience {
            timeout: self.timeout(protocol),
            line_length: self.site.limits.line_length,
        };
        let site = Arc::clone(&self.site);
        let new_session = Box::new(move |peer| protocol.begin(&site, peer));
        let address = SocketAddr::new(self.host, port);
        let service = Service {
            name,
            protocol: Some(protocol.spoken()),
            security,
            patience,
            new_session,
            taps: self.taps.clone(),
        };
        Listener::bind(address, service, connections).map_err(|error| {
            SetupError(format!(
                "{address} cannot be opened for {name}: {error}; \
                 end the program that has it, or choose another port in [ports] {name}"
            ))
        })
    }

    fn timeout(&self, protocol: Protocol) -> Duration {
        match protocol {
            Protocol::Smtp(_) => self.site.limits.smtp_timeout,
            Protocol::Pop3 => self.site.limits.pop3_timeout,
            Protocol::Imap => self.site.limits.imap_timeout,
        }
    }

    /// Makes the mailboxes of new accounts, and puts a few real messages into them.
    ///
    /// # Errors
    /// The disk's.
    pub fn welcome_new_accounts(&self) -> Result<(), SetupError> {
        let store = &self.site.store;
        let new: Vec<&String> = self
            .accounts
            .iter()
            .filter(|name| !store.has_account(name))
            .collect();
        for name in &new {
            store.make_account(name)?;
        }
        for message in welcome::messages(&self.site.domain, SystemTime::now()) {
            let recipients = message
                .to
                .iter()
                .filter(|to| new.iter().any(|name| name == to));
            let inboxes: Result<Vec<_>, _> =
                recipients.map(|to| store.account(to)?.inbox()).collect();
            let inboxes = inboxes?;
            if !inboxes.is_empty() {
                let mut delivery = Delivery::begin(inboxes)?;
                delivery
                    .write_all(&message.bytes)
                    .map_err(|error| SetupError(error.to_string()))?;
                delivery.commit()?;
            }
        }
        Ok(())
    }
}

/// `[tls] names`, and the address that the clients of this configuration connect to.
fn certificate_names(config: &Config) -> Vec<String> {
    let (mut names, host) = (config.tls.names.clone(), config.server.host);
    if !host.is_unspecified() && !names.contains(&host.to_string()) {
        names.push(host.to_string());
    }
    names
}

impl Protocol {
    /// As everybody else names it.
    fn spoken(self) -> protocol::Protocol {
        match self {
            Protocol::Smtp(SmtpRole::Mx) => protocol::Protocol::Smtp,
            Protocol::Smtp(SmtpRole::Submission) => protocol::Protocol::Submission,
            Protocol::Smtp(SmtpRole::Lmtp) => protocol::Protocol::Lmtp,
            Protocol::Pop3 => protocol::Protocol::Pop3,
            Protocol::Imap => protocol::Protocol::Imap,
        }
    }

    fn begin(self, site: &Arc<Site>, peer: Peer) -> Box<dyn Session> {
        let site = Arc::clone(site);
        match self {
            Protocol::Smtp(role) => Box::new(SmtpServer::new(site, peer, role)),
            Protocol::Pop3 => Box::new(Pop3Server::new(site, peer)),
            Protocol::Imap => Box::new(ImapServer::new(site, peer)),
        }
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::*;

    #[test]
    fn the_certificate_is_for_the_address_that_clients_connect_to() {
        let rows = [
            ("127.0.0.1", "127.0.0.1"),
            ("127.0.0.2", "127.0.0.1 127.0.0.2"),
            ("0.0.0.0", "127.0.0.1"),
        ];
        for (host, names) in rows {
            let text =
                format!("[server]\nhost = {host}\nlab_network = yes\n[tls]\nnames = 127.0.0.1\n");
            let config = Config::parse("x.ini", &text, Path::new("")).unwrap();
            assert_eq!(certificate_names(&config).join(" "), names);
        }
    }
}
