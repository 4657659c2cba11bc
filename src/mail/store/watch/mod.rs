//! Watches Maildirs for what other programs do there, while clients idle.
//!
//! One thread for a whole [`Store`](super::Store) starts with the first IDLE. It sleeps in `poll(2)`
//! until its [`EventSource`] reports an event in a Maildir. It waits a moment, because changes seldom
//! come alone, and hands them to the mailbox ([`Watched::changed`]), which rings if they are news.
//!
//! The thread scans no folder and waits for no lock, so a mailbox that is held up does not delay
//! news of others. It needs three watches for each mailbox, however many clients idle. Where the
//! system has no watches left, a warning says so once, and clients hear of other programs' changes
//! with their next command.
//!
//! The crate `notify` does not fit: it asks the kernel for opened files and new times as well, and
//! so would wake this thread for every message that we read and every time that we set.

mod event;
#[cfg(target_os = "linux")]
mod inotify;
pub(super) mod polling;

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

pub(super) use event::FolderChange;
use event::{EventSource, FolderEvent, WatchDescriptor, WatchedPlace};

use super::disk::lock;
use super::maildir::Dir;
use crate::mail::net::Waker;

/// Time between a change and the question whether it is news.
///
/// A burst of changes counts as one, and our own delivery is known by then. It is a fifth of the
/// time in which an idling client must hear of news.
const MOMENT: Duration = Duration::from_millis(10);

/// A Maildir's owner, which hears of changes in it.
pub(super) trait Watched: Send + Sync {
    /// The Maildir to watch.
    fn maildir(&self) -> &Path;

    /// Takes the changes in. `false` if its owner is busy, and they must be handed over again.
    fn changed(&self, changes: &[FolderChange]) -> bool;
}

/// Watches the Maildirs of one store.
pub(super) struct FolderWatcher {
    open_source: fn() -> io::Result<Box<dyn EventSource>>,
    /// `None` until the first mailbox is watched.
    thread: Mutex<Option<Arc<WatcherThread>>>,
    warned: AtomicBool,
}

impl Default for FolderWatcher {
    fn default() -> FolderWatcher {
        FolderWatcher::with(system_source)
    }
}

/// Opens `inotify(7)` where the system has it, and polls otherwise.
fn system_source() -> io::Result<Box<dyn EventSource>> {
    #[cfg(target_os = "linux")]
    match inotify::open() {
        Ok(source) => return Ok(source),
        Err(error) => log::warn!("no inotify(7), so folders are polled once a second: {error}"),
    }
    polling::open()
}

impl FolderWatcher {
    /// A watcher with this source of events.
    pub(super) fn with(open_source: fn() -> io::Result<Box<dyn EventSource>>) -> FolderWatcher {
        FolderWatcher { open_source, thread: Mutex::default(), warned: AtomicBool::new(false) }
    }

    /// Reports changes in a Maildir to its owner until the guard is dropped.
    pub(super) fn watch(&self, owner: Weak<dyn Watched>) -> Option<FolderWatch> {
        let watch = self.thread().and_then(|thread| thread.begin(owner));
        if let Err(error) = &watch
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            log::warn!(
                "changes by other programs reach clients that idle only with their next command: \
                 {error} (the system's limits are in /proc/sys/fs/inotify)"
            );
        }
        watch.ok()
    }

    fn thread(&self) -> io::Result<Arc<WatcherThread>> {
        let mut running = lock(&self.thread);
        if let Some(thread) = &*running {
            return Ok(Arc::clone(thread));
        }
        let shared = Arc::new(WatcherThread {
            source: (self.open_source)()?,
            end: Waker::new()?,
            table: Mutex::default(),
        });
        let thread = Arc::clone(&shared);
        thread::Builder::new().name("folder watcher".to_owned()).spawn(move || thread.run())?;
        Ok(Arc::clone(running.insert(shared)))
    }
}

impl Drop for FolderWatcher {
    fn drop(&mut self) {
        if let Some(thread) = &*lock(&self.thread) {
            thread.end.wake();
        }
    }
}

/// Keeps a Maildir watched.
pub(super) struct FolderWatch {
    thread: Arc<WatcherThread>,
    id: u64,
}

impl Drop for FolderWatch {
    fn drop(&mut self) {
        self.thread.end(self.id);
    }
}

/// State that the watcher's thread and its callers share.
struct WatcherThread {
    source: Box<dyn EventSource>,
    /// Rings when the store is dropped.
    end: Waker,
    table: Mutex<WatchTable>,
}

/// The Maildirs that are watched, and where the kernel's watches lead.
///
/// A renamed folder can belong to two owners: a session that opened it under its old name may
/// still have it open.
#[derive(Default)]
struct WatchTable {
    owners: HashMap<u64, Weak<dyn Watched>>,
    places: HashMap<WatchDescriptor, Vec<(u64, WatchedPlace)>>,
}

impl WatchTable {
    fn add(&mut self, id: u64, place: WatchedPlace, descriptor: WatchDescriptor) {
        let places = self.places.entry(descriptor).or_default();
        if !places.contains(&(id, place)) {
            places.push((id, place));
        }
    }
}

/// The changes of each Maildir that its owner has not taken in yet.
type PendingChanges = HashMap<u64, Vec<FolderChange>>;

impl WatcherThread {
    fn begin(self: Arc<WatcherThread>, owner: Weak<dyn Watched>) -> io::Result<FolderWatch> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let id = COUNTER.fetch_add(1, Ordering::Relaxed);
        lock(&self.table).owners.insert(id, owner.clone());
        // If one of the watches fails, dropping this ends the others.
        let watch = FolderWatch { thread: self, id };
        if let Some(owner) = owner.upgrade() {
            watch.thread.watch_places(id, owner.maildir())?;
        }
        Ok(watch)
    }

    /// Watches the folders of a Maildir. A missing folder is not an error: we see when it comes.
    fn watch_places(&self, id: u64, maildir: &Path) -> io::Result<()> {
        // Under one lock with `end`, since two owners can have the same folder.
        let mut table = lock(&self.table);
        let descriptor = self.source.watch_maildir(maildir)?;
        table.add(id, WatchedPlace::Maildir, descriptor);
        for dir in Dir::BOTH {
            match self.source.watch_folder(&dir.of(maildir)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                descriptor => table.add(id, WatchedPlace::Messages(dir), descriptor?),
            }
        }
        Ok(())
    }

    fn end(&self, id: u64) {
        let mut table = lock(&self.table);
        table.owners.remove(&id);
        table.places.retain(|descriptor, places| {
            places.retain(|(other, _)| *other != id);
            if places.is_empty() {
                self.source.unwatch(*descriptor);
            }
            !places.is_empty()
        });
    }

    fn run(&self) {
        let mut pending = PendingChanges::new();
        loop {
            let retry = (!pending.is_empty()).then_some(MOMENT);
            match self.source.wait(&self.end, retry) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return log::error!("the folder watcher ends: {error}"),
            }
            thread::sleep(MOMENT);
            self.gather(&mut pending);
            pending.retain(|id, changes| !self.hand_over(*id, changes));
        }
    }

    /// Sorts the new events by the Maildirs that they are about.
    fn gather(&self, pending: &mut PendingChanges) {
        for (descriptor, event) in self.source.events() {
            let places = match descriptor {
                Some(descriptor) => lock(&self.table).places.get(&descriptor).cloned(),
                None => Some(self.all_maildirs()),
            };
            for (id, place) in places.unwrap_or_default() {
                self.add(pending, id, place, event.clone());
            }
        }
    }

    fn all_maildirs(&self) -> Vec<(u64, WatchedPlace)> {
        let table = lock(&self.table);
        let ids = table.owners.keys();
        ids.map(|id| (*id, WatchedPlace::Maildir)).collect()
    }

    fn add(&self, pending: &mut PendingChanges, id: u64, place: WatchedPlace, event: FolderEvent) {
        let Some(change) = FolderChange::of(place, event) else {
            return;
        };
        if change == FolderChange::Anything
            && let Some(owner) = self.owner(id)
            && let Err(error) = self.watch_places(id, owner.maildir())
        {
            log::debug!("{}: {error}", owner.maildir().display());
        }
        event::add(pending.entry(id).or_default(), change);
    }

    /// Hands changes to a Maildir's owner; `false` if it is busy.
    fn hand_over(&self, id: u64, changes: &[FolderChange]) -> bool {
        self.owner(id).is_none_or(|owner| owner.changed(changes))
    }

    fn owner(&self, id: u64) -> Option<Arc<dyn Watched>> {
        lock(&self.table).owners.get(&id)?.upgrade()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn the_thread_ends_with_the_store() {
        let watcher = FolderWatcher::default();
        let thread = Arc::downgrade(&watcher.thread().unwrap());
        drop(watcher);
        let begun = Instant::now();
        while thread.strong_count() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(20), "it goes on");
            thread::sleep(MOMENT);
        }
    }
}
