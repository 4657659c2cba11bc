//! What passed, kept as it was told, so that a conversation can be saved afterwards.
//!
//! Bounded: when there is too much, conversations that are over go first, the oldest before the
//! others; one that is too long by itself cannot be saved, and whoever asks is told so.

use std::collections::{BTreeSet, VecDeque};

use crate::teaching::wire_tap::{Event, Side, What};

/// Octets of what is kept: a capture of a morning's mail.
const MOST: usize = 16 * 1024 * 1024;

/// What was told of our clients' connections.
#[derive(Default)]
pub struct SavedEvents {
    events: VecDeque<Event>,
    size: usize,
    ended: BTreeSet<u64>,
    too_long: BTreeSet<u64>,
}

impl SavedEvents {
    /// Takes what happened, if it is on a connection of a client of ours.
    pub fn take(&mut self, event: &Event) {
        let number = event.connection.number;
        if event.connection.ours != Side::Client || self.too_long.contains(&number) {
            return;
        }
        if matches!(event.what, What::Closed | What::Lost) {
            self.ended.insert(number);
        }
        self.size += event.size();
        self.events.push_back(event.clone());
        while self.size > MOST {
            match self.ended.pop_first() {
                Some(oldest) => self.forget(oldest),
                None => {
                    self.too_long.insert(number);
                    self.forget(number);
                }
            }
        }
    }

    /// What is kept, of one connection or of all; `None` if it is not whole.
    #[must_use]
    pub fn events(&self, connection: Option<u64>) -> Option<Vec<Event>> {
        let this = |event: &&Event| connection.is_none_or(|one| event.connection.number == one);
        let events: Vec<Event> = self.events.iter().filter(this).cloned().collect();
        let whole = connection.is_none_or(|one| !self.too_long.contains(&one));
        (whole && !events.is_empty()).then_some(events)
    }

    fn forget(&mut self, connection: u64) {
        self.events
            .retain(|event| event.connection.number != connection);
        self.size = self.events.iter().map(Event::size).sum();
    }
}
