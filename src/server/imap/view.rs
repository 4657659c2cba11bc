//! The message numbers that this client knows.
//!
//! A mailbox changes under the hands of others; a client's message numbers change only when it is
//! told so (RFC 3501 §7.4.1). A [`View`] is what the client was told. [`View::sync`] walks through
//! it and the mailbox's newest [`Snapshot`] side by side, and words the difference: `EXPUNGE`,
//! `EXISTS`, `RECENT`, `FETCH (FLAGS …)`. It never sends anything, and never looks into a message.
//!
//! No EXPUNGE may be told during FETCH, STORE or SEARCH, whose numbers it would shift. Until it may
//! be told, a removed message keeps its number here, and reading it finds that it is gone.

use std::ops::{Range, RangeInclusive};
use std::rc::Rc;
use std::sync::Arc;

use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::protocol::imap::{MessageSet, SequenceSet};
use crate::mail::store::{KEYWORDS, Mailbox, Message, Snapshot, StoreError, Uid};
use crate::server::imap::messages::message_reader::MessageReader;
use crate::server::imap::reply::CommandReply;
use crate::server::imap::updates::{PendingUpdates, merge};

/// A selected mailbox, as one client sees it.
pub(crate) struct View {
    mailbox: Arc<Mailbox>,
    reading: Rc<MessageReader>,
    /// Opened by EXAMINE: nothing may be changed through it.
    read_only: bool,
    /// Does the client hear what is recent? Not in IMAP4rev2 (RFC 9051 appendix E, 12).
    tells_recent: bool,
    /// Message `n` stands at `n - 1`. Removed messages stay until the client is told.
    known: Vec<Arc<Message>>,
    /// The newest snapshot that `known` was compared with.
    snapshot: Arc<Snapshot>,
    /// The keywords that the client was told of.
    keywords: Vec<String>,
    /// Is something in `known` that is not in `snapshot` any more?
    holds_removed: bool,
    /// The UIDs of which this session was the first to be told, rising.
    recent: Vec<Range<Uid>>,
    /// `$`: the UIDs that the last SEARCH saved (RFC 5182). Those of messages that are gone mean
    /// nothing any more, so an EXPUNGE need not take them out.
    saved: SequenceSet,
}

/// What became of a change of flags.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    /// Were some of the messages removed meanwhile?
    pub(crate) some_gone: bool,
    /// The numbers of the others.
    pub(crate) changed: Vec<u32>,
    /// Those whose flags are not what the client must think: somebody else changed them too.
    pub(crate) surprising: Vec<u32>,
    /// What introduces keywords that the client does not know yet, to be told first.
    pub(crate) new_keywords: String,
}

/// Why a view ends, and with it the conversation.
#[derive(Debug)]
pub(crate) enum Lost {
    /// The UIDs started anew: all that the client remembers is void (RFC 3501 §2.3.1.1).
    NewUidValidity,
    /// Somebody deleted the mailbox, or renamed it.
    Deleted,
    /// The mailbox cannot be read any more.
    Store(StoreError),
}

impl View {
    /// Selects a mailbox. A view that may write is the one whose client is told what is recent.
    pub(crate) fn open(
        reading: MessageReader,
        read_only: bool,
        tells_recent: bool,
    ) -> Result<View, StoreError> {
        let mailbox = Arc::clone(reading.mailbox());
        let snapshot = newest(&mailbox, read_only)?;
        let mut view = View {
            mailbox,
            reading: Rc::new(reading),
            read_only,
            tells_recent,
            known: snapshot.messages.clone(),
            snapshot: Arc::clone(&snapshot),
            keywords: snapshot.keywords.clone(),
            holds_removed: false,
            recent: Vec::new(),
            saved: SequenceSet::default(),
        };
        view.note_recent(&snapshot);
        Ok(view)
    }

    /// The client itself has renamed the mailbox. Its messages are the same: RFC 2180 §3.4.
    pub(crate) fn follow(&mut self, reading: MessageReader) {
        self.mailbox = Arc::clone(reading.mailbox());
        self.reading = Rc::new(reading);
    }

    /// Compares what the client knows with the mailbox, and words what is new.
    pub(crate) fn sync(&mut self, telling: PendingUpdates) -> Result<Vec<u8>, Lost> {
        let newest = newest(&self.mailbox, self.read_only).map_err(Lost::Store)?;
        if self.mailbox.is_deleted() {
            return Err(Lost::Deleted);
        }
        if newest.uid_validity != self.snapshot.uid_validity {
            return Err(Lost::NewUidValidity);
        }
        let nothing_new = Arc::ptr_eq(&newest, &self.snapshot);
        if nothing_new && !(telling.expunge && self.holds_removed) {
            return Ok(Vec::new());
        }
        let mut out = self.new_keywords(&newest).into_bytes();
        let before = self.known.len();
        let merged = merge(std::mem::take(&mut self.known), &newest.messages, telling);
        self.known = merged.known;
        self.holds_removed = merged.holds_removed;
        // Without those that are gone: a new one in their place is news.
        let recent_before = self.recent_count();
        self.note_recent(&newest);
        self.snapshot = newest;
        let gone = merged.expunged.len();
        for number in merged.expunged {
            push(&mut out, &format!("* {number} EXPUNGE\r\n"));
        }
        if self.known.len() != before - gone {
            push(&mut out, &format!("* {} EXISTS\r\n", self.known.len()));
        }
        if self.recent_count() > recent_before {
            push(&mut out, &format!("* {} RECENT\r\n", self.recent_count()));
        }
        for number in merged.changed {
            out.extend(self.flags_of(number, telling.uid));
        }
        Ok(out)
    }

    /// `* n FETCH (FLAGS (…))`: a message's flags as they are known now.
    pub(crate) fn flags_of(&self, number: u32, with_uid: bool) -> Vec<u8> {
        let Some(message) = self.message(number) else {
            return Vec::new();
        };
        let uid = match with_uid {
            true => format!("UID {} ", message.uid),
            false => String::new(),
        };
        let flags = self.flag_list(message);
        format!("* {number} FETCH ({uid}FLAGS ({flags}))\r\n").into_bytes()
    }

    /// Changes flags on behalf of the client, who is taken to know the outcome: the caller tells it.
    pub(crate) fn change(
        &mut self,
        numbers: &[u32],
        change: &FlagChange,
    ) -> Result<Changed, StoreError> {
        let uids = self.uids(numbers);
        let snapshot = self.mailbox.store(&uids, change)?;
        let mut changed = Changed {
            new_keywords: self.new_keywords(&snapshot),
            ..Changed::default()
        };
        for &number in numbers {
            let Some(known) = self.known.get_mut(number as usize - 1) else {
                continue;
            };
            let Some(message) = snapshot.uid(known.uid) else {
                changed.some_gone = true;
                continue;
            };
            changed.changed.push(number);
            if message.flags != known.flags.changed(change) {
                changed.surprising.push(number);
            }
            *known = Arc::clone(message);
        }
        Ok(changed)
    }

    /// The message numbers that a set means, rising: itself numbers, or UIDs.
    ///
    /// # Errors
    /// A number beyond the last message is the client's mistake (RFC 3501 §9, `seq-number`); a UID
    /// that does not exist is passed over (§6.4.8).
    pub(crate) fn numbers(&self, set: &MessageSet, by_uid: bool) -> Result<Vec<u32>, CommandReply> {
        match set {
            MessageSet::Sequence(set) if !by_uid => {
                if set.exceeds(self.count()) {
                    return Err(no_such_number(self.count()));
                }
                Ok(set.iter(self.count()).collect())
            }
            uids => {
                let ranges = self.named_uids(uids).ranges(self.largest_uid()).into_iter();
                Ok(ranges
                    .flat_map(|range| self.numbers_of_uids(&range))
                    .collect())
            }
        }
    }

    /// The UIDs that a set of UIDs names, whether there are such messages or not.
    pub(crate) fn named_uids<'a>(&'a self, set: &'a MessageSet) -> &'a SequenceSet {
        match set {
            MessageSet::Sequence(set) => set,
            MessageSet::Saved => &self.saved,
        }
    }

    /// These messages are what `$` means from now on.
    pub(crate) fn save(&mut self, numbers: &[u32]) {
        self.saved = SequenceSet::from_sorted(&self.uids(numbers)).settled(Uid::MAX);
    }

    /// Is this message one of those that `$` means?
    pub(crate) fn is_saved(&self, uid: Uid) -> bool {
        self.saved.contains(uid, Uid::MAX)
    }

    fn numbers_of_uids(&self, uids: &RangeInclusive<Uid>) -> RangeInclusive<u32> {
        let before = self
            .known
            .partition_point(|message| message.uid < *uids.start());
        let up_to = self
            .known
            .partition_point(|message| message.uid <= *uids.end());
        before as u32 + 1..=up_to as u32
    }

    /// The UIDs of these messages.
    pub(crate) fn uids(&self, numbers: &[u32]) -> Vec<Uid> {
        let messages = numbers.iter().filter_map(|number| self.message(*number));
        messages.map(|message| message.uid).collect()
    }

    /// A message's flags and keywords, and `\Recent` for this session (RFC 3501 §2.3.2).
    pub(crate) fn flag_list(&self, message: &Message) -> String {
        flag_list(&message.flags, self.is_recent(message.uid))
    }

    /// Is this session the first that was told of the message?
    pub(crate) fn is_recent(&self, uid: Uid) -> bool {
        self.recent.iter().any(|range| range.contains(&uid))
    }

    /// How many of the messages are recent.
    pub(crate) fn recent_count(&self) -> usize {
        let below = |uid| self.known.partition_point(|message| message.uid < uid);
        let ranges = self.recent.iter();
        ranges
            .map(|range| below(range.end) - below(range.start))
            .sum()
    }

    /// The flags of the mailbox, if there are some that the client has not been told of.
    fn new_keywords(&mut self, snapshot: &Snapshot) -> String {
        if snapshot.keywords == self.keywords {
            return String::new();
        }
        self.keywords = snapshot.keywords.clone();
        self.flags_lines(snapshot)
    }

    /// The FLAGS that the mailbox knows, and those that the client may change for good
    /// (RFC 3501 §7.2.6, §7.1 PERMANENTFLAGS). `\*`: new keywords can be made.
    pub(crate) fn flags_lines(&self, snapshot: &Snapshot) -> String {
        let mut all = Flag::ALL.map(|flag| flag.to_string()).to_vec();
        all.extend(snapshot.keywords.iter().cloned());
        let all = all.join(" ");
        let permanent = match (self.read_only, snapshot.keywords.len() < KEYWORDS) {
            (true, _) => String::new(),
            (false, true) => format!("{all} \\*"),
            (false, false) => all.clone(),
        };
        format!("* FLAGS ({all})\r\n* OK [PERMANENTFLAGS ({permanent})] Flags permitted.\r\n")
    }

    /// The message with this number.
    pub(crate) fn message(&self, number: u32) -> Option<&Arc<Message>> {
        self.known.get((number as usize).checked_sub(1)?)
    }

    /// How many messages the client knows of.
    pub(crate) fn count(&self) -> u32 {
        self.known.len() as u32
    }

    /// What `*` stands for among UIDs; 0 if there is no message.
    pub(crate) fn largest_uid(&self) -> Uid {
        self.known.last().map_or(0, |message| message.uid)
    }

    /// All that the client knows; message `n` stands at `n - 1`.
    pub(crate) fn messages(&self) -> &[Arc<Message>] {
        &self.known
    }

    /// The mailbox behind the view.
    pub(crate) fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    /// What is remembered of the messages that were looked into.
    pub(crate) fn reading(&self) -> &Rc<MessageReader> {
        &self.reading
    }

    /// The newest snapshot that the client's knowledge was compared with.
    pub(crate) fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Was the mailbox opened by EXAMINE?
    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Notes what the snapshot has that nobody was told of before.
    fn note_recent(&mut self, snapshot: &Snapshot) {
        if !self.tells_recent {
            return;
        }
        let end = self.recent.last().map_or(0, |range| range.end);
        let fresh = snapshot.first_recent.max(end)..snapshot.uid_next;
        match self.recent.last_mut() {
            _ if fresh.is_empty() => {}
            Some(last) if last.end == fresh.start => last.end = fresh.end,
            _ => self.recent.push(fresh),
        }
    }
}

/// The answer to a message number beyond the last.
pub(crate) fn no_such_number(count: u32) -> CommandReply {
    CommandReply::bad(match count {
        0 => "expected no message numbers: the mailbox is empty".to_owned(),
        _ => format!("expected message numbers from 1 to {count}, as many as there are"),
    })
}

/// A message's flags as FETCH lists them.
pub(crate) fn flag_list(flags: &Flags, recent: bool) -> String {
    match (flags.is_empty(), recent) {
        (_, false) => flags.to_string(),
        (true, true) => "\\Recent".to_owned(),
        (false, true) => format!("{flags} \\Recent"),
    }
}

/// The newest snapshot; whoever may write claims what is recent in it (RFC 3501 §2.3.2: EXAMINE
/// must not take `\Recent` from the next SELECT).
fn newest(mailbox: &Mailbox, read_only: bool) -> Result<Arc<Snapshot>, StoreError> {
    let newest = mailbox.refresh()?;
    if read_only || newest.first_recent == newest.uid_next {
        return Ok(newest);
    }
    mailbox.claim_recent()
}

fn push(out: &mut Vec<u8>, line: &str) {
    out.extend_from_slice(line.as_bytes());
}
