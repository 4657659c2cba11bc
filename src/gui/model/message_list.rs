//! The list of the messages in a folder: their order, and the rows that are known.
//!
//! The UIDs of the whole folder are in memory, in their order. What a row shows is fetched for the visible rows, a window
//! at a time, and forgotten when there is too much of it. So a folder with a hundred thousand messages costs little more
//! than its UIDs.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::time::SystemTime;

use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::protocol::imap::search::{Criterion, SortKey};

/// What a row of the list shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageRow {
    /// The UID of the message.
    pub uid: u32,
    /// The name of the sender, or the address.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// When the message arrived.
    pub received: Option<SystemTime>,
    /// The size in bytes.
    pub size: u64,
    /// The flags.
    pub flags: Flags,
    /// True if it has attached files.
    pub has_files: bool,
}

impl MessageRow {
    /// True if it was not read yet.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        !self.flags.has(Flag::Seen)
    }
}

/// A column by which the list can be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The sender.
    From,
    /// The subject.
    Subject,
    /// The time of arrival.
    Received,
    /// The size.
    Size,
}

/// The order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortOrder {
    /// The column by which it is sorted.
    pub column: Column,
    /// True if the largest or latest comes first.
    pub descending: bool,
}

impl SortOrder {
    /// Sorted by the time of arrival, the newest first.
    pub const NEWEST: SortOrder = SortOrder { column: Column::Received, descending: true };

    /// The order after a click on this column. A second click reverses it.
    #[must_use]
    pub fn clicked(self, column: Column) -> SortOrder {
        let descending = if self.column == column {
            !self.descending
        } else {
            matches!(column, Column::Received | Column::Size)
        };
        SortOrder { column, descending }
    }

    /// The criteria of SORT (RFC 5256 §3).
    #[must_use]
    pub fn criteria(self) -> Vec<Criterion> {
        let key = match self.column {
            Column::From => SortKey::From,
            Column::Subject => SortKey::Subject,
            Column::Received => SortKey::Arrival,
            Column::Size => SortKey::Size,
        };
        vec![Criterion { key, reverse: self.descending }]
    }
}

/// The number of rows that are fetched at a time: more than fit on a screen, and few enough to arrive at once.
pub const WINDOW: usize = 100;

/// The number of rows that are kept, which take some megabytes.
const KEPT: usize = 5_000;

/// The list.
#[derive(Debug)]
pub struct MessageList {
    /// The open folder; `None` before the first one.
    pub folder: Option<String>,
    /// The order that was chosen.
    pub order: SortOrder,
    /// The text of the search; empty shows all messages.
    pub search: String,
    /// The UIDVALIDITY of the UIDs; `None` before any are known.
    uid_validity: Option<u32>,
    uids: Vec<u32>,
    rows: HashMap<u32, MessageRow>,
    /// The rows that may have changed since they were fetched.
    stale: HashSet<u32>,
    /// A window of rows was asked for, and has not come yet.
    awaited: bool,
    selected: BTreeSet<u32>,
    /// The UID of the row at which the keyboard is.
    cursor: Option<u32>,
    /// The UID of the row at which a selection of several rows begins.
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
    /// Select this row alone.
    Only,
    /// Add this row to the selection, or remove it (Ctrl).
    Toggle,
    /// Select all rows up to this one (Shift).
    UpTo,
}

impl MessageList {
    /// Opens another folder, of which nothing is known yet.
    pub fn open(&mut self, folder: &str) {
        let order = self.order;
        *self = MessageList { folder: Some(folder.to_owned()), order, ..MessageList::default() };
    }

    /// Sets the UIDVALIDITY. If it was another one, the UIDs mean other messages now (RFC 3501 §2.3.1.1): the list
    /// forgets what it knows, and this returns false.
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

    /// Sets the messages in their order. Rows and selected messages that are still there stay; the rows are fetched
    /// again when they are visible.
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

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.uids.len()
    }

    /// True if there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.uids.is_empty()
    }

    /// The UID at this position, and its row if that is known.
    #[must_use]
    pub fn row(&self, at: usize) -> Option<(u32, Option<&MessageRow>)> {
        let uid = *self.uids.get(at)?;
        Some((uid, self.rows.get(&uid)))
    }

    /// The row of this message, if it is known.
    #[must_use]
    pub fn known(&self, uid: u32) -> Option<&MessageRow> {
        self.rows.get(&uid)
    }

    /// The messages to fetch when these rows are visible; none while others are on their way. Rows that do not come are
    /// not asked for again before the next [`set`](MessageList::set).
    pub fn wanted(&mut self, seen: Range<usize>) -> Vec<u32> {
        if self.awaited {
            return Vec::new();
        }
        let unknown = |uid: &&u32| !self.rows.contains_key(uid) || self.stale.contains(uid);
        let shown = self.uids.get(seen.start.min(self.len())..seen.end.min(self.len()));
        if !shown.unwrap_or_default().iter().any(|uid| unknown(&uid)) {
            return Vec::new();
        }
        let from = seen.start.saturating_sub(WINDOW / 4);
        let window = self.uids.get(from..).unwrap_or_default().iter();
        let mut wanted: Vec<u32> = window.take(WINDOW).filter(unknown).copied().collect();
        // A sequence set needs sorted numbers.
        wanted.sort_unstable();
        self.awaited = true;
        wanted
    }

    /// Takes in the rows that were asked for. Messages that have no row are gone.
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

    /// Changes the flags of these messages; returns how many more of them are unread now.
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

    /// The number of these messages that the change would alter, as far as is known.
    #[must_use]
    pub fn would_change(&self, uids: &[u32], change: &FlagChange) -> usize {
        let rows = uids.iter().filter_map(|uid| self.rows.get(uid));
        rows.filter(|row| row.flags.changed(change) != row.flags).count()
    }

    /// Has every row fetched again when it is visible: it may have changed.
    pub fn doubt(&mut self) {
        self.stale = self.rows.keys().copied().collect();
    }

    /// Removes messages. If the cursor was on one of them, the next message gets it.
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

    /// True if the message is selected.
    #[must_use]
    pub fn is_selected(&self, uid: u32) -> bool {
        self.selected.contains(&uid)
    }

    /// The position of the row at which the keyboard is.
    #[must_use]
    pub fn cursor(&self) -> Option<usize> {
        let cursor = self.cursor?;
        self.uids.iter().position(|uid| *uid == cursor)
    }

    /// Selects a row that was clicked, or reached with the keyboard.
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
                let anchor = self.uids.iter().position(|uid| *uid == anchor);
                let from = anchor.unwrap_or(at);
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

    /// Selects all messages.
    pub fn select_all(&mut self) {
        self.selected = self.uids.iter().copied().collect();
    }
}

#[cfg(test)]
mod tests;
