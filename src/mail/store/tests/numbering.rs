//! UIDs: they rise, survive, and are never used again (RFC 9051 §2.3.1.1).

use std::fs::File;

use super::*;

#[test]
fn uids_survive_a_restart_and_are_never_used_again() {
    let disk = TestStore::new();
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
    let disk = TestStore::new();
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
    let disk = TestStore::new();
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
fn a_size_that_was_counted_is_remembered() {
    let disk = TestStore::new();
    fs::write(disk.path("cur/1.h:2,S"), "a\nb\r\n").unwrap();
    let inbox = disk.inbox();
    let snapshot = inbox.refresh().unwrap();
    assert_eq!(inbox.size(&snapshot.messages[0]).unwrap(), 6);
    inbox.refresh().unwrap();
    let list = fs::read_to_string(disk.path("dovecot-uidlist")).unwrap();
    assert!(list.ends_with("\n1 W6 :1.h\n"), "{list}");
}

#[test]
fn the_list_is_not_written_for_every_size_that_is_counted() {
    let disk = TestStore::new();
    for number in 0..100 {
        fs::write(disk.path(&format!("cur/{number}.h:2,")), "a\n").unwrap();
    }
    let inbox = disk.inbox();
    let list = || fs::read_to_string(disk.path("dovecot-uidlist")).unwrap();
    let snapshot = inbox.refresh().unwrap();
    let (mut known, mut written) = (list(), 0);
    for message in &snapshot.messages {
        assert_eq!(inbox.size(message).unwrap(), 3);
        inbox.refresh().unwrap();
        written += usize::from(known != list());
        known = list();
    }
    assert_eq!(written, 3, "each time for more than a quarter");
    assert_eq!(known.matches(" W3 :").count(), 78);
}
