//! Decides which message is sent next: the queue's memory, shared by its threads.
//!
//! A message is either due at a time or in progress. A message in progress has a batch of recipients
//! in the lane of each of its next hops. One thread at a time serves a lane, over one connection. A
//! crash loses all of this, and the spool restores it.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::delivery_run::RecipientBatch;
use super::envelope::{Envelope, now};
use crate::config::NextHop;
use crate::limits;

/// Which messages are due, and which are in progress.
#[derive(Default)]
pub(super) struct Scheduler {
    tasks: Mutex<Tasks>,
    changed: Condvar,
}

#[derive(Default)]
struct Tasks {
    due: BTreeSet<(Timestamp, String)>,
    in_progress: HashSet<String>,
    /// Messages that `pillarbox queue --now` has asked for: all their recipients are tried.
    urgent: HashSet<String>,
    /// Envelopes that could not be saved; newer than those on the disk.
    unsaved: HashMap<String, Envelope>,
    lanes: HashMap<NextHop, Lane>,
    workers: usize,
    /// When `pillarbox queue --now` was last looked for.
    checked_requests: Option<Instant>,
    stopping: bool,
}

/// The batches for one next hop.
#[derive(Default)]
struct Lane {
    batches: VecDeque<RecipientBatch>,
    has_worker: bool,
}

/// A message whose time has come.
pub(super) struct DueMessage {
    pub(super) id: String,
    /// True if all recipients are tried, whatever their time.
    pub(super) urgent: bool,
    /// The envelope, if it could not be saved.
    pub(super) unsaved: Option<Envelope>,
}

/// What the queue's main thread does next.
pub(super) enum QueueTask {
    /// Send this message.
    Send(DueMessage),
    /// Look for requests of `pillarbox queue --now`.
    CheckRequests,
    /// End.
    Stop,
}

impl Scheduler {
    /// Schedules a message for this time.
    pub(super) fn add(&self, id: &str, when: Timestamp) {
        self.tasks().due.insert((when, id.to_owned()));
        self.changed.notify_all();
    }

    /// Makes these messages due now, or as soon as they are no longer in progress.
    pub(super) fn hasten(&self, ids: &[String]) {
        let tasks = &mut *self.tasks();
        let now = now();
        let wanted: HashSet<&String> = ids.iter().collect();
        for (when, id) in std::mem::take(&mut tasks.due) {
            if wanted.contains(&id) {
                tasks.urgent.insert(id.clone());
                tasks.due.insert((now, id));
            } else {
                tasks.due.insert((when, id));
            }
        }
        for id in ids {
            if tasks.in_progress.contains(id) {
                tasks.urgent.insert(id.clone());
            }
        }
    }

    /// Waits for the next task.
    pub(super) fn next(&self) -> QueueTask {
        let mut tasks = self.tasks();
        loop {
            if tasks.stopping {
                return QueueTask::Stop;
            }
            let until_check = match tasks.checked_requests {
                Some(then) => limits::QUEUE_GLANCE.saturating_sub(then.elapsed()),
                None => Duration::ZERO,
            };
            if until_check.is_zero() {
                tasks.checked_requests = Some(Instant::now());
                return QueueTask::CheckRequests;
            }
            if let Some(due) = tasks.take_due() {
                return QueueTask::Send(due);
            }
            let until_due = tasks.until_due().unwrap_or(until_check);
            let wait = until_due.min(until_check);
            let waited = self.changed.wait_timeout(tasks, wait);
            tasks = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends a message's progress: it is due again at this time, or its work is done.
    pub(super) fn finish(&self, id: &str, due: Option<Timestamp>, unsaved: Option<Envelope>) {
        let mut tasks = self.tasks();
        tasks.in_progress.remove(id);
        match due {
            Some(_) if tasks.urgent.contains(id) => {
                tasks.due.insert((now(), id.to_owned()));
            }
            Some(when) => {
                tasks.due.insert((when, id.to_owned()));
            }
            None => {
                tasks.urgent.remove(id);
            }
        }
        if let Some(envelope) = unsaved {
            tasks.unsaved.insert(id.to_owned(), envelope);
        }
        self.changed.notify_all();
    }

    /// Puts a batch into the lane of its next hop. True if the caller must start a worker for it.
    pub(super) fn enqueue(&self, hop: &NextHop, batch: RecipientBatch) -> bool {
        let tasks = &mut *self.tasks();
        let lane = tasks.lanes.entry(hop.clone()).or_default();
        lane.batches.push_back(batch);
        let start = !lane.has_worker && tasks.workers < limits::NEXT_HOPS;
        if start {
            lane.has_worker = true;
            tasks.workers += 1;
        }
        start
    }

    /// The next batch of a lane; an empty lane is removed.
    pub(super) fn next_batch(&self, hop: &NextHop) -> Option<RecipientBatch> {
        let tasks = &mut *self.tasks();
        if tasks.stopping {
            return None;
        }
        let batch = tasks.lanes.get_mut(hop)?.batches.pop_front();
        if batch.is_none() {
            tasks.lanes.remove(hop);
        }
        batch
    }

    /// A lane without a worker, for a worker that has finished its own; `None` ends the worker.
    pub(super) fn next_lane(&self) -> Option<NextHop> {
        let tasks = &mut *self.tasks();
        let mut lanes = tasks.lanes.iter_mut();
        if let Some((hop, lane)) = lanes.find(|(_, lane)| !lane.has_worker)
            && !tasks.stopping
        {
            lane.has_worker = true;
            return Some(hop.clone());
        }
        tasks.workers -= 1;
        self.changed.notify_all();
        None
    }

    /// Ends the workers after their current messages. True if all ended within this time.
    pub(super) fn stop(&self, grace: Duration) -> bool {
        let mut tasks = self.tasks();
        tasks.stopping = true;
        self.changed.notify_all();
        let busy = |tasks: &mut Tasks| tasks.workers > 0;
        let waited = self.changed.wait_timeout_while(tasks, grace, busy);
        waited.unwrap_or_else(PoisonError::into_inner).0.workers == 0
    }

    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        // Each change is complete, so a thread that panicked left nothing half-done.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tasks {
    /// The time until a message can be sent; `None` if something else must change first.
    fn until_due(&self) -> Option<Duration> {
        let (when, _) = self.due.first()?;
        if self.in_progress.len() >= limits::IN_FLIGHT {
            return None;
        }
        Some(Duration::try_from(when.duration_since(now())).unwrap_or_default())
    }

    fn take_due(&mut self) -> Option<DueMessage> {
        if !self.until_due()?.is_zero() {
            return None;
        }
        let (_, id) = self.due.pop_first()?;
        self.in_progress.insert(id.clone());
        Some(DueMessage { urgent: self.urgent.remove(&id), unsaved: self.unsaved.remove(&id), id })
    }
}
