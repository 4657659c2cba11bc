//! Flags are changed and messages copied.

use super::*;
use crate::message::FlagChange;

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
