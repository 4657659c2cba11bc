//! The store as its users see it, on a real disk: what is delivered, told, kept and lost.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::*;
use crate::message::{Flag, FlagChange, Flags};
use crate::net::Bell;

/// A store in a temporary folder, and alice's mail in it.
struct Disk {
    folder: tempfile::TempDir,
    alice: Account,
}

impl Disk {
    fn new() -> Disk {
        let folder = tempfile::tempdir().unwrap();
        let alice = account(folder.path());
        Disk { folder, alice }
    }

    fn inbox(&self) -> Arc<Mailbox> {
        self.alice.inbox().unwrap()
    }

    /// As after a restart: nothing is remembered but what is on disk.
    fn reopened(&self) -> Arc<Mailbox> {
        account(self.folder.path()).inbox().unwrap()
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join("alice").join(inside)
    }
}

fn account(folder: &Path) -> Account {
    Store::open(folder).unwrap().account("alice").unwrap()
}

fn deliver(mailbox: &Arc<Mailbox>, text: &str) -> String {
    let mut delivery = Delivery::begin(vec![Arc::clone(mailbox)]).unwrap();
    delivery.write_all(text.as_bytes()).unwrap();
    delivery.commit().unwrap()
}

fn text(mailbox: &Mailbox, message: &Message) -> String {
    let mut text = String::new();
    mailbox
        .open(message)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

fn uids(snapshot: &Snapshot) -> Vec<Uid> {
    snapshot
        .messages
        .iter()
        .map(|message| message.uid)
        .collect()
}

fn flags(text: &str) -> Flags {
    let mut flags = Flags::new();
    for word in text.split_whitespace() {
        match Flag::ALL.into_iter().find(|flag| flag.to_string() == word) {
            Some(flag) => flags.set(flag),
            None => flags.set_keyword(word),
        }
    }
    flags
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn rings(bell: &Bell) -> bool {
    let mut fds = [PollFd::new(bell, PollFlags::IN)];
    let rings = poll(
        &mut fds,
        Some(&Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        }),
    )
    .unwrap()
        > 0;
    bell.answer();
    rings
}

#[test]
fn a_delivered_message_is_recent_until_a_session_claims_it() {
    let disk = Disk::new();
    let inbox = disk.inbox();
    let name = deliver(&inbox, "a: b\r\n\r\nhi\r\n");
    let file = files(&disk.path("new")).pop().unwrap();
    assert_eq!(file, name);
    assert!(name.ends_with(",S=9,W=12"), "{name}");

    let seen = inbox.refresh().unwrap();
    assert_eq!(
        (seen.first_recent, seen.uid_next, uids(&seen)),
        (1, 2, vec![1])
    );
    assert!(Arc::ptr_eq(&seen, &inbox.refresh().unwrap()));

    let claimed = inbox.claim_recent().unwrap();
    assert_eq!(claimed.first_recent, 1);
    assert_eq!(files(&disk.path("cur")), [format!("{name}:2,")]);
    assert!(files(&disk.path("new")).is_empty());
    let after = inbox.claim_recent().unwrap();
    assert_eq!(after.first_recent, 2);
    assert!(Arc::ptr_eq(&after, &inbox.refresh().unwrap()));

    let message = after.find(&name).unwrap();
    assert_eq!(inbox.size(message).unwrap(), 12);
    assert_eq!(text(&inbox, message), "a: b\r\n\r\nhi\r\n");
    // Even by what an old snapshot knows of it.
    assert_eq!(text(&inbox, seen.uid(1).unwrap()), "a: b\r\n\r\nhi\r\n");
}

#[test]
fn append_has_flags_and_a_date() {
    let disk = Disk::new();
    let inbox = disk.inbox();
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let delivery = Delivery::begin(vec![inbox.clone()]).unwrap();
    let mut delivery = delivery.with(flags("\\Seen $Forwarded"), Some(date));
    delivery.write_all(b"x").unwrap();
    let name = delivery.commit().unwrap();
    assert_eq!(files(&disk.path("cur")), [format!("{name}:2,Sa")]);
    for inbox in [inbox, disk.reopened()] {
        let snapshot = inbox.refresh().unwrap();
        let message = snapshot.find(&name).unwrap();
        assert_eq!(message.flags.to_string(), "\\Seen $Forwarded");
        assert_eq!(inbox.date(message).unwrap(), date);
        assert_eq!(snapshot.keywords, ["$Forwarded"]);
    }
}

#[test]
fn one_message_for_two_accounts_is_one_file() {
    let disk = Disk::new();
    let store = Store::open(disk.folder.path()).unwrap();
    let both: Vec<_> = ["alice", "bob"]
        .iter()
        .map(|name| store.account(name).unwrap().inbox().unwrap())
        .collect();
    let twice = [both.clone(), both.clone()].concat();
    let mut delivery = Delivery::begin(twice).unwrap();
    delivery.write_all(b"x\r\n").unwrap();
    let name = delivery.commit().unwrap();
    for inbox in &both {
        let snapshot = inbox.refresh().unwrap();
        assert_eq!(snapshot.messages.len(), 1);
        assert_eq!(text(inbox, snapshot.find(&name).unwrap()), "x\r\n");
    }
    assert!(files(&disk.path("tmp")).is_empty());
}

#[test]
fn a_delivery_that_is_dropped_or_was_killed_leaves_no_message() {
    let disk = Disk::new();
    let inbox = disk.inbox();
    let mut delivery = Delivery::begin(vec![inbox.clone()]).unwrap();
    delivery.write_all(b"half of a mess").unwrap();
    assert_eq!(files(&disk.path("tmp")).len(), 1);
    drop(delivery);
    assert!(files(&disk.path("tmp")).is_empty());
    fs::write(disk.path("tmp/killed"), "half").unwrap();
    assert!(inbox.refresh().unwrap().messages.is_empty());
    assert!(disk.reopened().refresh().unwrap().messages.is_empty());
}

#[test]
fn uids_survive_a_restart_and_are_never_used_again() {
    let disk = Disk::new();
    let inbox = disk.inbox();
    for text in ["one", "two", "three"] {
        deliver(&inbox, text);
    }
    let before = inbox.refresh().unwrap();
    assert_eq!(uids(&before), [1, 2, 3]);
    let inbox = disk.reopened();
    let after = inbox.refresh().unwrap();
    assert_eq!(after.uid_validity, before.uid_validity);
    assert_eq!(text(&inbox, after.uid(2).unwrap()), "two");

    assert_eq!(uids(&inbox.remove(&[2, 3, 77]).unwrap()), [1]);
    let inbox = disk.reopened();
    deliver(&inbox, "four");
    assert_eq!(uids(&inbox.refresh().unwrap()), [1, 4]);
    let inbox = disk.reopened();
    inbox.remove(&[1, 4]).unwrap();
    inbox.refresh().unwrap();
    let list = fs::read_to_string(disk.path("dovecot-uidlist")).unwrap();
    assert_eq!(list.lines().count(), 1, "compacted: {list}");
    let inbox = disk.reopened();
    deliver(&inbox, "five");
    assert_eq!(uids(&inbox.refresh().unwrap()), [5]);
}

#[test]
fn a_torn_uid_list_costs_nobody_a_uid_that_was_shown() {
    let disk = Disk::new();
    let inbox = disk.inbox();
    deliver(&inbox, "one");
    let before = inbox.refresh().unwrap();
    let list = disk.path("dovecot-uidlist");
    let mut file = File::options().append(true).open(&list).unwrap();
    file.write_all(b"2 :176390").unwrap();
    deliver(&inbox, "two");
    for inbox in [inbox, disk.reopened()] {
        let after = inbox.refresh().unwrap();
        assert_eq!(after.uid_validity, before.uid_validity);
        assert_eq!(uids(&after), [1, 2]);
        assert_eq!(text(&inbox, after.uid(2).unwrap()), "two");
    }
    let text = fs::read_to_string(&list).unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
}

#[test]
fn a_lost_uid_list_means_a_new_validity_only_after_a_restart() {
    let disk = Disk::new();
    let inbox = disk.inbox();
    deliver(&inbox, "one");
    let before = inbox.refresh().unwrap();
    fs::remove_file(disk.path("dovecot-uidlist")).unwrap();
    assert_eq!(inbox.refresh().unwrap().uid_validity, before.uid_validity);
    assert!(disk.path("dovecot-uidlist").exists(), "written again");
    fs::remove_file(disk.path("dovecot-uidlist")).unwrap();
    let after = disk.reopened().refresh().unwrap();
    assert!(after.uid_validity > before.uid_validity);
    assert_eq!(uids(&after), [1]);
}

#[test]
fn what_other_programs_do_is_seen_at_once() {
    let disk = Disk::new();
    let inbox = disk.inbox();
    let (watching, other) = (Bell::new().unwrap(), disk.inbox());
    let _watch = other.watch(&watching);
    inbox.refresh().unwrap();

    fs::write(disk.path("new/1.2.h"), "new\r\nmail\n").unwrap();
    let snapshot = inbox.refresh().unwrap();
    assert_eq!(uids(&snapshot), [1]);
    assert!(rings(&watching), "nobody else rings for another program");
    let message = Arc::clone(snapshot.uid(1).unwrap());
    assert_eq!(text(&inbox, &message), "new\r\nmail\r\n");
    assert_eq!(inbox.size(&message).unwrap(), 11);

    fs::rename(disk.path("new/1.2.h"), disk.path("cur/1.2.h:2,FS")).unwrap();
    assert_eq!(text(&inbox, &message), "new\r\nmail\r\n");
    let snapshot = inbox.refresh().unwrap();
    assert_eq!(
        snapshot.uid(1).unwrap().flags.to_string(),
        "\\Flagged \\Seen"
    );

    fs::rename(disk.path("cur/1.2.h:2,FS"), disk.path("cur/1.2.h:2,FPST")).unwrap();
    let snapshot = inbox
        .store(&[1], &FlagChange::Remove(flags("\\Flagged")))
        .unwrap();
    assert_eq!(
        snapshot.uid(1).unwrap().flags.to_string(),
        "\\Deleted \\Seen"
    );
    assert_eq!(files(&disk.path("cur")), ["1.2.h:2,PST"], "P is kept");

    fs::remove_file(disk.path("cur/1.2.h:2,PST")).unwrap();
    assert!(matches!(inbox.open(&message), Err(StoreError::MessageGone)));
    assert!(inbox.refresh().unwrap().messages.is_empty());

    // It comes back: as a new message, for its old UID was seen to go.
    fs::write(disk.path("cur/0.2.h:2,S"), "x").unwrap();
    fs::write(disk.path("cur/1.2.h:2,S"), "again").unwrap();
    assert_eq!(uids(&inbox.refresh().unwrap()), [2, 3]);
    assert_eq!(uids(&disk.reopened().refresh().unwrap()), [2, 3]);
}

#[test]
fn a_message_that_others_rename_again_and_again_is_found() {
    let disk = Disk::new();
    let inbox = disk.inbox();
    let name = deliver(&inbox, "a: b\n\nhi\n");
    let snapshot = inbox.refresh().unwrap();
    let mut letters = ["S", "F", "FS"].iter();
    let found = inbox.locate(&snapshot.messages[0], |path| {
        if let Some(letters) = letters.next() {
            let renamed = disk.path(&format!("cur/{name}:2,{letters}"));
            fs::rename(path, renamed).unwrap();
        }
        fs::read_to_string(path)
    });
    assert_eq!(found.unwrap(), "a: b\n\nhi\n");
}

#[test]
fn a_uid_that_dovecot_gave_is_taken() {
    let disk = Disk::new();
    let inbox = disk.inbox();
    deliver(&inbox, "ours");
    inbox.refresh().unwrap();
    let list = disk.path("dovecot-uidlist");
    let mut file = File::options().append(true).open(&list).unwrap();
    file.write_all(b"7 W4 :2.theirs\n").unwrap();
    fs::write(disk.path("cur/2.theirs:2,"), "x\n").unwrap();
    fs::write(disk.path("new/1.nobodys"), "x\n").unwrap();
    let snapshot = inbox.refresh().unwrap();
    assert_eq!(uids(&snapshot), [1, 7, 8]);
    assert_eq!(
        inbox.size(snapshot.uid(7).unwrap()).unwrap(),
        4,
        "as it says"
    );
    assert_eq!(uids(&disk.reopened().refresh().unwrap()), [1, 7, 8]);
}

#[test]
fn a_size_that_was_counted_is_remembered() {
    let disk = Disk::new();
    fs::write(disk.path("cur/1.h:2,S"), "a\nb\r\n").unwrap();
    let inbox = disk.inbox();
    let snapshot = inbox.refresh().unwrap();
    assert_eq!(inbox.size(&snapshot.messages[0]).unwrap(), 6);
    inbox.refresh().unwrap();
    let list = fs::read_to_string(disk.path("dovecot-uidlist")).unwrap();
    assert!(list.ends_with("\n1 W6 :1.h\n"), "{list}");
}

#[test]
fn store_changes_flags_and_old_snapshots_do_not_change() {
    let disk = Disk::new();
    let inbox = disk.inbox();
    deliver(&inbox, "one");
    deliver(&inbox, "two");
    let before = inbox.refresh().unwrap();
    let rows = [
        (FlagChange::Add(flags("\\Seen zork")), "\\Seen zork"),
        (FlagChange::Add(flags("\\Draft")), "\\Seen \\Draft zork"),
        (FlagChange::Remove(flags("\\Seen ZORK")), "\\Draft"),
        (
            FlagChange::Replace(flags("\\Answered $MDNSent")),
            "\\Answered $MDNSent",
        ),
        (FlagChange::Replace(flags("")), ""),
    ];
    for (change, expected) in rows {
        let after = inbox.store(&[2, 99], &change).unwrap();
        assert_eq!(after.uid(2).unwrap().flags.to_string(), expected);
        assert!(after.uid(1).unwrap().flags.is_empty());
        assert!(Arc::ptr_eq(&after, &inbox.refresh().unwrap()));
        let restarted = disk.reopened().refresh().unwrap();
        assert_eq!(restarted.uid(2).unwrap().flags.to_string(), expected);
    }
    assert!(before.uid(2).unwrap().flags.is_empty());
    assert_eq!(inbox.refresh().unwrap().keywords, ["zork", "$MDNSent"]);
}

#[test]
fn a_copy_has_the_flags_the_date_and_the_bytes() {
    let disk = Disk::new();
    disk.alice.create("Saved").unwrap();
    let (inbox, saved) = (disk.inbox(), disk.alice.mailbox("Saved").unwrap());
    for text in ["one\r\n", "two\r\n", "three\r\n"] {
        deliver(&inbox, text);
    }
    inbox
        .store(&[3], &FlagChange::Add(flags("\\Seen zork")))
        .unwrap();
    let before = inbox.refresh().unwrap();
    // UID 2 goes behind our back.
    let second = before.uid(2).unwrap();
    fs::remove_file(second.file.path(inbox.maildir())).unwrap();
    let pairs = inbox.copy(&[3, 2, 1, 50], &saved).unwrap();
    assert_eq!(pairs, [(3, 1), (1, 2)]);
    let after = saved.refresh().unwrap();
    let copy = after.uid(1).unwrap();
    assert_eq!(copy.flags.to_string(), "\\Seen zork");
    assert_eq!(text(&saved, copy), "three\r\n");
    assert_eq!(saved.size(copy).unwrap(), 7);
    let original = before.uid(3).unwrap();
    assert_eq!(saved.date(copy).unwrap(), inbox.date(original).unwrap());
    assert_eq!(inbox.copy(&[1], &inbox).unwrap(), [(1, 4)]);
    assert!(files(&disk.path(".Saved/tmp")).is_empty());
}

#[test]
fn a_copy_that_fails_copies_nothing() {
    let disk = Disk::new();
    disk.alice.create("Saved").unwrap();
    let (inbox, saved) = (disk.inbox(), disk.alice.mailbox("Saved").unwrap());
    deliver(&inbox, "one");
    deliver(&inbox, "two");
    inbox
        .store(&[1], &FlagChange::Add(flags("\\Seen")))
        .unwrap();
    // The first goes to cur/; the second would go to new/, where it cannot.
    fs::remove_dir(disk.path(".Saved/new")).unwrap();
    fs::write(disk.path(".Saved/new"), "in the way").unwrap();
    assert!(matches!(
        inbox.copy(&[1, 2], &saved),
        Err(StoreError::Disk(..))
    ));
    assert!(files(&disk.path(".Saved/cur")).is_empty());
    assert!(files(&disk.path(".Saved/tmp")).is_empty());
}

#[test]
fn mailboxes_come_and_go() {
    let disk = Disk::new();
    let alice = &disk.alice;
    assert_eq!(alice.mailboxes().unwrap(), ["INBOX"]);
    for name in ["Sent", "Lists.rust", "inbox.Entwürfe"] {
        alice.create(name).unwrap();
        assert!(matches!(
            alice.create(name),
            Err(StoreError::MailboxExists(_))
        ));
    }
    fs::create_dir(disk.path(".NoMaildir")).unwrap();
    fs::create_dir_all(disk.path(".INBOX/cur")).unwrap();
    assert_eq!(
        alice.mailboxes().unwrap(),
        ["INBOX", "INBOX.Entwürfe", "Lists.rust", "Sent"]
    );
    assert!(disk.path(".INBOX.Entw&APw-rfe/maildirfolder").is_file());
    assert!(matches!(
        alice.create("Inbox"),
        Err(StoreError::MailboxExists(_))
    ));
    assert!(matches!(
        alice.mailbox("Lists"),
        Err(StoreError::NoSuchMailbox(_))
    ));
    assert!(matches!(
        alice.delete("inbox"),
        Err(StoreError::BadName(..))
    ));
    assert!(matches!(
        alice.delete("../bob"),
        Err(StoreError::BadName(..))
    ));
}

#[test]
fn a_deleted_mailbox_is_gone_for_who_has_it_open() {
    let disk = Disk::new();
    let alice = &disk.alice;
    alice.create("Sent").unwrap();
    let sent = alice.mailbox("Sent").unwrap();
    assert!(Arc::ptr_eq(&sent, &alice.mailbox("Sent").unwrap()));
    deliver(&sent, "x");
    let before = sent.refresh().unwrap();
    let bell = Bell::new().unwrap();
    let _watch = sent.watch(&bell);
    alice.delete("Sent").unwrap();
    assert!(rings(&bell));
    assert!(matches!(
        alice.mailbox("Sent"),
        Err(StoreError::NoSuchMailbox(_))
    ));
    assert!(matches!(
        sent.open(&before.messages[0]),
        Err(StoreError::MessageGone)
    ));
    assert!(files(&disk.path("tmp")).is_empty());

    // Who still has the old one open sees nothing of the new one.
    alice.create("Sent").unwrap();
    let again = alice.mailbox("Sent").unwrap();
    deliver(&again, "y");
    assert!(again.refresh().unwrap().uid_validity > before.uid_validity);
    assert!(sent.refresh().unwrap().messages.is_empty());
    assert!(Delivery::begin(vec![sent]).is_err());
}

#[test]
fn a_mailbox_that_is_waited_for_keeps_nobody_else_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let [alice, bob] = ["alice", "bob"].map(|name| store.account(name).unwrap());
    for name in ["Busy", "Other"] {
        alice.create(name).unwrap();
    }
    let busy = alice.mailbox("Busy").unwrap();
    let (done, outcomes) = mpsc::channel();
    let (said, heard) = mpsc::channel();
    let others = busy.with_state(|_| {
        // As if Dovecot had its dot-lock: both wait for the state of the mailbox.
        for renamed in [false, true] {
            let (alice, done) = (alice.clone(), done.clone());
            thread::spawn(move || match renamed {
                true => done.send(alice.rename("Busy", "Idle").is_ok()),
                false => done.send(alice.delete("Busy").is_ok()),
            });
        }
        let alice = alice.clone();
        thread::spawn(move || {
            for _ in 0..200 {
                thread::sleep(Duration::from_millis(1));
                bob.inbox().unwrap();
                alice.mailbox("Other").unwrap();
            }
            said.send(())
        });
        Ok(heard.recv_timeout(Duration::from_secs(20)))
    });
    assert_eq!(others.unwrap(), Ok(()));
    let outcomes = [outcomes.recv().unwrap(), outcomes.recv().unwrap()];
    assert!(
        outcomes.contains(&true) && outcomes.contains(&false),
        "one of them was first"
    );
    assert!(busy.is_deleted());
}

#[test]
fn a_mailbox_is_renamed_with_those_below_it() {
    let disk = Disk::new();
    let alice = &disk.alice;
    for name in ["Lists", "Lists.rust", "Listsen", "Old"] {
        alice.create(name).unwrap();
    }
    let rust = alice.mailbox("Lists.rust").unwrap();
    deliver(&rust, "x");
    let before = rust.refresh().unwrap();
    assert!(matches!(
        alice.rename("None", "x"),
        Err(StoreError::NoSuchMailbox(_))
    ));
    assert!(matches!(
        alice.rename("Lists", "Old"),
        Err(StoreError::MailboxExists(_))
    ));
    assert!(matches!(
        alice.rename("Lists", "inbox"),
        Err(StoreError::MailboxExists(_))
    ));
    assert!(matches!(
        alice.rename("Lists", "Lists.x"),
        Err(StoreError::BadName(..))
    ));
    alice.rename("Lists", "Old.Lists").unwrap();
    let names = ["INBOX", "Listsen", "Old", "Old.Lists", "Old.Lists.rust"];
    assert_eq!(alice.mailboxes().unwrap(), names);
    assert!(rust.refresh().unwrap().messages.is_empty());
    let after = alice.mailbox("Old.Lists.rust").unwrap().refresh().unwrap();
    assert_eq!(after.uid_validity, before.uid_validity);
    assert_eq!(uids(&after), [1]);

    deliver(&disk.inbox(), "y");
    alice.rename("INBOX", "Archive").unwrap();
    assert!(disk.inbox().refresh().unwrap().messages.is_empty());
    let archive = alice.mailbox("Archive").unwrap();
    assert_eq!(archive.refresh().unwrap().messages.len(), 1);
}

#[test]
fn account_names_stay_in_their_folder() {
    let disk = Disk::new();
    let store = Store::open(disk.folder.path()).unwrap();
    for bad in ["", ".", "..", ".hidden", "a/b", "Alice", "a b", "ä"] {
        assert!(
            matches!(store.account(bad), Err(StoreError::BadName(..))),
            "{bad:?}"
        );
        assert!(!store.has_account(bad));
    }
    assert!(store.has_account("alice") && !store.has_account("bob"));
}

#[test]
fn a_bell_rings_while_it_is_watched() {
    let disk = Disk::new();
    let inbox = disk.inbox();
    let bell = Bell::new().unwrap();
    let watch = inbox.watch(&bell);
    deliver(&inbox, "one");
    assert!(rings(&bell));
    inbox.refresh().unwrap();
    assert!(!rings(&bell), "a delivery rings once");
    inbox
        .store(&[1], &FlagChange::Add(flags("\\Seen")))
        .unwrap();
    assert!(rings(&bell));
    inbox
        .store(&[1], &FlagChange::Add(flags("\\Seen")))
        .unwrap();
    assert!(!rings(&bell), "nothing changed");
    inbox.remove(&[1]).unwrap();
    assert!(rings(&bell));
    drop(watch);
    deliver(&inbox, "two");
    assert!(!rings(&bell));
}

#[test]
fn one_session_at_a_time_has_the_lock() {
    let disk = Disk::new();
    let locked = disk.inbox().lock();
    assert!(locked.is_some());
    assert!(disk.inbox().lock().is_none());
    drop(locked);
    assert!(disk.inbox().lock().is_some());
}

/// Follows the mailbox like a conversation that always knows the newest, and checks what it sees.
fn follow(inbox: &Mailbox, stop: &AtomicBool) {
    let mut known = inbox.refresh().unwrap();
    while !stop.load(Ordering::Relaxed) {
        let next = inbox.refresh().unwrap();
        let (old, new) = (uids(&known), uids(&next));
        assert!(new.is_sorted_by(|a, b| a < b));
        assert_eq!(new[..old.len()], old, "nothing comes in between");
        for message in &next.messages[old.len()..] {
            let text = text(inbox, message);
            assert!(text.ends_with("whole\r\n"), "{text}");
            assert_eq!(inbox.size(message).unwrap(), text.len() as u64);
        }
        known = next;
    }
}

#[test]
fn many_deliver_while_others_read() {
    const THREADS: usize = 8;
    const EACH: usize = 50;
    let disk = Disk::new();
    let inbox = disk.inbox();
    let stop = AtomicBool::new(false);
    let names: Vec<String> = thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| follow(&inbox, &stop)))
            .collect();
        let claimer = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                inbox.claim_recent().unwrap();
            }
        });
        let deliver_some = |thread: usize| {
            let inbox = &inbox;
            move || -> Vec<String> {
                let text = |n| format!("{thread} {n}\r\n{}whole\r\n", "line\r\n".repeat(n));
                (0..EACH).map(|n| deliver(inbox, &text(n))).collect()
            }
        };
        let writers: Vec<_> = (0..THREADS).map(|n| scope.spawn(deliver_some(n))).collect();
        let names = writers
            .into_iter()
            .flat_map(|w| w.join().unwrap())
            .collect();
        stop.store(true, Ordering::Relaxed);
        readers
            .into_iter()
            .for_each(|reader| reader.join().unwrap());
        claimer.join().unwrap();
        names
    });
    for inbox in [disk.inbox(), disk.reopened()] {
        let snapshot = inbox.refresh().unwrap();
        assert_eq!(uids(&snapshot), (1..=400).collect::<Vec<_>>());
        let found: HashSet<_> = names
            .iter()
            .map(|n| snapshot.find(n).unwrap().uid)
            .collect();
        assert_eq!(found.len(), THREADS * EACH);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_delivered_is_read(
        lines in prop::collection::vec("[^\r\n]{0,20}", 0..20),
        piece in 1usize..30,
    ) {
        let message: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let disk = Disk::new();
        let inbox = disk.inbox();
        let mut delivery = Delivery::begin(vec![inbox.clone()]).unwrap();
        for chunk in message.as_bytes().chunks(piece) {
            delivery.write_all(chunk).unwrap();
        }
        let name = delivery.commit().unwrap();
        let snapshot = inbox.refresh().unwrap();
        let delivered = snapshot.find(&name).unwrap();
        prop_assert_eq!(text(&inbox, delivered), &*message);
        prop_assert_eq!(inbox.size(delivered).unwrap(), message.len() as u64);
        let file = fs::metadata(delivered.file.path(inbox.maildir())).unwrap();
        let size = format!(",S={},", file.len());
        prop_assert!(name.contains(&size), "{} lacks {}", name, size);
    }
}
