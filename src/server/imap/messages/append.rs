//! APPEND: messages go from the connection to the store as they arrive (RFC 3501 §6.3.11; several
//! messages: RFC 3502, with NUL: RFC 3516 §4.4, APPENDUID: RFC 4315 §3).
//!
//! They never are in a command's buffer, and are delivered, all or none, only when the command is
//! complete: a connection that is cut before delivers nothing.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;

use crate::limits;
use crate::mail::message::textual;
use crate::mail::net::pieces::next_piece;
use crate::mail::protocol::imap::append::{Append, AppendForm, AppendedMessage};
use crate::mail::protocol::imap::response::{AppendUid, Code, RefusalCode};
use crate::mail::protocol::imap::{BadCommand, Literal, SequenceSet};
use crate::mail::store::{Batch, Delivery, StoreError};
use crate::server::Reply;
use crate::server::imap::reply::{CommandReply, ImapResult};
use crate::server::imap::updates::PendingUpdates;
use crate::server::imap::{Expecting, ImapServer};

/// An APPEND whose messages are arriving.
pub(crate) struct Appending {
    batch: Batch,
    /// What precedes the message whose octets come now, or came last.
    message: AppendedMessage,
    /// Where they go; `Err` once the disk has failed: then the rest is skipped.
    sink: Result<AppendSink, StoreError>,
}

/// Where a message goes as it arrives.
struct AppendSink {
    delivery: Delivery,
    /// For a `literal8`: when it is complete, its binary parts are found and encoded.
    scratch: Option<File>,
}

impl ImapServer {
    /// Begins an APPEND whose first message is announced. Whatever can be refused is refused before the
    /// client sends it.
    pub(crate) fn append(&mut self, command: &[u8], literal: Literal) -> Reply {
        match self.begin_append(command) {
            Ok(appending) => {
                self.expecting = Expecting::Append(Box::new(appending));
                self.ask_for(literal)
            }
            Err(refusal) => self.refuse(literal, refusal),
        }
    }

    fn begin_append(&self, command: &[u8]) -> Result<Appending, CommandReply> {
        let account = self.account()?;
        let bad = |error: BadCommand| CommandReply::bad(error.to_string());
        let (_, append) = Append::parse(self.enabled.alphabet(), command).map_err(bad)?;
        let mailbox = account.mailbox(append.mailbox.as_str());
        let batch = Batch::new(mailbox.map_err(CommandReply::try_create)?);
        Ok(Appending {
            sink: Ok(self.admit(&append.message, &batch)?),
            message: append.message,
            batch,
        })
    }

    /// Accepts a message that is announced, or refuses it.
    fn admit(&self, message: &AppendedMessage, batch: &Batch) -> Result<AppendSink, CommandReply> {
        let most = self.site.limits.message_size;
        if message.literal.octets > most {
            let text = format!("a message has at most {most} octets");
            return Err(CommandReply::refused(RefusalCode::TooBig, text));
        }
        // RFC 3502 §6.3.11: with an empty message, a client cancels an APPEND of several messages.
        if message.literal.octets == 0 {
            return Err(CommandReply::no("an empty message cannot be appended"));
        }
        if batch.count() == limits::APPENDED {
            let text = format!("at most {} messages at once", limits::APPENDED);
            return Err(CommandReply::refused(RefusalCode::Limit, text));
        }
        if message.form == AppendForm::Utf8 && !self.enabled.utf8_accept() {
            let why = "expected ENABLE UTF8=ACCEPT before UTF8";
            return Err(CommandReply::bad(why));
        }
        let date = message.date.map(Into::into);
        let delivery = batch.begin()?.with(message.flags.clone(), date);
        let scratch = match message.form {
            AppendForm::Text => None,
            AppendForm::Binary | AppendForm::Utf8 => Some(batch.scratch()?),
        };
        Ok(AppendSink { delivery, scratch })
    }

    /// Takes a message. Only the connection's failures are errors here.
    pub(crate) fn append_message(
        &mut self,
        mut appending: Box<Appending>,
        body: &mut dyn Read,
    ) -> io::Result<Reply> {
        let mut buffer = vec![0; limits::BUFFER];
        while let Ok(sink) = &mut appending.sink {
            let Some(octets) = next_piece(body, &mut buffer)? else {
                break;
            };
            if let Err(error) = sink.take(octets) {
                appending.sink = Err(disk_error(error));
            }
        }
        self.expecting = Expecting::Append(appending);
        Ok(Reply::silent())
    }

    /// Takes the line after a message: another message follows, or the command ends.
    pub(crate) fn append_end(&mut self, appending: Appending, line: &[u8]) -> Reply {
        let next = match appending.message.parse_next(line) {
            Ok(next) => next,
            Err(error) => return self.skip_line(CommandReply::bad(error.to_string()), line),
        };
        let batch = match appending.finish() {
            Ok(batch) => batch,
            Err(error) => return self.skip_line(error.into(), line),
        };
        let Some(message) = next else {
            return self.finish(PendingUpdates::ALL, delivered(batch));
        };
        match self.admit(&message, &batch) {
            Ok(sink) => {
                let literal = message.literal;
                self.expecting =
                    Expecting::Append(Box::new(Appending { batch, message, sink: Ok(sink) }));
                self.ask_for(literal)
            }
            Err(refusal) => self.skip_line(refusal, line),
        }
    }
}

impl Appending {
    /// Adds the complete message to the batch.
    fn finish(self) -> Result<Batch, StoreError> {
        let mut batch = self.batch;
        batch.add(self.sink?.finish()?)?;
        Ok(batch)
    }
}

impl AppendSink {
    fn take(&mut self, octets: &[u8]) -> io::Result<()> {
        match &mut self.scratch {
            Some(scratch) => scratch.write_all(octets),
            None => self.delivery.write_all(octets),
        }
    }

    fn finish(mut self) -> Result<Delivery, StoreError> {
        if let Some(mut scratch) = self.scratch {
            textual::copy(&mut scratch, &mut self.delivery).map_err(disk_error)?;
        }
        Ok(self.delivery)
    }
}

fn disk_error(error: io::Error) -> StoreError {
    StoreError::Disk("an appended message".into(), error)
}

/// Delivers all of the messages, or none.
fn delivered(batch: Batch) -> ImapResult {
    let mailbox = Arc::clone(batch.mailbox());
    let count = batch.count();
    let uids = batch.commit()?;
    let reply = CommandReply::ok("APPEND completed");
    // Another client may have removed a message already; then there are too few UIDs to report.
    if uids.len() != count {
        return Ok(reply);
    }
    let validity = mailbox.refresh()?.uid_validity;
    let uids = SequenceSet::from_sorted(&uids);
    Ok(reply.with_code(Code::AppendUid(AppendUid { validity, uids })))
}
