//! The commands on messages of the open mailbox, by UID (RFC 3501 §6.4).

use std::io::Write;

use super::mailboxes::fetched;
use super::reply::{self, BodySink};
use super::{ImapClient, label};
use crate::client::ClientError;
use crate::mail::message::{FlagChange, Flags};
use crate::mail::protocol::imap::command::{CopyMessages, StoreFlags};
use crate::mail::protocol::imap::response::{Attribute, Code, CopyUid, Envelope, Response};
use crate::mail::protocol::imap::{
    Command, DateTime, FetchItem, MailboxName, Section, SequenceSet,
};

/// What FETCH returns about one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its number, which may change with the next EXPUNGE.
    pub number: u32,
    /// The data items, in the server's order.
    pub attributes: Vec<Attribute>,
}

impl Fetched {
    /// Returns its UID, or 0, which no message has, if the server did not send it.
    #[must_use]
    pub fn uid(&self) -> u32 {
        let uid = self.find(|attribute| match attribute {
            Attribute::Uid(uid) => Some(*uid),
            _ => None,
        });
        uid.unwrap_or(0)
    }

    /// Returns its flags.
    #[must_use]
    pub fn flags(&self) -> Option<Flags> {
        self.find(|attribute| match attribute {
            Attribute::Flags(list) => Some(list.flags()),
            _ => None,
        })
    }

    /// Returns the time when it arrived.
    #[must_use]
    pub fn internal_date(&self) -> Option<DateTime> {
        self.find(|attribute| match attribute {
            Attribute::InternalDate(date) => Some(*date),
            _ => None,
        })
    }

    /// Returns its size in octets.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.find(|attribute| match attribute {
            Attribute::Rfc822Size(octets) => Some(*octets),
            _ => None,
        })
    }

    /// Returns the main fields of its header.
    #[must_use]
    pub fn envelope(&self) -> Option<&Envelope> {
        self.find(|attribute| match attribute {
            Attribute::Envelope(envelope) => Some(&**envelope),
            _ => None,
        })
    }

    /// Returns the first part that `BODY[…]` asked for.
    #[must_use]
    pub fn section(&self) -> Option<&[u8]> {
        self.find(|attribute| match attribute {
            Attribute::Section { octets, .. } => octets.as_deref(),
            _ => None,
        })
    }

    fn find<'a, T>(&'a self, select: impl Fn(&'a Attribute) -> Option<T>) -> Option<T> {
        self.attributes.iter().find_map(select)
    }
}

impl ImapClient {
    /// Fetches data items of messages, always with their UIDs.
    ///
    /// The items are kept in memory; for whole messages use [`ImapClient::fetch_body`].
    ///
    /// # Errors
    /// When no mailbox is open, or the reply is larger than [`ANSWER`](crate::limits::ANSWER).
    pub fn fetch(
        &mut self,
        uids: &SequenceSet,
        items: &[FetchItem],
    ) -> Result<Vec<Fetched>, ClientError> {
        let command = Command::Fetch { uid: true, set: uids.clone().into(), items: items.to_vec() };
        Ok(fetched(self.execute(&command)?.0))
    }

    /// Copies a message to `out` as it arrives, without marking it as read; returns its octets.
    ///
    /// # Errors
    /// When there is no such message, `out` fails, or the connection is cut.
    pub fn fetch_body(&mut self, uid: u32, out: &mut dyn Write) -> Result<u64, ClientError> {
        self.fetch_section(uid, Section::default(), out)
    }

    /// Copies a section of a message to `out`: a part in its encoded form (RFC 3501 §6.4.5).
    ///
    /// # Errors
    /// As [`ImapClient::fetch_body`].
    pub fn fetch_section(
        &mut self,
        uid: u32,
        section: Section,
        out: &mut dyn Write,
    ) -> Result<u64, ClientError> {
        let name = format!("BODY[{section}]");
        let command = Command::Fetch {
            uid: true,
            set: SequenceSet::from_sorted(&[uid]).into(),
            items: vec![FetchItem::BodySection { peek: true, section, partial: None }],
        };
        let mut body = BodySink { name, out, copied: None };
        let text = self.tagged(&command);
        self.socket.send_line(text.as_bytes())?;
        let reply = reply::reply(&mut self.socket, Some(&mut body))?;
        let (responses, _) = self.finish(&label(&command), reply)?;
        let message = fetched(responses).into_iter().find(|message| message.section().is_some());
        let Some(message) = message else {
            return Err(ClientError::Refused {
                server: self.socket.endpoint().to_string(),
                command: label(&command),
                reply: "there is no such message".to_owned(),
                transient: false,
            });
        };
        if message.uid() != uid {
            return Err(self.socket.unexpected("a message that was not requested"));
        }
        body.end(message.section().unwrap_or_default())
    }

    /// Changes flags; returns what the server reports about the messages.
    ///
    /// # Errors
    /// When the mailbox is open for reading only, or none is open.
    pub fn store(
        &mut self,
        uids: &SequenceSet,
        change: FlagChange,
    ) -> Result<Vec<Fetched>, ClientError> {
        let command = Command::Store(StoreFlags {
            uid: true,
            set: uids.clone().into(),
            change,
            silent: false,
        });
        Ok(fetched(self.execute(&command)?.0))
    }

    /// Copies messages into a mailbox; returns the UIDs of the copies if the server sends them (RFC 4315).
    ///
    /// # Errors
    /// When there is no such mailbox; then no message was copied (RFC 3501 §6.4.7).
    pub fn copy(
        &mut self,
        uids: &SequenceSet,
        mailbox: &str,
    ) -> Result<Option<CopyUid>, ClientError> {
        self.execute_copy(&Command::Copy(CopyMessages {
            uid: true,
            set: uids.clone().into(),
            mailbox: MailboxName::new(mailbox),
        }))
    }

    /// Moves messages into a mailbox; returns their new UIDs if the server sends them (RFC 6851).
    ///
    /// # Errors
    /// When there is no such mailbox, or the server does not know MOVE.
    pub fn move_to(
        &mut self,
        uids: &SequenceSet,
        mailbox: &str,
    ) -> Result<Option<CopyUid>, ClientError> {
        self.execute_copy(&Command::Move(CopyMessages {
            uid: true,
            set: uids.clone().into(),
            mailbox: MailboxName::new(mailbox),
        }))
    }

    /// Executes COPY or MOVE and returns COPYUID. It is in the tagged response, and for MOVE in an
    /// untagged one before it (RFC 6851 §4.3).
    fn execute_copy(&mut self, command: &Command) -> Result<Option<CopyUid>, ClientError> {
        let (responses, tagged) = self.execute(command)?;
        let untagged = responses.into_iter().filter_map(|response| match response {
            Response::Untagged(status) => Some(status),
            _ => None,
        });
        let mut codes = untagged.chain([tagged]).filter_map(|status| status.code);
        Ok(codes.find_map(|code| match code {
            Code::CopyUid(copies) => Some(copies),
            _ => None,
        }))
    }
}
