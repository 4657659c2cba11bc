//! What a change in a Maildir may mean to a mailbox, and whether the mailbox knows of it already.

use std::fs;
use std::path::Path;

use super::Place;
use super::eyes::Seen;
use crate::mail::store::Mailbox;
use crate::mail::store::keywords::Keywords;
use crate::mail::store::maildir::{Dir, FileName, MailFile};
use crate::mail::store::state::MailboxState;
use crate::mail::store::uidlist::UidList;

/// Signs of one mailbox that are told apart; of more, only that there were some.
const MOST: usize = 1000;

/// What was seen of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// A file of this name came to this folder, or left it.
    File(Dir, String),
    /// The list of UIDs or of keywords was written.
    List,
    /// Perhaps something happened: the times of folders and lists must tell.
    Perhaps,
    /// Anything may have happened.
    Anything,
}

impl Sign {
    /// What this means, seen at that place of a Maildir; `None`: nothing.
    pub(super) fn of(place: Place, seen: Seen) -> Option<Sign> {
        match (place, seen) {
            (_, Seen::Perhaps) => Some(Sign::Perhaps),
            (_, Seen::Much | Seen::FolderGone) => Some(Sign::Anything),
            (Place::Folder(dir), Seen::Name(name)) => Some(Sign::File(dir, name)),
            (Place::Maildir, Seen::Name(name)) => match &*name {
                UidList::FILE | Keywords::FILE => Some(Sign::List),
                // A folder was missing and is there again: our watch is on the one before.
                "new" | "cur" => Some(Sign::Anything),
                _ => None,
            },
        }
    }
}

/// Adds a sign to those of a mailbox, which do not grow for ever while somebody is at it.
pub(super) fn add(signs: &mut Vec<Sign>, sign: Sign) {
    if signs.len() >= MOST {
        *signs = vec![Sign::Anything];
    } else if !signs.contains(&Sign::Anything) {
        signs.push(sign);
    }
}

impl Mailbox {
    /// Rings if the signs are news; `false` if that cannot be said while somebody is at the mailbox.
    pub(super) fn answer_signs(&self, signs: &[Sign]) -> bool {
        if self.is_deleted() {
            return true;
        }
        let maildir = self.maildir();
        let is_news = |state: Option<&MailboxState>| match state {
            Some(state) => signs.iter().any(|sign| !state.knows(sign, maildir)),
            // Nobody has looked yet.
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
    /// Does the newest snapshot show what was seen?
    fn knows(&self, sign: &Sign, maildir: &Path) -> bool {
        let lists = || !self.uids.changed_on_disk() && !self.keywords.changed_on_disk();
        match sign {
            Sign::File(dir, name) => self.knows_file(*dir, name, maildir),
            Sign::List => lists(),
            Sign::Perhaps => lists() && self.changes.all_unchanged(),
            Sign::Anything => false,
        }
    }

    /// Whether it came or went may be long ago: it is there now, or it is not.
    fn knows_file(&self, dir: Dir, name: &str, maildir: &Path) -> bool {
        let Some(name) = FileName::parse(name) else {
            return true;
        };
        let file = MailFile { dir, name };
        let uid = self.uids.uid(&file.name.base);
        let message = uid.and_then(|uid| self.snapshot.uid(uid));
        let is_known = message.is_some_and(|message| message.file == file);
        let about = fs::symlink_metadata(file.path(maildir));
        is_known == about.is_ok_and(|about| about.is_file())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::io::Write;
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::*;
    use crate::mail::message::{Flag, FlagChange};
    use crate::mail::store::{Delivery, Snapshot, Store};

    /// Alice's inbox, with nobody on the lookout.
    struct Inbox {
        folder: tempfile::TempDir,
        mailbox: Arc<Mailbox>,
    }

    impl Inbox {
        fn new() -> Inbox {
            let folder = tempfile::tempdir().unwrap();
            let alice = Store::open(folder.path())
                .unwrap()
                .account("alice")
                .unwrap();
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
            let sign = Sign::File(dir, name.to_owned());
            let maildir = self.mailbox.maildir();
            let knows =
                |state: Option<&MailboxState>| state.is_some_and(|s| s.knows(&sign, maildir));
            self.mailbox.try_state(knows).unwrap()
        }

        fn newest(&self) -> Arc<Snapshot> {
            self.mailbox.refresh().unwrap()
        }
    }

    /// Every sign that our own delivery, claim, STORE and EXPUNGE give, and the same of another program.
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
        for (dir, name) in [
            (Dir::New, &name),
            (Dir::Cur, &format!("{name}:2,")),
            (Dir::Cur, &seen),
        ] {
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
        let knows = |sign: Sign| {
            let knows =
                |state: Option<&MailboxState>| state.unwrap().knows(&sign, inbox.mailbox.maildir());
            inbox.mailbox.try_state(knows).unwrap()
        };
        assert!(knows(Sign::List) && knows(Sign::Perhaps) && !knows(Sign::Anything));
        fs::write(
            inbox.folder.path().join("alice/dovecot-keywords"),
            "0 work\n",
        )
        .unwrap();
        assert!(!knows(Sign::List) && !knows(Sign::Perhaps));
        inbox.newest();
        assert!(knows(Sign::List) && knows(Sign::Perhaps));
        fs::write(inbox.path(Dir::New, "2.theirs"), "x").unwrap();
        assert!(knows(Sign::List) && !knows(Sign::Perhaps));
    }

    #[test]
    fn signs_do_not_grow_for_ever() {
        let mut signs = Vec::new();
        for n in 0..10 * MOST {
            add(&mut signs, Sign::File(Dir::New, n.to_string()));
            assert!(signs.len() <= MOST);
        }
        assert_eq!(signs, [Sign::Anything]);
    }

    #[test]
    fn what_is_seen_means_something_only_in_its_place() {
        let name = |name: &str| Seen::Name(name.to_owned());
        let rows = [
            (
                Place::Folder(Dir::New),
                name("1.h"),
                Some(Sign::File(Dir::New, "1.h".into())),
            ),
            (
                Place::Folder(Dir::Cur),
                Seen::FolderGone,
                Some(Sign::Anything),
            ),
            (Place::Maildir, name("dovecot-uidlist"), Some(Sign::List)),
            (Place::Maildir, name("dovecot-keywords"), Some(Sign::List)),
            (Place::Maildir, name("dovecot-uidlist.lock"), None),
            (Place::Maildir, name(".Work"), None),
            (Place::Maildir, name("new"), Some(Sign::Anything)),
            (Place::Maildir, Seen::Much, Some(Sign::Anything)),
            (Place::Maildir, Seen::Perhaps, Some(Sign::Perhaps)),
        ];
        for (place, seen, sign) in rows {
            assert_eq!(Sign::of(place, seen.clone()), sign, "{place:?} {seen:?}");
        }
    }
}
