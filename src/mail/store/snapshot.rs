//! A mailbox at one moment: immutable, shared by all who look at it.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use super::Uid;
use super::keywords::Keywords;
use super::maildir::MailFile;
use super::uidlist::UidList;
use crate::mail::message::Flags;

/// A mailbox at one moment.
#[derive(Debug)]
pub struct Snapshot {
    /// Changes when the UIDs start anew (RFC 9051 §2.3.1.1).
    pub uid_validity: u32,
    /// At least this UID will the next message have.
    pub uid_next: Uid,
    /// The first UID that no writing session has been told of: `\Recent` begins here.
    pub first_recent: Uid,
    /// The messages, in the order of their UIDs.
    pub messages: Vec<Arc<Message>>,
    /// Every keyword that the mailbox knows, in the order of `dovecot-keywords`.
    pub keywords: Vec<String>,
}

/// A message in a [`Snapshot`]: what is known without opening its file. A change makes a new one.
#[derive(Debug)]
pub struct Message {
    /// Its UID.
    pub uid: Uid,
    /// Its flags and keywords.
    pub flags: Flags,
    /// Where it was; [`super::Mailbox`] finds it again if it was renamed since.
    pub(super) file: MailFile,
    /// What was learned of the file.
    pub(super) learned: Arc<Learned>,
}

/// What is the same for life, and is looked up once.
#[derive(Debug, Default)]
pub(super) struct Learned {
    /// The size with CRLF line endings.
    pub(super) octets: OnceLock<u64>,
    /// The internal date.
    pub(super) date: OnceLock<SystemTime>,
}

/// What no other message of the store is ever called: its Maildir, and the unique part of its file's
/// name, which no change of its flags touches (<https://cr.yp.to/proto/maildir.html>).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    pub(super) maildir: Arc<Path>,
    pub(super) base: Arc<str>,
}

impl Identity {
    /// What it takes in memory, in octets, but for what all of a mailbox share.
    #[must_use]
    pub fn cost(&self) -> usize {
        size_of::<Identity>() + self.base.len()
    }
}

impl Snapshot {
    /// The message with this UID.
    #[must_use]
    pub fn uid(&self, uid: Uid) -> Option<&Arc<Message>> {
        let at = self.messages.binary_search_by_key(&uid, |m| m.uid).ok()?;
        self.messages.get(at)
    }

    /// The message that [`super::Delivery::commit`] named.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Arc<Message>> {
        // Who asks has just delivered it: it is among the last.
        let mut newest_first = self.messages.iter().rev();
        newest_first.find(|message| &*message.file.name.base == name)
    }

    /// The same, but for what is recent.
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
    /// A message that has its UID, and what its name and the UID list tell of it.
    pub(super) fn new(uid: Uid, file: MailFile, keywords: &Keywords, uids: &UidList) -> Message {
        let learned = Learned::default();
        let known = file.name.size_on_wire();
        if let Some(known) = known.or_else(|| uids.size_on_wire(&file.name.base)) {
            let _ = learned.octets.set(known);
        }
        Message {
            uid,
            flags: keywords.flags(&file.name),
            file,
            learned: Arc::new(learned),
        }
    }

    /// The same message under another file name, and with the flags which that tells.
    pub(super) fn renamed(&self, file: MailFile, keywords: &Keywords) -> Message {
        Message {
            uid: self.uid,
            flags: keywords.flags(&file.name),
            file,
            learned: Arc::clone(&self.learned),
        }
    }
}
