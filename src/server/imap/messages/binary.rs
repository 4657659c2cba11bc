//! BINARY: a part of a message, decoded from its transfer encoding (RFC 3516, RFC 9051 §6.4.5).
//!
//! A literal's length is sent before its octets, so a part is decoded twice: once to be measured,
//! which is remembered while the same message is read, and once to be sent. It is in memory neither
//! time. Text has CRLF, however it was encoded (RFC 3516 §4.3). A multipart and a message in a message
//! have no encoding of their own (RFC 2045 §6.4), so they are sent as BODY sends them.

use std::collections::HashMap;
use std::io::{self, Read};
use std::ops::Range;

use crate::limits;
use crate::mail::message::{Content, Decoder, Encoding};
use crate::mail::net::crlf::{BareCr, ToCrlf};
use crate::mail::net::pieces::next_piece;
use crate::mail::protocol::imap::FetchItem;
use crate::mail::protocol::imap::fetch::Partial;
use crate::mail::store::{Message, StoreError, Uid};
use crate::server::imap::messages::fetch_response::ItemValue;
use crate::server::imap::messages::mailbox_reader::MailboxReader;
use crate::server::imap::messages::section::within;
use crate::server::imap::messages::slice::{Slice, SliceSource};

/// An encoded body.
struct Encoded {
    range: Range<u64>,
    /// `None`: an unknown encoding.
    encoding: Option<Encoding>,
    is_text: bool,
}

/// What is known about a body that has been decoded once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) octets: u64,
    /// True if it contains NUL: only a `literal8` can send it.
    pub(crate) has_nul: bool,
}

impl Encoded {
    /// True if its encoding is known.
    fn is_known(&self) -> bool {
        self.encoding.is_some()
    }
}

/// The measures of the bodies of one message: no more than the message has parts.
#[derive(Default)]
pub(crate) struct Measures {
    uid: Uid,
    known: HashMap<Range<u64>, Measured>,
}

impl Measures {
    fn get(&self, uid: Uid, range: &Range<u64>) -> Option<Measured> {
        if self.uid != uid {
            return None;
        }
        self.known.get(range).copied()
    }

    fn insert(&mut self, uid: Uid, range: &Range<u64>, measured: Measured) {
        if self.uid != uid {
            self.uid = uid;
            self.known.clear();
        }
        self.known.insert(range.clone(), measured);
    }
}

impl MailboxReader {
    /// True if BINARY can decode all parts that these items ask for (RFC 3516 §4.3).
    pub(crate) fn can_decode(&self, message: &Message, items: &[FetchItem]) -> bool {
        items.iter().all(|item| match item {
            FetchItem::Binary { path, .. } | FetchItem::BinarySize(path) => {
                let encoded = self.encoded(message, path);
                !encoded.is_ok_and(|encoded| encoded.is_some_and(|encoded| !encoded.is_known()))
            }
            _ => true,
        })
    }

    /// Returns the decoded octets of a part.
    pub(crate) fn binary(
        &self,
        message: &Message,
        path: &[u32],
        partial: Option<Partial>,
    ) -> Result<ItemValue, StoreError> {
        let Some(encoded) = self.encoded(message, path)? else {
            return Ok(ItemValue::Nil);
        };
        let wanted = within(partial, self.measured(message, &encoded)?.octets);
        if wanted.is_empty() {
            return Ok(ItemValue::String(Vec::new()));
        }
        let decoded = self.decoded(message, &encoded, wanted)?;
        Ok(ItemValue::Octets(decoded))
    }

    /// Returns the octets of a part when it is decoded; 0 if there is no such part.
    pub(crate) fn binary_size(&self, message: &Message, path: &[u32]) -> Result<u64, StoreError> {
        match self.encoded(message, path)? {
            Some(encoded) => Ok(self.measured(message, &encoded)?.octets),
            None => Ok(0),
        }
    }

    /// Returns the body of the part with this number, or of the whole message, if there is one.
    fn encoded(&self, message: &Message, path: &[u32]) -> Result<Option<Encoded>, StoreError> {
        let as_it_is =
            |range| Encoded { range, encoding: Some(Encoding::Identity), is_text: false };
        if path.is_empty() {
            return Ok(Some(as_it_is(0..self.mailbox().size(message)?)));
        }
        let structure = self.structure(message)?;
        let part = structure.message.find(path);
        Ok(part.map(|part| match part.content {
            Content::Leaf => Encoded {
                range: part.body.clone(),
                encoding: part.fields.encoding,
                is_text: part.fields.is_text,
            },
            Content::Multipart(_) | Content::Message(_) => as_it_is(part.body.clone()),
        }))
    }

    /// Decodes a body to measure it, unless its measure is known.
    fn measured(&self, message: &Message, encoded: &Encoded) -> Result<Measured, StoreError> {
        if let Some(measured) = self.measures.borrow().get(message.uid, &encoded.range) {
            return Ok(measured);
        }
        let mut reader = self.decoder(message, encoded)?;
        let measured = measure(&mut *reader).map_err(|error| self.failed(message, error))?;
        let mut measures = self.measures.borrow_mut();
        measures.insert(message.uid, &encoded.range, measured);
        Ok(measured)
    }

    /// Returns these octets of a decoded body.
    fn decoded(
        &self,
        message: &Message,
        encoded: &Encoded,
        range: Range<u64>,
    ) -> Result<Slice, StoreError> {
        let has_nul = self.measured(message, encoded)?.has_nul;
        let source = SliceSource::Decoded(message.uid, encoded.range.clone());
        let slice = self.cut(message, source, range, || self.decoder(message, encoded))?;
        Ok(slice.with_nul(has_nul))
    }

    fn decoder(&self, message: &Message, encoded: &Encoded) -> Result<Box<dyn Read>, StoreError> {
        let mut reader = self.mailbox().open(message)?;
        let before = &mut Read::by_ref(&mut reader).take(encoded.range.start);
        io::copy(before, &mut io::sink()).map_err(|error| self.failed(message, error))?;
        let body = reader.take(encoded.range.end - encoded.range.start);
        let encoding = encoded.encoding.unwrap_or(Encoding::Identity);
        let decoder = Decoder::new(body, encoding);
        if encoded.is_text {
            return Ok(Box::new(ToCrlf::new(decoder, BareCr::Keep)));
        }
        Ok(Box::new(decoder))
    }
}

fn measure(reader: &mut dyn Read) -> io::Result<Measured> {
    let mut measured = Measured { octets: 0, has_nul: false };
    let mut buffer = vec![0; limits::BUFFER];
    while let Some(piece) = next_piece(reader, &mut buffer)? {
        measured.octets += piece.len() as u64;
        measured.has_nul |= memchr::memchr(0, piece).is_some();
    }
    Ok(measured)
}
