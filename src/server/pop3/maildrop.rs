//! The mailbox as one POP3 session sees it (RFC 1939 §5): locked, its messages numbered from 1, and
//! neither numbers nor sizes change until QUIT.
//!
//! The lock keeps other POP3 sessions out. IMAP can still remove a message meanwhile: its number
//! stays, and who asks for it hears that it is gone. What was retrieved is marked as seen, as
//! Dovecot does it, so that webmail and phone show it as read; that, too, happens in UPDATE only.

use std::io;
use std::sync::Arc;

use super::top::Top;
use super::{Reply, err};
use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::store::{
    Account, ExclusiveLock, Mailbox, Message, MessageReader, StoreError, Uid,
};

/// An INBOX, locked.
pub(super) struct Maildrop {
    inbox: Arc<Mailbox>,
    uid_validity: u32,
    entries: Vec<MaildropEntry>,
    /// Unlocks the mailbox when it is dropped, and so comes last.
    _lock: ExclusiveLock,
}

/// A message of it.
pub(super) struct MaildropEntry {
    message: Arc<Message>,
    /// Octets, before dots are stuffed.
    pub(super) size: u64,
    deleted: bool,
    retrieved: bool,
}

/// Why a mailbox is not opened.
pub(super) enum NotOpened {
    /// Another POP3 session has it.
    InUse,
    /// The disk's reason.
    Disk(StoreError),
}

impl From<StoreError> for NotOpened {
    fn from(error: StoreError) -> NotOpened {
        NotOpened::Disk(error)
    }
}

/// Why there is no message to talk about.
pub(super) enum NotThere {
    /// No message has this number.
    OutOfRange,
    /// It is marked for deletion.
    Deleted,
    /// It cannot be read.
    Unreadable(StoreError),
}

impl NotThere {
    pub(super) fn reply(&self) -> Reply {
        match self {
            NotThere::OutOfRange => err("Message number out of range"),
            NotThere::Deleted => err("The message is marked for deletion"),
            NotThere::Unreadable(StoreError::MessageGone) => {
                err("The message is gone: another client removed it")
            }
            NotThere::Unreadable(error) => {
                log::error!("POP3: {error}");
                err("[SYS/TEMP] The message cannot be read now, try later")
            }
        }
    }
}

impl Maildrop {
    pub(super) fn open(account: &Account) -> Result<Maildrop, NotOpened> {
        let inbox = account.inbox()?;
        let lock = inbox.lock().ok_or(NotOpened::InUse)?;
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
        Ok(Maildrop {
            inbox,
            uid_validity: snapshot.uid_validity,
            entries,
            _lock: lock,
        })
    }

    /// The messages that are not marked for deletion, each with its number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &MaildropEntry)> {
        (1..).zip(&self.entries).filter(|(_, entry)| !entry.deleted)
    }

    /// How many they are, and how many octets.
    pub(super) fn stat(&self) -> (usize, u64) {
        let count = self.iter().count();
        (count, self.iter().map(|(_, entry)| entry.size).sum())
    }

    pub(super) fn find(&self, number: u32) -> Result<&MaildropEntry, NotThere> {
        let index = index(number).ok_or(NotThere::OutOfRange)?;
        match self.entries.get(index) {
            None => Err(NotThere::OutOfRange),
            Some(entry) if entry.deleted => Err(NotThere::Deleted),
            Some(entry) => Ok(entry),
        }
    }

    fn find_mut(&mut self, number: u32) -> Result<&mut MaildropEntry, NotThere> {
        self.find(number)?;
        let entry = index(number).and_then(|index| self.entries.get_mut(index));
        entry.ok_or(NotThere::OutOfRange)
    }

    /// Dovecot's default: UID and UIDVALIDITY, so that clients download nothing twice when a site
    /// moves there.
    pub(super) fn unique_id(&self, entry: &MaildropEntry) -> String {
        format!("{:08x}{:08x}", entry.message.uid, self.uid_validity)
    }

    /// A whole message, and its octets.
    pub(super) fn retr(&mut self, number: u32) -> Result<(MessageReader, u64), NotThere> {
        let inbox = Arc::clone(&self.inbox);
        let entry = self.find_mut(number)?;
        let reader = inbox.open(&entry.message).map_err(NotThere::Unreadable)?;
        entry.retrieved = true;
        Ok((reader, entry.size))
    }

    /// The beginning of a message, and its octets, which cost a reading of their own.
    pub(super) fn top(
        &self,
        number: u32,
        lines: u64,
    ) -> Result<(Top<MessageReader>, u64), NotThere> {
        let message = &self.find(number)?.message;
        let open = || self.inbox.open(message).map(|text| Top::new(text, lines));
        let mut counted = open().map_err(NotThere::Unreadable)?;
        let octets = io::copy(&mut counted, &mut io::sink())
            .map_err(|error| NotThere::Unreadable(StoreError::Disk("POP3 TOP".into(), error)))?;
        Ok((open().map_err(NotThere::Unreadable)?, octets))
    }

    pub(super) fn dele(&mut self, number: u32) -> Result<(), NotThere> {
        self.find_mut(number)?.deleted = true;
        Ok(())
    }

    /// RFC 1939 §5: RSET takes the marks for deletion back.
    pub(super) fn rset(&mut self) {
        self.entries
            .iter_mut()
            .for_each(|entry| entry.deleted = false);
    }

    /// RFC 1939 §6: the UPDATE state.
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
