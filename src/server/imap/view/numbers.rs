//! Which messages a set means: message numbers, UIDs (RFC 3501 §6.4.8), or `$`, the saved result of a
//! SEARCH (RFC 5182).

use std::ops::RangeInclusive;

use super::View;
use crate::mail::protocol::imap::{MessageSet, SequenceSet};
use crate::mail::store::Uid;
use crate::server::imap::reply::CommandReply;

impl View {
    /// Returns the message numbers that a set of numbers or UIDs means, rising.
    ///
    /// # Errors
    /// A number after the last message is the client's mistake (RFC 3501 §9, `seq-number`); a UID
    /// that does not exist is ignored (§6.4.8).
    pub(crate) fn numbers(&self, set: &MessageSet, by_uid: bool) -> Result<Vec<u32>, CommandReply> {
        match set {
            MessageSet::Sequence(set) if !by_uid => {
                if set.exceeds(self.count()) {
                    return Err(no_such_number(self.count()));
                }
                Ok(set.iter(self.count()).collect())
            }
            uids => {
                let ranges = self.named_uids(uids).ranges(self.largest_uid());
                let numbers = ranges.iter().flat_map(|range| self.numbers_of_uids(range));
                Ok(numbers.collect())
            }
        }
    }

    fn numbers_of_uids(&self, uids: &RangeInclusive<Uid>) -> RangeInclusive<u32> {
        let known = &self.known;
        let before = known.partition_point(|message| message.uid < *uids.start());
        let up_to = known.partition_point(|message| message.uid <= *uids.end());
        before as u32 + 1..=up_to as u32
    }

    /// Returns the UIDs that a set of UIDs names, with or without such messages.
    pub(crate) fn named_uids<'a>(&'a self, set: &'a MessageSet) -> &'a SequenceSet {
        match set {
            MessageSet::Sequence(set) => set,
            MessageSet::Saved => &self.saved,
        }
    }

    /// Makes `$` mean these messages.
    pub(crate) fn save(&mut self, numbers: &[u32]) {
        self.saved = SequenceSet::from_sorted(&self.uids(numbers)).settled(Uid::MAX);
    }

    /// True if `$` means this message.
    pub(crate) fn is_saved(&self, uid: Uid) -> bool {
        self.saved.contains(uid, Uid::MAX)
    }
}

/// Refuses a message number after the last.
pub(crate) fn no_such_number(count: u32) -> CommandReply {
    CommandReply::bad(match count {
        0 => "expected no message numbers: the mailbox is empty".to_owned(),
        _ => format!("expected message numbers from 1 to {count}, the number of messages"),
    })
}
