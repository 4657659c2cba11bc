//! SEARCH: which messages are such (RFC 3501 §6.4.4, RFC 9051 §6.4.4; ESEARCH: RFC 4731;
//! SEARCHRES: RFC 5182). What "such" means is in [`matching`](crate::server::imap::search::plan).

mod evaluate;
mod plan;
mod sort;
mod sort_keys;
mod text;
mod thread;

use crate::mail::protocol::imap::search::Returns;
use crate::mail::protocol::imap::{Search, SequenceSet};
use crate::server::imap::reply::{CommandReply, CommandResult};
use crate::server::imap::search::plan::SearchPlan;
use crate::server::imap::session::ImapServer;
use crate::server::imap::view::View;

impl ImapServer {
    /// RFC 3501 §6.4.4; with UIDs as the answer, §6.4.8.
    pub(crate) fn search(&mut self, tag: &str, search: &Search, by_uid: bool) -> CommandResult {
        // RFC 9051 §6.4.4: who speaks IMAP4rev2 hears ESEARCH, and of all that was found.
        let rev2 = self.enabled.imap4rev2().then_some(Returns::ALL);
        let returns = search.returns.or(rev2);
        // RFC 6855 §3: two charsets would be named.
        if self.enabled.utf8_accept() && search.charset.is_some() {
            let why = "expected no CHARSET: after ENABLE UTF8=ACCEPT all is UTF-8";
            return Err(CommandReply::bad(why));
        }
        let view = self.view()?;
        let found = find(view, search);
        if returns.is_some_and(|returns| returns.save) {
            save(view, returns.unwrap_or_default(), found.as_deref());
        }
        let told = told(view, found?, by_uid);
        let answer = CommandReply::ok("SEARCH completed");
        Ok(match returns {
            None => answer.with(search_line(&told)),
            Some(returns) if returns.asks_for_an_answer() => {
                answer.with(esearch_line(tag, by_uid, returns, &told))
            }
            Some(_) => answer,
        })
    }
}

/// The numbers of the messages of which every key is true, rising.
fn find(view: &View, search: &Search) -> Result<Vec<u32>, CommandReply> {
    let matching = SearchPlan::new(view, search.charset.as_ref(), &search.keys)?;
    Ok(matching.found()?)
}

/// What the answer counts in: UIDs, or the numbers themselves.
pub(crate) fn told(view: &View, found: Vec<u32>, by_uid: bool) -> Vec<u32> {
    match by_uid {
        true => view.uids(&found),
        false => found,
    }
}

/// RFC 5182 §2.1: `$` becomes what was found; nothing after a NO, and after a BAD what it was.
fn save(view: &mut View, returns: Returns, found: Result<&[u32], &CommandReply>) {
    match found {
        Ok(found) => view.save(&saved(returns, found)),
        Err(refusal) if refusal.is_no() => view.save(&[]),
        Err(_) => {}
    }
}

/// RFC 5182 §2.4: MIN and MAX without ALL or COUNT are all that is saved.
fn saved(returns: Returns, found: &[u32]) -> Vec<u32> {
    let only_ends = (returns.min || returns.max) && !returns.all && !returns.count;
    if !only_ends {
        return found.to_vec();
    }
    let min = found.first().filter(|_| returns.min);
    let max = found.last().filter(|max| returns.max && Some(*max) != min);
    min.into_iter().chain(max).copied().collect()
}

/// RFC 3501 §7.2.5.
fn search_line(found: &[u32]) -> String {
    let numbers: String = found.iter().map(|number| format!(" {number}")).collect();
    format!("* SEARCH{numbers}\r\n")
}

/// RFC 9051 §7.3.4. Where nothing was found, there is no MIN, MAX or ALL (RFC 4731 §3.1).
fn esearch_line(tag: &str, by_uid: bool, returns: Returns, found: &[u32]) -> String {
    let mut line = format!("* ESEARCH (TAG \"{tag}\")");
    if by_uid {
        line += " UID";
    }
    if let (Some(min), true) = (found.first(), returns.min) {
        line += &format!(" MIN {min}");
    }
    if let (Some(max), true) = (found.last(), returns.max) {
        line += &format!(" MAX {max}");
    }
    if returns.all && !found.is_empty() {
        line += &format!(" ALL {}", SequenceSet::from_sorted(found));
    }
    if returns.count {
        line += &format!(" COUNT {}", found.len());
    }
    line + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_and_what_is_saved_of_it() {
        let none = Returns::default();
        let (min, max) = (Returns { min: true, ..none }, Returns { max: true, ..none });
        let both = Returns { max: true, ..min };
        let count = Returns {
            count: true,
            ..both
        };
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
            let expected = format!("* ESEARCH (TAG \"a\"){line}\r\n");
            assert_eq!(esearch_line("a", false, returns, &[2, 3, 9]), expected);
            assert_eq!(saved(returns, &[2, 3, 9]), kept, "{returns}");
        }
        assert_eq!(
            esearch_line("a", true, count, &[]),
            "* ESEARCH (TAG \"a\") UID COUNT 0\r\n"
        );
        assert_eq!(saved(both, &[7]), [7]);
        assert_eq!(saved(both, &[]), [0; 0]);
    }
}
