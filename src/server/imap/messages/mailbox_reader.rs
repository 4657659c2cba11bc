//! Reads the messages of a selected mailbox: headers, structures, and ranges of octets.
//!
//! The session and the FETCH that is being sent share one [`MailboxReader`]. What it learns goes into
//! the [`MessageCache`], where it looks first: a message that any client has looked into is not opened
//! again for its header or its structure. A range of a message comes as a
//! [`Slice`](super::slice::Slice), straight from the file and never whole in memory.

use std::cell::RefCell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;
use std::sync::Arc;

use crate::mail::message::BodyPart;
use crate::mail::store::{Mailbox, Message, StoreError};
use crate::server::imap::messages::binary::Measures;
use crate::server::imap::messages::message_cache::{CachedHeader, CachedStructure, MessageCache};
use crate::server::imap::messages::slice::OpenSource;

/// Nearly every header, and many a whole message, ends within these octets.
const START_OCTETS: u64 = 64 * 1024;

/// A reader of the messages of a selected mailbox.
pub(crate) struct MailboxReader {
    mailbox: Arc<Mailbox>,
    cache: Arc<MessageCache>,
    /// Where the last slice ended, so that the next one can go on from there.
    pub(crate) open: Rc<RefCell<Option<OpenSource>>>,
    pub(crate) measures: RefCell<Measures>,
}

impl MailboxReader {
    /// A reader of this mailbox.
    pub(crate) fn new(mailbox: Arc<Mailbox>, cache: Arc<MessageCache>) -> MailboxReader {
        MailboxReader { mailbox, cache, open: Rc::default(), measures: RefCell::default() }
    }

    /// The mailbox.
    pub(crate) fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    /// Returns what is cached of a message's header. A message of 20 MB is not read for its subject.
    pub(crate) fn header(&self, message: &Message) -> Result<Arc<CachedHeader>, StoreError> {
        let identity = self.mailbox.identity(message);
        if let Some(header) = self.cache.headers.find(&identity) {
            return Ok(header);
        }
        let failed = |error| self.failed(message, error);
        let mut reader = self.mailbox.open(message)?;
        let mut start = Vec::new();
        let mut beginning = Read::by_ref(&mut reader).take(START_OCTETS);
        let octets = beginning.read_to_end(&mut start).map_err(failed)? as u64;
        if let Some(end) = header_end(&start)
            && octets == START_OCTETS
        {
            let mut header = start.get(..end).unwrap_or_default();
            let header = BodyPart::read(&mut header).map_err(failed)?;
            let header = Arc::new(CachedHeader::of(&header));
            self.cache.headers.insert(identity, &header);
            return Ok(header);
        }
        let mut whole = BufReader::new(start.chain(reader));
        let whole = BodyPart::read(&mut whole).map_err(failed)?;
        Ok(self.learn(message, whole).0)
    }

    /// Returns what is cached of a message's structure. The first time this reads the whole file.
    pub(crate) fn structure(&self, message: &Message) -> Result<Arc<CachedStructure>, StoreError> {
        let identity = self.mailbox.identity(message);
        if let Some(structure) = self.cache.structures.find(&identity) {
            return Ok(structure);
        }
        let mut reader = BufReader::new(self.mailbox.open(message)?);
        let whole = BodyPart::read(&mut reader).map_err(|error| self.failed(message, error))?;
        Ok(self.learn(message, whole).1)
    }

    fn learn(
        &self,
        message: &Message,
        whole: BodyPart,
    ) -> (Arc<CachedHeader>, Arc<CachedStructure>) {
        let identity = self.mailbox.identity(message);
        let header = Arc::new(CachedHeader::of(&whole));
        let structure = Arc::new(CachedStructure::of(whole));
        self.cache.headers.insert(identity.clone(), &header);
        self.cache.structures.insert(identity, &structure);
        (header, structure)
    }

    /// Returns the error of a failed read, for the log.
    pub(crate) fn failed(&self, message: &Message, error: io::Error) -> StoreError {
        StoreError::Disk(format!("message with UID {}", message.uid).into(), error)
    }
}

/// Returns the end of the header at the start of these octets, its empty line included.
fn header_end(octets: &[u8]) -> Option<usize> {
    if octets.starts_with(b"\r\n") {
        return Some(2);
    }
    memchr::memmem::find(octets, b"\r\n\r\n").map(|at| at + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_ends_after_its_empty_line() {
        let rows: &[(&str, Option<usize>)] = &[
            ("A: 1\r\n\r\nbody", Some(8)),
            ("A: 1\r\nB: 2\r\n\r\n", Some(14)),
            ("\r\nbody\r\n\r\n", Some(2)),
            ("A: 1\r\nB: 2\r\n", None),
            ("", None),
        ];
        for (message, end) in rows {
            assert_eq!(header_end(message.as_bytes()), *end, "{message:?}");
        }
    }
}
