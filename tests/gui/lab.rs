//! Servers with a lab's mail, in this process, for the tests of the window.

use std::fs;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::common::programs::free_ports;
use pillarbox::client::{ClientSettings, Endpoint, Security};
use pillarbox::config::Config;
use pillarbox::gui::Start;
use pillarbox::mail::net::Taps;
use pillarbox::mail::store::{Delivery, Store};
use pillarbox::server::Services;
use pillarbox::teaching::explain::Texts;
use tempfile::TempDir;

use crate::window::Window;

/// A folder with the lab's mail, and servers that can be killed.
pub(crate) struct Lab {
    folder: TempDir,
    servers: Option<Services>,
    config: Option<Config>,
    ports: [u16; 3],
}

/// The ports that a window talks to, in the order of [`Lab::ports`].
const SERVICES: [&str; 3] = ["smtps", "pop3s", "imaps"];

impl Lab {
    pub(crate) fn open() -> Lab {
        Lab::at([0; 3])
    }

    /// A lab whose servers can be started again: their ports stay reserved.
    pub(crate) fn on_kept_ports() -> Lab {
        Lab::at(free_ports())
    }

    fn at(ports: [u16; 3]) -> Lab {
        let mut lab =
            Lab { folder: tempfile::tempdir().unwrap(), servers: None, config: None, ports };
        lab.start();
        lab
    }

    /// Opens the servers, on the same ports as before.
    pub(crate) fn start(&mut self) {
        let [smtps, pop3s, imaps] = self.ports;
        let text = format!(
            "[ports]\nsmtp = 0\nsubmission =\nlmtp =\npop3 =\nimap =\nsmtps = {smtps}\n\
             pop3s = {pop3s}\nimaps = {imaps}\n[limits]\nlogin_delay = 0\n"
        );
        let config = Config::parse("config.ini", &text, self.path()).unwrap();
        let servers = Services::open(&config, Taps::default()).unwrap();
        self.config = Some(config);
        let servers = servers.with_grace(Duration::from_millis(1));
        let port = |name: &str| servers.address(name).as_ref().map(SocketAddr::port).unwrap();
        self.ports = SERVICES.map(port);
        self.servers = Some(servers);
    }

    /// Stops the servers without waiting for their clients.
    pub(crate) fn kill(&mut self) {
        self.servers = None;
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The client settings for these servers.
    pub(crate) fn settings(&self, ca: PathBuf) -> ClientSettings {
        let [smtp, pop3, imap] = self.ports;
        let endpoint = |port| {
            let mut endpoint = Endpoint::new("127.0.0.1", port, Security::Tls, &ca);
            endpoint.timeout = Duration::from_secs(60);
            endpoint
        };
        let accounts = [("alice", "wonderland"), ("bob", "builder"), ("carol", "chimney")];
        let passwords = accounts.map(|(name, password)| (name.to_owned(), password.to_owned()));
        ClientSettings {
            smtp: endpoint(smtp),
            pop3: endpoint(pop3),
            imap: endpoint(imap),
            domain: "pillarbox.test".to_owned(),
            passwords: passwords.into_iter().collect(),
        }
    }

    /// A window for these servers, with these accounts open.
    pub(crate) fn window(&self, accounts: &[&str]) -> Window {
        self.window_trusting(&self.path().join("certs/ca.pem"), accounts)
    }

    /// A window that trusts this CA.
    pub(crate) fn window_trusting(&self, ca: &Path, accounts: &[&str]) -> Window {
        Window::open(self.start_of_window(ca, accounts))
    }

    /// The settings with which such a window starts.
    pub(crate) fn start_of_window(&self, ca: &Path, accounts: &[&str]) -> Start {
        Start {
            settings: self.settings(ca.to_owned()),
            accounts: accounts.iter().map(|name| (*name).to_owned()).collect(),
            texts: Texts::compiled_in(),
            config: self.config.clone().unwrap(),
        }
    }

    /// Delivers a message, as a server does.
    pub(crate) fn deliver(&self, account: &str, message: &str) {
        let inbox = self.store().account(account).unwrap().inbox().unwrap();
        let mut delivery = Delivery::begin(vec![inbox]).unwrap();
        std::io::Write::write_all(&mut delivery, message.as_bytes()).unwrap();
        delivery.commit().unwrap();
    }

    /// The messages in a folder of an account, as text.
    pub(crate) fn stored(&self, account: &str, folder: &str) -> Vec<String> {
        let account = self.store().account(account).unwrap();
        let mailbox = match folder {
            "INBOX" => account.inbox(),
            name => account.mailbox(name),
        };
        let mailbox = mailbox.unwrap();
        let snapshot = mailbox.refresh().unwrap();
        let read = |message| {
            let mut text = Vec::new();
            mailbox.open(message).unwrap().read_to_end(&mut text).unwrap();
            String::from_utf8_lossy(&text).into_owned()
        };
        snapshot.messages.iter().map(|message| read(message)).collect()
    }

    fn store(&self) -> &std::sync::Arc<Store> {
        self.servers.as_ref().unwrap().store()
    }

    /// Creates a file that can be attached.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }
}
