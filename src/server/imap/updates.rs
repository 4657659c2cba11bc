//! What a client knows of its mailbox, compared with what there is now: which numbers go, which
//! messages are new, whose flags changed (RFC 3501 §7.4.1). Pure: it words nothing and reads no disk.

use std::sync::Arc;

use crate::mail::store::Message;

/// What may be told at the end of a command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingUpdates {
    /// May message numbers change now?
    pub(crate) expunge: bool,
    /// Do FETCH responses carry the UID? They must after UID commands (RFC 3501 §6.4.8).
    pub(crate) uid: bool,
}

impl PendingUpdates {
    /// Everything: no numbers of the client's are under way.
    pub(crate) const ALL: PendingUpdates = PendingUpdates {
        expunge: true,
        uid: false,
    };
}

/// What [`merge`] found.
pub(crate) struct Merged {
    /// What the client knows when it has been told.
    pub(crate) known: Vec<Arc<Message>>,
    /// Each with the number that it has when the ones before it are gone already.
    pub(crate) expunged: Vec<usize>,
    /// The numbers, after the removals, of those whose flags changed.
    pub(crate) changed: Vec<u32>,
    /// Were removals passed over?
    pub(crate) holds_removed: bool,
}

/// Walks through both lists at once; both rise by UID, and what is new has the highest UIDs.
pub(crate) fn merge(
    known: Vec<Arc<Message>>,
    newest: &[Arc<Message>],
    telling: PendingUpdates,
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
            None if telling.expunge => merged.expunged.push(number),
            None => {
                merged.holds_removed = true;
                merged.known.push(old);
            }
        }
    }
    merged.known.extend(newest.cloned());
    merged
}
