//! Finds out whether `new/` or `cur/` changed since the last scan, by their modification times.
//!
//! A time can deceive: a folder that changes twice within one tick of its file system's clock shows
//! one time for both changes. So a time is trusted only if it was old at the scan, or if we set it.
//! Before a scan that comes too soon after a change, and after a change of our own, we give the folder
//! a time between two ticks, which no other change can give it.
//!
//! After our own change that also saves the next scan, if no other program changed the folder before
//! us. A change in the very moment of ours is found a second later, or by the watcher at once.
//!
//! ```text
//!  clock ──┬───────────────┬───────────────┬────────▶     it moves only here: one tick after another
//!          5               6               7              what the folder's time can show
//!
//!  1. A scan soon after a change  ──┬──s──x──┬──────      s: scan, the folder shows 5
//!                                   5        6            x: another program adds a file, it shows 5!
//!     So a time that is not older than a tick (TICK) is not trusted; we set one before we scan:
//!
//!                                 ──┬─o─s──x─┬──────      o: we set the time 5.37, then scan
//!                                   5        6            x: it shows 5 again, or 6
//!
//!  2. A scan that is old enough   ──┬────────┬──s──x      s: scan at 6, the folder shows 5, long ago
//!                                   5        6            x: a change now shows 6 or later
//!     As long as the folder shows 5, nothing has changed, and no scan is needed (`exact`).
//!
//!  3. Our own change              ──┬──s──o──x──┬───      o: we change a file, then set the time 5.37
//!                                   5           6         x: another program: it shows 5 again, or 6
//!     No tick gives 5.37, so it is trusted at once; any other change replaces it.
//!
//!  4. Another change in the moment of ours: ─ s ─ [look · x · o] ─
//!     The folder was unchanged at `look`, x came before we set the time, and 5.37 hides it. So our
//!     own changes take the place of a scan for a second (UNSCANNED), not longer.
//! ```

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use super::disk;
use super::maildir::Dir;

/// Longer than a tick of any file system: two seconds on FAT, milliseconds on ext4.
const TICK: Duration = Duration::from_secs(2);

/// For this time our own changes may take the place of a scan.
const UNSCANNED: Duration = Duration::from_secs(1);

/// The times of the two folders of a Maildir.
pub(super) struct Changes {
    /// `new/` and `cur/`.
    folders: [PathBuf; 2],
    scanned: [Option<Time>; 2],
    /// The times that we set.
    ours: [Option<SystemTime>; 2],
}

/// A folder's modification time, as it was before a scan.
#[derive(Clone, Copy)]
pub(super) struct Time {
    modified: SystemTime,
    /// True if every change since then shows another time.
    exact: bool,
    /// The moment from which our own changes take the place of a scan.
    unscanned: Option<Instant>,
}

/// Both folders' times, for [`Changes::scanned`].
pub(super) type Times = [Option<Time>; 2];

impl Changes {
    pub(super) fn new(maildir: &std::path::Path) -> Changes {
        Changes {
            folders: Dir::BOTH.map(|dir| dir.of(maildir)),
            scanned: [None; 2],
            ours: [None; 2],
        }
    }

    /// Makes the next scan include this folder, whatever its time.
    pub(super) fn distrust(&mut self, dir: Dir) {
        self.scanned[dir as usize] = None;
    }

    /// Makes the next scan include both folders.
    pub(super) fn distrust_all(&mut self) {
        self.scanned = [None; 2];
    }

    /// Returns the folders that may have changed, and their times before they are scanned.
    pub(super) fn look(&mut self) -> (Vec<Dir>, Times) {
        let mut dirs = Vec::new();
        let mut times = self.scanned;
        for dir in Dir::BOTH {
            let at = dir as usize;
            let now = self.time(dir);
            if is_same(self.scanned[at], now) {
                continue;
            }
            dirs.push(dir);
            times[at] = match now {
                Some(time) if !time.exact => {
                    self.ours[at] = self.set_time(dir);
                    self.time(dir)
                }
                time => time,
            };
        }
        (dirs, times)
    }

    /// True if no folder has changed since its scan.
    pub(super) fn all_unchanged(&self) -> bool {
        self.unchanged() == [true; 2]
    }

    /// Notes that the folders that [`Changes::look`] returned were scanned.
    pub(super) fn scanned(&mut self, times: Times) {
        self.scanned = times;
    }

    /// Returns which folders have not changed since their scan. Called before a change of our own.
    pub(super) fn unchanged(&self) -> [bool; 2] {
        Dir::BOTH.map(|dir| is_same(self.scanned[dir as usize], self.time(dir)))
    }

    /// Notes a change of our own; `unchanged` is the answer from before it.
    pub(super) fn changed_by_us(&mut self, unchanged: [bool; 2]) {
        for dir in Dir::BOTH {
            let at = dir as usize;
            let before = self.scanned[at];
            let now = self.time(dir);
            if before.map(|time| time.modified) == now.map(|time| time.modified) {
                continue;
            }
            self.ours[at] = self.set_time(dir);
            self.scanned[at] = match (before, self.ours[at]) {
                (Some(before), Some(modified)) if unchanged[at] => Some(Time {
                    modified,
                    exact: true,
                    unscanned: before.unscanned.or_else(|| Some(Instant::now())),
                }),
                _ => None,
            };
        }
    }

    fn time(&self, dir: Dir) -> Option<Time> {
        let about = fs::metadata(&self.folders[dir as usize]).ok()?;
        let modified = about.modified().ok()?;
        let exact = disk::age(&about) > TICK || self.ours[dir as usize] == Some(modified);
        Some(Time { modified, exact, unscanned: None })
    }

    /// `None` if the file system does not keep the time as exactly as it was given.
    fn set_time(&self, dir: Dir) -> Option<SystemTime> {
        let path = &self.folders[dir as usize];
        let now = SystemTime::now();
        File::open(path).and_then(|f| f.set_modified(now)).ok()?;
        let kept = fs::metadata(path).and_then(|about| about.modified()).ok()?;
        (kept == now).then_some(now)
    }
}

/// True if a folder has certainly not changed since its scan.
fn is_same(scanned: Option<Time>, now: Option<Time>) -> bool {
    let (Some(scanned), Some(now)) = (scanned, now) else {
        return false;
    };
    let overdue = |since: Instant| since.elapsed() > UNSCANNED;
    scanned.exact && scanned.modified == now.modified && !scanned.unscanned.is_some_and(overdue)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::store::maildir;

    fn scan(changes: &mut Changes) -> Vec<Dir> {
        let (dirs, times) = changes.look();
        changes.scanned(times);
        dirs
    }

    #[test]
    fn a_change_of_ours_needs_no_scan_and_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        maildir::make(folder.path()).unwrap();
        let mut changes = Changes::new(folder.path());
        let drop_in = |name: &str| {
            fs::write(folder.path().join("cur").join(name), "").unwrap();
        };
        assert_eq!(scan(&mut changes), Dir::BOTH);
        assert!(scan(&mut changes).is_empty(), "young, but we set its time");
        let edit = |changes: &mut Changes, name: &str| {
            let unchanged = changes.unchanged();
            drop_in(name);
            changes.changed_by_us(unchanged);
        };
        edit(&mut changes, "ours");
        assert!(scan(&mut changes).is_empty());
        drop_in("theirs");
        assert_eq!(scan(&mut changes), [Dir::Cur]);
        for n in 0..20 {
            drop_in(&format!("theirs{n}"));
            edit(&mut changes, &format!("ours{n}"));
            assert_eq!(scan(&mut changes), [Dir::Cur], "{n}");
            drop_in(&format!("more{n}"));
            assert_eq!(scan(&mut changes), [Dir::Cur], "{n}");
            edit(&mut changes, &format!("again{n}"));
            scan(&mut changes);
        }
    }

    #[test]
    fn an_old_time_is_believed() {
        let folder = tempfile::tempdir().unwrap();
        maildir::make(folder.path()).unwrap();
        let mut changes = Changes::new(folder.path());
        let old = SystemTime::now() - 2 * TICK;
        for dir in Dir::BOTH {
            let path = dir.of(folder.path());
            File::open(path).unwrap().set_modified(old).unwrap();
        }
        assert_eq!(scan(&mut changes), Dir::BOTH);
        assert!(scan(&mut changes).is_empty());
        changes.distrust(Dir::Cur);
        assert_eq!(scan(&mut changes), [Dir::Cur]);
    }
}
