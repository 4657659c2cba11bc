//! The verbs on the messages of the mailbox that is open (RFC 3501 §6.4), by UID.

use std::io::Write;

use super::mailboxes::fetched;
use super::reply::{self, Body};
use super::{ImapClient, label};
use crate::client::ClientError;
use crate::mail::message::{FlagChange, Flags};
use crate::mail::protocol::imap::response::{Attribute, Code, CopyUid, Envelope, Response, Status};
use crate::mail::protocol::imap::{
    Command, DateTime, FetchItem, MailboxName, Section, SequenceSet,
};

/// What FETCH tells of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its number, which is another after the next EXPUNGE.
    pub number: u32,
    /// The facts, in the server's order.
    pub attributes: Vec<Attribute>,
}

impl Fetched {
    /// Its UID; 0, which no message has, if the server does not tell.
    #[must_use]
    pub fn uid(&self) -> u32 {
        let uid = self.find(|attribute| match attribute {
            Attribute::Uid(uid) => Some(*uid),
            _ => None,
        });
        uid.unwrap_or(0)
    }

    /// Its flags.
    #[must_use]
    pub fn flags(&self) -> Option<Flags> {
        self.find(|attribute| match attribute {
            Attribute::Flags(list) => Some(list.flags()),
            _ => None,
        })
    }

    /// When it came.
    #[must_use]
    pub fn internal_date(&self) -> Option<DateTime> {
        self.find(|attribute| match attribute {
            Attribute::InternalDate(date) => Some(*date),
            _ => None,
        })
    }

    /// Its octets.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.find(|attribute| match attribute {
            Attribute::Rfc822Size(octets) => Some(*octets),
            _ => None,
        })
    }

    /// The main fields of its header.
    #[must_use]
    pub fn envelope(&self) -> Option<&Envelope> {
        self.find(|attribute| match attribute {
            Attribute::Envelope(envelope) => Some(&**envelope),
            _ => None,
        })
    }

    /// The first part of it that was asked for by `BODY[…]`.
    #[must_use]
    pub fn section(&self) -> Option<&[u8]> {
        self.find(|attribute| match attribute {
            Attribute::Section { octets, .. } => octets.as_deref(),
            _ => None,
        })
    }

    fn find<'a, T>(&'a self, fact: impl Fn(&'a Attribute) -> Option<T>) -> Option<T> {
        self.attributes.iter().find_map(fact)
    }
}

impl ImapClient {
    /// Facts of messages, UIDs among them. What is asked for is kept in memory: for whole messages
    /// use [`ImapClient::fetch_body`].
    ///
    /// # Errors
    /// When no mailbox is open, or the answer is larger than [`ANSWER`](crate::limits::ANSWER).
    pub fn fetch(
        &mut self,
        uids: &SequenceSet,
        items: &[FetchItem],
    ) -> Result<Vec<Fetched>, ClientError> {
        let command = Command::Fetch {
            uid: true,
            set: uids.clone().into(),
            items: items.to_vec(),
        };
        Ok(fetched(self.execute(&command)?.0))
    }

    /// Copies a message to `out` as it comes, and does not mark it as read; returns its octets.
    ///
    /// # Errors
    /// When there is no such message, `out` fails, or the connection is cut.
    pub fn fetch_body(&mut self, uid: u32, out: &mut dyn Write) -> Result<u64, ClientError> {
        self.fetch_section(uid, Section::default(), out)
    }

    /// The same with a section of it: a part, as it is encoded (RFC 3501 §6.4.5).
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
            items: vec![FetchItem::BodySection {
                peek: true,
                section,
                partial: None,
            }],
        };
        let mut body = Body {
            name,
            out,
            copied: None,
        };
        let (tag, text) = self.tagged(&command)?;
        self.socket.send_line(text.as_bytes())?;
        let reply = reply::reply(&mut self.socket, Some(&mut body))?;
        let (responses, _) = self.finish(&label(&command), &tag, reply)?;
        let message = fetched(responses)
            .into_iter()
            .find(|message| message.section().is_some());
        let Some(message) = message else {
            return Err(ClientError::Refused {
                server: self.socket.endpoint().to_string(),
                command: label(&command),
                reply: "there is no such message".to_owned(),
                transient: false,
            });
        };
        if message.uid() != uid {
            return Err(self.socket.unexpected("a message that was not asked for"));
        }
        body.end(message.section().unwrap_or_default())
    }

    /// Changes flags; returns what the server tells of the messages.
    ///
    /// # Errors
    /// When the mailbox is open for reading only, or none is open.
    pub fn store(
        &mut self,
        uids: &SequenceSet,
        change: FlagChange,
    ) -> Result<Vec<Fetched>, ClientError> {
        let command = Command::Store {
            uid: true,
            set: uids.clone().into(),
            change,
            silent: false,
        };
        Ok(fetched(self.execute(&command)?.0))
    }

    /// Copies messages into a mailbox; returns where the copies are, if the server tells (RFC 4315).
    ///
    /// # Errors
    /// When there is no such mailbox; then none was copied (RFC 3501 §6.4.7).
    pub fn copy(
        &mut self,
        uids: &SequenceSet,
        mailbox: &str,
    ) -> Result<Option<CopyUid>, ClientError> {
        let command = Command::Copy {
            uid: true,
            set: uids.clone().into(),
            mailbox: MailboxName::new(mailbox),
        };
        let (responses, status) = self.execute(&command)?;
        Ok(copies(responses, status))
    }

    /// Moves messages into a mailbox; returns where they are now, if the server tells (RFC 6851).
    ///
    /// # Errors
    /// When there is no such mailbox, or the server does not know MOVE.
    pub fn move_to(
        &mut self,
        uids: &SequenceSet,
        mailbox: &str,
    ) -> Result<Option<CopyUid>, ClientError> {
        let command = Command::Move {
            uid: true,
            set: uids.clone().into(),
            mailbox: MailboxName::new(mailbox),
        };
        let (responses, status) = self.execute(&command)?;
        Ok(copies(responses, status))
    }
}

/// COPYUID stands in the tagged response, and of MOVE in an untagged one before (RFC 6851 §4.3).
fn copies(responses: Vec<Response>, tagged: Status) -> Option<CopyUid> {
    let untagged = responses.into_iter().filter_map(|response| match response {
        Response::Untagged(status) => Some(status),
        _ => None,
    });
    let mut codes = untagged.chain([tagged]).filter_map(|status| status.code);
    codes.find_map(|code| match code {
        Code::CopyUid(copies) => Some(copies),
        _ => None,
    })
}
