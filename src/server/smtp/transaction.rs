//! A mail transaction as data (RFC 5321 §3.3): who sends what to whom.

use std::sync::Arc;

use super::message_checks::MessageChecks;
use super::message_sink::MessageSink;
use crate::mail::protocol::smtp::{Address, Params, Path, ReversePath};
use crate::mail::store::Mailbox;

/// A transaction before its message: the envelope, which is independent of the header.
pub(super) struct MailTransaction {
    /// The address for bounces.
    pub(super) from: ReversePath,
    /// The parameters of MAIL.
    pub(super) params: Params,
    /// The accepted recipients, in the order of their RCPT.
    pub(super) recipients: Vec<AcceptedRecipient>,
}

/// One accepted RCPT.
pub(super) struct AcceptedRecipient {
    /// The path as it was written.
    pub(super) path: Path,
    /// The parameters of RCPT.
    pub(super) params: Params,
    /// The local mailboxes: one, or those of an alias.
    pub(super) mailboxes: Vec<Arc<Mailbox>>,
    /// The address at another domain, if the message goes there.
    pub(super) relayed: Option<Address>,
}

/// A transaction whose message is being received.
pub(super) struct Transfer {
    pub(super) transaction: MailTransaction,
    pub(super) message: MessageChecks<MessageSink>,
}

impl MailTransaction {
    /// The local mailboxes of all recipients, each once.
    pub(super) fn mailboxes(&self) -> Vec<Arc<Mailbox>> {
        let mut each: Vec<Arc<Mailbox>> = Vec::new();
        for mailbox in self.recipients.iter().flat_map(|to| &to.mailboxes) {
            if !each.iter().any(|known| Arc::ptr_eq(known, mailbox)) {
                each.push(Arc::clone(mailbox));
            }
        }
        each
    }
}
