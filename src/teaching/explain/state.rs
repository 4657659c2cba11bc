//! Where a conversation stands: the states of each protocol, what leads from one to another, and
//! which commands are legal in each, as tables.
//!
//! [`Observer`](super::Observer) walks them, and whoever draws a state diagram draws these.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A state. Those of one protocol are in its [`Diagram`]; `Greeting`, `Login`, `Tls` and `Closed`
/// are in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProtocolState {
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
pub enum CommandOutcome {
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
pub struct Transition {
    /// From each of these.
    pub from: &'static [ProtocolState],
    /// By this command; `greeting`, `message` and `TLS` are none.
    pub by: &'static str,
    /// With this outcome.
    pub when: CommandOutcome,
    /// To this one.
    pub to: ProtocolState,
}

/// The states of a protocol.
#[derive(Clone, Copy, Debug)]
pub struct Diagram {
    /// Each with the commands that are legal in it, the likeliest first.
    pub states: &'static [(ProtocolState, &'static [&'static str])],
    /// The ways between them. For a command and an outcome, the first that begins here counts.
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

    /// Its name in the file of explanations: `[smtp.state.KEY]`.
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

    /// Where one can go from a state, and by which commands: `EHLO`, `greeting refused`.
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

    /// Where a command leads; `None` if nowhere else.
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
        self.transitions
            .iter()
            .find(leads)
            .map(|transition| transition.to)
    }
}
