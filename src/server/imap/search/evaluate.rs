//! Decides whether a search key is true of a message (RFC 3501 §6.4.4, RFC 9051 §6.4.4).
//!
//! A [`Candidate`] reads of its message what a key needs and no more, and keeps it for the next key.
//! Texts are decoded and compared by [`casemap`].

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use jiff::civil::Date;

use crate::mail::message::{Flag, Header, MailDate, casemap};
use crate::mail::protocol::imap::search::{Clock, TextPlace, When};
use crate::mail::protocol::imap::{DateTime, MessageSet, SearchKey};
use crate::mail::store::{Message, StoreError};
use crate::server::imap::messages::mailbox_reader::MailboxReader;
use crate::server::imap::messages::message_cache::{CachedHeader, KEPT_FIELDS};
use crate::server::imap::search::sort_keys::arrived;
use crate::server::imap::search::text::{TextSearch, field_text};
use crate::server::imap::view::View;

/// A message, while search keys are evaluated for it.
pub(crate) struct Candidate<'a> {
    view: &'a View,
    texts: &'a TextSearch,
    /// The time of the search, in seconds since 1970.
    now: i64,
    number: u32,
    message: &'a Message,
    cached_header: OnceCell<Arc<CachedHeader>>,
    header: OnceCell<Header>,
    fields: RefCell<HashMap<String, Option<Rc<str>>>>,
    found: OnceCell<Vec<bool>>,
}

impl<'a> Candidate<'a> {
    /// A message of the view, and the texts that the keys look for in whole messages.
    pub(crate) fn new(
        view: &'a View,
        texts: &'a TextSearch,
        now: i64,
        (number, message): (u32, &'a Message),
    ) -> Candidate<'a> {
        Candidate {
            view,
            texts,
            now,
            number,
            message,
            cached_header: OnceCell::new(),
            header: OnceCell::new(),
            fields: RefCell::default(),
            found: OnceCell::new(),
        }
    }

    /// True if the message fits. The texts are prepared already. Keys nest to a bound that the grammar
    /// sets, and this with them.
    pub(crate) fn matches(&self, key: &SearchKey) -> Result<bool, StoreError> {
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
            SearchKey::Numbers(set) => self.is_numbered(set),
            SearchKey::Uids(set) => self.has_uid(set),
            SearchKey::Younger(age) => self.received()? >= self.now - i64::from(*age),
            SearchKey::Older(age) => self.received()? <= self.now - i64::from(*age),
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

    fn is_numbered(&self, set: &MessageSet) -> bool {
        match set {
            MessageSet::Sequence(set) => set.contains(self.number, self.view.count()),
            MessageSet::Saved => self.view.is_saved(self.message.uid),
        }
    }

    fn has_uid(&self, set: &MessageSet) -> bool {
        match set {
            MessageSet::Sequence(set) => set.contains(self.message.uid, self.view.largest_uid()),
            MessageSet::Saved => self.view.is_saved(self.message.uid),
        }
    }

    /// RFC 5032 §2: to the second.
    fn received(&self) -> Result<i64, StoreError> {
        arrived(self.reader(), self.message)
    }

    fn size(&self) -> Result<u64, StoreError> {
        self.view.mailbox().size(self.message)
    }

    /// Compares days as they are written, whatever the time and the zone.
    fn date_is(&self, clock: Clock, when: When, day: Date) -> Result<bool, StoreError> {
        let date = match clock {
            Clock::Internal => Some(DateTime::utc(self.view.mailbox().date(self.message)?).date()),
            Clock::Sent => MailDate::of(&self.cached_header()?.fields).map(|sent| sent.day()),
        };
        Ok(date.is_some_and(|date| match when {
            When::Before => date < day,
            When::On => date == day,
            When::Since => date >= day,
        }))
    }

    fn text_is_in(&self, place: TextPlace, text: &str) -> Result<bool, StoreError> {
        match place {
            TextPlace::Bcc => self.field_has("Bcc", text),
            TextPlace::Cc => self.field_has("Cc", text),
            TextPlace::From => self.field_has("From", text),
            TextPlace::Subject => self.field_has("Subject", text),
            TextPlace::To => self.field_has("To", text),
            TextPlace::Text | TextPlace::Body => {
                let found = self.found()?.get(self.texts.index(place == TextPlace::Text, text));
                Ok(found == Some(&true))
            }
        }
    }

    fn field_has(&self, name: &str, text: &str) -> Result<bool, StoreError> {
        let field = self.field(name)?;
        Ok(field.is_some_and(|field| field.contains(text)))
    }

    /// Returns all fields with this name, prepared, one on a line; `None` if there is none.
    fn field(&self, name: &str) -> Result<Option<Rc<str>>, StoreError> {
        if let Some(known) = self.fields.borrow().get(name) {
            return Ok(known.clone());
        }
        let texts = self.header_with(name)?.named(name).map(field_text);
        let prepared = texts.map(|text| casemap::prepared(&text) + "\n");
        let prepared = prepared.reduce(|all, field| all + &field).map(Rc::from);
        self.fields.borrow_mut().insert(name.to_owned(), prepared.clone());
        Ok(prepared)
    }

    /// Returns a header with all fields of this name. For cached fields no file is opened.
    fn header_with(&self, name: &str) -> Result<&Header, StoreError> {
        if KEPT_FIELDS.iter().any(|kept| kept.eq_ignore_ascii_case(name)) {
            return Ok(&self.cached_header()?.fields);
        }
        if let Some(header) = self.header.get() {
            return Ok(header);
        }
        let header = self.reader().whole_header(self.message)?;
        Ok(self.header.get_or_init(|| header))
    }

    fn cached_header(&self) -> Result<&CachedHeader, StoreError> {
        if let Some(heading) = self.cached_header.get() {
            return Ok(heading);
        }
        let heading = self.reader().header(self.message)?;
        Ok(self.cached_header.get_or_init(|| heading))
    }

    /// Returns which of the texts are in the message, in the order of [`TextSearch`].
    fn found(&self) -> Result<&[bool], StoreError> {
        if let Some(found) = self.found.get() {
            return Ok(found);
        }
        let found = self.texts.find(self.reader(), self.message)?;
        Ok(self.found.get_or_init(|| found))
    }

    fn reader(&self) -> &MailboxReader {
        self.view.reader()
    }
}
