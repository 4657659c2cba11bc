//! A post office in this process, on free ports in a temporary folder, that relays.

use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub(crate) use super::programs::{free_port, free_ports, until};
use pillarbox::client::{Endpoint, Security, SmtpClient};
use pillarbox::config::Config;
use pillarbox::mail::store::Store;
use pillarbox::server::queue::{Sending, Spool};
use pillarbox::server::{Connections, Office};

use super::hop::PATIENCE;

/// An office that is open.
pub(crate) struct Lab {
    config: Config,
    connections: Arc<Connections>,
    threads: Vec<JoinHandle<()>>,
    ports: Vec<(&'static str, u16)>,
    sending: Option<Sending>,
}

impl Lab {
    /// Opens an office in this folder, for `a.test` or what the lines of configuration say. The
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
        let office = Office::open(&config).unwrap();
        let connections = Connections::new(100, 100).unwrap();
        let listeners = office.listeners(&connections).unwrap();
        let port = |l: &pillarbox::server::Listener| (l.service().name, l.address().port());
        let ports = listeners.iter().map(port).collect();
        let threads = listeners
            .into_iter()
            .map(|l| thread::spawn(move || l.run()));
        let threads = threads.collect();
        let sending = office.relay().unwrap();
        Lab {
            config,
            connections,
            threads,
            ports,
            sending,
        }
    }

    pub(crate) fn port(&self, name: &str) -> u16 {
        self.ports
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap()
            .1
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
        assert!(self.sending.take().unwrap().stop(PATIENCE));
    }

    /// The same in the middle of a message; returns how long that took.
    pub(crate) fn stop_sending_at_once(&mut self) -> Duration {
        let begin = Instant::now();
        assert!(!self.sending.take().unwrap().stop(Duration::ZERO));
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
            inbox
                .open(message)
                .unwrap()
                .read_to_end(&mut octets)
                .unwrap();
            String::from_utf8_lossy(&octets).into_owned()
        };
        snapshot.messages.iter().map(|m| read(m)).collect()
    }

    /// Waits until nothing is left in the queue.
    pub(crate) fn drained(&self) {
        until("an empty queue", || {
            self.spool().ids().unwrap().is_empty().then_some(())
        });
    }

    /// Stops it, as Ctrl-C does.
    pub(crate) fn close(mut self) {
        self.connections.stop(PATIENCE);
        self.threads
            .drain(..)
            .for_each(|thread| thread.join().unwrap());
        if self.sending.is_some() {
            self.stop_sending();
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.connections.stop(Duration::ZERO);
    }
}
