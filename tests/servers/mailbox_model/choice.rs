//! Which command comes next: at random, but sensible ones rather than foolish ones.

use fastrand::Rng;

use super::command::{Change, Command, Item, Key, MAILBOXES, SEARCHED, Set, Which};
use super::mailbox::{Flags, SYSTEM, View};
use super::world::World;

/// The keywords that are used.
const KEYWORDS: [&str; 3] = ["$Work", "alpha", "beta"];

/// To a mailbox with so many messages nobody adds one.
const FULL: usize = 14;

const FETCHES: [&[Item]; 6] = [
    &[Item::Flags],
    &[Item::Uid],
    &[Item::Uid, Item::Flags],
    &[Item::Flags, Item::Size],
    &[Item::Read],
    &[Item::Read, Item::Flags],
];

/// A command for this client, which does not idle; with the text of a message, should it append one.
pub fn command(rng: &mut Rng, world: &World, client: usize, text: String) -> Command {
    let mailbox = rng.usize(..MAILBOXES.len());
    let full = |mailbox: usize| world.mailboxes[mailbox].messages.len() >= FULL;
    let select = Command::Select { mailbox, read_only: rng.u32(..5) == 0 };
    let append = Command::Append { mailbox, flags: flags(rng), text };
    let Some(view) = &world.clients[client].view else {
        return match rng.u32(..8) {
            0 if !full(mailbox) => append,
            1 => Command::Status { mailbox },
            _ => select,
        };
    };
    // Messages that come one after the other are told one after the other.
    let idles_there = |mailbox: usize| {
        let mut clients = world.clients.iter();
        clients.any(|c| c.idles && c.view.as_ref().is_some_and(|v| v.mailbox == mailbox))
    };
    match rng.u32(..100) {
        0..12 if !full(mailbox) => append,
        12..20 => Command::Noop,
        20..22 => Command::Check,
        22..36 => Command::Idle,
        36..40 => select,
        40..42 => Command::Close,
        42..44 => Command::Unselect,
        44..48 => Command::Status { mailbox },
        48..64 => store(rng, view),
        64..76 => Command::Fetch {
            which: which(rng, view),
            items: rng.choice(FETCHES).unwrap_or(FETCHES[0]),
        },
        76..82 => Command::Search { by_uid: rng.bool(), key: key(rng, view, 2) },
        82..87 if !full(mailbox) => Command::Copy { which: which(rng, view), to: mailbox },
        87..92 if !full(mailbox) => Command::Move {
            which: if idles_there(mailbox) { one(rng, view) } else { which(rng, view) },
            to: mailbox,
        },
        92..96 => Command::Expunge { only: None },
        96..98 => Command::Expunge { only: Some(uids(rng, view)) },
        _ => Command::Noop,
    }
}

fn store(rng: &mut Rng, view: &View) -> Command {
    let deleted = Flags::from(["\\Deleted".to_owned()]);
    let change = match rng.u32(..8) {
        0 => Change::Replace(flags(rng)),
        1..4 => Change::Add(flags(rng)),
        4..6 => Change::Remove(flags(rng)),
        _ => Change::Add(deleted),
    };
    Command::Store { which: which(rng, view), change, silent: rng.bool() }
}

fn flags(rng: &mut Rng) -> Flags {
    let all = SYSTEM.iter().chain(&KEYWORDS);
    let some = all.filter(|_| rng.u32(..4) == 0).map(|flag| (*flag).to_owned());
    some.collect()
}

fn which(rng: &mut Rng, view: &View) -> Which {
    if rng.bool() {
        return Which { by_uid: true, set: uids(rng, view) };
    }
    // Now and then one too many, which is a mistake.
    let too_many = u32::from(rng.u32(..20) == 0);
    Which { by_uid: false, set: set(rng, view.count() + too_many) }
}

fn one(rng: &mut Rng, view: &View) -> Which {
    let uid = rng.choice(&view.known).map_or(1, |known| known.uid);
    Which { by_uid: true, set: Set(vec![(Some(uid), Some(uid))]) }
}

fn uids(rng: &mut Rng, view: &View) -> Set {
    let largest = view.known.last().map_or(1, |known| known.uid);
    let some = rng.choice(&view.known).map(|known| known.uid);
    match (rng.u32(..3), some) {
        (0, Some(uid)) => Set(vec![(Some(uid), Some(uid))]),
        (1, Some(uid)) => Set(vec![(Some(uid), None)]),
        _ => set(rng, largest + 1),
    }
}

/// A set of numbers from 1 to this.
fn set(rng: &mut Rng, most: u32) -> Set {
    let end = |rng: &mut Rng| match rng.u32(..8) {
        0 => None,
        _ => Some(rng.u32(1..=most.max(1))),
    };
    let range = |rng: &mut Rng| match (end(rng), rng.bool()) {
        (one, true) => (one, one),
        (one, false) => (one, end(rng)),
    };
    Set((0..rng.usize(1..3)).map(|_| range(rng)).collect())
}

fn key(rng: &mut Rng, view: &View, depth: u32) -> Key {
    let deeper = |rng: &mut Rng| Box::new(key(rng, view, depth - 1));
    match rng.u32(..if depth > 0 { 10 } else { 8 }) {
        0 => Key::All,
        1 => Key::Recent,
        2 => Key::New,
        3 => Key::Old,
        4 => Key::Flag(rng.choice(SEARCHED).map_or("SEEN", |(word, _)| word)),
        5 => Key::Keyword(rng.choice(KEYWORDS).unwrap_or(KEYWORDS[0])),
        6 => Key::Uids(uids(rng, view)),
        7 if view.count() > 0 => Key::Numbers(set(rng, view.count())),
        7 => Key::All,
        8 => Key::Not(deeper(rng)),
        _ => Key::Both(deeper(rng), deeper(rng)),
    }
}
