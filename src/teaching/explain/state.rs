//! Where a conversation stands: the states of each protocol, what leads from one to another, and
//! which commands are legal in each, as tables.
//!
//! [`Observer`](super::Observer) walks them, and whoever draws a state diagram draws these.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::diagrams;
use crate::mail::protocol::Protocol;

/// A state. Those of one protocol are in its [`Diagram`]; `Greeting`, `Login`, `Tls` and `Closed`
/// are in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// The connection stands, and the server has not said a word.
    Greeting,
    /// SMTP: greeted, and not greeted back.
    Connected,
    /// SMTP: between two messages.
    Ready,
    /// SMTP: the sender is named.
    Mail,
    /// SMTP: a recipient is accepted.
    Rcpt,
    /// SMTP: the message comes, line by line.
    Data,
    /// SMTP: the message comes, chunk by chunk.
    Chunks,
    /// POP3: nobody has logged in.
    Authorization,
    /// POP3: somebody has, and the mailbox is locked.
    Transaction,
    /// POP3: QUIT was said; what is marked is deleted now.
    Update,
    /// IMAP: nobody has logged in.
    NotAuthenticated,
    /// IMAP: somebody has.
    Authenticated,
    /// IMAP: a mailbox is open.
    Selected,
    /// IMAP: the client waits for news.
    Idle,
    /// A login by SASL is under way.
    Login,
    /// TLS may begin.
    Tls,
    /// The last words are said.
    Closed,
}

/// What came of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was said; nobody has answered.
    Said,
    /// The server wants more of it: `354`, `334`, `+`.
    Continue,
    /// It was done: `250`, `+OK`, `OK`.
    Done,
    /// It was not: `4xx` and `5xx`, `-ERR`, `NO` and `BAD`.
    Refused,
}

/// A way from states to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// From each of these.
    pub from: &'static [State],
    /// By this command; `greeting`, `message` and `TLS` are none.
    pub by: &'static str,
    /// With this outcome.
    pub when: Outcome,
    /// To this one.
    pub to: State,
}

/// The states of a protocol.
#[derive(Clone, Copy, Debug)]
pub struct Diagram {
    /// Each with the commands that are legal in it, the likeliest first.
    pub states: &'static [(State, &'static [&'static str])],
    /// The ways between them. For a command and an outcome, the first that begins here counts.
    pub passages: &'static [Passage],
}

impl State {
    /// Its name in the file of explanations: `[smtp.state.KEY]`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            State::Greeting => "greeting",
            State::Connected => "connected",
            State::Ready => "ready",
            State::Mail => "mail",
            State::Rcpt => "rcpt",
            State::Data => "data",
            State::Chunks => "chunks",
            State::Authorization => "authorization",
            State::Transaction => "transaction",
            State::Update => "update",
            State::NotAuthenticated => "not-authenticated",
            State::Authenticated => "authenticated",
            State::Selected => "selected",
            State::Idle => "idle",
            State::Login => "login",
            State::Tls => "tls",
            State::Closed => "closed",
        }
    }

    /// The state with this key.
    #[must_use]
    pub fn named(key: &str) -> Option<State> {
        let diagrams = Protocol::ALL.into_iter().map(Diagram::of);
        let mut states = diagrams.flat_map(|diagram| diagram.states);
        states.find_map(|(state, _)| (state.key() == key).then_some(*state))
    }
}

/// A state is written by its key.
impl Serialize for State {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.key())
    }
}

impl<'a> Deserialize<'a> for State {
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<State, D::Error> {
        let key = String::deserialize(from)?;
        State::named(&key).ok_or_else(|| D::Error::custom(format!("no state is called {key:?}")))
    }
}

impl Diagram {
    /// That of this protocol.
    #[must_use]
    pub fn of(protocol: Protocol) -> &'static Diagram {
        match protocol {
            Protocol::Smtp | Protocol::Submission => &diagrams::SMTP,
            Protocol::Lmtp => &diagrams::LMTP,
            Protocol::Pop3 => &diagrams::POP3,
            Protocol::Imap => &diagrams::IMAP,
        }
    }

    /// The commands that are legal in this state.
    #[must_use]
    pub fn commands(&self, state: State) -> &'static [&'static str] {
        let found = self.states.iter().find(|(known, _)| *known == state);
        found.map_or(&[], |(_, commands)| *commands)
    }

    /// Where one can go from a state, and by which commands: `EHLO`, `greeting refused`.
    #[must_use]
    pub fn ways(&self, from: State) -> Vec<(State, Vec<String>)> {
        let mut ways: Vec<(State, Vec<String>)> = Vec::new();
        let is_drawn = |to| self.states.iter().any(|(state, _)| *state == to);
        let begin = |passage: &&Passage| passage.from.contains(&from) && passage.to != from;
        let passages = self.passages.iter().filter(begin);
        for passage in passages.filter(|passage| is_drawn(passage.to)) {
            let by = match passage.when {
                Outcome::Refused => format!("{} refused", passage.by),
                _ => passage.by.to_owned(),
            };
            match ways.iter_mut().find(|(to, _)| *to == passage.to) {
                Some((_, all)) => all.push(by),
                None => ways.push((passage.to, vec![by])),
            }
        }
        ways
    }

    /// Where a command leads; `None` if nowhere else.
    #[must_use]
    pub fn next(&self, from: State, by: &str, when: Outcome) -> Option<State> {
        let leads = |passage: &&Passage| {
            passage.by == by && passage.when == when && passage.from.contains(&from)
        };
        self.passages.iter().find(leads).map(|passage| passage.to)
    }
}
