//! The states of each protocol, the transitions between them, and the commands that are legal in each,
//! as tables.
//!
//! An [`Observer`](super::Observer) walks them; a state diagram shows them.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A state of a conversation. The [`Diagram`] of a protocol lists its states; `Greeting`, `Login`,
/// `Tls` and `Closed` belong to all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProtocolState {
    /// The connection is open, and the server has said nothing yet.
    Greeting,
    /// SMTP: the server has greeted, the client has not.
    Connected,
    /// SMTP: no message is in progress.
    Ready,
    /// SMTP: the server knows the sender.
    Mail,
    /// SMTP: the server has accepted a recipient.
    Rcpt,
    /// SMTP: the client sends the message line by line.
    Data,
    /// SMTP: the client sends the message in chunks.
    Chunks,
    /// POP3: the client has not logged in.
    Authorization,
    /// POP3: the client has logged in, and the mailbox is locked.
    Transaction,
    /// POP3: the client has said QUIT; the marked messages are deleted now.
    Update,
    /// IMAP: the client has not logged in.
    NotAuthenticated,
    /// IMAP: the client has logged in.
    Authenticated,
    /// IMAP: a mailbox is open.
    Selected,
    /// IMAP: the client waits for changes.
    Idle,
    /// A login by SASL is in progress.
    Login,
    /// TLS may begin.
    Tls,
    /// The conversation is over.
    Closed,
}

/// The outcome of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandOutcome {
    /// The client has said it; there is no answer yet.
    Said,
    /// The server asks for more: `354`, `334`, `+`.
    Continue,
    /// It succeeded: `250`, `+OK`, `OK`.
    Done,
    /// It failed: `4xx` and `5xx`, `-ERR`, `NO` and `BAD`.
    Refused,
}

/// A transition from some states to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The states in which it begins.
    pub from: &'static [ProtocolState],
    /// The command that leads to it; `greeting`, `message` and `TLS` stand for other events.
    pub by: &'static str,
    /// The outcome of that command.
    pub when: CommandOutcome,
    /// The state in which it ends.
    pub to: ProtocolState,
}

/// The state diagram of a protocol.
#[derive(Clone, Copy, Debug)]
pub struct Diagram {
    /// The states, each with the commands that are legal in it, the likeliest first.
    pub states: &'static [(ProtocolState, &'static [&'static str])],
    /// The transitions. For a command and an outcome, the first that begins in the state counts.
    pub transitions: &'static [Transition],
}

impl ProtocolState {
    /// All states, of all protocols.
    const ALL: [ProtocolState; 17] = [
        ProtocolState::Greeting,
        ProtocolState::Connected,
        ProtocolState::Ready,
        ProtocolState::Mail,
        ProtocolState::Rcpt,
        ProtocolState::Data,
        ProtocolState::Chunks,
        ProtocolState::Authorization,
        ProtocolState::Transaction,
        ProtocolState::Update,
        ProtocolState::NotAuthenticated,
        ProtocolState::Authenticated,
        ProtocolState::Selected,
        ProtocolState::Idle,
        ProtocolState::Login,
        ProtocolState::Tls,
        ProtocolState::Closed,
    ];

    /// Its key in the file of explanations: `[smtp.state.KEY]`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            ProtocolState::Greeting => "greeting",
            ProtocolState::Connected => "connected",
            ProtocolState::Ready => "ready",
            ProtocolState::Mail => "mail",
            ProtocolState::Rcpt => "rcpt",
            ProtocolState::Data => "data",
            ProtocolState::Chunks => "chunks",
            ProtocolState::Authorization => "authorization",
            ProtocolState::Transaction => "transaction",
            ProtocolState::Update => "update",
            ProtocolState::NotAuthenticated => "not-authenticated",
            ProtocolState::Authenticated => "authenticated",
            ProtocolState::Selected => "selected",
            ProtocolState::Idle => "idle",
            ProtocolState::Login => "login",
            ProtocolState::Tls => "tls",
            ProtocolState::Closed => "closed",
        }
    }

    /// The state with this key.
    #[must_use]
    pub fn named(key: &str) -> Option<ProtocolState> {
        let mut all = ProtocolState::ALL.into_iter();
        all.find(|state| state.key() == key)
    }
}

/// A state is written by its key.
impl Serialize for ProtocolState {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.key())
    }
}

impl<'a> Deserialize<'a> for ProtocolState {
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<ProtocolState, D::Error> {
        let key = String::deserialize(from)?;
        ProtocolState::named(&key)
            .ok_or_else(|| D::Error::custom(format!("no state is called {key:?}")))
    }
}

impl Diagram {
    /// The commands that are legal in this state.
    #[must_use]
    pub fn commands(&self, state: ProtocolState) -> &'static [&'static str] {
        let found = self.states.iter().find(|(known, _)| *known == state);
        found.map_or(&[], |(_, commands)| *commands)
    }

    /// The states that can be reached from a state, with the commands that lead there: `EHLO`,
    /// `greeting refused`.
    #[must_use]
    pub fn ways(&self, from: ProtocolState) -> Vec<(ProtocolState, Vec<String>)> {
        let mut ways: Vec<(ProtocolState, Vec<String>)> = Vec::new();
        let is_drawn = |to| self.states.iter().any(|(state, _)| *state == to);
        let begin =
            |transition: &&Transition| transition.from.contains(&from) && transition.to != from;
        let transitions = self.transitions.iter().filter(begin);
        for transition in transitions.filter(|transition| is_drawn(transition.to)) {
            let by = match transition.when {
                CommandOutcome::Refused => format!("{} refused", transition.by),
                _ => transition.by.to_owned(),
            };
            match ways.iter_mut().find(|(to, _)| *to == transition.to) {
                Some((_, all)) => all.push(by),
                None => ways.push((transition.to, vec![by])),
            }
        }
        ways
    }

    /// The state to which a command leads; `None` if it leads to no other.
    #[must_use]
    pub fn next(
        &self,
        from: ProtocolState,
        by: &str,
        when: CommandOutcome,
    ) -> Option<ProtocolState> {
        let leads = |transition: &&Transition| {
            transition.by == by && transition.when == when && transition.from.contains(&from)
        };
        self.transitions.iter().find(leads).map(|transition| transition.to)
    }
}
