//! Who is told what became of a message: bounces, delay notices, and confirmations that were asked for.
//!
//! A report goes to the envelope's sender, from `<>`, and never is there one about a message that
//! came from `<>` (RFC 5321 §4.5.5, RFC 3461 §6): so no report is ever answered by a report. A
//! sender of our own finds it in the inbox; one elsewhere gets it by the queue.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::Arc;

use super::envelope::now;
use super::{DeliveryState, Destination, Envelope, Queue, Recipient, Resolver, Ret, new_id};
use crate::mail::message::compose::message_id;
use crate::mail::message::header::HEADER_MAX;
use crate::mail::message::report::{DeliveryReport, RecipientReport, Returned};
use crate::mail::protocol::smtp::{Address, EnhancedCode, OriginalRecipient, ReversePath, xtext};
use crate::mail::store::{Delivery, Mailbox, StoreError};

/// Writes reports to those who are to be told.
pub(super) struct Reporter {
    inboxes: Box<Resolver>,
}

impl Reporter {
    pub(super) fn new(inboxes: Box<Resolver>) -> Reporter {
        Reporter { inboxes }
    }

    /// The places of the recipients that the sender has to be told of.
    pub(super) fn reports(&self, queue: &Queue, envelope: &Envelope) -> Vec<usize> {
        let late = queue.schedule().is_late(envelope.received, now());
        let known = envelope.from != ReversePath::Null;
        let due = |recipient: &Recipient| {
            let asked = recipient.notify.is_some_and(|notify| notify.delay);
            let delayed =
                recipient.state == DeliveryState::Waiting && asked && late && !recipient.told;
            envelope.owes_report(recipient) || delayed && known
        };
        let all = envelope.recipients.iter().enumerate();
        all.filter(|(_, recipient)| due(recipient))
            .map(|(at, _)| at)
            .collect()
    }

    /// Tells the sender of these recipients, in one report.
    pub(super) fn report(
        &self,
        queue: &Arc<Queue>,
        id: &str,
        envelope: &Envelope,
        about: &[usize],
    ) -> Result<(), StoreError> {
        let ReversePath::Address(sender) = &envelope.from else {
            return Ok(());
        };
        let Some(message) = queue.spool().message(id)? else {
            return Ok(());
        };
        let about = about.iter().filter_map(|at| envelope.recipients.get(*at));
        let about: Vec<&Recipient> = about.collect();
        let letter = Letter {
            report: compose(queue, envelope, sender, &about),
            // RFC 3461 §4.3: all of it goes back only where something failed.
            whole: envelope.ret == Some(Ret::Full)
                && about.iter().any(|to| to.state == DeliveryState::Failed),
            message: BufReader::new(message),
        };
        match (self.inboxes)(sender)? {
            Destination::Local(inboxes) => deliver(letter, inboxes),
            Destination::Remote(_) => submit(queue, letter, sender),
            Destination::Unknown => {
                log::warn!("nobody is told of message {id}: {sender} is not here");
                Ok(())
            }
        }
    }
}

/// A report, and the message that it is about.
struct Letter {
    report: DeliveryReport,
    whole: bool,
    message: BufReader<std::fs::File>,
}

impl Letter {
    fn write_to(mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.whole {
            return self
                .report
                .write_to(out, Returned::Message(&mut self.message));
        }
        let header = header(&mut self.message)?;
        self.report.write_to(out, Returned::Header(&header))
    }
}

/// Up to the first empty line, or as much as is bearable.
fn header(message: &mut dyn BufRead) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    let mut message = message.take(HEADER_MAX as u64);
    loop {
        let begin = header.len();
        message.read_until(b'\n', &mut header)?;
        if matches!(header.get(begin..), None | Some(b"" | b"\r\n" | b"\n")) {
            return Ok(header);
        }
    }
}

fn deliver(letter: Letter, inboxes: Vec<Arc<Mailbox>>) -> Result<(), StoreError> {
    let mut delivery = Delivery::begin(inboxes)?;
    let written = delivery.write_all(b"Return-Path: <>\r\n");
    let written = written.and_then(|()| letter.write_to(&mut delivery));
    written.map_err(StoreError::disk("a report"))?;
    delivery.commit().map(drop)
}

fn submit(queue: &Arc<Queue>, letter: Letter, sender: &Address) -> Result<(), StoreError> {
    if let Err(reply) = queue.accepts(sender) {
        log::warn!("{sender} cannot be told: {}", reply.text());
        return Ok(());
    }
    let mut envelope = Envelope::new(ReversePath::Null);
    envelope.utf8 = sender.is_international();
    envelope.recipients.push(Recipient::new(sender.clone()));
    let mut submission = queue.begin(&new_id(), envelope)?;
    let written = letter.write_to(&mut submission);
    written.map_err(StoreError::disk("a report"))?;
    submission.commit()
}

fn compose(
    queue: &Queue,
    envelope: &Envelope,
    sender: &Address,
    about: &[&Recipient],
) -> DeliveryReport {
    let any = |state| about.iter().any(|recipient| recipient.state == state);
    let subject = match () {
        () if any(DeliveryState::Failed) => "Your message was not delivered",
        () if any(DeliveryState::Waiting) => "Your message is delayed",
        () => "Your message was delivered",
    };
    let until = queue.schedule().end(envelope.received);
    let fate = |recipient: &&Recipient| {
        let reply = recipient.reply.clone().unwrap_or_default();
        RecipientReport {
            original: recipient.orcpt.as_deref().and_then(original),
            recipient: recipient.to.to_string(),
            action: action(recipient),
            status: status(recipient.state, &reply),
            remote_mta: recipient.hop.as_ref().map(|hop| format!("dns; {hop}")),
            diagnostic: Some(diagnostic(&reply)).filter(|_| !reply.is_empty()),
            retry_until: (recipient.state == DeliveryState::Waiting).then_some(until),
        }
    };
    DeliveryReport {
        from: format!("Mail Delivery System <postmaster@{}>", queue.domain()),
        to: sender.to_string(),
        subject: subject.to_owned(),
        text: text(queue.hostname(), about),
        message_id: message_id(queue.hostname()),
        date: now(),
        reporting_mta: queue.hostname().to_owned(),
        // RFC 3461 §6.3: what was xtext on the wire is plain in a report.
        envelope_id: envelope.envid.as_deref().and_then(xtext::decode),
        arrival: envelope.received,
        recipients: about.iter().map(fate).collect(),
    }
}

/// What people read.
fn text(hostname: &str, about: &[&Recipient]) -> String {
    let mut text = format!("This is the mail system at {hostname}, about a message from you.\n");
    let stories = [
        (
            DeliveryState::Failed,
            "It could not be delivered, and is not tried again, to:",
        ),
        (
            DeliveryState::Waiting,
            "It could not be delivered yet, and is tried again, to:",
        ),
        (
            DeliveryState::Sent,
            "It was passed on, to where nobody tells us more, to:",
        ),
        (DeliveryState::Delivered, "It lies in the mailbox of:"),
        (
            DeliveryState::Expanded,
            "It lies in the mailbox of everybody on the list:",
        ),
    ];
    for (state, story) in stories {
        let mut those = about.iter().filter(|to| to.state == state).peekable();
        if those.peek().is_some() {
            text += &format!("\n{story}\n");
        }
        for recipient in those {
            text += &format!("\n  {}\n", recipient.to);
            match (&recipient.hop, recipient.reply.as_deref()) {
                (Some(hop), Some(reply)) if is_reply(reply) => {
                    text += &format!("    {hop} said: {reply}\n");
                }
                (_, Some(reply)) => text += &format!("    {reply}\n"),
                (_, None) => {}
            }
        }
    }
    text + "\nWhat follows is for programs, and then as much of your message as goes back.\n"
}

/// RFC 3464 §2.3.3.
fn action(recipient: &Recipient) -> &'static str {
    match recipient.state {
        DeliveryState::Failed => "failed",
        DeliveryState::Waiting => "delayed",
        // RFC 3461 §5.2.2: passed on to where nobody reports.
        DeliveryState::Sent => "relayed",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Expanded => "expanded",
    }
}

/// Whom the sender had named, of an `ORCPT` (RFC 3464 §2.3.1).
fn original(orcpt: &str) -> Option<String> {
    let original: OriginalRecipient = orcpt.parse().ok()?;
    Some(format!("{}; {}", original.kind, original.address))
}

/// Does this begin as a server's reply does, with three digits?
fn is_reply(text: &str) -> bool {
    let code = text.split([' ', '-']).next().unwrap_or_default();
    code.len() == 3 && code.bytes().all(|octet| octet.is_ascii_digit())
}

/// The enhanced code in a reply, or what can be said without one (RFC 3463 §2).
fn status(state: DeliveryState, reply: &str) -> String {
    let class = match state {
        DeliveryState::Failed => '5',
        DeliveryState::Waiting => '4',
        DeliveryState::Sent | DeliveryState::Delivered | DeliveryState::Expanded => '2',
    };
    let mut words = reply.split(' ').skip(usize::from(is_reply(reply)));
    let code = words.next().and_then(EnhancedCode::parse);
    // What expires keeps its 4 (RFC 3463 §3.5), a reply's code its own class.
    let fits = code.filter(|code| code.0.to_string() == class.to_string() || *code == EXPIRED);
    fits.map_or_else(|| format!("{class}.0.0"), |code| code.to_string())
}

/// RFC 3463 §3.5: delivery time expired.
const EXPIRED: EnhancedCode = EnhancedCode(4, 4, 7);

/// RFC 3464 §2.3.6: a reply with its type.
fn diagnostic(reply: &str) -> String {
    match is_reply(reply) {
        true => format!("smtp; {reply}"),
        false => format!("x-pillarbox; {reply}"),
    }
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
            (
                DeliveryState::Failed,
                "4.4.7 It was tried for too long",
                "4.4.7",
            ),
            (DeliveryState::Waiting, "4.4.1 nobody is there", "4.4.1"),
            (DeliveryState::Waiting, "", "4.0.0"),
            (DeliveryState::Sent, "250 Ok", "2.0.0"),
        ];
        for (state, reply, expected) in rows {
            assert_eq!(status(state, reply), expected, "{reply}");
        }
    }
}
