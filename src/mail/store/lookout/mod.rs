//! The lookout: notices what other programs do to a mailbox that somebody watches, and rings.
//!
//! There is one thread for a whole [`Store`](super::Store), from the first IDLE on. It sleeps in
//! `poll(2)` until its [`Eyes`] see something in a Maildir. Then it waits a moment, because a change
//! seldom comes alone, and asks the mailbox whether it knows of it already ([`Sign`]): what we did
//! ourselves is known by then, and nobody is woken for it twice.
//!
//! It scans no folder, gives no UID and waits for no lock, so that a mailbox which is held up holds
//! up no news of others. Its watches are bounded by the mailboxes, however many clients idle. Where
//! the system has no watches left, a warning says so once, and clients hear of other programs'
//! changes with their next command: as if this did not exist.

pub(super) mod eyes;
mod sign;

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

use eyes::{Eyes, Seen, Spot};
use sign::Sign;

use super::Mailbox;
use super::mailbox::lock;
use super::maildir::Dir;
use crate::mail::net::Bell;

/// Between a change and the question whether it is news. A burst of changes counts as one, and our
/// own delivery is known by then. It is a fifth of the time in which news must be told.
const MOMENT: Duration = Duration::from_millis(10);

/// Looks out for the mailboxes of one store.
pub(super) struct Lookout {
    open_eyes: fn() -> io::Result<Box<dyn Eyes>>,
    /// Nobody is on duty before the first mailbox is watched.
    duty: Mutex<Option<Arc<Duty>>>,
    warned: AtomicBool,
}

impl Default for Lookout {
    fn default() -> Lookout {
        Lookout::with(eyes::open)
    }
}

impl Lookout {
    /// One that sees with these eyes.
    pub(super) fn with(open_eyes: fn() -> io::Result<Box<dyn Eyes>>) -> Lookout {
        Lookout {
            open_eyes,
            duty: Mutex::default(),
            warned: AtomicBool::new(false),
        }
    }

    /// Rings the mailbox's bells when another program changes it, until the guard is dropped.
    pub(super) fn watch(&self, mailbox: &Arc<Mailbox>) -> Option<Watched> {
        let watched = self.duty().and_then(|duty| duty.begin(mailbox));
        if let Err(error) = &watched
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            log::warn!(
                "changes by other programs reach clients that idle only with their next command: \
                 {error} (the system's limits are in /proc/sys/fs/inotify)"
            );
        }
        watched.ok()
    }

    fn duty(&self) -> io::Result<Arc<Duty>> {
        let mut on_duty = lock(&self.duty);
        if let Some(duty) = &*on_duty {
            return Ok(Arc::clone(duty));
        }
        let duty = Arc::new(Duty {
            eyes: (self.open_eyes)()?,
            end: Bell::new()?,
            posts: Mutex::default(),
        });
        let thread = Arc::clone(&duty);
        let name = "store lookout".to_owned();
        thread::Builder::new()
            .name(name)
            .spawn(move || thread.run())?;
        Ok(Arc::clone(on_duty.insert(duty)))
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        if let Some(duty) = &*lock(&self.duty) {
            duty.end.ring();
        }
    }
}

/// Keeps the lookout's eyes on a mailbox.
pub(super) struct Watched {
    duty: Arc<Duty>,
    id: u64,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.duty.end(self.id);
    }
}

/// What the thread and those who call it share.
struct Duty {
    eyes: Box<dyn Eyes>,
    /// Rings when the store is gone.
    end: Bell,
    posts: Mutex<Posts>,
}

/// Which mailboxes are watched, and which places for them. A folder that was renamed can be that of
/// two: who had it open under its old name may not have let go of it yet.
#[derive(Default)]
struct Posts {
    mailboxes: HashMap<u64, Weak<Mailbox>>,
    spots: HashMap<Spot, Vec<(u64, Place)>>,
}

/// A place in a Maildir that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `new/` or `cur/`: messages come, go, and change their names.
    Folder(Dir),
    /// The Maildir itself: its lists are written anew, or it goes away.
    Maildir,
}

impl Posts {
    fn note(&mut self, id: u64, place: Place, spot: Spot) {
        let here = self.spots.entry(spot).or_default();
        if !here.contains(&(id, place)) {
            here.push((id, place));
        }
    }
}

/// What was seen of each mailbox and not answered yet.
type Signs = HashMap<u64, Vec<Sign>>;

impl Duty {
    fn begin(self: Arc<Duty>, mailbox: &Arc<Mailbox>) -> io::Result<Watched> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let id = COUNTER.fetch_add(1, Ordering::Relaxed);
        lock(&self.posts)
            .mailboxes
            .insert(id, Arc::downgrade(mailbox));
        // Should one of the watches fail, dropping this takes the others back.
        let watched = Watched { duty: self, id };
        watched.duty.watch_all(id, mailbox)?;
        Ok(watched)
    }

    /// Watches the places of a mailbox; those that are watched already stay so. A folder may be
    /// missing: we see when it comes.
    fn watch_all(&self, id: u64, mailbox: &Mailbox) -> io::Result<()> {
        let maildir = mailbox.maildir();
        // Under one lock with `end`, since two mailboxes can have the same spot.
        let mut posts = lock(&self.posts);
        posts.note(id, Place::Maildir, self.eyes.watch_maildir(maildir)?);
        for dir in Dir::BOTH {
            match self.eyes.watch_folder(&dir.of(maildir)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                spot => posts.note(id, Place::Folder(dir), spot?),
            }
        }
        Ok(())
    }

    fn end(&self, id: u64) {
        let mut posts = lock(&self.posts);
        posts.mailboxes.remove(&id);
        posts.spots.retain(|spot, here| {
            here.retain(|(other, _)| *other != id);
            if here.is_empty() {
                self.eyes.unwatch(*spot);
            }
            !here.is_empty()
        });
    }

    /// The thread's life.
    fn run(&self) {
        let mut signs = Signs::new();
        loop {
            let busy = (!signs.is_empty()).then_some(MOMENT);
            match self.eyes.wait(&self.end, busy) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return log::error!("the lookout sees nothing any more: {error}"),
            }
            thread::sleep(MOMENT);
            self.gather(&mut signs);
            signs.retain(|id, signs| !self.answer(*id, signs));
        }
    }

    /// Finds out whose mailbox it is in which something was seen.
    fn gather(&self, signs: &mut Signs) {
        for (spot, seen) in self.eyes.seen() {
            let here = match spot {
                Some(spot) => lock(&self.posts).spots.get(&spot).cloned(),
                None => Some(self.everywhere()),
            };
            for (id, place) in here.unwrap_or_default() {
                self.note(signs, id, place, seen.clone());
            }
        }
    }

    fn everywhere(&self) -> Vec<(u64, Place)> {
        let posts = lock(&self.posts);
        let all = posts.mailboxes.keys();
        all.map(|id| (*id, Place::Maildir)).collect()
    }

    fn note(&self, signs: &mut Signs, id: u64, place: Place, seen: Seen) {
        let Some(sign) = Sign::of(place, seen) else {
            return;
        };
        if sign == Sign::Anything
            && let Some(mailbox) = self.mailbox(id)
            && let Err(error) = self.watch_all(id, &mailbox)
        {
            log::debug!("{}: {error}", mailbox.maildir().display());
        }
        sign::add(signs.entry(id).or_default(), sign);
    }

    /// Rings if it is news; `false` if that cannot be said now, because somebody is at the mailbox.
    fn answer(&self, id: u64, signs: &[Sign]) -> bool {
        self.mailbox(id)
            .is_none_or(|mailbox| mailbox.answer_signs(signs))
    }

    fn mailbox(&self, id: u64) -> Option<Arc<Mailbox>> {
        lock(&self.posts).mailboxes.get(&id)?.upgrade()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::time::Instant;

    use super::*;

    #[test]
    fn the_thread_ends_with_the_store() {
        let lookout = Lookout::default();
        let duty = Arc::downgrade(&lookout.duty().unwrap());
        drop(lookout);
        let begun = Instant::now();
        while duty.strong_count() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(20), "it goes on");
            thread::sleep(MOMENT);
        }
    }
}
