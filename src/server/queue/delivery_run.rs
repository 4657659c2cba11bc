//! One message in progress: a batch of recipients for each next hop, and the results.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::attempt::{AttemptResult, reply_code};
use super::envelope::{DeliveryState, Envelope, now};
use super::retry::RetryTimes;
use crate::config::NextHop;

/// A message in progress, until each of its batches has its results.
pub(super) struct DeliveryRun {
    id: String,
    progress: Mutex<RunProgress>,
}

/// The results so far.
pub(super) struct RunProgress {
    pub(super) envelope: Envelope,
    /// The number of unfinished batches.
    left: usize,
}

/// The recipients of a message that have the same next hop.
pub(super) struct RecipientBatch {
    run: Arc<DeliveryRun>,
    /// Their indexes in the envelope.
    pub(super) to: Vec<usize>,
}

impl RunProgress {
    /// True if all batches have their results.
    pub(super) fn is_finished(&self) -> bool {
        self.left == 0
    }
}

impl DeliveryRun {
    /// Begins a run with this number of batches.
    pub(super) fn begin(id: &str, envelope: Envelope, batches: usize) -> Arc<DeliveryRun> {
        let progress = Mutex::new(RunProgress { envelope, left: batches });
        let id = id.to_owned();
        Arc::new(DeliveryRun { id, progress })
    }

    /// The batch of these recipients.
    pub(super) fn batch(self: &Arc<DeliveryRun>, to: Vec<usize>) -> RecipientBatch {
        let run = Arc::clone(self);
        RecipientBatch { run, to }
    }

    fn progress(&self) -> MutexGuard<'_, RunProgress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecipientBatch {
    /// The name of the message.
    pub(super) fn id(&self) -> &str {
        &self.run.id
    }

    /// A copy of the envelope as it is now.
    pub(super) fn envelope(&self) -> Envelope {
        self.run.progress().envelope.clone()
    }

    /// Enters the results, one for each recipient of the batch. The envelope stays locked until the
    /// caller has saved it.
    pub(super) fn record(
        &self,
        hop: &NextHop,
        results: Vec<AttemptResult>,
        retry: &RetryTimes,
    ) -> MutexGuard<'_, RunProgress> {
        let mut progress = self.run.progress();
        let envelope = &mut progress.envelope;
        for (at, result) in self.to.iter().zip(results) {
            enter(&self.run.id, envelope, *at, result, hop, retry);
        }
        hasten_recipients_without_room(envelope, &self.to);
        progress.left -= 1;
        progress
    }
}

/// Enters one result into the envelope.
fn enter(
    id: &str,
    envelope: &mut Envelope,
    at: usize,
    result: AttemptResult,
    hop: &NextHop,
    retry: &RetryTimes,
) {
    let received = envelope.received;
    let Some(recipient) = envelope.recipients.get_mut(at) else {
        return;
    };
    let mut state = result.state;
    let mut reply = result.reply;
    recipient.attempts += 1;
    if state == DeliveryState::Waiting {
        match retry.next(id, recipient.attempts, received, now()) {
            Some(next) => recipient.next = next,
            None => {
                // RFC 3463 §3.5: delivery time expired.
                reply = format!("4.4.7 Delivery time expired; the last attempt: {reply}");
                state = DeliveryState::Failed;
            }
        }
    }
    let to = &recipient.to;
    log::info!("message {id} to {to} by {hop}: {state}: {reply}");
    if state != DeliveryState::Waiting {
        recipient.reported = result.reported;
    }
    recipient.state = state;
    recipient.hop = Some(hop.to_string());
    recipient.note(&reply);
}

/// RFC 5321 §4.5.3.1.10: recipients for which a transaction had no room are tried again at once.
/// Each transaction takes at least one of them, so this ends.
fn hasten_recipients_without_room(envelope: &mut Envelope, to: &[usize]) {
    let mut tried = to.iter().filter_map(|at| envelope.recipients.get(*at));
    if !tried.any(|recipient| recipient.state == DeliveryState::Sent) {
        return;
    }
    for at in to {
        if let Some(recipient) = envelope.recipients.get_mut(*at)
            && recipient.state == DeliveryState::Waiting
            && recipient.reply.as_deref().and_then(reply_code) == Some(452)
        {
            recipient.next = now();
        }
    }
}
