//! What all clients of a storm did together, and what is on the disk when it is over.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use pillarbox::mail::store::Store;

use super::mailbox::Flags;
use super::site::Site;

/// A message: in which mailbox, with which UID.
pub type Place = (usize, u32);

/// What all clients together did.
#[derive(Default)]
pub struct Ledger {
    /// Every message whose UID was told by APPENDUID or COPYUID: its subject, and what it was copied of.
    pub came: BTreeMap<Place, (String, Option<Place>)>,
    /// What somebody marked as `\Deleted`, and what somebody moved; noted before the command was sent.
    pub marked: BTreeSet<Place>,
    pub moved: BTreeSet<Place>,
}

/// UID, flags and subject of each message.
pub type Truth = BTreeMap<u32, (Flags, String)>;

pub fn on_disk(site: &Site, name: &str) -> Truth {
    let store = Store::open(&site.mail()).unwrap();
    let mailbox = store.account("bob").unwrap().mailbox(name).unwrap();
    let snapshot = mailbox.refresh().unwrap();
    let messages = snapshot.messages.iter().map(|message| {
        let text = io::read_to_string(mailbox.open(message).unwrap()).unwrap();
        let flags = message.flags.to_string();
        let flags = flags.split_whitespace().map(str::to_owned).collect();
        let subject = text.split_once("Subject: ").unwrap().1.lines().next();
        (message.uid, (flags, subject.unwrap().to_owned()))
    });
    messages.collect()
}

impl Ledger {
    /// A message came here; no other had its UID.
    pub fn came(&mut self, to: Place, subject: &str, from: Option<Place>) -> Result<(), String> {
        match self.came.insert(to, (subject.to_owned(), from)) {
            Some((other, _)) => Err(format!("{other} had the UID of {subject}: {to:?}")),
            None => Ok(()),
        }
    }

    /// May this message be gone? A copy has the mark of its original.
    fn may_be_gone(&self, place: Place) -> bool {
        let origin = |place: &Place| self.came.get(place).and_then(|(_, from)| *from);
        let mut origins = std::iter::successors(Some(place), origin);
        self.moved.contains(&place) || origins.any(|place| self.marked.contains(&place))
    }

    /// What is not there was unwanted, and what is there is what came.
    pub fn must_be_kept(&self, mailbox: usize, truth: &Truth, seed: u64) {
        let here = self.came.iter().filter(|((place, _), _)| *place == mailbox);
        for (place, (subject, _)) in here {
            match truth.get(&place.1) {
                Some((_, found)) => assert_eq!(found, subject, "seed {seed}: {place:?}"),
                None => assert!(
                    self.may_be_gone(*place),
                    "seed {seed}: {subject} is lost, which was {place:?}"
                ),
            }
        }
    }
}
