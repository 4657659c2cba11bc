//! What the system tells of changes in folders: the events of `inotify(7)` on Linux, and elsewhere
//! glances at the modification times. Nothing here knows of mail.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::mail::net::Bell;

/// A folder that is watched.
pub(in crate::mail::store) type Spot = i32;

/// What was seen of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::mail::store) enum Seen {
    /// Something of this name came or went.
    Name(String),
    /// The folder itself went.
    FolderGone,
    /// More than could be told.
    Much,
    /// Perhaps something; look at the times.
    Perhaps,
}

/// How changes in folders are noticed.
pub(in crate::mail::store) trait Eyes: Send + Sync {
    /// Watches `new/` or `cur/`, where names come and go.
    fn watch_folder(&self, folder: &Path) -> io::Result<Spot>;

    /// Watches a Maildir itself, where lists are replaced.
    fn watch_maildir(&self, maildir: &Path) -> io::Result<Spot>;

    /// Ends either.
    fn unwatch(&self, spot: Spot);

    /// Waits until something was seen, or for so long; `false` when the bell rings.
    fn wait(&self, end: &Bell, most: Option<Duration>) -> io::Result<bool>;

    /// What was seen since this was asked the last time, and where; `None`: anywhere.
    fn seen(&self) -> Vec<(Option<Spot>, Seen)>;
}

/// The system's eyes: events where it has them, and has some left; glances otherwise.
///
/// # Errors
/// When the process has no descriptors left.
pub(super) fn open() -> io::Result<Box<dyn Eyes>> {
    #[cfg(target_os = "linux")]
    match inotify::open() {
        Ok(eyes) => return Ok(eyes),
        Err(error) => log::warn!("no inotify(7), so folders are looked at once a second: {error}"),
    }
    glances::open()
}

#[cfg(target_os = "linux")]
mod inotify {
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::fd::{AsFd, OwnedFd};
    use std::path::Path;
    use std::time::Duration;

    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};

    use super::{Eyes, Seen, Spot};
    use crate::limits;
    use crate::mail::net::{Bell, readable};

    /// Events that are taken at a time: as many as the kernel keeps by default.
    const MOST: usize = 16 * 1024;

    const FOLDER_GOES: WatchFlags = WatchFlags::DELETE_SELF.union(WatchFlags::MOVE_SELF);

    /// The kernel tells of each change.
    struct Inotify(OwnedFd);

    pub(super) fn open() -> io::Result<Box<dyn Eyes>> {
        let flags = CreateFlags::NONBLOCK | CreateFlags::CLOEXEC;
        Ok(Box::new(Inotify(inotify::init(flags)?)))
    }

    impl Eyes for Inotify {
        fn watch_folder(&self, folder: &Path) -> io::Result<Spot> {
            let moved = WatchFlags::MOVED_TO | WatchFlags::MOVED_FROM;
            let flags = moved | WatchFlags::CREATE | WatchFlags::DELETE | FOLDER_GOES;
            Ok(inotify::add_watch(&self.0, folder, flags)?)
        }

        fn watch_maildir(&self, maildir: &Path) -> io::Result<Spot> {
            let flags = WatchFlags::MOVED_TO | WatchFlags::CREATE | FOLDER_GOES;
            Ok(inotify::add_watch(&self.0, maildir, flags)?)
        }

        fn unwatch(&self, spot: Spot) {
            // It has ended by itself if the folder is gone.
            let _ = inotify::remove_watch(&self.0, spot);
        }

        fn wait(&self, end: &Bell, most: Option<Duration>) -> io::Result<bool> {
            let ready = readable(&[end.as_fd(), self.0.as_fd()], most)?;
            Ok(ready.first() != Some(&true))
        }

        fn seen(&self) -> Vec<(Option<Spot>, Seen)> {
            let mut buffer = [MaybeUninit::uninit(); limits::BUFFER];
            let mut events = Reader::new(&self.0, &mut buffer);
            let mut all = Vec::new();
            while all.len() < MOST {
                // The error is that there are no more.
                let Ok(event) = events.next() else { break };
                let (what, spot) = (event.events(), event.wd());
                if what.contains(ReadFlags::QUEUE_OVERFLOW) {
                    all.push((None, Seen::Much));
                } else if what.intersects(ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF) {
                    all.push((Some(spot), Seen::FolderGone));
                } else if let Some(Ok(name)) = event.file_name().map(|name| name.to_str()) {
                    all.push((Some(spot), Seen::Name(name.to_owned())));
                }
            }
            all
        }
    }
}

/// Looking at the folders' times now and then, on any system.
pub(in crate::mail::store) mod glances {
    use std::io;
    use std::os::fd::AsFd;
    use std::path::Path;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::{Eyes, Seen, Spot};
    use crate::mail::net::{Bell, readable};

    /// Between two glances at the mailboxes that are watched: a few system calls for each.
    const PAUSE: Duration = Duration::from_secs(1);

    /// All folders are one spot.
    struct Glances {
        pause: Duration,
        has_watches: AtomicBool,
        /// Rings when there are.
        begin: Bell,
    }

    pub(super) fn open() -> io::Result<Box<dyn Eyes>> {
        every(PAUSE)
    }

    pub(in crate::mail::store) fn every(pause: Duration) -> io::Result<Box<dyn Eyes>> {
        Ok(Box::new(Glances {
            pause,
            has_watches: AtomicBool::new(false),
            begin: Bell::new()?,
        }))
    }

    impl Eyes for Glances {
        fn watch_folder(&self, maildir: &Path) -> io::Result<Spot> {
            self.watch_maildir(maildir)
        }

        fn watch_maildir(&self, _: &Path) -> io::Result<Spot> {
            if !self.has_watches.swap(true, Ordering::AcqRel) {
                self.begin.ring();
            }
            Ok(0)
        }

        fn unwatch(&self, _: Spot) {
            self.has_watches.store(false, Ordering::Release);
        }

        fn wait(&self, end: &Bell, most: Option<Duration>) -> io::Result<bool> {
            let glance = self
                .has_watches
                .load(Ordering::Acquire)
                .then_some(self.pause);
            let most = [glance, most].into_iter().flatten().min();
            let ready = readable(&[end.as_fd(), self.begin.as_fd()], most)?;
            self.begin.answer();
            Ok(ready.first() != Some(&true))
        }

        fn seen(&self) -> Vec<(Option<Spot>, Seen)> {
            vec![(None, Seen::Perhaps)]
        }
    }
}
