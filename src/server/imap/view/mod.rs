//! A selected mailbox as one client sees it: the message numbers that it knows.
//!
//! Other clients change a mailbox at any time, but a client's message numbers change only when it is
//! told (RFC 3501 §7.4.1). [`View::sync`] compares what the client knows with the newest [`Snapshot`]
//! and returns the difference: EXPUNGE, EXISTS, RECENT, FETCH (FLAGS …).
//!
//! No EXPUNGE may be sent during FETCH, STORE or SEARCH, because it would shift their numbers. Until it
//! can be sent, a removed message keeps its number here, and reading it fails.
//!
//! `numbers` knows which messages a set means, `change` changes flags, and `recent` knows which messages
//! are recent to this session.

mod change;
mod numbers;
mod recent;

pub(crate) use numbers::no_such_number;

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::messages::mailbox_reader::MailboxReader;
use super::updates::{PendingUpdates, merge};
use crate::limits;
use crate::mail::message::Flag;
use crate::mail::protocol::imap::flags::FlagList;
use crate::mail::protocol::imap::response::{Attribute, Code, Condition, Status};
use crate::mail::protocol::imap::{Response, SequenceSet};
use crate::mail::store::{Mailbox, Message, Snapshot, StoreError, Uid};

/// The selected mailbox of one client.
pub(crate) struct View {
    mailbox: Arc<Mailbox>,
    reader: Rc<MailboxReader>,
    mode: SelectMode,
    /// True if recent messages are reported: not in IMAP4rev2 (RFC 9051 appendix E, 12).
    tells_recent: bool,
    /// Message `n` is at `n - 1`. A removed message stays until EXPUNGE is sent.
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
        let snapshot = recent::newest(&mailbox, mode)?;
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
        let newest = recent::newest(&self.mailbox, self.mode).map_err(ViewLost::Store)?;
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

    /// Returns the UIDs of these messages.
    pub(crate) fn uids(&self, numbers: &[u32]) -> Vec<Uid> {
        let messages = numbers.iter().filter_map(|number| self.message(*number));
        messages.map(|message| message.uid).collect()
    }

    /// Returns a message's flags, with `\Recent` for this session (RFC 3501 §2.3.2).
    pub(crate) fn flag_list(&self, message: &Message) -> FlagList {
        FlagList::of_message(&message.flags, self.is_recent(message.uid))
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
        vec![Response::Flags(FlagList(all)), ok(permanent, "Flags permitted.")]
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
}

/// `* OK [code] text`.
pub(crate) fn ok(code: Code, text: &str) -> Response {
    Response::Untagged(Status::new(Condition::Ok, text).with(code))
}
