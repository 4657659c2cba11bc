//! The contract between a protocol and the wire: **say, then listen**.
//!
//! A [`Session`] is one conversation with one client. It is given what the client said and answers
//! with a [`Reply`]: what to tell the client, and what to expect next. It owns no socket, so a test
//! can hold the whole conversation in memory; it never leaves its connection's thread, so it needs
//! no lock. [`converse`](super::converse) is the only caller.

use std::io::{self, Read};
use std::time::Duration;

use crate::mail::net::Bell;
use crate::mail::net::dot::Ending;

/// One conversation with one client. Knows its protocol; owns no socket; never leaves its thread.
pub trait Session {
    /// What the server says before the client has said anything.
    fn greeting(&mut self) -> Reply;

    /// Answers one line from the client, its line ending removed.
    fn interact(&mut self, line: &[u8]) -> Reply;

    /// Takes the body that the last reply asked for ([`Next::Octets`] or [`Next::DotText`]).
    ///
    /// What the session leaves unread is skipped. `Err` means that the connection failed, never
    /// that the message was refused: a refusal is a [`Reply`]. A protocol that never asks for one
    /// need not say so.
    fn receive(&mut self, _body: &mut dyn Read) -> io::Result<Reply> {
        Err(io::Error::other("a body came that nobody asked for"))
    }

    /// Anything new to tell a client that is idling ([`Next::Idle`])? The reply says what comes next.
    fn news(&mut self) -> Reply {
        Reply::close()
    }

    /// How long a silent client is waited for now, if not as long as the port allows; never longer.
    fn patience(&self) -> Option<Duration> {
        None
    }

    /// Answers a line that is too long, of which this is the beginning; the next one can be read.
    fn too_long(&mut self, _beginning: &[u8]) -> Reply {
        self.trouble(Trouble::LineTooLong)
    }

    /// How this protocol words trouble on the line: `421 …`, `-ERR …`, `* BYE …`.
    fn trouble(&mut self, trouble: Trouble) -> Reply;
}

/// What to tell the client, and what to expect next.
pub struct Reply {
    /// Sent in this order.
    pub parts: Vec<Part>,
    /// What the conversation waits for when the parts are sent.
    pub next: Next,
}

/// A piece of a reply.
pub enum Part {
    /// Bytes as they go on the wire, line endings included.
    Text(Vec<u8>),
    /// A message, straight from its file; an error on it ends the connection.
    Stream(Box<dyn Read>),
    /// Parts made as they are sent, so that a long answer starts at once and holds one file open
    /// at a time: `FETCH 1:* BODY[]`.
    Each(Box<dyn Iterator<Item = Part>>),
}

/// What a conversation waits for after a reply.
#[derive(Debug)]
pub enum Next {
    /// Another command.
    Line,
    /// A line that no transcript may show: the answer to an AUTH challenge.
    Secret,
    /// Exactly this many octets: an IMAP literal, SMTP BDAT.
    Octets(u64),
    /// Lines up to a lone ".", un-stuffed: SMTP DATA (RFC 5321 §4.5.2). What ends a line?
    DotText(Ending),
    /// A line or news, whichever comes first: IMAP IDLE. Whoever has news rings the bell.
    Idle(Bell),
    /// A TLS handshake, then a fresh session that remembers nothing said in clear.
    StartTls,
    /// The end: what was said is flushed and the connection closed.
    Close,
}

/// Trouble on the line, which each protocol words in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A line exceeded its limit. Its end was found, and the next line can be read.
    LineTooLong,
    /// A line exceeded its limit and did not end; the conversation closes after the reply.
    LineEndless,
    /// The client said nothing for too long; the conversation closes after the reply.
    TimedOut,
    /// The server is stopping; the conversation closes after the reply.
    ShuttingDown,
    /// The server, or this client's address, has too many connections; closes after the reply.
    TooManyConnections,
    /// The client sent something in clear behind STARTTLS (RFC 3207 §4.2, CVE-2011-0411); closes.
    PlaintextBehindStartTls,
}

impl Trouble {
    /// Does the conversation go on after this?
    #[must_use]
    pub fn is_fatal(self) -> bool {
        self != Trouble::LineTooLong
    }
}

impl Reply {
    /// This text, then another command.
    pub fn line(text: impl Into<Vec<u8>>) -> Reply {
        Reply::text(text, Next::Line)
    }

    /// This text, then what `next` says.
    pub fn text(text: impl Into<Vec<u8>>, next: Next) -> Reply {
        Reply {
            parts: vec![Part::Text(text.into())],
            next,
        }
    }

    /// Nothing to say; wait for another command.
    #[must_use]
    pub fn silent() -> Reply {
        Reply {
            parts: Vec::new(),
            next: Next::Line,
        }
    }

    /// Nothing to say; the end.
    #[must_use]
    pub fn close() -> Reply {
        Reply {
            parts: Vec::new(),
            next: Next::Close,
        }
    }

    /// The same parts, then what `next` says.
    #[must_use]
    pub fn then(mut self, next: Next) -> Reply {
        self.next = next;
        self
    }
}
