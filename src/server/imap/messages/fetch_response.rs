//! `* 12 FETCH (…)`: what FETCH tells about one message, item by item (RFC 3501 §7.4.2).
//!
//! A [`FetchResponse`] is made while it is sent. Short attributes (flags, envelopes, header fields) are
//! put together in memory; a range of the file is streamed, and one file is open at a time.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use crate::limits;
use crate::mail::protocol::imap::fetch::{Partial, Section, SectionText};
use crate::mail::protocol::imap::flags::FlagList;
use crate::mail::protocol::imap::response::{Attribute, AttributeName};
use crate::mail::protocol::imap::{DateTime, FetchItem, Response, string};
use crate::mail::store::{Message, StoreError};
use crate::server::Part;
use crate::server::imap::messages::mailbox_reader::{MailboxReader, Slice};
use crate::server::imap::messages::section::{self, Picked, SectionOctets};

/// A message, and what its response needs besides its file.
pub(crate) struct FetchedMessage {
    pub(crate) number: u32,
    pub(crate) message: Arc<Message>,
    pub(crate) recent: bool,
    /// True if this FETCH sets `\Seen`, so that the client must get the flags.
    pub(crate) newly_seen: bool,
}

/// Why something is missing in the reply. The worst reason is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Missing {
    /// A message is gone (RFC 2180 §4.1).
    Gone,
    /// A part is in an unknown transfer encoding (RFC 3516 §4.3).
    UnknownEncoding,
    /// The disk failed.
    Failed,
}

/// `* 12 FETCH (…)`, item by item.
pub(crate) struct FetchResponse {
    items: Rc<[FetchItem]>,
    reader: Rc<MailboxReader>,
    missing: Rc<Cell<Option<Missing>>>,
    fetched: FetchedMessage,
    next_item: usize,
    /// Octets whose literal the previous part has announced.
    streaming: Option<Slice>,
    ended: bool,
}

/// The value of an item.
enum ItemValue {
    /// A complete attribute.
    Attribute(Attribute),
    /// A literal that is streamed.
    Octets(Slice),
    /// A string.
    String(Vec<u8>),
    /// `NIL`.
    Nil,
}

impl Iterator for FetchResponse {
    type Item = Part;

    /// Puts text together up to the next literal that is streamed, or to the end. The text stays short,
    /// because a client may ask a thousand times for the same long envelope.
    fn next(&mut self) -> Option<Part> {
        if let Some(octets) = self.streaming.take() {
            return Some(Part::Stream(Box::new(octets)));
        }
        if self.ended {
            return None;
        }
        let mut text = Vec::new();
        if self.next_item == 0 {
            Response::begin_fetch(self.fetched.number, &mut text);
        }
        let items = Rc::clone(&self.items);
        for item in items.iter().skip(self.next_item) {
            if text.len() >= limits::BUFFER {
                return Some(Part::Text(text));
            }
            if self.next_item > 0 {
                text.push(b' ');
            }
            self.next_item += 1;
            self.write(item, &mut text);
            if self.streaming.is_some() {
                return Some(Part::Text(text));
            }
        }
        self.ended = true;
        if self.fetched.newly_seen && !items.contains(&FetchItem::Flags) {
            text.push(b' ');
            Attribute::Flags(self.flags()).write(&mut text);
        }
        text.extend_from_slice(b")\r\n");
        Some(Part::Text(text))
    }
}

impl FetchResponse {
    /// Prepares the response about a message. What cannot be told is noted in `missing`.
    pub(crate) fn new(
        fetched: FetchedMessage,
        items: &Rc<[FetchItem]>,
        reader: &Rc<MailboxReader>,
        missing: &Rc<Cell<Option<Missing>>>,
    ) -> FetchResponse {
        FetchResponse {
            items: Rc::clone(items),
            reader: Rc::clone(reader),
            missing: Rc::clone(missing),
            fetched,
            next_item: 0,
            streaming: None,
            ended: false,
        }
    }

    /// True if the message still exists and its parts can be decoded. Checked before any of it is sent.
    pub(crate) fn can_be_made(&self) -> bool {
        let known = |item: &FetchItem| matches!(item, FetchItem::Flags | FetchItem::Uid);
        if self.items.iter().all(known) {
            return true;
        }
        // The cache does not know whether the message is still there; the file does.
        if let Err(error) = self.reader.mailbox().check_exists(&self.fetched.message) {
            self.note(&error);
            return false;
        }
        let decodable = self.can_be_decoded();
        if !decodable {
            self.miss(Missing::UnknownEncoding);
        }
        decodable
    }

    /// True if BINARY can decode the parts that it asks for (RFC 3516 §4.3).
    fn can_be_decoded(&self) -> bool {
        self.items.iter().all(|item| match item {
            FetchItem::Binary { path, .. } | FetchItem::BinarySize(path) => {
                let encoded = self.reader.encoded(&self.fetched.message, path);
                !encoded.is_ok_and(|encoded| encoded.is_some_and(|encoded| !encoded.is_known()))
            }
            _ => true,
        })
    }

    /// Appends an item: an attribute, or its name and the announcement of a literal to stream.
    fn write(&mut self, item: &FetchItem, text: &mut Vec<u8>) {
        let value = self.value(item).unwrap_or_else(|error| {
            self.note(&error);
            ItemValue::Nil
        });
        if let ItemValue::Attribute(attribute) = value {
            return attribute.write(text);
        }
        text.extend_from_slice(name(item).to_string().as_bytes());
        text.push(b' ');
        match value {
            ItemValue::Octets(octets) => {
                text.extend_from_slice(octets.announcement().as_bytes());
                self.streaming = Some(octets);
            }
            ItemValue::String(octets) => string::string(&octets, text),
            _ => text.extend_from_slice(b"NIL"),
        }
    }

    fn flags(&self) -> FlagList {
        FlagList::of_message(&self.fetched.message.flags, self.fetched.recent)
    }

    fn value(&self, item: &FetchItem) -> Result<ItemValue, StoreError> {
        let message = &*self.fetched.message;
        let mailbox = self.reader.mailbox();
        let attribute = match item {
            FetchItem::Flags => Attribute::Flags(self.flags()),
            FetchItem::Uid => Attribute::Uid(message.uid),
            FetchItem::InternalDate => {
                Attribute::InternalDate(DateTime::utc(mailbox.date(message)?))
            }
            FetchItem::Rfc822Size => Attribute::Rfc822Size(mailbox.size(message)?),
            FetchItem::Envelope => {
                let envelope = self.reader.header(message)?.envelope.clone();
                Attribute::Other("ENVELOPE".to_owned(), envelope)
            }
            FetchItem::Body => Attribute::Body(self.reader.structure(message)?.description.plain()),
            FetchItem::BodyStructure => {
                let structure = self.reader.structure(message)?;
                Attribute::BodyStructure(structure.description.extended().to_vec())
            }
            // RFC 3501 §6.4.5: each of these three is a section under an older name.
            FetchItem::Rfc822 => return self.section(&Section::default(), None),
            FetchItem::Rfc822Header => return self.section(&whole(SectionText::Header), None),
            FetchItem::Rfc822Text => return self.section(&whole(SectionText::Text), None),
            FetchItem::BodySection {
                section, partial, ..
            } => return self.section(section, *partial),
            FetchItem::Binary { path, partial, .. } => return self.binary(path, *partial),
            FetchItem::BinarySize(path) => {
                let encoded = self.reader.encoded(message, path)?;
                let measure = |encoded| self.reader.measured(message, &encoded);
                let measured = encoded.map(measure).transpose()?;
                let octets = measured.map_or(0, |measured| measured.octets);
                Attribute::BinarySize(path.clone(), octets)
            }
        };
        Ok(ItemValue::Attribute(attribute))
    }

    fn section(
        &self,
        section: &Section,
        partial: Option<Partial>,
    ) -> Result<ItemValue, StoreError> {
        let message = &*self.fetched.message;
        let size = self.reader.mailbox().size(message)?;
        let found = match &section.text {
            _ if !section.path.is_empty() => {
                section::of_part(section, &self.reader.structure(message)?.message)
            }
            Some(text) => section::of_whole(text, self.reader.header(message)?.end, size),
            None => SectionOctets::Range(0..size),
        };
        match found {
            SectionOctets::None => Ok(ItemValue::Nil),
            SectionOctets::Range(range) => {
                let wanted = within(partial, range.end - range.start);
                self.octets(range.start + wanted.start..range.start + wanted.end)
            }
            SectionOctets::Fields(range, picked) => {
                let fields = match picked {
                    Picked::Only(names) if section.path.is_empty() => {
                        picked.of(&*self.reader.header_with(message, names)?)
                    }
                    _ => picked.of(&self.reader.header_at(message, range)?),
                };
                let wanted = within(partial, fields.len() as u64);
                let wanted = fields.get(wanted.start as usize..wanted.end as usize);
                Ok(ItemValue::String(wanted.unwrap_or_default().to_vec()))
            }
        }
    }

    fn octets(&self, range: Range<u64>) -> Result<ItemValue, StoreError> {
        if range.is_empty() {
            return Ok(ItemValue::String(Vec::new()));
        }
        let slice = self.reader.slice(&self.fetched.message, range)?;
        Ok(ItemValue::Octets(slice))
    }

    fn binary(&self, path: &[u32], partial: Option<Partial>) -> Result<ItemValue, StoreError> {
        let message = &*self.fetched.message;
        let Some(encoded) = self.reader.encoded(message, path)? else {
            return Ok(ItemValue::Nil);
        };
        let wanted = within(partial, self.reader.measured(message, &encoded)?.octets);
        if wanted.is_empty() {
            return Ok(ItemValue::String(Vec::new()));
        }
        let decoded = self.reader.decoded(message, &encoded, wanted)?;
        Ok(ItemValue::Octets(decoded))
    }

    fn note(&self, error: &StoreError) {
        if matches!(error, StoreError::MessageGone) {
            return self.miss(Missing::Gone);
        }
        log::error!("{error}");
        self.miss(Missing::Failed);
    }

    fn miss(&self, missing: Missing) {
        self.missing.set(self.missing.get().max(Some(missing)));
    }
}

/// The part of this many octets that is wanted.
fn within(partial: Option<Partial>, length: u64) -> Range<u64> {
    partial.map_or(0..length, |partial| partial.within(length))
}

fn whole(text: SectionText) -> Section {
    Section {
        path: Vec::new(),
        text: Some(text),
    }
}

/// Returns the name of an item's attribute: without `.PEEK`, and with only the first octet of a partial
/// (RFC 3501 §7.4.2).
fn name(item: &FetchItem) -> AttributeName {
    let origin = |partial: &Option<Partial>| partial.map(|partial| partial.start);
    match item {
        FetchItem::BodySection {
            section, partial, ..
        } => AttributeName::Section(section.clone(), origin(partial)),
        FetchItem::Binary { path, partial, .. } => {
            AttributeName::Binary(path.clone(), origin(partial))
        }
        FetchItem::BinarySize(path) => AttributeName::BinarySize(path.clone()),
        word => AttributeName::Word(word.to_string()),
    }
}
