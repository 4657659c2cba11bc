//! The IMAP client with servers that follow the protocol, and with some that do not.

use std::io::Cursor;
use std::time::Duration;

use super::{play, say};
use pillarbox::client::{ClientError, ImapClient};
use pillarbox::mail::message::{Flag, FlagChange, Flags};
use pillarbox::mail::protocol::imap::response::{AppendUid, Response};
use pillarbox::mail::protocol::imap::search::{Algorithm, Criterion, Returns, SortKey, TextPlace};
use pillarbox::mail::protocol::imap::{FetchItem, SearchKey, Section, SequenceSet, StatusItem};

fn one(uid: u32) -> SequenceSet {
    SequenceSet::from_sorted(&[uid])
}

#[test]
fn a_mailbox_is_opened_and_its_messages_are_read() {
    let (endpoint, _server) = play("imap/open-and-read");
    let mut client = ImapClient::connect(&endpoint).unwrap();
    client.login("alice", "wonderland").unwrap();
    let mailbox = client.select("inbox").unwrap();
    assert_eq!((mailbox.exists, mailbox.uid_validity, mailbox.uid_next), (2, 77, 12));
    assert!(mailbox.permanent_flags.allows_new_keywords() && !mailbox.read_only);
    let items = [FetchItem::Flags, FetchItem::Rfc822Size];
    let messages = client.fetch(&SequenceSet::all(), &items).unwrap();
    let facts: Vec<_> = messages.iter().map(|m| (m.uid(), m.size())).collect();
    assert_eq!(facts, [(7, Some(10)), (11, Some(20))]);
    assert!(messages[0].flags().unwrap().has(Flag::Seen));
    assert_eq!(client.mailbox().unwrap().exists, 3);
    let mut body = Vec::new();
    assert_eq!(client.fetch_body(11, &mut body).unwrap(), 10);
    assert_eq!(body, b"A: {1}\r\n\r\n");
    client.logout().unwrap();
}

#[test]
fn messages_are_changed_copied_and_searched_for() {
    let (endpoint, _server) = play("imap/change-copy-search");
    let mut client = ImapClient::connect(&endpoint).unwrap();
    let seen: Flags = [Flag::Seen].into_iter().collect();
    let messages = client.store(&one(7), FlagChange::Add(seen)).unwrap();
    assert_eq!(messages[0].uid(), 7);
    let error = client.copy(&one(7), "Entwürfe 1").unwrap_err().to_string();
    assert!(error.contains("NO no such mailbox"), "{error}");
    client.create("Entwürfe 1").unwrap();
    let facts = client.status("INBOX", &[StatusItem::Messages]).unwrap();
    assert_eq!(facts.get(StatusItem::Messages), Some(3));
    assert_eq!(facts.get(StatusItem::Unseen), None);
    let keys = vec![SearchKey::Text(TextPlace::Subject, "café".to_owned())];
    assert_eq!(client.search(keys).unwrap(), [7, 9]);
    assert_eq!(client.list("*").unwrap()[0].name.as_str(), "Entwürfe 1");
    let error = client.expunge().unwrap_err().to_string();
    assert!(error.ends_with("refuses EXPUNGE: BAD no mailbox is open"), "{error}");
}

#[test]
fn a_message_is_appended_with_its_length_first() {
    let (endpoint, _server) = play("imap/append");
    let mut client = ImapClient::connect(&endpoint).unwrap();
    let seen: Flags = [Flag::Seen].into_iter().collect();
    let mut message = Cursor::new("a\nb\r\n\r");
    let place = client.append("Sent", &seen, None, &mut message);
    let expected = AppendUid { validity: 1, uids: one(42) };
    assert_eq!(place.unwrap(), Some(expected));
    let mut message = Cursor::new("a\nb\r\n\r");
    let error = client.append("Sent", &Flags::new(), None, &mut message);
    assert!(matches!(error, Err(ClientError::Refused { .. })));
}

#[test]
fn the_replies_of_extensions_become_types() {
    let (endpoint, _server) = play("imap/extensions");
    let mut client = ImapClient::connect(&endpoint).unwrap();
    let us = client.id(&[("name", "test")]).unwrap();
    assert_eq!(us[0].1.as_deref(), Some("Cyrus"));
    let namespaces = client.namespace().unwrap();
    assert_eq!(namespaces.personal[0].separator, Some('.'));
    assert_eq!(client.enable(&["condstore"]).unwrap(), ["CONDSTORE"]);
    let error = client.enable(&["UTF8=ACCEPT"]).unwrap_err();
    assert!(matches!(error, ClientError::Unsendable { .. }));
    let copied = client.copy(&one(7), "Sent").unwrap().unwrap();
    assert_eq!((copied.validity, copied.to), (9, one(31)));
    let moved = client.move_to(&one(7), "Sent").unwrap().unwrap();
    assert_eq!((moved.from, moved.to), (one(7), one(32)));
    client.expunge_only(&one(8)).unwrap();
    client.rename("a", "b").unwrap();
    client.unselect().unwrap();
    let section = Section { path: vec![1, 2], text: None };
    let mut part = Vec::new();
    assert_eq!(client.fetch_section(5, section, &mut part).unwrap(), 4);
    assert_eq!(part, b"ab\r\n");
}

#[test]
fn mailboxes_are_listed_with_their_facts() {
    for script in ["imap/list-status", "imap/status-one-by-one"] {
        let (endpoint, _server) = play(script);
        let mut client = ImapClient::connect(&endpoint).unwrap();
        let listed = client.list_status("*", &[StatusItem::Unseen]).unwrap();
        let [(lists, None), (sent, Some(facts))] = &listed[..] else { panic!("{listed:?}") };
        assert!(lists.has("\\Noselect") && sent.has("\\Sent"));
        assert_eq!(facts.get(StatusItem::Unseen), Some(2));
    }
}

#[test]
fn idling_ends_with_the_news() {
    let (endpoint, _server) = play("imap/idle");
    let mut client = ImapClient::connect(&endpoint).unwrap();
    let news = client.idle(Duration::from_secs(20)).unwrap();
    assert_eq!(news, [Response::Exists(4)]);
    assert_eq!(client.idle(Duration::from_millis(1)).unwrap(), []);
}

#[test]
fn a_short_message_may_come_in_quotes() {
    let (endpoint, _server) = say(b"* OK\r\n* 1 FETCH (BODY[] \"x: y\" UID 1)\r\na1 OK\r\n");
    let mut client = ImapClient::connect(&endpoint).unwrap();
    let mut body = Vec::new();
    assert_eq!(client.fetch_body(1, &mut body).unwrap(), 4);
    assert_eq!(body, b"x: y");
}

#[test]
fn searches_sorts_and_threads_are_returned() {
    let (endpoint, _server) = play("imap/search-sort-thread");
    let mut client = ImapClient::connect(&endpoint).unwrap();
    let returns = Returns { count: true, save: true, ..Returns::default() };
    let seen = vec![SearchKey::Has(Flag::Seen)];
    assert_eq!(client.esearch(returns, seen).unwrap().count, Some(2));
    let newest_first = Criterion { key: SortKey::Date, reverse: true };
    let all = || vec![SearchKey::All];
    assert_eq!(client.sort(vec![newest_first], all()).unwrap(), [9, 7]);
    let threads = client.thread(Algorithm::References, all()).unwrap();
    let shown = threads.iter().map(|message| (message.number, message.depth));
    let expected = [(Some(7), 0), (Some(9), 1), (None, 0), (Some(11), 1), (Some(12), 1)];
    assert!(shown.eq(expected), "{threads:?}");
    assert_eq!(client.thread(Algorithm::OrderedSubject, all()).unwrap(), []);
}
