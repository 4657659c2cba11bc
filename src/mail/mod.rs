//! What both ends of a conversation are made of: the wire, the protocols, messages and mailboxes.
//!
//! Nothing here knows what uses it: no server, no client, no window. Within it, `net` and `message`
//! come first, then `protocol`, then `store`; each uses only those before it.

pub mod message;
pub mod net;
pub mod protocol;
pub mod store;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A protocol that is spoken on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// From server to server (RFC 5321).
    Smtp,
    /// From a mail program to its server (RFC 6409).
    Submission,
    /// To the mailboxes (RFC 2033).
    Lmtp,
    /// RFC 1939.
    Pop3,
    /// RFC 3501 and RFC 9051.
    Imap,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Protocol; 5] =
        [Protocol::Smtp, Protocol::Submission, Protocol::Lmtp, Protocol::Pop3, Protocol::Imap];

    /// The protocol that it is a variety of: submission and LMTP are SMTP.
    #[must_use]
    pub fn family(self) -> &'static str {
        match self {
            Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => "smtp",
            Protocol::Pop3 => "pop3",
            Protocol::Imap => "imap",
        }
    }

    /// Its name in scripts and in `[ports]`: `submission`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Smtp => "smtp",
            Protocol::Submission => "submission",
            Protocol::Lmtp => "lmtp",
            Protocol::Pop3 => "pop3",
            Protocol::Imap => "imap",
        }
    }
}

impl FromStr for Protocol {
    type Err = String;

    fn from_str(name: &str) -> Result<Protocol, String> {
        let mut all = Protocol::ALL.into_iter();
        all.find(|protocol| protocol.name() == name).ok_or_else(|| {
            format!("{name:?} is not a protocol: write smtp, submission, lmtp, pop3 or imap")
        })
    }
}
