//! The site of the transcripts: alice, bob and carol at pillarbox.test, in a temporary folder.
//!
//! Bob has three messages; alice and carol have none. The limits are small, so that a transcript
//! can exceed them within a screen.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use pillarbox::accounts::{Accounts, Password};
use pillarbox::console::Protocol;
use pillarbox::limits::Limits;
use pillarbox::server::{Peer, Pop3Server, Role, Session, Site, SmtpServer};
use pillarbox::store::{Delivery, Store};
use tempfile::TempDir;

/// What bob has, as it was delivered.
const MESSAGES: [&str; 3] = [
    "From: alice@pillarbox.test\r\nTo: bob@pillarbox.test\r\nSubject: First\r\n\r\nHello Bob\r\n",
    "From: carol@pillarbox.test\r\nSubject: Dots\r\n\r\n.\r\n..two\r\nthe end\r\n",
    "Subject: Lines\r\n\r\none\r\ntwo\r\nthree\r\nfour\r\nfive\r\n",
];

/// A site and the folder that it lives in.
pub(crate) struct Home {
    pub(crate) site: Arc<Site>,
    _folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Home {
        let folder = TempDir::new().unwrap();
        let store = Store::open(&folder.path().join("mail")).unwrap();
        for message in MESSAGES {
            let inbox = store.account("bob").unwrap().inbox().unwrap();
            let mut delivery = Delivery::begin(vec![inbox]).unwrap();
            delivery.write_all(message.as_bytes()).unwrap();
            delivery.commit().unwrap();
        }
        let passwords = [
            ("alice", "wonderland"),
            ("bob", "builder"),
            ("carol", "chimney"),
        ];
        let clear = |(name, password): (&str, &str)| {
            (name.to_owned(), Password::Clear(password.to_owned()))
        };
        let domain = "pillarbox.test";
        let site = Site {
            hostname: "mail.pillarbox.test".to_owned(),
            domain: domain.to_owned(),
            accounts: Accounts::new(domain, HashMap::from(passwords.map(clear))),
            store,
            limits: limits(),
            lab_network: false,
        };
        Home {
            site: Arc::new(site),
            _folder: folder,
        }
    }
}

fn limits() -> Limits {
    Limits {
        message_size: 1000,
        line_length: 2000,
        recipients: 3,
        login_attempts: 3,
        ..Limits::default()
    }
}

/// Begins a conversation with a client.
pub(crate) fn new_session(site: &Arc<Site>, protocol: Protocol, peer: Peer) -> Box<dyn Session> {
    let site = Arc::clone(site);
    match protocol {
        Protocol::Smtp => Box::new(SmtpServer::new(site, peer, Role::Mx)),
        Protocol::Submission => Box::new(SmtpServer::new(site, peer, Role::Submission)),
        Protocol::Pop3 => Box::new(Pop3Server::new(site, peer)),
        Protocol::Imap => panic!("IMAP is not served here yet"),
    }
}
