//! FETCH: what a client wants to know of its messages (RFC 3501 §6.4.5, §7.4.2).
//!
//! The answer is made while it is sent: [`Responses`] yields one message after the other and then
//! the tagged line, [`Response`] one item after the other. So `FETCH 1:* BODY[]` starts at once,
//! holds one file open at a time, and costs no memory for the messages. Text that is short anyway
//! (flags, envelopes, header fields) is put together; what is a range of the file is streamed.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::vec;

use super::answer::{Answer, Answered, Condition};
use super::reading::{Reading, Slice};
use super::section::{self, Found, Picked};
use super::session::ImapServer;
use super::view::{self, Telling, View};
use crate::limits;
use crate::message::{Flag, FlagChange, Flags};
use crate::protocol::imap::fetch::{Partial, Section, SectionText};
use crate::protocol::imap::{DateTime, FetchItem, MessageSet, string};
use crate::server::Part;
use crate::store::{Message, StoreError};

impl ImapServer {
    /// RFC 3501 §6.4.5 and §6.4.8. The tagged line is the last of the answer's parts, because only
    /// then it is known whether every message was still there.
    pub(super) fn fetch(
        &mut self,
        tag: &str,
        set: &MessageSet,
        mut items: Vec<FetchItem>,
        by_uid: bool,
    ) -> Answered {
        let numbers = self.view()?.numbers(set, by_uid)?;
        // First what is new, so that the answer is not older than the news.
        let news = self.news_now(Telling {
            expunge: false,
            uid: by_uid,
        })?;
        let view = self.view()?;
        // RFC 3501 §6.4.8: the answer to UID FETCH has the UID, asked for or not.
        if by_uid && !items.contains(&FetchItem::Uid) {
            items.insert(0, FetchItem::Uid);
        }
        let seen = match items.iter().any(FetchItem::sets_seen) && !view.is_read_only() {
            true => mark_seen(view, &numbers)?,
            false => Vec::new(),
        };
        let wanted = wanted(view, &numbers, &seen);
        let responses = Responses {
            wanted: wanted.into_iter(),
            items: items.into(),
            reading: Rc::clone(view.reading()),
            missing: Rc::default(),
            last_words: Some(LastWords {
                tag: tag.to_owned(),
                by_uid,
            }),
        };
        Ok(Answer::untagged(Part::Each(Box::new(responses))).after(news))
    }
}

/// Sets `\Seen` where it is not set, and returns those numbers, rising.
fn mark_seen(view: &mut View, numbers: &[u32]) -> Result<Vec<u32>, StoreError> {
    let unseen = |number: &u32| {
        let message = view.message(*number);
        message.is_some_and(|message| !message.flags.has(Flag::Seen))
    };
    let unseen: Vec<u32> = numbers.iter().copied().filter(unseen).collect();
    if unseen.is_empty() {
        return Ok(unseen);
    }
    let seen: Flags = [Flag::Seen].into_iter().collect();
    view.change(&unseen, &FlagChange::Add(seen))?;
    Ok(unseen)
}

/// A message, and all that its response needs besides its file.
struct Wanted {
    number: u32,
    message: Arc<Message>,
    recent: bool,
    /// Its flags change with this very FETCH, so the client must hear them.
    newly_seen: bool,
}

fn wanted(view: &View, numbers: &[u32], newly_seen: &[u32]) -> Vec<Wanted> {
    let wanted = |number: &u32| {
        let message = Arc::clone(view.message(*number)?);
        Some(Wanted {
            number: *number,
            recent: view.is_recent(message.uid),
            newly_seen: newly_seen.binary_search(number).is_ok(),
            message,
        })
    };
    numbers.iter().filter_map(wanted).collect()
}

/// The answer to a FETCH: one [`Part::Each`] for each message, then the tagged line.
struct Responses {
    wanted: vec::IntoIter<Wanted>,
    items: Rc<[FetchItem]>,
    reading: Rc<Reading>,
    missing: Rc<Cell<Option<Missing>>>,
    last_words: Option<LastWords>,
}

/// Why something is not in the answer; the worst of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Missing {
    /// A message was removed meanwhile (RFC 2180 §4.1).
    Gone,
    /// The disk failed.
    Failed,
}

impl Iterator for Responses {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        for wanted in self.wanted.by_ref() {
            let response = Response {
                items: Rc::clone(&self.items),
                reading: Rc::clone(&self.reading),
                missing: Rc::clone(&self.missing),
                wanted,
                next_item: 0,
                streaming: None,
                ended: false,
            };
            if response.exists() {
                return Some(Part::Each(Box::new(response)));
            }
        }
        let last_words = self.last_words.take()?;
        Some(Part::Text(last_words.line(self.missing.get()).into_bytes()))
    }
}

/// The tagged line that is to come.
struct LastWords {
    tag: String,
    by_uid: bool,
}

impl LastWords {
    fn line(&self, missing: Option<Missing>) -> String {
        let (condition, text) = match missing {
            None => (Condition::Ok, "FETCH completed"),
            // RFC 3501 §6.4.8: a UID that does not exist is ignored without any error.
            Some(Missing::Gone) if self.by_uid => {
                (Condition::Ok, "[EXPUNGEISSUED] FETCH completed")
            }
            Some(Missing::Gone) => {
                let text = "[EXPUNGEISSUED] Some of the messages were removed meanwhile";
                (Condition::No, text)
            }
            Some(Missing::Failed) => {
                let text = "[SERVERBUG] Some messages cannot be read; the server's log says why";
                (Condition::No, text)
            }
        };
        format!("{} {} {text}\r\n", self.tag, condition.word())
    }
}

/// `* 12 FETCH (…)`, item by item.
struct Response {
    items: Rc<[FetchItem]>,
    reading: Rc<Reading>,
    missing: Rc<Cell<Option<Missing>>>,
    wanted: Wanted,
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

impl Iterator for Response {
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
                    text.extend(format!("{{{}}}\r\n", octets.len()).into_bytes());
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

impl Response {
    /// Is the message still there, if its file is needed at all? Asked before anything is said of it.
    fn exists(&self) -> bool {
        let known = |item: &FetchItem| matches!(item, FetchItem::Flags | FetchItem::Uid);
        if self.items.iter().all(known) {
            return true;
        }
        let date = self.reading.mailbox().date(&self.wanted.message);
        date.map_err(|error| self.note(&error)).is_ok()
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
            None => Found::Octets(0..size),
        };
        let within = |length| partial.map_or(0..length, |partial| partial.within(length));
        match found {
            Found::Nothing => Ok(Value::Text(b"NIL".to_vec())),
            Found::Octets(range) => {
                let wanted = within(range.end - range.start);
                self.octets(range.start + wanted.start..range.start + wanted.end)
            }
            Found::Fields(place, picked) => {
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
    match item {
        FetchItem::BodySection {
            section, partial, ..
        } => match partial {
            Some(Partial { start, .. }) => format!("BODY[{section}]<{start}>"),
            None => format!("BODY[{section}]"),
        },
        word => word.to_string(),
    }
}
