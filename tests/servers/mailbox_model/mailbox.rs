//! The model: a mailbox, what each client knows of it, and the rules of what is told when.
//!
//! It is written from the RFCs, in the plainest way: everything is copied, nothing is fast.

use std::collections::BTreeSet;

use super::command::{Key, SEARCHED, Set, Which};

/// Flags and keywords, as they are written.
pub type Flags = BTreeSet<String>;

/// The system flags in the order in which the server lists them.
pub const SYSTEM: [&str; 5] = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"];

/// A flag list as the server writes it: system flags first, then keywords, sorted.
pub fn list(flags: &Flags) -> String {
    let system = SYSTEM.iter().map(|flag| (*flag).to_owned());
    let system = system.filter(|flag| flags.contains(flag));
    let all: Vec<String> = system.chain(keywords(flags).cloned()).collect();
    all.join(" ")
}

fn keywords(flags: &Flags) -> impl Iterator<Item = &String> {
    flags.iter().filter(|flag| !flag.starts_with('\\'))
}

/// A message, as it truly is.
#[derive(Clone, Debug)]
pub struct Message {
    pub uid: u32,
    pub flags: Flags,
    pub octets: usize,
    /// It stands in `new/`: it came without flags, and no client that may write has heard of it.
    pub in_new: bool,
}

/// A mailbox, as it truly is.
#[derive(Clone, Debug)]
pub struct Mailbox {
    pub validity: u32,
    pub next: u32,
    pub messages: Vec<Message>,
    /// In the order in which they were first used.
    pub keywords: Vec<String>,
    /// No client that may write has heard of the messages from this UID on.
    pub first_recent: u32,
    /// How many have it open. When nobody has, only `new/` tells what is recent.
    pub holders: usize,
}

impl Mailbox {
    pub fn new(validity: u32) -> Mailbox {
        Mailbox {
            validity,
            next: 1,
            messages: Vec::new(),
            keywords: Vec::new(),
            first_recent: 1,
            holders: 0,
        }
    }

    pub fn find(&self, uid: u32) -> Option<&Message> {
        self.messages.iter().find(|message| message.uid == uid)
    }

    /// A message comes, by whatever way.
    pub fn arrive(&mut self, flags: &Flags, octets: usize) -> u32 {
        self.learn(flags);
        let uid = self.next;
        self.next += 1;
        self.messages.push(Message { uid, flags: flags.clone(), octets, in_new: flags.is_empty() });
        uid
    }

    pub fn remove(&mut self, uids: &[u32]) {
        self.messages.retain(|message| !uids.contains(&message.uid));
    }

    /// A message's flags become these.
    pub fn set(&mut self, uid: u32, flags: Flags) {
        self.learn(&flags);
        if let Some(message) = self.messages.iter_mut().find(|message| message.uid == uid)
            && message.flags != flags
        {
            message.flags = flags;
            message.in_new = false;
        }
    }

    pub fn learn(&mut self, flags: &Flags) {
        for keyword in keywords(flags) {
            if !self.keywords.contains(keyword) {
                self.keywords.push(keyword.clone());
            }
        }
    }

    /// Somebody opens it.
    pub fn open(&mut self) {
        if self.holders == 0 {
            self.first_recent = self.recent_from_disk();
        }
        self.holders += 1;
    }

    /// How many messages STATUS calls recent.
    pub fn recent(&self) -> usize {
        let first = match self.holders {
            0 => self.recent_from_disk(),
            _ => self.first_recent,
        };
        self.uids_from(first).len()
    }

    fn recent_from_disk(&self) -> u32 {
        let first = self.messages.iter().find(|message| message.in_new);
        first.map_or(self.next, |message| message.uid)
    }

    /// The UIDs that are there, from this one on.
    pub fn uids_from(&self, first: u32) -> Vec<u32> {
        let uids = self.messages.iter().map(|message| message.uid);
        uids.filter(|uid| *uid >= first).collect()
    }

    /// A client that may write has heard of everything.
    pub fn claim(&mut self) {
        self.first_recent = self.next;
        for message in &mut self.messages {
            message.in_new = false;
        }
    }

    /// `* FLAGS` and PERMANENTFLAGS.
    fn flags_lines(&self, read_only: bool) -> Vec<String> {
        let all: Vec<String> = SYSTEM.iter().map(|flag| (*flag).to_owned()).collect();
        let all = [all, self.keywords.clone()].concat().join(" ");
        let permanent = if read_only { String::new() } else { format!("{all} \\*") };
        vec![format!("* FLAGS ({all})"), format!("* OK [PERMANENTFLAGS ({permanent})]")]
    }
}

/// A message, as a client knows it.
#[derive(Clone, Debug)]
pub struct Known {
    pub uid: u32,
    pub flags: Flags,
}

impl Known {
    fn of(message: &Message) -> Known {
        Known { uid: message.uid, flags: message.flags.clone() }
    }
}

/// A selected mailbox, as a client knows it. Message `n` stands at `n - 1`.
#[derive(Clone, Debug)]
pub struct View {
    pub mailbox: usize,
    pub read_only: bool,
    pub known: Vec<Known>,
    pub recent: BTreeSet<u32>,
    /// It has heard of everything below this UID.
    heard_below: u32,
    keywords: Vec<String>,
}

/// What is told beside a command's own answer. Whether it is this client that claims what is recent
/// is not always certain: others are as quick.
#[derive(Clone, Debug, Default)]
pub struct News {
    first: Vec<String>,
    /// What becomes recent for the client, if it claims it.
    pub fresh: Vec<u32>,
    recent_before: usize,
    last: Vec<String>,
}

impl News {
    /// The lines, if the client claims what is recent, or if it does not.
    pub fn lines(&self, claims: bool) -> Vec<String> {
        let mut lines = self.first.clone();
        if claims && !self.fresh.is_empty() {
            let count = self.recent_before + self.fresh.len();
            lines.push(format!("* {count} RECENT"));
        }
        lines.extend(self.last.iter().cloned());
        lines
    }
}

impl View {
    /// SELECT or EXAMINE: the view, and what is told (RFC 3501 §6.3.1).
    pub fn select(mailbox: usize, truth: &Mailbox, read_only: bool) -> (View, Vec<String>) {
        let view = View {
            mailbox,
            read_only,
            known: truth.messages.iter().map(Known::of).collect(),
            recent: truth.uids_from(truth.first_recent).into_iter().collect(),
            heard_below: truth.next,
            keywords: truth.keywords.clone(),
        };
        let mut lines = truth.flags_lines(read_only);
        lines.push(format!("* {} EXISTS", view.known.len()));
        lines.push(format!("* {} RECENT", view.recent.len()));
        let unread = |known: &Known| !known.flags.contains("\\Seen");
        if let Some(at) = view.known.iter().position(unread) {
            lines.push(format!("* OK [UNSEEN {}]", at + 1));
        }
        lines.push(format!("* OK [UIDVALIDITY {}]", truth.validity));
        lines.push(format!("* OK [UIDNEXT {}]", truth.next));
        (view, lines)
    }

    /// RFC 3501 §7.4.1 and §5.2: what the client is told when a command ends, or while it idles.
    /// EXPUNGE is told only if `expunge`; FETCH has the UID if `uid`.
    pub fn sync(&mut self, truth: &Mailbox, expunge: bool, uid: bool) -> News {
        let mut first = self.new_keywords(truth);
        if expunge {
            first.extend(self.expunged(truth));
        }
        let changed = self.changed(truth);
        let new = truth.uids_from(self.heard_below);
        let recent_before = self.recent.len();
        if !new.is_empty() {
            let messages = truth.messages.iter();
            let arrived = messages.filter(|message| new.contains(&message.uid));
            self.known.extend(arrived.map(Known::of));
            first.push(format!("* {} EXISTS", self.known.len()));
        }
        let fresh = truth.uids_from(self.heard_below.max(truth.first_recent));
        self.heard_below = truth.next;
        let last = changed.into_iter();
        News {
            first,
            fresh,
            recent_before,
            last: last.map(|number| self.fetch_flags(number, uid)).collect(),
        }
    }

    /// `* FLAGS`, if there are keywords that the client has not heard of.
    pub fn new_keywords(&mut self, truth: &Mailbox) -> Vec<String> {
        if self.keywords == truth.keywords {
            return Vec::new();
        }
        self.keywords.clone_from(&truth.keywords);
        truth.flags_lines(self.read_only)
    }

    fn expunged(&mut self, truth: &Mailbox) -> Vec<String> {
        let mut lines = Vec::new();
        let mut at = 0;
        while let Some(known) = self.known.get(at) {
            if truth.find(known.uid).is_some() {
                at += 1;
                continue;
            }
            self.recent.remove(&known.uid);
            self.known.remove(at);
            lines.push(format!("* {} EXPUNGE", at + 1));
        }
        lines
    }

    /// The numbers of messages whose flags are others than the client knew.
    fn changed(&mut self, truth: &Mailbox) -> Vec<u32> {
        let mut changed = Vec::new();
        for (number, known) in (1..).zip(&mut self.known) {
            if let Some(message) = truth.find(known.uid)
                && message.flags != known.flags
            {
                known.flags.clone_from(&message.flags);
                changed.push(number);
            }
        }
        changed
    }

    /// `* n FETCH (FLAGS (…))`, as the client knows the message now.
    pub fn fetch_flags(&self, number: u32, uid: bool) -> String {
        let known = self.message(number);
        let flags = self.flag_list(known);
        if uid {
            format!("* {number} FETCH (UID {} FLAGS ({flags}))", known.uid)
        } else {
            format!("* {number} FETCH (FLAGS ({flags}))")
        }
    }

    pub fn flag_list(&self, known: &Known) -> String {
        let flags = list(&known.flags);
        match (self.recent.contains(&known.uid), flags.is_empty()) {
            (false, _) => flags,
            (true, true) => "\\Recent".to_owned(),
            (true, false) => format!("{flags} \\Recent"),
        }
    }

    pub fn message(&self, number: u32) -> &Known {
        &self.known[number as usize - 1]
    }

    pub fn count(&self) -> u32 {
        self.known.len() as u32
    }

    /// The message numbers that are meant; `None` if one of them is beyond the last message, which is
    /// the client's mistake. A UID that does not exist is none (RFC 3501 §6.4.8).
    pub fn numbers(&self, which: &Which) -> Option<Vec<u32>> {
        let all = 1..=self.count();
        if which.by_uid {
            let largest = self.known.last().map_or(0, |known| known.uid);
            let meant = |number: &u32| which.set.contains(self.message(*number).uid, largest);
            return Some(all.filter(meant).collect());
        }
        let valid = !which.set.exceeds(self.count());
        valid.then(|| all.filter(|n| which.set.contains(*n, self.count())).collect())
    }

    pub fn uids(&self, numbers: &[u32]) -> Vec<u32> {
        numbers.iter().map(|n| self.message(*n).uid).collect()
    }

    /// Is what SEARCH looks for true of this message (RFC 3501 §6.4.4)?
    pub fn matches(&self, number: u32, key: &Key) -> bool {
        let known = self.message(number);
        let has = |flag: &str| known.flags.contains(flag);
        let is_recent = self.recent.contains(&known.uid);
        let numbers = |by_uid: bool, set: &Set| {
            let set = set.clone();
            let numbers = self.numbers(&Which { by_uid, set });
            numbers.is_some_and(|numbers| numbers.contains(&number))
        };
        match key {
            Key::All => true,
            Key::Recent => is_recent,
            Key::New => is_recent && !has("\\Seen"),
            Key::Old => !is_recent,
            Key::Flag(word) => SEARCHED.iter().any(|(w, flag)| w == word && has(flag)),
            Key::Keyword(keyword) => has(keyword),
            Key::Numbers(set) => numbers(false, set),
            Key::Uids(set) => numbers(true, set),
            Key::Not(key) => !self.matches(number, key),
            Key::Both(one, other) => self.matches(number, one) && self.matches(number, other),
        }
    }
}
