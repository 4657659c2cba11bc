//! The recorder's events of the window's clients, kept so that a conversation can be saved afterwards.
//!
//! Their size is bounded: when there are too many, the oldest ended conversation is forgotten first. A conversation that
//! is too long by itself cannot be saved.

use std::collections::{BTreeSet, VecDeque};

use crate::teaching::wire_tap::{Event, Side, What};

/// The size of all kept events in bytes: a morning's mail.
const MOST: usize = 16 * 1024 * 1024;

/// The events of our clients' connections.
#[derive(Default)]
pub struct SavedEvents {
    events: VecDeque<Event>,
    size: usize,
    ended: BTreeSet<u64>,
    too_long: BTreeSet<u64>,
}

impl SavedEvents {
    /// Keeps an event, if it is on a connection of our clients.
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

    /// The events of one connection or of all; `None` if they are not complete.
    #[must_use]
    pub fn events(&self, connection: Option<u64>) -> Option<Vec<Event>> {
        let this = |event: &&Event| connection.is_none_or(|one| event.connection.number == one);
        let events: Vec<Event> = self.events.iter().filter(this).cloned().collect();
        let is_complete = connection.is_none_or(|one| !self.too_long.contains(&one));
        (is_complete && !events.is_empty()).then_some(events)
    }

    fn forget(&mut self, connection: u64) {
        self.events.retain(|event| event.connection.number != connection);
        self.size = self.events.iter().map(Event::size).sum();
    }
}
