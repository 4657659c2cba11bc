//! `* 12 FETCH (…)`: what FETCH tells about one message, item by item (RFC 3501 §7.4.2).
//!
//! A [`FetchResponse`] is made while it is sent. Short attributes (flags, envelopes, header fields) are
//! put together in memory; a range of the file is streamed, and one file is open at a time.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use crate::limits;
use crate::mail::protocol::imap::fetch::{Partial, Section, SectionText};
use crate::mail::protocol::imap::flags::FlagList;
use crate::mail::protocol::imap::response::{Attribute, AttributeName};
use crate::mail::protocol::imap::{DateTime, FetchItem, Response, string};
use crate::mail::store::{Message, StoreError};
use crate::server::Part;
use crate::server::imap::messages::mailbox_reader::MailboxReader;
use crate::server::imap::messages::missing::Missing;
use crate::server::imap::messages::slice::Slice;

/// A message, and what its response needs besides its file.
pub(crate) struct FetchedMessage {
    pub(crate) number: u32,
    pub(crate) message: Arc<Message>,
    pub(crate) recent: bool,
    /// True if this FETCH sets `\Seen`, so that the client must get the flags.
    pub(crate) newly_seen: bool,
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
pub(crate) enum ItemValue {
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
        let decodable = self.reader.can_decode(&self.fetched.message, &self.items);
        if !decodable {
            self.miss(Missing::UnknownEncoding);
        }
        decodable
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
        let reader = &*self.reader;
        let mailbox = reader.mailbox();
        let attribute = match item {
            FetchItem::Flags => Attribute::Flags(self.flags()),
            FetchItem::Uid => Attribute::Uid(message.uid),
            FetchItem::InternalDate => {
                Attribute::InternalDate(DateTime::utc(mailbox.date(message)?))
            }
            FetchItem::Rfc822Size => Attribute::Rfc822Size(mailbox.size(message)?),
            FetchItem::Envelope => {
                let envelope = reader.header(message)?.envelope.clone();
                Attribute::Other("ENVELOPE".to_owned(), envelope)
            }
            FetchItem::Body => Attribute::Body(reader.structure(message)?.description.plain()),
            FetchItem::BodyStructure => {
                let structure = reader.structure(message)?;
                Attribute::BodyStructure(structure.description.extended().to_vec())
            }
            // RFC 3501 §6.4.5: each of these three is a section under an older name.
            FetchItem::Rfc822 => return reader.section(message, &Section::default(), None),
            FetchItem::Rfc822Header => {
                return reader.section(message, &SectionText::Header.into(), None);
            }
            FetchItem::Rfc822Text => {
                return reader.section(message, &SectionText::Text.into(), None);
            }
            FetchItem::BodySection { section, partial, .. } => {
                return reader.section(message, section, *partial);
            }
            FetchItem::Binary { path, partial, .. } => {
                return reader.binary(message, path, *partial);
            }
            FetchItem::BinarySize(path) => {
                Attribute::BinarySize(path.clone(), reader.binary_size(message, path)?)
            }
        };
        Ok(ItemValue::Attribute(attribute))
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

/// Returns the name of an item's attribute: without `.PEEK`, and with only the first octet of a partial
/// (RFC 3501 §7.4.2).
fn name(item: &FetchItem) -> AttributeName {
    let origin = |partial: &Option<Partial>| partial.map(|partial| partial.start);
    match item {
        FetchItem::BodySection { section, partial, .. } => {
            AttributeName::Section(section.clone(), origin(partial))
        }
        FetchItem::Binary { path, partial, .. } => {
            AttributeName::Binary(path.clone(), origin(partial))
        }
        FetchItem::BinarySize(path) => AttributeName::BinarySize(path.clone()),
        word => AttributeName::Word(word.to_string()),
    }
}
