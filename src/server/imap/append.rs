//! APPEND: a message goes from the connection to the store as it comes (RFC 3501 §6.3.11, APPENDUID:
//! RFC 4315 §3). It never stands in a command's buffer, and is delivered only when the command is
//! whole: a connection that is cut before delivers nothing.

use std::io::{self, Read, Write};
use std::sync::Arc;

use super::answer::{Answer, Answered};
use super::literal::{Gathering, ask_for};
use super::merge::Telling;
use super::session::{Expecting, ImapServer};
use crate::limits;
use crate::protocol::imap::append::{Append, Appended};
use crate::protocol::imap::{BadCommand, Literal};
use crate::server::Reply;
use crate::store::{Delivery, Mailbox, StoreError};

/// An APPEND whose message is on its way.
pub(super) struct Appending {
    tag: String,
    mailbox: Arc<Mailbox>,
    /// `Err` once the disk has failed: then the rest is skipped.
    delivery: Result<Delivery, StoreError>,
}

impl ImapServer {
    /// The literal that is announced is a message. Whatever can be refused is refused before the
    /// client sends it.
    pub(super) fn append(&mut self, gathering: Gathering, literal: Literal) -> Reply {
        match self.begin_append(&gathering, literal) {
            Ok(appending) => {
                self.expecting = Expecting::Append(Box::new(appending));
                ask_for(literal)
            }
            Err(refusal) => self.refuse(&gathering, Some(literal), refusal),
        }
    }

    fn begin_append(
        &mut self,
        gathering: &Gathering,
        literal: Literal,
    ) -> Result<Appending, Answer> {
        let account = self.account()?.clone();
        let bad = |error: BadCommand| Answer::bad(error.to_string());
        let append = Append::parse(self.enabled.alphabet(), gathering.octets());
        let (tag, Append { mailbox, message }) = append.map_err(bad)?;
        if literal.octets > self.site.limits.message_size {
            let most = self.site.limits.message_size;
            return Err(Answer::no(format!(
                "[TOOBIG] a message has at most {most} octets"
            )));
        }
        if literal.octets == 0 {
            return Err(Answer::no("a message without a single octet is none"));
        }
        let mailbox = account
            .mailbox(mailbox.as_str())
            .map_err(Answer::try_create)?;
        let Appended { flags, date, .. } = message;
        let delivery = Delivery::begin(vec![Arc::clone(&mailbox)])?;
        Ok(Appending {
            tag: tag.to_string(),
            mailbox,
            delivery: Ok(delivery.with(flags, date.map(Into::into))),
        })
    }

    /// Takes the message. Only the connection's failures are errors here.
    pub(super) fn append_message(
        &mut self,
        mut appending: Box<Appending>,
        body: &mut dyn Read,
    ) -> io::Result<Reply> {
        let mut buffer = vec![0; limits::BUFFER];
        while let Ok(delivery) = &mut appending.delivery {
            let got = match body.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                got => got?,
            };
            let Some(octets) = buffer.get(..got).filter(|octets| !octets.is_empty()) else {
                break;
            };
            if let Err(error) = delivery.write_all(octets) {
                appending.delivery = Err(StoreError::Disk("a message on its way".into(), error));
            }
        }
        self.expecting = Expecting::Append(appending);
        Ok(Reply::silent())
    }

    /// Takes the line behind the message; it ends the command.
    pub(super) fn append_end(&mut self, appending: Appending, line: &[u8]) -> Reply {
        let tag = appending.tag.clone();
        if !line.is_empty() {
            let refusal = Answer::bad("expected the end of APPEND behind the message");
            return self.skip_line(tag, refusal, line);
        }
        let answered = end_append(appending);
        self.conclude(&tag, Telling::ALL, answered)
    }
}

fn end_append(appending: Appending) -> Answered {
    let name = appending.delivery?.commit()?;
    let snapshot = appending.mailbox.refresh()?;
    // Another client may have removed the message already; then there is no UID to tell.
    let code = snapshot.find(&name).map_or_else(String::new, |message| {
        format!("[APPENDUID {} {}] ", snapshot.uid_validity, message.uid)
    });
    Ok(Answer::ok(format!("{code}APPEND completed")))
}
