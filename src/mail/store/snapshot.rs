//! A mailbox at one moment: immutable, and shared by all conversations that look at it.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use super::Uid;
use super::keywords::Keywords;
use super::maildir::MailFile;
use super::uidlist::UidList;
use crate::mail::message::Flags;

/// The messages of a mailbox at one moment.
#[derive(Debug)]
pub struct Snapshot {
    /// Changes when the UIDs start anew (RFC 9051 §2.3.1.1).
    pub uid_validity: u32,
    /// UIDNEXT: the next message gets this UID or a higher one.
    pub uid_next: Uid,
    /// The first UID that no writing session has seen: `\Recent` begins here.
    pub first_recent: Uid,
    /// The messages, in the order of their UIDs.
    pub messages: Vec<Arc<Message>>,
    /// Every keyword that the mailbox knows, in the order of `dovecot-keywords`.
    pub keywords: Vec<String>,
}

/// A message in a [`Snapshot`]: what is known without opening its file.
///
/// A change of its flags makes a new one.
#[derive(Debug)]
pub struct Message {
    /// Its UID.
    pub uid: Uid,
    /// Its flags and keywords.
    pub flags: Flags,
    /// Its file; [`super::Mailbox`] finds it again if it was renamed since.
    pub(super) file: MailFile,
    /// Details of the file, found out at first use.
    pub(super) details: Arc<FileDetails>,
}

/// Details that never change, and are looked up once.
#[derive(Debug, Default)]
pub(super) struct FileDetails {
    /// The size with CRLF line endings.
    pub(super) octets: OnceLock<u64>,
    /// The internal date.
    pub(super) date: OnceLock<SystemTime>,
}

/// A message's identity, which no other message of the store ever has.
///
/// It is its Maildir, and the unique part of its file's name, which stays the same when its flags
/// change (<https://cr.yp.to/proto/maildir.html>).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    pub(super) maildir: Arc<Path>,
    pub(super) base: Arc<str>,
}

impl Identity {
    /// Returns its size in memory, in octets, without what all messages of a mailbox share.
    #[must_use]
    pub fn cost(&self) -> usize {
        size_of::<Identity>() + self.base.len()
    }
}

impl Snapshot {
    /// Returns the message with this UID.
    #[must_use]
    pub fn uid(&self, uid: Uid) -> Option<&Arc<Message>> {
        let at = self.messages.binary_search_by_key(&uid, |m| m.uid).ok()?;
        self.messages.get(at)
    }

    /// Returns the message that [`super::Delivery::commit`] named.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Arc<Message>> {
        // The caller has just delivered it, so it is among the last.
        let mut newest_first = self.messages.iter().rev();
        newest_first.find(|message| &*message.file.name.base == name)
    }

    /// Returns this snapshot with another beginning of what is recent.
    pub(super) fn with_first_recent(&self, first_recent: Uid) -> Snapshot {
        Snapshot {
            uid_validity: self.uid_validity,
            uid_next: self.uid_next,
            first_recent,
            messages: self.messages.clone(),
            keywords: self.keywords.clone(),
        }
    }
}

impl Message {
    /// A message with this UID, and with the details in its name and in the UID list.
    pub(super) fn new(uid: Uid, file: MailFile, keywords: &Keywords, uids: &UidList) -> Message {
        let details = FileDetails::default();
        let known = file.name.size_on_wire();
        if let Some(known) = known.or_else(|| uids.size_on_wire(&file.name.base)) {
            let _ = details.octets.set(known);
        }
        Message { uid, flags: keywords.flags(&file.name), file, details: Arc::new(details) }
    }

    /// Returns the message under another file name, with the flags in that name.
    pub(super) fn renamed(&self, file: MailFile, keywords: &Keywords) -> Message {
        Message {
            uid: self.uid,
            flags: keywords.flags(&file.name),
            file,
            details: Arc::clone(&self.details),
        }
    }
}
