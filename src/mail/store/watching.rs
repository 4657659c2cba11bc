//! Those who hear of a mailbox's changes: their bells.

use super::lookout::Watched;
use crate::mail::net::Bell;

/// The bells at one mailbox.
#[derive(Default)]
pub(super) struct Watching {
    bells: Vec<(u64, Bell)>,
    last: u64,
    /// As long as there is a bell, the lookout watches what other programs do.
    others: Option<Watched>,
}

impl Watching {
    /// Adds a bell, and begins to look out if nobody did; returns what ends it.
    pub(super) fn begin(&mut self, bell: &Bell, look_out: impl FnOnce() -> Option<Watched>) -> u64 {
        self.last += 1;
        self.bells.push((self.last, bell.clone()));
        if self.others.is_none() {
            self.others = look_out();
        }
        self.last
    }

    /// Takes a bell away.
    pub(super) fn end(&mut self, id: u64) {
        self.bells.retain(|(other, _)| *other != id);
        if self.bells.is_empty() {
            self.others = None;
        }
    }

    /// Rings all.
    pub(super) fn ring(&self) {
        self.bells.iter().for_each(|(_, bell)| bell.ring());
    }
}
