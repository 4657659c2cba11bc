//! The IMAP client with servers that follow the protocol, and with some that do not.
mod hostile;

use std::io::{Cursor, Write};

use super::*;
use crate::client::scripted::{play, serve};
use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::protocol::imap::response::AppendUid;
use crate::mail::protocol::imap::search::{Algorithm, Criterion, Returns, SortKey, TextPlace};
use crate::mail::protocol::imap::{FetchItem, SearchKey, Section, SequenceSet, StatusItem};

fn one(uid: u32) -> SequenceSet {
    SequenceSet::from_sorted(&[uid])
}

#[test]
fn a_mailbox_is_opened_and_its_messages_are_read() {
    let (endpoint, _server) = play(
        r#"S: * OK [CAPABILITY IMAP4rev1 IDLE] ready
        C: a1 LOGIN alice wonderland
        S: * CAPABILITY IMAP4rev1
        S: a1 OK LOGIN completed
        C: a2 SELECT INBOX
        S: * 2 EXISTS
        S: * 1 RECENT
        S: * FLAGS (\Seen \Deleted)
        S: * OK [PERMANENTFLAGS (\Seen \*)] x
        S: * OK [UIDVALIDITY 77] x
        S: * OK [UIDNEXT 12] x
        S: a2 OK [READ-WRITE] SELECT completed
        C: a3 UID FETCH 1:* (FLAGS RFC822.SIZE)
        S: * 1 FETCH (UID 7 FLAGS (\Seen) RFC822.SIZE 10)
        S: * 2 FETCH (RFC822.SIZE 20 UID 11 FLAGS ())
        S: * 3 EXISTS
        S: a3 OK FETCH completed
        C: a4 UID FETCH 11 (BODY.PEEK[])
        S: * 2 FETCH (UID 11 BODY[] {10}
        S: A: {1}
        S:
        S:  FLAGS (\Seen))
        S: a4 OK FETCH completed
        C: a5 LOGOUT
        S: * BYE see you
        S: a5 OK LOGOUT completed"#,
    );
    let mut client = ImapClient::connect(&endpoint).unwrap();
    client.login("alice", "wonderland").unwrap();
    let mailbox = client.select("inbox").unwrap();
    assert_eq!(
        (mailbox.exists, mailbox.uid_validity, mailbox.uid_next),
        (2, 77, 12)
    );
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
    let (endpoint, _server) = play(
        r#"S: * PREAUTH hello
        C: a1 UID STORE 7 +FLAGS (\Seen)
        S: * 1 FETCH (UID 7 FLAGS (\Seen))
        S: a1 OK done
        C: a2 UID COPY 7 "Entw&APw-rfe 1"
        S: a2 NO [TRYCREATE] no such mailbox
        C: a3 CREATE "Entw&APw-rfe 1"
        S: a3 OK done
        C: a4 STATUS INBOX (MESSAGES)
        S: * STATUS INBOX (MESSAGES 3)
        S: a4 OK done
        C: a5 UID SEARCH CHARSET UTF-8 SUBJECT {5}
        S: + go on
        C: café
        S: * SEARCH 7 9
        S: a5 OK done
        C: a6 LIST "" "*"
        S: * LIST () "." "Entw&APw-rfe 1"
        S: a6 OK done
        C: a7 EXPUNGE
        S: a7 BAD no mailbox is open"#,
    );
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
    assert!(
        error.ends_with("refuses EXPUNGE: BAD no mailbox is open"),
        "{error}"
    );
}

#[test]
fn a_message_is_appended_with_its_length_first() {
    let (endpoint, _server) = play(
        r"S: * OK ready
        C: a1 APPEND Sent (\Seen) {8}
        S: + Ready
        C: a
        C: b
        C:
        C:
        S: a1 OK [APPENDUID 1 42] APPEND completed
        C: a2 APPEND Sent {8}
        S: a2 NO it is full",
    );
    let mut client = ImapClient::connect(&endpoint).unwrap();
    let seen: Flags = [Flag::Seen].into_iter().collect();
    let mut message = Cursor::new("a\nb\r\n\r");
    let place = client.append("Sent", &seen, None, &mut message);
    let expected = AppendUid {
        validity: 1,
        uids: one(42),
    };
    assert_eq!(place.unwrap(), Some(expected));
    let mut message = Cursor::new("a\nb\r\n\r");
    let error = client.append("Sent", &Flags::new(), None, &mut message);
    assert!(matches!(error, Err(ClientError::Refused { .. })));
}

#[test]
fn what_extensions_tell_is_typed() {
    let (endpoint, _server) = play(
        r#"S: * PREAUTH ready
        C: a1 ID ("name" "test")
        S: * ID ("name" "Cyrus" "os" NIL)
        S: a1 OK
        C: a2 NAMESPACE
        S: * NAMESPACE (("" ".")) NIL NIL
        S: a2 OK
        C: a3 ENABLE CONDSTORE
        S: * ENABLED CONDSTORE
        S: a3 OK
        C: a4 UID COPY 7 Sent
        S: a4 OK [COPYUID 9 7 31] done
        C: a5 UID MOVE 7 Sent
        S: * OK [COPYUID 9 7 32] moved
        S: * 1 EXPUNGE
        S: a5 OK done
        C: a6 UID EXPUNGE 8
        S: a6 OK
        C: a7 RENAME a b
        S: a7 OK
        C: a8 UNSELECT
        S: a8 OK
        C: a9 UID FETCH 5 (BODY.PEEK[1.2])
        S: * 1 FETCH (UID 5 BODY[1.2] {4}
        S: ab
        S: )
        S: a9 OK"#,
    );
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
    let section = Section {
        path: vec![1, 2],
        text: None,
    };
    let mut part = Vec::new();
    assert_eq!(client.fetch_section(5, section, &mut part).unwrap(), 4);
    assert_eq!(part, b"ab\r\n");
}

#[test]
fn mailboxes_are_listed_with_their_facts() {
    let at_once = r#"S: * PREAUTH [CAPABILITY IMAP4rev1 LIST-STATUS] x
        C: a1 LIST () "" ("*") RETURN (STATUS (UNSEEN))
        S: * LIST (\Noselect) "." Lists
        S: * LIST (\Sent) "." Sent
        S: * STATUS Sent (UNSEEN 2)
        S: a1 OK"#;
    let one_by_one = r#"S: * PREAUTH [CAPABILITY IMAP4rev1] x
        C: a1 LIST "" "*"
        S: * LIST (\NoSelect) "." Lists
        S: * LIST (\sent) "." Sent
        S: a1 OK
        C: a2 STATUS Sent (UNSEEN)
        S: * STATUS Sent (UNSEEN 2)
        S: a2 OK"#;
    for script in [at_once, one_by_one] {
        let (endpoint, _server) = play(script);
        let mut client = ImapClient::connect(&endpoint).unwrap();
        let listed = client.list_status("*", &[StatusItem::Unseen]).unwrap();
        let [(lists, None), (sent, Some(facts))] = &listed[..] else {
            panic!("{listed:?}")
        };
        assert!(lists.has("\\Noselect") && sent.has("\\Sent"));
        assert_eq!(facts.get(StatusItem::Unseen), Some(2));
    }
}

#[test]
fn idling_ends_with_the_news() {
    let (endpoint, _server) = play(
        "S: * OK ready
        C: a1 IDLE
        S: + idling
        S: * 4 EXISTS
        C: DONE
        S: a1 OK IDLE terminated
        C: a2 IDLE
        S: + idling
        C: DONE
        S: a2 OK IDLE terminated",
    );
    let mut client = ImapClient::connect(&endpoint).unwrap();
    let news = client.idle(Duration::from_secs(20)).unwrap();
    assert_eq!(news, [Response::Exists(4)]);
    assert_eq!(client.idle(Duration::from_millis(1)).unwrap(), []);
}

#[test]
fn a_short_message_may_come_in_quotes() {
    let (endpoint, _server) = serve(|stream| {
        stream
            .write_all(b"* OK\r\n* 1 FETCH (BODY[] \"x: y\" UID 1)\r\na1 OK\r\n")
            .unwrap();
    });
    let mut client = ImapClient::connect(&endpoint).unwrap();
    let mut body = Vec::new();
    assert_eq!(client.fetch_body(1, &mut body).unwrap(), 4);
    assert_eq!(body, b"x: y");
}

#[test]
fn what_is_found_comes_in_every_form() {
    let (endpoint, _server) = play(
        r#"S: * OK ready
        C: a1 UID SEARCH RETURN (COUNT SAVE) SEEN
        S: * ESEARCH (TAG "a1") UID COUNT 2
        S: a1 OK done
        C: a2 UID SORT (REVERSE DATE) UTF-8 ALL
        S: * SORT 9 7
        S: a2 OK done
        C: a3 UID THREAD REFERENCES UTF-8 ALL
        S: * THREAD (7 9)((11)(12))
        S: a3 OK done
        C: a4 UID THREAD ORDEREDSUBJECT UTF-8 ALL
        S: * THREAD
        S: a4 OK done"#,
    );
    let mut client = ImapClient::connect(&endpoint).unwrap();
    let returns = Returns {
        count: true,
        save: true,
        ..Returns::default()
    };
    let seen = vec![SearchKey::Has(Flag::Seen)];
    assert_eq!(client.esearch(returns, seen).unwrap().count, Some(2));
    let newest_first = Criterion {
        key: SortKey::Date,
        reverse: true,
    };
    let all = || vec![SearchKey::All];
    assert_eq!(client.sort(vec![newest_first], all()).unwrap(), [9, 7]);
    let threads = client.thread(Algorithm::References, all()).unwrap();
    let shown = threads
        .iter()
        .map(|message| (message.number, message.depth));
    let expected = [
        (Some(7), 0),
        (Some(9), 1),
        (None, 0),
        (Some(11), 1),
        (Some(12), 1),
    ];
    assert!(shown.eq(expected), "{threads:?}");
    assert_eq!(client.thread(Algorithm::OrderedSubject, all()).unwrap(), []);
}
