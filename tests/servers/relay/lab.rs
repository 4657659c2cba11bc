//! Servers in this process, on free ports in a temporary folder, which relay.

use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub(crate) use super::programs::{free_port, free_ports, until};
use pillarbox::client::{Endpoint, Security, SmtpClient};
use pillarbox::config::Config;
use pillarbox::mail::net::Taps;
use pillarbox::mail::store::Store;
use pillarbox::server::Services;
use pillarbox::server::queue::Spool;

use super::hop::PATIENCE;

/// Servers that are open.
pub(crate) struct Lab {
    config: Config,
    services: Option<Services>,
}

impl Lab {
    /// Opens servers in this folder, for `a.test` or what the lines of configuration say. The
    /// certificates are shared by all the folders side by side.
    pub(crate) fn open(folder: &Path, more: &str) -> Lab {
        Lab::open_at(folder, 0, 0, more)
    }

    /// The same with these ports for SMTP and SMTPS.
    pub(crate) fn open_at(folder: &Path, smtp: u16, smtps: u16, more: &str) -> Lab {
        let ports = format!("[ports]\nsmtp = {smtp}\nsmtps = {smtps}\n");
        let off = "submission =\nlmtp =\npop3 =\npop3s =\nimap =\nimaps =\n";
        let certs = "[tls]\ncerts = ../certs\n";
        let text = format!("{ports}{off}{certs}{more}");
        fs::create_dir_all(folder).unwrap();
        let config = Config::parse("config.ini", &text, folder).unwrap();
        // An account that has its mailboxes gets no first mail.
        let store = Store::open(&config.mail).unwrap();
        for account in config.accounts.keys() {
            store.make_account(account).unwrap();
        }
        let services = Services::open(&config, Taps::default()).unwrap();
        Lab { config, services: Some(services) }
    }

    fn services(&mut self) -> &mut Services {
        self.services.as_mut().unwrap()
    }

    pub(crate) fn port(&self, name: &str) -> u16 {
        let services = self.services.as_ref().unwrap();
        services.address(name).unwrap().port()
    }

    pub(crate) fn spool(&self) -> Spool {
        Spool::at(&self.config.queue)
    }

    /// Alice logs in and sends a message.
    pub(crate) fn send(&self, to: &[&str], message: &str) {
        let mut client = self.alice();
        let from = format!("alice@{}", self.config.server.domain);
        // Without these two, submission would add them (RFC 6409 §8).
        let whole = "Date: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <one@a.test>\n";
        let message = format!("{whole}{message}").replace('\n', "\r\n");
        let sent = client.send(&from, to, &mut Cursor::new(message)).unwrap();
        assert!(sent.refused.is_empty(), "{:?}", sent.refused);
        client.quit().unwrap();
    }

    /// A client with which alice has logged in.
    pub(crate) fn alice(&self) -> SmtpClient {
        let ca: PathBuf = self.config.tls.certs.join("ca.pem");
        let endpoint = Endpoint::new("localhost", self.port("smtps"), Security::Tls, ca);
        let mut client = SmtpClient::connect(&endpoint).unwrap();
        client.login("alice", "wonderland").unwrap();
        client
    }

    /// Nothing is sent on any more, and no report is written; the servers go on.
    pub(crate) fn stop_sending(&mut self) {
        assert!(self.services().stop_sending(PATIENCE));
    }

    /// The same in the middle of a message; returns how long that took.
    pub(crate) fn stop_sending_at_once(&mut self) -> Duration {
        let begin = Instant::now();
        assert!(!self.services().stop_sending(Duration::ZERO));
        begin.elapsed()
    }

    /// The messages of an account, when there are as many as this.
    pub(crate) fn mail(&self, account: &str, count: usize) -> Vec<String> {
        until(&format!("{count} messages for {account}"), || {
            let found = self.mail_now(account);
            (found.len() >= count).then_some(found)
        })
    }

    /// The messages of an account now.
    pub(crate) fn mail_now(&self, account: &str) -> Vec<String> {
        // A store of its own, as another program's would be.
        let store = Store::open(&self.config.mail).unwrap();
        let inbox = store.account(account).unwrap().inbox().unwrap();
        let snapshot = inbox.refresh().unwrap();
        let read = |message| {
            let mut octets = Vec::new();
            inbox.open(message).unwrap().read_to_end(&mut octets).unwrap();
            String::from_utf8_lossy(&octets).into_owned()
        };
        snapshot.messages.iter().map(|m| read(m)).collect()
    }

    /// Waits until nothing is left in the queue.
    pub(crate) fn drained(&self) {
        until("an empty queue", || self.spool().ids().unwrap().is_empty().then_some(()));
    }

    /// Stops it, as Ctrl-C does.
    pub(crate) fn close(mut self) {
        self.stop_sending();
        drop(self.services.take().unwrap().with_grace(PATIENCE));
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if let Some(services) = self.services.take() {
            drop(services.with_grace(Duration::ZERO));
        }
    }
}
