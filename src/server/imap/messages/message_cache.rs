//! The message_cache: what was learned of messages when they were read, for all conversations.
//!
//! A message never changes, so its file is read for its ENVELOPE, its BODYSTRUCTURE and the places
//! of its parts once, and not again for another client, or for the same one when it has come back.
//! What is kept is small: the answers as they stand on the wire, and those few fields that SEARCH,
//! SORT and THREAD look at. It is known by the message's [`Identity`], which is never used again, so
//! nothing here can be out of date; what is not asked for makes room for what is ([`Cache`]).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits;
use crate::mail::message::charset::Charset;
use crate::mail::message::content::MediaType;
use crate::mail::message::{BodyPart, Encoding, Header};
use crate::mail::protocol::imap::bodystructure::{self, BodyStructure};
use crate::mail::store::Identity;

/// The fields that are kept of a header: those of SEARCH (RFC 3501 §6.4.4), SORT and THREAD
/// (RFC 5256 §3).
pub(crate) const KEPT_FIELDS: [&str; 9] = [
    "Bcc",
    "Cc",
    "Date",
    "From",
    "In-Reply-To",
    "Message-ID",
    "References",
    "Subject",
    "To",
];

/// What all conversations know of messages without opening their files.
#[derive(Default)]
pub struct MessageCache {
    pub(crate) headings: Cache<CachedHeader>,
    pub(crate) structures: Cache<CachedStructure>,
}

/// What is kept of a message's header.
pub(crate) struct CachedHeader {
    /// Where it ends, the empty line after it included.
    pub(crate) end: u64,
    /// ENVELOPE, as on the wire.
    pub(crate) envelope: Vec<u8>,
    /// The [`KEPT_FIELDS`] that it has.
    pub(crate) fields: Arc<Header>,
}

/// What is kept of a message's structure.
pub(crate) struct CachedStructure {
    /// BODYSTRUCTURE, as on the wire.
    pub(crate) description: BodyStructure,
    /// Where its parts are.
    pub(crate) message: BodyPart<PartKind>,
}

/// What must be known of a part to make its body readable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartKind {
    /// Is it text, for people?
    pub(crate) is_text: bool,
    /// How it is encoded; `None` for an encoding that nobody here knows.
    pub(crate) encoding: Option<Encoding>,
    /// What its octets mean.
    pub(crate) charset: Charset,
}

impl CachedHeader {
    /// Of a message with this header.
    pub(crate) fn of(message: &BodyPart) -> CachedHeader {
        CachedHeader {
            end: message.header.end,
            envelope: bodystructure::envelope(&message.fields),
            fields: Arc::new(message.fields.reduced_to(&KEPT_FIELDS)),
        }
    }
}

impl CachedStructure {
    /// Of this message.
    pub(crate) fn of(message: BodyPart) -> CachedStructure {
        CachedStructure {
            description: BodyStructure::of(&message),
            message: message.map(&|header: Header| PartKind::of(&header)),
        }
    }
}

impl PartKind {
    fn of(header: &Header) -> PartKind {
        let media = MediaType::of(header);
        let charset = media
            .as_ref()
            .and_then(|media| media.params.value("charset"));
        PartKind {
            // RFC 2045 §5.2: what does not say what it is is text.
            is_text: media.is_none_or(|media| media.is_main("text")),
            encoding: Encoding::of(header),
            charset: Charset::named(&charset.unwrap_or_default()),
        }
    }
}

/// What takes memory.
pub(crate) trait Cost {
    /// How much, in octets.
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
        let parts = self.message.count() * size_of::<BodyPart<PartKind>>();
        size_of::<CachedStructure>() + self.description.cost() + parts
    }
}

/// A place for as much as [`limits::MESSAGE_CACHE`] octets. When it is full, what has been there longest
/// goes; but whatever was asked for since gets a second chance first.
pub(crate) struct Cache<V> {
    cards: Mutex<CacheEntries<V>>,
}

struct CacheEntries<V> {
    known: HashMap<Identity, CacheEntry<V>>,
    /// All that are known; who stands in front goes first.
    queue: VecDeque<Identity>,
    /// What they cost together.
    cost: usize,
}

struct CacheEntry<V> {
    content: Arc<V>,
    cost: usize,
    /// Was it asked for since it came, or since its last chance?
    wanted: bool,
}

impl<V> Default for Cache<V> {
    fn default() -> Cache<V> {
        Cache {
            cards: Mutex::new(CacheEntries {
                known: HashMap::new(),
                queue: VecDeque::new(),
                cost: 0,
            }),
        }
    }
}

impl<V: Cost> Cache<V> {
    /// What is known of this message.
    pub(crate) fn find(&self, message: &Identity) -> Option<Arc<V>> {
        let mut cards = self.cards();
        let card = cards.known.get_mut(message)?;
        card.wanted = true;
        Some(Arc::clone(&card.content))
    }

    /// Keeps this of a message, unless it is so much that it would drive out many others.
    pub(crate) fn keep(&self, message: Identity, content: &Arc<V>) {
        let cost = card_cost(&message, &**content);
        if cost > limits::MESSAGE_CACHE / 16 {
            return;
        }
        let mut cards = self.cards();
        if cards.known.contains_key(&message) {
            return;
        }
        cards.make_room(cost);
        cards.cost += cost;
        cards.queue.push_back(message.clone());
        let card = CacheEntry {
            content: Arc::clone(content),
            cost,
            wanted: false,
        };
        cards.known.insert(message, card);
    }

    /// A thread that panicked has left a card too few or too many, which is no harm.
    fn cards(&self) -> MutexGuard<'_, CacheEntries<V>> {
        self.cards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept of a message costs its name, too, which the queue has once more.
fn card_cost<V: Cost>(message: &Identity, content: &V) -> usize {
    content.cost() + 2 * message.cost() + size_of::<CacheEntry<V>>()
}

impl<V> CacheEntries<V> {
    fn make_room(&mut self, cost: usize) {
        while self.cost + cost > limits::MESSAGE_CACHE {
            let Some(first) = self.queue.pop_front() else {
                return;
            };
            match self.known.get_mut(&first) {
                Some(card) if card.wanted => {
                    card.wanted = false;
                    self.queue.push_back(first);
                }
                _ => self.cost -= self.known.remove(&first).map_or(0, |card| card.cost),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use super::*;
    use crate::mail::store::{Delivery, Mailbox, Store};

    /// So much of nothing.
    struct Weight(usize);

    impl Cost for Weight {
        fn cost(&self) -> usize {
            self.0
        }
    }

    /// Messages that have a name each.
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
    fn a_full_drawer_forgets_what_nobody_asks_for() {
        let messages = messages(60);
        let drawer = Cache::default();
        let (wanted, others) = messages.split_first().unwrap();
        let weight = Arc::new(Weight(limits::MESSAGE_CACHE / 20));
        drawer.keep(wanted.clone(), &weight);
        for other in others {
            drawer.keep(other.clone(), &weight);
            assert!(drawer.find(wanted).is_some());
            let cards = drawer.cards();
            let cost: usize = cards.known.values().map(|card| card.cost).sum();
            assert!(cost == cards.cost && cost <= limits::MESSAGE_CACHE);
            assert_eq!(cards.queue.len(), cards.known.len());
        }
        let kept = others.iter().filter(|other| drawer.find(other).is_some());
        assert_eq!(kept.count(), 18);
        assert!(
            others
                .last()
                .is_some_and(|last| drawer.find(last).is_some())
        );
    }

    #[test]
    fn ten_thousand_ordinary_messages_fit() {
        let mut message: &[u8] = include_bytes!("../../../../tests/servers/zoo/ordinary.eml");
        let message = BodyPart::read(&mut message).unwrap();
        let name = messages(1).remove(0);
        let heading = card_cost(&name, &CachedHeader::of(&message));
        let structure = card_cost(&name, &CachedStructure::of(message));
        assert!(10_000 * heading <= limits::MESSAGE_CACHE, "{heading}");
        assert!(10_000 * structure <= limits::MESSAGE_CACHE, "{structure}");
    }

    #[test]
    fn one_message_does_not_drive_out_many() {
        let messages = messages(2);
        let drawer = Cache::default();
        drawer.keep(messages[0].clone(), &Arc::new(Weight(1)));
        drawer.keep(
            messages[1].clone(),
            &Arc::new(Weight(limits::MESSAGE_CACHE / 8)),
        );
        assert!(drawer.find(&messages[0]).is_some());
        assert!(drawer.find(&messages[1]).is_none());
    }
}
