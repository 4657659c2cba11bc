//! File system operations: files replaced as a whole, folders made durable, and the dot-lock that
//! the store shares with Dovecot. Nothing here knows of mail.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use super::StoreError;

/// Only the server's own user may read mail.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A lock file of this age has lost its owner.
const LOCK_STALE: Duration = Duration::from_secs(15);
/// The longest wait for a lock that is held.
const LOCK_PATIENCE: Duration = Duration::from_secs(60);
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// True if the disk is full, or the user's quota is used up.
pub(crate) fn is_full(error: &io::Error) -> bool {
    let kind = error.kind();
    kind == io::ErrorKind::StorageFull || kind == io::ErrorKind::QuotaExceeded
}

/// Locks a mutex, even if a thread that held it panicked.
///
/// Such a thread left nothing half-done: what it changed, it changed in one step.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a folder, and those above it; one that exists is fine.
pub(crate) fn make_folder(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path).map_err(StoreError::disk(path))
}

/// Makes a file that must not exist yet.
pub(crate) fn make_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)
}

/// Makes what was created, renamed or removed in a folder survive a power cut.
pub(crate) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(StoreError::disk(path))
}

/// Replaces a file. A reader sees the old content or the new, even after a crash.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    replace_at(path, content, None)
}

/// Replaces a file, and gives it a time in a later second than before.
///
/// Without that, Dovecot was seen to miss a file that was written twice within a second.
pub(super) fn replace_visibly(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let before = fs::metadata(path).and_then(|about| about.modified());
    let later = before.map_or(SystemTime::now(), |before| before + Duration::from_secs(1));
    replace_at(path, content, Some(later.max(SystemTime::now())))
}

fn replace_at(path: &Path, content: &[u8], modified: Option<SystemTime>) -> Result<(), StoreError> {
    let mut temporary = path.as_os_str().to_owned();
    // Always the same name, so that the next writing removes what a crash left.
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    let written =
        write_synced(&temporary, content, modified).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(StoreError::Disk(path.to_path_buf(), error));
    }
    path.parent().map_or(Ok(()), sync_folder)
}

/// Changes a text file under its lock.
///
/// `change` takes the old text, empty if there is no file, and returns the new one, or `None` to leave
/// the file as it is.
pub(super) fn edit(
    path: &Path,
    change: impl FnOnce(&str) -> Result<Option<String>, StoreError>,
) -> Result<(), StoreError> {
    let _lock = DotLock::take(path)?;
    match change(&read_text(path)?)? {
        Some(text) => replace(path, text.as_bytes()),
        None => Ok(()),
    }
}

/// Returns the content of a text file, empty if there is no file.
pub(super) fn read_text(path: &Path) -> Result<String, StoreError> {
    let content = read(path)?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&content).into_owned())
}

fn write_synced(path: &Path, content: &[u8], modified: Option<SystemTime>) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(path)?;
    file.write_all(content)?;
    if let Some(modified) = modified {
        file.set_modified(modified)?;
    }
    file.sync_all()
}

/// Adds to the end of a file, durably.
pub(super) fn append(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    OpenOptions::new()
        .append(true)
        .open(path)
        .and_then(|mut file| {
            file.write_all(content)?;
            file.sync_data()
        })
        .map_err(StoreError::disk(path))
}

/// Returns the file's content, or `None` if there is no file.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::Disk(path.to_path_buf(), error)),
    }
}

/// The marks by which a change of a file by another program is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    octets: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// Returns the marks of a file now; `None` if there is none.
    pub(super) fn of(path: &Path) -> Option<Stamp> {
        let about = fs::metadata(path).ok()?;
        Some(Stamp {
            inode: about.ino(),
            octets: about.len(),
            modified: (about.mtime(), about.mtime_nsec()),
        })
    }
}

/// Dovecot's lock for a file: `FILE.lock` beside it. It is released when dropped.
pub(super) struct DotLock(PathBuf);

impl DotLock {
    /// Waits for the lock, and takes it.
    pub(super) fn take(file: &Path) -> Result<DotLock, StoreError> {
        let mut path = file.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let deadline = SystemTime::now() + LOCK_PATIENCE;
        loop {
            match make_file(&path) {
                Ok(mut lock) => {
                    // Dovecot, too, checks that this process lives. Without its number only age counts.
                    let _ = write!(lock, "{}", owner(std::process::id()));
                    return Ok(DotLock(path));
                }
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(StoreError::Disk(path, error));
                }
                Err(_) if is_stale(&path) => {
                    let _ = fs::remove_file(&path);
                }
                Err(error) if SystemTime::now() > deadline => {
                    return Err(StoreError::Disk(path, error));
                }
                Err(_) => thread::sleep(LOCK_PAUSE),
            }
        }
    }
}

impl Drop for DotLock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn owner(process: u32) -> String {
    format!("{process}:{}", host())
}

/// True if the lock's owner has died, as after `kill -9`.
fn is_stale(lock: &Path) -> bool {
    let Ok(about) = fs::metadata(lock) else {
        return false;
    };
    age(&about) > LOCK_STALE || fs::read_to_string(lock).is_ok_and(|text| is_dead(&text))
}

fn is_dead(text: &str) -> bool {
    let Some(process) = text
        .strip_suffix(&format!(":{}", host()))
        .and_then(|process| process.parse().ok())
        .and_then(rustix::process::Pid::from_raw)
    else {
        return false;
    };
    rustix::process::test_kill_process(process) == Err(rustix::io::Errno::SRCH)
}

/// Returns the time since the last change; zero if that is in the future.
pub(super) fn age(about: &Metadata) -> Duration {
    about
        .modified()
        .ok()
        .and_then(|then| SystemTime::now().duration_since(then).ok())
        .unwrap_or_default()
}

/// Returns this machine's name, as its kernel has it.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_leaves_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list");
        replace(&file, b"old").unwrap();
        let before = Stamp::of(&file);
        replace(&file, b"new").unwrap();
        assert_eq!(read(&file).unwrap().unwrap(), b"new");
        assert_ne!(Stamp::of(&file), before);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_lock_of_a_dead_process_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list");
        let lock = folder.path().join("list.lock");
        // Above the kernel's highest process number (2^22).
        fs::write(&lock, owner(1 << 23)).unwrap();
        let taken = DotLock::take(&file).unwrap();
        assert_eq!(fs::read_to_string(&lock).unwrap(), owner(std::process::id()));
        drop(taken);
        assert!(!lock.exists());
    }

    #[test]
    fn a_living_lock_is_respected() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("list.lock");
        fs::write(&lock, owner(std::process::id())).unwrap();
        assert!(!is_stale(&lock));
        let old = SystemTime::now() - 2 * LOCK_STALE;
        File::options().write(true).open(&lock).unwrap().set_modified(old).unwrap();
        assert!(is_stale(&lock));
    }
}
