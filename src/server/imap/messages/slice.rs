//! A range of a message as a [`Read`] with an exact end, straight from the file.
//!
//! A client may fetch a message piece by piece (`BODY[]<0.1000>`, `BODY[]<1000.1000>`, …). So the
//! reader of the last slice stays open, and the next slice goes on from there.

use std::cell::RefCell;
use std::io::{self, Read};
use std::ops::Range;
use std::rc::Rc;

use crate::mail::store::{Message, StoreError, Uid};
use crate::server::imap::messages::mailbox_reader::MailboxReader;

/// What a slice is cut from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SliceSource {
    /// A message.
    Message(Uid),
    /// The body in this range of a message, decoded.
    Decoded(Uid, Range<u64>),
}

/// A source that is open, and how far it was read.
pub(crate) struct OpenSource {
    source: SliceSource,
    at: u64,
    reader: Box<dyn Read>,
}

impl MailboxReader {
    /// Returns these octets of a message.
    pub(crate) fn slice(&self, message: &Message, range: Range<u64>) -> Result<Slice, StoreError> {
        self.cut(message, SliceSource::Message(message.uid), range, || {
            Ok(Box::new(self.mailbox().open(message)?))
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
            reading: Some(OpenSource { source, at: range.start, reader }),
            left: range.end.saturating_sub(range.start),
            has_nul: false,
            open: Rc::clone(&self.open),
        })
    }
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
    use std::io::Write;

    use std::sync::Arc;

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
}
