//! The site of the transcripts: alice, bob and carol at pillarbox.test, in a temporary folder.
//!
//! Bob has three messages; alice and carol have none. The limits are small, so that a transcript
//! can exceed them within a screen.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pillarbox::config::Config;
use pillarbox::config::accounts::{Accounts, Password};
use pillarbox::config::aliases::Aliases;
use pillarbox::limits::Limits;
use pillarbox::mail::store::{Delivery, Mailbox, Store};
use pillarbox::server::queue::Queue;
use pillarbox::server::{
    ImapServer, Peer, Pop3Server, RateLimiter, Session, Site, SmtpRole, SmtpServer,
};
use pillarbox::teaching::script::{Protocol, Script};
use tempfile::TempDir;

/// What bob has, as it was delivered.
const MESSAGES: [&str; 3] = [
    "From: alice@pillarbox.test\r\nTo: bob@pillarbox.test\r\nSubject: First\r\n\r\nHello Bob\r\n",
    "From: carol@pillarbox.test\r\nSubject: Dots\r\n\r\n.\r\n..two\r\nthe end\r\n",
    "Subject: Lines\r\n\r\none\r\ntwo\r\nthree\r\nfour\r\nfive\r\n",
];

pub(crate) const ACCOUNTS: [(&str, &str); 3] =
    [("alice", "wonderland"), ("bob", "builder"), ("carol", "chimney")];

/// A site and the folder that it lives in.
pub(crate) struct Home {
    pub(crate) site: Arc<Site>,
    folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Home {
        Home::with(&ACCOUNTS)
    }

    /// The site that a script wants: the usual one, with the settings of its `config:`. It has a
    /// queue if there are routes; nobody sends what waits there.
    pub(crate) fn of(script: &Script) -> Home {
        let setting = |line: &String| line.replacen("] ", "]\n", 1) + "\n";
        Home::configured(&ACCOUNTS, &script.config.iter().map(setting).collect::<String>())
    }

    /// A site with these accounts and passwords.
    pub(crate) fn with(accounts: &[(&str, &str)]) -> Home {
        Home::configured(accounts, "")
    }

    fn configured(accounts: &[(&str, &str)], config: &str) -> Home {
        let folder = TempDir::new().unwrap();
        let config = Config::parse("config.ini", config, folder.path()).unwrap();
        let relays = !config.routes.is_empty();
        let store = Store::open(&folder.path().join("mail")).unwrap();
        let clear = |(name, password): &(&str, &str)| {
            let password = Password::Clear((*password).to_owned());
            ((*name).to_owned(), password)
        };
        let passwords = accounts.iter().map(clear).collect();
        let domain = "pillarbox.test";
        let site = Site {
            hostname: "mail.pillarbox.test".to_owned(),
            domain: domain.to_owned(),
            accounts: Accounts::new(domain, passwords),
            store,
            aliases: aliases(domain, accounts),
            message_cache: Arc::default(),
            rate_limiter: RateLimiter::default(),
            queue: relays.then(|| Queue::open(&config).unwrap()),
            limits: limits(&config),
            lab_network: false,
        };
        let home = Home { site: Arc::new(site), folder };
        let inbox = home.inbox("bob");
        for message in MESSAGES {
            let mut delivery = Delivery::begin(vec![Arc::clone(&inbox)]).unwrap();
            delivery.write_all(message.as_bytes()).unwrap();
            delivery.commit().unwrap();
        }
        home
    }

    pub(crate) fn inbox(&self, account: &str) -> Arc<Mailbox> {
        self.site.store.account(account).unwrap().inbox().unwrap()
    }

    /// Where the Maildir of this account is, or will be.
    pub(crate) fn maildir(&self, account: &str) -> PathBuf {
        self.folder.path().join("mail").join(account)
    }
}

/// `staff` is a small list, `office` an alias that leads to it, `jürgen` one beyond ASCII.
fn aliases(domain: &str, accounts: &[(&str, &str)]) -> Aliases {
    let names = accounts.iter().map(|(name, _)| (*name).to_owned()).collect();
    let entries = [("staff", "alice, carol"), ("office", "staff, bob"), ("jürgen", "bob")];
    let entries = entries.map(|(name, members)| (name.to_owned(), members.to_owned()));
    // A site without these accounts has none of the aliases.
    Aliases::resolve(domain, &names, &entries).unwrap_or_default()
}

fn limits(config: &Config) -> Limits {
    Limits {
        bare_line_endings: config.limits.bare_line_endings,
        message_size: 1000,
        line_length: 2000,
        recipients: 3,
        login_attempts: 3,
        login_delay: Duration::ZERO,
        messages_per_minute: 3,
        recipients_per_minute: 5,
        errors_per_minute: 4,
        ..Limits::default()
    }
}

/// Begins a conversation with a client.
pub(crate) fn new_session(site: &Arc<Site>, protocol: Protocol, peer: Peer) -> Box<dyn Session> {
    let site = Arc::clone(site);
    match protocol {
        Protocol::Smtp => Box::new(SmtpServer::new(site, peer, SmtpRole::Mx)),
        Protocol::Submission => Box::new(SmtpServer::new(site, peer, SmtpRole::Submission)),
        Protocol::Lmtp => Box::new(SmtpServer::new(site, peer, SmtpRole::Lmtp)),
        Protocol::Pop3 => Box::new(Pop3Server::new(site, peer)),
        Protocol::Imap => Box::new(ImapServer::new(site, peer)),
    }
}
