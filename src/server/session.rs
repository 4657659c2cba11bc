//! The contract between a protocol and the wire: **say, then listen**.
//!
//! A [`Session`] is one conversation with one client. It receives what the client said, and answers
//! with a [`Reply`]: what to tell the client, and what to expect next. It owns no socket, so a test
//! can hold the whole conversation in memory; it never leaves its connection's thread, so it needs
//! no lock. [`converse`](super::converse) is the only caller.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::Duration;

use crate::mail::net::dot::LineEndRule;
use crate::mail::net::{TlsSession, Waker};

/// One conversation with one client. Knows its protocol; owns no socket; never leaves its thread.
pub trait Session {
    /// The first reply, before the client has said anything.
    fn greeting(&mut self) -> Reply;

    /// Answers one line from the client, its line ending removed.
    fn interact(&mut self, line: &[u8]) -> Reply;

    /// Takes the body that the last reply asked for ([`Next::Octets`] or [`Next::DotText`]).
    ///
    /// What the session leaves unread is skipped. `Err` means that the connection failed, never
    /// that the message was refused: a refusal is a [`Reply`]. A protocol without bodies keeps this
    /// default.
    fn receive(&mut self, _body: &mut dyn Read) -> io::Result<Reply> {
        Err(io::Error::other("the session did not ask for a body"))
    }

    /// Tells an idling client what is new ([`Next::Idle`]).
    fn news(&mut self) -> Reply {
        Reply::close()
    }

    /// How long a silent client may keep us waiting now; `None` is the port's own limit.
    ///
    /// A session can only shorten that limit.
    fn timeout(&self) -> Option<Duration> {
        None
    }

    /// Answers a line that is too long, of which this is the beginning. The next line can be read.
    fn too_long(&mut self, _beginning: &[u8]) -> Reply {
        self.trouble(Trouble::LineTooLong)
    }

    /// Reports trouble in this protocol's words: `421 …`, `-ERR …`, `* BYE …`.
    fn trouble(&mut self, trouble: Trouble) -> Reply;
}

/// What to tell the client, and what to expect next.
pub struct Reply {
    /// What is sent, in this order.
    pub parts: Vec<Part>,
    /// What the conversation waits for after that.
    pub next: Next,
}

/// A part of a reply.
pub enum Part {
    /// Octets as they go on the wire, line endings included.
    Text(Vec<u8>),
    /// A message, straight from its file; an error on it ends the connection.
    Stream(Box<dyn Read>),
    /// Parts that are made as they are sent: `FETCH 1:* BODY[]`. So a long answer starts at once,
    /// and holds one file open at a time.
    Each(Box<dyn Iterator<Item = Part>>),
}

/// What a conversation waits for after a reply.
#[derive(Debug)]
pub enum Next {
    /// Another command.
    Line,
    /// The answer to an AUTH challenge. The loop reads it as any line; the name says that it is a
    /// secret.
    Secret,
    /// Exactly this many octets: an IMAP literal, SMTP BDAT.
    Octets(u64),
    /// Lines up to a lone ".", un-stuffed: SMTP DATA (RFC 5321 §4.5.2).
    DotText(LineEndRule),
    /// A line, or news (the mailbox has changed), whichever comes first: IMAP IDLE. The [`Waker`]
    /// ends the wait.
    Idle(Waker),
    /// A TLS handshake, then a fresh session: what was said unencrypted is forgotten.
    StartTls,
    /// The end: the reply is sent, and the connection closed.
    Close,
}

impl Reply {
    /// Sends this text, and expects another command.
    pub fn line(text: impl Into<Vec<u8>>) -> Reply {
        Reply::text(text, Next::Line)
    }

    /// Sends this text, and expects `next`.
    pub fn text(text: impl Into<Vec<u8>>, next: Next) -> Reply {
        Reply { parts: vec![Part::Text(text.into())], next }
    }

    /// Sends nothing, and expects another command.
    #[must_use]
    pub fn silent() -> Reply {
        Reply { parts: Vec::new(), next: Next::Line }
    }

    /// Sends nothing, and closes the connection.
    #[must_use]
    pub fn close() -> Reply {
        Reply { parts: Vec::new(), next: Next::Close }
    }

    /// Expects `next` instead.
    #[must_use]
    pub fn then(mut self, next: Next) -> Reply {
        self.next = next;
        self
    }
}

/// Trouble on the line, which each protocol reports in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A line exceeded its limit. Its end was found, and the next line can be read.
    LineTooLong,
    /// A line exceeded its limit and did not end; the conversation closes after the reply.
    LineEndless,
    /// The client was silent for too long; the conversation closes after the reply.
    TimedOut,
    /// The server is stopping; the conversation closes after the reply.
    ShuttingDown,
    /// The server, or this client's address, has too many connections; closes after the reply.
    TooManyConnections,
    /// The client sent unencrypted octets after STARTTLS; closes (RFC 3207 §4.2, CVE-2011-0411).
    PlaintextAfterStartTls,
}

impl Trouble {
    /// True if the conversation closes after this.
    #[must_use]
    pub fn is_fatal(self) -> bool {
        self != Trouble::LineTooLong
    }
}

/// What a session knows of its client's connection.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The client's address.
    pub address: SocketAddr,
    /// Whether the connection is encrypted.
    pub tls: TlsState,
}

/// Whether a connection is encrypted, or could be.
#[derive(Clone, Debug)]
pub enum TlsState {
    /// It is unencrypted, and stays so.
    Unavailable,
    /// It is unencrypted, and the client may ask for TLS.
    Offered,
    /// It is encrypted; the handshake agreed on this, as far as the TLS library tells.
    Active(Option<TlsSession>),
}

impl Peer {
    /// True if the connection is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        matches!(self.tls, TlsState::Active(_))
    }

    /// True if the client may ask for TLS.
    #[must_use]
    pub fn can_start_tls(&self) -> bool {
        matches!(self.tls, TlsState::Offered)
    }

    /// What the TLS handshake agreed on, if that is known.
    #[must_use]
    pub fn tls_session(&self) -> Option<&TlsSession> {
        match &self.tls {
            TlsState::Active(session) => session.as_ref(),
            TlsState::Unavailable | TlsState::Offered => None,
        }
    }
}
