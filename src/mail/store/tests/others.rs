//! Other programs work in the same Maildir: deliver, rename, remove, and give UIDs.

use std::fs::File;

use super::*;
use crate::mail::message::FlagChange;

#[test]
fn what_other_programs_do_is_seen_at_once() {
    let disk = TestStore::new();
    let inbox = disk.inbox();
    let (watching, other) = (Waker::new().unwrap(), disk.inbox());
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
    assert_eq!(snapshot.uid(1).unwrap().flags.to_string(), "\\Flagged \\Seen");

    fs::rename(disk.path("cur/1.2.h:2,FS"), disk.path("cur/1.2.h:2,FPST")).unwrap();
    let snapshot = inbox.store(&[1], &FlagChange::Remove(flags("\\Flagged"))).unwrap();
    assert_eq!(snapshot.uid(1).unwrap().flags.to_string(), "\\Deleted \\Seen");
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
    let disk = TestStore::new();
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
    let disk = TestStore::new();
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
    assert_eq!(inbox.size(snapshot.uid(7).unwrap()).unwrap(), 4, "as it says");
    assert_eq!(uids(&disk.reopened().refresh().unwrap()), [1, 7, 8]);
}

#[test]
fn a_flag_that_another_program_took_away_is_set_again() {
    let disk = TestStore::new();
    let inbox = disk.inbox();
    let name = deliver(&inbox, "x");
    inbox.refresh().unwrap();
    let deleted = FlagChange::Add(flags("\\Deleted"));
    inbox.store(&[1], &deleted).unwrap();
    let file = |letters: &str| disk.path(&format!("cur/{name}:2,{letters}"));
    fs::rename(file("T"), file("")).unwrap();
    let after = inbox.store(&[1], &deleted).unwrap();
    assert_eq!(after.uid(1).unwrap().flags.to_string(), "\\Deleted");
    assert!(file("T").exists());
}

/// Another program adds a message in the very moment of a change of ours, which hides it for a while,
/// and gives it a UID. Then comes a message that gets its UID from us.
#[test]
fn a_message_that_another_program_numbered_keeps_its_uid() {
    let disk = TestStore::new();
    let inbox = disk.inbox();
    deliver(&inbox, "ours");
    inbox.claim_recent().unwrap();
    let shown = fs::metadata(disk.path("cur")).unwrap().modified().unwrap();
    fs::write(disk.path("cur/2.theirs:2,S"), "x\n").unwrap();
    // As our own change shows after it.
    File::open(disk.path("cur")).unwrap().set_modified(shown).unwrap();
    assert_eq!(uids(&inbox.refresh().unwrap()), [1], "hidden");
    let list = disk.path("dovecot-uidlist");
    let mut file = File::options().append(true).open(&list).unwrap();
    file.write_all(b"2 :2.theirs\n").unwrap();
    let name = deliver(&inbox, "ours too");
    let snapshot = inbox.refresh().unwrap();
    assert_eq!(uids(&snapshot), [1, 2, 3]);
    assert_eq!(snapshot.find(&name).unwrap().uid, 3);
    assert!(Arc::ptr_eq(&snapshot, &inbox.refresh().unwrap()));
}
