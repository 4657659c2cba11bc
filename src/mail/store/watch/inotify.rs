//! Events from the Linux kernel, which reports each change in a folder: `inotify(7)`.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};

use super::event::{EventSource, FolderEvent, WatchDescriptor};
use crate::limits;
use crate::mail::net::{Waker, readable};

/// Events that are taken at a time: as many as the kernel keeps by default.
const EVENTS_AT_ONCE: usize = 16 * 1024;

const FOLDER_GOES: WatchFlags = WatchFlags::DELETE_SELF.union(WatchFlags::MOVE_SELF);

struct Inotify(OwnedFd);

/// Opens the kernel's event queue.
///
/// # Errors
/// When the process or its user has none left.
pub(super) fn open() -> io::Result<Box<dyn EventSource>> {
    let flags = CreateFlags::NONBLOCK | CreateFlags::CLOEXEC;
    Ok(Box::new(Inotify(inotify::init(flags)?)))
}

impl EventSource for Inotify {
    fn watch_folder(&self, folder: &Path) -> io::Result<WatchDescriptor> {
        let moved = WatchFlags::MOVED_TO | WatchFlags::MOVED_FROM;
        let flags = moved | WatchFlags::CREATE | WatchFlags::DELETE | FOLDER_GOES;
        Ok(inotify::add_watch(&self.0, folder, flags)?)
    }

    fn watch_maildir(&self, maildir: &Path) -> io::Result<WatchDescriptor> {
        let flags = WatchFlags::MOVED_TO | WatchFlags::CREATE | FOLDER_GOES;
        Ok(inotify::add_watch(&self.0, maildir, flags)?)
    }

    fn unwatch(&self, descriptor: WatchDescriptor) {
        // This fails if the folder is gone, because then the kernel has ended the watch.
        let _ = inotify::remove_watch(&self.0, descriptor);
    }

    fn wait(&self, end: &Waker, most: Option<Duration>) -> io::Result<bool> {
        let ready = readable(&[end.as_fd(), self.0.as_fd()], most)?;
        Ok(ready.first() != Some(&true))
    }

    fn events(&self) -> Vec<(Option<WatchDescriptor>, FolderEvent)> {
        let mut buffer = [MaybeUninit::uninit(); limits::BUFFER];
        let mut reader = Reader::new(&self.0, &mut buffer);
        let mut events = Vec::new();
        while events.len() < EVENTS_AT_ONCE {
            // An error means that there are no more.
            let Ok(event) = reader.next() else { break };
            let what = event.events();
            let descriptor = event.wd();
            if what.contains(ReadFlags::QUEUE_OVERFLOW) {
                events.push((None, FolderEvent::Overflow));
            } else if what.intersects(ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF) {
                events.push((Some(descriptor), FolderEvent::FolderGone));
            } else if let Some(Ok(name)) = event.file_name().map(|name| name.to_str()) {
                events.push((Some(descriptor), FolderEvent::Name(name.to_owned())));
            }
        }
        events
    }
}
