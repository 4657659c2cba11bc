//! Which messages are such? SEARCH, SORT and THREAD ask (RFC 3501 §6.4.4, RFC 9051 §6.4.4).
//!
//! The answer is had as cheaply as possible: [`Matching::new`] puts keys that need no file before those
//! that need the header, and those before the ones that need all of the message; the first that is
//! false ends the question. Texts are compared decoded and by [`casemap`].

use std::cell::OnceCell;
use std::io::Read;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::civil::Date;
use mail_parser::MessageParser;

use super::answer::Answer;
use super::catalogue::{Heading, Nature};
use super::facts::{arrived, seconds};
use super::reading::Reading;
use super::view::{View, no_such_number};
use crate::message::{Content, Field, Flag, Header, Part, Sent, casemap, words};
use crate::protocol::imap::search::{Charset, Clock, Place, When};
use crate::protocol::imap::{DateTime, MessageSet, SearchKey};
use crate::store::{Message, StoreError, Uid};

/// Octets of one part of a message that are looked through; texts for people are shorter.
const SEARCHED: u64 = 4 * 1024 * 1024;

/// Keys, made ready to be asked of every message of a view.
pub(super) struct Matching<'a> {
    view: &'a View,
    key: SearchKey,
    /// Seconds since 1970: when the question was asked.
    now: i64,
}

impl<'a> Matching<'a> {
    /// Makes the keys ready: all of them must be true of a message.
    ///
    /// # Errors
    /// When a text is in a charset that is not known, or a key names a message number that there is not.
    pub(super) fn new(
        view: &'a View,
        charset: Option<&Charset>,
        keys: &[SearchKey],
    ) -> Result<Matching<'a>, Answer> {
        if charset.is_some_and(|charset| !charset.is_known()) {
            let text = "[BADCHARSET (US-ASCII UTF-8)] texts in this charset cannot be searched for";
            return Err(Answer::no(text));
        }
        // An empty mailbox has no numbers to exceed; there `SEARCH 1:*` just finds nothing.
        let count = view.count();
        if count > 0 && keys.iter().any(|key| exceeds(key, count)) {
            return Err(no_such_number(count));
        }
        Ok(Matching {
            view,
            key: in_order(SearchKey::And(keys.to_vec()), count, view.largest_uid()),
            now: seconds(SystemTime::now()),
        })
    }

    /// The numbers of the messages of which the keys are true, rising.
    ///
    /// # Errors
    /// The disk's. A message that is gone is not found.
    pub(super) fn found(&self) -> Result<Vec<u32>, StoreError> {
        let mut found = Vec::new();
        for (number, message) in (1..).zip(self.view.messages()) {
            match self.candidate(number, message).matches(&self.key) {
                Ok(true) => found.push(number),
                Ok(false) | Err(StoreError::MessageGone) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    fn candidate(&self, number: u32, message: &'a Message) -> Candidate<'a> {
        Candidate {
            view: self.view,
            now: self.now,
            number,
            message,
            heading: OnceCell::new(),
        }
    }
}

/// Does a key name a message number that there is not?
fn exceeds(key: &SearchKey, count: u32) -> bool {
    match key {
        SearchKey::Numbers(MessageSet::Sequence(set)) => set.exceeds(count),
        SearchKey::Not(key) => exceeds(key, count),
        SearchKey::Or(one, other) => exceeds(one, count) || exceeds(other, count),
        SearchKey::And(keys) => keys.iter().any(|key| exceeds(key, count)),
        _ => false,
    }
}

/// A message that is asked about. What was read of it is kept while the question lasts.
struct Candidate<'a> {
    view: &'a View,
    now: i64,
    number: u32,
    message: &'a Message,
    heading: OnceCell<Arc<Heading>>,
}

impl Candidate<'_> {
    /// Is this true of the message? Keys nest to a bound that the grammar sets, and this with them.
    fn matches(&self, key: &SearchKey) -> Result<bool, StoreError> {
        let flags = &self.message.flags;
        let recent = || self.view.is_recent(self.message.uid);
        Ok(match key {
            SearchKey::All => true,
            SearchKey::Has(flag) => flags.has(*flag),
            SearchKey::Lacks(flag) => !flags.has(*flag),
            SearchKey::Keyword(keyword) => flags.has_keyword(keyword),
            SearchKey::Unkeyword(keyword) => !flags.has_keyword(keyword),
            SearchKey::Recent => recent(),
            SearchKey::Old => !recent(),
            SearchKey::New => recent() && !flags.has(Flag::Seen),
            SearchKey::Numbers(MessageSet::Sequence(set)) => {
                set.contains(self.number, self.view.count())
            }
            SearchKey::Uids(MessageSet::Sequence(set)) => {
                set.contains(self.message.uid, self.view.largest_uid())
            }
            SearchKey::Numbers(MessageSet::Saved) | SearchKey::Uids(MessageSet::Saved) => {
                self.view.is_saved(self.message.uid)
            }
            SearchKey::Younger(age) => self.came()? >= self.now - i64::from(*age),
            SearchKey::Older(age) => self.came()? <= self.now - i64::from(*age),
            SearchKey::Larger(octets) => self.size()? > *octets,
            SearchKey::Smaller(octets) => self.size()? < *octets,
            SearchKey::Date { clock, when, date } => self.date_is(*clock, *when, *date)?,
            SearchKey::Header { field, text } => self.field_has(field, text)?,
            SearchKey::Text(place, text) => self.text_is_in(*place, text)?,
            SearchKey::Not(key) => !self.matches(key)?,
            SearchKey::Or(one, other) => self.matches(one)? || self.matches(other)?,
            SearchKey::And(keys) => {
                for key in keys {
                    if !self.matches(key)? {
                        return Ok(false);
                    }
                }
                true
            }
        })
    }

    /// RFC 5032 §3: to the second.
    fn came(&self) -> Result<i64, StoreError> {
        arrived(self.reading(), self.message)
    }

    fn size(&self) -> Result<u64, StoreError> {
        self.view.mailbox().size(self.message)
    }

    /// Days are compared as they are written, whatever the time and the zone.
    fn date_is(&self, clock: Clock, when: When, day: Date) -> Result<bool, StoreError> {
        let date = match clock {
            Clock::Internal => Some(DateTime::utc(self.view.mailbox().date(self.message)?).date()),
            Clock::Sent => Sent::of(&self.heading()?.fields).map(|sent| sent.day()),
        };
        Ok(date.is_some_and(|date| match when {
            When::Before => date < day,
            When::On => date == day,
            When::Since => date >= day,
        }))
    }

    fn text_is_in(&self, place: Place, text: &str) -> Result<bool, StoreError> {
        match place {
            Place::Bcc => self.field_has("Bcc", text),
            Place::Cc => self.field_has("Cc", text),
            Place::From => self.field_has("From", text),
            Place::Subject => self.field_has("Subject", text),
            Place::To => self.field_has("To", text),
            Place::Text if header_has(&self.reading().whole_header(self.message)?, text) => {
                Ok(true)
            }
            Place::Text | Place::Body => {
                let structure = self.reading().structure(self.message)?;
                self.part_has(&structure.message, text)
            }
        }
    }

    fn field_has(&self, name: &str, text: &str) -> Result<bool, StoreError> {
        let header = self.reading().header_with(self.message, &[name])?;
        let found = header.named(name).any(|field| has(&decoded(field), text));
        Ok(found)
    }

    /// Is the text in the body of this part? In a message within the message its header counts too.
    fn part_has(&self, part: &Part<Nature>, text: &str) -> Result<bool, StoreError> {
        match &part.content {
            Content::Multipart(parts) => {
                for part in parts {
                    if self.part_has(part, text)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Content::Message(inner) => {
                let header = self
                    .reading()
                    .header_at(self.message, inner.header.clone())?;
                Ok(header_has(&header, text) || self.part_has(inner, text)?)
            }
            Content::Leaf if part.fields.is_text => Ok(has(&self.decoded_text(part)?, text)),
            Content::Leaf => Ok(false),
        }
    }

    /// The text of a part as people read it, from its transfer encoding and its charset.
    fn decoded_text(&self, part: &Part<Nature>) -> Result<String, StoreError> {
        // With its header before it, a part is a message of its own; unless that is no real header.
        let is_whole = part.body.start - part.header.start <= SEARCHED;
        let start = match is_whole {
            true => part.header.start,
            false => part.body.start,
        };
        let end = part.body.end.min(part.body.start + SEARCHED);
        let mut slice = self.reading().slice(self.message, start..end)?;
        let mut octets = Vec::new();
        (slice.read_to_end(&mut octets))
            .map_err(|error| self.reading().failed(self.message, error))?;
        let message = is_whole.then(|| MessageParser::default().parse(&octets));
        let text = message.flatten().and_then(|message| {
            let text = message.parts.first()?.text_contents();
            text.map(str::to_owned)
        });
        Ok(text.unwrap_or_else(|| String::from_utf8_lossy(&octets).into_owned()))
    }

    fn heading(&self) -> Result<&Heading, StoreError> {
        if let Some(heading) = self.heading.get() {
            return Ok(heading);
        }
        let heading = self.reading().heading(self.message)?;
        Ok(self.heading.get_or_init(|| heading))
    }

    fn reading(&self) -> &Reading {
        self.view.reading()
    }
}

/// Puts what costs little before what costs much, settles all sets, and prepares the texts.
fn in_order(key: SearchKey, count: u32, largest_uid: Uid) -> SearchKey {
    let in_order = |key| in_order(key, count, largest_uid);
    match key {
        SearchKey::Numbers(MessageSet::Sequence(set)) => {
            SearchKey::Numbers(set.settled(count).into())
        }
        SearchKey::Uids(MessageSet::Sequence(set)) => {
            SearchKey::Uids(set.settled(largest_uid).into())
        }
        SearchKey::Text(place, text) => SearchKey::Text(place, casemap::prepared(&text)),
        SearchKey::Header { field, text } => SearchKey::Header {
            field,
            text: casemap::prepared(&text),
        },
        SearchKey::Not(key) => SearchKey::Not(Box::new(in_order(*key))),
        SearchKey::Or(one, other) => {
            let (one, other) = (in_order(*one), in_order(*other));
            match cost(&one) <= cost(&other) {
                true => SearchKey::Or(Box::new(one), Box::new(other)),
                false => SearchKey::Or(Box::new(other), Box::new(one)),
            }
        }
        SearchKey::And(keys) => {
            let mut keys: Vec<SearchKey> = keys.into_iter().map(in_order).collect();
            keys.sort_by_cached_key(cost);
            SearchKey::And(keys)
        }
        other => other,
    }
}

/// What must be read to answer: 0 nothing, 1 what the folder knows, 2 the header, 3 the message.
fn cost(key: &SearchKey) -> u8 {
    match key {
        SearchKey::Larger(_)
        | SearchKey::Smaller(_)
        | SearchKey::Younger(_)
        | SearchKey::Older(_) => 1,
        SearchKey::Date { clock, .. } => match clock {
            Clock::Internal => 1,
            Clock::Sent => 2,
        },
        SearchKey::Text(Place::Body | Place::Text, _) => 3,
        SearchKey::Text(..) | SearchKey::Header { .. } => 2,
        SearchKey::Not(key) => cost(key),
        SearchKey::Or(one, other) => cost(one).max(cost(other)),
        SearchKey::And(keys) => keys.iter().map(cost).max().unwrap_or(0),
        _ => 0,
    }
}

fn header_has(header: &Header, text: &str) -> bool {
    header.fields().any(|field| {
        let name = String::from_utf8_lossy(field.name);
        has(&format!("{name}: {}", decoded(field)), text)
    })
}

/// Is the text in there, in any case? The text is prepared already.
fn has(place: &str, text: &str) -> bool {
    casemap::prepared(place).contains(text)
}

/// The value of a field as people read it: unfolded, its encoded words decoded.
fn decoded(field: Field<'_>) -> String {
    words::decode(&field.unfolded())
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::protocol::imap::Search;
    use crate::protocol::imap::cursor::Cursor;

    fn prepared(keys: &str) -> String {
        let keys = Search::parse(&mut Cursor::new(keys.as_bytes()))
            .unwrap()
            .keys;
        in_order(SearchKey::And(keys), 9, 99).to_string()
    }

    #[test]
    fn cheap_keys_come_first() {
        let rows = [
            (
                "BODY X SUBJECT Y LARGER 5 SEEN",
                "(SEEN LARGER 5 SUBJECT Y BODY X)",
            ),
            ("OR BODY x SEEN", "(OR SEEN BODY X)"),
            ("7:*,2,1 UID 8,80:*", "(1:2,7:9 UID 8,80:99)"),
            (
                "NOT TEXT x (FROM y DELETED)",
                "((DELETED FROM Y) NOT TEXT X)",
            ),
            (
                "SENTON 1-Feb-2020 ON 1-Feb-2020",
                "(ON 1-Feb-2020 SENTON 1-Feb-2020)",
            ),
        ];
        for (keys, expected) in rows {
            assert_eq!(prepared(keys), expected, "{keys}");
        }
    }

    #[test]
    fn fields_are_compared_decoded() {
        let header = Header::parse(
            b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n aus Ulm\r\nFrom: \xc3\x84nne\r\n\r\n",
        );
        let has = |text| header_has(&header, &casemap::prepared(text));
        assert!(has("GRÜßE aus ulm"));
        assert!(has("from: änne"));
        assert!(!has("=?utf-8"));
    }
}
