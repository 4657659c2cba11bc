//! `* 12 FETCH (…)`: what FETCH tells of one message, item by item (RFC 3501 §7.4.2).
//!
//! A [`FetchResponse`] is made while it is sent. Text that is short anyway (flags, envelopes, header fields)
//! is put together; what is a range of the file is streamed, and one file is open at a time.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use crate::limits;
use crate::mail::protocol::imap::fetch::{Partial, Section, SectionText};
use crate::mail::protocol::imap::{DateTime, FetchItem, string};
use crate::mail::store::{Message, StoreError};
use crate::server::Part;
use crate::server::imap::messages::message_reader::{MessageReader, Slice};
use crate::server::imap::messages::section::{self, Picked, SectionOctets};
use crate::server::imap::view;

/// A message, and all that its response needs besides its file.
pub(crate) struct FetchedMessage {
    pub(crate) number: u32,
    pub(crate) message: Arc<Message>,
    pub(crate) recent: bool,
    /// Its flags change with this very FETCH, so the client must hear them.
    pub(crate) newly_seen: bool,
}

/// Why something is not in the answer; the worst of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Missing {
    /// A message was removed meanwhile (RFC 2180 §4.1).
    Gone,
    /// A part is encoded as nobody here knows (RFC 3516 §4.3).
    UnknownEncoding,
    /// The disk failed.
    Failed,
}

/// `* 12 FETCH (…)`, item by item.
pub(crate) struct FetchResponse {
    items: Rc<[FetchItem]>,
    reading: Rc<MessageReader>,
    missing: Rc<Cell<Option<Missing>>>,
    wanted: FetchedMessage,
    next_item: usize,
    /// Octets whose literal was announced by the part before.
    streaming: Option<Slice>,
    ended: bool,
}

/// What an item comes to.
enum Value {
    Text(Vec<u8>),
    Octets(Slice),
}

impl Iterator for FetchResponse {
    type Item = Part;

    /// Gathers text up to the next literal that is streamed, or to the end; but never much of it,
    /// since a client may ask a thousand times for the same long envelope.
    fn next(&mut self) -> Option<Part> {
        if let Some(octets) = self.streaming.take() {
            return Some(Part::Stream(Box::new(octets)));
        }
        if self.ended {
            return None;
        }
        let mut text = Vec::new();
        if self.next_item == 0 {
            text.extend(format!("* {} FETCH (", self.wanted.number).into_bytes());
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
            text.extend(name(item).into_bytes());
            text.push(b' ');
            match self.value(item) {
                Ok(Value::Text(value)) => text.extend(value),
                Ok(Value::Octets(octets)) => {
                    text.extend(octets.announcement().into_bytes());
                    self.streaming = Some(octets);
                    return Some(Part::Text(text));
                }
                Err(error) => {
                    self.note(&error);
                    text.extend(b"NIL");
                }
            }
        }
        self.ended = true;
        text.extend(self.closing().into_bytes());
        Some(Part::Text(text))
    }
}

impl FetchResponse {
    /// About this message. What cannot be told is noted in `missing`.
    pub(crate) fn new(
        wanted: FetchedMessage,
        items: &Rc<[FetchItem]>,
        reading: &Rc<MessageReader>,
        missing: &Rc<Cell<Option<Missing>>>,
    ) -> FetchResponse {
        FetchResponse {
            items: Rc::clone(items),
            reading: Rc::clone(reading),
            missing: Rc::clone(missing),
            wanted,
            next_item: 0,
            streaming: None,
            ended: false,
        }
    }

    /// Can something be said of the message?
    pub(crate) fn can_be_made(&self) -> bool {
        self.exists() && self.can_be_decoded()
    }

    /// Is the message still there, if its file is needed at all? Asked before anything is said of it.
    fn exists(&self) -> bool {
        let known = |item: &FetchItem| matches!(item, FetchItem::Flags | FetchItem::Uid);
        if self.items.iter().all(known) {
            return true;
        }
        // What is remembered of it does not tell: the file does.
        let there = self.reading.mailbox().check_exists(&self.wanted.message);
        there.map_err(|error| self.note(&error)).is_ok()
    }

    /// Can the parts that BINARY asks for be decoded? Otherwise nothing is said of the message.
    fn can_be_decoded(&self) -> bool {
        let mut paths = self.items.iter().filter_map(|item| match item {
            FetchItem::Binary { path, .. } | FetchItem::BinarySize(path) => Some(path),
            _ => None,
        });
        let decodable = |path: &Vec<u32>| {
            let encoded = self.reading.encoded(&self.wanted.message, path);
            !encoded.is_ok_and(|encoded| encoded.is_some_and(|encoded| !encoded.is_known()))
        };
        let all = paths.all(decodable);
        if !all {
            self.miss(Missing::UnknownEncoding);
        }
        all
    }

    /// The end of the response; with the flags, if this FETCH set `\Seen` and they were not asked for.
    fn closing(&self) -> String {
        if !self.wanted.newly_seen || self.items.contains(&FetchItem::Flags) {
            return ")\r\n".to_owned();
        }
        format!(" FLAGS ({}))\r\n", self.flags())
    }

    fn flags(&self) -> String {
        view::flag_list(&self.wanted.message.flags, self.wanted.recent)
    }

    fn value(&self, item: &FetchItem) -> Result<Value, StoreError> {
        let message = &*self.wanted.message;
        let mailbox = self.reading.mailbox();
        let text = |text: String| Ok(Value::Text(text.into_bytes()));
        match item {
            FetchItem::Flags => text(format!("({})", self.flags())),
            FetchItem::Uid => text(message.uid.to_string()),
            FetchItem::InternalDate => text(DateTime::utc(mailbox.date(message)?).to_string()),
            FetchItem::Rfc822Size => text(mailbox.size(message)?.to_string()),
            FetchItem::Envelope => {
                let heading = self.reading.heading(message)?;
                Ok(Value::Text(heading.envelope.clone()))
            }
            FetchItem::Body => {
                let structure = self.reading.structure(message)?;
                Ok(Value::Text(structure.description.plain()))
            }
            FetchItem::BodyStructure => {
                let structure = self.reading.structure(message)?;
                Ok(Value::Text(structure.description.extended().to_vec()))
            }
            // RFC 3501 §6.4.5: each of these three is a section under an older name.
            FetchItem::Rfc822 => self.section(&Section::default(), None),
            FetchItem::Rfc822Header => self.section(&whole(SectionText::Header), None),
            FetchItem::Rfc822Text => self.section(&whole(SectionText::Text), None),
            FetchItem::BodySection {
                section, partial, ..
            } => self.section(section, *partial),
            FetchItem::Binary { path, partial, .. } => self.binary(path, *partial),
            FetchItem::BinarySize(path) => {
                let encoded = self.reading.encoded(message, path)?;
                let measure = |encoded| self.reading.measured(message, &encoded);
                let measured = encoded.map(measure).transpose()?;
                text(measured.map_or(0, |measured| measured.octets).to_string())
            }
        }
    }

    fn section(&self, section: &Section, partial: Option<Partial>) -> Result<Value, StoreError> {
        let message = &*self.wanted.message;
        let size = self.reading.mailbox().size(message)?;
        let found = match &section.text {
            _ if !section.path.is_empty() => {
                section::of_part(section, &self.reading.structure(message)?.message)
            }
            Some(text) => section::of_whole(text, self.reading.heading(message)?.end, size),
            None => SectionOctets::Octets(0..size),
        };
        let within = |length| partial.map_or(0..length, |partial| partial.within(length));
        match found {
            SectionOctets::Nothing => Ok(Value::Text(b"NIL".to_vec())),
            SectionOctets::Octets(range) => {
                let wanted = within(range.end - range.start);
                self.octets(range.start + wanted.start..range.start + wanted.end)
            }
            SectionOctets::Fields(place, picked) => {
                let header = match picked {
                    Picked::Only(names) if section.path.is_empty() => {
                        self.reading.header_with(message, names)?
                    }
                    _ => Arc::new(self.reading.header_at(message, place)?),
                };
                let fields = picked.of(&header);
                let wanted = within(fields.len() as u64);
                let wanted = fields.get(wanted.start as usize..wanted.end as usize);
                let mut out = Vec::new();
                string::string(wanted.unwrap_or_default(), &mut out);
                Ok(Value::Text(out))
            }
        }
    }

    fn binary(&self, path: &[u32], partial: Option<Partial>) -> Result<Value, StoreError> {
        let message = &*self.wanted.message;
        let Some(encoded) = self.reading.encoded(message, path)? else {
            return Ok(Value::Text(b"NIL".to_vec()));
        };
        let length = self.reading.measured(message, &encoded)?.octets;
        let wanted = partial.map_or(0..length, |partial| partial.within(length));
        if wanted.is_empty() {
            return Ok(Value::Text(b"\"\"".to_vec()));
        }
        let decoded = self.reading.decoded(message, &encoded, wanted)?;
        Ok(Value::Octets(decoded))
    }

    fn octets(&self, range: Range<u64>) -> Result<Value, StoreError> {
        if range.is_empty() {
            return Ok(Value::Text(b"\"\"".to_vec()));
        }
        let slice = self.reading.slice(&self.wanted.message, range)?;
        Ok(Value::Octets(slice))
    }

    fn note(&self, error: &StoreError) {
        let missing = match error {
            StoreError::MessageGone => Missing::Gone,
            _ => {
                log::error!("{error}");
                Missing::Failed
            }
        };
        self.miss(missing);
    }

    fn miss(&self, missing: Missing) {
        self.missing.set(self.missing.get().max(Some(missing)));
    }
}

fn whole(text: SectionText) -> Section {
    Section {
        path: Vec::new(),
        text: Some(text),
    }
}

/// As the response repeats it: without `.PEEK`, and of a partial only where it starts (§7.4.2).
fn name(item: &FetchItem) -> String {
    let mut item = item.clone();
    let partial = match &mut item {
        FetchItem::BodySection { peek, partial, .. } | FetchItem::Binary { peek, partial, .. } => {
            *peek = false;
            partial.take()
        }
        _ => None,
    };
    match partial {
        Some(Partial { start, .. }) => format!("{item}<{start}>"),
        None => item.to_string(),
    }
}
