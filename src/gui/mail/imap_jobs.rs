//! The jobs of an account's IMAP worker, the updates that it sends, and the order in which it does the jobs. IDLE reports news of one folder only
//! (RFC 2177): when there was no job for a while, the messages in all folders are counted.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::client::ClientError;
use crate::gui::model::compose_form::MessageLocation;
use crate::gui::model::folders::MailFolder;
use crate::gui::model::message_list::{MessageRow, SortOrder};
use crate::gui::model::rendered_message::RenderedMessage;
use crate::mail::message::{FlagChange, Flags};

/// The time without a job after which the folders are counted.
const PAUSE: Duration = Duration::from_secs(60);

/// A job that the window orders.
pub(super) enum ImapJob {
    /// List the folders, with the number of unread messages in each.
    Folders,
    /// Count the messages in the folders unasked: a failure is not reported.
    Count,
    /// Open a folder, or look again which messages are in it.
    Open { folder: String, order: SortOrder, search: String },
    /// Fetch the rows of these messages.
    Rows(Vec<u32>),
    /// Read this message, which has this size, or 0 if that is not known. It counts as read then.
    Read(u32, u64),
    /// Change the flags of these messages.
    Flag(Vec<u32>, FlagChange),
    /// Move these messages into this folder.
    Move(Vec<u32>, String),
    /// Remove these messages for good.
    Remove(Vec<u32>),
    /// Keep a message in a folder, and then remove the message that it replaces.
    Keep {
        folder: String,
        flags: Flags,
        message: Vec<u8>,
        replaces: Option<MessageLocation>,
        /// Identifies the job in its update.
        ticket: u64,
    },
    /// Change the flags of a message in any folder.
    Mark(MessageLocation, FlagChange),
    /// Remove a message in any folder for good.
    Discard(MessageLocation),
    /// Create this folder.
    Create(String),
}

impl ImapJob {
    /// The beginning of the error when the job fails: `The folders could not be listed`.
    pub(super) fn failure(&self) -> &'static str {
        match self {
            ImapJob::Folders | ImapJob::Count => "The folders could not be listed",
            ImapJob::Open { .. } => "The folder could not be opened",
            ImapJob::Rows(_) => "The list is incomplete",
            ImapJob::Read(..) => "The message cannot be shown",
            ImapJob::Flag(..) => "No flag was changed",
            ImapJob::Move(..) => "Nothing was moved",
            ImapJob::Remove(_) => "Nothing was deleted",
            ImapJob::Keep { .. } => "The message was not kept",
            ImapJob::Mark(..) => "The answered message was not marked",
            ImapJob::Discard(_) => "The old draft was not removed",
            ImapJob::Create(_) => "The folder was not created",
        }
    }

    /// The message of a job that may be for another account.
    pub(super) fn place(&self) -> Option<&MessageLocation> {
        match self {
            ImapJob::Mark(place, _) | ImapJob::Discard(place) => Some(place),
            _ => None,
        }
    }

    /// True if the later job shows everything that this one does, while that folder is open.
    fn is_superseded_by(&self, later: &ImapJob, open: Option<&str>) -> bool {
        let (
            ImapJob::Open { folder, order, search },
            ImapJob::Open { folder: later_folder, order: later_order, search: later_search },
        ) = (self, later)
        else {
            return matches!((self, later), (ImapJob::Folders, ImapJob::Folders));
        };
        let same = (folder, order, search) == (later_folder, later_order, later_search);
        same && open == Some(folder)
    }
}

/// The result of a job, or its progress.
pub(super) enum ImapUpdate {
    /// The folders.
    Folders(Vec<MailFolder>),
    /// The folders, which were counted unasked.
    Counted(Vec<MailFolder>),
    /// The messages in a folder, in the order that was asked for.
    Opened {
        folder: String,
        /// 0 if the server did not send it.
        uid_validity: u32,
        uids: Vec<u32>,
        /// False if the server cannot sort.
        sorted: bool,
    },
    /// The UIDs that were asked for, and the rows that the server sent.
    Rows(Vec<u32>, Vec<MessageRow>),
    /// The part of this message that has arrived, from 0 to 1.
    Progress(u32, f32),
    /// A message.
    Message(Box<RenderedMessage>),
    /// These messages have other flags now.
    Flagged(Vec<u32>, FlagChange),
    /// These messages have left the folder: `moved to Archive`.
    Gone(Vec<u32>, String),
    /// The message with this ticket was kept in this folder.
    Kept(String, u64),
    /// Something in this folder has changed.
    Changed(String),
    /// This folder was created.
    Created(String),
    /// A job failed.
    Failed(FailedJob),
}

/// A job that failed, and why.
#[derive(Clone, Debug)]
pub(super) struct FailedJob {
    /// What the window must do without: `The message cannot be shown`.
    pub(super) what: &'static str,
    /// The message that could not be read.
    pub(super) unread: Option<u32>,
    /// The ticket of the message that could not be kept.
    pub(super) unkept: Option<u64>,
    /// The error as a sentence.
    pub(super) why: String,
    /// True if a later attempt may succeed.
    pub(super) transient: bool,
}

impl FailedJob {
    /// What is known of the failure before the job has run.
    pub(super) fn before(job: &ImapJob) -> FailedJob {
        let mut failed = FailedJob {
            what: job.failure(),
            unread: None,
            unkept: None,
            why: String::new(),
            transient: false,
        };
        match job {
            ImapJob::Read(uid, _) => failed.unread = Some(*uid),
            ImapJob::Keep { ticket, .. } => failed.unkept = Some(*ticket),
            _ => {}
        }
        failed
    }

    pub(super) fn because_of(mut self, error: &ClientError) -> FailedJob {
        self.why = error.to_string();
        self.transient = error.is_transient();
        self
    }
}

/// The jobs that were ordered and are not done yet.
pub(super) struct ImapJobs {
    ordered: Receiver<ImapJob>,
    waiting: VecDeque<ImapJob>,
    pause: Duration,
}

impl From<Receiver<ImapJob>> for ImapJobs {
    fn from(ordered: Receiver<ImapJob>) -> ImapJobs {
        ImapJobs { ordered, waiting: VecDeque::new(), pause: PAUSE }
    }
}

impl ImapJobs {
    /// Waits for the next job, while this folder is open; `None` when the window is gone. When mail comes faster than
    /// the folder can be listed, listings that a later one supersedes are left out, so that other jobs need not wait
    /// for them. After a pause the next job is to count the folders, if `may_count` returns true.
    pub(super) fn next(
        &mut self,
        open: Option<&str>,
        may_count: impl Fn() -> bool,
    ) -> Option<ImapJob> {
        loop {
            self.waiting.extend(self.ordered.try_iter());
            let job = match self.waiting.pop_front() {
                Some(job) => job,
                None => self.wait(&may_count)?,
            };
            let mut later = self.waiting.iter();
            if !later.any(|later| job.is_superseded_by(later, open)) {
                return Some(job);
            }
        }
    }

    fn wait(&self, may_count: impl Fn() -> bool) -> Option<ImapJob> {
        loop {
            match self.ordered.recv_timeout(self.pause) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) if may_count() => return Some(ImapJob::Count),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::mpsc::channel;

    use super::*;

    fn open(folder: &str) -> ImapJob {
        ImapJob::Open { folder: folder.to_owned(), order: SortOrder::NEWEST, search: String::new() }
    }

    fn name(job: &ImapJob) -> String {
        match job {
            ImapJob::Open { folder, .. } => format!("open {folder}"),
            ImapJob::Folders => "folders".to_owned(),
            ImapJob::Read(uid, _) => format!("read {uid}"),
            other => other.failure().to_owned(),
        }
    }

    #[test]
    fn of_many_listings_the_last_is_done_and_no_other_job_is_left_out() {
        let (orders, jobs) = channel();
        let mut jobs = ImapJobs::from(jobs);
        for _ in 0..1_000 {
            orders.send(open("INBOX")).unwrap();
            orders.send(ImapJob::Folders).unwrap();
        }
        orders.send(ImapJob::Read(7, 0)).unwrap();
        orders.send(ImapJob::Read(7, 0)).unwrap();
        orders.send(open("INBOX")).unwrap();
        drop(orders);
        let done = std::iter::from_fn(|| jobs.next(Some("INBOX"), || false));
        let done: Vec<String> = done.map(|job| name(&job)).collect();
        assert_eq!(done, ["folders", "read 7", "read 7", "open INBOX"]);
    }

    #[test]
    fn without_a_job_the_folders_are_counted() {
        let (orders, jobs) = channel();
        let mut jobs = ImapJobs::from(jobs);
        jobs.pause = Duration::ZERO;
        assert!(matches!(jobs.next(None, || true), Some(ImapJob::Count)));
        orders.send(ImapJob::Create("Lab".to_owned())).unwrap();
        assert!(matches!(jobs.next(None, || true), Some(ImapJob::Create(_))));
        drop(orders);
        assert!(jobs.next(None, || true).is_none());
    }

    #[test]
    fn the_folders_are_not_counted_while_they_may_not_be() {
        let (orders, jobs) = channel();
        let mut jobs = ImapJobs::from(jobs);
        jobs.pause = Duration::ZERO;
        let asked = Cell::new(0);
        let third_time = || {
            asked.set(asked.get() + 1);
            asked.get() == 3
        };
        assert!(matches!(jobs.next(None, third_time), Some(ImapJob::Count)));
        assert_eq!(asked.get(), 3);
        drop(orders);
    }

    #[test]
    fn a_folder_is_opened_before_what_is_done_in_it() {
        let (orders, jobs) = channel();
        let mut jobs = ImapJobs::from(jobs);
        for job in [open("Sent"), ImapJob::Read(7, 0), open("INBOX"), open("Sent")] {
            orders.send(job).unwrap();
        }
        drop(orders);
        let done = std::iter::from_fn(|| jobs.next(Some("INBOX"), || false));
        let done: Vec<String> = done.map(|job| name(&job)).collect();
        assert_eq!(done, ["open Sent", "read 7", "open INBOX", "open Sent"]);
    }
}
