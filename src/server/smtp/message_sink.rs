//! The places that a received message is written to: local mailboxes, the queue, or both.

use std::io::{self, Write};
use std::sync::Arc;

use super::replies::store_failure;
use crate::mail::protocol::smtp::{Reply, ReversePath};
use crate::mail::store::{Delivery, Mailbox, StoreError};
use crate::server::queue::{self, DeliveryState, Queue, Submission};

/// A message that is being written to all its places: it arrives in all of them, or in none.
pub(super) struct MessageSink {
    /// The name of the message in `Received:`, in the queue, in the reply and in the log.
    pub(super) id: String,
    pub(super) delivery: Option<Delivery>,
    submission: Option<Submission>,
    /// True if the message goes to another server.
    relayed: bool,
}

impl MessageSink {
    /// Begins a message for these mailboxes, and for the queue under this envelope.
    pub(super) fn begin(
        mailboxes: Vec<Arc<Mailbox>>,
        queued: Option<(&Arc<Queue>, queue::Envelope)>,
    ) -> Result<MessageSink, StoreError> {
        let mut sink =
            MessageSink { id: queue::new_id(), delivery: None, submission: None, relayed: false };
        if !mailboxes.is_empty() {
            sink.delivery = Some(Delivery::begin(mailboxes)?);
        }
        if let Some((queue, envelope)) = queued {
            let mut recipients = envelope.recipients.iter();
            sink.relayed = recipients.any(|to| to.state == DeliveryState::Waiting);
            sink.submission = Some(queue.begin(&sink.id, envelope)?);
        }
        Ok(sink)
    }

    /// Writes `Return-Path:`, which only the server that makes the final delivery adds (RFC 5321 §4.4).
    pub(super) fn write_return_path(&mut self, from: &ReversePath) -> io::Result<()> {
        match &mut self.delivery {
            Some(delivery) => write!(delivery, "Return-Path: {from}\r\n"),
            None => Ok(()),
        }
    }

    /// Puts the message into all its places. Everything that can fail is done before the first of
    /// them: a client that gets an error sends the message again to all recipients.
    pub(super) fn commit(mut self) -> Result<(), Reply> {
        self.try_commit().map_err(|error| store_failure(&error))
    }

    fn try_commit(&mut self) -> Result<(), StoreError> {
        let mut submission = self.submission.take();
        if let Some(submission) = &mut submission {
            submission.prepare()?;
        }
        if let Some(delivery) = self.delivery.take() {
            delivery.commit()?;
        }
        if let Some(submission) = submission {
            submission.commit()?;
        }
        Ok(())
    }

    /// The word of the reply: a message for another server is not delivered yet.
    pub(super) fn verb(&self) -> &'static str {
        if self.relayed { "queued" } else { "delivered" }
    }
}

impl Write for MessageSink {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if let Some(delivery) = &mut self.delivery {
            delivery.write_all(octets)?;
        }
        if let Some(submission) = &mut self.submission {
            submission.write_all(octets)?;
        }
        Ok(octets.len())
    }

    /// Does nothing: only [`MessageSink::commit`] makes a message whole.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
