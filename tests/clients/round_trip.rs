//! Our clients against our servers: what goes in comes out, by every protocol and every security.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use crate::common::Lab;
use pillarbox::client::{ClientError, Endpoint, ImapClient, Pop3Client, Security, SmtpClient};
use pillarbox::mail::message::{Flag, FlagChange, Flags};
use pillarbox::mail::protocol::imap::search::{Algorithm, Criterion, Returns, SortKey, TextPlace};
use pillarbox::mail::protocol::imap::{FetchItem, SearchKey, SequenceSet, StatusItem};

const WAYS: [(Security, &str, &str, &str); 3] = [
    (Security::Plain, "submission", "pop3", "imap"),
    (Security::StartTls, "submission", "pop3", "imap"),
    (Security::Tls, "smtps", "pop3s", "imaps"),
];

fn endpoint(lab: &Lab, protocol: &str, security: Security) -> Endpoint {
    Endpoint::new("127.0.0.1", lab.port(protocol), security, lab.ca())
}

fn imap(lab: &Lab, account: &str, password: &str) -> ImapClient {
    let mut client = ImapClient::connect(&endpoint(lab, "imaps", Security::Tls)).unwrap();
    client.login(account, password).unwrap();
    client
}

fn one(uid: u32) -> SequenceSet {
    SequenceSet::from_sorted(&[uid])
}

/// Lines that have tripped mail programs before.
fn difficult(subject: &str) -> String {
    let body =
        ".\r\n..\r\n.x\r\nMAIL FROM:<x>\r\nQUIT\r\n+OK\r\n* BYE\r\n{5}\r\n) a1 OK\r\ncafé\r\n\r\n";
    format!("{WHOLE}Subject: {subject}\r\n\r\n{}", body.repeat(2_000))
}

/// What submission would add if it were missing (RFC 6409 §8).
const WHOLE: &str = "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <one@client.test>\r\n";

#[test]
fn what_goes_in_by_smtp_comes_out_by_pop3_and_imap() {
    let lab = Lab::start();
    for (security, smtp, pop3, imap) in WAYS {
        let subject = format!("{security:?}");
        let sent = difficult(&subject);
        let mut client = SmtpClient::connect(&endpoint(&lab, smtp, security)).unwrap();
        client.login("alice", "wonderland").unwrap();
        let to = ["carol@pillarbox.test"];
        let mut message = Cursor::new(sent.replace("\r\n", "\n"));
        client.send("alice@pillarbox.test", &to, &mut message).unwrap();
        client.quit().unwrap();

        let mut client = Pop3Client::connect(&endpoint(&lab, pop3, security)).unwrap();
        client.login("carol", "chimney").unwrap();
        let (newest, octets) = client.list().unwrap().pop().unwrap();
        let mut by_pop3 = Vec::new();
        assert_eq!(client.retr(newest, &mut by_pop3).unwrap(), octets);
        client.quit().unwrap();

        let mut client = ImapClient::connect(&endpoint(&lab, imap, security)).unwrap();
        client.login("carol", "chimney").unwrap();
        client.examine("INBOX").unwrap();
        let key = SearchKey::Text(TextPlace::Subject, subject);
        let uid = client.search(vec![key]).unwrap().pop().unwrap();
        let mut by_imap = Vec::new();
        client.fetch_body(uid, &mut by_imap).unwrap();
        client.logout().unwrap();

        assert!(by_pop3.ends_with(sent.as_bytes()), "{security:?}");
        assert!(by_pop3 == by_imap, "{security:?}");
    }
}

#[test]
fn every_verb_of_imap_does_what_it_says() {
    let lab = Lab::start();
    let mut client = imap(&lab, "bob", "builder");
    assert!(client.capability().unwrap().has("IMAP4rev1"));
    client.create("Entwürfe.2026").unwrap();
    client.subscribe("Entwürfe.2026").unwrap();
    let names = client.list("*").unwrap();
    assert!(names.iter().any(|listed| listed.name.as_str() == "Entwürfe.2026"));
    let draft: Flags = [Flag::Draft].into_iter().collect();
    let place = client.append("Entwürfe.2026", &draft, None, &mut Cursor::new(difficult("draft")));
    let place = place.unwrap().unwrap();
    let mailbox = client.select("Entwürfe.2026").unwrap();
    assert_eq!(mailbox.exists, 1);
    let items = [FetchItem::Flags, FetchItem::Envelope, FetchItem::Rfc822Size];
    let message = client.fetch(&SequenceSet::all(), &items).unwrap().pop().unwrap();
    assert!(place.uids.contains(message.uid(), u32::MAX));
    assert!(message.flags().unwrap().has(Flag::Draft));
    assert_eq!(message.envelope().unwrap().subject.as_deref(), Some("draft"));
    assert_eq!(message.size(), Some(difficult("draft").len() as u64));
    let uid = message.uid();
    client.copy(&one(uid), "INBOX").unwrap();
    let facts = client.status("Entwürfe.2026", &[StatusItem::Messages]).unwrap();
    assert_eq!(facts.get(StatusItem::Messages), Some(1));
    let deleted: Flags = [Flag::Deleted].into_iter().collect();
    let told = client.store(&one(uid), FlagChange::Add(deleted)).unwrap();
    assert!(told[0].flags().unwrap().has(Flag::Deleted));
    client.expunge().unwrap();
    assert_eq!(client.mailbox().unwrap().exists, 0);
    let gone = client.fetch_body(uid, &mut Vec::new()).unwrap_err();
    assert!(gone.to_string().ends_with("there is no such message"), "{gone}");
    client.close().unwrap();
    client.unsubscribe("Entwürfe.2026").unwrap();
    client.delete("Entwürfe.2026").unwrap();
    assert!(client.select("Entwürfe.2026").is_err());
    client.logout().unwrap();
}

#[test]
fn what_is_found_is_counted_sorted_and_threaded() {
    let lab = Lab::start();
    let mut client = imap(&lab, "carol", "chimney");
    client.create("Tea").unwrap();
    for headers in [
        "Subject: Re: tea\nDate: 2 Jan 2023 10:00:00 +0000\nMessage-ID: <b@x>\nReferences: <a@x>",
        "Subject: tea\nDate: 1 Jan 2023 10:00:00 +0000\nMessage-ID: <a@x>",
        "Subject: cake\nDate: 3 Jan 2023 10:00:00 +0000\nMessage-ID: <c@x>",
    ] {
        let mut message = Cursor::new(format!("{headers}\n\nx\n"));
        client.append("Tea", &Flags::new(), None, &mut message).unwrap();
    }
    client.select("Tea").unwrap();
    let tea = || vec![SearchKey::Text(TextPlace::Subject, "tea".to_owned())];
    let count = Returns { count: true, ..Returns::default() };
    assert_eq!(client.esearch(count, tea()).unwrap().count, Some(2));
    let newest_first = Criterion { key: SortKey::Date, reverse: true };
    let all = || vec![SearchKey::All];
    assert_eq!(client.sort(vec![newest_first], all()).unwrap(), [3, 1, 2]);
    let threads = client.thread(Algorithm::References, all()).unwrap();
    let shown: Vec<_> = threads.iter().map(|m| (m.number, m.depth)).collect();
    assert_eq!(shown, [(Some(2), 0), (Some(1), 1), (Some(3), 0)]);
    client.logout().unwrap();
}

#[test]
fn who_idles_hears_of_new_mail() {
    let lab = Lab::start();
    let mut waiting = imap(&lab, "bob", "builder");
    let before = waiting.select("INBOX").unwrap().exists;
    let mut other = imap(&lab, "bob", "builder");
    let mut message = Cursor::new("Subject: news\n\n");
    std::thread::scope(|scope| {
        scope.spawn(|| other.append("INBOX", &Flags::new(), None, &mut message).unwrap());
        while waiting.mailbox().unwrap().exists == before {
            waiting.idle(Duration::from_secs(20)).unwrap();
        }
    });
    assert_eq!(waiting.mailbox().unwrap().exists, before + 1);
}

#[test]
fn who_is_refused_hears_why() {
    let lab = Lab::start();
    let mut client = SmtpClient::connect(&endpoint(&lab, "smtps", Security::Tls)).unwrap();
    let error = client.login("alice", "wrong").unwrap_err();
    assert!(error.to_string().contains("refuses AUTH PLAIN: 535 5.7.8"), "{error}");
    let mut other = endpoint(&lab, "smtps", Security::Tls);
    other.ca = lab.path().join("no-such-ca.pem");
    let error = SmtpClient::connect(&other).err().unwrap();
    assert!(matches!(error, ClientError::Untrusted { .. }), "{error}");
    let error = ImapClient::connect(&endpoint(&lab, "smtps", Security::Tls)).err().unwrap();
    assert!(error.to_string().contains("not a valid reply in IMAP"), "{error}");
    let mut first = Pop3Client::connect(&endpoint(&lab, "pop3s", Security::Tls)).unwrap();
    first.login("bob", "builder").unwrap();
    let mut second = Pop3Client::connect(&endpoint(&lab, "pop3s", Security::Tls)).unwrap();
    let error = second.login("bob", "builder").unwrap_err();
    assert!(error.is_transient(), "{error}");
}

#[test]
fn a_large_message_passes_through_the_clients() {
    let lab = Lab::start();
    let path = lab.path().join("large.eml");
    let line = "0123456789abcdef".repeat(4) + "\r\n";
    let large = format!("{WHOLE}Subject: large\r\n\r\n{}", line.repeat(100_000));
    fs::write(&path, &large).unwrap();
    let mut client = SmtpClient::connect(&endpoint(&lab, "smtps", Security::Tls)).unwrap();
    client.login("alice", "wonderland").unwrap();
    let mut file = fs::File::open(&path).unwrap();
    let to = ["carol@pillarbox.test"];
    client.send("alice@pillarbox.test", &to, &mut file).unwrap();
    let mut client = imap(&lab, "carol", "chimney");
    let uid = client.select("INBOX").unwrap().uid_next - 1;
    let mut file = fs::File::create(&path).unwrap();
    client.fetch_body(uid, &mut file).unwrap();
    assert!(read(&path).ends_with(&large));
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}
