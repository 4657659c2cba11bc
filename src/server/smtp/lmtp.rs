//! LMTP's replies to a message: one for each recipient (RFC 2033 §4.2).

use std::sync::Arc;

use super::message_sink::MessageSink;
use super::replies::{SmtpReplies, store_failure};
use super::session::{SmtpRole, SmtpServer};
use super::transaction::AcceptedRecipient;
use crate::mail::protocol::smtp::Reply;
use crate::mail::store::{Delivery, DeliveryOutcome};
use crate::server::Next;

impl SmtpServer {
    /// Repeats a reply for each recipient; in SMTP one reply is for all of them.
    pub(super) fn to_each(&self, reply: Reply, recipients: usize) -> SmtpReplies {
        let times = match self.role {
            SmtpRole::Lmtp => recipients,
            SmtpRole::Mx | SmtpRole::Submission => 1,
        };
        SmtpReplies { replies: vec![reply; times], next: Next::Line }
    }
}

impl MessageSink {
    /// Puts the message into each mailbox for itself, and returns what happened to each of them.
    pub(super) fn commit_each(self) -> Result<Vec<DeliveryOutcome>, Reply> {
        let each = self.delivery.map_or(Ok(Vec::new()), Delivery::commit_each);
        each.map_err(|error| store_failure(&error))
    }
}

/// A reply for each recipient. If one mailbox of a list has failed, the client is to send again.
pub(super) fn reply_to_each(
    recipients: &[AcceptedRecipient],
    outcomes: &[DeliveryOutcome],
    id: &str,
) -> SmtpReplies {
    let mut replies = Vec::with_capacity(recipients.len());
    for to in recipients {
        let mut failures =
            outcomes.iter().filter_map(|(mailbox, result)| Some((mailbox, result.as_ref().err()?)));
        let is_own = |mailbox| to.mailboxes.iter().any(|own| Arc::ptr_eq(own, mailbox));
        replies.push(match failures.find(|(mailbox, _)| is_own(mailbox)) {
            Some((_, error)) => store_failure(error),
            None => Reply::RECIPIENT_OK.because(format!("{} delivered as {id}", to.path)),
        });
    }
    SmtpReplies { replies, next: Next::Line }
}
