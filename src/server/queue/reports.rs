//! Reports to the sender of a message: failures, delays, and deliveries that the sender asked for.
//!
//! A report goes to the envelope's sender and comes from `<>`. A message from `<>` never gets one (RFC
//! 5321 §4.5.5, RFC 3461 §6), so no report is ever answered by a report. A local sender finds it in
//! the inbox; a sender at another domain gets it by the queue.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::Arc;

use jiff::Timestamp;

use super::attempt::reply_code;
use super::envelope::{DeliveryState, Envelope, Recipient, now};
use super::queue_core::QueueCore;
use super::spool::new_id;
use super::submission::Submission;
use crate::limits;
use crate::mail::message::compose::message_id;
use crate::mail::message::report::{DeliveryReport, RecipientReport, Returned};
use crate::mail::protocol::smtp::{
    Address, EnhancedCode, OriginalRecipient, Ret, ReversePath, xtext,
};
use crate::mail::store::{Delivery, Mailbox, StoreError};

/// Where the mail for an address goes.
pub enum Destination {
    /// These mailboxes here; at least one.
    Local(Vec<Arc<Mailbox>>),
    /// The domain is ours, but has no such mailbox.
    Unknown,
    /// The domain is not ours.
    Remote(Address),
}

/// Finds the destination of an address.
pub type Resolver = dyn Fn(&Address) -> Result<Destination, StoreError> + Send + Sync;

/// Writes the reports.
pub(super) struct ReportWriter {
    core: Arc<QueueCore>,
    resolver: Box<Resolver>,
}

impl ReportWriter {
    pub(super) fn new(core: Arc<QueueCore>, resolver: Box<Resolver>) -> ReportWriter {
        ReportWriter { core, resolver }
    }

    /// The indexes of the recipients that the sender must get a report of.
    pub(super) fn due_reports(&self, envelope: &Envelope) -> Vec<usize> {
        let is_late = self.core.retry.is_late(envelope.received, now());
        let has_sender = envelope.from != ReversePath::Null;
        let mut due = Vec::new();
        for (at, recipient) in envelope.recipients.iter().enumerate() {
            let wants_delay = recipient.notify.is_some_and(|notify| notify.delay);
            let is_delayed = recipient.state == DeliveryState::Waiting && is_late;
            let owes_delay = is_delayed && wants_delay && !recipient.reported && has_sender;
            if envelope.owes_report(recipient) || owes_delay {
                due.push(at);
            }
        }
        due
    }

    /// Sends one report of these recipients.
    pub(super) fn report(
        &self,
        id: &str,
        envelope: &Envelope,
        about: &[usize],
    ) -> Result<(), StoreError> {
        let ReversePath::Address(sender) = &envelope.from else {
            return Ok(());
        };
        let Some(message) = self.core.spool.message(id)? else {
            return Ok(());
        };
        let about = about.iter().filter_map(|at| envelope.recipients.get(*at));
        let about: Vec<&Recipient> = about.collect();
        let has_failure = about.iter().any(|to| to.state == DeliveryState::Failed);
        let report = ReportMessage {
            report: compose(&self.core, envelope, sender, &about),
            // RFC 3461 §4.3: RET is about reports of failure only.
            returns_all: has_failure && envelope.ret == Some(Ret::Full),
            message: BufReader::new(message),
        };
        match (self.resolver)(sender)? {
            Destination::Local(inboxes) => deliver(report, inboxes),
            Destination::Remote(_) => self.submit(report, sender),
            Destination::Unknown => {
                log::warn!("message {id}: no report, {sender} does not exist here");
                Ok(())
            }
        }
    }

    fn submit(&self, report: ReportMessage, sender: &Address) -> Result<(), StoreError> {
        if let Err(reply) = self.core.routes.next_hop(sender) {
            log::warn!("no report to {sender}: {}", reply.text());
            return Ok(());
        }
        let mut envelope = Envelope::new(ReversePath::Null);
        envelope.utf8 = sender.is_international();
        envelope.recipients.push(Recipient::new(sender.clone()));
        let mut submission = Submission::begin(Arc::clone(&self.core), &new_id(), envelope)?;
        let written = report.write_to(&mut submission);
        written.map_err(StoreError::disk("a report"))?;
        submission.commit()
    }
}

/// A report, and the message that it returns.
struct ReportMessage {
    report: DeliveryReport,
    /// True if it returns the whole message, not only its header.
    returns_all: bool,
    message: BufReader<File>,
}

impl ReportMessage {
    fn write_to(mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.returns_all {
            return self.report.write_to(out, Returned::Message(&mut self.message));
        }
        let header = header(&mut self.message)?;
        self.report.write_to(out, Returned::Header(&header))
    }
}

/// The message up to its first empty line, at most [`limits::HEADER`] octets.
fn header(message: &mut dyn BufRead) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    let mut message = message.take(limits::HEADER as u64);
    loop {
        let begin = header.len();
        message.read_until(b'\n', &mut header)?;
        if matches!(header.get(begin..), None | Some(b"" | b"\r\n" | b"\n")) {
            return Ok(header);
        }
    }
}

fn deliver(report: ReportMessage, inboxes: Vec<Arc<Mailbox>>) -> Result<(), StoreError> {
    let mut delivery = Delivery::begin(inboxes)?;
    let written = delivery.write_all(b"Return-Path: <>\r\n");
    let written = written.and_then(|()| report.write_to(&mut delivery));
    written.map_err(StoreError::disk("a report"))?;
    delivery.commit()?;
    Ok(())
}

fn compose(
    core: &QueueCore,
    envelope: &Envelope,
    sender: &Address,
    about: &[&Recipient],
) -> DeliveryReport {
    let until = core.retry.end(envelope.received);
    let recipients = about.iter().map(|recipient| recipient_report(recipient, until));
    DeliveryReport {
        from: format!("Mail Delivery System <postmaster@{}>", core.domain),
        to: sender.to_string(),
        subject: subject(about).to_owned(),
        text: text(&core.hostname, about),
        message_id: message_id(&core.hostname),
        date: now(),
        reporting_mta: core.hostname.clone(),
        // RFC 3461 §6.3: a report has the plain text of what was xtext in SMTP.
        envelope_id: envelope.envid.as_deref().and_then(xtext::decode),
        arrival: envelope.received,
        recipients: recipients.collect(),
    }
}

fn subject(about: &[&Recipient]) -> &'static str {
    let any = |state| about.iter().any(|recipient| recipient.state == state);
    if any(DeliveryState::Failed) {
        "Your message was not delivered"
    } else if any(DeliveryState::Waiting) {
        "Your message is delayed"
    } else {
        "Your message was delivered"
    }
}

fn recipient_report(recipient: &Recipient, until: Timestamp) -> RecipientReport {
    let reply = recipient.reply.as_deref().unwrap_or_default();
    let is_waiting = recipient.state == DeliveryState::Waiting;
    RecipientReport {
        original: recipient.orcpt.as_deref().and_then(original),
        recipient: recipient.to.to_string(),
        action: action(recipient.state),
        status: status(recipient.state, reply),
        remote_mta: recipient.hop.as_ref().map(|hop| format!("dns; {hop}")),
        diagnostic: diagnostic(reply),
        retry_until: is_waiting.then_some(until),
    }
}

/// The text for people.
fn text(hostname: &str, about: &[&Recipient]) -> String {
    let mut text = format!("This is the mail system at {hostname}, about a message from you.\n");
    let sentences = [
        (
            DeliveryState::Failed,
            "It could not be delivered to these recipients, and will not be tried again:",
        ),
        (
            DeliveryState::Waiting,
            "It could not be delivered to these recipients yet, and will be tried again:",
        ),
        (
            DeliveryState::Sent,
            "It was passed on to a server that does not send reports, for these recipients:",
        ),
        (DeliveryState::Delivered, "It was delivered to the mailboxes of these recipients:"),
        (
            DeliveryState::Expanded,
            "It was delivered to the mailboxes of all members of these lists:",
        ),
    ];
    for (state, sentence) in sentences {
        let mut recipients = about.iter().filter(|to| to.state == state).peekable();
        if recipients.peek().is_some() {
            text += &format!("\n{sentence}\n");
        }
        for recipient in recipients {
            text += &format!("\n  {}\n", recipient.to);
            match (&recipient.hop, recipient.reply.as_deref()) {
                (Some(hop), Some(reply)) if reply_code(reply).is_some() => {
                    text += &format!("    {hop} said: {reply}\n");
                }
                (_, Some(reply)) => text += &format!("    {reply}\n"),
                (_, None) => {}
            }
        }
    }
    text + "\nThe next part is for programs. Your message, or its header, follows it.\n"
}

/// RFC 3464 §2.3.3.
fn action(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Failed => "failed",
        DeliveryState::Waiting => "delayed",
        // RFC 3461 §5.2.2: passed on to a server that does not report.
        DeliveryState::Sent => "relayed",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Expanded => "expanded",
    }
}

/// The recipient of an `ORCPT`, as a report writes it (RFC 3464 §2.3.1).
fn original(orcpt: &str) -> Option<String> {
    let original: OriginalRecipient = orcpt.parse().ok()?;
    Some(format!("{}; {}", original.kind, original.address))
}

/// The enhanced code of a reply, or a general one for the state (RFC 3463 §2).
fn status(state: DeliveryState, reply: &str) -> String {
    let class = match state {
        DeliveryState::Failed => 5,
        DeliveryState::Waiting => 4,
        DeliveryState::Sent | DeliveryState::Delivered | DeliveryState::Expanded => 2,
    };
    let mut words = reply.split(' ');
    if reply_code(reply).is_some() {
        words.next();
    }
    match words.next().and_then(EnhancedCode::parse) {
        // A message that expires keeps its class 4 (RFC 3463 §3.5).
        Some(code) if code.0 == class || code == EXPIRED => code.to_string(),
        _ => format!("{class}.0.0"),
    }
}

/// RFC 3463 §3.5: delivery time expired.
const EXPIRED: EnhancedCode = EnhancedCode(4, 4, 7);

/// A reply with its type (RFC 3464 §2.3.6).
fn diagnostic(reply: &str) -> Option<String> {
    if reply.is_empty() {
        return None;
    }
    let kind = match reply_code(reply) {
        Some(_) => "smtp",
        None => "x-pillarbox",
    };
    Some(format!("{kind}; {reply}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_a_reply_and_its_status() {
        let rows = [
            (DeliveryState::Failed, "550 5.1.1 No such mailbox", "5.1.1"),
            (DeliveryState::Failed, "550 No such mailbox", "5.0.0"),
            (DeliveryState::Failed, "550 5.7.999999 x", "5.0.0"),
            (DeliveryState::Failed, "4.4.7 Delivery time expired", "4.4.7"),
            (DeliveryState::Waiting, "4.4.1 no answer", "4.4.1"),
            (DeliveryState::Waiting, "", "4.0.0"),
            (DeliveryState::Sent, "250 Ok", "2.0.0"),
        ];
        for (state, reply, expected) in rows {
            assert_eq!(status(state, reply), expected, "{reply}");
        }
    }
}
