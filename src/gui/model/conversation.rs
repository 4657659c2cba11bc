//! What was said on all connections, line by line, without passwords.

use std::collections::VecDeque;
use std::ops::Range;

/// Lines that are kept; the oldest make room.
const KEPT: usize = 20_000;

/// Who says a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// This program.
    Client,
    /// The other end.
    Server,
    /// Nobody: something has happened on the connection.
    Aside,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The connection: `imap 3`.
    pub connection: String,
    /// Who says it.
    pub speaker: Speaker,
    /// What, without its ending.
    pub text: String,
}

/// What was said.
#[derive(Debug, Default)]
pub struct Conversation(VecDeque<Said>);

impl Conversation {
    /// A line has been said.
    pub fn push(&mut self, said: Said) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(said);
    }

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These lines.
    pub fn lines(&self, range: Range<usize>) -> impl Iterator<Item = &Said> {
        self.0.iter().skip(range.start).take(range.len())
    }

    /// Forgets all of it.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
