//! Other programs change a mailbox that a client watches: the watcher rings.

use super::*;
use crate::mail::store::open_mailboxes::OpenMailboxes;
use crate::mail::store::watch::{FolderWatcher, polling};

/// Longer than any bell needs; a test that waits for it has failed.
const LONG: Duration = Duration::from_secs(20);

/// Alice's inbox in a store with this watcher, watched by a bell.
struct WatchedInbox {
    disk: TestStore,
    inbox: Arc<Mailbox>,
    bell: Waker,
    _watch: WatchGuard,
}

impl WatchedInbox {
    fn by(watcher: FolderWatcher) -> WatchedInbox {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::with(folder.path(), OpenMailboxes::with(watcher)).unwrap();
        let alice = store.account("alice").unwrap();
        let (inbox, bell) = (alice.inbox().unwrap(), Waker::new().unwrap());
        let _watch = inbox.watch(&bell);
        inbox.refresh().unwrap();
        bell.clear();
        let disk = TestStore { folder, alice };
        WatchedInbox { disk, inbox, bell, _watch }
    }

    /// The bell rings until the mailbox looks like this; it may ring more often.
    fn comes_to(&self, looks: impl Fn(&Snapshot) -> bool) {
        while !looks(&self.inbox.refresh().unwrap()) {
            assert!(rings_within(&self.bell, LONG), "nobody rings");
        }
    }
}

/// A message comes, gets a flag, and goes: by another program's hands.
fn a_message_comes_and_goes(watcher: FolderWatcher) {
    let watched = WatchedInbox::by(watcher);
    let (new, cur) = (watched.disk.path("new/1.theirs"), watched.disk.path("cur/1.theirs:2,F"));
    let rings = || assert!(rings_within(&watched.bell, LONG), "nobody rings");
    fs::write(&new, "x\n").unwrap();
    rings();
    watched.comes_to(|snapshot| uids(snapshot) == [1]);
    fs::rename(&new, &cur).unwrap();
    rings();
    watched.comes_to(|snapshot| snapshot.uid(1).unwrap().flags.has(Flag::Flagged));
    fs::remove_file(&cur).unwrap();
    rings();
    watched.comes_to(|snapshot| snapshot.messages.is_empty());
}

#[test]
fn a_watched_mailbox_rings_for_other_programs() {
    a_message_comes_and_goes(FolderWatcher::default());
}

#[test]
fn polling_does_where_the_system_reports_nothing() {
    a_message_comes_and_goes(FolderWatcher::with(|| polling::every(Duration::from_millis(5))));
}

#[test]
fn without_watches_only_our_own_changes_ring() {
    let watched =
        WatchedInbox::by(FolderWatcher::with(|| Err(std::io::ErrorKind::QuotaExceeded.into())));
    deliver(&watched.inbox, "ours");
    assert!(rings_within(&watched.bell, LONG));
    fs::write(watched.disk.path("new/1.theirs"), "x\n").unwrap();
    assert_eq!(watched.inbox.refresh().unwrap().messages.len(), 2);
}

#[test]
fn a_folder_that_is_removed_and_made_again_is_watched_again() {
    let watched = WatchedInbox::by(FolderWatcher::default());
    let rings = || assert!(rings_within(&watched.bell, LONG), "nobody rings");
    fs::remove_dir(watched.disk.path("new")).unwrap();
    rings();
    // This makes the folder again, and the lookout sees it come.
    watched.inbox.refresh().unwrap();
    rings();
    watched.inbox.refresh().unwrap();
    watched.bell.clear();
    fs::write(watched.disk.path("new/1.theirs"), "x\n").unwrap();
    rings();
    watched.comes_to(|snapshot| uids(snapshot) == [1]);
}

#[test]
fn a_mailbox_that_is_removed_or_renamed_on_disk_rings() {
    for renamed in [false, true] {
        let disk = TestStore::new();
        disk.alice.create("Work").unwrap();
        let (work, bell) = (disk.alice.mailbox("Work").unwrap(), Waker::new().unwrap());
        let _watch = work.watch(&bell);
        deliver(&work, "x");
        work.refresh().unwrap();
        bell.clear();
        if renamed {
            fs::rename(disk.path(".Work"), disk.path(".Old")).unwrap()
        } else {
            fs::remove_dir_all(disk.path(".Work")).unwrap()
        }
        while !work.is_deleted() {
            assert!(rings_within(&bell, LONG), "nobody rings");
            work.refresh().unwrap();
        }
    }
}
