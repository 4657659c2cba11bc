//! A mailbox that several conversations have open at once.
//!
//! Its state is a [`Snapshot`]: an immutable list of messages in the order of their UIDs. A change
//! (a delivery, a STORE, an EXPUNGE, another program's doing) makes a new snapshot and rings the
//! bells of all who watch. A conversation compares the snapshot that its client knows with the
//! newest, and so learns what to tell; nobody's message numbers change under them.
//!
//! A mailbox that is deleted while it is open is empty from then on, and its messages are gone.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::SystemTime;

use super::crlf::{self, ToCrlf};
use super::edit::Edit;
use super::lookout::Lookout;
use super::maildir::Dir;
use super::state::MailboxState;
use super::watching::Watching;
use super::{Identity, Message, Snapshot, StoreError};
use crate::mail::message::{FlagChange, Flags};
use crate::mail::net::Bell;

/// A message's number for life in its mailbox: never 0, never used again (RFC 9051 §2.3.1.1).
pub type Uid = u32;

/// How often a file is looked for that is renamed in that very moment, each time anew.
const ATTEMPTS: usize = 20;

/// One mailbox, shared by all the conversations that have it open.
pub struct Mailbox {
    name: String,
    maildir: Arc<Path>,
    /// Read at the first use: a delivery needs none of it.
    state: Mutex<Option<MailboxState>>,
    /// We ourselves put something into `new/`, `cur/`.
    touched: [AtomicBool; 2],
    deleted: AtomicBool,
    watching: Mutex<Watching>,
    lookout: Arc<Lookout>,
    exclusive: AtomicBool,
}

impl Mailbox {
    /// The mailbox in this Maildir.
    pub(super) fn at(name: &str, maildir: &Path, lookout: &Arc<Lookout>) -> Mailbox {
        Mailbox {
            name: name.to_owned(),
            maildir: maildir.into(),
            state: Mutex::new(None),
            touched: Default::default(),
            deleted: AtomicBool::new(false),
            watching: Mutex::default(),
            lookout: Arc::clone(lookout),
            exclusive: AtomicBool::new(false),
        }
    }

    /// The newest snapshot. Looks at the folder if it may have changed, and gives new messages
    /// their UIDs, which are on disk when this returns. The same `Arc` comes back while nothing changed.
    ///
    /// # Errors
    /// The disk's.
    pub fn refresh(&self) -> Result<Arc<Snapshot>, StoreError> {
        self.with_state(|state| {
            self.look(state)?;
            Ok(Arc::clone(&state.snapshot))
        })
    }

    /// Like [`Mailbox::refresh`], and from now on nothing in the snapshot is recent to others: a
    /// writing session was told. Moves the messages from `new/` to `cur/`.
    /// The returned snapshot's `first_recent` is the one before the claim.
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
        Ok(MessageReader(ToCrlf::new(file)))
    }

    /// The message's octets with CRLF line endings: RFC822.SIZE. Known without opening the file for
    /// every message that this program delivered; otherwise counted once and remembered.
    ///
    /// # Errors
    /// As [`Mailbox::open`].
    pub fn size(&self, message: &Message) -> Result<u64, StoreError> {
        if let Some(known) = message.learned.octets.get() {
            return Ok(*known);
        }
        let counted = self.locate(message, |path| crlf::count(File::open(path)?))?;
        let _ = message.learned.octets.set(counted);
        self.with_state(|state| {
            state.uids.remember_size(&message.file.name.base, counted);
            Ok(counted)
        })
    }

    /// The message's internal date: the file's modification time when it was first asked for, since
    /// the date of a message never changes.
    ///
    /// # Errors
    /// As [`Mailbox::open`].
    pub fn date(&self, message: &Message) -> Result<SystemTime, StoreError> {
        if let Some(known) = message.learned.date.get() {
            return Ok(*known);
        }
        let date = self.locate(message, |path| fs::metadata(path)?.modified())?;
        Ok(*message.learned.date.get_or_init(|| date))
    }

    /// Is the message still there?
    ///
    /// # Errors
    /// As [`Mailbox::open`].
    pub fn look_for(&self, message: &Message) -> Result<(), StoreError> {
        self.locate(message, |path| fs::metadata(path).map(drop))
    }

    /// A file without a name, for what must be looked at before it becomes a message.
    ///
    /// # Errors
    /// The disk's.
    pub fn scratch(&self) -> Result<File, StoreError> {
        let folder = self.maildir.join("tmp");
        tempfile::tempfile_in(&folder).map_err(StoreError::disk(folder))
    }

    /// What the message is called for life, here and in no other mailbox.
    #[must_use]
    pub fn identity(&self, message: &Message) -> Identity {
        Identity {
            maildir: Arc::clone(&self.maildir),
            base: Arc::clone(&message.file.name.base),
        }
    }

    /// Changes flags; returns the new snapshot. UIDs that are gone are passed over.
    ///
    /// # Errors
    /// The disk's.
    pub fn store(&self, uids: &[Uid], change: &FlagChange) -> Result<Arc<Snapshot>, StoreError> {
        self.edit(uids, &mut Edit::Flags(change))
    }

    /// Removes messages for good; returns the new snapshot. UIDs that are gone are passed over.
    ///
    /// # Errors
    /// The disk's.
    pub fn remove(&self, uids: &[Uid]) -> Result<Arc<Snapshot>, StoreError> {
        self.edit(uids, &mut Edit::Remove)
    }

    /// Rings this bell at every change, whoever makes it, until the guard is dropped.
    #[must_use]
    pub fn watch(self: &Arc<Self>, bell: &Bell) -> WatchGuard {
        let look_out = || self.lookout.watch(self);
        let id = lock(&self.watching).begin(bell, look_out);
        let mailbox = Arc::clone(self);
        WatchGuard { mailbox, id }
    }

    /// The exclusive lock that POP3 takes (RFC 1939 §4); `None` while another session has it.
    #[must_use]
    pub fn lock(self: &Arc<Self>) -> Option<ExclusiveLock> {
        let was_locked = self.exclusive.swap(true, Ordering::Acquire);
        (!was_locked).then(|| ExclusiveLock(Arc::clone(self)))
    }

    pub(super) fn edit(
        &self,
        uids: &[Uid],
        edit: &mut Edit<'_>,
    ) -> Result<Arc<Snapshot>, StoreError> {
        let (result, changed) = self.with_state(|state| {
            // What another program took away would otherwise count as there already.
            self.look(state)?;
            let before = Arc::clone(&state.snapshot);
            let result = state.edit(uids, edit);
            let changed = !Arc::ptr_eq(&before, &state.snapshot);
            Ok((result.map(|()| Arc::clone(&state.snapshot)), changed))
        })?;
        if changed {
            self.ring();
        }
        result
    }

    fn look(&self, state: &mut MailboxState) -> Result<(), StoreError> {
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
        // Who delivers rings for it, and so does the lookout; whoever sees first what another program
        // did to a mailbox rings for the others.
        if changed && !ours {
            self.ring();
        }
        Ok(())
    }

    /// Does something with a message's file, wherever it is by now.
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
            // Others change its flags, and so its name, while we look for it.
            let snapshot = self.rescan()?;
            match snapshot.uid(message.uid) {
                Some(same) if same.file.name.base == file.name.base => file = same.file.clone(),
                _ => break,
            }
        }
        Err(StoreError::MessageGone)
    }

    /// A refresh that believes no modification time.
    fn rescan(&self) -> Result<Arc<Snapshot>, StoreError> {
        self.with_state(|state| {
            state.changes.distrust_all();
            self.look(state)?;
            Ok(Arc::clone(&state.snapshot))
        })
    }

    /// The letters that tell these flags in this mailbox's file names.
    pub(super) fn letters(&self, flags: &Flags) -> Result<String, StoreError> {
        self.with_state(|state| state.keywords.letters(flags, ""))
    }

    /// Works while nobody else looks at the folder.
    pub(super) fn with_state<T>(
        &self,
        work: impl FnOnce(&mut MailboxState) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &mut *lock(&self.state) {
            Some(state) => work(state),
            empty => work(empty.insert(MailboxState::load(&self.maildir)?)),
        }
    }

    /// Looks at the state as far as anybody has read it, unless somebody is at it now.
    pub(super) fn try_state<T>(&self, look: impl FnOnce(Option<&MailboxState>) -> T) -> Option<T> {
        match self.state.try_lock() {
            Ok(state) => Some(look(state.as_ref())),
            Err(TryLockError::Poisoned(state)) => Some(look(state.into_inner().as_ref())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Deletes the mailbox: what it does with the folder happens while nobody looks at it.
    pub(super) fn delete(
        &self,
        remove: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let _nobody_looks = lock(&self.state);
        if self.is_deleted() {
            return Err(StoreError::NoSuchMailbox(self.name.clone()));
        }
        remove()?;
        self.deleted.store(true, Ordering::Release);
        self.ring();
        Ok(())
    }

    /// Was it deleted or renamed since it was opened?
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.deleted.load(Ordering::Acquire)
    }

    /// We put something into this folder.
    pub(super) fn touch(&self, dir: Dir) {
        self.touched[dir as usize].store(true, Ordering::Release);
    }

    pub(super) fn ring(&self) {
        lock(&self.watching).ring();
    }

    /// The name under which it was opened.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn maildir(&self) -> &Path {
        &self.maildir
    }
}

/// A thread that panicked left nothing half-done here: what it changed, it changed in one step.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A message being read: a `Read` whose line endings are CRLF.
pub struct MessageReader(ToCrlf<File>);

impl Read for MessageReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// Keeps a bell at a mailbox.
pub struct WatchGuard {
    mailbox: Arc<Mailbox>,
    id: u64,
}

impl Drop for WatchGuard {
    fn drop(&mut self) {
        lock(&self.mailbox.watching).end(self.id);
    }
}

/// Keeps a mailbox locked for one POP3 session.
pub struct ExclusiveLock(Arc<Mailbox>);

impl Drop for ExclusiveLock {
    fn drop(&mut self) {
        self.0.exclusive.store(false, Ordering::Release);
    }
}
