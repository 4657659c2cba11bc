//! SEARCH (RFC 3501 §6.4.4, RFC 9051 §6.4.4; ESEARCH: RFC 4731, SEARCHRES: RFC 5182), SORT and THREAD
//! (RFC 5256).
//!
//! - [`plan`] asks the search keys of every message, cheap keys first; [`evaluate`] answers for one
//!   message, and [`text`] looks for texts in whole messages;
//! - [`sort`] and [`thread`] put the messages found in order, by [`sort_keys`].

mod evaluate;
mod plan;
mod sort;
mod sort_keys;
mod text;
mod thread;

use crate::mail::protocol::imap::response::SearchResults;
use crate::mail::protocol::imap::search::Returns;
use crate::mail::protocol::imap::{Response, Search, SequenceSet, Tag};
use crate::server::imap::ImapServer;
use crate::server::imap::reply::{CommandReply, ImapResult};
use crate::server::imap::view::View;
use plan::SearchPlan;

impl ImapServer {
    /// RFC 3501 §6.4.4; UID SEARCH: §6.4.8.
    pub(crate) fn search(&mut self, search: &Search, by_uid: bool) -> ImapResult {
        // RFC 9051 §6.4.4: a client of IMAP4rev2 gets ESEARCH, with all that was found.
        let rev2 = self.enabled.imap4rev2().then_some(Returns::ALL);
        let returns = search.returns.or(rev2);
        // RFC 6855 §3: after ENABLE UTF8=ACCEPT, CHARSET would name a second charset.
        if self.enabled.utf8_accept() && search.charset.is_some() {
            let why = "expected no CHARSET: after ENABLE UTF8=ACCEPT everything is UTF-8";
            return Err(CommandReply::bad(why));
        }
        let tag = self.tag.clone();
        let view = self.view()?;
        let found = find(view, search);
        if returns.is_some_and(|returns| returns.save) {
            save(view, returns.unwrap_or_default(), found.as_deref());
        }
        let numbers = numbers_or_uids(view, found?, by_uid);
        let reply = CommandReply::ok("SEARCH completed");
        Ok(match returns {
            None => reply.with(Response::Search(numbers)),
            Some(returns) if returns.asks_for_an_answer() => {
                let results = results(tag.as_ref(), by_uid, returns, &numbers);
                reply.with(Response::Esearch(results))
            }
            Some(_) => reply,
        })
    }
}

/// Returns the numbers of the messages that match all keys, rising.
fn find(view: &View, search: &Search) -> Result<Vec<u32>, CommandReply> {
    let plan = SearchPlan::new(view, search.charset.as_ref(), &search.keys)?;
    Ok(plan.found()?)
}

/// Returns the UIDs of these messages, or the numbers themselves.
fn numbers_or_uids(view: &View, found: Vec<u32>, by_uid: bool) -> Vec<u32> {
    if by_uid { view.uids(&found) } else { found }
}

/// RFC 5182 §2.1: `$` becomes what was found; nothing after a NO; after a BAD it stays as it was.
fn save(view: &mut View, returns: Returns, found: Result<&[u32], &CommandReply>) {
    match found {
        Ok(found) => view.save(&saved(returns, found)),
        Err(refusal) if refusal.is_no() => view.save(&[]),
        Err(_) => {}
    }
}

/// RFC 5182 §2.4: with MIN or MAX, but without ALL and COUNT, only these are saved.
fn saved(returns: Returns, found: &[u32]) -> Vec<u32> {
    let only_ends = (returns.min || returns.max) && !returns.all && !returns.count;
    if !only_ends {
        return found.to_vec();
    }
    let mut ends = Vec::new();
    if returns.min {
        ends.extend(found.first());
    }
    if returns.max && found.last() != ends.last() {
        ends.extend(found.last());
    }
    ends
}

/// RFC 9051 §7.3.4. If nothing was found, there is no MIN, MAX or ALL (RFC 4731 §3.1).
fn results(tag: Option<&Tag>, uid: bool, returns: Returns, found: &[u32]) -> SearchResults {
    let mut results =
        SearchResults { tag: tag.map(Tag::to_string), uid, ..SearchResults::default() };
    if returns.min {
        results.min = found.first().copied();
    }
    if returns.max {
        results.max = found.last().copied();
    }
    if returns.all && !found.is_empty() {
        results.all = Some(SequenceSet::from_sorted(found));
    }
    if returns.count {
        results.count = Some(found.len() as u32);
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_and_what_is_saved_of_it() {
        let none = Returns::default();
        let (min, max) = (Returns { min: true, ..none }, Returns { max: true, ..none });
        let both = Returns { max: true, ..min };
        let count = Returns { count: true, ..both };
        // RFC 5182 §2.4.
        let rows: [(Returns, &str, &[u32]); 6] = [
            (none, "", &[2, 3, 9]),
            (min, " MIN 2", &[2]),
            (max, " MAX 9", &[9]),
            (both, " MIN 2 MAX 9", &[2, 9]),
            (count, " MIN 2 MAX 9 COUNT 3", &[2, 3, 9]),
            (Returns::ALL, " ALL 2:3,9", &[2, 3, 9]),
        ];
        for (returns, line, kept) in rows {
            let results = results(None, false, returns, &[2, 3, 9]);
            assert_eq!(results.to_string(), line);
            assert_eq!(saved(returns, &[2, 3, 9]), kept, "{returns}");
        }
        let nothing = results(Tag::new("a").as_ref(), true, count, &[]);
        assert_eq!(nothing.to_string(), " (TAG \"a\") UID COUNT 0");
        assert_eq!(saved(both, &[7]), [7]);
        assert_eq!(saved(both, &[]), [0; 0]);
    }
}
