//! What the window wants of an account, in the order in which it is done. IDLE tells the news of one folder alone
//! (RFC 2177): when nothing is wanted for a while, the counts of all folders are looked at.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::gui::model::list::Order;
use crate::gui::model::writing::Place;
use crate::mail::message::{FlagChange, Flags};

/// So long nothing is wanted before the folders are looked at.
const PAUSE: Duration = Duration::from_secs(60);

/// What the window wants of an account.
pub(super) enum Job {
    /// The folders, and how much is unread in each.
    Folders,
    /// The same, but nobody ordered it: that it failed is not told.
    Round,
    /// Opens a folder, or looks again which messages there are.
    Open {
        folder: String,
        order: Order,
        search: String,
    },
    /// What the list shows of these messages.
    Rows(Vec<u32>),
    /// A message of so many octets, as far as is known; it counts as read then.
    Read(u32, u64),
    /// Changes flags.
    Flag(Vec<u32>, FlagChange),
    /// Moves messages into another folder.
    Move(Vec<u32>, String),
    /// Removes messages for good.
    Remove(Vec<u32>),
    /// Puts a message into a folder, and removes for good what it replaces, once it is there.
    Keep {
        folder: String,
        flags: Flags,
        message: Vec<u8>,
        replaces: Option<Place>,
        /// By which the answer is known.
        ticket: u64,
    },
    /// Changes flags of a message, in whichever folder it is.
    Mark(Place, FlagChange),
    /// Removes a message for good, from whichever folder it is in.
    Discard(Place),
    /// Makes a folder.
    Create(String),
}

impl Job {
    /// As an error begins: `The folders are not known`.
    pub(super) fn named(&self) -> &'static str {
        match self {
            Job::Folders | Job::Round => "The folders are not known",
            Job::Open { .. } => "The folder is not open",
            Job::Rows(_) => "The list has gaps",
            Job::Read(..) => "The message cannot be shown",
            Job::Flag(..) => "Nothing was marked",
            Job::Move(..) => "Nothing was moved",
            Job::Remove(_) => "Nothing was deleted",
            Job::Keep { .. } => "The message was not kept",
            Job::Mark(..) => "The message that was answered was not marked",
            Job::Discard(_) => "The draft is still there",
            Job::Create(_) => "The folder was not made",
        }
    }

    /// The one message that it is for, if it names the account, too.
    pub(super) fn place(&self) -> Option<&Place> {
        match self {
            Job::Mark(place, _) | Job::Discard(place) => Some(place),
            _ => None,
        }
    }

    /// Is it a look that shows nothing which this later one does not show, while that folder is open?
    fn is_outdone_by(&self, later: &Job, open: Option<&str>) -> bool {
        match (self, later) {
            (Job::Folders, Job::Folders) => true,
            (
                Job::Open {
                    folder,
                    order,
                    search,
                },
                Job::Open {
                    folder: later_folder,
                    order: later_order,
                    search: later_search,
                },
            ) => {
                open == Some(folder)
                    && (folder, order, search) == (later_folder, later_order, later_search)
            }
            _ => false,
        }
    }
}

/// The jobs that were ordered and are not done yet.
pub(super) struct Jobs {
    orders: Receiver<Job>,
    waiting: VecDeque<Job>,
    pause: Duration,
}

impl From<Receiver<Job>> for Jobs {
    fn from(orders: Receiver<Job>) -> Jobs {
        Jobs {
            orders,
            waiting: VecDeque::new(),
            pause: PAUSE,
        }
    }
}

impl Jobs {
    /// Waits for the next job, while this folder is open; `None` when the window is gone. Mail may come
    /// faster than it can be looked at: then not every look is taken, and what else was ordered does not
    /// stand in a queue of them. When nothing is ordered for a while, all folders are looked at, if one `may_look`.
    pub(super) fn next(&mut self, open: Option<&str>, may_look: impl Fn() -> bool) -> Option<Job> {
        loop {
            self.waiting.extend(self.orders.try_iter());
            let job = match self.waiting.pop_front() {
                Some(job) => job,
                None => self.wait(&may_look)?,
            };
            let mut later = self.waiting.iter();
            if !later.any(|later| job.is_outdone_by(later, open)) {
                return Some(job);
            }
        }
    }

    /// Waits for the next order; while nobody `may_look`, only what is ordered is done.
    fn wait(&self, may_look: impl Fn() -> bool) -> Option<Job> {
        loop {
            match self.orders.recv_timeout(self.pause) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) if may_look() => return Some(Job::Round),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use std::cell::Cell;
    use std::sync::mpsc::channel;

    use super::*;

    fn look(folder: &str) -> Job {
        Job::Open {
            folder: folder.to_owned(),
            order: Order::NEWEST,
            search: String::new(),
        }
    }

    fn told(job: &Job) -> String {
        match job {
            Job::Open { folder, .. } => format!("open {folder}"),
            Job::Folders => "folders".to_owned(),
            Job::Read(uid, _) => format!("read {uid}"),
            other => other.named().to_owned(),
        }
    }

    #[test]
    fn of_many_looks_the_last_is_taken_and_nothing_else_is_left_out() {
        let (orders, jobs) = channel();
        let mut jobs = Jobs::from(jobs);
        for _ in 0..1_000 {
            orders.send(look("INBOX")).unwrap();
            orders.send(Job::Folders).unwrap();
        }
        orders.send(Job::Read(7, 0)).unwrap();
        orders.send(Job::Read(7, 0)).unwrap();
        orders.send(look("INBOX")).unwrap();
        drop(orders);
        let done = std::iter::from_fn(|| jobs.next(Some("INBOX"), || false));
        let done: Vec<String> = done.map(|job| told(&job)).collect();
        assert_eq!(done, ["folders", "read 7", "read 7", "open INBOX"]);
    }

    #[test]
    fn without_orders_the_folders_are_looked_at() {
        let (orders, jobs) = channel();
        let mut jobs = Jobs::from(jobs);
        jobs.pause = Duration::ZERO;
        assert!(matches!(jobs.next(None, || true), Some(Job::Round)));
        orders.send(Job::Create("Lab".to_owned())).unwrap();
        assert!(matches!(jobs.next(None, || true), Some(Job::Create(_))));
        drop(orders);
        assert!(jobs.next(None, || true).is_none());
    }

    #[test]
    fn nobody_looks_while_it_is_not_wanted() {
        let (orders, jobs) = channel();
        let mut jobs = Jobs::from(jobs);
        jobs.pause = Duration::ZERO;
        let asked = Cell::new(0);
        let third_time = || {
            asked.set(asked.get() + 1);
            asked.get() == 3
        };
        assert!(matches!(jobs.next(None, third_time), Some(Job::Round)));
        assert_eq!(asked.get(), 3);
        drop(orders);
    }

    #[test]
    fn a_folder_is_opened_before_what_is_done_in_it() {
        let (orders, jobs) = channel();
        let mut jobs = Jobs::from(jobs);
        for job in [look("Sent"), Job::Read(7, 0), look("INBOX"), look("Sent")] {
            orders.send(job).unwrap();
        }
        drop(orders);
        let done = std::iter::from_fn(|| jobs.next(Some("INBOX"), || false));
        let done: Vec<String> = done.map(|job| told(&job)).collect();
        assert_eq!(done, ["open Sent", "read 7", "open INBOX", "open Sent"]);
    }
}
