//! The envelope of a message that waits, as text that people read and this program reads back.
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
//! reply: 451 4.3.0 The disk is full, try again later
//! ```
//!
//! [`Envelope::parse`] and `Display` are inverses. Nothing here reads a file.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::client::printable;
use crate::limits;
use crate::mail::protocol::smtp::{Address, Notify, Ret, ReversePath};

/// Where a message comes from and where it goes, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Where a bounce goes.
    pub from: ReversePath,
    /// When it was accepted.
    pub received: Timestamp,
    /// The account that sent it, if one had logged in.
    pub authenticated: Option<String>,
    /// Has it octets beyond ASCII (RFC 6152)?
    pub eight_bit: bool,
    /// Does it need SMTPUTF8 (RFC 6531)?
    pub utf8: bool,
    /// How much of it a bounce returns (RFC 3461 §4.3).
    pub ret: Option<Ret>,
    /// The sender's own name for it, in xtext (RFC 3461 §4.4).
    pub envid: Option<String>,
    /// Whom it is for.
    pub recipients: Vec<Recipient>,
}

/// One recipient, and what became of it so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub to: Address,
    /// Whom the sender had named, `rfc822;bob@other.test` in xtext (RFC 3461 §4.2).
    pub orcpt: Option<String>,
    /// What the sender asked to be told (RFC 3461 §4.1).
    pub notify: Option<Notify>,
    /// How far it has come.
    pub state: DeliveryState,
    /// Does the sender know of this state what it has to?
    pub told: bool,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next; only while it waits.
    pub next: Timestamp,
    /// Where it was tried last.
    pub hop: Option<String>,
    /// What was answered there, or why nobody answered.
    pub reply: Option<String>,
}

/// How far a recipient has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is tried again.
    Waiting,
    /// The next hop answers for it.
    Sent,
    /// It is in a mailbox here: there is only a report to write (RFC 3461 §5.2.3).
    Delivered,
    /// It is in the mailboxes of all who are on this list here (RFC 3461 §5.2.7.3).
    Expanded,
    /// It was given up.
    Failed,
}

impl Envelope {
    /// An envelope without recipients yet, received now.
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

    /// When something has to be done for this message; `None`: never, it is done.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        let due = |recipient: &Recipient| match recipient.state {
            DeliveryState::Waiting => Some(recipient.next),
            // What was interrupted before its report was written.
            _ => self.owes_report(recipient).then_some(self.received),
        };
        self.recipients.iter().filter_map(due).min()
    }

    /// Has the sender to be told that this recipient was reached, or given up?
    #[must_use]
    pub fn owes_report(&self, recipient: &Recipient) -> bool {
        // RFC 5321 §4.5.5: nothing is ever sent back to <>. RFC 3461 §4.1: without NOTIFY, failures.
        let notify = recipient.notify.unwrap_or(Notify {
            failure: true,
            ..Notify::default()
        });
        let asked = match recipient.state {
            DeliveryState::Waiting => false,
            DeliveryState::Sent | DeliveryState::Delivered | DeliveryState::Expanded => {
                notify.success
            }
            DeliveryState::Failed => notify.failure,
        };
        asked && !recipient.told && self.from != ReversePath::Null
    }

    /// Understands the text of an envelope.
    ///
    /// # Errors
    /// A sentence that names the line.
    pub fn parse(text: &str) -> Result<Envelope, String> {
        let mut envelope = Envelope::new(ReversePath::Null);
        let mut seen = (false, false);
        for (number, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.is_empty())
        {
            let wrong = |why: &str| format!("line {}: {line:?}: {why}", number + 1);
            let (key, value) = line.split_once(": ").ok_or_else(|| wrong("no setting"))?;
            seen.0 |= key == "from";
            seen.1 |= key == "received";
            let taken = match (key, envelope.recipients.last_mut()) {
                ("to", _) => parse_to(value).map(|to| envelope.recipients.push(to)),
                (_, None) => envelope.take(key, value),
                (_, Some(recipient)) => recipient.take(key, value),
            };
            taken.ok_or_else(|| wrong("not understood"))?;
        }
        match seen {
            (true, true) => Ok(envelope),
            _ => Err("from: and received: are asked for".to_owned()),
        }
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
    /// A recipient that nobody has tried yet: it is due at once.
    #[must_use]
    pub fn new(to: Address) -> Recipient {
        Recipient {
            to,
            orcpt: None,
            notify: None,
            state: DeliveryState::Waiting,
            told: false,
            attempts: 0,
            next: now(),
            hop: None,
            reply: None,
        }
    }

    /// Remembers a reply, as one printable line of bounded length.
    pub fn note(&mut self, reply: &str) {
        let reply = reply.trim_end().replace("\r\n", " ");
        let line: String = printable(&reply)
            .chars()
            .take(limits::QUOTED_REPLY)
            .collect();
        self.reply = Some(line.trim().to_owned()).filter(|line| !line.is_empty());
    }

    fn take(&mut self, key: &str, value: &str) -> Option<()> {
        let text = || Some(value.to_owned());
        match key {
            "orcpt" => self.orcpt = text(),
            "notify" => self.notify = Some(value.parse().ok()?),
            "state" => self.state = value.parse().ok()?,
            "told" => self.told = value == "yes",
            "attempts" => self.attempts = value.parse().ok()?,
            "next" => self.next = value.parse().ok()?,
            "hop" => self.hop = text(),
            "reply" => self.reply = text(),
            _ => return None,
        }
        Some(())
    }
}

/// To the millisecond: enough for a time factor, and short enough to read.
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
        self.recipients
            .iter()
            .try_for_each(|to| write!(f, "\n{to}"))
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "to: <{}>", self.to)?;
        optional(f, "orcpt", self.orcpt.as_ref())?;
        optional(f, "notify", self.notify)?;
        writeln!(f, "state: {}", self.state)?;
        optional(f, "told", self.told.then_some("yes"))?;
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
    value.map_or(Ok(()), |value| writeln!(f, "{key}: {value}"))
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
        let ends = [
            DeliveryState::Sent,
            DeliveryState::Delivered,
            DeliveryState::Expanded,
        ];
        [DeliveryState::Waiting, DeliveryState::Failed]
            .into_iter()
            .chain(ends)
            .find(|state| state.to_string() == text)
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use super::*;
    use proptest::prelude::*;

    fn recipient() -> impl Strategy<Value = Recipient> {
        let states = prop::sample::select(vec![
            DeliveryState::Waiting,
            DeliveryState::Sent,
            DeliveryState::Delivered,
            DeliveryState::Expanded,
            DeliveryState::Failed,
        ]);
        let text = || prop::option::of("[!-~][ -~]{0,20}[!-~]");
        let flags = any::<(bool, bool, bool, bool, bool)>();
        (
            "[a-zé\"+]{1,8}",
            states,
            flags,
            any::<u32>(),
            0..4_000_000_000_000_i64,
            text(),
            text(),
        )
            .prop_map(|(local, state, flags, attempts, next, orcpt, reply)| {
                let local = local.replace('"', "x");
                let mut to = Recipient::new(Address::parse(&format!("{local}@b.test")).unwrap());
                let (success, failure, delay) = (flags.0, flags.1, flags.2);
                to.notify = flags.3.then_some(Notify {
                    success,
                    failure,
                    delay,
                });
                to.next = Timestamp::from_millisecond(next).unwrap();
                (to.state, to.told, to.attempts) = (state, flags.4, attempts);
                (to.orcpt, to.hop) = (orcpt.clone(), orcpt);
                reply.inspect(|reply| to.note(reply));
                to
            })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            from in prop::option::of("[a-z]{1,9}"),
            flags in any::<(bool, bool, bool, bool)>(),
            envid in prop::option::of("[!-~]{1,9}"),
            recipients in prop::collection::vec(recipient(), 0..4),
        ) {
            let mut envelope = Envelope::new(ReversePath::Null);
            if let Some(from) = from {
                let address = Address::parse(&format!("{from}@a.test")).unwrap();
                envelope.from = ReversePath::Address(address);
            }
            (envelope.eight_bit, envelope.utf8) = (flags.0, flags.1);
            envelope.ret = flags.2.then_some(if flags.3 { Ret::Full } else { Ret::Headers });
            (envelope.authenticated, envelope.envid) = (envid.clone(), envid);
            envelope.recipients = recipients;
            prop_assert_eq!(Envelope::parse(&envelope.to_string()), Ok(envelope));
        }
    }

    #[test]
    fn a_reply_cannot_write_another_line() {
        let mut to = Recipient::new(Address::parse("b@b.test").unwrap());
        to.note("250 \r\nstate: sent\u{1b}");
        assert_eq!(to.to_string().lines().count(), 5);
        assert!(
            to.to_string()
                .ends_with("\nreply: 250  state: sent\u{fffd}\n"),
            "{to}"
        );
        assert!(to.to_string().contains("state: waiting\n"));
    }

    #[test]
    fn each_mistake_names_its_line() {
        let rows = [
            ("from: <>", "from: and received: are asked for"),
            (
                "from: alice@a.test",
                "line 1: \"from: alice@a.test\": not understood",
            ),
            ("\nto: <x>", "line 2: \"to: <x>\": not understood"),
            ("nothing", "line 1: \"nothing\": no setting"),
            (
                "to: <a@b.test>\nstate: lost",
                "line 2: \"state: lost\": not understood",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(Envelope::parse(text).unwrap_err(), expected);
        }
    }

    #[test]
    fn who_is_told_of_what() {
        let rows = [
            ("<a@a.test>", "failed", None, true),
            ("<a@a.test>", "sent", None, false),
            ("<a@a.test>", "sent", Some("SUCCESS"), true),
            ("<a@a.test>", "delivered", None, false),
            ("<a@a.test>", "delivered", Some("SUCCESS"), true),
            ("<a@a.test>", "expanded", Some("SUCCESS,DELAY"), true),
            ("<>", "delivered", Some("SUCCESS"), false),
            ("<a@a.test>", "failed", Some("SUCCESS"), false),
            ("<a@a.test>", "failed", Some("NEVER"), false),
            ("<>", "failed", Some("FAILURE"), false),
            (
                "<a@a.test>",
                "waiting",
                Some("SUCCESS,FAILURE,DELAY"),
                false,
            ),
        ];
        for (from, state, notify, expected) in rows {
            let notify = notify
                .map(|words| format!("notify: {words}\n"))
                .unwrap_or_default();
            let text = format!(
                "from: {from}\nreceived: 2026-01-01T00:00:00Z\nto: <b@b.test>\n{notify}state: {state}\n"
            );
            let envelope = Envelope::parse(&text).unwrap();
            assert_eq!(
                envelope.owes_report(&envelope.recipients[0]),
                expected,
                "{text}"
            );
        }
    }
}
