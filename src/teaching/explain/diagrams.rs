//! The state diagrams of the protocols, as the RFCs draw or describe them.

use super::state::CommandOutcome::{Continue, Done, Refused, Said};
use super::state::ProtocolState::{
    Authenticated, Authorization, Chunks, Closed, Connected, Data, Greeting, Idle, Login, Mail,
    NotAuthenticated, Rcpt, Ready, Selected, Tls, Transaction, Update,
};
use super::state::{CommandOutcome, Diagram, ProtocolState, Transition};
use crate::mail::protocol::Protocol;

impl Diagram {
    /// The diagram of this protocol.
    #[must_use]
    pub fn of(protocol: Protocol) -> &'static Diagram {
        match protocol {
            Protocol::Smtp | Protocol::Submission => &SMTP,
            Protocol::Lmtp => &LMTP,
            Protocol::Pop3 => &POP3,
            Protocol::Imap => &IMAP,
        }
    }
}

const fn transition(
    from: &'static [ProtocolState],
    by: &'static str,
    when: CommandOutcome,
    to: ProtocolState,
) -> Transition {
    Transition { from, by, when, to }
}

/// RFC 5321 §4.1.4, with AUTH (RFC 4954), STARTTLS (RFC 3207) and BDAT (RFC 3030).
static SMTP: Diagram = Diagram {
    states: &[
        (Greeting, &[]),
        (Connected, &["EHLO", "HELO", "NOOP", "HELP", "VRFY", "EXPN", "RSET", "QUIT"]),
        (
            Ready,
            &["MAIL", "AUTH", "STARTTLS", "EHLO", "NOOP", "HELP", "VRFY", "EXPN", "RSET", "QUIT"],
        ),
        (Login, &[]),
        (Mail, &["RCPT", "RSET", "NOOP", "HELP", "VRFY", "EXPN", "EHLO", "QUIT"]),
        (Rcpt, &["DATA", "BDAT", "RCPT", "RSET", "NOOP", "HELP", "VRFY", "EXPN", "EHLO", "QUIT"]),
        (Data, &[]),
        (Chunks, &["BDAT", "RSET", "NOOP", "QUIT"]),
        (Tls, &[]),
        (Closed, &[]),
    ],
    transitions: SMTP_TRANSITIONS,
};

/// RFC 2033 §4: LHLO takes the place of EHLO and HELO.
static LMTP: Diagram = Diagram {
    states: &[
        (Greeting, &[]),
        (Connected, &["LHLO", "NOOP", "HELP", "VRFY", "RSET", "QUIT"]),
        (Ready, &["MAIL", "STARTTLS", "LHLO", "NOOP", "HELP", "VRFY", "RSET", "QUIT"]),
        (Mail, &["RCPT", "RSET", "NOOP", "HELP", "VRFY", "LHLO", "QUIT"]),
        (Rcpt, &["DATA", "BDAT", "RCPT", "RSET", "NOOP", "HELP", "VRFY", "LHLO", "QUIT"]),
        (Data, &[]),
        (Chunks, &["BDAT", "RSET", "NOOP", "QUIT"]),
        (Tls, &[]),
        (Closed, &[]),
    ],
    transitions: SMTP_TRANSITIONS,
};

/// The states in which SMTP's general commands are allowed.
const SMTP_ANY: &[ProtocolState] = &[Connected, Ready, Mail, Rcpt, Chunks];

const SMTP_TRANSITIONS: &[Transition] = &[
    transition(&[Greeting], "greeting", Done, Connected),
    transition(&[Greeting], "greeting", Refused, Closed),
    transition(SMTP_ANY, "EHLO", Done, Ready),
    transition(SMTP_ANY, "HELO", Done, Ready),
    transition(SMTP_ANY, "LHLO", Done, Ready),
    transition(&[Ready], "MAIL", Done, Mail),
    transition(&[Mail, Rcpt], "RCPT", Done, Rcpt),
    transition(&[Rcpt], "DATA", Continue, Data),
    transition(&[Data], "message", Done, Ready),
    transition(&[Data], "message", Refused, Ready),
    transition(&[Rcpt, Chunks], "BDAT", Done, Chunks),
    transition(&[Rcpt, Chunks], "BDAT LAST", Done, Ready),
    transition(&[Rcpt, Chunks], "BDAT LAST", Refused, Ready),
    transition(&[Chunks], "BDAT", Refused, Ready),
    transition(&[Ready, Mail, Rcpt, Chunks], "RSET", Done, Ready),
    transition(&[Ready], "AUTH", Continue, Login),
    transition(&[Login], "AUTH", Done, Ready),
    transition(&[Login], "AUTH", Refused, Ready),
    transition(SMTP_ANY, "STARTTLS", Done, Tls),
    transition(&[Tls], "TLS", Done, Connected),
    transition(SMTP_ANY, "QUIT", Done, Closed),
];

/// RFC 1939 §3, with AUTH (RFC 5034) and STLS (RFC 2595).
static POP3: Diagram = Diagram {
    states: &[
        (Greeting, &[]),
        (Authorization, &["USER", "PASS", "AUTH", "STLS", "CAPA", "QUIT"]),
        (Login, &[]),
        (
            Transaction,
            &["STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "RSET", "NOOP", "CAPA", "QUIT"],
        ),
        (Update, &[]),
        (Tls, &[]),
        (Closed, &[]),
    ],
    transitions: &[
        transition(&[Greeting], "greeting", Done, Authorization),
        transition(&[Greeting], "greeting", Refused, Closed),
        transition(&[Authorization], "PASS", Done, Transaction),
        transition(&[Authorization], "APOP", Done, Transaction),
        transition(&[Authorization], "AUTH", Continue, Login),
        transition(&[Authorization, Login], "AUTH", Done, Transaction),
        transition(&[Login], "AUTH", Refused, Authorization),
        transition(&[Authorization], "STLS", Done, Tls),
        transition(&[Tls], "TLS", Done, Authorization),
        transition(&[Transaction], "QUIT", Said, Update),
        transition(&[Update], "QUIT", Done, Closed),
        transition(&[Update], "QUIT", Refused, Closed),
        transition(&[Authorization], "QUIT", Done, Closed),
    ],
};

/// The states in which IMAP's general commands are allowed.
const IMAP_ANY: &[ProtocolState] = &[NotAuthenticated, Authenticated, Selected];

/// RFC 3501 §3, RFC 9051 §3, with IDLE (RFC 2177).
static IMAP: Diagram = Diagram {
    states: &[
        (Greeting, &[]),
        (
            NotAuthenticated,
            &["LOGIN", "AUTHENTICATE", "STARTTLS", "CAPABILITY", "ID", "NOOP", "LOGOUT"],
        ),
        (Login, &[]),
        (Authenticated, IMAP_AUTHENTICATED),
        (Selected, IMAP_SELECTED),
        (Idle, &["DONE"]),
        (Tls, &[]),
        (Closed, &[]),
    ],
    transitions: &[
        transition(&[Greeting], "greeting", Done, NotAuthenticated),
        transition(&[Greeting], "PREAUTH", Done, Authenticated),
        transition(&[NotAuthenticated], "LOGIN", Done, Authenticated),
        transition(&[NotAuthenticated], "AUTHENTICATE", Continue, Login),
        transition(&[NotAuthenticated, Login], "AUTHENTICATE", Done, Authenticated),
        transition(&[Login], "AUTHENTICATE", Refused, NotAuthenticated),
        transition(&[NotAuthenticated], "STARTTLS", Done, Tls),
        transition(&[Tls], "TLS", Done, NotAuthenticated),
        transition(&[Authenticated, Selected], "SELECT", Done, Selected),
        transition(&[Authenticated, Selected], "EXAMINE", Done, Selected),
        transition(&[Selected], "SELECT", Refused, Authenticated),
        transition(&[Selected], "EXAMINE", Refused, Authenticated),
        transition(&[Selected], "CLOSE", Done, Authenticated),
        transition(&[Selected], "UNSELECT", Done, Authenticated),
        transition(&[Authenticated, Selected], "IDLE", Continue, Idle),
        // Back to the state in which IDLE began, which the dialogue state remembers.
        transition(&[Idle], "DONE", Done, Selected),
        transition(&[Idle], "DONE", Done, Authenticated),
        transition(&[Authenticated, Selected], "UNAUTHENTICATE", Done, NotAuthenticated),
        transition(IMAP_ANY, "LOGOUT", Done, Closed),
        transition(
            &[Greeting, NotAuthenticated, Login, Authenticated, Selected, Idle],
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
