//! Where a conversation stands: the states of each protocol, what leads from one to another, and
//! which commands are legal in each, as tables.
//!
//! [`Observer`](super::Observer) walks them, and whoever draws a state diagram draws these.

use crate::protocol::Protocol;

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
}

impl Diagram {
    /// That of this protocol.
    #[must_use]
    pub fn of(protocol: Protocol) -> &'static Diagram {
        match protocol {
            Protocol::Smtp | Protocol::Submission => &SMTP,
            Protocol::Lmtp => &LMTP,
            Protocol::Pop3 => &POP3,
            Protocol::Imap => &IMAP,
        }
    }

    /// The commands that are legal in this state.
    #[must_use]
    pub fn commands(&self, state: State) -> &'static [&'static str] {
        let found = self.states.iter().find(|(known, _)| *known == state);
        found.map_or(&[], |(_, commands)| *commands)
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

const fn passage(from: &'static [State], by: &'static str, when: Outcome, to: State) -> Passage {
    Passage { from, by, when, to }
}

use Outcome::{Continue, Done, Refused, Said};
use State::{
    Authenticated, Authorization, Chunks, Closed, Connected, Data, Greeting, Idle, Login, Mail,
    NotAuthenticated, Rcpt, Ready, Selected, Tls, Transaction, Update,
};

/// RFC 5321 §4.1.4, with AUTH (RFC 4954), STARTTLS (RFC 3207) and BDAT (RFC 3030).
static SMTP: Diagram = Diagram {
    states: &[
        (Greeting, &[]),
        (
            Connected,
            &[
                "EHLO", "HELO", "NOOP", "HELP", "VRFY", "EXPN", "RSET", "QUIT",
            ],
        ),
        (
            Ready,
            &[
                "MAIL", "AUTH", "STARTTLS", "EHLO", "NOOP", "HELP", "VRFY", "EXPN", "RSET", "QUIT",
            ],
        ),
        (Login, &[]),
        (
            Mail,
            &[
                "RCPT", "RSET", "NOOP", "HELP", "VRFY", "EXPN", "EHLO", "QUIT",
            ],
        ),
        (
            Rcpt,
            &[
                "DATA", "BDAT", "RCPT", "RSET", "NOOP", "HELP", "VRFY", "EXPN", "EHLO", "QUIT",
            ],
        ),
        (Data, &[]),
        (Chunks, &["BDAT", "RSET", "NOOP", "QUIT"]),
        (Tls, &[]),
        (Closed, &[]),
    ],
    passages: SMTP_PASSAGES,
};

/// RFC 2033 §4: LHLO takes the place of EHLO and HELO.
static LMTP: Diagram = Diagram {
    states: &[
        (Greeting, &[]),
        (Connected, &["LHLO", "NOOP", "HELP", "VRFY", "RSET", "QUIT"]),
        (
            Ready,
            &[
                "MAIL", "STARTTLS", "LHLO", "NOOP", "HELP", "VRFY", "RSET", "QUIT",
            ],
        ),
        (
            Mail,
            &["RCPT", "RSET", "NOOP", "HELP", "VRFY", "LHLO", "QUIT"],
        ),
        (
            Rcpt,
            &[
                "DATA", "BDAT", "RCPT", "RSET", "NOOP", "HELP", "VRFY", "LHLO", "QUIT",
            ],
        ),
        (Data, &[]),
        (Chunks, &["BDAT", "RSET", "NOOP", "QUIT"]),
        (Tls, &[]),
        (Closed, &[]),
    ],
    passages: SMTP_PASSAGES,
};

/// From everywhere but the middle of something.
const SMTP_ANY: &[State] = &[Connected, Ready, Mail, Rcpt, Chunks];

const SMTP_PASSAGES: &[Passage] = &[
    passage(&[Greeting], "greeting", Done, Connected),
    passage(&[Greeting], "greeting", Refused, Closed),
    passage(SMTP_ANY, "EHLO", Done, Ready),
    passage(SMTP_ANY, "HELO", Done, Ready),
    passage(SMTP_ANY, "LHLO", Done, Ready),
    passage(&[Ready], "MAIL", Done, Mail),
    passage(&[Mail, Rcpt], "RCPT", Done, Rcpt),
    passage(&[Rcpt], "DATA", Continue, Data),
    passage(&[Data], "message", Done, Ready),
    passage(&[Data], "message", Refused, Ready),
    passage(&[Rcpt, Chunks], "BDAT", Done, Chunks),
    passage(&[Rcpt, Chunks], "BDAT LAST", Done, Ready),
    passage(&[Rcpt, Chunks], "BDAT LAST", Refused, Ready),
    passage(&[Chunks], "BDAT", Refused, Ready),
    passage(&[Ready, Mail, Rcpt, Chunks], "RSET", Done, Ready),
    passage(&[Ready], "AUTH", Continue, Login),
    passage(&[Login], "AUTH", Done, Ready),
    passage(&[Login], "AUTH", Refused, Ready),
    passage(SMTP_ANY, "STARTTLS", Done, Tls),
    passage(&[Tls], "TLS", Done, Connected),
    passage(SMTP_ANY, "QUIT", Done, Closed),
];

/// RFC 1939 §3, with AUTH (RFC 5034) and STLS (RFC 2595).
static POP3: Diagram = Diagram {
    states: &[
        (Greeting, &[]),
        (
            Authorization,
            &["USER", "PASS", "AUTH", "APOP", "STLS", "CAPA", "QUIT"],
        ),
        (Login, &[]),
        (
            Transaction,
            &[
                "STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "RSET", "NOOP", "CAPA", "QUIT",
            ],
        ),
        (Update, &[]),
        (Tls, &[]),
        (Closed, &[]),
    ],
    passages: &[
        passage(&[Greeting], "greeting", Done, Authorization),
        passage(&[Greeting], "greeting", Refused, Closed),
        passage(&[Authorization], "PASS", Done, Transaction),
        passage(&[Authorization], "APOP", Done, Transaction),
        passage(&[Authorization], "AUTH", Continue, Login),
        passage(&[Authorization, Login], "AUTH", Done, Transaction),
        passage(&[Login], "AUTH", Refused, Authorization),
        passage(&[Authorization], "STLS", Done, Tls),
        passage(&[Tls], "TLS", Done, Authorization),
        passage(&[Transaction], "QUIT", Said, Update),
        passage(&[Update], "QUIT", Done, Closed),
        passage(&[Update], "QUIT", Refused, Closed),
        passage(&[Authorization], "QUIT", Done, Closed),
    ],
};

/// What IMAP allows in every state.
const IMAP_ANY: &[State] = &[NotAuthenticated, Authenticated, Selected];

/// RFC 3501 §3, RFC 9051 §3, with IDLE (RFC 2177).
static IMAP: Diagram = Diagram {
    states: &[
        (Greeting, &[]),
        (
            NotAuthenticated,
            &[
                "LOGIN",
                "AUTHENTICATE",
                "STARTTLS",
                "CAPABILITY",
                "ID",
                "NOOP",
                "LOGOUT",
            ],
        ),
        (Login, &[]),
        (Authenticated, IMAP_AUTHENTICATED),
        (Selected, IMAP_SELECTED),
        (Idle, &["DONE"]),
        (Tls, &[]),
        (Closed, &[]),
    ],
    passages: &[
        passage(&[Greeting], "greeting", Done, NotAuthenticated),
        passage(&[Greeting], "PREAUTH", Done, Authenticated),
        passage(&[NotAuthenticated], "LOGIN", Done, Authenticated),
        passage(&[NotAuthenticated], "AUTHENTICATE", Continue, Login),
        passage(
            &[NotAuthenticated, Login],
            "AUTHENTICATE",
            Done,
            Authenticated,
        ),
        passage(&[Login], "AUTHENTICATE", Refused, NotAuthenticated),
        passage(&[NotAuthenticated], "STARTTLS", Done, Tls),
        passage(&[Tls], "TLS", Done, NotAuthenticated),
        passage(&[Authenticated, Selected], "SELECT", Done, Selected),
        passage(&[Authenticated, Selected], "EXAMINE", Done, Selected),
        passage(&[Selected], "SELECT", Refused, Authenticated),
        passage(&[Selected], "EXAMINE", Refused, Authenticated),
        passage(&[Selected], "CLOSE", Done, Authenticated),
        passage(&[Selected], "UNSELECT", Done, Authenticated),
        passage(&[Authenticated, Selected], "IDLE", Continue, Idle),
        passage(
            &[Authenticated, Selected],
            "UNAUTHENTICATE",
            Done,
            NotAuthenticated,
        ),
        passage(IMAP_ANY, "LOGOUT", Done, Closed),
        passage(
            &[
                Greeting,
                NotAuthenticated,
                Login,
                Authenticated,
                Selected,
                Idle,
            ],
            "BYE",
            Done,
            Closed,
        ),
    ],
};

const IMAP_AUTHENTICATED: &[&str] = &[
    "SELECT",
    "EXAMINE",
    "LIST",
    "STATUS",
    "CREATE",
    "DELETE",
    "RENAME",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "LSUB",
    "NAMESPACE",
    "APPEND",
    "IDLE",
    "ENABLE",
    "CAPABILITY",
    "ID",
    "NOOP",
    "LOGOUT",
];

const IMAP_SELECTED: &[&str] = &[
    "FETCH",
    "SEARCH",
    "STORE",
    "COPY",
    "MOVE",
    "EXPUNGE",
    "SORT",
    "THREAD",
    "CLOSE",
    "UNSELECT",
    "CHECK",
    "IDLE",
    "SELECT",
    "EXAMINE",
    "LIST",
    "STATUS",
    "CREATE",
    "DELETE",
    "RENAME",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "LSUB",
    "NAMESPACE",
    "APPEND",
    "ENABLE",
    "CAPABILITY",
    "ID",
    "NOOP",
    "LOGOUT",
];
