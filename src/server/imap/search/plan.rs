//! Which messages match? SEARCH, SORT and THREAD ask (RFC 3501 §6.4.4, RFC 9051 §6.4.4).
//!
//! The answer must be cheap: [`SearchPlan::new`] puts keys that need no file before those that need the
//! header, and those before keys that need the whole message. The first false key ends the evaluation.
//! [`evaluate`](super::evaluate) knows what each key means.

use std::time::SystemTime;

use crate::mail::message::casemap;
use crate::mail::protocol::imap::response::Code;
use crate::mail::protocol::imap::search::{Clock, SearchCharset, TextPlace};
use crate::mail::protocol::imap::{MessageSet, SearchKey};
use crate::mail::store::{StoreError, Uid};
use crate::server::imap::reply::CommandReply;
use crate::server::imap::search::evaluate::Candidate;
use crate::server::imap::search::sort_keys::seconds;
use crate::server::imap::search::text::TextSearch;
use crate::server::imap::view::{View, no_such_number};

/// Search keys, prepared for every message of a view.
pub(crate) struct SearchPlan<'a> {
    view: &'a View,
    key: SearchKey,
    texts: TextSearch,
    /// The time of the search, in seconds since 1970.
    now: i64,
}

impl<'a> SearchPlan<'a> {
    /// Prepares keys; a message matches if all of them are true.
    ///
    /// # Errors
    /// For an unknown charset, or a message number that does not exist.
    pub(crate) fn new(
        view: &'a View,
        charset: Option<&SearchCharset>,
        keys: &[SearchKey],
    ) -> Result<SearchPlan<'a>, CommandReply> {
        if charset.is_some_and(|charset| !charset.is_known()) {
            let charsets = Code::Other("BADCHARSET (US-ASCII UTF-8)".to_owned());
            return Err(CommandReply::no("Unsupported charset").with_code(charsets));
        }
        // An empty mailbox has no numbers to exceed; there `SEARCH 1:*` finds nothing.
        let count = view.count();
        if count > 0 && keys.iter().any(|key| exceeds(key, count)) {
            return Err(no_such_number(count));
        }
        let key = in_order(SearchKey::And(keys.to_vec()), count, view.largest_uid());
        Ok(SearchPlan { view, texts: TextSearch::of(&key), key, now: seconds(SystemTime::now()) })
    }

    /// Returns the numbers of the messages that match, rising.
    ///
    /// # Errors
    /// Those of the disk. A message that is gone does not match.
    pub(crate) fn found(&self) -> Result<Vec<u32>, StoreError> {
        let mut found = Vec::new();
        for (number, message) in (1..).zip(self.view.messages()) {
            let candidate = Candidate::new(self.view, &self.texts, self.now, (number, message));
            match candidate.matches(&self.key) {
                Ok(true) => found.push(number),
                Ok(false) | Err(StoreError::MessageGone) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}

/// True if a key names a message number that does not exist.
fn exceeds(key: &SearchKey, count: u32) -> bool {
    match key {
        SearchKey::Numbers(MessageSet::Sequence(set)) => set.exceeds(count),
        SearchKey::Not(key) => exceeds(key, count),
        SearchKey::Or(one, other) => exceeds(one, count) || exceeds(other, count),
        SearchKey::And(keys) => keys.iter().any(|key| exceeds(key, count)),
        _ => false,
    }
}

/// Puts cheap keys before expensive ones, settles all sets, and prepares the texts.
fn in_order(key: SearchKey, count: u32, largest_uid: Uid) -> SearchKey {
    let in_order = |key| in_order(key, count, largest_uid);
    match key {
        SearchKey::Numbers(MessageSet::Sequence(set)) => {
            SearchKey::Numbers(set.settled(count).into())
        }
        SearchKey::Uids(MessageSet::Sequence(set)) => {
            SearchKey::Uids(set.settled(largest_uid).into())
        }
        SearchKey::Text(place, text) => SearchKey::Text(place, casemap::prepared(&text)),
        SearchKey::Header { field, text } => {
            SearchKey::Header { field, text: casemap::prepared(&text) }
        }
        SearchKey::Not(key) => SearchKey::Not(Box::new(in_order(*key))),
        SearchKey::Or(one, other) => {
            let one = Box::new(in_order(*one));
            let other = Box::new(in_order(*other));
            if cost(&one) <= cost(&other) {
                SearchKey::Or(one, other)
            } else {
                SearchKey::Or(other, one)
            }
        }
        SearchKey::And(keys) => {
            let mut keys: Vec<SearchKey> = keys.into_iter().map(in_order).collect();
            keys.sort_by_cached_key(cost);
            SearchKey::And(keys)
        }
        other => other,
    }
}

/// Returns what a key must read: 0 nothing, 1 the folder, 2 the header, 3 the whole message.
fn cost(key: &SearchKey) -> u8 {
    match key {
        SearchKey::Larger(_)
        | SearchKey::Smaller(_)
        | SearchKey::Younger(_)
        | SearchKey::Older(_) => 1,
        SearchKey::Date { clock, .. } => match clock {
            Clock::Internal => 1,
            Clock::Sent => 2,
        },
        SearchKey::Text(TextPlace::Body | TextPlace::Text, _) => 3,
        SearchKey::Text(..) | SearchKey::Header { .. } => 2,
        SearchKey::Not(key) => cost(key),
        SearchKey::Or(one, other) => cost(one).max(cost(other)),
        SearchKey::And(keys) => keys.iter().map(cost).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::protocol::imap::Search;
    use crate::mail::protocol::imap::cursor::Cursor;

    fn prepared(keys: &str) -> String {
        let keys = Search::parse(&mut Cursor::new(keys.as_bytes())).unwrap().keys;
        in_order(SearchKey::And(keys), 9, 99).to_string()
    }

    #[test]
    fn cheap_keys_come_first() {
        let rows = [
            ("BODY X SUBJECT Y LARGER 5 SEEN", "(SEEN LARGER 5 SUBJECT Y BODY X)"),
            ("OR BODY x SEEN", "(OR SEEN BODY X)"),
            ("7:*,2,1 UID 8,80:*", "(1:2,7:9 UID 8,80:99)"),
            ("NOT TEXT x (FROM y DELETED)", "((DELETED FROM Y) NOT TEXT X)"),
            ("SENTON 1-Feb-2020 ON 1-Feb-2020", "(ON 1-Feb-2020 SENTON 1-Feb-2020)"),
        ];
        for (keys, expected) in rows {
            assert_eq!(prepared(keys), expected, "{keys}");
        }
    }
}
