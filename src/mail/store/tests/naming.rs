//! Mailboxes come, go and are renamed, and no name leads out of the account's folder.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::*;

#[test]
fn mailboxes_come_and_go() {
    let disk = TestStore::new();
    let alice = &disk.alice;
    assert_eq!(alice.mailboxes().unwrap(), ["INBOX"]);
    for name in ["Sent", "Lists.rust", "inbox.Entwürfe"] {
        alice.create(name).unwrap();
        assert!(matches!(alice.create(name), Err(StoreError::MailboxExists(_))));
    }
    fs::create_dir(disk.path(".NoMaildir")).unwrap();
    fs::create_dir_all(disk.path(".INBOX/cur")).unwrap();
    assert_eq!(alice.mailboxes().unwrap(), ["INBOX", "INBOX.Entwürfe", "Lists.rust", "Sent"]);
    assert!(disk.path(".INBOX.Entw&APw-rfe/maildirfolder").is_file());
    assert!(matches!(alice.create("Inbox"), Err(StoreError::MailboxExists(_))));
    assert!(matches!(alice.mailbox("Lists"), Err(StoreError::NoSuchMailbox(_))));
    assert!(matches!(alice.delete("inbox"), Err(StoreError::BadName(..))));
    assert!(matches!(alice.delete("../bob"), Err(StoreError::BadName(..))));
}

#[test]
fn a_deleted_mailbox_is_gone_for_who_has_it_open() {
    let disk = TestStore::new();
    let alice = &disk.alice;
    alice.create("Sent").unwrap();
    let sent = alice.mailbox("Sent").unwrap();
    assert!(Arc::ptr_eq(&sent, &alice.mailbox("Sent").unwrap()));
    deliver(&sent, "x");
    let before = sent.refresh().unwrap();
    let bell = Waker::new().unwrap();
    let _watch = sent.watch(&bell);
    alice.delete("Sent").unwrap();
    assert!(rings(&bell));
    assert!(matches!(alice.mailbox("Sent"), Err(StoreError::NoSuchMailbox(_))));
    assert!(matches!(sent.open(&before.messages[0]), Err(StoreError::MessageGone)));
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
            thread::spawn(move || {
                if renamed {
                    done.send(alice.rename("Busy", "Idle").is_ok())
                } else {
                    done.send(alice.delete("Busy").is_ok())
                }
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
    assert!(outcomes.contains(&true) && outcomes.contains(&false), "one of them was first");
    assert!(busy.is_deleted());
}

#[test]
fn a_mailbox_is_renamed_with_those_below_it() {
    let disk = TestStore::new();
    let alice = &disk.alice;
    for name in ["Lists", "Lists.rust", "Listsen", "Old"] {
        alice.create(name).unwrap();
    }
    let rust = alice.mailbox("Lists.rust").unwrap();
    deliver(&rust, "x");
    let before = rust.refresh().unwrap();
    assert!(matches!(alice.rename("None", "x"), Err(StoreError::NoSuchMailbox(_))));
    assert!(matches!(alice.rename("Lists", "Old"), Err(StoreError::MailboxExists(_))));
    assert!(matches!(alice.rename("Lists", "inbox"), Err(StoreError::MailboxExists(_))));
    assert!(matches!(alice.rename("Lists", "Lists.x"), Err(StoreError::BadName(..))));
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
    let disk = TestStore::new();
    let store = Store::open(disk.folder.path()).unwrap();
    for bad in ["", ".", "..", ".hidden", "a/b", "Alice", "a b", "ä"] {
        assert!(matches!(store.account(bad), Err(StoreError::BadName(..))), "{bad:?}");
        assert!(!store.has_account(bad));
    }
    assert!(store.has_account("alice") && !store.has_account("bob"));
}

#[test]
fn a_new_account_is_furnished_and_an_old_one_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    // What an attempt left that was interrupted: the account is not there yet.
    let left = folder.path().join("alice");
    fs::create_dir_all(left.join(".Drafts/cur")).unwrap();
    fs::write(left.join("special-use"), "\\Drafts Drafts\n").unwrap();
    assert!(!store.has_account("alice"));
    let alice = store.make_account("alice").unwrap();
    let names = ["Archive", "Drafts", "Junk", "Sent", "Trash"];
    assert_eq!(alice.mailboxes().unwrap()[1..], names);
    assert_eq!(alice.subscriptions().unwrap(), names);
    let uses = DEFAULT_MAILBOXES.map(|(name, special_use)| (special_use, name.to_owned()));
    assert_eq!(alice.special_uses().unwrap(), uses);

    alice.delete("Junk").unwrap();
    alice.unsubscribe("Sent").unwrap();
    let alice = store.make_account("alice").unwrap();
    assert_eq!(alice.mailboxes().unwrap().len(), 5);
    assert_eq!(alice.subscriptions().unwrap().len(), 4);
    assert!(matches!(store.make_account("../x"), Err(StoreError::BadName(..))));
}
