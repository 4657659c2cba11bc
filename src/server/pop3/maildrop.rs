//! The mailbox as one POP3 session sees it (RFC 1939 §5).
//!
//! It is locked, its messages are numbered from 1, and neither numbers nor sizes change until QUIT.
//! The lock keeps other POP3 sessions out. IMAP can still remove a message meanwhile: its number
//! stays, and a client that asks for it is told that the message is gone. As in Dovecot, retrieved
//! messages are marked as seen, so that other programs show them as read; this, too, waits for QUIT.
//!
//! A [`Mailbox`] belongs to the store (chapter 3). Here it is enough that it lists, opens and removes
//! messages.

use std::io;
use std::sync::Arc;

use super::top::Top;
use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::store::{
    Account, ExclusiveLock, Mailbox, Message, MessageReader, StoreError, Uid,
};

/// A locked INBOX.
pub(super) struct Maildrop {
    inbox: Arc<Mailbox>,
    uid_validity: u32,
    entries: Vec<MaildropEntry>,
    /// Unlocks the mailbox when it is dropped; the last field is dropped last.
    _lock: ExclusiveLock,
}

/// A message of a maildrop.
pub(super) struct MaildropEntry {
    message: Arc<Message>,
    /// The octets of the message, before dot-stuffing.
    pub(super) size: u64,
    deleted: bool,
    retrieved: bool,
}

/// Why a mailbox cannot be opened.
pub(super) enum OpenError {
    /// Another POP3 session uses it.
    InUse,
    /// It cannot be read.
    Disk(StoreError),
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> OpenError {
        OpenError::Disk(error)
    }
}

/// Why a command cannot use a message.
pub(super) enum MessageError {
    /// No message has this number.
    OutOfRange,
    /// It is marked for deletion.
    Deleted,
    /// It cannot be read.
    Unreadable(StoreError),
}

impl Maildrop {
    pub(super) fn open(account: &Account) -> Result<Maildrop, OpenError> {
        let inbox = account.inbox()?;
        let lock = inbox.lock().ok_or(OpenError::InUse)?;
        let snapshot = inbox.refresh()?;
        let mut entries = Vec::with_capacity(snapshot.messages.len());
        for message in &snapshot.messages {
            let size = match inbox.size(message) {
                Err(StoreError::MessageGone) => continue,
                size => size?,
            };
            entries.push(MaildropEntry {
                message: Arc::clone(message),
                size,
                deleted: false,
                retrieved: false,
            });
        }
        Ok(Maildrop { inbox, uid_validity: snapshot.uid_validity, entries, _lock: lock })
    }

    /// The messages that are not marked for deletion, with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &MaildropEntry)> {
        (1..).zip(&self.entries).filter(|(_, entry)| !entry.deleted)
    }

    /// The number of these messages and of their octets.
    pub(super) fn stat(&self) -> (usize, u64) {
        let count = self.iter().count();
        (count, self.iter().map(|(_, entry)| entry.size).sum())
    }

    pub(super) fn find(&self, number: u32) -> Result<&MaildropEntry, MessageError> {
        let index = index(number).ok_or(MessageError::OutOfRange)?;
        match self.entries.get(index) {
            None => Err(MessageError::OutOfRange),
            Some(entry) if entry.deleted => Err(MessageError::Deleted),
            Some(entry) => Ok(entry),
        }
    }

    fn find_mut(&mut self, number: u32) -> Result<&mut MaildropEntry, MessageError> {
        self.find(number)?;
        let entry = index(number).and_then(|index| self.entries.get_mut(index));
        entry.ok_or(MessageError::OutOfRange)
    }

    /// A message's unique id (RFC 1939 §7): UID and UIDVALIDITY, in hexadecimal.
    ///
    /// Dovecot makes the same ids. So if a site moves to it, clients download nothing twice.
    pub(super) fn unique_id(&self, entry: &MaildropEntry) -> String {
        format!("{:08x}{:08x}", entry.message.uid, self.uid_validity)
    }

    /// Opens a whole message; returns its number of octets with it.
    pub(super) fn retr(&mut self, number: u32) -> Result<(MessageReader, u64), MessageError> {
        let inbox = Arc::clone(&self.inbox);
        let entry = self.find_mut(number)?;
        let reader = inbox.open(&entry.message).map_err(MessageError::Unreadable)?;
        entry.retrieved = true;
        Ok((reader, entry.size))
    }

    /// Opens the beginning of a message; it is read once more to count its octets.
    pub(super) fn top(
        &self,
        number: u32,
        lines: u64,
    ) -> Result<(Top<MessageReader>, u64), MessageError> {
        let message = &self.find(number)?.message;
        let open = || self.inbox.open(message).map(|text| Top::new(text, lines));
        let mut counted = open().map_err(MessageError::Unreadable)?;
        let octets = io::copy(&mut counted, &mut io::sink()).map_err(|error| {
            MessageError::Unreadable(StoreError::Disk("POP3 TOP".into(), error))
        })?;
        Ok((open().map_err(MessageError::Unreadable)?, octets))
    }

    pub(super) fn dele(&mut self, number: u32) -> Result<(), MessageError> {
        self.find_mut(number)?.deleted = true;
        Ok(())
    }

    /// Removes all deletion marks (RFC 1939 §5).
    pub(super) fn rset(&mut self) {
        for entry in &mut self.entries {
            entry.deleted = false;
        }
    }

    /// Removes the marked messages: the UPDATE state (RFC 1939 §6).
    pub(super) fn update(self) -> Result<(), StoreError> {
        let uids = |wanted: fn(&MaildropEntry) -> bool| -> Vec<Uid> {
            let entries = self.entries.iter().filter(|entry| wanted(entry));
            entries.map(|entry| entry.message.uid).collect()
        };
        let deleted = uids(|entry| entry.deleted);
        let read = uids(|e| e.retrieved && !e.deleted && !e.message.flags.has(Flag::Seen));
        if !deleted.is_empty() {
            self.inbox.remove(&deleted)?;
        }
        if !read.is_empty() {
            let seen = FlagChange::Add(Flags::from_iter([Flag::Seen]));
            self.inbox.store(&read, &seen)?;
        }
        Ok(())
    }
}

/// RFC 1939 §4: message numbers begin with 1.
fn index(number: u32) -> Option<usize> {
    usize::try_from(number.checked_sub(1)?).ok()
}
