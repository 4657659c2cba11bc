//! A mailbox that several conversations have open at once.
//!
//! Its state is a [`Snapshot`]. A change (a delivery, a STORE, an EXPUNGE, or another program's) makes
//! a new snapshot and wakes the wakers of all conversations that watch. A conversation compares the
//! snapshot that its client knows with the newest, and so learns what to report.
//!
//! A mailbox that is deleted while it is open is empty from then on.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, TryLockError, Weak};
use std::time::SystemTime;

use super::disk::lock;
use super::maildir::Dir;
use super::state::MailboxState;
use super::watch::{FolderWatch, FolderWatcher, Watched};
use super::{Identity, Message, Snapshot, StoreError};
use crate::mail::net::Waker;
use crate::mail::net::crlf::{self, BareCr, ToCrlf};

/// Attempts to find a file that another program renames at the same time.
const ATTEMPTS: usize = 20;

/// A mailbox, shared by all the conversations that have it open.
pub struct Mailbox {
    name: String,
    maildir: Arc<Path>,
    /// Read at the first use, because a delivery needs none of it.
    state: Mutex<Option<MailboxState>>,
    /// Set when we ourselves put something into `new/`, `cur/`.
    touched: [AtomicBool; 2],
    deleted: AtomicBool,
    wakers: Mutex<Wakers>,
    watcher: Arc<FolderWatcher>,
    exclusive: AtomicBool,
}

/// The wakers that wake when a mailbox changes.
#[derive(Default)]
struct Wakers {
    all: Vec<(u64, Waker)>,
    last: u64,
    /// While there is a waker, other programs' changes are watched for.
    folder_watch: Option<FolderWatch>,
}

impl Mailbox {
    /// The mailbox in this Maildir.
    pub(super) fn at(name: &str, maildir: &Path, watcher: &Arc<FolderWatcher>) -> Mailbox {
        Mailbox {
            name: name.to_owned(),
            maildir: maildir.into(),
            state: Mutex::new(None),
            touched: Default::default(),
            deleted: AtomicBool::new(false),
            wakers: Mutex::default(),
            watcher: Arc::clone(watcher),
            exclusive: AtomicBool::new(false),
        }
    }

    /// The name under which it was opened.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn maildir(&self) -> &Path {
        &self.maildir
    }

    /// Returns the newest snapshot; the same `Arc` while nothing has changed.
    ///
    /// Scans the folder if it may have changed, and gives new messages their UIDs, which are on disk
    /// when this returns.
    ///
    /// # Errors
    /// The disk's.
    pub fn refresh(&self) -> Result<Arc<Snapshot>, StoreError> {
        self.with_state(|state| {
            self.look(state)?;
            Ok(Arc::clone(&state.snapshot))
        })
    }

    /// Refreshes for a writing session, and moves messages from `new/` to `cur/`.
    ///
    /// The returned snapshot's `first_recent` is the one before the call. From now on nothing in the
    /// snapshot is recent to other sessions.
    ///
    /// # Errors
    /// The disk's.
    pub fn claim_recent(&self) -> Result<Arc<Snapshot>, StoreError> {
        self.with_state(|state| {
            self.look(state)?;
            state.claim_recent()
        })
    }

    /// Opens a message; line endings come out as CRLF.
    ///
    /// # Errors
    /// [`StoreError::MessageGone`] when it was removed, or the disk's.
    pub fn open(&self, message: &Message) -> Result<MessageReader, StoreError> {
        let file = self.locate(message, |path| File::open(path))?;
        Ok(MessageReader(ToCrlf::new(file, BareCr::Keep)))
    }

    /// Returns RFC822.SIZE: the message's octets with CRLF line endings.
    ///
    /// It is known without opening the file for every message that this program delivered; otherwise
    /// it is counted once and remembered.
    ///
    /// # Errors
    /// As [`Mailbox::open`].
    pub fn size(&self, message: &Message) -> Result<u64, StoreError> {
        if let Some(known) = message.details.octets.get() {
            return Ok(*known);
        }
        let counted = self.locate(message, |path| crlf::count(File::open(path)?))?;
        let _ = message.details.octets.set(counted);
        self.with_state(|state| {
            state.uids.remember_size(&message.file.name.base, counted);
            Ok(counted)
        })
    }

    /// Returns the internal date: the file's modification time when it was first asked for, since
    /// the date of a message never changes.
    ///
    /// # Errors
    /// As [`Mailbox::open`].
    pub fn date(&self, message: &Message) -> Result<SystemTime, StoreError> {
        if let Some(known) = message.details.date.get() {
            return Ok(*known);
        }
        let date = self.locate(message, |path| fs::metadata(path)?.modified())?;
        Ok(*message.details.date.get_or_init(|| date))
    }

    /// Checks that the message still exists.
    ///
    /// # Errors
    /// As [`Mailbox::open`].
    pub fn check_exists(&self, message: &Message) -> Result<(), StoreError> {
        self.locate(message, |path| fs::metadata(path))?;
        Ok(())
    }

    /// Returns the message's identity, which no other message of the store ever has.
    #[must_use]
    pub fn identity(&self, message: &Message) -> Identity {
        Identity { maildir: Arc::clone(&self.maildir), base: Arc::clone(&message.file.name.base) }
    }

    /// Wakes this waker at every change, by any program, until the guard is dropped.
    #[must_use]
    pub fn watch(self: &Arc<Self>, waker: &Waker) -> WatchGuard {
        let mut wakers = lock(&self.wakers);
        wakers.last += 1;
        let id = wakers.last;
        wakers.all.push((id, waker.clone()));
        if wakers.folder_watch.is_none() {
            let mailbox: Weak<Mailbox> = Arc::downgrade(self);
            wakers.folder_watch = self.watcher.watch(mailbox as Weak<dyn Watched>);
        }
        let mailbox = Arc::clone(self);
        WatchGuard { mailbox, id }
    }

    pub(super) fn ring(&self) {
        lock(&self.wakers).all.iter().for_each(|(_, waker)| waker.wake());
    }

    /// Takes POP3's exclusive lock (RFC 1939 §4); `None` while another session has it.
    #[must_use]
    pub fn lock(self: &Arc<Self>) -> Option<ExclusiveLock> {
        let was_locked = self.exclusive.swap(true, Ordering::Acquire);
        (!was_locked).then(|| ExclusiveLock(Arc::clone(self)))
    }

    /// Refreshes the state under its lock.
    pub(super) fn look(&self, state: &mut MailboxState) -> Result<(), StoreError> {
        let mut ours = false;
        for dir in Dir::BOTH {
            if self.touched[dir as usize].swap(false, Ordering::Acquire) {
                state.changes.distrust(dir);
                ours = true;
            }
        }
        let changed = if self.is_deleted() {
            state.vanish()
        } else {
            match state.refresh() {
                Err(error) if error.is_not_found() && !self.maildir.is_dir() => {
                    self.deleted.store(true, Ordering::Release);
                    state.vanish()
                }
                other => other?,
            }
        };
        // A delivery rings by itself, and so does the watcher. The session that first sees another
        // program's change rings for the others.
        if changed && !ours {
            self.ring();
        }
        Ok(())
    }

    /// Does something with a message's file, even if another program has renamed it.
    pub(super) fn locate<T>(
        &self,
        message: &Message,
        mut work: impl FnMut(&Path) -> io::Result<T>,
    ) -> Result<T, StoreError> {
        let mut file = message.file.clone();
        for _ in 0..ATTEMPTS {
            let path = file.path(&self.maildir);
            match work(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => return other.map_err(StoreError::disk(path)),
            }
            // Another program changed the flags, and so the name, while we looked for it.
            let snapshot = self.with_state(|state| {
                state.changes.distrust_all();
                self.look(state)?;
                Ok(Arc::clone(&state.snapshot))
            })?;
            match snapshot.uid(message.uid) {
                Some(same) if same.file.name.base == file.name.base => file = same.file.clone(),
                _ => break,
            }
        }
        Err(StoreError::MessageGone)
    }

    /// Works under the lock, while no other session looks at the folder.
    pub(super) fn with_state<T>(
        &self,
        work: impl FnOnce(&mut MailboxState) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &mut *lock(&self.state) {
            Some(state) => work(state),
            empty => work(empty.insert(MailboxState::load(&self.maildir)?)),
        }
    }

    /// Looks at the state, if it was ever read; returns `None` while a session works on it.
    pub(super) fn try_state<T>(&self, look: impl FnOnce(Option<&MailboxState>) -> T) -> Option<T> {
        match self.state.try_lock() {
            Ok(state) => Some(look(state.as_ref())),
            Err(TryLockError::Poisoned(state)) => Some(look(state.into_inner().as_ref())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Deletes the mailbox; `remove` takes its folder away while no session looks at it.
    pub(super) fn delete(
        &self,
        remove: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let _state = lock(&self.state);
        if self.is_deleted() {
            return Err(StoreError::NoSuchMailbox(self.name.clone()));
        }
        remove()?;
        self.deleted.store(true, Ordering::Release);
        self.ring();
        Ok(())
    }

    /// True if it was deleted or renamed since it was opened.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.deleted.load(Ordering::Acquire)
    }

    /// Notes that we put something into this folder.
    pub(super) fn touch(&self, dir: Dir) {
        self.touched[dir as usize].store(true, Ordering::Release);
    }
}

/// A message being read: a `Read` whose line endings are CRLF.
pub struct MessageReader(ToCrlf<File>);

impl Read for MessageReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// Keeps a waker at a mailbox.
pub struct WatchGuard {
    mailbox: Arc<Mailbox>,
    id: u64,
}

impl Drop for WatchGuard {
    fn drop(&mut self) {
        let mut wakers = lock(&self.mailbox.wakers);
        wakers.all.retain(|(other, _)| *other != self.id);
        if wakers.all.is_empty() {
            wakers.folder_watch = None;
        }
    }
}

/// Keeps a mailbox locked for one POP3 session.
pub struct ExclusiveLock(Arc<Mailbox>);

impl Drop for ExclusiveLock {
    fn drop(&mut self) {
        self.0.exclusive.store(false, Ordering::Release);
    }
}
