//! APPEND: messages go from the connection to the store as they come (RFC 3501 §6.3.11, several of
//! them: RFC 3502, with NUL in them: RFC 3516 §4.4, APPENDUID: RFC 4315 §3). They never stand in a
//! command's buffer, and are delivered, all or none, only when the command is whole: a connection that
//! is cut before delivers nothing.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;

use crate::limits;
use crate::mail::message::textual;
use crate::mail::net::pieces::next_piece;
use crate::mail::protocol::imap::append::{Append, AppendForm, AppendedMessage};
use crate::mail::protocol::imap::{BadCommand, Literal, SequenceSet};
use crate::mail::store::{Batch, Delivery, StoreError};
use crate::server::Reply;
use crate::server::imap::literal::{IncomingCommand, ask_for};
use crate::server::imap::reply::{CommandReply, CommandResult};
use crate::server::imap::session::{Expecting, ImapServer};
use crate::server::imap::updates::PendingUpdates;

/// An APPEND whose messages are on their way.
pub(crate) struct Appending {
    tag: String,
    batch: Batch,
    /// What stands before the message whose octets come now, or came last.
    message: AppendedMessage,
    /// Where they go; `Err` once the disk has failed: then the rest is skipped.
    sink: Result<AppendSink, StoreError>,
}

/// Where a message goes as it comes.
struct AppendSink {
    delivery: Delivery,
    /// A `literal8` comes here first: what is binary in it is found when it is whole.
    scratch: Option<File>,
}

impl ImapServer {
    /// The literal that is announced is a message. Whatever can be refused is refused before the
    /// client sends it.
    pub(crate) fn append(&mut self, gathering: &IncomingCommand, literal: Literal) -> Reply {
        match self.begin_append(gathering) {
            Ok(appending) => {
                self.expecting = Expecting::Append(Box::new(appending));
                ask_for(literal)
            }
            Err(refusal) => self.refuse(gathering.tag(), literal, refusal),
        }
    }

    fn begin_append(&mut self, gathering: &IncomingCommand) -> Result<Appending, CommandReply> {
        let account = self.account()?.clone();
        let bad = |error: BadCommand| CommandReply::bad(error.to_string());
        let append = Append::parse(self.enabled.alphabet(), gathering.octets());
        let (tag, Append { mailbox, message }) = append.map_err(bad)?;
        let mailbox = account.mailbox(mailbox.as_str());
        let batch = Batch::new(mailbox.map_err(CommandReply::try_create)?);
        Ok(Appending {
            tag: tag.to_string(),
            sink: Ok(self.admit(&message, &batch)?),
            message,
            batch,
        })
    }

    /// A message that is announced, and may come.
    fn admit(&self, message: &AppendedMessage, batch: &Batch) -> Result<AppendSink, CommandReply> {
        let most = self.site.limits.message_size;
        if message.literal.octets > most {
            let text = format!("[TOOBIG] a message has at most {most} octets");
            return Err(CommandReply::no(text));
        }
        // RFC 3502 §6.3.11: with this, a client takes an APPEND of several messages back.
        if message.literal.octets == 0 {
            return Err(CommandReply::no("a message without a single octet is none"));
        }
        if batch.count() == limits::APPENDED {
            let text = format!("[LIMIT] at most {} messages at once", limits::APPENDED);
            return Err(CommandReply::no(text));
        }
        if message.form == AppendForm::Utf8 && !self.enabled.utf8_accept() {
            return Err(CommandReply::bad("expected ENABLE UTF8=ACCEPT before UTF8"));
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
                appending.sink = Err(on_its_way(error));
            }
        }
        self.expecting = Expecting::Append(appending);
        Ok(Reply::silent())
    }

    /// Takes the line behind a message: another message follows, or the command ends.
    pub(crate) fn append_end(&mut self, appending: Appending, line: &[u8]) -> Reply {
        let tag = appending.tag.clone();
        let next = match appending.message.parse_next(line) {
            Ok(next) => next,
            Err(error) => return self.skip_line(tag, CommandReply::bad(error.to_string()), line),
        };
        let batch = match appending.finish() {
            Ok(batch) => batch,
            Err(error) => return self.skip_line(tag, error.into(), line),
        };
        let Some(message) = next else {
            return self.conclude(&tag, PendingUpdates::ALL, delivered(batch));
        };
        match self.admit(&message, &batch) {
            Ok(sink) => {
                let literal = message.literal;
                self.expecting = Expecting::Append(Box::new(Appending {
                    tag,
                    batch,
                    message,
                    sink: Ok(sink),
                }));
                ask_for(literal)
            }
            Err(refusal) => self.skip_line(tag, refusal, line),
        }
    }
}

impl Appending {
    /// The message is whole.
    fn finish(self) -> Result<Batch, StoreError> {
        let (sink, mut batch) = (self.sink?, self.batch);
        batch.add(sink.whole()?)?;
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

    fn whole(mut self) -> Result<Delivery, StoreError> {
        if let Some(mut scratch) = self.scratch {
            textual::copy(&mut scratch, &mut self.delivery).map_err(on_its_way)?;
        }
        Ok(self.delivery)
    }
}

fn on_its_way(error: io::Error) -> StoreError {
    StoreError::Disk("a message on its way".into(), error)
}

/// All of the messages are there; or none is.
fn delivered(batch: Batch) -> CommandResult {
    let (mailbox, count) = (Arc::clone(batch.mailbox()), batch.count());
    let uids = batch.commit()?;
    // Another client may have removed one already; then there are not as many UIDs to tell.
    let code = match uids.len() == count {
        true => {
            let validity = mailbox.refresh()?.uid_validity;
            format!(
                "[APPENDUID {validity} {}] ",
                SequenceSet::from_sorted(&uids)
            )
        }
        false => String::new(),
    };
    Ok(CommandReply::ok(format!("{code}APPEND completed")))
}
