//! The difference between what a client knows of its mailbox and what is there now: which messages
//! are gone, which are new, whose flags have changed (RFC 3501 §7.4.1). It reads no disk.

use std::sync::Arc;

use crate::mail::store::Message;

/// What a client may be sent at the end of a command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingUpdates {
    /// True if message numbers may change now.
    pub(crate) expunge: bool,
    /// True if FETCH responses must have the UID: after UID commands (RFC 3501 §6.4.8).
    pub(crate) uid: bool,
}

impl PendingUpdates {
    /// Everything: the client has no command in progress that uses message numbers.
    pub(crate) const ALL: PendingUpdates = PendingUpdates { expunge: true, uid: false };
}

/// The result of [`merge`].
pub(crate) struct Merged {
    /// What the client knows after the updates.
    pub(crate) known: Vec<Arc<Message>>,
    /// The number of each expunged message, after the removals before it.
    pub(crate) expunged: Vec<usize>,
    /// The numbers, after the removals, of the messages whose flags have changed.
    pub(crate) changed: Vec<u32>,
    /// True if removed messages are still in `known`.
    pub(crate) holds_removed: bool,
}

/// Walks through both lists at once; both rise by UID, and new messages have the highest UIDs.
pub(crate) fn merge(
    known: Vec<Arc<Message>>,
    newest: &[Arc<Message>],
    updates: PendingUpdates,
) -> Merged {
    let mut merged = Merged {
        known: Vec::with_capacity(newest.len()),
        expunged: Vec::new(),
        changed: Vec::new(),
        holds_removed: false,
    };
    let mut newest = newest.iter().peekable();
    for old in known {
        let number = merged.known.len() + 1;
        match newest.next_if(|message| message.uid == old.uid) {
            Some(same) => {
                if same.flags != old.flags {
                    merged.changed.push(number as u32);
                }
                merged.known.push(Arc::clone(same));
            }
            None if updates.expunge => merged.expunged.push(number),
            None => {
                merged.holds_removed = true;
                merged.known.push(old);
            }
        }
    }
    merged.known.extend(newest.cloned());
    merged
}
