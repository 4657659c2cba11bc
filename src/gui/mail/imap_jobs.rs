//! What the window wants of an account, in the order in which it is done. IDLE tells the news of one folder alone
//! (RFC 2177): when nothing is wanted for a while, the counts of all folders are looked at.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::gui::model::compose_form::MessageLocation;
use crate::gui::model::message_list::SortOrder;
use crate::mail::message::{FlagChange, Flags};

/// So long nothing is wanted before the folders are looked at.
const PAUSE: Duration = Duration::from_secs(60);

/// What the window wants of an account.
pub(super) enum ImapJob {
    /// The folders, and how much is unread in each.
    Folders,
    /// The same, but nobody ordered it: that it failed is not told.
    Round,
    /// Opens a folder, or looks again which messages there are.
    Open {
        folder: String,
        order: SortOrder,
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
        replaces: Option<MessageLocation>,
        /// By which the answer is known.
        ticket: u64,
    },
    /// Changes flags of a message, in whichever folder it is.
    Mark(MessageLocation, FlagChange),
    /// Removes a message for good, from whichever folder it is in.
    Discard(MessageLocation),
    /// Makes a folder.
    Create(String),
}

impl ImapJob {
    /// As an error begins: `The folders are not known`.
    pub(super) fn named(&self) -> &'static str {
        match self {
            ImapJob::Folders | ImapJob::Round => "The folders are not known",
            ImapJob::Open { .. } => "The folder is not open",
            ImapJob::Rows(_) => "The list has gaps",
            ImapJob::Read(..) => "The message cannot be shown",
            ImapJob::Flag(..) => "Nothing was marked",
            ImapJob::Move(..) => "Nothing was moved",
            ImapJob::Remove(_) => "Nothing was deleted",
            ImapJob::Keep { .. } => "The message was not kept",
            ImapJob::Mark(..) => "The message that was answered was not marked",
            ImapJob::Discard(_) => "The draft is still there",
            ImapJob::Create(_) => "The folder was not made",
        }
    }

    /// The one message that it is for, if it names the account, too.
    pub(super) fn place(&self) -> Option<&MessageLocation> {
        match self {
            ImapJob::Mark(place, _) | ImapJob::Discard(place) => Some(place),
            _ => None,
        }
    }

    /// Is it a look that shows nothing which this later one does not show, while that folder is open?
    fn is_outdone_by(&self, later: &ImapJob, open: Option<&str>) -> bool {
        match (self, later) {
            (ImapJob::Folders, ImapJob::Folders) => true,
            (
                ImapJob::Open {
                    folder,
                    order,
                    search,
                },
                ImapJob::Open {
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
pub(super) struct ImapJobs {
    orders: Receiver<ImapJob>,
    waiting: VecDeque<ImapJob>,
    pause: Duration,
}

impl From<Receiver<ImapJob>> for ImapJobs {
    fn from(orders: Receiver<ImapJob>) -> ImapJobs {
        ImapJobs {
            orders,
            waiting: VecDeque::new(),
            pause: PAUSE,
        }
    }
}

impl ImapJobs {
    /// Waits for the next job, while this folder is open; `None` when the window is gone. Mail may come
    /// faster than it can be looked at: then not every look is taken, and what else was ordered does not
    /// stand in a queue of them. When nothing is ordered for a while, all folders are looked at, if one `may_look`.
    pub(super) fn next(
        &mut self,
        open: Option<&str>,
        may_look: impl Fn() -> bool,
    ) -> Option<ImapJob> {
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
    fn wait(&self, may_look: impl Fn() -> bool) -> Option<ImapJob> {
        loop {
            match self.orders.recv_timeout(self.pause) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) if may_look() => return Some(ImapJob::Round),
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

    fn look(folder: &str) -> ImapJob {
        ImapJob::Open {
            folder: folder.to_owned(),
            order: SortOrder::NEWEST,
            search: String::new(),
        }
    }

    fn told(job: &ImapJob) -> String {
        match job {
            ImapJob::Open { folder, .. } => format!("open {folder}"),
            ImapJob::Folders => "folders".to_owned(),
            ImapJob::Read(uid, _) => format!("read {uid}"),
            other => other.named().to_owned(),
        }
    }

    #[test]
    fn of_many_looks_the_last_is_taken_and_nothing_else_is_left_out() {
        let (orders, jobs) = channel();
        let mut jobs = ImapJobs::from(jobs);
        for _ in 0..1_000 {
            orders.send(look("INBOX")).unwrap();
            orders.send(ImapJob::Folders).unwrap();
        }
        orders.send(ImapJob::Read(7, 0)).unwrap();
        orders.send(ImapJob::Read(7, 0)).unwrap();
        orders.send(look("INBOX")).unwrap();
        drop(orders);
        let done = std::iter::from_fn(|| jobs.next(Some("INBOX"), || false));
        let done: Vec<String> = done.map(|job| told(&job)).collect();
        assert_eq!(done, ["folders", "read 7", "read 7", "open INBOX"]);
    }

    #[test]
    fn without_orders_the_folders_are_looked_at() {
        let (orders, jobs) = channel();
        let mut jobs = ImapJobs::from(jobs);
        jobs.pause = Duration::ZERO;
        assert!(matches!(jobs.next(None, || true), Some(ImapJob::Round)));
        orders.send(ImapJob::Create("Lab".to_owned())).unwrap();
        assert!(matches!(jobs.next(None, || true), Some(ImapJob::Create(_))));
        drop(orders);
        assert!(jobs.next(None, || true).is_none());
    }

    #[test]
    fn nobody_looks_while_it_is_not_wanted() {
        let (orders, jobs) = channel();
        let mut jobs = ImapJobs::from(jobs);
        jobs.pause = Duration::ZERO;
        let asked = Cell::new(0);
        let third_time = || {
            asked.set(asked.get() + 1);
            asked.get() == 3
        };
        assert!(matches!(jobs.next(None, third_time), Some(ImapJob::Round)));
        assert_eq!(asked.get(), 3);
        drop(orders);
    }

    #[test]
    fn a_folder_is_opened_before_what_is_done_in_it() {
        let (orders, jobs) = channel();
        let mut jobs = ImapJobs::from(jobs);
        for job in [
            look("Sent"),
            ImapJob::Read(7, 0),
            look("INBOX"),
            look("Sent"),
        ] {
            orders.send(job).unwrap();
        }
        drop(orders);
        let done = std::iter::from_fn(|| jobs.next(Some("INBOX"), || false));
        let done: Vec<String> = done.map(|job| told(&job)).collect();
        assert_eq!(done, ["open Sent", "read 7", "open INBOX", "open Sent"]);
    }
}
