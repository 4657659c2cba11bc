//! Flags are changed, and messages copied and moved.

use std::thread;
use std::time::SystemTime;

use super::*;
use crate::mail::message::FlagChange;

#[test]
fn store_changes_flags_and_old_snapshots_do_not_change() {
    let disk = TestStore::new();
    let inbox = disk.inbox();
    deliver(&inbox, "one");
    deliver(&inbox, "two");
    let before = inbox.refresh().unwrap();
    let rows = [
        (FlagChange::Add(flags("\\Seen zork")), "\\Seen zork"),
        (FlagChange::Add(flags("\\Draft")), "\\Seen \\Draft zork"),
        (FlagChange::Remove(flags("\\Seen ZORK")), "\\Draft"),
        (FlagChange::Replace(flags("\\Answered $MDNSent")), "\\Answered $MDNSent"),
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
    let disk = TestStore::new();
    disk.alice.create("Saved").unwrap();
    let (inbox, saved) = (disk.inbox(), disk.alice.mailbox("Saved").unwrap());
    for text in ["one\r\n", "two\r\n", "three\r\n"] {
        deliver(&inbox, text);
    }
    inbox.store(&[3], &FlagChange::Add(flags("\\Seen zork"))).unwrap();
    let before = inbox.refresh().unwrap();
    // Another program removes UID 2.
    let second = before.uid(2).unwrap();
    fs::remove_file(second.file.path(inbox.maildir())).unwrap();
    let pairs = inbox.copy(&[3, 2, 1, 50], &saved, IfMissing::Skip).unwrap();
    assert_eq!(pairs, [(3, 1), (1, 2)]);
    let after = saved.refresh().unwrap();
    let copy = after.uid(1).unwrap();
    assert_eq!(copy.flags.to_string(), "\\Seen zork");
    assert_eq!(text(&saved, copy), "three\r\n");
    assert_eq!(saved.size(copy).unwrap(), 7);
    let original = before.uid(3).unwrap();
    assert_eq!(saved.date(copy).unwrap(), inbox.date(original).unwrap());
    assert_eq!(inbox.copy(&[1], &inbox, IfMissing::Fail).unwrap(), [(1, 4)]);
    assert!(files(&disk.path(".Saved/tmp")).is_empty());
}

#[test]
fn a_copy_that_fails_copies_nothing() {
    let disk = TestStore::new();
    disk.alice.create("Saved").unwrap();
    let (inbox, saved) = (disk.inbox(), disk.alice.mailbox("Saved").unwrap());
    deliver(&inbox, "one");
    deliver(&inbox, "two");
    inbox.store(&[1], &FlagChange::Add(flags("\\Seen"))).unwrap();
    // The first goes to cur/; the second would go to new/, where it cannot.
    fs::remove_dir(disk.path(".Saved/new")).unwrap();
    fs::write(disk.path(".Saved/new"), "in the way").unwrap();
    assert!(matches!(inbox.copy(&[1, 2], &saved, IfMissing::Fail), Err(StoreError::Disk(..))));
    assert!(files(&disk.path(".Saved/cur")).is_empty());
    assert!(files(&disk.path(".Saved/tmp")).is_empty());
}

#[test]
fn a_copy_by_number_copies_nothing_when_one_is_gone() {
    let disk = TestStore::new();
    disk.alice.create("Saved").unwrap();
    let (inbox, saved) = (disk.inbox(), disk.alice.mailbox("Saved").unwrap());
    deliver(&inbox, "one");
    for refused in [
        inbox.copy(&[1, 2], &saved, IfMissing::Fail),
        inbox.move_to(&[1, 2], &saved, IfMissing::Fail),
    ] {
        assert!(matches!(refused, Err(StoreError::MessageGone)));
    }
    assert_eq!(uids(&inbox.refresh().unwrap()), [1]);
    assert!(saved.refresh().unwrap().messages.is_empty());
}

#[test]
fn a_moved_message_has_its_flags_and_its_date_and_is_in_one_mailbox() {
    let disk = TestStore::new();
    disk.alice.create("Saved").unwrap();
    let (inbox, saved) = (disk.inbox(), disk.alice.mailbox("Saved").unwrap());
    // Another keyword has the first letter there.
    deliver(&saved, "theirs");
    saved.store(&[1], &FlagChange::Add(flags("other"))).unwrap();
    for text in ["one\r\n", "two\r\n", "three\r\n"] {
        deliver(&inbox, text);
    }
    inbox.store(&[3], &FlagChange::Add(flags("\\Seen zork"))).unwrap();
    let before = inbox.refresh().unwrap();
    let date =
        |mailbox: &Mailbox, message: &Message| -> SystemTime { mailbox.date(message).unwrap() };
    let dates = [1, 3].map(|uid| date(&inbox, before.uid(uid).unwrap()));
    let pairs = inbox.move_to(&[1, 3, 50], &saved, IfMissing::Skip).unwrap();
    assert_eq!(pairs, [(1, 2), (3, 3)]);
    let (left, arrived) = (inbox.refresh().unwrap(), saved.refresh().unwrap());
    assert_eq!((uids(&left), uids(&arrived)), (vec![2], vec![1, 2, 3]));
    let third = arrived.uid(3).unwrap();
    assert_eq!(third.flags.to_string(), "\\Seen zork");
    assert_eq!(text(&saved, third), "three\r\n");
    assert_eq!([2, 3].map(|uid| date(&saved, arrived.uid(uid).unwrap())), dates);
    // Even within one mailbox, and what another program has renamed meanwhile.
    let second = left.uid(2).unwrap().file.path(inbox.maildir());
    let name = second.file_name().unwrap().to_str().unwrap();
    fs::rename(&second, disk.path(&format!("cur/{name}:2,F"))).unwrap();
    assert_eq!(inbox.move_to(&[2], &inbox, IfMissing::Fail).unwrap(), [(2, 4)]);
    let moved = inbox.refresh().unwrap();
    assert_eq!(moved.uid(4).unwrap().flags.to_string(), "\\Flagged");
    assert_eq!(uids(&disk.reopened().refresh().unwrap()), [4]);
}

#[test]
fn of_two_who_move_a_message_at_the_same_time_one_has_moved_it() {
    let disk = TestStore::new();
    disk.alice.create("Saved").unwrap();
    let (inbox, saved) = (disk.inbox(), disk.alice.mailbox("Saved").unwrap());
    for n in 0..100 {
        deliver(&inbox, &n.to_string());
    }
    let all: Vec<Uid> = (1..=100).collect();
    let moved: usize = thread::scope(|scope| {
        let move_all = || inbox.move_to(&all, &saved, IfMissing::Skip).unwrap().len();
        let movers: Vec<_> = (0..4).map(|_| scope.spawn(move_all)).collect();
        movers.into_iter().map(|mover| mover.join().unwrap()).sum()
    });
    assert_eq!((moved, saved.refresh().unwrap().messages.len()), (100, 100));
    assert!(inbox.refresh().unwrap().messages.is_empty());
}
