//! Decides whether a change by another program is news to the clients that have a mailbox open.
//!
//! What we did ourselves is in the newest snapshot by the time the watcher reports it, and no client
//! is woken for it twice. The question is answered file by file, because a change by another program
//! in the very moment of ours does not show in the folder's time (`changes.rs`).

use std::fs;
use std::path::Path;

use super::Mailbox;
use super::maildir::{Dir, FileName, MailFile};
use super::state::MailboxState;
use super::watch::{FolderChange, Watched};

impl Watched for Mailbox {
    fn maildir(&self) -> &Path {
        self.maildir()
    }

    fn changed(&self, changes: &[FolderChange]) -> bool {
        if self.is_deleted() {
            return true;
        }
        let is_news = |state: Option<&MailboxState>| match state {
            Some(state) => !changes.iter().all(|change| state.knows(change)),
            // No session has looked at the mailbox yet.
            None => true,
        };
        match self.try_state(is_news) {
            None => return false,
            Some(false) => {}
            Some(true) => {
                Dir::BOTH.into_iter().for_each(|dir| self.touch(dir));
                self.ring();
            }
        }
        true
    }
}

impl MailboxState {
    /// True if the newest snapshot shows this change.
    fn knows(&self, change: &FolderChange) -> bool {
        let lists = || !self.uids.changed_on_disk() && !self.keywords.changed_on_disk();
        match change {
            FolderChange::File(dir, name) => self.knows_file(*dir, name),
            FolderChange::List => lists(),
            FolderChange::Perhaps => lists() && self.changes.all_unchanged(),
            FolderChange::Anything => false,
        }
    }

    /// True if the snapshot and the disk agree on this file. The event may be old, so that the file
    /// came or went does not matter: it is there now, or it is not.
    fn knows_file(&self, dir: Dir, name: &str) -> bool {
        let Some(name) = FileName::parse(name) else {
            return true;
        };
        let file = MailFile { dir, name };
        let uid = self.uids.uid(&file.name.base);
        let message = uid.and_then(|uid| self.snapshot.uid(uid));
        let is_known = message.is_some_and(|message| message.file == file);
        let about = fs::symlink_metadata(file.path(&self.maildir));
        is_known == about.is_ok_and(|about| about.is_file())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::*;
    use crate::mail::message::{Flag, FlagChange};
    use crate::mail::store::{Delivery, Snapshot, Store};

    /// Alice's inbox, which no watcher watches.
    struct Inbox {
        folder: tempfile::TempDir,
        mailbox: Arc<Mailbox>,
    }

    impl Inbox {
        fn new() -> Inbox {
            let folder = tempfile::tempdir().unwrap();
            let alice = Store::open(folder.path()).unwrap().account("alice").unwrap();
            let mailbox = alice.inbox().unwrap();
            Inbox { folder, mailbox }
        }

        fn path(&self, dir: Dir, name: &str) -> PathBuf {
            dir.of(&self.folder.path().join("alice")).join(name)
        }

        fn deliver(&self) -> String {
            let mut delivery = Delivery::begin(vec![Arc::clone(&self.mailbox)]).unwrap();
            delivery.write_all(b"x").unwrap();
            delivery.commit().unwrap()
        }

        fn knows(&self, dir: Dir, name: &str) -> bool {
            let change = FolderChange::File(dir, name.to_owned());
            let knows = |state: Option<&MailboxState>| state.is_some_and(|s| s.knows(&change));
            self.mailbox.try_state(knows).unwrap()
        }

        fn newest(&self) -> Arc<Snapshot> {
            self.mailbox.refresh().unwrap()
        }
    }

    /// Every change that our own delivery, claim, STORE and EXPUNGE make, and the same by another program.
    #[test]
    fn what_we_did_is_known_and_what_others_did_is_not() {
        let inbox = Inbox::new();
        inbox.newest();
        let name = inbox.deliver();
        let seen = format!("{name}:2,S");
        assert!(!inbox.knows(Dir::New, &name), "not looked at yet");
        inbox.newest();
        assert!(inbox.knows(Dir::New, &name));
        inbox.mailbox.claim_recent().unwrap();
        let add = FlagChange::Add([Flag::Seen].into_iter().collect());
        inbox.mailbox.store(&[1], &add).unwrap();
        for (dir, name) in [(Dir::New, &name), (Dir::Cur, &format!("{name}:2,")), (Dir::Cur, &seen)]
        {
            assert!(inbox.knows(dir, name), "{name}");
        }
        let flagged = format!("{name}:2,FS");
        fs::rename(inbox.path(Dir::Cur, &seen), inbox.path(Dir::Cur, &flagged)).unwrap();
        assert!(!inbox.knows(Dir::Cur, &seen) && !inbox.knows(Dir::Cur, &flagged));
        inbox.newest();
        assert!(inbox.knows(Dir::Cur, &seen) && inbox.knows(Dir::Cur, &flagged));
        inbox.mailbox.remove(&[1]).unwrap();
        assert!(inbox.knows(Dir::Cur, &flagged));
        fs::write(inbox.path(Dir::New, "2.theirs"), "x").unwrap();
        assert!(!inbox.knows(Dir::New, "2.theirs"));
        assert!(inbox.knows(Dir::New, ".hidden") && inbox.knows(Dir::New, "never.there"));
    }

    #[test]
    fn lists_that_others_wrote_are_news() {
        let inbox = Inbox::new();
        inbox.deliver();
        inbox.newest();
        let knows = |change: FolderChange| {
            let knows = |state: Option<&MailboxState>| state.unwrap().knows(&change);
            inbox.mailbox.try_state(knows).unwrap()
        };
        assert!(
            knows(FolderChange::List)
                && knows(FolderChange::Perhaps)
                && !knows(FolderChange::Anything)
        );
        fs::write(inbox.folder.path().join("alice/dovecot-keywords"), "0 work\n").unwrap();
        assert!(!knows(FolderChange::List) && !knows(FolderChange::Perhaps));
        inbox.newest();
        assert!(knows(FolderChange::List) && knows(FolderChange::Perhaps));
        fs::write(inbox.path(Dir::New, "2.theirs"), "x").unwrap();
        assert!(knows(FolderChange::List) && !knows(FolderChange::Perhaps));
    }
}
