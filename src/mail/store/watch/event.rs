//! Events in folders, and what they mean in a Maildir.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::mail::net::Waker;
use crate::mail::store::keywords::Keywords;
use crate::mail::store::maildir::Dir;
use crate::mail::store::uidlist::UidList;

/// The number of a watch, as `inotify(7)` gives it.
pub(in crate::mail::store) type WatchDescriptor = i32;

/// An event in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::mail::store) enum FolderEvent {
    /// A file of this name came or went.
    Name(String),
    /// The folder itself was removed or renamed.
    FolderGone,
    /// The kernel's queue was full, and events are lost.
    Overflow,
    /// Nothing is known; the folders' times must tell.
    Poll,
}

/// A source of events: how the system notices changes in folders.
pub(in crate::mail::store) trait EventSource: Send + Sync {
    /// Watches `new/` or `cur/`, where names come and go.
    fn watch_folder(&self, folder: &Path) -> io::Result<WatchDescriptor>;

    /// Watches a Maildir itself, where lists are replaced.
    fn watch_maildir(&self, maildir: &Path) -> io::Result<WatchDescriptor>;

    /// Ends a watch.
    fn unwatch(&self, descriptor: WatchDescriptor);

    /// Waits for an event, at most for this time; `false` when the waker wakes it.
    fn wait(&self, end: &Waker, most: Option<Duration>) -> io::Result<bool>;

    /// Takes the events since the last call. Without a descriptor an event is about any folder.
    fn events(&self) -> Vec<(Option<WatchDescriptor>, FolderEvent)>;
}

/// A folder of a Maildir that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WatchedPlace {
    /// `new/` or `cur/`: messages come, go, and change their names.
    Messages(Dir),
    /// The Maildir itself: its lists are replaced, or it goes away.
    Maildir,
}

/// A change in a Maildir.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::mail::store) enum FolderChange {
    /// A file of this name came to this folder, or left it.
    File(Dir, String),
    /// The list of UIDs or of keywords was written.
    List,
    /// Perhaps something changed: the times of folders and lists must tell.
    Perhaps,
    /// Anything may have changed.
    Anything,
}

impl FolderChange {
    /// Returns what an event means at this place; `None` if nothing.
    pub(super) fn of(place: WatchedPlace, event: FolderEvent) -> Option<FolderChange> {
        match (place, event) {
            (_, FolderEvent::Poll) => Some(FolderChange::Perhaps),
            (_, FolderEvent::Overflow | FolderEvent::FolderGone) => Some(FolderChange::Anything),
            (WatchedPlace::Messages(dir), FolderEvent::Name(name)) => {
                Some(FolderChange::File(dir, name))
            }
            (WatchedPlace::Maildir, FolderEvent::Name(name)) => match &*name {
                UidList::FILE | Keywords::FILE => Some(FolderChange::List),
                // A folder was missing and is there again: our watch is on its predecessor.
                "new" | "cur" => Some(FolderChange::Anything),
                _ => None,
            },
        }
    }
}

/// The number of changes of one Maildir that are kept apart; more count as one change.
const CHANGES_MAX: usize = 1000;

/// Adds a change to those of a Maildir, which do not grow without bound while its owner is busy.
pub(super) fn add(changes: &mut Vec<FolderChange>, change: FolderChange) {
    if changes.len() >= CHANGES_MAX {
        *changes = vec![FolderChange::Anything];
    } else if !changes.contains(&FolderChange::Anything) {
        changes.push(change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_do_not_grow_without_bound() {
        let mut changes = Vec::new();
        for n in 0..10 * CHANGES_MAX {
            add(&mut changes, FolderChange::File(Dir::New, n.to_string()));
            assert!(changes.len() <= CHANGES_MAX);
        }
        assert_eq!(changes, [FolderChange::Anything]);
    }

    #[test]
    fn an_event_means_something_only_in_its_place() {
        use FolderChange::{Anything, File, List, Perhaps};
        use WatchedPlace::{Maildir, Messages};
        let name = |name: &str| FolderEvent::Name(name.to_owned());
        let file = File(Dir::New, "1.h".to_owned());
        let rows = [
            (Messages(Dir::New), name("1.h"), Some(file)),
            (Messages(Dir::Cur), FolderEvent::FolderGone, Some(Anything)),
            (Maildir, name("dovecot-uidlist"), Some(List)),
            (Maildir, name("dovecot-keywords"), Some(List)),
            (Maildir, name("dovecot-uidlist.lock"), None),
            (Maildir, name(".Work"), None),
            (Maildir, name("new"), Some(Anything)),
            (Maildir, FolderEvent::Overflow, Some(Anything)),
            (Maildir, FolderEvent::Poll, Some(Perhaps)),
        ];
        for (place, event, change) in rows {
            let shown = format!("{place:?} {event:?}");
            assert_eq!(FolderChange::of(place, event), change, "{shown}");
        }
    }
}
