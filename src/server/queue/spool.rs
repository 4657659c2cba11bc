//! The queue's folder: `queue/ID/{envelope,message}`, one folder for each message.
//!
//! A folder appears and disappears by one rename from or to `queue/tmp/`, so a message is in the
//! queue whole or not at all. `pillarbox queue` works on the same folder while the server runs: it
//! removes messages, and a file in `queue/now/` asks the server to try a message at once.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};

use super::envelope::Envelope;
use crate::mail::store::{StoreError, disk};

/// The folder in which messages are made, and to which they are moved before they are removed.
const TMP: &str = "tmp";
/// The folder for the requests of `pillarbox queue --now`.
const NOW: &str = "now";
/// The request for all messages.
const ALL: &str = "all";

/// The folder of the queue.
#[derive(Clone, Debug)]
pub struct Spool(PathBuf);

/// Keeps other processes from sending while it is held; the kernel releases it after a crash.
#[derive(Debug)]
pub(super) struct SpoolLock(#[allow(dead_code, reason = "held, never read")] File);

/// A unique name for a message: in the queue, in `Received:`, in the reply and in the log.
#[must_use]
pub fn new_id() -> String {
    static MESSAGES: AtomicU64 = AtomicU64::new(0);
    let number = MESSAGES.fetch_add(1, Ordering::Relaxed);
    format!("{:x}-{number:x}", Timestamp::now().as_microsecond())
}

/// True if this can be the name of a message, and so is not a path to another place.
fn is_id(text: &str) -> bool {
    let hex = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_hexdigit());
    text.split_once('-').is_some_and(|(time, number)| hex(time) && hex(number))
}

impl Spool {
    /// The spool in this folder, which need not exist yet.
    #[must_use]
    pub fn at(folder: &Path) -> Spool {
        Spool(folder.to_path_buf())
    }

    /// Makes the folders, removes unfinished messages of a crash, and takes the lock.
    pub(super) fn open(&self) -> Result<SpoolLock, StoreError> {
        for folder in [TMP, NOW] {
            disk::make_folder(&self.0.join(folder))?;
        }
        let path = self.0.join("lock");
        let lock = File::create(&path).map_err(StoreError::disk(&path))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
            let why = "another Pillarbox sends the mail in this folder; stop it first";
            StoreError::Disk(self.0.clone(), io::Error::other(why))
        })?;
        let tmp = self.0.join(TMP);
        for entry in fs::read_dir(&tmp).map_err(StoreError::disk(&tmp))?.flatten() {
            let _ = fs::remove_dir_all(entry.path());
        }
        Ok(SpoolLock(lock))
    }

    /// The names of the messages, the oldest first.
    ///
    /// # Errors
    /// If the disk fails; a folder that does not exist is an empty queue.
    pub fn ids(&self) -> Result<Vec<String>, StoreError> {
        Ok(names(&self.0)?.into_iter().filter(|name| is_id(name)).collect())
    }

    /// The envelope of a message, or `None` if the message does not exist any more.
    ///
    /// # Errors
    /// If the disk fails, or the envelope was edited and cannot be parsed.
    pub fn load(&self, id: &str) -> Result<Option<Envelope>, StoreError> {
        if !is_id(id) {
            return Ok(None);
        }
        let path = self.envelope(id);
        let Some(octets) = disk::read(&path)? else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&octets);
        let broken = |why| StoreError::Disk(path, io::Error::new(ErrorKind::InvalidData, why));
        Envelope::parse(&text).map(Some).map_err(broken)
    }

    /// Replaces the envelope of a message; a message that was removed meanwhile stays removed.
    pub(super) fn save(&self, id: &str, envelope: &Envelope) -> Result<(), StoreError> {
        match disk::replace(&self.envelope(id), envelope.to_string().as_bytes()) {
            Err(error) if error.is_not_found() => Ok(()),
            other => other,
        }
    }

    /// Opens a message; `None` if it does not exist any more.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn message(&self, id: &str) -> Result<Option<File>, StoreError> {
        if !is_id(id) {
            return Ok(None);
        }
        let path = self.0.join(id).join("message");
        match File::open(&path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::Disk(path, error)),
        }
    }

    /// Removes a message; `false` if it does not exist.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn remove(&self, id: &str) -> Result<bool, StoreError> {
        if !is_id(id) {
            return Ok(false);
        }
        let path = self.0.join(id);
        let gone = self.0.join(TMP).join(new_id());
        match fs::rename(&path, &gone) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            other => other.map_err(StoreError::disk(&path))?,
        }
        disk::sync_folder(&self.0)?;
        // If this fails, the next start removes it.
        let _ = fs::remove_dir_all(&gone);
        Ok(true)
    }

    /// Asks the server to try a message, or `all`, at once; `false` if it does not exist.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn hasten(&self, id: &str) -> Result<bool, StoreError> {
        if id != ALL && (!is_id(id) || !self.0.join(id).is_dir()) {
            return Ok(false);
        }
        let path = self.0.join(NOW).join(id);
        disk::make_folder(&self.0.join(NOW))?;
        File::create(&path).map_err(StoreError::disk(&path))?;
        Ok(true)
    }

    /// Takes the requests: the messages to be tried at once.
    pub(super) fn take_requests(&self) -> Result<Vec<String>, StoreError> {
        let folder = self.0.join(NOW);
        let mut ids = names(&folder)?;
        for id in &ids {
            let path = folder.join(id);
            fs::remove_file(&path).map_err(StoreError::disk(&path))?;
        }
        if ids.iter().any(|id| id == ALL) {
            ids = self.ids()?;
        }
        Ok(ids)
    }

    /// Makes the folder of a new message, in `tmp/`.
    pub(super) fn stage(&self, id: &str) -> Result<PathBuf, StoreError> {
        let folder = self.0.join(TMP).join(id);
        disk::make_folder(&folder)?;
        Ok(folder)
    }

    /// Puts a finished message into the queue.
    pub(super) fn publish(&self, staged: &Path, id: &str) -> Result<(), StoreError> {
        let path = self.0.join(id);
        fs::rename(staged, &path).map_err(StoreError::disk(&path))?;
        let synced = disk::sync_folder(&self.0);
        if synced.is_err() {
            // The client gets an error and sends it again: the next start must not find it here.
            let _ = fs::rename(&path, staged);
        }
        synced
    }

    fn envelope(&self, id: &str) -> PathBuf {
        self.0.join(id).join("envelope")
    }
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(StoreError::disk(folder))?,
    };
    let name = |entry: io::Result<fs::DirEntry>| entry.ok()?.file_name().into_string().ok();
    let mut names: Vec<String> = entries.filter_map(name).collect();
    names.sort();
    Ok(names)
}
