//! A mailbox that several conversations have open at once.
//!
//! Its state is a [`Snapshot`]: an immutable list of messages in the order of their UIDs. A change
//! (a delivery, a STORE, an EXPUNGE, another program's doing) makes a new snapshot and rings the
//! bells of all who watch. A conversation compares the snapshot that its client knows with the
//! newest, and so learns what to tell; nobody's message numbers change under them.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::SystemTime;

use super::StoreError;
use crate::message::{FlagChange, Flags};
use crate::net::Bell;

/// A message's number for life in its mailbox: never 0, never used again (RFC 9051 §2.3.1.1).
pub type Uid = u32;

/// One mailbox, shared by all the conversations that have it open.
pub struct Mailbox {}

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
}

impl Snapshot {
    /// The message with this UID.
    #[must_use]
    pub fn uid(&self, uid: Uid) -> Option<&Arc<Message>> {
        let _ = uid;
        todo!("store")
    }

    /// The message that [`super::Delivery::commit`] named.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Arc<Message>> {
        let _ = name;
        todo!("store")
    }
}

impl Mailbox {
    /// The newest snapshot. Looks at the folder if it may have changed, and gives new messages
    /// their UIDs, which are on disk when this returns. The same `Arc` comes back while nothing changed.
    ///
    /// # Errors
    /// The disk's.
    pub fn refresh(&self) -> Result<Arc<Snapshot>, StoreError> {
        todo!("store")
    }

    /// Like [`Mailbox::refresh`], and from now on nothing in the snapshot is recent to others: a
    /// writing session was told. Moves the messages from `new/` to `cur/`.
    /// The returned snapshot's `first_recent` is the one before the claim.
    ///
    /// # Errors
    /// The disk's.
    pub fn claim_recent(&self) -> Result<Arc<Snapshot>, StoreError> {
        todo!("store")
    }

    /// Opens a message; line endings come out as CRLF.
    ///
    /// # Errors
    /// [`StoreError::MessageGone`] when it was removed, or the disk's.
    pub fn open(&self, message: &Message) -> Result<MessageReader, StoreError> {
        let _ = message;
        todo!("store")
    }

    /// The message's octets with CRLF line endings: RFC822.SIZE. Known without opening the file for
    /// every message that this program delivered; otherwise counted once and remembered.
    ///
    /// # Errors
    /// As [`Mailbox::open`].
    pub fn size(&self, message: &Message) -> Result<u64, StoreError> {
        let _ = message;
        todo!("store")
    }

    /// The message's internal date: the file's modification time.
    ///
    /// # Errors
    /// As [`Mailbox::open`].
    pub fn date(&self, message: &Message) -> Result<SystemTime, StoreError> {
        let _ = message;
        todo!("store")
    }

    /// Changes flags; returns the new snapshot. UIDs that are gone are passed over.
    ///
    /// # Errors
    /// The disk's.
    pub fn store(&self, uids: &[Uid], change: &FlagChange) -> Result<Arc<Snapshot>, StoreError> {
        let _ = (uids, change);
        todo!("store")
    }

    /// Removes messages for good; returns the new snapshot. UIDs that are gone are passed over.
    ///
    /// # Errors
    /// The disk's.
    pub fn remove(&self, uids: &[Uid]) -> Result<Arc<Snapshot>, StoreError> {
        let _ = uids;
        todo!("store")
    }

    /// Copies messages, flags and dates included, without copying their bytes (hard links).
    /// Returns the UIDs, old and new, for those that were still there.
    ///
    /// # Errors
    /// The disk's; then none was copied.
    pub fn copy(&self, uids: &[Uid], to: &Mailbox) -> Result<Vec<(Uid, Uid)>, StoreError> {
        let _ = (uids, to);
        todo!("store")
    }

    /// Rings this bell at every change until the guard is dropped.
    #[must_use]
    pub fn watch(self: &Arc<Self>, bell: &Bell) -> Watch {
        let _ = bell;
        todo!("store")
    }

    /// The exclusive lock that POP3 takes (RFC 1939 §4); `None` while another session has it.
    #[must_use]
    pub fn lock(self: &Arc<Self>) -> Option<Exclusive> {
        todo!("store")
    }
}

/// A message being read: a `Read` whose line endings are CRLF.
pub struct MessageReader {}

impl Read for MessageReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let _ = buffer;
        todo!("store")
    }
}

/// Keeps a bell at a mailbox.
pub struct Watch {}

/// Keeps a mailbox locked for one POP3 session.
pub struct Exclusive {}
