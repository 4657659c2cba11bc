//! `\Recent`: the messages of which this session was the first to be told (RFC 3501 §2.3.2).

use std::sync::Arc;

use super::{SelectMode, View};
use crate::mail::store::{Mailbox, Snapshot, StoreError, Uid};

impl View {
    /// True if this session was the first to be told of the message.
    pub(crate) fn is_recent(&self, uid: Uid) -> bool {
        self.recent.iter().any(|range| range.contains(&uid))
    }

    /// Returns the number of recent messages.
    pub(crate) fn recent_count(&self) -> u32 {
        let below = |uid| self.known.partition_point(|message| message.uid < uid) as u32;
        let ranges = self.recent.iter();
        ranges.map(|range| below(range.end) - below(range.start)).sum()
    }

    /// Adds to `recent` the messages that no session was told of before.
    pub(super) fn note_recent(&mut self, snapshot: &Snapshot) {
        if !self.tells_recent {
            return;
        }
        let end = self.recent.last().map_or(0, |range| range.end);
        let fresh = snapshot.first_recent.max(end)..snapshot.uid_next;
        match self.recent.last_mut() {
            _ if fresh.is_empty() => {}
            Some(last) if last.end == fresh.start => last.end = fresh.end,
            _ => self.recent.push(fresh),
        }
    }
}

/// Returns the newest snapshot. A view that can write claims its recent messages (RFC 3501 §2.3.2:
/// EXAMINE must not take `\Recent` from the next SELECT).
pub(super) fn newest(mailbox: &Mailbox, mode: SelectMode) -> Result<Arc<Snapshot>, StoreError> {
    let newest = mailbox.refresh()?;
    if mode == SelectMode::ReadOnly || newest.first_recent == newest.uid_next {
        return Ok(newest);
    }
    mailbox.claim_recent()
}
