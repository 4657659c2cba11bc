//! The list of a folder's messages: which there are, in which order, and what is known of them.
//!
//! The order is the whole folder's, as numbers; what a row shows is fetched for the rows that are
//! seen, a window at a time, and forgotten when there is too much of it. So a folder of a hundred
//! thousand messages costs its UIDs.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::time::SystemTime;

use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::protocol::imap::search::{Criterion, SortKey};

/// What a row of the list shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageRow {
    /// The message.
    pub uid: u32,
    /// Its sender's name, or address; in folders of one's own mail whom it is for.
    pub from: String,
    /// What it is about.
    pub subject: String,
    /// When it came.
    pub received: Option<SystemTime>,
    /// Its octets.
    pub octets: u64,
    /// Its flags.
    pub flags: Flags,
    /// Are there files in it?
    pub has_files: bool,
}

impl MessageRow {
    /// Was it not read yet?
    #[must_use]
    pub fn is_unread(&self) -> bool {
        !self.flags.has(Flag::Seen)
    }
}

/// A column that one can sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Who wrote it.
    From,
    /// What it is about.
    Subject,
    /// When it came.
    Received,
    /// How large it is.
    Size,
}

/// The order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortOrder {
    /// By what.
    pub column: Column,
    /// The largest, or latest, first?
    pub descending: bool,
}

impl SortOrder {
    /// The newest first.
    pub const NEWEST: SortOrder = SortOrder {
        column: Column::Received,
        descending: true,
    };

    /// The order after a click on this column: another one begins as people want it, the same turns.
    #[must_use]
    pub fn clicked(self, column: Column) -> SortOrder {
        let descending = match self.column == column {
            true => !self.descending,
            false => matches!(column, Column::Received | Column::Size),
        };
        SortOrder { column, descending }
    }

    /// As SORT says it (RFC 5256 §3).
    #[must_use]
    pub fn criteria(self) -> Vec<Criterion> {
        let key = match self.column {
            Column::From => SortKey::From,
            Column::Subject => SortKey::Subject,
            Column::Received => SortKey::Arrival,
            Column::Size => SortKey::Size,
        };
        vec![Criterion {
            key,
            reverse: self.descending,
        }]
    }
}

/// Rows that are fetched at a time: more than a screen has, few enough to come at once.
pub const WINDOW: usize = 100;

/// Rows that are kept: some megabytes.
const KEPT: usize = 5_000;

/// The list.
#[derive(Debug)]
pub struct MessageList {
    /// The folder that is open; `None` before the first.
    pub folder: Option<String>,
    /// The order that was asked for.
    pub order: SortOrder,
    /// What is searched for; empty shows all.
    pub search: String,
    /// What the UIDs are valid under; `None` before any are known.
    uid_validity: Option<u32>,
    uids: Vec<u32>,
    rows: HashMap<u32, MessageRow>,
    /// Those that may have changed since they were fetched.
    stale: HashSet<u32>,
    /// A window of rows is on its way.
    awaited: bool,
    selected: BTreeSet<u32>,
    /// The row at which the keyboard is, by its message.
    cursor: Option<u32>,
    /// The other end of a selection that grows.
    anchor: Option<u32>,
}

impl Default for MessageList {
    fn default() -> MessageList {
        MessageList {
            folder: None,
            order: SortOrder::NEWEST,
            search: String::new(),
            uid_validity: None,
            uids: Vec::new(),
            rows: HashMap::new(),
            stale: HashSet::new(),
            awaited: false,
            selected: BTreeSet::new(),
            cursor: None,
            anchor: None,
        }
    }
}

/// How a click or a key changes the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Select {
    /// This one alone.
    Only,
    /// This one too, or no longer: Ctrl.
    Toggle,
    /// All up to this one: Shift.
    UpTo,
}

impl MessageList {
    /// Another folder: nothing is known of it yet.
    pub fn open(&mut self, folder: &str) {
        let order = self.order;
        *self = MessageList {
            folder: Some(folder.to_owned()),
            order,
            ..MessageList::default()
        };
    }

    /// The folder's UIDs are valid under this from now on; `false`: those that were known were valid under another,
    /// mean other messages now, and are forgotten with all that was known of them (RFC 3501 §2.3.1.1).
    pub fn validate(&mut self, uid_validity: u32) -> bool {
        let same = self.uid_validity.is_none_or(|known| known == uid_validity);
        if !same && let Some(folder) = self.folder.take() {
            let search = std::mem::take(&mut self.search);
            self.open(&folder);
            self.search = search;
        }
        self.uid_validity = Some(uid_validity);
        same
    }

    /// The messages that there are now, in their order. What is known of them stays, until it is seen
    /// again and fetched anew; what is selected stays as far as it is still there.
    pub fn set(&mut self, uids: Vec<u32>) {
        let there: HashSet<u32> = uids.iter().copied().collect();
        self.rows.retain(|uid, _| there.contains(uid));
        self.selected.retain(|uid| there.contains(uid));
        self.doubt();
        self.cursor = self.cursor.filter(|uid| there.contains(uid));
        self.anchor = self.anchor.filter(|uid| there.contains(uid));
        self.uids = uids;
        self.awaited = false;
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.uids.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.uids.is_empty()
    }

    /// The message of a row, and what is known of it.
    #[must_use]
    pub fn row(&self, at: usize) -> Option<(u32, Option<&MessageRow>)> {
        let uid = *self.uids.get(at)?;
        Some((uid, self.rows.get(&uid)))
    }

    /// What is known of a message.
    #[must_use]
    pub fn known(&self, uid: u32) -> Option<&MessageRow> {
        self.rows.get(&uid)
    }

    /// The messages to ask for, now that these rows are seen; none while others are on their way. Those that do
    /// not come are not asked for again until the folder was looked at anew (`set`).
    pub fn wanted(&mut self, seen: Range<usize>) -> Vec<u32> {
        if self.awaited {
            return Vec::new();
        }
        let unknown = |uid: &&u32| !self.rows.contains_key(uid) || self.stale.contains(uid);
        let shown = self
            .uids
            .get(seen.start.min(self.len())..seen.end.min(self.len()));
        if !shown.unwrap_or_default().iter().any(|uid| unknown(&uid)) {
            return Vec::new();
        }
        let from = seen.start.saturating_sub(WINDOW / 4);
        let window = self.uids.get(from..).unwrap_or_default().iter();
        let mut wanted: Vec<u32> = window.take(WINDOW).filter(unknown).copied().collect();
        // A sequence set is made of sorted numbers.
        wanted.sort_unstable();
        self.awaited = true;
        wanted
    }

    /// The rows that were asked for have come; those of `asked` that have not are gone.
    pub fn learn(&mut self, asked: &[u32], rows: Vec<MessageRow>) {
        self.awaited = false;
        if self.rows.len() + rows.len() > KEPT {
            self.rows.clear();
            self.stale.clear();
        }
        for row in rows {
            self.stale.remove(&row.uid);
            self.rows.insert(row.uid, row);
        }
        let missing = |uid: &u32| asked.contains(uid) && !self.rows.contains_key(uid);
        self.uids.retain(|uid| !missing(uid));
    }

    /// Flags of these messages have changed; how many more of them are unread now.
    pub fn change(&mut self, uids: &[u32], change: &FlagChange) -> i64 {
        let mut more = 0;
        for uid in uids {
            if let Some(row) = self.rows.get_mut(uid) {
                more -= i64::from(row.is_unread());
                row.flags = row.flags.changed(change);
                more += i64::from(row.is_unread());
            }
        }
        more
    }

    /// In how many of these messages, as far as is known, this changes something.
    #[must_use]
    pub fn would_change(&self, uids: &[u32], change: &FlagChange) -> usize {
        let rows = uids.iter().filter_map(|uid| self.rows.get(uid));
        rows.filter(|row| row.flags.changed(change) != row.flags)
            .count()
    }

    /// What is known of the rows may be out of date: what is seen of them is fetched anew.
    pub fn doubt(&mut self) {
        self.stale = self.rows.keys().copied().collect();
    }

    /// These messages are gone; the one behind them is at hand.
    pub fn remove(&mut self, gone: &[u32]) {
        let gone: HashSet<u32> = gone.iter().copied().collect();
        let first = self.uids.iter().position(|uid| gone.contains(uid));
        self.uids.retain(|uid| !gone.contains(uid));
        self.rows.retain(|uid, _| !gone.contains(uid));
        self.selected.retain(|uid| !gone.contains(uid));
        if self.cursor.is_some_and(|uid| gone.contains(&uid)) {
            let at = first.map(|at| at.min(self.uids.len().saturating_sub(1)));
            self.cursor = at.and_then(|at| self.uids.get(at).copied());
            self.anchor = self.cursor;
        }
    }

    /// The messages that are selected, in ascending order.
    #[must_use]
    pub fn selected(&self) -> Vec<u32> {
        self.selected.iter().copied().collect()
    }

    /// Is it selected?
    #[must_use]
    pub fn is_selected(&self, uid: u32) -> bool {
        self.selected.contains(&uid)
    }

    /// The row at which the keyboard is.
    #[must_use]
    pub fn cursor(&self) -> Option<usize> {
        let cursor = self.cursor?;
        self.uids.iter().position(|uid| *uid == cursor)
    }

    /// A row is clicked, or reached with the keyboard.
    pub fn select(&mut self, at: usize, how: Select) {
        let Some(&uid) = self.uids.get(at) else {
            return;
        };
        match how {
            Select::Only => self.selected = BTreeSet::from([uid]),
            Select::Toggle => {
                if !self.selected.remove(&uid) {
                    self.selected.insert(uid);
                }
            }
            Select::UpTo => {
                let anchor = self.anchor.unwrap_or(uid);
                let from = self
                    .uids
                    .iter()
                    .position(|uid| *uid == anchor)
                    .unwrap_or(at);
                let range = from.min(at)..=from.max(at);
                let range = self.uids.get(range).unwrap_or_default();
                self.selected = range.iter().copied().collect();
            }
        }
        self.cursor = Some(uid);
        if how != Select::UpTo {
            self.anchor = Some(uid);
        }
    }

    /// All of them are selected.
    pub fn select_all(&mut self) {
        self.selected = self.uids.iter().copied().collect();
    }
}

#[cfg(test)]
mod tests;
