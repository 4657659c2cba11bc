//! The model of a POP3 session (RFC 1939): numbers and sizes never change, and nothing happens before
//! QUIT.

use super::mailbox::{Flags, Mailbox};

/// A message of the session.
struct Entry {
    uid: u32,
    octets: usize,
    deleted: bool,
    retrieved: bool,
    was_seen: bool,
}

/// What the session knows.
pub struct Maildrop(Vec<Entry>);

impl Maildrop {
    pub fn open(truth: &mut Mailbox) -> Maildrop {
        truth.open();
        let entry = |message: &super::mailbox::Message| Entry {
            uid: message.uid,
            octets: message.octets,
            deleted: false,
            retrieved: false,
            was_seen: message.flags.contains("\\Seen"),
        };
        Maildrop(truth.messages.iter().map(entry).collect())
    }

    /// `STAT`, and the answer.
    pub fn stat(&self) -> String {
        let left = || self.0.iter().filter(|entry| !entry.deleted);
        let octets: usize = left().map(|entry| entry.octets).sum();
        format!("+OK {} {octets}", left().count())
    }

    /// How many there are, those that are marked as deleted included.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// `DELE n`: the answer, or how it begins.
    pub fn dele(&mut self, number: usize) -> &'static str {
        match self.0.get_mut(number - 1) {
            Some(entry) if !entry.deleted => {
                entry.deleted = true;
                "+OK"
            }
            _ => "-ERR",
        }
    }

    /// `RETR n`: how the answer begins; a message follows if it is `+OK`.
    pub fn retr(&mut self, number: usize, truth: &Mailbox) -> String {
        match self.0.get_mut(number - 1) {
            Some(entry) if !entry.deleted && truth.find(entry.uid).is_some() => {
                entry.retrieved = true;
                format!("+OK {} octets", entry.octets)
            }
            _ => "-ERR".to_owned(),
        }
    }

    pub fn rset(&mut self) {
        self.0.iter_mut().for_each(|entry| entry.deleted = false);
    }

    /// QUIT: the UPDATE state.
    pub fn update(self, truth: &mut Mailbox) {
        let deleted = self.0.iter().filter(|entry| entry.deleted);
        truth.remove(&deleted.map(|entry| entry.uid).collect::<Vec<_>>());
        for entry in self.0.iter().filter(|e| e.retrieved && !e.deleted && !e.was_seen) {
            if let Some(message) = truth.find(entry.uid) {
                let seen = Flags::from(["\\Seen".to_owned()]);
                let flags = &message.flags | &seen;
                truth.set(entry.uid, flags);
            }
        }
        truth.holders -= 1;
    }
}
