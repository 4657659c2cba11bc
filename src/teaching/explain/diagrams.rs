//! The state diagrams of the protocols, as the RFCs draw or tell them.

use super::state::Outcome::{Continue, Done, Refused, Said};
use super::state::State::{
    Authenticated, Authorization, Chunks, Closed, Connected, Data, Greeting, Idle, Login, Mail,
    NotAuthenticated, Rcpt, Ready, Selected, Tls, Transaction, Update,
};
use super::state::{Diagram, Outcome, Passage, State};

const fn passage(from: &'static [State], by: &'static str, when: Outcome, to: State) -> Passage {
    Passage { from, by, when, to }
}

/// RFC 5321 §4.1.4, with AUTH (RFC 4954), STARTTLS (RFC 3207) and BDAT (RFC 3030).
pub(super) static SMTP: Diagram = Diagram {
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
pub(super) static LMTP: Diagram = Diagram {
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
pub(super) static POP3: Diagram = Diagram {
    states: &[
        (Greeting, &[]),
        (
            Authorization,
            &["USER", "PASS", "AUTH", "STLS", "CAPA", "QUIT"],
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
pub(super) static IMAP: Diagram = Diagram {
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
        // Back to where IDLE was said, which the course of a conversation remembers.
        passage(&[Idle], "DONE", Done, Selected),
        passage(&[Idle], "DONE", Done, Authenticated),
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
