//! A message on its way in: into mailboxes here, into the queue for elsewhere or for a report that
//! is owed, or both; whole, or not at all.

use std::io::{self, Write};
use std::sync::Arc;

use super::super::Reply;
use super::transaction::disk_trouble;
use crate::mail::store::{Delivery, DeliveryOutcome, Mailbox, StoreError};
use crate::server::queue::{self, Queue, Submission};

/// A message that is being written to all its places.
pub(super) struct Incoming {
    /// Its name in `Received:`, in the queue, in the reply and in the log.
    pub(super) id: String,
    delivery: Option<Delivery>,
    submission: Option<Submission>,
    /// Is it sent on?
    relayed: bool,
}

impl Incoming {
    /// Begins a message for these mailboxes, and for those in the envelope by the queue.
    pub(super) fn begin(
        mailboxes: Vec<Arc<Mailbox>>,
        queued: Option<(&Arc<Queue>, queue::Envelope)>,
    ) -> Result<Incoming, StoreError> {
        let id = queue::new_id();
        let delivery = match mailboxes.is_empty() {
            true => None,
            false => Some(Delivery::begin(mailboxes)?),
        };
        let waits = |to: &queue::Recipient| to.state == queue::State::Waiting;
        let relayed = queued
            .as_ref()
            .is_some_and(|(_, envelope)| envelope.recipients.iter().any(waits));
        let submission = match queued {
            Some((queue, envelope)) => Some(queue.begin(&id, envelope)?),
            None => None,
        };
        Ok(Incoming {
            id,
            delivery,
            submission,
            relayed,
        })
    }

    /// The line that only those get with whom the way ends (RFC 5321 §4.4).
    pub(super) fn return_path(&mut self, line: &str) -> io::Result<()> {
        let delivery = self.delivery.as_mut();
        delivery.map_or(Ok(()), |delivery| delivery.write_all(line.as_bytes()))
    }

    /// Puts the message into all its places. What can fail is done before the first of them: a
    /// client that hears of trouble sends it again to all.
    pub(super) fn commit(self) -> Result<(), Reply> {
        let mut submission = self.submission;
        let prepared = submission.as_mut().map_or(Ok(()), Submission::prepare);
        let delivered = prepared.and_then(|()| match self.delivery {
            Some(delivery) => delivery.commit().map(drop),
            None => Ok(()),
        });
        let queued = delivered.and_then(|()| submission.map_or(Ok(()), Submission::commit));
        queued.map_err(|error| disk_trouble(&error))
    }

    /// The same for LMTP, which has an answer for each mailbox and nothing for the queue.
    pub(super) fn commit_each(self) -> Result<Vec<DeliveryOutcome>, Reply> {
        let each = self.delivery.map_or(Ok(Vec::new()), Delivery::commit_each);
        each.map_err(|error| disk_trouble(&error))
    }

    /// How the reply words it: what waits for another server is not delivered yet.
    pub(super) fn verb(&self) -> &'static str {
        match self.relayed {
            true => "queued",
            false => "delivered",
        }
    }
}

impl Write for Incoming {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if let Some(delivery) = &mut self.delivery {
            delivery.write_all(octets)?;
        }
        if let Some(submission) = &mut self.submission {
            submission.write_all(octets)?;
        }
        Ok(octets.len())
    }

    /// Does nothing: only [`Incoming::commit`] makes a message whole.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
