//! The message of a transaction: DATA (RFC 5321 §4.1.1.4) or BDAT (RFC 3030 §2), and its delivery.
//!
//! Whatever becomes of a message, its transaction is over. Without a `250` nothing of it is in a
//! mailbox. LMTP answers for each recipient on his own (RFC 2033 §4.2), SMTP once for all.

use std::io::{self, Read, Write};
use std::mem;
use std::sync::Arc;

use super::body::Intake;
use super::header::Additions;
use super::incoming::Incoming;
use super::transaction::{Envelope, Recipient, disk_trouble, storage_trouble};
use super::{Role, SmtpServer, State, status, trace};
use crate::limits::BareLineEndings;
use crate::mail::net::dot::Ending;
use crate::mail::store::{Account, DeliveryOutcome};
use crate::server::{Next, Part, Reply};

/// A message that is on its way in.
pub(super) struct Arriving {
    envelope: Envelope,
    intake: Intake<Incoming>,
}

impl SmtpServer {
    pub(super) fn data(&mut self) -> Reply {
        if matches!(self.state, State::Chunks(..)) {
            // RFC 3030 §2.
            return status(503, "5.5.1", "BDAT has begun this message");
        }
        match self.begin() {
            Ok(arriving) => self.state = State::Data(arriving),
            Err(refusal) => return refusal,
        }
        let text = "354 End data with <CR><LF>.<CR><LF>\r\n";
        Reply::text(text, Next::DotText(self.ending()))
    }

    /// RFC 5321 §4.1.1.4: CRLF, dot, CRLF, and nothing else. The teaching switch shows what comes of
    /// anything else (CVE-2023-51764).
    fn ending(&self) -> Ending {
        match self.site.limits.bare_line_endings {
            BareLineEndings::Refuse => Ending::Strict,
            BareLineEndings::Accept => Ending::Lenient,
        }
    }

    /// RFC 3030 §2: the octets come right behind the command, whether we want them or not. So a
    /// refusal is said at once and what follows is skipped; otherwise the answer comes after them.
    pub(super) fn bdat(&mut self, size: u64, is_last: bool) -> Reply {
        if let State::Chunks(_, last) = &mut self.state {
            *last = is_last;
            return Reply::silent().then(Next::Octets(size));
        }
        let reply = match self.begin() {
            Ok(arriving) => {
                self.state = State::Chunks(arriving, is_last);
                Reply::silent()
            }
            Err(refusal) => refusal,
        };
        reply.then(Next::Octets(size))
    }

    /// The transaction has all it needs: a delivery begins with the trace.
    fn begin(&mut self) -> Result<Box<Arriving>, Reply> {
        let State::Mail(envelope) = &self.state else {
            return Err(self.mail_first());
        };
        if envelope.recipients.is_empty() {
            return Err(status(503, "5.5.1", "RCPT first"));
        }
        let account = self.account.as_ref().map(Account::name);
        let relay = self
            .site
            .queue
            .as_ref()
            .zip(envelope.queued(account, &self.site));
        let mut incoming =
            Incoming::begin(envelope.mailboxes(), relay).map_err(|error| disk_trouble(&error))?;
        let trace = self.trace(envelope, &incoming.id);
        incoming
            .return_path(&format!("Return-Path: {}\r\n", envelope.from))
            .and_then(|()| incoming.write_all(trace.as_bytes()))
            .map_err(|error| storage_trouble(&error))?;
        let additions = self.additions(&incoming.id);
        let intake = Intake::new(incoming, &self.site.limits, additions);
        let State::Mail(envelope) = mem::replace(&mut self.state, State::Ready) else {
            return Err(self.mail_first());
        };
        Ok(Box::new(Arriving { envelope, intake }))
    }

    /// RFC 6409 §8: only a submission server may add what a mail program forgot.
    fn additions(&self, id: &str) -> Option<Additions> {
        (self.role == Role::Submission).then(|| Additions {
            date: format!("Date: {}\r\n", trace::now()),
            message_id: format!("Message-ID: <{id}@{}>\r\n", self.site.hostname),
        })
    }

    /// Takes what DATA or BDAT announced.
    pub(super) fn text(&mut self, text: &mut dyn Read) -> io::Result<Reply> {
        let (mut arriving, is_last) = match mem::replace(&mut self.state, State::Ready) {
            State::Data(arriving) => (arriving, true),
            State::Chunks(arriving, is_last) => (arriving, is_last),
            // A chunk that was refused already: nothing of it is read here, so it is skipped.
            other => {
                self.state = other;
                return Ok(Reply::silent());
            }
        };
        if let Err(unfit) = arriving.intake.take(text)? {
            let recipients = arriving.envelope.recipients.len();
            return Ok(self.to_each(unfit.reply(), if is_last { recipients } else { 1 }));
        }
        if is_last {
            return Ok(self.deliver(arriving));
        }
        let text = format!("Ok, {} octets so far", arriving.intake.octets());
        self.state = State::Chunks(arriving, false);
        Ok(status(250, "2.0.0", &text))
    }

    fn deliver(&self, arriving: Box<Arriving>) -> Reply {
        let Arriving { envelope, intake } = *arriving;
        let count = envelope.recipients.len();
        let (incoming, octets) = match intake.finish() {
            Ok(whole) => whole,
            Err(unfit) => return self.to_each(unfit.reply(), count),
        };
        let (id, verb) = (incoming.id.clone(), incoming.verb());
        let committed = match self.role {
            Role::Lmtp => incoming
                .commit_each()
                .map(|outcomes| each_outcome(&envelope.recipients, &outcomes, &id)),
            Role::Mx | Role::Submission => incoming
                .commit()
                .map(|()| status(250, "2.0.0", &format!("Ok, {verb} as {id}"))),
        };
        let reply = match committed {
            Ok(reply) => reply,
            Err(trouble) => return self.to_each(trouble, count),
        };
        let from = &envelope.from;
        log::info!("message {id} from {from} to {count} recipients: {octets} octets");
        if self.ending() == Ending::Lenient {
            log::warn!(
                "message {id} was read with [limits] bare_line_endings = accept: a bare LF ends its \
                 lines, so it may be smuggled, and so may what follows it"
            );
        }
        reply
    }

    /// RFC 2033 §4.2: in LMTP a message has as many replies as recipients, in SMTP one.
    fn to_each(&self, reply: Reply, recipients: usize) -> Reply {
        if self.role != Role::Lmtp {
            return reply;
        }
        let repeated = |part| match part {
            Part::Text(text) => Part::Text(text.repeat(recipients)),
            other => other,
        };
        Reply {
            parts: reply.parts.into_iter().map(repeated).collect(),
            next: reply.next,
        }
    }
}

/// A reply for each recipient: whose list has one mailbox that failed is told to try again.
fn each_outcome(recipients: &[Recipient], outcomes: &[DeliveryOutcome], id: &str) -> Reply {
    let mut all = Reply::silent();
    for to in recipients {
        let failure = outcomes.iter().find_map(|(mailbox, outcome)| {
            let mine = to.mailboxes.iter().any(|one| Arc::ptr_eq(one, mailbox));
            outcome.as_ref().err().filter(|_| mine)
        });
        let reply = match failure {
            Some(error) => disk_trouble(error),
            None => status(250, "2.1.5", &format!("{} delivered as {id}", to.path)),
        };
        all.parts.extend(reply.parts);
    }
    all
}
