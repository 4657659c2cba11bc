//! What is due when, and what is on its way: the queue's memory, shared by its threads.
//!
//! A message is in one of two places: due at a time, or on its way. What is on its way stands in
//! lanes, one for each next hop; a lane is served by one thread at a time, over one connection. All
//! of it is lost at a crash and found again in the spool.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::Envelope;
use super::envelope::now;
use super::round::Job;
use crate::config::NextHop;
use crate::limits;

/// What is due, and what is on its way.
#[derive(Default)]
pub(super) struct Agenda {
    plan: Mutex<Plan>,
    changed: Condvar,
}

#[derive(Default)]
struct Plan {
    due: BTreeSet<(Timestamp, String)>,
    on_its_way: HashSet<String>,
    /// Due because somebody said so: every recipient is tried, whatever its time.
    hastened: HashSet<String>,
    /// What the disk did not take; newer than what is there.
    unsaved: HashMap<String, Envelope>,
    lanes: HashMap<NextHop, Lane>,
    workers: usize,
    /// When the last look was taken for a word from the command line.
    glanced: Option<Instant>,
    stopping: bool,
}

#[derive(Default)]
struct Lane {
    jobs: VecDeque<Job>,
    served: bool,
}

/// A message whose time has come.
pub(super) struct Due {
    pub(super) id: String,
    pub(super) hastened: bool,
    /// Its envelope, if that is not on the disk.
    pub(super) unsaved: Option<Envelope>,
}

/// What the sender does next.
pub(super) enum Turn {
    /// Send this on.
    Send(Due),
    /// Look whether somebody left a word.
    Glance,
    /// End.
    Stop,
}

impl Agenda {
    /// A message is due then.
    pub(super) fn add(&self, id: &str, when: Timestamp) {
        self.plan().due.insert((when, id.to_owned()));
        self.changed.notify_all();
    }

    /// These are due now, or as soon as they are not on their way any more.
    pub(super) fn hasten(&self, ids: &[String]) {
        let (plan, now) = (&mut *self.plan(), now());
        let wanted: HashSet<&String> = ids.iter().collect();
        let (hastened, others) = std::mem::take(&mut plan.due)
            .into_iter()
            .partition::<BTreeSet<_>, _>(|(_, id)| wanted.contains(id));
        plan.due = others;
        for (_, id) in hastened {
            plan.hastened.insert(id.clone());
            plan.due.insert((now, id));
        }
        let on_their_way = wanted.iter().filter(|id| plan.on_its_way.contains(**id));
        plan.hastened.extend(on_their_way.map(|id| (*id).clone()));
    }

    /// Waits for the next thing to do.
    pub(super) fn next(&self) -> Turn {
        let mut plan = self.plan();
        loop {
            if plan.stopping {
                return Turn::Stop;
            }
            let glance = match plan.glanced {
                Some(then) => limits::QUEUE_GLANCE.saturating_sub(then.elapsed()),
                None => Duration::ZERO,
            };
            if glance.is_zero() {
                plan.glanced = Some(Instant::now());
                return Turn::Glance;
            }
            if let Some(due) = plan.take_due() {
                return Turn::Send(due);
            }
            let wait = plan.due_in().map_or(glance, |due| due.min(glance));
            let waited = self.changed.wait_timeout(plan, wait);
            plan = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A message is not on its way any more: it is due again then, or never.
    pub(super) fn done(&self, id: &str, due: Option<Timestamp>, unsaved: Option<Envelope>) {
        let mut plan = self.plan();
        plan.on_its_way.remove(id);
        let hastened = plan.hastened.contains(id);
        match due {
            Some(when) => {
                let when = if hastened { now() } else { when };
                plan.due.insert((when, id.to_owned()));
            }
            None => drop(plan.hastened.remove(id)),
        }
        if let Some(envelope) = unsaved {
            plan.unsaved.insert(id.to_owned(), envelope);
        }
        self.changed.notify_all();
    }

    /// Puts a job into a lane; `true` when a thread has to be started that serves it.
    pub(super) fn enqueue(&self, hop: &NextHop, job: Job) -> bool {
        let plan = &mut *self.plan();
        let lane = plan.lanes.entry(hop.clone()).or_default();
        lane.jobs.push_back(job);
        let start = !lane.served && plan.workers < limits::NEXT_HOPS;
        lane.served |= start;
        plan.workers += usize::from(start);
        start
    }

    /// The next job of a lane; an empty lane is taken away.
    pub(super) fn next_job(&self, hop: &NextHop) -> Option<Job> {
        let plan = &mut *self.plan();
        let lane = plan.lanes.get_mut(hop).filter(|_| !plan.stopping)?;
        let job = lane.jobs.pop_front();
        if job.is_none() {
            plan.lanes.remove(hop);
        }
        job
    }

    /// A thread has served its lane: another one that nobody serves, or `None`, and it ends.
    pub(super) fn next_lane(&self) -> Option<NextHop> {
        let plan = &mut *self.plan();
        let waiting = plan.lanes.iter_mut().find(|(_, lane)| !lane.served);
        if let Some((hop, lane)) = waiting.filter(|_| !plan.stopping) {
            lane.served = true;
            return Some(hop.clone());
        }
        plan.workers -= 1;
        self.changed.notify_all();
        None
    }

    /// Ends the threads after the message that each is sending; `true` when all ended in time.
    pub(super) fn stop(&self, grace: Duration) -> bool {
        let mut plan = self.plan();
        plan.stopping = true;
        self.changed.notify_all();
        let busy = |plan: &mut Plan| plan.workers > 0;
        let waited = self.changed.wait_timeout_while(plan, grace, busy);
        waited.unwrap_or_else(PoisonError::into_inner).0.workers == 0
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        // Each change is whole, so a thread that died with the plan harmed nothing.
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    /// How long until something can be sent on; `None`: until something changes.
    fn due_in(&self) -> Option<Duration> {
        let (when, _) = self.due.first()?;
        let room = self.on_its_way.len() < limits::IN_FLIGHT;
        let wait = Duration::try_from(when.duration_since(now())).unwrap_or_default();
        room.then_some(wait)
    }

    fn take_due(&mut self) -> Option<Due> {
        self.due_in().filter(Duration::is_zero)?;
        let (_, id) = self.due.pop_first()?;
        self.on_its_way.insert(id.clone());
        Some(Due {
            hastened: self.hastened.remove(&id),
            unsaved: self.unsaved.remove(&id),
            id,
        })
    }
}
