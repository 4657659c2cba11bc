//! Our clients against other people's servers: Dovecot by IMAP and POP3, with every login that it
//! knows. Postfix as the server of our SMTP client: `next_hops.rs`.
//!
//! Run as root with `cargo test --test foreign our_clients -- --ignored`. Debian: dovecot-imapd
//! dovecot-pop3d.

use std::fmt::Write;
use std::io::Cursor;
use std::thread;
use std::time::Duration;

use crate::common::dovecot::Dovecot;
use pillarbox::client::{ClientError, Endpoint, ImapClient, Pop3Client, Security};
use pillarbox::mail::message::{Flag, FlagChange, Flags};
use pillarbox::mail::net::certificates::Certificates;
use pillarbox::mail::protocol::imap::search::{Returns, TextPlace};
use pillarbox::mail::protocol::imap::{FetchItem, SearchKey, SequenceSet, StatusItem};
use pillarbox::mail::protocol::sasl::Mechanism;
use tempfile::TempDir;

/// Dovecot with STARTTLS, and the folder of its certificates.
struct Elsewhere {
    folder: TempDir,
    dovecot: Dovecot,
}

impl Elsewhere {
    fn start() -> Elsewhere {
        let folder = tempfile::tempdir().unwrap();
        let certificates = Certificates::prepare(folder.path(), &["localhost".to_owned()]);
        let dovecot = Dovecot::with_tls(&certificates.unwrap());
        Elsewhere { folder, dovecot }
    }

    fn endpoint(&self, port: u16) -> Endpoint {
        let ca = self.folder.path().join("ca.pem");
        Endpoint::new("localhost", port, Security::StartTls, ca)
    }

    fn imap(&self) -> ImapClient {
        ImapClient::connect(&self.endpoint(self.dovecot.imap)).unwrap()
    }

    fn pop3(&self) -> Pop3Client {
        Pop3Client::connect(&self.endpoint(self.dovecot.pop3)).unwrap()
    }

    fn alice(&self) -> ImapClient {
        let mut client = self.imap();
        client.login("alice", "wonderland").unwrap();
        client
    }
}

/// Twenty million octets, none of them alike.
fn large() -> String {
    let mut large = "Subject: large\r\n\r\n".to_owned();
    for number in 0..20_000_000 / 72 {
        write!(large, "{number:070}\r\n").unwrap();
    }
    large
}

#[test]
#[ignore = "needs dovecot, and root"]
fn dovecot_lets_us_in_by_every_mechanism_and_by_no_wrong_password() {
    let elsewhere = Elsewhere::start();
    for mechanism in Mechanism::ALL {
        let (mut imap, mut pop3) = (elsewhere.imap(), elsewhere.pop3());
        imap.authenticate(mechanism, "alice", "wonderland").unwrap();
        imap.select("INBOX").unwrap();
        pop3.authenticate(mechanism, "bob", "builder").unwrap();
        assert_eq!(pop3.stat().unwrap().messages, 0);
        let wrong = elsewhere.imap().authenticate(mechanism, "alice", "wrong");
        assert!(matches!(wrong, Err(ClientError::Refused { .. })), "{wrong:?}");
        let wrong = elsewhere.pop3().authenticate(mechanism, "bob", "wrong");
        assert!(matches!(wrong, Err(ClientError::Refused { .. })), "{wrong:?}");
    }
    let mut imap = elsewhere.imap();
    let offered = imap.capabilities().unwrap();
    assert!(offered.has("AUTH=SCRAM-SHA-256"), "{offered:?}");
    imap.login("alice", "wonderland").unwrap();
    elsewhere.pop3().login("bob", "builder").unwrap();
}

#[test]
#[ignore = "needs dovecot, and root"]
fn dovecot_keeps_copies_moves_and_finds_our_messages() {
    let elsewhere = Elsewhere::start();
    let mut client = elsewhere.alice();
    let name = client.id(&[("name", "Pillarbox")]).unwrap();
    assert_eq!(name[0], ("name".to_owned(), Some("Dovecot".to_owned())));
    assert_eq!(client.namespace().unwrap().personal[0].separator, Some('.'));
    assert_eq!(client.enable(&["CONDSTORE"]).unwrap(), ["CONDSTORE"]);
    client.create("Entwürfe").unwrap();
    let seen: Flags = [Flag::Seen].into_iter().collect();
    let mut small = Cursor::new("From: a@b.test\nSubject: Thé\n\nhi\n");
    let place = client.append("INBOX", &seen, None, &mut small).unwrap();
    let text = large();
    let none = Flags::new();
    let second = client.append("INBOX", &none, None, &mut Cursor::new(&text));
    assert_eq!(client.select("INBOX").unwrap().exists, 2);
    let (first, second) = (place.unwrap().uids, second.unwrap().unwrap().uids);
    let uid = second.iter(u32::MAX).next().unwrap();
    let mut body = Vec::new();
    client.fetch_body(uid, &mut body).unwrap();
    // No `assert_eq`: nobody reads twenty million octets.
    assert!(body == text.as_bytes());

    let envelope = client.fetch(&first, &[FetchItem::Envelope]).unwrap();
    assert_eq!(envelope[0].envelope().unwrap().from[0].host.as_deref(), Some("b.test"));
    let thé = || vec![SearchKey::Text(TextPlace::Subject, "Thé".to_owned())];
    let found = client.search(thé()).unwrap();
    assert_eq!(SequenceSet::from_sorted(&found), first);
    let returns = Returns { count: true, ..Returns::default() };
    assert_eq!(client.esearch(returns, thé()).unwrap().count, Some(1));

    let copied = client.copy(&first, "Entwürfe").unwrap().unwrap();
    assert_eq!(copied.from, first);
    let moved = client.move_to(&second, "Entwürfe").unwrap().unwrap();
    assert_eq!(moved.validity, copied.validity);
    assert_eq!(client.mailbox().unwrap().exists, 1);
    let listed = client.list_status("*", &[StatusItem::Messages]).unwrap();
    let drafts = listed.iter().find(|(one, _)| one.name.as_str() == "Entwürfe");
    let facts = drafts.unwrap().1.as_ref().unwrap();
    assert_eq!(facts.get(StatusItem::Messages), Some(2));

    let deleted: Flags = [Flag::Deleted].into_iter().collect();
    client.store(&first, FlagChange::Add(deleted)).unwrap();
    client.expunge_only(&second).unwrap();
    assert_eq!(client.mailbox().unwrap().exists, 1);
    client.expunge_only(&first).unwrap();
    assert_eq!(client.mailbox().unwrap().exists, 0);
    client.unselect().unwrap();
    client.logout().unwrap();
}

#[test]
#[ignore = "needs dovecot, and root"]
fn dovecot_tells_us_of_new_mail_while_we_idle() {
    let elsewhere = Elsewhere::start();
    let (mut waiting, mut other) = (elsewhere.alice(), elsewhere.alice());
    waiting.select("INBOX").unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut message = Cursor::new("Subject: news\n\n");
            other.append("INBOX", &Flags::new(), None, &mut message).unwrap();
        });
        while waiting.mailbox().unwrap().exists == 0 {
            waiting.idle(Duration::from_secs(20)).unwrap();
        }
    });
}

#[test]
#[ignore = "needs dovecot, and root"]
fn dovecot_gives_us_messages_by_pop3() {
    let elsewhere = Elsewhere::start();
    let mut imap = elsewhere.alice();
    for number in 0..150 {
        let text = format!("Subject: {number}\n\n.dot\n");
        imap.append("INBOX", &Flags::new(), None, &mut Cursor::new(text)).unwrap();
    }
    let mut pop3 = elsewhere.pop3();
    pop3.login("alice", "wonderland").unwrap();
    assert!(pop3.capa().unwrap().has("PIPELINING"));
    let ids = pop3.uidl().unwrap();
    let numbers: Vec<u32> = ids.iter().map(|(number, _)| *number).collect();
    let tops = pop3.top_each(&numbers, 0).unwrap();
    for (number, top) in tops.into_iter().enumerate() {
        let expected = format!("Subject: {number}\r\n\r\n");
        assert_eq!(String::from_utf8(top.unwrap()).unwrap(), expected);
    }
    let mut message = Vec::new();
    pop3.retr(1, &mut message).unwrap();
    assert_eq!(message, b"Subject: 0\r\n\r\n.dot\r\n");
    pop3.dele(1).unwrap();
    pop3.quit().unwrap();
    assert_eq!(imap.select("INBOX").unwrap().exists, 149);
}
