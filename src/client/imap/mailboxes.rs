//! The commands on mailboxes (RFC 3501 §6.3), and the state of the open one.

use std::io::{Read, Seek};

use super::{Fetched, ImapClient, label};
use crate::client::ClientError;
use crate::client::outgoing;
use crate::client::socket::transfer::measure;
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
pub struct OpenMailbox {
    /// How many messages it has.
    pub exists: u32,
    /// How many of them no other session has seen.
    pub recent: u32,
    /// UIDVALIDITY, or 0 if the server did not send it. It changes when all UIDs are assigned anew.
    pub uid_validity: u32,
    /// UIDNEXT, or 0 if the server did not send it: the next message has at least this UID.
    pub uid_next: u32,
    /// The number of the first message that has not been read.
    pub first_unseen: Option<u32>,
    /// The flags that its messages can have.
    pub flags: FlagList,
    /// The flags that are kept after the session.
    pub permanent_flags: FlagList,
    /// True if it is open for reading only.
    pub read_only: bool,
}

impl OpenMailbox {
    /// Updates the state from a response.
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
    /// Opens a mailbox; its name is in Unicode.
    ///
    /// # Errors
    /// When there is no such mailbox; then no mailbox is open any more (RFC 3501 §6.3.1).
    pub fn select(&mut self, mailbox: &str) -> Result<&OpenMailbox, ClientError> {
        self.open(&Command::Select(MailboxName::new(mailbox)))
    }

    /// Opens a mailbox for reading only.
    ///
    /// # Errors
    /// As [`ImapClient::select`].
    pub fn examine(&mut self, mailbox: &str) -> Result<&OpenMailbox, ClientError> {
        self.open(&Command::Examine(MailboxName::new(mailbox)))
    }

    fn open(&mut self, command: &Command) -> Result<&OpenMailbox, ClientError> {
        self.mailbox = None;
        let (responses, status) = self.execute(command)?;
        let mut mailbox = OpenMailbox::default();
        for response in &responses {
            mailbox.notice(response);
        }
        mailbox.notice_code(&status);
        Ok(self.mailbox.insert(mailbox))
    }

    /// Returns the mailboxes whose names match: `*` means any text, `%` any text within a level.
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

    /// Returns the matching mailboxes, with the status of each that can be opened.
    ///
    /// A server with LIST-STATUS (RFC 5819) sends all of it in one reply; another one is asked for each
    /// mailbox.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn list_status(
        &mut self,
        pattern: &str,
        items: &[StatusItem],
    ) -> Result<Vec<(Listed, Option<MailboxStatus>)>, ClientError> {
        if !self.capabilities()?.has("LIST-STATUS") {
            return self.list_then_status(pattern, items);
        }
        let mut tell = vec![ListReturn::Status(items.to_vec())];
        // RFC 6154 §2: a server may leave SPECIAL-USE out of an extended LIST unless it is requested.
        if self.capabilities()?.has("SPECIAL-USE") {
            tell.push(ListReturn::SpecialUse);
        }
        let list = List {
            options: Some(ListOptions { select: Vec::new(), tell }),
            ..List::simple(pattern)
        };
        let mut listed = Vec::new();
        let mut statuses = Vec::new();
        for response in self.execute(&Command::List(list))?.0 {
            match response {
                Response::List(one) => listed.push(one),
                Response::Status(status) => statuses.push(status),
                _ => {}
            }
        }
        let with_status = |listed: Listed| {
            let of_it = |status: &&MailboxStatus| status.mailbox == listed.name;
            let status = statuses.iter().find(of_it).cloned();
            (listed, status)
        };
        Ok(listed.into_iter().map(with_status).collect())
    }

    /// Asks for the status of each listed mailbox, one after the other.
    fn list_then_status(
        &mut self,
        pattern: &str,
        items: &[StatusItem],
    ) -> Result<Vec<(Listed, Option<MailboxStatus>)>, ClientError> {
        let mut rows = Vec::new();
        for listed in self.list(pattern)? {
            let mut status = None;
            if !listed.has("\\Noselect") {
                status = Some(self.status(listed.name.as_str(), items)?);
            }
            rows.push((listed, status));
        }
        Ok(rows)
    }

    /// Returns the status of a mailbox without opening it.
    ///
    /// # Errors
    /// When there is no such mailbox.
    pub fn status(
        &mut self,
        mailbox: &str,
        items: &[StatusItem],
    ) -> Result<MailboxStatus, ClientError> {
        let (responses, _) = self.execute(&Command::Status {
            mailbox: MailboxName::new(mailbox),
            items: items.to_vec(),
        })?;
        let mut statuses = responses.into_iter().filter_map(|response| match response {
            Response::Status(status) => Some(status),
            _ => None,
        });
        let status = statuses.next();
        status.ok_or_else(|| self.socket.unexpected("STATUS without a status"))
    }

    /// Returns the namespaces: which mailboxes are one's own, and which are shared (RFC 2342).
    ///
    /// # Errors
    /// When the server does not know NAMESPACE.
    pub fn namespace(&mut self) -> Result<Namespaces, ClientError> {
        let (responses, _) = self.execute(&Command::Namespace)?;
        let namespaces = responses.into_iter().find_map(|response| match response {
            Response::Namespace(namespaces) => Some(namespaces),
            _ => None,
        });
        Ok(namespaces.unwrap_or_default())
    }

    /// Renames a mailbox; INBOX stays, and its messages move (RFC 3501 §6.3.5).
    ///
    /// # Errors
    /// When there is no such mailbox, or the new name is taken.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), ClientError> {
        self.execute(&Command::Rename { from: MailboxName::new(from), to: MailboxName::new(to) })?;
        Ok(())
    }

    /// Creates a mailbox.
    ///
    /// # Errors
    /// When it exists already, or the name is invalid.
    pub fn create(&mut self, mailbox: &str) -> Result<(), ClientError> {
        let create = |mailbox| Command::Create { mailbox, uses: Vec::new() };
        self.on_name(create, mailbox)
    }

    /// Deletes a mailbox and its messages.
    ///
    /// # Errors
    /// When there is no such mailbox, or it cannot be removed.
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
    /// When there is no such subscription.
    pub fn unsubscribe(&mut self, mailbox: &str) -> Result<(), ClientError> {
        self.on_name(Command::Unsubscribe, mailbox)
    }

    fn on_name(
        &mut self,
        command: fn(MailboxName) -> Command,
        mailbox: &str,
    ) -> Result<(), ClientError> {
        self.execute(&command(MailboxName::new(mailbox)))?;
        Ok(())
    }

    /// Appends a message to a mailbox, with CRLF line endings.
    ///
    /// Returns its UID if the server sends it (RFC 4315). Without a date, the message has arrived now. If
    /// the message cannot be read to its end, the connection is cut, so that no part of it is kept.
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
        let octets = measure(message).map_err(ClientError::Local)?.octets;
        let command = Command::Append(Append {
            mailbox: MailboxName::new(mailbox),
            message: AppendedMessage {
                flags: flags.clone(),
                date,
                form: AppendForm::Text,
                literal: Literal { octets, synchronising: true },
            },
        });
        let reply = self.begin(&command)?;
        self.check_continue(&label(&command), reply)?;
        let sent = self.socket.send_all(&mut outgoing(message).take(octets))?;
        if sent < octets {
            return Err(self.socket.cut_short());
        }
        let reply = self.socket.send_message_receive_reply(b"")?;
        let (_, status) = self.finish(&label(&command), reply)?;
        Ok(match status.code {
            Some(Code::AppendUid(place)) => Some(place),
            _ => None,
        })
    }

    /// Removes the messages with the flag `\Deleted`.
    ///
    /// # Errors
    /// When the mailbox is open for reading only, or none is open.
    pub fn expunge(&mut self) -> Result<(), ClientError> {
        self.execute(&Command::Expunge { uids: None })?;
        Ok(())
    }

    /// Removes these messages only, if they have the flag `\Deleted` (RFC 4315 §2.1).
    ///
    /// # Errors
    /// As [`ImapClient::expunge`], and when the server does not know UIDPLUS.
    pub fn expunge_only(&mut self, uids: &SequenceSet) -> Result<(), ClientError> {
        let uids = Some(uids.clone().into());
        self.execute(&Command::Expunge { uids })?;
        Ok(())
    }

    /// Closes the mailbox without removing messages (RFC 3691).
    ///
    /// # Errors
    /// When no mailbox is open, or the server does not know UNSELECT.
    pub fn unselect(&mut self) -> Result<(), ClientError> {
        self.execute(&Command::Unselect)?;
        self.mailbox = None;
        Ok(())
    }

    /// Closes the mailbox, and removes the messages with the flag `\Deleted`.
    ///
    /// # Errors
    /// When no mailbox is open.
    pub fn close(&mut self) -> Result<(), ClientError> {
        self.execute(&Command::Close)?;
        self.mailbox = None;
        Ok(())
    }
}

/// Returns the FETCH responses among these.
pub(super) fn fetched(responses: Vec<Response>) -> Vec<Fetched> {
    let fetched = responses.into_iter().filter_map(|response| match response {
        Response::Fetch(number, attributes) => Some(Fetched { number, attributes }),
        _ => None,
    });
    fetched.collect()
}
