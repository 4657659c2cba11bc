//! Which messages the server opens, as the kernel sees it (`inotify`): none for flags, UIDs and
//! deliveries, and each once for its header and structure, whoever asks and how often.
#![cfg(target_os = "linux")]

use std::io::Cursor;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use crate::common::Lab;
use pillarbox::client::{Endpoint, ImapClient, Security, SmtpClient};
use pillarbox::mail::protocol::imap::cursor::Cursor as Text;
use pillarbox::mail::protocol::imap::search::{Algorithm, Criterion, SortKey};
use pillarbox::mail::protocol::imap::{FetchItem, Search, SearchKey, SequenceSet};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;

const MESSAGES: usize = 10_000;

/// Hears of every file in bob's inbox that anybody opens.
struct Watch(OwnedFd);

impl Watch {
    fn begin(lab: &Lab) -> Watch {
        let watch = inotify::init(CreateFlags::NONBLOCK).unwrap();
        for folder in ["new", "cur"] {
            let folder = lab.path().join("mail/bob").join(folder);
            inotify::add_watch(&watch, folder, WatchFlags::OPEN).unwrap();
        }
        Watch(watch)
    }

    /// How many messages were opened since the last time.
    fn opened(&self) -> usize {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(&self.0, &mut buffer);
        let mut opened = 0;
        loop {
            match events.next() {
                Ok(event) => {
                    assert!(!event.events().contains(ReadFlags::QUEUE_OVERFLOW));
                    opened += usize::from(!event.events().contains(ReadFlags::ISDIR));
                }
                Err(Errno::AGAIN) => return opened,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

fn endpoint(lab: &Lab, protocol: &str) -> Endpoint {
    Endpoint::new("localhost", lab.port(protocol), Security::Plain, lab.ca())
}

fn bob(lab: &Lab) -> ImapClient {
    let mut client = ImapClient::connect(&endpoint(lab, "imap")).unwrap();
    client.login("bob", "builder").unwrap();
    client
}

fn search(client: &mut ImapClient, keys: &str) -> usize {
    let keys = Search::parse(&mut Text::new(keys.as_bytes())).unwrap().keys;
    client.search(keys).unwrap().len()
}

/// Flags, UIDs and deliveries are known without the messages. Returns how many there are.
fn without_opening(lab: &Lab, client: &mut ImapClient, watch: &Watch) -> usize {
    client.select("INBOX").unwrap();
    client.fetch(&SequenceSet::all(), &[FetchItem::Uid, FetchItem::Flags]).unwrap();
    let unseen = search(client, "UNSEEN UNKEYWORD $Work 1:*");
    let mut message = Cursor::new(b"Subject: one more\r\n\r\nHere it is.\r\n");
    let mut smtp = SmtpClient::connect(&endpoint(lab, "smtp")).unwrap();
    smtp.send("a@elsewhere.test", &["bob@pillarbox.test"], &mut message).unwrap();
    client.noop().unwrap();
    let all = search(client, "ALL");
    assert_eq!(all, unseen + 1);
    assert_eq!(watch.opened(), 0);
    all
}

/// Headers and structures are read once: not again for the same client, when it has come back, nor
/// for another one beside it, nor for a search. Returns the other one.
fn headers_and_structures(lab: &Lab, mut client: ImapClient, watch: &Watch) -> ImapClient {
    let all = SequenceSet::all();
    let items = [FetchItem::Envelope, FetchItem::BodyStructure];
    let first = client.fetch(&all, &items).unwrap();
    assert_eq!(watch.opened(), first.len());
    client.logout().unwrap();
    let (mut client, mut another) = (bob(lab), bob(lab));
    client.select("INBOX").unwrap();
    another.examine("INBOX").unwrap();
    assert_eq!(client.fetch(&all, &items).unwrap(), first);
    assert_eq!(another.fetch(&all, &items).unwrap(), first);
    assert_eq!(search(&mut another, "FROM liddell SUBJECT drains"), MESSAGES);
    assert_eq!(watch.opened(), 0);
    another
}

/// The names that another program gave to its files do not tell their sizes; once they are known,
/// nothing is opened for them either, nor for sorting and threading.
fn sizes_and_order(client: &mut ImapClient, watch: &Watch, count: usize) {
    assert_eq!(search(client, "LARGER 1"), count);
    assert_eq!(watch.opened(), MESSAGES);
    assert_eq!(search(client, "LARGER 1 SINCE 1-Jan-2020"), count);
    let keys = [SortKey::Subject, SortKey::From, SortKey::Date, SortKey::Size];
    let criteria = keys.map(|key| Criterion { key, reverse: false });
    let all = || vec![SearchKey::All];
    let sorted = client.sort(criteria.to_vec(), all()).unwrap();
    assert_eq!(sorted.len(), count);
    for algorithm in [Algorithm::References, Algorithm::OrderedSubject] {
        let threads = client.thread(algorithm, all()).unwrap();
        assert!(threads.len() >= count);
    }
    assert_eq!(watch.opened(), 0);
}

/// However many texts are looked for, a body is read once for all of them.
fn texts(client: &mut ImapClient, watch: &Watch, count: usize) {
    let texts = "NOT BODY apples NOT BODY pears NOT BODY plums OR BODY x NOT BODY x";
    assert_eq!(search(client, texts), count);
    assert_eq!(watch.opened(), count);
}

#[test]
fn a_message_is_opened_when_it_must_be_and_once() {
    let lab = Lab::start();
    lab.fill("bob", MESSAGES);
    let watch = Watch::begin(&lab);
    let mut client = bob(&lab);
    let count = without_opening(&lab, &mut client, &watch);
    let mut another = headers_and_structures(&lab, client, &watch);
    sizes_and_order(&mut another, &watch, count);
    texts(&mut another, &watch, count);
}
