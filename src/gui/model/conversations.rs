//! What passed on the connections: the lines of both sides in the order of time, bounded in memory.
//!
//! A [`WindowSink`](super::window_sink::WindowSink) fills it from the recorder's thread, a window reads it.
//! Secrets never get here: lines are masked before. The oldest lines are dropped, long ones are
//! shortened, and of a message or a list only the beginning is kept, with a count of the rest.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use super::security::ConnectionSecurity;
use crate::teaching::explain::{Explained, Observer};
use crate::teaching::wire_tap::{Connection, Side};

/// Lines that are kept, of all connections together: an afternoon of clicks, and some megabytes.
const MOST_LINES: usize = 4_000;

/// Connections that are kept after their end.
const MOST_ENDED: usize = 100;

/// Octets that are kept of what crossed the socket for a line: enough to see that it is ciphertext.
pub const MOST_CROSSED: usize = 256;

/// Everything that is known of what passed.
#[derive(Default)]
pub struct Conversations {
    lines: VecDeque<ConversationLine>,
    connections: BTreeMap<u64, ObservedConnection>,
    /// Numbers the lines.
    told: u64,
    /// Lines that were dropped.
    dropped: u64,
    /// How often something has changed on a connection.
    changes: u64,
}

/// One line of the pane.
pub struct ConversationLine {
    /// From 1 on, never used again.
    pub number: u64,
    /// The number of its connection.
    pub connection: u64,
    /// When it passed.
    pub time: SystemTime,
    /// What it is.
    pub passed: LineContent,
    /// What crossed the socket for it, under TLS: its first octets, and how many there were.
    pub crossed: Option<(Vec<u8>, usize)>,
}

/// What passed.
pub enum LineContent {
    /// A line that was said.
    Said {
        /// Who said it.
        by: Side,
        /// The line as it may be shown, its ending removed.
        text: String,
        /// Its octets, masked, with their ending; the first ones of a long line.
        octets: Vec<u8>,
        /// What it means; its parts are those of `octets`.
        explained: Box<Explained>,
    },
    /// More of the same that is not shown: the rest of a message, of a list.
    More {
        /// Who said it.
        by: Side,
        /// How many lines.
        lines: u64,
        /// How many octets.
        octets: u64,
    },
    /// Something happened that neither side said: TLS began, the connection closed.
    Happened {
        /// What, as a sentence without a full stop.
        text: String,
        /// What it means, where there is something to explain.
        explained: Option<Box<Explained>>,
        /// Is something wrong?
        wrong: bool,
    },
}

/// A connection, and where its conversation stands.
pub struct ObservedConnection {
    /// Between whom.
    pub connection: Arc<Connection>,
    /// When it was opened.
    pub opened: SystemTime,
    /// Has heard all that was said; `None`: not a protocol of ours.
    pub observer: Option<Observer>,
    /// How it is protected.
    pub security: ConnectionSecurity,
    /// Is it over?
    pub ended: bool,
    /// The line that passed last, and who said it.
    pub last: Option<(Side, String)>,
}

/// What a [`WindowSink`](super::window_sink::WindowSink) tells.
pub enum ConversationChange {
    /// A connection stands.
    Opened(Arc<Connection>, SystemTime),
    /// A line passed.
    Line(u64, SystemTime, LineContent),
    /// This passed last, on a connection of which no lines are kept: a server's.
    Last(u64, Side, String),
    /// More of what was said last: so many lines and octets.
    More(u64, SystemTime, Side, (u64, u64)),
    /// This crossed the socket for what was said last: its first octets, and how many there were.
    Crossed(u64, Vec<u8>, usize),
    /// Where the conversation stands now.
    Stands(u64, Box<Observer>),
    /// How the connection is protected now.
    Locked(u64, ConnectionSecurity),
    /// It is over.
    Ended(u64),
}

impl Conversations {
    /// Takes in what has happened.
    pub fn take(&mut self, changes: impl IntoIterator<Item = ConversationChange>) {
        for change in changes {
            self.take_one(change);
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

    /// The lines, in the order of time, of connections whose end is ours on this side; of one of
    /// them, if it is named.
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

    /// The connections whose end is ours on this side, in the order in which they were opened.
    pub fn connections(&self, ours: Side) -> impl Iterator<Item = &ObservedConnection> {
        self.connections
            .values()
            .filter(move |one| one.connection.ours == ours)
    }

    /// The connection of this number.
    #[must_use]
    pub fn connection(&self, number: u64) -> Option<&ObservedConnection> {
        self.connections.get(&number)
    }

    /// The line of this number.
    #[must_use]
    pub fn line(&self, number: u64) -> Option<&ConversationLine> {
        let at = self.lines.binary_search_by_key(&number, |line| line.number);
        at.ok().and_then(|at| self.lines.get(at))
    }

    /// How often something has changed on a connection.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// How many older lines are no longer kept.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Forgets all lines; the connections stay.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.dropped = 0;
    }

    fn take_one(&mut self, change: ConversationChange) {
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
            ConversationChange::Stands(number, observer) => self.change(number, |one| {
                one.observer = Some(*observer);
            }),
            ConversationChange::Locked(number, lock) => {
                self.change(number, |one| one.security = lock)
            }
            ConversationChange::Ended(number) => self.change(number, |one| one.ended = true),
        }
    }

    fn change(&mut self, number: u64, change: impl FnOnce(&mut ObservedConnection)) {
        self.changes += 1;
        self.connections.get_mut(&number).map(change);
    }

    fn push(&mut self, connection: u64, time: SystemTime, passed: LineContent) {
        if let LineContent::Said { by, text, .. } = &passed {
            let last = Some((*by, text.clone()));
            self.change(connection, |one| one.last = last);
        }
        self.told += 1;
        self.lines.push_back(ConversationLine {
            number: self.told,
            connection,
            time,
            passed,
            crossed: None,
        });
    }

    fn more(&mut self, connection: u64, time: SystemTime, side: Side, more: (u64, u64)) {
        let last = self.last_of(connection).map(|line| &mut line.passed);
        if let Some(LineContent::More { by, lines, octets }) = last
            && *by == side
        {
            *lines += more.0;
            *octets += more.1;
        } else {
            let by = side;
            let (lines, octets) = more;
            self.push(connection, time, LineContent::More { by, lines, octets });
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

    /// The line of this connection that passed last.
    fn last_of(&mut self, connection: u64) -> Option<&mut ConversationLine> {
        let mut lines = self.lines.iter_mut().rev();
        lines.find(|line| line.connection == connection)
    }
}
