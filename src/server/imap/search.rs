//! SEARCH: which messages are such (RFC 3501 §6.4.4, §7.2.5). What "such" means is in
//! [`matching`](super::matching).

use super::answer::{Answer, Answered};
use super::matching::{Candidate, prepare};
use super::session::ImapServer;
use super::view::{View, no_such_number};
use crate::protocol::imap::{Search, SearchKey};
use crate::store::StoreError;

impl ImapServer {
    /// RFC 3501 §6.4.4; with UIDs as the answer, §6.4.8.
    pub(super) fn search(&mut self, search: &Search, by_uid: bool) -> Answered {
        if !search.has_known_charset() {
            let text = "[BADCHARSET (US-ASCII UTF-8)] texts in this charset cannot be searched for";
            return Err(Answer::no(text));
        }
        let view = self.view()?;
        let count = view.messages().len() as u32;
        // An empty mailbox has no numbers to exceed; there `SEARCH 1:*` just finds nothing.
        if count > 0 && search.keys.iter().any(|key| exceeds(key, count)) {
            return Err(no_such_number(count));
        }
        let mut line = "* SEARCH".to_owned();
        for (number, uid) in found(view, search)? {
            line += &format!(" {}", if by_uid { uid } else { number });
        }
        Ok(Answer::ok("SEARCH completed").with(line + "\r\n"))
    }
}

/// Numbers and UIDs of the messages for which every key is true.
fn found(view: &View, search: &Search) -> Result<Vec<(u32, u32)>, StoreError> {
    let key = prepare(SearchKey::And(search.keys.clone()), view);
    let mut found = Vec::new();
    for (number, message) in (1..).zip(view.messages()) {
        match Candidate::new(view, number, message).matches(&key) {
            Ok(true) => found.push((number, message.uid)),
            // What is gone is not found.
            Ok(false) | Err(StoreError::MessageGone) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Does a key name a message number that there is not?
fn exceeds(key: &SearchKey, count: u32) -> bool {
    match key {
        SearchKey::Numbers(set) => set.exceeds(count),
        SearchKey::Not(key) => exceeds(key, count),
        SearchKey::Or(one, other) => exceeds(one, count) || exceeds(other, count),
        SearchKey::And(keys) => keys.iter().any(|key| exceeds(key, count)),
        _ => false,
    }
}
