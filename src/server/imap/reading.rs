//! Looking into the messages of a selected mailbox: their structure, and pieces of their octets.
//!
//! [`Reading`] is shared by the session and by the FETCH that is being sent. It keeps the structure
//! of a few messages, since clients ask for one part after the other. A piece of a message comes as
//! a [`Slice`], straight from the file and never whole in memory.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use crate::message::Part;
use crate::store::{Mailbox, Message, MessageReader, StoreError, Uid};

/// So many structures are kept; each costs the memory of its message's headers.
const KEPT: usize = 64;

/// Nearly every header ends within these octets of its message.
const HEADER_OCTETS: u64 = 64 * 1024;

/// The messages of a selected mailbox, to look into.
pub(super) struct Reading {
    mailbox: Arc<Mailbox>,
    structures: RefCell<HashMap<Uid, Rc<Part>>>,
}

impl Reading {
    /// Of this mailbox.
    pub(super) fn new(mailbox: Arc<Mailbox>) -> Reading {
        Reading {
            mailbox,
            structures: RefCell::default(),
        }
    }

    /// The mailbox.
    pub(super) fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    /// The whole structure of a message. The first time this reads all of its file.
    pub(super) fn structure(&self, message: &Message) -> Result<Rc<Part>, StoreError> {
        if let Some(structure) = self.structures.borrow().get(&message.uid) {
            return Ok(Rc::clone(structure));
        }
        let mut reader = BufReader::new(self.mailbox.open(message)?);
        let structure =
            Rc::new(Part::read(&mut reader).map_err(|error| self.failed(message, error))?);
        let mut structures = self.structures.borrow_mut();
        if structures.len() == KEPT {
            structures.clear();
        }
        structures.insert(message.uid, Rc::clone(&structure));
        Ok(structure)
    }

    /// A structure that is right about the message's own header, and perhaps about nothing else:
    /// a message of 20 MB is not read for its subject.
    pub(super) fn header(&self, message: &Message) -> Result<Rc<Part>, StoreError> {
        if let Some(structure) = self.structures.borrow().get(&message.uid) {
            return Ok(Rc::clone(structure));
        }
        let failed = |error| self.failed(message, error);
        let mut start = Vec::new();
        let reader = self.mailbox.open(message)?;
        let octets = reader.take(HEADER_OCTETS).read_to_end(&mut start);
        let whole = (octets.map_err(failed)? as u64) < HEADER_OCTETS;
        let Some(end) = header_end(&start).or(whole.then_some(start.len())) else {
            return self.structure(message);
        };
        let mut header = start.get(..end).unwrap_or_default();
        Ok(Rc::new(Part::read(&mut header).map_err(failed)?))
    }

    /// What a failed read of a message means, for the log.
    pub(super) fn failed(&self, message: &Message, error: io::Error) -> StoreError {
        StoreError::Disk(format!("message with UID {}", message.uid).into(), error)
    }

    /// These octets of a message. All octets before them are read and forgotten here.
    pub(super) fn slice(&self, message: &Message, range: Range<u64>) -> Result<Slice, StoreError> {
        let mut reader = self.mailbox.open(message)?;
        let mut before = Read::by_ref(&mut reader).take(range.start);
        io::copy(&mut before, &mut io::sink()).map_err(|error| self.failed(message, error))?;
        Ok(Slice {
            reader,
            left: range.end.saturating_sub(range.start),
        })
    }
}

/// The end of the header that begins these octets, its empty line included.
fn header_end(octets: &[u8]) -> Option<usize> {
    if octets.starts_with(b"\r\n") {
        return Some(2);
    }
    memchr::memmem::find(octets, b"\r\n\r\n").map(|at| at + 4)
}

/// Exactly as many octets of a message as were announced to the client.
pub(super) struct Slice {
    reader: MessageReader,
    left: u64,
}

impl Slice {
    /// How many octets are to come.
    pub(super) fn len(&self) -> u64 {
        self.left
    }
}

impl Read for Slice {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else {
            return Ok(0);
        };
        let got = self.reader.read(buffer)?;
        if got == 0 {
            // The literal's length is said already; only cutting the connection can take it back.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= got as u64;
        // RFC 3501 §9, `CHAR8`: no NUL in a literal. What stands for it is Dovecot's choice.
        for octet in buffer.iter_mut().take(got).filter(|octet| **octet == 0) {
            *octet = 0x80;
        }
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_ends_behind_its_empty_line() {
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
