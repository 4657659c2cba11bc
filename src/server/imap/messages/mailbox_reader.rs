//! Reads the messages of a selected mailbox: headers, structures, and ranges of octets.
//!
//! The session and the FETCH that is being sent share one [`MailboxReader`]. What it learns goes into
//! the [`MessageCache`], where it looks first: a message that any client has looked into is not opened
//! again for its header or its structure. A range of a message comes as a [`Slice`], straight from the
//! file and never whole in memory.

use std::cell::RefCell;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use crate::mail::message::{BodyPart, Header};
use crate::mail::store::{Mailbox, Message, StoreError, Uid};
use crate::server::imap::messages::binary::Measures;
use crate::server::imap::messages::message_cache::{
    CachedHeader, CachedStructure, KEPT_FIELDS, MessageCache,
};

/// Nearly every header, and many a whole message, ends within these octets.
const START_OCTETS: u64 = 64 * 1024;

/// A reader of the messages of a selected mailbox.
pub(crate) struct MailboxReader {
    mailbox: Arc<Mailbox>,
    cache: Arc<MessageCache>,
    /// Where the last slice ended, so that the next one can go on from there.
    open: Rc<RefCell<Option<OpenSource>>>,
    pub(crate) measures: RefCell<Measures>,
}

/// What a slice is cut from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SliceSource {
    /// A message.
    Message(Uid),
    /// The body in this range of a message, decoded.
    Decoded(Uid, Range<u64>),
}

/// A source that is open, and how far it was read.
struct OpenSource {
    source: SliceSource,
    at: u64,
    reader: Box<dyn Read>,
}

impl MailboxReader {
    /// A reader of this mailbox.
    pub(crate) fn new(mailbox: Arc<Mailbox>, cache: Arc<MessageCache>) -> MailboxReader {
        MailboxReader {
            mailbox,
            cache,
            open: Rc::default(),
            measures: RefCell::default(),
        }
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

    /// Returns a header with all the message's fields of these names, and perhaps others. For
    /// [`KEPT_FIELDS`] alone no file is opened a second time.
    pub(crate) fn header_with(
        &self,
        message: &Message,
        names: &[impl AsRef<str>],
    ) -> Result<Arc<Header>, StoreError> {
        let is_kept = |name: &str| {
            let mut kept = KEPT_FIELDS.iter();
            kept.any(|kept| kept.eq_ignore_ascii_case(name))
        };
        let header = self.header(message)?;
        if names.iter().all(|name| is_kept(name.as_ref())) {
            return Ok(Arc::clone(&header.fields));
        }
        self.header_at(message, 0..header.end).map(Arc::new)
    }

    /// Returns the message's own header, all of it. This reads the file.
    pub(crate) fn whole_header(&self, message: &Message) -> Result<Header, StoreError> {
        let end = self.header(message)?.end;
        self.header_at(message, 0..end)
    }

    /// Returns the header in this range of a message: its own, or that of a part. This reads the file.
    pub(crate) fn header_at(
        &self,
        message: &Message,
        range: Range<u64>,
    ) -> Result<Header, StoreError> {
        let mut header = BufReader::new(self.slice(message, range)?);
        let part = BodyPart::read(&mut header).map_err(|error| self.failed(message, error))?;
        Ok(part.fields)
    }

    /// Returns the error of a failed read, for the log.
    pub(crate) fn failed(&self, message: &Message, error: io::Error) -> StoreError {
        StoreError::Disk(format!("message with UID {}", message.uid).into(), error)
    }

    /// Returns these octets of a message.
    pub(crate) fn slice(&self, message: &Message, range: Range<u64>) -> Result<Slice, StoreError> {
        self.cut(message, SliceSource::Message(message.uid), range, || {
            Ok(Box::new(self.mailbox.open(message)?))
        })
    }

    /// Returns these octets of a source that `open` opens.
    ///
    /// The octets before them are read and dropped, unless the client fetches the source piece by
    /// piece: then the reader of the last piece is still open.
    pub(crate) fn cut(
        &self,
        message: &Message,
        source: SliceSource,
        range: Range<u64>,
        open: impl FnOnce() -> Result<Box<dyn Read>, StoreError>,
    ) -> Result<Slice, StoreError> {
        let (mut reader, at) = match self.open.take() {
            Some(last) if last.source == source && last.at <= range.start => (last.reader, last.at),
            _ => (open()?, 0),
        };
        let mut before = Read::by_ref(&mut reader).take(range.start - at);
        io::copy(&mut before, &mut io::sink()).map_err(|error| self.failed(message, error))?;
        Ok(Slice {
            reading: Some(OpenSource {
                source,
                at: range.start,
                reader,
            }),
            left: range.end.saturating_sub(range.start),
            has_nul: false,
            open: Rc::clone(&self.open),
        })
    }
}

/// Returns the end of the header at the start of these octets, its empty line included.
fn header_end(octets: &[u8]) -> Option<usize> {
    if octets.starts_with(b"\r\n") {
        return Some(2);
    }
    memchr::memmem::find(octets, b"\r\n\r\n").map(|at| at + 4)
}

/// Exactly as many octets of a message as were announced to the client.
pub(crate) struct Slice {
    /// Taken when the slice is dropped.
    reading: Option<OpenSource>,
    left: u64,
    has_nul: bool,
    open: Rc<RefCell<Option<OpenSource>>>,
}

impl Drop for Slice {
    /// Leaves the source open for the next slice.
    fn drop(&mut self) {
        self.open.replace(self.reading.take());
    }
}

impl Slice {
    /// Sets whether the octets contain NUL.
    pub(crate) fn with_nul(mut self, has_nul: bool) -> Slice {
        self.has_nul = has_nul;
        self
    }

    /// Returns its announcement as a literal, or as a `literal8`, which may contain NUL (RFC 3516 §7).
    pub(crate) fn announcement(&self) -> String {
        let tilde = if self.has_nul { "~" } else { "" };
        format!("{tilde}{{{}}}\r\n", self.left)
    }
}

impl Read for Slice {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let Some(reading) = &mut self.reading else {
            return Ok(0);
        };
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        if buffer.is_empty() {
            return Ok(0);
        }
        let got = reading.reader.read(buffer)?;
        reading.at += got as u64;
        if got == 0 {
            // The literal's length is already sent; only closing the connection can take it back.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= got as u64;
        if !self.has_nul {
            // RFC 3501 §9, `CHAR8`: no NUL in a literal. We replace it as Dovecot does.
            for octet in buffer.iter_mut().take(got).filter(|octet| **octet == 0) {
                *octet = 0x80;
            }
        }
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use super::*;
    use crate::mail::store::{Delivery, Store};

    fn reading(folder: &tempfile::TempDir, text: &str) -> (MailboxReader, Arc<Message>) {
        let store = Store::open(folder.path()).unwrap();
        let inbox = store.account("alice").unwrap().inbox().unwrap();
        let mut delivery = Delivery::begin(vec![Arc::clone(&inbox)]).unwrap();
        delivery.write_all(text.as_bytes()).unwrap();
        delivery.commit().unwrap();
        let message = Arc::clone(&inbox.refresh().unwrap().messages[0]);
        (MailboxReader::new(inbox, Arc::default()), message)
    }

    /// The second piece comes although the file is gone: it was not read from its beginning again.
    #[test]
    fn a_message_in_pieces_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let text = "Subject: x\r\n\r\none\r\ntwo\r\nthree\r\n";
        let (reading, message) = reading(&folder, text);
        let piece = |range: Range<u64>| {
            let mut piece = String::new();
            let mut slice = reading.slice(&message, range)?;
            slice.read_to_string(&mut piece).unwrap();
            Ok::<_, StoreError>(piece)
        };
        assert_eq!(piece(0..15).unwrap(), text[..15]);
        // Backwards, and out of a line ending's middle.
        assert_eq!(piece(3..18).unwrap(), text[3..18]);
        reading.mailbox().remove(&[message.uid]).unwrap();
        assert_eq!(piece(18..20).unwrap(), text[18..20]);
        assert_eq!(piece(22..30).unwrap(), text[22..30]);
        assert!(piece(0..4).is_err());
    }

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
