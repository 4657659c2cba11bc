//! A message enters a mailbox: whole, once, and known by its name.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;

#[test]
fn a_delivered_message_is_recent_until_a_session_claims_it() {
    let disk = TestStore::new();
    let inbox = disk.inbox();
    let name = deliver(&inbox, "a: b\r\n\r\nhi\r\n");
    let file = files(&disk.path("new")).pop().unwrap();
    assert_eq!(file, name);
    assert!(name.ends_with(",S=9,W=12"), "{name}");

    let seen = inbox.refresh().unwrap();
    assert_eq!((seen.first_recent, seen.uid_next, uids(&seen)), (1, 2, vec![1]));
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
    let disk = TestStore::new();
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
    let disk = TestStore::new();
    let store = Store::open(disk.folder.path()).unwrap();
    let both: Vec<_> =
        ["alice", "bob"].iter().map(|name| store.account(name).unwrap().inbox().unwrap()).collect();
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
    let disk = TestStore::new();
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
    let disk = TestStore::new();
    let inbox = disk.inbox();
    let stop = AtomicBool::new(false);
    let names: Vec<String> = thread::scope(|scope| {
        let readers: Vec<_> = (0..2).map(|_| scope.spawn(|| follow(&inbox, &stop))).collect();
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
        let names = writers.into_iter().flat_map(|w| w.join().unwrap()).collect();
        stop.store(true, Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
        claimer.join().unwrap();
        names
    });
    for inbox in [disk.inbox(), disk.reopened()] {
        let snapshot = inbox.refresh().unwrap();
        assert_eq!(uids(&snapshot), (1..=400).collect::<Vec<_>>());
        let found: HashSet<_> = names.iter().map(|n| snapshot.find(n).unwrap().uid).collect();
        assert_eq!(found.len(), THREADS * EACH);
    }
}

proptest! {
    #![proptest_config(crate::limits::random_cases(64))]

    #[test]
    fn what_is_delivered_is_read(
        lines in prop::collection::vec("[^\r\n]{0,20}", 0..20),
        piece in 1usize..30,
    ) {
        let message: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let disk = TestStore::new();
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
