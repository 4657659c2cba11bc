//! The message of a transaction: DATA (RFC 5321 §4.1.1.4) or BDAT (RFC 3030 §2), and its delivery.
//!
//! The octets go through [`MessageChecks`] into a [`MessageSink`]. The transaction is over after the
//! message, whatever happens to it. Without a `250`, no part of it is in any mailbox.

use std::io::{self, Read, Write};
use std::mem;

use super::header_fields::MissingFields;
use super::lmtp;
use super::message_checks::MessageChecks;
use super::message_sink::MessageSink;
use super::received::now;
use super::replies::{SmtpReplies, disk_failure, store_failure};
use super::session::{SmtpRole, SmtpServer, SmtpState};
use super::transaction::{MailTransaction, Transfer};
use crate::limits::BareLineEndings;
use crate::mail::net::dot::LineEndRule;
use crate::mail::protocol::smtp::{Chunk, Reply};
use crate::mail::store::Account;
use crate::server::Next;

impl SmtpServer {
    pub(super) fn data(&mut self) -> Result<SmtpReplies, Reply> {
        if matches!(self.state, SmtpState::Chunks { .. }) {
            // RFC 3030 §2: DATA and BDAT are not mixed in one message.
            let text = "This message was begun with BDAT; finish it with BDAT";
            return Err(Reply::BAD_SEQUENCE.because(text));
        }
        self.state = SmtpState::Data(self.begin_transfer()?);
        let next = Next::DotText(self.line_ends());
        Ok(SmtpReplies::then(Reply::START_DATA, next))
    }

    /// The end of a line in DATA. RFC 5321 §4.1.1.4: CRLF and nothing else. The switch for lessons
    /// shows the danger of accepting more (CVE-2023-51764).
    fn line_ends(&self) -> LineEndRule {
        match self.site.limits.bare_line_endings {
            BareLineEndings::Refuse => LineEndRule::Strict,
            BareLineEndings::Accept => LineEndRule::Lenient,
        }
    }

    /// RFC 3030 §2: the octets come directly after the command, wanted or not. A refusal is sent at
    /// once and the octets are skipped; otherwise the reply comes after them.
    pub(super) fn bdat(&mut self, size: u64, chunk: Chunk) -> SmtpReplies {
        let next = Next::Octets(size);
        if let SmtpState::Chunks { chunk: current, .. } = &mut self.state {
            *current = chunk;
            return SmtpReplies::none(next);
        }
        match self.begin_transfer() {
            Ok(transfer) => {
                self.state = SmtpState::Chunks { transfer, chunk };
                SmtpReplies::none(next)
            }
            Err(refusal) => SmtpReplies::then(refusal, next),
        }
    }

    /// Begins the delivery: the server's own header lines, before the message.
    fn begin_transfer(&mut self) -> Result<Box<Transfer>, Reply> {
        let transaction = self.transaction()?;
        if transaction.recipients.is_empty() {
            return Err(Reply::BAD_SEQUENCE.because("RCPT first"));
        }
        let sink = self.open_sink(transaction)?;
        let missing_fields = self.missing_fields(&sink.id);
        let message = MessageChecks::new(sink, &self.site.limits, missing_fields);
        match mem::replace(&mut self.state, SmtpState::Ready) {
            SmtpState::Mail(transaction) => Ok(Box::new(Transfer { transaction, message })),
            _ => Err(Reply::BAD_SEQUENCE),
        }
    }

    fn open_sink(&self, transaction: &MailTransaction) -> Result<MessageSink, Reply> {
        let account = self.account.as_ref().map(Account::name);
        let queued = match &self.site.queue {
            Some(queue) => {
                transaction.queued(account, &self.site).map(|envelope| (queue, envelope))
            }
            None => None,
        };
        let sink = MessageSink::begin(transaction.mailboxes(), queued);
        let mut sink = sink.map_err(|error| store_failure(&error))?;
        let received = self.received(transaction, &sink.id);
        sink.write_return_path(&transaction.from)
            .and_then(|()| sink.write_all(received.as_bytes()))
            .map_err(|error| disk_failure(&error))?;
        Ok(sink)
    }

    /// RFC 6409 §8: only a submission server may add fields that a mail program left out.
    fn missing_fields(&self, id: &str) -> Option<MissingFields> {
        if self.role != SmtpRole::Submission {
            return None;
        }
        Some(MissingFields {
            date: format!("Date: {}\r\n", now()),
            message_id: format!("Message-ID: <{id}@{}>\r\n", self.site.hostname),
        })
    }

    /// Receives the message of DATA, or a chunk of BDAT.
    pub(super) fn message(&mut self, octets: &mut dyn Read) -> io::Result<SmtpReplies> {
        let (mut transfer, chunk) = match mem::replace(&mut self.state, SmtpState::Ready) {
            SmtpState::Data(transfer) => (transfer, Chunk::Last),
            SmtpState::Chunks { transfer, chunk } => (transfer, chunk),
            // The chunk was refused already: it is not read here, so the conversation skips it.
            other => {
                self.state = other;
                return Ok(SmtpReplies::none(Next::Line));
            }
        };
        let received = transfer.message.take(octets)?;
        Ok(match (received, chunk) {
            (Ok(()), Chunk::Last) => self.deliver(*transfer),
            (Ok(()), Chunk::More) => {
                let text = format!("Ok, {} octets so far", transfer.message.octets());
                self.state = SmtpState::Chunks { transfer, chunk };
                Reply::OK.because(text).into()
            }
            (Err(rejection), Chunk::Last) => {
                self.to_each(rejection.reply(), transfer.transaction.recipients.len())
            }
            (Err(rejection), Chunk::More) => rejection.reply().into(),
        })
    }

    fn deliver(&self, transfer: Transfer) -> SmtpReplies {
        let recipients = &transfer.transaction.recipients;
        let count = recipients.len();
        let (sink, octets) = match transfer.message.finish() {
            Ok(whole) => whole,
            Err(rejection) => return self.to_each(rejection.reply(), count),
        };
        let id = sink.id.clone();
        let text = format!("Ok, {} as {id}", sink.verb());
        let committed = match self.role {
            SmtpRole::Lmtp => {
                sink.commit_each().map(|outcomes| lmtp::reply_to_each(recipients, &outcomes, &id))
            }
            SmtpRole::Mx | SmtpRole::Submission => {
                sink.commit().map(|()| Reply::OK.because(text).into())
            }
        };
        let replies = match committed {
            Ok(replies) => replies,
            Err(failure) => return self.to_each(failure, count),
        };
        let from = &transfer.transaction.from;
        log::info!("message {id} from {from} to {count} recipients: {octets} octets");
        if self.line_ends() == LineEndRule::Lenient {
            log::warn!(
                "message {id} was received with [limits] bare_line_endings = accept: a bare LF ends \
                 its lines, so it may be smuggled, and so may the text after it"
            );
        }
        replies
    }
}
