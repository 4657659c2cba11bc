//! Looks at the folders' times once a second, on systems without `inotify(7)`.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::event::{EventSource, FolderEvent, WatchDescriptor};
use crate::mail::net::{Waker, readable};

/// Time between two looks at the watched mailboxes: a few system calls for each.
const INTERVAL: Duration = Duration::from_secs(1);

/// Reports at each interval that something may have changed. All folders have one descriptor.
struct Polling {
    interval: Duration,
    has_watches: AtomicBool,
    /// Rings with the first watch.
    begin: Waker,
}

/// Opens a source that reports once a second.
///
/// # Errors
/// When the process has no descriptors left.
pub(super) fn open() -> io::Result<Box<dyn EventSource>> {
    every(INTERVAL)
}

/// Opens a source with this interval.
pub(in crate::mail::store) fn every(interval: Duration) -> io::Result<Box<dyn EventSource>> {
    Ok(Box::new(Polling { interval, has_watches: AtomicBool::new(false), begin: Waker::new()? }))
}

impl EventSource for Polling {
    fn watch_folder(&self, maildir: &Path) -> io::Result<WatchDescriptor> {
        self.watch_maildir(maildir)
    }

    fn watch_maildir(&self, _: &Path) -> io::Result<WatchDescriptor> {
        if !self.has_watches.swap(true, Ordering::AcqRel) {
            self.begin.wake();
        }
        Ok(0)
    }

    fn unwatch(&self, _: WatchDescriptor) {
        self.has_watches.store(false, Ordering::Release);
    }

    fn wait(&self, end: &Waker, most: Option<Duration>) -> io::Result<bool> {
        let has_watches = self.has_watches.load(Ordering::Acquire);
        let interval = has_watches.then_some(self.interval);
        let most = [interval, most].into_iter().flatten().min();
        let ready = readable(&[end.as_fd(), self.begin.as_fd()], most)?;
        self.begin.clear();
        Ok(ready.first() != Some(&true))
    }

    fn events(&self) -> Vec<(Option<WatchDescriptor>, FolderEvent)> {
        vec![(None, FolderEvent::Poll)]
    }
}
