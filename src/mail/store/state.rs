//! A mailbox on disk, and the newest snapshot of it. Used under the mailbox's lock.
//!
//! [`MailboxState::refresh`] compares the folders with the snapshot: which files are new (they get
//! UIDs), which were renamed (flags), which are gone. It scans only a folder that may have changed.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::StoreError;
use super::changes::Changes;
use super::disk::DotLock;
use super::keywords::Keywords;
use super::maildir::{self, Dir, MailFile};
use super::snapshot::{Message, Snapshot};
use super::uidlist::UidList;

/// One mailbox on disk, and the newest snapshot of it.
pub(super) struct MailboxState {
    pub(super) maildir: PathBuf,
    pub(super) uids: UidList,
    pub(super) keywords: Keywords,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) changes: Changes,
}

/// The files that a scan found, by the unique part of their names.
type ScannedFiles = HashMap<Arc<str>, MailFile>;

/// The result of comparing a scan with the snapshot.
struct Comparison {
    alive: Vec<Arc<Message>>,
    /// Files without a UID.
    fresh: Vec<MailFile>,
    changed: bool,
}

impl MailboxState {
    /// Reads the mailbox's own files; the messages come with the first refresh.
    pub(super) fn load(maildir: &Path) -> Result<MailboxState, StoreError> {
        let uids = UidList::load(maildir)?;
        let keywords = Keywords::load(maildir)?;
        let snapshot = Snapshot {
            // No mailbox has this: the first refresh begins with nothing.
            uid_validity: 0,
            uid_next: 1,
            first_recent: 1,
            messages: Vec::new(),
            keywords: Vec::new(),
        };
        Ok(MailboxState {
            maildir: maildir.to_path_buf(),
            uids,
            keywords,
            snapshot: Arc::new(snapshot),
            changes: Changes::new(maildir),
        })
    }

    /// Makes a new snapshot if anything changed on disk; returns whether it did.
    pub(super) fn refresh(&mut self) -> Result<bool, StoreError> {
        if let Some(changed) = self.look(None)? {
            return Ok(changed);
        }
        // Another program gives UIDs at the same moment. With the lock, it waits for us.
        let lock = self.uids.lock()?;
        // If it writes the list without the lock, new messages wait for the next refresh.
        Ok(self.look(Some(&lock))?.unwrap_or(false))
    }

    /// Empties the snapshot of a deleted mailbox, without looking at the disk.
    pub(super) fn vanish(&mut self) -> bool {
        let changed = !self.snapshot.messages.is_empty();
        if changed {
            self.publish(Vec::new());
        }
        changed
    }

    /// Refreshes once, perhaps with the UID list locked already; `None` if another program wrote the
    /// list at the same time.
    fn look(&mut self, lock: Option<&DotLock>) -> Result<Option<bool>, StoreError> {
        let relettered = self.keywords.reload(&self.maildir)?;
        if self.uids.changed_on_disk() {
            self.uids.reload()?;
        }
        let anew = self.snapshot.uid_validity != self.uids.validity();
        // If we missed a message that another program numbered, it would get a new UID after we give
        // higher ones. So it must be found now, whatever the folders' times say.
        let numbered = !anew && self.uids.next() > self.snapshot.uid_next;
        if relettered || anew || numbered {
            self.changes.distrust_all();
        }
        let (dirs, times) = self.changes.look();
        if dirs.is_empty() && !self.uids.wants_save(self.snapshot.messages.len()) {
            return Ok(Some(false));
        }
        let mut compared = self.compare(&dirs, anew, relettered)?;
        compared.changed |= numbered;
        self.changes.scanned(times);
        self.settle(compared, anew, relettered, lock)
    }

    /// Compares the folders with the snapshot.
    fn compare(
        &self,
        dirs: &[Dir],
        anew: bool,
        relettered: bool,
    ) -> Result<Comparison, StoreError> {
        let known: &[Arc<Message>] = if anew { &[] } else { &self.snapshot.messages };
        let mut found = self.scan(dirs)?;
        let missing = |found: &ScannedFiles| {
            let here = known.iter().filter(|m| dirs.contains(&m.file.dir));
            let mut here = here.map(|m| &m.file.name.base);
            let mut numbered = self.uids.named_from(self.snapshot.uid_next);
            here.any(|base| !found.contains_key(base))
                || numbered.any(|base| !found.contains_key(base))
        };
        // A file that is renamed during a scan can escape it, and a file that moved to `cur/` may not
        // have been looked for there. A message is gone if two scans of both folders miss it.
        let dirs = if missing(&found) { &Dir::BOTH } else { dirs };
        if missing(&found) {
            found.extend(self.scan(dirs)?);
        }
        let mut compared = Comparison {
            alive: Vec::with_capacity(known.len() + found.len()),
            fresh: Vec::new(),
            changed: anew,
        };
        for message in known {
            match found.remove(&message.file.name.base) {
                Some(file) if relettered || file != message.file => {
                    compared.changed = true;
                    let renamed = message.renamed(file, &self.keywords);
                    compared.alive.push(Arc::new(renamed));
                }
                None if dirs.contains(&message.file.dir) => compared.changed = true,
                _ => compared.alive.push(Arc::clone(message)),
            }
        }
        self.sort_arrivals(found, anew, &mut compared);
        Ok(compared)
    }

    /// Adds files that have a UID after the known messages, and collects those that have none.
    fn sort_arrivals(&self, found: ScannedFiles, anew: bool, compared: &mut Comparison) {
        // UIDs rise: a client that saw this one must not be shown a lower new one (RFC 9051 §2.3.1.1).
        let floor = if anew { 1 } else { self.snapshot.uid_next };
        let known = compared.alive.len();
        for (base, file) in found {
            match self.uids.uid(&base) {
                Some(uid) if uid >= floor => {
                    let message = Message::new(uid, file, &self.keywords, &self.uids);
                    compared.alive.push(Arc::new(message));
                }
                _ => compared.fresh.push(file),
            }
        }
        compared.alive[known..].sort_by_key(|message| message.uid);
        compared.changed |= compared.alive.len() > known;
        compared.fresh.sort_by_cached_key(|file| file.name.delivery_order());
    }

    fn scan(&self, dirs: &[Dir]) -> Result<ScannedFiles, StoreError> {
        match maildir::scan(&self.maildir, dirs) {
            // Some programs remove an empty `new/`. A Maildir that is gone stays gone.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.maildir.is_dir() => {
                maildir::make(&self.maildir)?;
                maildir::scan(&self.maildir, dirs)
            }
            other => other,
        }
        .map_err(StoreError::disk(&self.maildir))
    }

    /// Gives new messages their UIDs, and makes the new snapshot.
    fn settle(
        &mut self,
        compared: Comparison,
        anew: bool,
        relettered: bool,
        lock: Option<&DotLock>,
    ) -> Result<Option<bool>, StoreError> {
        let mut alive = compared.alive;
        let known = alive.len();
        match self.number(&compared.fresh, &mut alive, lock) {
            Ok(true) => {}
            Ok(false) => {
                self.changes.distrust_all();
                return Ok(None);
            }
            // With a full disk, messages that have a UID can still be read and deleted.
            Err(error) if self.uids.is_on_disk() => {
                log::warn!("new messages have to wait: {error}");
                self.changes.distrust_all();
            }
            Err(error) => return Err(error),
        }
        let changed = compared.changed || relettered || alive.len() > known;
        if changed {
            self.publish(alive);
        }
        if anew {
            self.begin_recent();
        }
        Ok(Some(changed))
    }

    /// Gives UIDs to new messages, and saves the list before any client sees them.
    /// `false` if another program wrote the list at the same time.
    fn number(
        &mut self,
        fresh: &[MailFile],
        alive: &mut Vec<Arc<Message>>,
        lock: Option<&DotLock>,
    ) -> Result<bool, StoreError> {
        if fresh.is_empty() && !self.uids.wants_save(alive.len()) {
            return Ok(true);
        }
        let _ours = match lock {
            Some(_) => None,
            None => Some(self.uids.lock()?),
        };
        if self.uids.changed_on_disk() {
            return Ok(false);
        }
        let bases: Vec<Arc<str>> = fresh.iter().map(|f| Arc::clone(&f.name.base)).collect();
        let uids = self.uids.assign(&bases)?;
        let written = if self.uids.wants_save(alive.len() + bases.len()) {
            let old = alive.iter().map(|message| &message.file.name.base);
            self.uids.save(old.chain(&bases))
        } else {
            self.uids.append(&bases)
        };
        if let Err(error) = written {
            self.uids.withdraw(&bases);
            return Err(error);
        }
        alive.extend(uids.zip(fresh).map(|(uid, file)| {
            Arc::new(Message::new(uid, file.clone(), &self.keywords, &self.uids))
        }));
        Ok(true)
    }

    pub(super) fn publish(&mut self, messages: Vec<Arc<Message>>) {
        self.snapshot = Arc::new(Snapshot {
            uid_validity: self.uids.validity(),
            uid_next: self.uids.next(),
            first_recent: self.snapshot.first_recent,
            messages,
            keywords: self.keywords.names().cloned().collect(),
        });
    }

    /// Messages that are in `new/` when a mailbox is opened are recent.
    fn begin_recent(&mut self) {
        let mut messages = self.snapshot.messages.iter();
        let first = messages.find(|message| message.file.dir == Dir::New);
        let first = first.map_or(self.snapshot.uid_next, |message| message.uid);
        self.snapshot = Arc::new(self.snapshot.with_first_recent(first));
    }
}
