//! Dovecot serves a folder that our store made, and hands it back: same UIDVALIDITY, same UIDs,
//! same bytes, and the flags that it changed.
//!
//! Needs `doveadm` (Debian: dovecot-imapd); see `common/dovecot_exec.rs`. Run with
//! `cargo test --test foreign dovecot_store -- --ignored`.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use crate::common::dovecot_exec::imap;
use pillarbox::mail::message::{Flag, FlagChange, Flags};
use pillarbox::mail::store::{Account, Delivery, Mailbox, Snapshot, Store};

fn deliver(mailbox: &Arc<Mailbox>, text: &str) {
    let mut delivery = Delivery::begin(vec![Arc::clone(mailbox)]).unwrap();
    delivery.write_all(text.as_bytes()).unwrap();
    delivery.commit().unwrap();
}

fn alice(root: &Path) -> Account {
    let store = Store::open(&root.join("mail")).unwrap();
    store.account("alice").unwrap()
}

fn text(mailbox: &Mailbox, snapshot: &Snapshot, uid: u32) -> String {
    let message = snapshot.uid(uid).unwrap();
    io::read_to_string(mailbox.open(message).unwrap()).unwrap()
}

fn assert_says(answer: &str, expected: &[&str]) {
    for part in expected {
        assert!(answer.contains(part), "no {part:?} in:\n{answer}");
    }
}

#[test]
#[ignore = "needs dovecot"]
fn dovecot_takes_over_and_hands_back() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let validity = before_dovecot(root);
    let answer = imap(
        root,
        "a SELECT INBOX\n\
         b UID FETCH 1:* (FLAGS RFC822.SIZE BODY.PEEK[])\n\
         c UID STORE 1 +FLAGS (\\Answered zork)\n",
    );
    assert_says(
        &answer,
        &[
            &format!("[UIDVALIDITY {validity}]"),
            "[UIDNEXT 6]",
            "UID 1 FLAGS () RFC822.SIZE 10 BODY[] {10}\r\none: 1\r\n\r\n",
            "UID 3 FLAGS () RFC822.SIZE 12",
            "UID 4 FLAGS (\\Seen $Mine) RFC822.SIZE 11",
        ],
    );
    // Dovecot runs pipelined commands side by side, so what must follow is said separately.
    let answer = imap(root, "a SELECT INBOX\nb UID STORE 3 +FLAGS (\\Deleted)\nc EXPUNGE\n");
    assert_says(&answer, &["* 2 EXPUNGE"]);
    let answer = imap(
        root,
        "a APPEND INBOX (\\Flagged $Forwarded) {8+}\nsix: 6\n\n\
         b LSUB \"\" *\n\
         c LIST \"\" *\n\
         d CREATE Theirs\n\
         e SUBSCRIBE Theirs\n",
    );
    assert_says(
        &answer,
        &[
            &format!("[APPENDUID {validity} 6]"),
            "LSUB () \".\" Lists.r&APw-st",
            "\".\" Lists.r&APw-st\r\n",
        ],
    );
    after_dovecot(root, validity);
    // And once more to Dovecot, with what we added.
    let answer = imap(root, "a SELECT INBOX\nb UID FETCH 1:* FLAGS\n");
    assert_says(
        &answer,
        &[
            &format!("[UIDVALIDITY {validity}]"),
            "[UIDNEXT 8]",
            "UID 6 FLAGS (\\Flagged \\Seen $Forwarded)",
            "UID 7 FLAGS ()",
        ],
    );
}

/// UIDs 1, 3 and 4 are there; 2 and 5 were.
fn before_dovecot(root: &Path) -> u32 {
    let alice = alice(root);
    let inbox = alice.inbox().unwrap();
    for text in ["one: 1\r\n\r\n", "two: 2\r\n\r\n", "three: 3\r\n\r\n", "four: 4\r\n\r\n", "five"]
    {
        deliver(&inbox, text);
    }
    inbox.refresh().unwrap();
    let mut mine: Flags = [Flag::Seen].into_iter().collect();
    mine.set_keyword("$Mine");
    inbox.store(&[4], &FlagChange::Add(mine)).unwrap();
    inbox.remove(&[2, 5]).unwrap();
    alice.create("Lists.rüst").unwrap();
    alice.subscribe("Lists.rüst").unwrap();
    let snapshot = inbox.refresh().unwrap();
    assert_eq!(snapshot.uid_next, 6);
    snapshot.uid_validity
}

fn after_dovecot(root: &Path, validity: u32) {
    let alice = alice(root);
    let inbox = alice.inbox().unwrap();
    let snapshot = inbox.refresh().unwrap();
    assert_eq!(snapshot.uid_validity, validity);
    let all: Vec<_> = snapshot.messages.iter().map(|m| (m.uid, m.flags.to_string())).collect();
    let expected = [(1, "\\Answered zork"), (4, "\\Seen $Mine"), (6, "\\Flagged $Forwarded")];
    assert_eq!(all, expected.map(|(uid, flags)| (uid, flags.to_owned())));
    assert_eq!(text(&inbox, &snapshot, 1), "one: 1\r\n\r\n");
    assert_eq!(text(&inbox, &snapshot, 6), "six: 6\r\n");
    assert_eq!(alice.subscriptions().unwrap(), ["Lists.rüst", "Theirs"]);
    assert_eq!(alice.mailboxes().unwrap(), ["INBOX", "Lists.rüst", "Theirs"]);

    let seen = [Flag::Seen].into_iter().collect();
    inbox.store(&[6], &FlagChange::Add(seen)).unwrap();
    deliver(&inbox, "seven: 7\r\n");
    assert_eq!(inbox.refresh().unwrap().uid_next, 8);
}
