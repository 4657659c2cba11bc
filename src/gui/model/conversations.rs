//! The lines that clients and servers have sent, of all connections in the order of time, bounded in memory.
//!
//! A [`WindowSink`](super::window_sink::WindowSink) fills this from the recorder's thread, and the window reads it.
//! Lines are masked before, so no secret gets here. The oldest lines are dropped and long ones are shortened. Of a
//! message or a list only the beginning is kept, with a count of the rest.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use super::security::ConnectionSecurity;
use crate::teaching::explain::{Explained, Observer};
use crate::teaching::wire_tap::{Connection, Side};

/// The number of lines that are kept of all connections together: an afternoon of clicks, and some megabytes.
const MOST_LINES: usize = 4_000;

/// The number of ended connections that are kept.
const MOST_ENDED: usize = 100;

/// The number of octets that are kept of a line's ciphertext: enough to see that it is ciphertext.
pub const MOST_CROSSED: usize = 256;

/// All connections and their lines.
#[derive(Default)]
pub struct Conversations {
    lines: VecDeque<ConversationLine>,
    connections: BTreeMap<u64, ObservedConnection>,
    /// The number of the last line.
    last_number: u64,
    /// The number of lines that were dropped.
    dropped: u64,
    /// The number of changes on all connections.
    changes: u64,
}

/// A line of the conversation pane.
pub struct ConversationLine {
    /// Numbers begin with 1 and are never used again.
    pub number: u64,
    /// The number of its connection.
    pub connection: u64,
    /// When it was sent.
    pub time: SystemTime,
    /// What it shows.
    pub content: LineContent,
    /// Under TLS, the first octets of its ciphertext, and how many there were.
    pub crossed: Option<(Vec<u8>, usize)>,
}

/// What a line shows.
pub enum LineContent {
    /// A line that one side sent.
    Said {
        /// The side that sent it.
        by: Side,
        /// The masked line without its ending.
        text: String,
        /// The first octets of the masked line, with its ending.
        octets: Vec<u8>,
        /// What the line means; its parts are ranges of `octets`.
        explained: Box<Explained>,
    },
    /// The rest of a message or a list, which is not shown.
    More {
        /// The side that sent it.
        by: Side,
        /// The number of lines.
        lines: u64,
        /// The number of octets.
        octets: u64,
    },
    /// An event that neither side sent as a line: TLS began, the connection closed.
    Happened {
        /// The event as a sentence without a full stop.
        text: String,
        /// What it means, if there is something to explain.
        explained: Option<Box<Explained>>,
        /// True if something is wrong.
        wrong: bool,
    },
}

/// A connection, and the state of its conversation.
pub struct ObservedConnection {
    /// The connection's two ends.
    pub connection: Arc<Connection>,
    /// When it was opened.
    pub opened: SystemTime,
    /// The observer that has read every line; `None` if the protocol is not known.
    pub observer: Option<Observer>,
    /// How it is protected.
    pub security: ConnectionSecurity,
    /// True if it is closed.
    pub ended: bool,
    /// The last line, and the side that sent it.
    pub last: Option<(Side, String)>,
}

/// A change that a [`WindowSink`](super::window_sink::WindowSink) reports.
pub enum ConversationChange {
    /// A connection was opened.
    Opened(Arc<Connection>, SystemTime),
    /// A line was sent.
    Line(u64, SystemTime, LineContent),
    /// The last line on a server's connection, of which no lines are kept.
    Last(u64, Side, String),
    /// More of the last message or list: the number of its lines and of its octets.
    More(u64, SystemTime, Side, (u64, u64)),
    /// The first octets of the last line's ciphertext, and how many there were.
    Crossed(u64, Vec<u8>, usize),
    /// The new state of the conversation.
    Observed(u64, Box<Observer>),
    /// The new protection of the connection.
    Secured(u64, ConnectionSecurity),
    /// The connection was closed.
    Ended(u64),
}

impl Conversations {
    /// Applies these changes.
    pub fn take(&mut self, changes: impl IntoIterator<Item = ConversationChange>) {
        for change in changes {
            self.apply(change);
        }
        let drop = self.lines.len().saturating_sub(MOST_LINES);
        self.dropped += drop as u64;
        self.lines.drain(..drop);
        let ended = self.connections.values().filter(|one| one.ended);
        let numbers: Vec<u64> = ended.map(|one| one.connection.number).collect();
        let forget = numbers.len().saturating_sub(MOST_ENDED);
        for number in numbers.iter().take(forget) {
            self.connections.remove(number);
            self.lines.retain(|line| line.connection != *number);
        }
    }

    /// The lines of the connections of which this side is ours, in the order of time; of one of them if it is named.
    pub fn lines(
        &self,
        ours: Side,
        connection: Option<u64>,
    ) -> impl Iterator<Item = &ConversationLine> {
        self.lines.iter().filter(move |line| {
            let of = self.connections.get(&line.connection);
            let this = connection.is_none_or(|number| number == line.connection);
            this && of.is_some_and(|of| of.connection.ours == ours)
        })
    }

    /// The connections of which this side is ours, in the order in which they were opened.
    pub fn connections(&self, ours: Side) -> impl Iterator<Item = &ObservedConnection> {
        self.connections.values().filter(move |one| one.connection.ours == ours)
    }

    /// The connection with this number.
    #[must_use]
    pub fn connection(&self, number: u64) -> Option<&ObservedConnection> {
        self.connections.get(&number)
    }

    /// The line with this number.
    #[must_use]
    pub fn line(&self, number: u64) -> Option<&ConversationLine> {
        let at = self.lines.binary_search_by_key(&number, |line| line.number);
        at.ok().and_then(|at| self.lines.get(at))
    }

    /// The number of changes on all connections so far.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// The number of older lines that are no longer kept.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Forgets all lines, but no connection.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.dropped = 0;
    }

    fn apply(&mut self, change: ConversationChange) {
        match change {
            ConversationChange::Opened(connection, opened) => {
                let conversation = ObservedConnection {
                    opened,
                    observer: None,
                    security: ConnectionSecurity::of(&connection),
                    ended: false,
                    last: None,
                    connection,
                };
                let number = conversation.connection.number;
                self.connections.insert(number, conversation);
            }
            ConversationChange::Line(connection, time, passed) => {
                self.push(connection, time, passed)
            }
            ConversationChange::Last(number, by, text) => {
                self.change(number, |one| one.last = Some((by, text)))
            }
            ConversationChange::More(connection, time, by, octets) => {
                self.more(connection, time, by, octets)
            }
            ConversationChange::Crossed(connection, octets, count) => {
                self.crossed(connection, octets, count)
            }
            ConversationChange::Observed(number, observer) => self.change(number, |one| {
                one.observer = Some(*observer);
            }),
            ConversationChange::Secured(number, lock) => {
                self.change(number, |one| one.security = lock)
            }
            ConversationChange::Ended(number) => self.change(number, |one| one.ended = true),
        }
    }

    fn change(&mut self, number: u64, change: impl FnOnce(&mut ObservedConnection)) {
        self.changes += 1;
        if let Some(connection) = self.connections.get_mut(&number) {
            change(connection);
        }
    }

    fn push(&mut self, connection: u64, time: SystemTime, content: LineContent) {
        if let LineContent::Said { by, text, .. } = &content {
            let last = Some((*by, text.clone()));
            self.change(connection, |one| one.last = last);
        }
        self.last_number += 1;
        self.lines.push_back(ConversationLine {
            number: self.last_number,
            connection,
            time,
            content,
            crossed: None,
        });
    }

    fn more(&mut self, connection: u64, time: SystemTime, side: Side, more: (u64, u64)) {
        let last = self.last_of(connection).map(|line| &mut line.content);
        if let Some(LineContent::More { by, lines, octets }) = last
            && *by == side
        {
            *lines += more.0;
            *octets += more.1;
        } else {
            let content = LineContent::More { by: side, lines: more.0, octets: more.1 };
            self.push(connection, time, content);
        }
    }

    fn crossed(&mut self, connection: u64, octets: Vec<u8>, count: usize) {
        let Some(line) = self.last_of(connection) else {
            return;
        };
        match &mut line.crossed {
            None => line.crossed = Some((octets, count)),
            Some((begin, all)) => {
                let room = MOST_CROSSED.saturating_sub(begin.len());
                begin.extend(octets.iter().take(room));
                *all += count;
            }
        }
    }

    /// The last line of this connection.
    fn last_of(&mut self, connection: u64) -> Option<&mut ConversationLine> {
        let mut lines = self.lines.iter_mut().rev();
        lines.find(|line| line.connection == connection)
    }
}
