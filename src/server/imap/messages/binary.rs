//! BINARY: a part of a message out of its transfer encoding (RFC 3516, RFC 9051 §6.4.5).
//!
//! The length of a literal is said before its octets, so a part is decoded twice: once to be
//! measured, which is remembered while the same message is read, and once to be sent. It is in memory
//! neither time. Text comes with CRLF, however it was encoded (RFC 3516 §4.3). The parts of a
//! multipart and the message in a message are not decoded with it: it has no encoding of its own
//! (RFC 2045 §6.4), and so comes as BODY shows it.

use std::io::{self, Read};
use std::ops::Range;

use crate::limits;
use crate::mail::message::{Content, Decoder, Encoding};
use crate::mail::net::pieces::next_piece;
use crate::mail::store::{Message, StoreError, ToCrlf};
use crate::server::imap::messages::message_reader::{MessageReader, Slice, Source};

/// A body as it is encoded.
pub(crate) struct Encoded {
    place: Range<u64>,
    /// `None`: nobody knows how to decode it.
    encoding: Option<Encoding>,
    is_text: bool,
}

/// What is known of a body when it has been decoded once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) octets: u64,
    /// NUL is in it: it can be sent as a `literal8` only.
    pub(crate) has_nul: bool,
}

impl Encoded {
    /// Can it be decoded?
    pub(crate) fn is_known(&self) -> bool {
        self.encoding.is_some()
    }
}

impl MessageReader {
    /// The body of the part with this number, or of the whole message; `None` if there is none.
    pub(crate) fn encoded(
        &self,
        message: &Message,
        path: &[u32],
    ) -> Result<Option<Encoded>, StoreError> {
        let as_it_is = |place| Encoded {
            place,
            encoding: Some(Encoding::Identity),
            is_text: false,
        };
        if path.is_empty() {
            return Ok(Some(as_it_is(0..self.mailbox().size(message)?)));
        }
        let structure = self.structure(message)?;
        let part = structure.message.find(path);
        Ok(part.map(|part| match part.content {
            Content::Leaf => Encoded {
                place: part.body.clone(),
                encoding: part.fields.encoding,
                is_text: part.fields.is_text,
            },
            Content::Multipart(_) | Content::Message(_) => as_it_is(part.body.clone()),
        }))
    }

    /// Decodes a body to learn how long it is then, unless that is known.
    pub(crate) fn measured(
        &self,
        message: &Message,
        encoded: &Encoded,
    ) -> Result<Measured, StoreError> {
        if let Some(measured) = self.known_measure(message.uid, &encoded.place) {
            return Ok(measured);
        }
        let mut reader = self.decoder(message, encoded)?;
        let measured = measure(&mut *reader).map_err(|error| self.failed(message, error))?;
        self.keep_measure(message.uid, &encoded.place, measured);
        Ok(measured)
    }

    /// These octets of a decoded body.
    pub(crate) fn decoded(
        &self,
        message: &Message,
        encoded: &Encoded,
        range: Range<u64>,
    ) -> Result<Slice, StoreError> {
        let has_nul = self.measured(message, encoded)?.has_nul;
        let source = Source::Decoded(message.uid, encoded.place.clone());
        let slice = self.cut(message, source, range, || self.decoder(message, encoded))?;
        Ok(slice.with_nul(has_nul))
    }

    fn decoder(&self, message: &Message, encoded: &Encoded) -> Result<Box<dyn Read>, StoreError> {
        let mut reader = self.mailbox().open(message)?;
        let before = &mut Read::by_ref(&mut reader).take(encoded.place.start);
        io::copy(before, &mut io::sink()).map_err(|error| self.failed(message, error))?;
        let body = reader.take(encoded.place.end - encoded.place.start);
        let encoding = encoded.encoding.unwrap_or(Encoding::Identity);
        let decoder = Decoder::new(body, encoding);
        Ok(match encoded.is_text {
            true => Box::new(ToCrlf::new(decoder)),
            false => Box::new(decoder),
        })
    }
}

fn measure(reader: &mut dyn Read) -> io::Result<Measured> {
    let mut measured = Measured {
        octets: 0,
        has_nul: false,
    };
    let mut buffer = vec![0; limits::BUFFER];
    while let Some(piece) = next_piece(reader, &mut buffer)? {
        measured.octets += piece.len() as u64;
        measured.has_nul |= memchr::memchr(0, piece).is_some();
    }
    Ok(measured)
}
