//! Many clients at the same moment: nobody can say what each of them hears, but much that none may.
//!
//! Every client believes what it is told ([`Belief`]) and names messages accordingly. The ledger knows
//! of each message that came, and of each that somebody wanted to be gone before he said so. When the
//! storm is over, all clients believe the same, which is what is on the disk, and every message of the
//! ledger is there or was wanted to be gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::belief::Belief;
use super::command::{Change, Command, Item, Key, MAILBOXES, Set, Which};
use super::ledger::{Ledger, Place, Truth, on_disk};
use super::mailbox::{Flags, list};
use super::site::{OtherProgram, Site, Wire};

/// How long a storm lasts.
#[derive(Clone, Copy)]
pub enum Length {
    /// So many commands of each client.
    Commands(usize),
    /// Or so long.
    Time(Duration),
}

/// So many clients, each with its own thread, and two that deliver.
pub fn storm(seed: u64, clients: usize, length: Length) {
    let (site, ledger, over) = (Site::open(), Mutex::default(), AtomicBool::new(false));
    assert!(Wire::imap(&site).ask("b CREATE Work").starts_with("b OK"));
    let begun = Instant::now();
    let mut all: Vec<Stormy<'_>> = thread::scope(|scope| {
        let (site, ledger, over) = (&site, &ledger, &over);
        let helpers = [
            scope.spawn(move || deliver(site, over)),
            scope.spawn(move || other_program(site, over, seed)),
        ];
        let run = |client: usize| {
            move || {
                let mut stormy = Stormy::new(site, ledger, seed, client);
                stormy.run(length);
                stormy
            }
        };
        let clients: Vec<_> = (0..clients).map(|client| scope.spawn(run(client))).collect();
        let all = clients.into_iter().map(|client| client.join().unwrap()).collect();
        over.store(true, Ordering::Relaxed);
        helpers.into_iter().for_each(|helper| helper.join().unwrap());
        all
    });
    let commands: usize = all.iter().map(|stormy| stormy.tag).sum();
    println!("{clients} clients: {commands} commands at once in {:?}", begun.elapsed());
    for (mailbox, name) in MAILBOXES.iter().enumerate() {
        let truth = on_disk(&site, name);
        all.iter_mut().for_each(|stormy| stormy.must_believe(mailbox, &truth));
        ledger.lock().unwrap().must_be_kept(mailbox, &truth, seed);
    }
}

/// One client in the storm.
struct Stormy<'a> {
    rng: Rng,
    seed: u64,
    name: usize,
    wire: Wire,
    ledger: &'a Mutex<Ledger>,
    mailbox: usize,
    belief: Belief,
    /// Of the mailboxes that are not selected.
    gone: [BTreeSet<u32>; 2],
    tag: usize,
}

impl<'a> Stormy<'a> {
    fn new(site: &Site, ledger: &'a Mutex<Ledger>, seed: u64, name: usize) -> Stormy<'a> {
        let mut stormy = Stormy {
            rng: Rng::with_seed(seed + name as u64),
            seed,
            name,
            wire: Wire::imap(site),
            ledger,
            mailbox: 0,
            belief: Belief::default(),
            gone: Default::default(),
            tag: 0,
        };
        stormy.select(0);
        stormy
    }

    fn run(&mut self, length: Length) {
        let begun = Instant::now();
        let goes_on = |commands: usize| match length {
            Length::Commands(most) => commands < most,
            Length::Time(most) => begun.elapsed() < most,
        };
        while goes_on(self.tag) {
            let command = self.choose();
            self.give(&command);
            self.learn();
        }
    }

    fn select(&mut self, mailbox: usize) {
        let gone = self.belief.select(std::mem::take(&mut self.gone[mailbox]));
        if mailbox != self.mailbox {
            self.gone[self.mailbox] = gone;
        }
        self.mailbox = mailbox;
        self.give(&Command::Select { mailbox, read_only: false });
        self.learn();
    }

    /// Asks for the UIDs and flags that it was not told yet.
    fn learn(&mut self) {
        let unknown = (1..=self.belief.count()).find(|number| self.belief.uid(*number).is_none());
        if let Some(first) = unknown {
            self.give(&Command::Fetch {
                which: numbers(first, self.belief.count()),
                items: &[Item::Uid, Item::Flags],
            });
        }
    }

    fn choose(&mut self) -> Command {
        let to = self.rng.usize(..2);
        let count = self.belief.count();
        let some = (count > 0).then(|| self.rng.u32(1..=count.max(1)));
        let some = some.filter(|number| self.belief.uid(*number).is_some());
        match (self.rng.u32(..100), some) {
            (0..14, _) if count < 30 => self.append(),
            (14..20, _) => Command::Noop,
            (20..26, _) => Command::Idle,
            (26..29, _) => {
                self.select(to);
                Command::Check
            }
            (29..36, _) => Command::Expunge { only: None },
            (36..40, _) => Command::Search { by_uid: self.rng.bool(), key: Key::Flag("FLAGGED") },
            (40..64, Some(number)) => self.store(number),
            (64..76, Some(number)) => Command::Fetch {
                which: self.which(number),
                items: self.rng.choice(FETCHES).unwrap(),
            },
            (76..82, Some(number)) => Command::Copy { which: self.which(number), to },
            (82..90, Some(number)) => {
                let which = self.which(number);
                let place = self.place(number);
                self.ledger.lock().unwrap().moved.insert(place);
                Command::Move { which, to }
            }
            _ => Command::Noop,
        }
    }

    fn append(&mut self) -> Command {
        let subject = format!("m{}-{}", self.name, self.tag);
        Command::Append {
            mailbox: self.rng.usize(..2),
            flags: if self.rng.bool() {
                Flags::new()
            } else {
                Flags::from([format!("k{}", self.rng.u32(..3))])
            },
            text: format!("Subject: {subject}\r\n\r\n"),
        }
    }

    fn store(&mut self, number: u32) -> Command {
        let flags = ["\\Seen", "\\Flagged", "\\Answered", "k1", "k2"];
        let flag = (*self.rng.choice(&flags).unwrap()).to_owned();
        let change = match self.rng.u32(..10) {
            0..3 => {
                let place = self.place(number);
                self.ledger.lock().unwrap().marked.insert(place);
                Change::Add(Flags::from(["\\Deleted".to_owned()]))
            }
            3..7 => Change::Add(Flags::from([flag])),
            7 => Change::Replace(Flags::from([flag])),
            _ => Change::Remove(Flags::from([flag])),
        };
        Command::Store { which: self.which(number), change, silent: self.rng.bool() }
    }

    /// By its number, or by its UID.
    fn which(&mut self, number: u32) -> Which {
        match (self.rng.bool(), self.belief.uid(number)) {
            (true, Some(uid)) => Which { by_uid: true, ..numbers(uid, uid) },
            _ => numbers(number, number),
        }
    }

    /// Of a number whose UID is known.
    fn place(&self, number: u32) -> Place {
        (self.mailbox, self.belief.uid(number).unwrap())
    }

    /// Gives a command, and hears its answer to the end.
    fn give(&mut self, command: &Command) {
        self.tag += 1;
        self.wire.say(&format!("t{} {command}", self.tag));
        self.belief.expect(command);
        if matches!(command, Command::Idle) {
            self.idle(command);
        }
        let tag = format!("t{} ", self.tag);
        loop {
            let line = self.wire.line();
            match line.strip_prefix(&tag) {
                Some(end) => {
                    self.note(end, command);
                    // Numbers were taken from what the server told, so they are right.
                    let bad = end.starts_with("BAD") || end.contains("SERVERBUG");
                    return self.check(command, end, (!bad).then_some(()).ok_or_else(String::new));
                }
                None => self.hear(&line, command),
            }
        }
    }

    fn idle(&mut self, command: &Command) {
        loop {
            let line = self.wire.line();
            if line == "+ idling" {
                break;
            }
            self.hear(&line, command);
        }
        thread::sleep(Duration::from_millis(self.rng.u64(..20)));
        self.wire.say("DONE");
    }

    fn hear(&mut self, line: &str, command: &Command) {
        assert!(!line.is_empty(), "seed {}: the server closed", self.seed);
        self.note(line, command);
        let heard = self.belief.hear(line, command);
        self.check(command, line, heard);
    }

    /// Notes where messages came to.
    fn note(&mut self, line: &str, command: &Command) {
        let Some((_, code)) = line.split_once('[') else {
            return;
        };
        let words: Vec<&str> = code.split([' ', ']']).collect();
        let noted = match (command, words.as_slice()) {
            (Command::Append { mailbox, text, .. }, ["APPENDUID", _, uid, ..]) => {
                let subject = text.trim_end().trim_start_matches("Subject: ");
                let place = (*mailbox, uid.parse().unwrap());
                self.ledger.lock().unwrap().came(place, subject, None)
            }
            (Command::Copy { to, .. } | Command::Move { to, .. }, ["COPYUID", _, old, new, ..]) => {
                self.note_copy(*to, old.parse().unwrap(), new.parse().unwrap())
            }
            _ => Ok(()),
        };
        self.check(command, line, noted);
    }

    fn note_copy(&mut self, to: usize, old: u32, new: u32) -> Result<(), String> {
        let mut ledger = self.ledger.lock().unwrap();
        let from = (self.mailbox, old);
        match ledger.came.get(&from).cloned() {
            Some((subject, _)) => ledger.came((to, new), &subject, Some(from)),
            // Delivered by somebody else: nobody told its UID.
            None => Ok(()),
        }
    }

    fn check(&self, command: &Command, line: &str, result: Result<(), String>) {
        if let Err(broken) = result {
            let (seed, name) = (self.seed, self.name);
            panic!("seed {seed}, client {name}: {command}\nheard {line}\n{broken}");
        }
    }

    /// After the storm: what it believes is what there is.
    fn must_believe(&mut self, mailbox: usize, truth: &Truth) {
        if self.mailbox == mailbox {
            self.give(&Command::Noop);
            self.learn();
        } else {
            self.select(mailbox);
        }
        let flags = truth.iter().map(|(uid, (flags, _))| (*uid, flags.clone()));
        let (believed, truth) = (self.belief.flags(), flags.collect::<BTreeMap<_, _>>());
        let (seed, name) = (self.seed, self.name);
        for (uid, flags) in &truth {
            let told = believed.get(uid).map(list);
            assert_eq!(told, Some(list(flags)), "seed {seed}, client {name}, UID {uid}");
        }
        assert_eq!(believed.len(), truth.len(), "seed {seed}, client {name}");
    }
}

const FETCHES: [&[Item]; 3] = [&[Item::Flags], &[Item::Uid, Item::Size], &[Item::Read]];

fn numbers(first: u32, last: u32) -> Which {
    Which { by_uid: false, set: Set(vec![(Some(first), Some(last))]) }
}

/// Delivers by LMTP until the storm is over.
fn deliver(site: &Site, over: &AtomicBool) {
    let mut lmtp = Wire::lmtp(site);
    for count in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        lmtp.deliver(&format!("Subject: lmtp{count}\r\n\r\n"));
        thread::sleep(Duration::from_millis(50));
    }
}

/// Puts messages into both Maildirs, and changes flags there.
fn other_program(site: &Site, over: &AtomicBool, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    for count in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let maildir = site.maildir(rng.choice(MAILBOXES).unwrap());
        if count % 5 == 0 {
            OtherProgram::deliver(&maildir, &format!("Subject: other{count}\r\n\r\n"));
        } else if let Some(file) = rng.choice(super::site::files(&maildir)) {
            // Where the server was quicker, nothing changes.
            let _ = OtherProgram::flag(&file, |letters| {
                if letters.contains(&'F') {
                    letters.retain(|letter| *letter != 'F')
                } else {
                    letters.push('F')
                }
            });
        }
        thread::sleep(Duration::from_millis(20));
    }
}
