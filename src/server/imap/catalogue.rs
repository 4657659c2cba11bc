//! The catalogue: what was learned of messages when they were read, for all conversations.
//!
//! A message never changes, so its file is read for its ENVELOPE, its BODYSTRUCTURE and the places
//! of its parts once, and not again for another client, or for the same one when it has come back.
//! What is kept is small: the answers as they stand on the wire, and those few fields that SEARCH,
//! SORT and THREAD look at. It is known by the message's [`Identity`], which is never used again, so
//! nothing here can be out of date; what is not asked for makes room for what is ([`Drawer`]).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits;
use crate::mail::message::charset::Charset;
use crate::mail::message::content::MediaType;
use crate::mail::message::{BodyPart, Encoding, Header};
use crate::mail::protocol::imap::describe::{self, BodyStructure};
use crate::mail::store::Identity;

/// The fields that are kept of a header: those of SEARCH (RFC 3501 §6.4.4), SORT and THREAD
/// (RFC 5256 §3).
pub(super) const KEPT_FIELDS: [&str; 9] = [
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
pub struct Catalogue {
    pub(super) headings: Drawer<Heading>,
    pub(super) structures: Drawer<Structure>,
}

/// What is kept of a message's header.
pub(super) struct Heading {
    /// Where it ends, the empty line after it included.
    pub(super) end: u64,
    /// ENVELOPE, as on the wire.
    pub(super) envelope: Vec<u8>,
    /// The [`KEPT_FIELDS`] that it has.
    pub(super) fields: Arc<Header>,
}

/// What is kept of a message's structure.
pub(super) struct Structure {
    /// BODYSTRUCTURE, as on the wire.
    pub(super) description: BodyStructure,
    /// Where its parts are.
    pub(super) message: BodyPart<Nature>,
}

/// What must be known of a part to make its body readable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nature {
    /// Is it text, for people?
    pub(super) is_text: bool,
    /// How it is encoded; `None` for an encoding that nobody here knows.
    pub(super) encoding: Option<Encoding>,
    /// What its octets mean.
    pub(super) charset: Charset,
}

impl Heading {
    /// Of a message with this header.
    pub(super) fn of(message: &BodyPart) -> Heading {
        Heading {
            end: message.header.end,
            envelope: describe::envelope(&message.fields),
            fields: Arc::new(message.fields.reduced_to(&KEPT_FIELDS)),
        }
    }
}

impl Structure {
    /// Of this message.
    pub(super) fn of(message: BodyPart) -> Structure {
        Structure {
            description: BodyStructure::of(&message),
            message: message.map(&|header: Header| Nature::of(&header)),
        }
    }
}

impl Nature {
    fn of(header: &Header) -> Nature {
        let media = MediaType::of(header);
        let charset = media
            .as_ref()
            .and_then(|media| media.params.value("charset"));
        Nature {
            // RFC 2045 §5.2: what does not say what it is is text.
            is_text: media.is_none_or(|media| media.is_main("text")),
            encoding: Encoding::of(header),
            charset: Charset::named(&charset.unwrap_or_default()),
        }
    }
}

/// What takes memory.
pub(super) trait Cost {
    /// How much, in octets.
    fn cost(&self) -> usize;
}

impl Cost for Heading {
    fn cost(&self) -> usize {
        size_of::<Heading>() + size_of::<Header>() + self.envelope.capacity() + self.fields.cost()
    }
}

impl Cost for Structure {
    fn cost(&self) -> usize {
        let parts = self.message.count() * size_of::<BodyPart<Nature>>();
        size_of::<Structure>() + self.description.cost() + parts
    }
}

/// A place for as much as [`limits::CATALOGUE`] octets. When it is full, what has been there longest
/// goes; but whatever was asked for since gets a second chance first.
pub(super) struct Drawer<V> {
    cards: Mutex<Cards<V>>,
}

struct Cards<V> {
    known: HashMap<Identity, Card<V>>,
    /// All that are known; who stands in front goes first.
    queue: VecDeque<Identity>,
    /// What they cost together.
    cost: usize,
}

struct Card<V> {
    content: Arc<V>,
    cost: usize,
    /// Was it asked for since it came, or since its last chance?
    wanted: bool,
}

impl<V> Default for Drawer<V> {
    fn default() -> Drawer<V> {
        Drawer {
            cards: Mutex::new(Cards {
                known: HashMap::new(),
                queue: VecDeque::new(),
                cost: 0,
            }),
        }
    }
}

impl<V: Cost> Drawer<V> {
    /// What is known of this message.
    pub(super) fn find(&self, message: &Identity) -> Option<Arc<V>> {
        let mut cards = self.cards();
        let card = cards.known.get_mut(message)?;
        card.wanted = true;
        Some(Arc::clone(&card.content))
    }

    /// Keeps this of a message, unless it is so much that it would drive out many others.
    pub(super) fn keep(&self, message: Identity, content: &Arc<V>) {
        let cost = card_cost(&message, &**content);
        if cost > limits::CATALOGUE / 16 {
            return;
        }
        let mut cards = self.cards();
        if cards.known.contains_key(&message) {
            return;
        }
        cards.make_room(cost);
        cards.cost += cost;
        cards.queue.push_back(message.clone());
        let card = Card {
            content: Arc::clone(content),
            cost,
            wanted: false,
        };
        cards.known.insert(message, card);
    }

    /// A thread that panicked has left a card too few or too many, which is no harm.
    fn cards(&self) -> MutexGuard<'_, Cards<V>> {
        self.cards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept of a message costs its name, too, which the queue has once more.
fn card_cost<V: Cost>(message: &Identity, content: &V) -> usize {
    content.cost() + 2 * message.cost() + size_of::<Card<V>>()
}

impl<V> Cards<V> {
    fn make_room(&mut self, cost: usize) {
        while self.cost + cost > limits::CATALOGUE {
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
        let drawer = Drawer::default();
        let (wanted, others) = messages.split_first().unwrap();
        let weight = Arc::new(Weight(limits::CATALOGUE / 20));
        drawer.keep(wanted.clone(), &weight);
        for other in others {
            drawer.keep(other.clone(), &weight);
            assert!(drawer.find(wanted).is_some());
            let cards = drawer.cards();
            let cost: usize = cards.known.values().map(|card| card.cost).sum();
            assert!(cost == cards.cost && cost <= limits::CATALOGUE);
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
        let mut message: &[u8] = include_bytes!("../../../tests/servers/zoo/ordinary.eml");
        let message = BodyPart::read(&mut message).unwrap();
        let name = messages(1).remove(0);
        let heading = card_cost(&name, &Heading::of(&message));
        let structure = card_cost(&name, &Structure::of(message));
        assert!(10_000 * heading <= limits::CATALOGUE, "{heading}");
        assert!(10_000 * structure <= limits::CATALOGUE, "{structure}");
    }

    #[test]
    fn one_message_does_not_drive_out_many() {
        let messages = messages(2);
        let drawer = Drawer::default();
        drawer.keep(messages[0].clone(), &Arc::new(Weight(1)));
        drawer.keep(
            messages[1].clone(),
            &Arc::new(Weight(limits::CATALOGUE / 8)),
        );
        assert!(drawer.find(&messages[0]).is_some());
        assert!(drawer.find(&messages[1]).is_none());
    }
}
