//! The envelope of a message in the queue, as a text file that people can read too.
//!
//! ```text
//! from: <alice@pillarbox.test>
//! received: 2026-11-23T15:14:12Z
//! authenticated: alice
//! body: 8bit
//!
//! to: <bob@other.test>
//! state: waiting
//! attempts: 2
//! next: 2026-11-23T15:29:40Z
//! hop: 127.0.0.1:3025
//! reply: 452 4.3.1 The disk is full, try again later
//! ```
//!
//! [`Envelope::parse`] is the inverse of `Display`. Nothing here reads a file.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::client::printable;
use crate::limits;
use crate::mail::protocol::smtp::{Address, Notify, Ret, ReversePath};

/// The sender and the recipients of a message, and the results so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The address for reports.
    pub from: ReversePath,
    /// When it was accepted.
    pub received: Timestamp,
    /// The account that sent it, if the client had logged in.
    pub authenticated: Option<String>,
    /// True if the message has octets beyond ASCII (RFC 6152).
    pub eight_bit: bool,
    /// True if the sender asked for SMTPUTF8 (RFC 6531).
    pub utf8: bool,
    /// How much of it a report returns (RFC 3461 §4.3).
    pub ret: Option<Ret>,
    /// The sender's own name for the message, in xtext (RFC 3461 §4.4).
    pub envid: Option<String>,
    /// The recipients.
    pub recipients: Vec<Recipient>,
}

/// One recipient, and the result so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The address.
    pub to: Address,
    /// The recipient that the sender named, `rfc822;bob@other.test` in xtext (RFC 3461 §4.2).
    pub orcpt: Option<String>,
    /// The reports that the sender wants (RFC 3461 §4.1).
    pub notify: Option<Notify>,
    /// The result so far.
    pub state: DeliveryState,
    /// True if the sender has its report of this state; `told` in the file.
    pub reported: bool,
    /// The number of attempts.
    pub attempts: u32,
    /// The time of the next attempt; only while it waits.
    pub next: Timestamp,
    /// The next hop of the last attempt.
    pub hop: Option<String>,
    /// The reply of that server, or why there was none.
    pub reply: Option<String>,
}

/// The state of one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It will be tried again.
    Waiting,
    /// The next hop has taken responsibility for it.
    Sent,
    /// It is in a mailbox here; only the report is missing (RFC 3461 §5.2.3).
    Delivered,
    /// It is in the mailboxes of all members of this list here (RFC 3461 §5.2.7.3).
    Expanded,
    /// It was refused or given up.
    Failed,
}

impl Envelope {
    /// An envelope that was received now, without recipients yet.
    #[must_use]
    pub fn new(from: ReversePath) -> Envelope {
        Envelope {
            from,
            received: now(),
            authenticated: None,
            eight_bit: false,
            utf8: false,
            ret: None,
            envid: None,
            recipients: Vec::new(),
        }
    }

    /// When the message needs work, or `None` if it is finished.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        let due = |recipient: &Recipient| match recipient.state {
            DeliveryState::Waiting => Some(recipient.next),
            // The server stopped before the report was written.
            _ => self.owes_report(recipient).then_some(self.received),
        };
        self.recipients.iter().filter_map(due).min()
    }

    /// True if the sender must get a report that this recipient was reached or given up.
    #[must_use]
    pub fn owes_report(&self, recipient: &Recipient) -> bool {
        // RFC 5321 §4.5.5: nothing is ever sent back to <>. RFC 3461 §4.1: without NOTIFY, failures.
        let notify = recipient.notify.unwrap_or(Notify { failure: true, ..Notify::default() });
        let asked = match recipient.state {
            DeliveryState::Waiting => false,
            DeliveryState::Sent | DeliveryState::Delivered | DeliveryState::Expanded => {
                notify.success
            }
            DeliveryState::Failed => notify.failure,
        };
        asked && !recipient.reported && self.from != ReversePath::Null
    }

    /// Parses the text of an envelope.
    ///
    /// # Errors
    /// A sentence that names the line.
    pub fn parse(text: &str) -> Result<Envelope, String> {
        let mut envelope = Envelope::new(ReversePath::Null);
        let mut has_from = false;
        let mut has_received = false;
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() {
                continue;
            }
            let wrong = |why: &str| format!("line {}: {line:?}: {why}", number + 1);
            let (key, value) = line.split_once(": ").ok_or_else(|| wrong("not a setting"))?;
            has_from |= key == "from";
            has_received |= key == "received";
            let taken = match (key, envelope.recipients.last_mut()) {
                ("to", _) => parse_to(value).map(|to| envelope.recipients.push(to)),
                (_, None) => envelope.take(key, value),
                (_, Some(recipient)) => recipient.take(key, value),
            };
            taken.ok_or_else(|| wrong("not understood"))?;
        }
        if !has_from || !has_received {
            return Err("from: and received: are required".to_owned());
        }
        Ok(envelope)
    }

    fn take(&mut self, key: &str, value: &str) -> Option<()> {
        match key {
            "from" if value == "<>" => self.from = ReversePath::Null,
            "from" => self.from = ReversePath::Address(in_brackets(value)?),
            "received" => self.received = value.parse().ok()?,
            "authenticated" => self.authenticated = Some(value.to_owned()),
            "body" => self.eight_bit = value == "8bit",
            "smtputf8" => self.utf8 = value == "yes",
            "ret" => self.ret = Some(value.parse().ok()?),
            "envid" => self.envid = Some(value.to_owned()),
            _ => return None,
        }
        Some(())
    }
}

impl Recipient {
    /// A recipient that was not tried yet, and is due at once.
    #[must_use]
    pub fn new(to: Address) -> Recipient {
        Recipient {
            to,
            orcpt: None,
            notify: None,
            state: DeliveryState::Waiting,
            reported: false,
            attempts: 0,
            next: now(),
            hop: None,
            reply: None,
        }
    }

    /// Keeps a reply as one printable line of bounded length.
    pub fn note(&mut self, reply: &str) {
        let reply = reply.trim_end().replace("\r\n", " ");
        let line: String = printable(&reply).chars().take(limits::QUOTED_REPLY).collect();
        self.reply = match line.trim() {
            "" => None,
            line => Some(line.to_owned()),
        };
    }

    fn take(&mut self, key: &str, value: &str) -> Option<()> {
        let text = || Some(value.to_owned());
        match key {
            "orcpt" => self.orcpt = text(),
            "notify" => self.notify = Some(value.parse().ok()?),
            "state" => self.state = value.parse().ok()?,
            "told" => self.reported = value == "yes",
            "attempts" => self.attempts = value.parse().ok()?,
            "next" => self.next = value.parse().ok()?,
            "hop" => self.hop = text(),
            "reply" => self.reply = text(),
            _ => return None,
        }
        Some(())
    }
}

/// The time in whole milliseconds: exact enough for a time factor, and short to read.
pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

fn parse_to(value: &str) -> Option<Recipient> {
    in_brackets(value).map(Recipient::new)
}

fn in_brackets(value: &str) -> Option<Address> {
    let inside = value.strip_prefix('<')?.strip_suffix('>')?;
    Address::parse(inside).ok()
}

impl fmt::Display for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "from: {}", self.from)?;
        writeln!(f, "received: {}", self.received)?;
        optional(f, "authenticated", self.authenticated.as_ref())?;
        optional(f, "body", self.eight_bit.then_some("8bit"))?;
        optional(f, "smtputf8", self.utf8.then_some("yes"))?;
        optional(f, "ret", self.ret)?;
        optional(f, "envid", self.envid.as_ref())?;
        self.recipients.iter().try_for_each(|to| write!(f, "\n{to}"))
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "to: <{}>", self.to)?;
        optional(f, "orcpt", self.orcpt.as_ref())?;
        optional(f, "notify", self.notify)?;
        writeln!(f, "state: {}", self.state)?;
        optional(f, "told", self.reported.then_some("yes"))?;
        writeln!(f, "attempts: {}", self.attempts)?;
        writeln!(f, "next: {}", self.next)?;
        optional(f, "hop", self.hop.as_ref())?;
        optional(f, "reply", self.reply.as_ref())
    }
}

fn optional(
    f: &mut fmt::Formatter<'_>,
    key: &str,
    value: Option<impl fmt::Display>,
) -> fmt::Result {
    match value {
        Some(value) => writeln!(f, "{key}: {value}"),
        None => Ok(()),
    }
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Sent => "sent",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Expanded => "expanded",
            DeliveryState::Failed => "failed",
        })
    }
}

impl FromStr for DeliveryState {
    type Err = ();

    fn from_str(text: &str) -> Result<DeliveryState, ()> {
        Ok(match text {
            "waiting" => DeliveryState::Waiting,
            "sent" => DeliveryState::Sent,
            "delivered" => DeliveryState::Delivered,
            "expanded" => DeliveryState::Expanded,
            "failed" => DeliveryState::Failed,
            _ => return Err(()),
        })
    }
}

#[cfg(test)]
mod tests;
