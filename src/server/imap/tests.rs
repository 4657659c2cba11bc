//! The session in memory, where a transcript cannot look: what a reply is made of, when it is made,
//! and what a client's numbers come to after any course of events.

mod fetching;
mod numbering;
mod searching;

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use tempfile::TempDir;

use super::ImapServer;
use crate::config::accounts::{Accounts, Password};
use crate::config::aliases::Aliases;
use crate::limits::{self, Limits};
use crate::mail::store::{Delivery, Mailbox, Store};
use crate::server::{Next, Part, Peer, RateLimiter, Reply, Session, Site, TlsState, Trouble};

/// Alice and her folder.
struct Home {
    site: Arc<Site>,
    _folder: TempDir,
}

impl Home {
    fn new() -> Home {
        let folder = TempDir::new().unwrap();
        let password = Password::Clear("wonderland".to_owned());
        let domain = "pillarbox.test".to_owned();
        let site = Site {
            hostname: "mail.pillarbox.test".to_owned(),
            accounts: Accounts::new(&domain, HashMap::from([("alice".to_owned(), password)])),
            domain,
            store: Store::open(folder.path()).unwrap(),
            aliases: Aliases::none(),
            message_cache: Arc::default(),
            rate_limiter: RateLimiter::default(),
            queue: None,
            limits: Limits::default(),
            lab_network: false,
        };
        Home { site: Arc::new(site), _folder: folder }
    }

    fn inbox(&self) -> Arc<Mailbox> {
        self.site.store.account("alice").unwrap().inbox().unwrap()
    }

    fn deliver(&self, message: &str) {
        let mut delivery = Delivery::begin(vec![self.inbox()]).unwrap();
        delivery.write_all(message.as_bytes()).unwrap();
        delivery.commit().unwrap();
    }

    fn session(&self, address: &str) -> ImapServer {
        let peer = Peer { address: address.parse::<SocketAddr>().unwrap(), tls: TlsState::Offered };
        ImapServer::new(Arc::clone(&self.site), peer)
    }

    /// A session with INBOX selected.
    fn selected(&self) -> ImapServer {
        let mut session = self.session("127.0.0.1:50000");
        let answer = text(session.interact(b"a LOGIN alice wonderland"));
        assert!(answer.starts_with("a OK"), "{answer}");
        let answer = text(session.interact(b"b SELECT INBOX"));
        assert!(answer.contains("b OK"), "{answer}");
        session
    }
}

/// All that a reply says.
fn text(reply: Reply) -> String {
    reply.parts.into_iter().map(part_text).collect()
}

fn part_text(part: Part) -> String {
    match part {
        Part::Text(text) => String::from_utf8(text).unwrap(),
        Part::Stream(stream) => io::read_to_string(stream).unwrap(),
        Part::Each(parts) => parts.map(part_text).collect(),
    }
}

/// Nobody can make the server keep the names of any number of messages that it will not take.
#[test]
fn an_append_has_only_so_many_messages() {
    let home = Home::new();
    let mut session = home.selected();
    let begin = session.interact(b"c APPEND INBOX {1+}");
    assert!(matches!(begin.next, Next::Octets(1)));
    for number in 1..=limits::APPENDED {
        session.receive(&mut &b"x"[..]).unwrap();
        let reply = session.interact(b" {1+}");
        assert!(matches!(reply.next, Next::Octets(1)));
        if number < limits::APPENDED {
            assert!(reply.parts.is_empty());
        }
    }
    let answer = text(session.interact(b""));
    assert!(answer.starts_with("c NO [LIMIT] "), "{answer}");
    assert!(home.inbox().refresh().unwrap().messages.is_empty());
}

#[test]
fn a_closed_door_offers_no_login() {
    let mut session = Home::new().session("192.0.2.1:50000");
    let greeting = text(session.greeting());
    assert!(greeting.contains("STARTTLS LOGINDISABLED]"), "{greeting}");
    assert!(!greeting.contains("AUTH="), "{greeting}");
    for command in ["LOGIN alice wonderland", "AUTHENTICATE PLAIN", "AUTHENTICATE X"] {
        let answer = text(session.interact(format!("a {command}").as_bytes()));
        assert!(answer.starts_with("a NO [PRIVACYREQUIRED]"), "{answer}");
    }
}

#[test]
fn a_connection_cut_inside_a_message_delivers_nothing() {
    struct Cut;
    impl Read for Cut {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::UnexpectedEof.into())
        }
    }
    let home = Home::new();
    let mut session = home.selected();
    let reply = session.interact(b"c APPEND INBOX {10}");
    assert!(matches!(reply.next, Next::Octets(10)));
    assert!(session.receive(&mut b"Subject".chain(Cut)).is_err());
    drop(session);
    assert!(home.inbox().refresh().unwrap().messages.is_empty());
}

#[test]
fn trouble_is_worded_and_a_long_line_only_costs_its_command() {
    let home = Home::new();
    let mut session = home.selected();
    for trouble in [
        Trouble::LineEndless,
        Trouble::TimedOut,
        Trouble::ShuttingDown,
        Trouble::TooManyConnections,
        Trouble::PlaintextAfterStartTls,
    ] {
        assert!(text(session.trouble(trouble)).starts_with("* BYE "), "{trouble:?}");
    }
    session.interact(b"c LOGIN {5}");
    session.receive(&mut &b"alice"[..]).unwrap();
    let answer = text(session.too_long(b" and so on"));
    assert_eq!(answer, "c BAD expected a line of at most 65536 octets\r\n");
    let answer = text(session.too_long(b"c SEARCH NOT NOT NOT"));
    assert_eq!(answer, "c BAD expected a line of at most 65536 octets\r\n");
    assert_eq!(text(session.interact(b"d NOOP")), "d OK NOOP completed\r\n");
}

#[test]
fn a_peer_that_speaks_something_else_is_let_go() {
    let mut session = Home::new().session("127.0.0.1:50000");
    for _ in 1..limits::BAD_COMMANDS {
        let reply = session.interact(b"GET / HTTP/1.1");
        assert!(matches!(reply.next, Next::Line));
        // A command in between would begin the count anew; so would any mail program.
    }
    let reply = session.interact(b"Host: pillarbox.test");
    assert!(matches!(reply.next, Next::Close));
    assert!(text(reply).starts_with("* BYE "));
}
