//! A selected mailbox as one client sees it: the message numbers that it knows.
//!
//! Other clients change a mailbox at any time, but a client's message numbers change only when it is
//! told (RFC 3501 §7.4.1). [`View::sync`] compares what the client knows with the newest [`Snapshot`]
//! and returns the difference: EXPUNGE, EXISTS, RECENT, FETCH (FLAGS …).
//!
//! No EXPUNGE may be sent during FETCH, STORE or SEARCH, because it would shift their numbers. Until it
//! can be sent, a removed message keeps its number here, and reading it fails.

use std::ops::{Range, RangeInclusive};
use std::rc::Rc;
use std::sync::Arc;

use super::messages::mailbox_reader::MailboxReader;
use super::reply::CommandReply;
use super::updates::{PendingUpdates, merge};
use crate::limits;
use crate::mail::message::{Flag, FlagChange};
use crate::mail::protocol::imap::flags::FlagList;
use crate::mail::protocol::imap::response::{Attribute, Code, Condition, Status};
use crate::mail::protocol::imap::{MessageSet, Response, SequenceSet};
use crate::mail::store::{Mailbox, Message, Snapshot, StoreError, Uid};

/// The selected mailbox of one client.
pub(crate) struct View {
    mailbox: Arc<Mailbox>,
    reader: Rc<MailboxReader>,
    mode: SelectMode,
    /// True if the client is told which messages are recent: not in IMAP4rev2 (RFC 9051 appendix E, 12).
    tells_recent: bool,
    /// Message `n` is at `n - 1`. A removed message stays until the client is told.
    known: Vec<Arc<Message>>,
    /// The newest snapshot that `known` was compared with.
    snapshot: Arc<Snapshot>,
    /// The keywords that the client was told of.
    keywords: Vec<String>,
    /// True if `known` has messages that `snapshot` has not.
    holds_removed: bool,
    /// The UIDs that this session was the first to be told of, rising.
    recent: Vec<Range<Uid>>,
    /// `$`: the UIDs that the last SEARCH saved (RFC 5182). A UID whose message is gone is harmless,
    /// so EXPUNGE need not remove it.
    saved: SequenceSet,
}

/// How a mailbox is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SelectMode {
    /// By SELECT.
    ReadWrite,
    /// By EXAMINE: the mailbox cannot be changed.
    ReadOnly,
}

/// The result of a change of flags.
#[derive(Debug, Default)]
pub(crate) struct FlagsChanged {
    /// True if some of the messages are gone.
    pub(crate) some_gone: bool,
    /// The numbers of the other messages.
    pub(crate) changed: Vec<u32>,
    /// Those with flags that the client cannot expect, because another client changed them too.
    pub(crate) surprising: Vec<u32>,
    /// FLAGS responses for keywords that are new to the client, to be sent first.
    pub(crate) new_keywords: Vec<Response>,
}

/// Why a view, and with it the conversation, must end.
#[derive(Debug)]
pub(crate) enum ViewLost {
    /// The UIDs started anew: what the client remembers is invalid (RFC 3501 §2.3.1.1).
    NewUidValidity,
    /// The mailbox was deleted or renamed.
    Deleted,
    /// The mailbox cannot be read any more.
    Store(StoreError),
}

impl View {
    /// Selects a mailbox. Only a view that can write takes `\Recent` from other sessions.
    pub(crate) fn open(
        reader: MailboxReader,
        mode: SelectMode,
        tells_recent: bool,
    ) -> Result<View, StoreError> {
        let mailbox = Arc::clone(reader.mailbox());
        let snapshot = newest(&mailbox, mode)?;
        let mut view = View {
            mailbox,
            reader: Rc::new(reader),
            mode,
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

    /// Follows a mailbox that the client itself has renamed: its messages are the same (RFC 2180 §3.4).
    pub(crate) fn follow(&mut self, reader: MailboxReader) {
        self.mailbox = Arc::clone(reader.mailbox());
        self.reader = Rc::new(reader);
    }

    /// Compares what the client knows with the mailbox, and returns what is new.
    pub(crate) fn sync(&mut self, updates: PendingUpdates) -> Result<Vec<Response>, ViewLost> {
        let newest = newest(&self.mailbox, self.mode).map_err(ViewLost::Store)?;
        if self.mailbox.is_deleted() {
            return Err(ViewLost::Deleted);
        }
        if newest.uid_validity != self.snapshot.uid_validity {
            return Err(ViewLost::NewUidValidity);
        }
        let nothing_new = Arc::ptr_eq(&newest, &self.snapshot);
        if nothing_new && !(updates.expunge && self.holds_removed) {
            return Ok(Vec::new());
        }
        let mut responses = self.new_keywords(&newest);
        let before = self.known.len();
        let merged = merge(std::mem::take(&mut self.known), &newest.messages, updates);
        self.known = merged.known;
        self.holds_removed = merged.holds_removed;
        // Counted without the removed messages: a new message in their place is an update.
        let recent_before = self.recent_count();
        self.note_recent(&newest);
        self.snapshot = newest;
        let gone = merged.expunged.len();
        let expunged = merged.expunged.into_iter();
        responses.extend(expunged.map(|number| Response::Expunge(number as u32)));
        if self.known.len() != before - gone {
            responses.push(Response::Exists(self.count()));
        }
        if self.recent_count() > recent_before {
            responses.push(Response::Recent(self.recent_count()));
        }
        let changed = merged.changed.into_iter();
        responses.extend(changed.filter_map(|number| self.flags_of(number, updates.uid)));
        Ok(responses)
    }

    /// Returns `* n FETCH (FLAGS (…))`, a message's flags as they are known now.
    pub(crate) fn flags_of(&self, number: u32, with_uid: bool) -> Option<Response> {
        let message = self.message(number)?;
        let mut attributes = Vec::with_capacity(2);
        if with_uid {
            attributes.push(Attribute::Uid(message.uid));
        }
        attributes.push(Attribute::Flags(self.flag_list(message)));
        Some(Response::Fetch(number, attributes))
    }

    /// Changes flags for the client. The caller tells it the result.
    pub(crate) fn change(
        &mut self,
        numbers: &[u32],
        change: &FlagChange,
    ) -> Result<FlagsChanged, StoreError> {
        let uids = self.uids(numbers);
        let snapshot = self.mailbox.store(&uids, change)?;
        let mut result = FlagsChanged {
            new_keywords: self.new_keywords(&snapshot),
            ..FlagsChanged::default()
        };
        for &number in numbers {
            let Some(known) = self.known.get_mut(number as usize - 1) else {
                continue;
            };
            let Some(message) = snapshot.uid(known.uid) else {
                result.some_gone = true;
                continue;
            };
            result.changed.push(number);
            if message.flags != known.flags.changed(change) {
                result.surprising.push(number);
            }
            *known = Arc::clone(message);
        }
        Ok(result)
    }

    /// Returns the message numbers that a set of numbers or UIDs means, rising.
    ///
    /// # Errors
    /// A number after the last message is the client's mistake (RFC 3501 §9, `seq-number`); a UID
    /// that does not exist is ignored (§6.4.8).
    pub(crate) fn numbers(&self, set: &MessageSet, by_uid: bool) -> Result<Vec<u32>, CommandReply> {
        match set {
            MessageSet::Sequence(set) if !by_uid => {
                if set.exceeds(self.count()) {
                    return Err(no_such_number(self.count()));
                }
                Ok(set.iter(self.count()).collect())
            }
            uids => {
                let ranges = self.named_uids(uids).ranges(self.largest_uid());
                let numbers = ranges.iter().flat_map(|range| self.numbers_of_uids(range));
                Ok(numbers.collect())
            }
        }
    }

    fn numbers_of_uids(&self, uids: &RangeInclusive<Uid>) -> RangeInclusive<u32> {
        let known = &self.known;
        let before = known.partition_point(|message| message.uid < *uids.start());
        let up_to = known.partition_point(|message| message.uid <= *uids.end());
        before as u32 + 1..=up_to as u32
    }

    /// Returns the UIDs that a set of UIDs names, with or without such messages.
    pub(crate) fn named_uids<'a>(&'a self, set: &'a MessageSet) -> &'a SequenceSet {
        match set {
            MessageSet::Sequence(set) => set,
            MessageSet::Saved => &self.saved,
        }
    }

    /// Makes `$` mean these messages.
    pub(crate) fn save(&mut self, numbers: &[u32]) {
        self.saved = SequenceSet::from_sorted(&self.uids(numbers)).settled(Uid::MAX);
    }

    /// True if `$` means this message.
    pub(crate) fn is_saved(&self, uid: Uid) -> bool {
        self.saved.contains(uid, Uid::MAX)
    }

    /// Returns the UIDs of these messages.
    pub(crate) fn uids(&self, numbers: &[u32]) -> Vec<Uid> {
        let messages = numbers.iter().filter_map(|number| self.message(*number));
        messages.map(|message| message.uid).collect()
    }

    /// Returns a message's flags, with `\Recent` for this session (RFC 3501 §2.3.2).
    pub(crate) fn flag_list(&self, message: &Message) -> FlagList {
        FlagList::of_message(&message.flags, self.is_recent(message.uid))
    }

    /// True if this session was the first to be told of the message.
    pub(crate) fn is_recent(&self, uid: Uid) -> bool {
        self.recent.iter().any(|range| range.contains(&uid))
    }

    /// Returns the number of recent messages.
    pub(crate) fn recent_count(&self) -> u32 {
        let below = |uid| self.known.partition_point(|message| message.uid < uid) as u32;
        let ranges = self.recent.iter();
        ranges
            .map(|range| below(range.end) - below(range.start))
            .sum()
    }

    /// Returns the flags of the mailbox, if it has keywords that the client has not been told of.
    fn new_keywords(&mut self, newest: &Snapshot) -> Vec<Response> {
        if newest.keywords == self.keywords {
            return Vec::new();
        }
        self.keywords.clone_from(&newest.keywords);
        self.flag_responses(newest)
    }

    /// Returns the FLAGS of the mailbox (RFC 3501 §7.2.6), and those that the client may change
    /// permanently (§7.1, PERMANENTFLAGS). `\*`: the client can make new keywords.
    pub(crate) fn flag_responses(&self, snapshot: &Snapshot) -> Vec<Response> {
        let mut all = Flag::ALL.map(|flag| flag.to_string()).to_vec();
        all.extend(snapshot.keywords.iter().cloned());
        let mut permanent = Vec::new();
        if self.mode == SelectMode::ReadWrite {
            permanent.clone_from(&all);
            if snapshot.keywords.len() < limits::KEYWORDS {
                permanent.push("\\*".to_owned());
            }
        }
        let permanent = Code::PermanentFlags(FlagList(permanent));
        vec![
            Response::Flags(FlagList(all)),
            ok(permanent, "Flags permitted."),
        ]
    }

    /// Returns the message with this number.
    pub(crate) fn message(&self, number: u32) -> Option<&Arc<Message>> {
        self.known.get((number as usize).checked_sub(1)?)
    }

    /// Returns how many messages the client knows.
    pub(crate) fn count(&self) -> u32 {
        self.known.len() as u32
    }

    /// Returns the UID that `*` means; 0 if there is no message.
    pub(crate) fn largest_uid(&self) -> Uid {
        self.known.last().map_or(0, |message| message.uid)
    }

    /// All messages that the client knows; message `n` is at `n - 1`.
    pub(crate) fn messages(&self) -> &[Arc<Message>] {
        &self.known
    }

    /// The mailbox.
    pub(crate) fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    /// The reader of the mailbox's messages.
    pub(crate) fn reader(&self) -> &Rc<MailboxReader> {
        &self.reader
    }

    /// The newest snapshot that the client's knowledge was compared with.
    pub(crate) fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// True if EXAMINE selected the mailbox.
    pub(crate) fn is_read_only(&self) -> bool {
        self.mode == SelectMode::ReadOnly
    }

    /// Adds to `recent` the messages that no session was told of before.
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

/// `* OK [code] text`.
pub(crate) fn ok(code: Code, text: &str) -> Response {
    Response::Untagged(Status::new(Condition::Ok, text).with(code))
}

/// Refuses a message number after the last.
pub(crate) fn no_such_number(count: u32) -> CommandReply {
    CommandReply::bad(match count {
        0 => "expected no message numbers: the mailbox is empty".to_owned(),
        _ => format!("expected message numbers from 1 to {count}, the number of messages"),
    })
}

/// Returns the newest snapshot. A view that can write claims its recent messages (RFC 3501 §2.3.2:
/// EXAMINE must not take `\Recent` from the next SELECT).
fn newest(mailbox: &Mailbox, mode: SelectMode) -> Result<Arc<Snapshot>, StoreError> {
    let newest = mailbox.refresh()?;
    if mode == SelectMode::ReadOnly || newest.first_recent == newest.uid_next {
        return Ok(newest);
    }
    mailbox.claim_recent()
}
