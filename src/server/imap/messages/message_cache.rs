//! What all conversations remember of the messages that they have read.
//!
//! A message never changes, so its file is read only once for its ENVELOPE, its BODYSTRUCTURE and the
//! places of its parts, whichever client asks again. Little is kept: the responses as they are on the
//! wire, and the few fields that SEARCH, SORT and THREAD look at. The key is the message's
//! [`Identity`], which is never used again, so no entry can be out of date.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits;
use crate::mail::message::charset::Charset;
use crate::mail::message::content::MediaType;
use crate::mail::message::{BodyPart, Encoding, Header};
use crate::mail::protocol::imap::bodystructure::{self, BodyStructure};
use crate::mail::store::Identity;

/// The fields that are cached of a header: those of SEARCH (RFC 3501 §6.4.4), SORT and THREAD
/// (RFC 5256 §3).
pub(crate) const KEPT_FIELDS: [&str; 9] =
    ["Bcc", "Cc", "Date", "From", "In-Reply-To", "Message-ID", "References", "Subject", "To"];

/// What all conversations know of messages without opening their files.
#[derive(Default)]
pub struct MessageCache {
    pub(crate) headers: Cache<CachedHeader>,
    pub(crate) structures: Cache<CachedStructure>,
}

/// What is cached of a message's header.
pub(crate) struct CachedHeader {
    /// Its end, with the empty line after it.
    pub(crate) end: u64,
    /// ENVELOPE, as on the wire.
    pub(crate) envelope: Vec<u8>,
    /// The [`KEPT_FIELDS`] that it has.
    pub(crate) fields: Arc<Header>,
}

/// What is cached of a message's structure.
pub(crate) struct CachedStructure {
    /// BODYSTRUCTURE, as on the wire.
    pub(crate) description: BodyStructure,
    /// Where its parts are.
    pub(crate) message: BodyPart<BodyPartKind>,
}

/// What must be known of a part to read its body as text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyPartKind {
    /// True if it is text.
    pub(crate) is_text: bool,
    /// Its transfer encoding; `None` if it is unknown.
    pub(crate) encoding: Option<Encoding>,
    /// Its charset.
    pub(crate) charset: Charset,
}

impl CachedHeader {
    /// From a message with this header.
    pub(crate) fn of(message: &BodyPart) -> CachedHeader {
        CachedHeader {
            end: message.header.end,
            envelope: bodystructure::envelope(&message.fields),
            fields: Arc::new(message.fields.reduced_to(&KEPT_FIELDS)),
        }
    }
}

impl CachedStructure {
    /// From this message.
    pub(crate) fn of(message: BodyPart) -> CachedStructure {
        CachedStructure {
            description: BodyStructure::of(&message),
            message: message.map(&|header: Header| BodyPartKind::of(&header)),
        }
    }
}

impl BodyPartKind {
    fn of(header: &Header) -> BodyPartKind {
        let media = MediaType::of(header);
        let charset = media.as_ref().and_then(|media| media.params.value("charset"));
        BodyPartKind {
            // RFC 2045 §5.2: a part without a Content-Type is text.
            is_text: media.is_none_or(|media| media.is_main("text")),
            encoding: Encoding::of(header),
            charset: Charset::named(&charset.unwrap_or_default()),
        }
    }
}

/// A value that takes memory.
pub(crate) trait Cost {
    /// Its size in memory, in octets.
    fn cost(&self) -> usize;
}

impl Cost for CachedHeader {
    fn cost(&self) -> usize {
        size_of::<CachedHeader>()
            + size_of::<Header>()
            + self.envelope.capacity()
            + self.fields.cost()
    }
}

impl Cost for CachedStructure {
    fn cost(&self) -> usize {
        let parts = self.message.count() * size_of::<BodyPart<BodyPartKind>>();
        size_of::<CachedStructure>() + self.description.cost() + parts
    }
}

/// A cache of at most [`limits::MESSAGE_CACHE`] octets. A full cache drops its oldest entries; an entry
/// that was used since it came, or since its last chance, gets a second chance.
pub(crate) struct Cache<V> {
    entries: Mutex<CacheEntries<V>>,
}

struct CacheEntries<V> {
    by_message: HashMap<Identity, CacheEntry<V>>,
    /// All keys; the first is dropped first.
    queue: VecDeque<Identity>,
    /// The cost of all entries together.
    cost: usize,
}

struct CacheEntry<V> {
    value: Arc<V>,
    cost: usize,
    /// True if it was used since it came, or since its last chance.
    used: bool,
}

impl<V> Default for Cache<V> {
    fn default() -> Cache<V> {
        Cache {
            entries: Mutex::new(CacheEntries {
                by_message: HashMap::new(),
                queue: VecDeque::new(),
                cost: 0,
            }),
        }
    }
}

impl<V: Cost> Cache<V> {
    /// Returns the entry of this message.
    pub(crate) fn find(&self, message: &Identity) -> Option<Arc<V>> {
        let mut entries = self.entries();
        let entry = entries.by_message.get_mut(message)?;
        entry.used = true;
        Some(Arc::clone(&entry.value))
    }

    /// Inserts an entry for this message, unless it is so large that it would drop many others.
    pub(crate) fn insert(&self, message: Identity, value: &Arc<V>) {
        let cost = entry_cost(&message, &**value);
        if cost > limits::MESSAGE_CACHE / 16 {
            return;
        }
        let mut entries = self.entries();
        if entries.by_message.contains_key(&message) {
            return;
        }
        entries.make_room(cost);
        entries.cost += cost;
        entries.queue.push_back(message.clone());
        let entry = CacheEntry { value: Arc::clone(value), cost, used: false };
        entries.by_message.insert(message, entry);
    }

    /// A thread that panicked has left an entry too few or too many, which does no harm.
    fn entries(&self) -> MutexGuard<'_, CacheEntries<V>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the cost of an entry with its key, which the queue has, too.
fn entry_cost<V: Cost>(message: &Identity, value: &V) -> usize {
    value.cost() + 2 * message.cost() + size_of::<CacheEntry<V>>()
}

impl<V> CacheEntries<V> {
    fn make_room(&mut self, cost: usize) {
        while self.cost + cost > limits::MESSAGE_CACHE {
            let Some(first) = self.queue.pop_front() else {
                return;
            };
            match self.by_message.get_mut(&first) {
                Some(entry) if entry.used => {
                    entry.used = false;
                    self.queue.push_back(first);
                }
                _ => self.cost -= self.by_message.remove(&first).map_or(0, |entry| entry.cost),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::mail::store::{Delivery, Mailbox, Store};

    /// A value of this size.
    struct Weight(usize);

    impl Cost for Weight {
        fn cost(&self) -> usize {
            self.0
        }
    }

    /// The identities of so many messages.
    fn messages(count: usize) -> Vec<Identity> {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let inbox: Arc<Mailbox> = store.account("alice").unwrap().inbox().unwrap();
        for _ in 0..count {
            let mut delivery = Delivery::begin(vec![Arc::clone(&inbox)]).unwrap();
            delivery.write_all(b"x").unwrap();
            delivery.commit().unwrap();
        }
        let snapshot = inbox.refresh().unwrap();
        let identity = |message: &Arc<_>| inbox.identity(message);
        snapshot.messages.iter().map(identity).collect()
    }

    #[test]
    fn a_full_cache_drops_what_is_not_used() {
        let messages = messages(60);
        let cache = Cache::default();
        let (wanted, others) = messages.split_first().unwrap();
        let weight = Arc::new(Weight(limits::MESSAGE_CACHE / 20));
        cache.insert(wanted.clone(), &weight);
        for other in others {
            cache.insert(other.clone(), &weight);
            assert!(cache.find(wanted).is_some());
            let entries = cache.entries();
            let cost: usize = entries.by_message.values().map(|entry| entry.cost).sum();
            assert!(cost == entries.cost && cost <= limits::MESSAGE_CACHE);
            assert_eq!(entries.queue.len(), entries.by_message.len());
        }
        let kept = others.iter().filter(|other| cache.find(other).is_some());
        assert_eq!(kept.count(), 18);
        assert!(others.last().is_some_and(|last| cache.find(last).is_some()));
    }

    #[test]
    fn ten_thousand_ordinary_messages_fit() {
        let mut message: &[u8] = include_bytes!("../../../../tests/servers/zoo/ordinary.eml");
        let message = BodyPart::read(&mut message).unwrap();
        let name = messages(1).remove(0);
        let heading = entry_cost(&name, &CachedHeader::of(&message));
        let structure = entry_cost(&name, &CachedStructure::of(message));
        assert!(10_000 * heading <= limits::MESSAGE_CACHE, "{heading}");
        assert!(10_000 * structure <= limits::MESSAGE_CACHE, "{structure}");
    }

    #[test]
    fn one_message_does_not_drop_many() {
        let messages = messages(2);
        let cache = Cache::default();
        cache.insert(messages[0].clone(), &Arc::new(Weight(1)));
        cache.insert(messages[1].clone(), &Arc::new(Weight(limits::MESSAGE_CACHE / 8)));
        assert!(cache.find(&messages[0]).is_some());
        assert!(cache.find(&messages[1]).is_none());
    }
}
