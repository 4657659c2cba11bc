//! The verbs on mailboxes (RFC 3501 §6.3), and what is known of the one that is open.

use std::io::{Read, Seek};

use super::{Fetched, ImapClient, label};
use crate::client::ClientError;
use crate::client::crlf::{self, Crlf};
use crate::mail::message::Flags;
use crate::mail::protocol::imap::flags::FlagList;
use crate::mail::protocol::imap::list::{ListOptions, ListReturn};
use crate::mail::protocol::imap::response::{
    AppendUid, Code, Listed, MailboxStatus, Namespaces, Response, Status,
};
use crate::mail::protocol::imap::{
    Append, AppendForm, AppendedMessage, Command, DateTime, List, Literal, MailboxName,
    SequenceSet, StatusItem,
};

/// The mailbox that is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// How many messages it has.
    pub exists: u32,
    /// How many of them no other session was told of.
    pub recent: u32,
    /// Changes when the UIDs start anew; 0 if the server does not tell.
    pub uid_validity: u32,
    /// At least this UID will the next message have; 0 if the server does not tell.
    pub uid_next: u32,
    /// The number of the first message that has not been read.
    pub first_unseen: Option<u32>,
    /// The flags that its messages have.
    pub flags: FlagList,
    /// Those of them that last.
    pub permanent_flags: FlagList,
    /// Is it open for reading only?
    pub read_only: bool,
}

impl Mailbox {
    /// Takes in what the server tells.
    pub(super) fn notice(&mut self, response: &Response) {
        match response {
            Response::Exists(messages) => self.exists = *messages,
            Response::Recent(messages) => self.recent = *messages,
            Response::Expunge(_) => self.exists = self.exists.saturating_sub(1),
            Response::Flags(flags) => self.flags = flags.clone(),
            Response::Untagged(status) => self.notice_code(status),
            _ => {}
        }
    }

    fn notice_code(&mut self, status: &Status) {
        match &status.code {
            Some(Code::UidValidity(validity)) => self.uid_validity = *validity,
            Some(Code::UidNext(uid)) => self.uid_next = *uid,
            Some(Code::Unseen(number)) => self.first_unseen = Some(*number),
            Some(Code::PermanentFlags(flags)) => self.permanent_flags = flags.clone(),
            Some(Code::ReadOnly) => self.read_only = true,
            _ => {}
        }
    }
}

impl ImapClient {
    /// Opens a mailbox, named in Unicode.
    ///
    /// # Errors
    /// When there is none; then no mailbox is open any more (RFC 3501 §6.3.1).
    pub fn select(&mut self, mailbox: &str) -> Result<&Mailbox, ClientError> {
        self.open(&Command::Select(MailboxName::new(mailbox)))
    }

    /// Opens a mailbox for reading only.
    ///
    /// # Errors
    /// As [`ImapClient::select`].
    pub fn examine(&mut self, mailbox: &str) -> Result<&Mailbox, ClientError> {
        self.open(&Command::Examine(MailboxName::new(mailbox)))
    }

    fn open(&mut self, command: &Command) -> Result<&Mailbox, ClientError> {
        self.mailbox = None;
        let (responses, status) = self.execute(command)?;
        let mut mailbox = Mailbox::default();
        responses
            .iter()
            .for_each(|response| mailbox.notice(response));
        mailbox.notice_code(&status);
        Ok(self.mailbox.insert(mailbox))
    }

    /// The mailboxes whose names are such: `*` stands for anything, `%` for anything within a level.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn list(&mut self, pattern: &str) -> Result<Vec<Listed>, ClientError> {
        let (responses, _) = self.execute(&Command::List(List::simple(pattern)))?;
        let listed = responses.into_iter().filter_map(|response| match response {
            Response::List(listed) => Some(listed),
            _ => None,
        });
        Ok(listed.collect())
    }

    /// The same with facts of each that can be opened: in one answer where the server offers
    /// LIST-STATUS (RFC 5819), otherwise one after the other.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn list_status(
        &mut self,
        pattern: &str,
        items: &[StatusItem],
    ) -> Result<Vec<(Listed, Option<MailboxStatus>)>, ClientError> {
        if !self.capabilities()?.has("LIST-STATUS") {
            let listed = self.list(pattern)?.into_iter();
            return listed
                .map(|listed| match listed.has("\\Noselect") {
                    true => Ok((listed, None)),
                    false => {
                        let status = self.status(listed.name.as_str(), items)?;
                        Ok((listed, Some(status)))
                    }
                })
                .collect();
        }
        let mut tell = vec![ListReturn::Status(items.to_vec())];
        // RFC 6154 §2: who asks for something asks for this, too, or it may not be told.
        if self.capabilities()?.has("SPECIAL-USE") {
            tell.push(ListReturn::SpecialUse);
        }
        let list = List {
            options: Some(ListOptions {
                select: Vec::new(),
                tell,
            }),
            ..List::simple(pattern)
        };
        let (mut listed, mut facts) = (Vec::new(), Vec::new());
        for response in self.execute(&Command::List(list))?.0 {
            match response {
                Response::List(one) => listed.push(one),
                Response::Status(status) => facts.push(status),
                _ => {}
            }
        }
        let with_facts = |listed: Listed| {
            let of_it = |status: &&MailboxStatus| status.mailbox == listed.name;
            let status = facts.iter().find(of_it).cloned();
            (listed, status)
        };
        Ok(listed.into_iter().map(with_facts).collect())
    }

    /// Facts of a mailbox without opening it.
    ///
    /// # Errors
    /// When there is no such mailbox.
    pub fn status(
        &mut self,
        mailbox: &str,
        items: &[StatusItem],
    ) -> Result<MailboxStatus, ClientError> {
        let (mailbox, items) = (MailboxName::new(mailbox), items.to_vec());
        let (responses, _) = self.execute(&Command::Status { mailbox, items })?;
        let mut told = responses.into_iter().filter_map(|response| match response {
            Response::Status(status) => Some(status),
            _ => None,
        });
        let status = told.next();
        status.ok_or_else(|| self.socket.unexpected("STATUS without facts"))
    }

    /// Where mailboxes are (RFC 2342).
    ///
    /// # Errors
    /// When the server does not know NAMESPACE.
    pub fn namespace(&mut self) -> Result<Namespaces, ClientError> {
        let (responses, _) = self.execute(&Command::Namespace)?;
        let told = responses.into_iter().find_map(|response| match response {
            Response::Namespace(namespaces) => Some(namespaces),
            _ => None,
        });
        Ok(told.unwrap_or_default())
    }

    /// Gives a mailbox another name; with INBOX, its messages move (RFC 3501 §6.3.5).
    ///
    /// # Errors
    /// When there is none, or one of the new name.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), ClientError> {
        let (from, to) = (MailboxName::new(from), MailboxName::new(to));
        self.execute(&Command::Rename { from, to }).map(drop)
    }

    /// Makes a mailbox.
    ///
    /// # Errors
    /// When there is one, or the name is bad.
    pub fn create(&mut self, mailbox: &str) -> Result<(), ClientError> {
        let create = |mailbox| Command::Create {
            mailbox,
            uses: Vec::new(),
        };
        self.on_name(create, mailbox)
    }

    /// Removes a mailbox and its messages.
    ///
    /// # Errors
    /// When there is none, or it cannot be removed.
    pub fn delete(&mut self, mailbox: &str) -> Result<(), ClientError> {
        self.on_name(Command::Delete, mailbox)
    }

    /// Subscribes to a mailbox.
    ///
    /// # Errors
    /// When the server does not allow it.
    pub fn subscribe(&mut self, mailbox: &str) -> Result<(), ClientError> {
        self.on_name(Command::Subscribe, mailbox)
    }

    /// Ends a subscription.
    ///
    /// # Errors
    /// When there is none.
    pub fn unsubscribe(&mut self, mailbox: &str) -> Result<(), ClientError> {
        self.on_name(Command::Unsubscribe, mailbox)
    }

    fn on_name(
        &mut self,
        command: fn(MailboxName) -> Command,
        mailbox: &str,
    ) -> Result<(), ClientError> {
        self.execute(&command(MailboxName::new(mailbox))).map(drop)
    }

    /// Puts a message into a mailbox, its line endings made CRLF; returns where it is, if the server
    /// tells (RFC 4315). Without a date it has come now. When reading it fails the connection is cut, so that no half message stays.
    ///
    /// # Errors
    /// When there is no such mailbox, the message is refused, or it cannot be read.
    pub fn append<M: Read + Seek>(
        &mut self,
        mailbox: &str,
        flags: &Flags,
        date: Option<DateTime>,
        message: &mut M,
    ) -> Result<Option<AppendUid>, ClientError> {
        let octets = crlf::measure(message).map_err(ClientError::Local)?.octets;
        let command = Command::Append(Append {
            mailbox: MailboxName::new(mailbox),
            message: AppendedMessage {
                flags: flags.clone(),
                date,
                form: AppendForm::Text,
                literal: Literal {
                    octets,
                    synchronising: true,
                },
            },
        });
        let (tag, reply) = self.begin(&command)?;
        self.go_on(&label(&command), &tag, reply)?;
        let sent = self.socket.send_all(&mut Crlf::new(message).take(octets))?;
        if sent < octets {
            return Err(self.socket.cut_short());
        }
        let reply = self.socket.send_message_receive_reply(b"")?;
        let (_, status) = self.finish(&label(&command), &tag, reply)?;
        Ok(match status.code {
            Some(Code::AppendUid(place)) => Some(place),
            _ => None,
        })
    }

    /// Removes the messages that are marked as deleted.
    ///
    /// # Errors
    /// When the mailbox is open for reading only, or none is open.
    pub fn expunge(&mut self) -> Result<(), ClientError> {
        self.execute(&Command::Expunge { uids: None }).map(drop)
    }

    /// The same of these messages only: what others have marked stays (RFC 4315 §2.1).
    ///
    /// # Errors
    /// As [`ImapClient::expunge`], and when the server does not know UIDPLUS.
    pub fn expunge_only(&mut self, uids: &SequenceSet) -> Result<(), ClientError> {
        let uids = Some(uids.clone().into());
        self.execute(&Command::Expunge { uids }).map(drop)
    }

    /// Leaves the mailbox, and removes nothing (RFC 3691).
    ///
    /// # Errors
    /// When none is open, or the server does not know UNSELECT.
    pub fn unselect(&mut self) -> Result<(), ClientError> {
        self.execute(&Command::Unselect)?;
        self.mailbox = None;
        Ok(())
    }

    /// Leaves the mailbox, and removes the messages that are marked as deleted.
    ///
    /// # Errors
    /// When none is open.
    pub fn close(&mut self) -> Result<(), ClientError> {
        self.execute(&Command::Close)?;
        self.mailbox = None;
        Ok(())
    }
}

/// What FETCH responses there are among these.
pub(super) fn fetched(responses: Vec<Response>) -> Vec<Fetched> {
    let fetched = responses.into_iter().filter_map(|response| match response {
        Response::Fetch(number, attributes) => Some(Fetched { number, attributes }),
        _ => None,
    });
    fetched.collect()
}
