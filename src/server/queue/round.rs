//! A message on its way: one round of attempts, one job for each of its next hops.
//!
//! What became of each recipient is on the disk before the next message is begun, so a restart
//! repeats nothing that was acknowledged. Whoever finishes the last job settles the message: reports
//! are written, and then it waits again or is taken out of the queue.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::attempt::Outcome;
use super::bounce::Reporter;
use super::envelope::now;
use super::{DeliveryState, Envelope, Queue};
use crate::config::NextHop;
use crate::mail::store::StoreError;

/// A message on its way.
pub(super) struct Round {
    id: String,
    progress: Mutex<Progress>,
}

struct Progress {
    envelope: Envelope,
    /// The jobs that are not finished.
    left: usize,
}

/// A message's recipients that have the same next hop.
pub(super) struct Job {
    round: Arc<Round>,
    /// Their places in the envelope.
    pub(super) to: Vec<usize>,
}

impl Round {
    /// A round with so many jobs to come.
    pub(super) fn begin(id: &str, envelope: Envelope, jobs: usize) -> Arc<Round> {
        let progress = Mutex::new(Progress {
            envelope,
            left: jobs,
        });
        Arc::new(Round {
            id: id.to_owned(),
            progress,
        })
    }

    pub(super) fn job(self: &Arc<Round>, to: Vec<usize>) -> Job {
        let round = Arc::clone(self);
        Job { round, to }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Job {
    pub(super) fn id(&self) -> &str {
        &self.round.id
    }

    /// The envelope as it is now.
    pub(super) fn envelope(&self) -> Envelope {
        self.round.progress().envelope.clone()
    }

    /// Writes down what became of the recipients, in the order of `to`.
    pub(super) fn finish(
        self,
        queue: &Arc<Queue>,
        hop: &NextHop,
        outcomes: Vec<Outcome>,
        reporter: &Reporter,
    ) {
        let (id, mut progress) = (&self.round.id, self.round.progress());
        for (at, outcome) in self.to.iter().zip(outcomes) {
            apply(queue, id, &mut progress.envelope, *at, outcome, hop);
        }
        hasten_those_without_room(&mut progress.envelope, &self.to);
        progress.left -= 1;
        if progress.left == 0 {
            return settle(queue, id, &mut progress.envelope, reporter);
        }
        if let Err(error) = queue.spool().save(id, &progress.envelope) {
            // The last job tries again.
            log::error!("the queue: {error}");
        }
    }
}

fn apply(
    queue: &Arc<Queue>,
    id: &str,
    envelope: &mut Envelope,
    at: usize,
    outcome: Outcome,
    hop: &NextHop,
) {
    let received = envelope.received;
    let Some(recipient) = envelope.recipients.get_mut(at) else {
        return;
    };
    let (mut state, mut reply) = (outcome.state, outcome.reply);
    recipient.attempts += 1;
    if state == DeliveryState::Waiting {
        match queue
            .schedule()
            .next(id, recipient.attempts, received, now())
        {
            Some(next) => recipient.next = next,
            None => {
                // RFC 3463 §3.5: delivery time expired.
                reply = format!("4.4.7 It was tried for too long; the last time: {reply}");
                state = DeliveryState::Failed;
            }
        }
    }
    log::info!(
        "message {id} to {} by {hop}: {state}: {reply}",
        recipient.to
    );
    if state != DeliveryState::Waiting {
        recipient.told = outcome.told;
    }
    recipient.state = state;
    recipient.hop = Some(hop.to_string());
    recipient.note(&reply);
}

/// RFC 5321 §4.5.3.1.10: those for whom a transaction had no room get another one at once. Each
/// transaction takes at least one of them, so this ends.
fn hasten_those_without_room(envelope: &mut Envelope, to: &[usize]) {
    let mut tried = to.iter().filter_map(|at| envelope.recipients.get(*at));
    if !tried.any(|recipient| recipient.state == DeliveryState::Sent) {
        return;
    }
    let no_room = |reply: &String| reply.starts_with("452");
    for at in to {
        if let Some(recipient) = envelope.recipients.get_mut(*at)
            && recipient.state == DeliveryState::Waiting
            && recipient.reply.as_ref().is_some_and(no_room)
        {
            recipient.next = now();
        }
    }
}

/// All that can be done for now was done. The disk knows it before anybody is told.
pub(super) fn settle(queue: &Arc<Queue>, id: &str, envelope: &mut Envelope, reporter: &Reporter) {
    match try_settle(queue, id, envelope, reporter) {
        Ok(due) => queue.agenda().done(id, due, None),
        Err(error) => {
            log::error!("the queue: {error}");
            let soon = queue.schedule().soon(now());
            queue.agenda().done(id, Some(soon), Some(envelope.clone()));
        }
    }
}

fn try_settle(
    queue: &Arc<Queue>,
    id: &str,
    envelope: &mut Envelope,
    reporter: &Reporter,
) -> Result<Option<Timestamp>, StoreError> {
    let reports = reporter.reports(queue, envelope);
    if !reports.is_empty() {
        queue.spool().save(id, envelope)?;
        reporter.report(queue, id, envelope, &reports)?;
        for at in reports {
            if let Some(recipient) = envelope.recipients.get_mut(at) {
                recipient.told = true;
            }
        }
    }
    let due = envelope.due();
    match due {
        Some(_) => queue.spool().save(id, envelope)?,
        None => drop(queue.spool().remove(id)?),
    }
    Ok(due)
}
