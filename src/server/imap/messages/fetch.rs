//! FETCH: what a client wants to know of its messages (RFC 3501 §6.4.5, §7.4.2).
//!
//! The answer is made while it is sent: [`FetchResponses`] yields one [`FetchResponse`] after the other and then
//! the tagged line. So `FETCH 1:* BODY[]` starts at once, and costs no memory for the messages.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::vec;

use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::protocol::imap::{FetchItem, MessageSet};
use crate::mail::store::StoreError;
use crate::server::Part;
use crate::server::imap::messages::fetch_response::{FetchResponse, FetchedMessage, Missing};
use crate::server::imap::messages::message_reader::MessageReader;
use crate::server::imap::reply::{CommandReply, CommandResult, Condition};
use crate::server::imap::session::ImapServer;
use crate::server::imap::updates::PendingUpdates;
use crate::server::imap::view::View;

impl ImapServer {
    /// RFC 3501 §6.4.5 and §6.4.8. The tagged line is the last of the answer's parts, because only
    /// then it is known whether every message was still there.
    pub(crate) fn fetch(
        &mut self,
        tag: &str,
        set: &MessageSet,
        mut items: Vec<FetchItem>,
        by_uid: bool,
    ) -> CommandResult {
        let numbers = self.view()?.numbers(set, by_uid)?;
        // First what is new, so that the answer is not older than the news.
        let mut news = self.news_now(PendingUpdates {
            expunge: false,
            uid: by_uid,
        })?;
        let view = self.view()?;
        // RFC 3501 §6.4.8: the answer to UID FETCH has the UID, asked for or not.
        if by_uid && !items.contains(&FetchItem::Uid) {
            items.insert(0, FetchItem::Uid);
        }
        let seen = match items.iter().any(FetchItem::sets_seen) && !view.is_read_only() {
            true => mark_seen(view, &numbers, &mut news)?,
            false => Vec::new(),
        };
        let wanted = wanted(view, &numbers, &seen);
        let responses = FetchResponses {
            wanted: wanted.into_iter(),
            items: items.into(),
            reading: Rc::clone(view.reading()),
            missing: Rc::default(),
            last_words: Some(LastWords {
                tag: tag.to_owned(),
                by_uid,
            }),
        };
        Ok(CommandReply::untagged(Part::Each(Box::new(responses))).after(news))
    }
}

/// Sets `\Seen` where it is not set, and returns those numbers, rising. Keywords that came to the
/// mailbox in this very moment are news, before anybody hears of a message that has them.
fn mark_seen(view: &mut View, numbers: &[u32], news: &mut Vec<u8>) -> Result<Vec<u32>, StoreError> {
    let unseen = |number: &u32| {
        let message = view.message(*number);
        message.is_some_and(|message| !message.flags.has(Flag::Seen))
    };
    let unseen: Vec<u32> = numbers.iter().copied().filter(unseen).collect();
    if unseen.is_empty() {
        return Ok(unseen);
    }
    let seen: Flags = [Flag::Seen].into_iter().collect();
    let changed = view.change(&unseen, &FlagChange::Add(seen))?;
    news.extend(changed.new_keywords.into_bytes());
    Ok(unseen)
}

fn wanted(view: &View, numbers: &[u32], newly_seen: &[u32]) -> Vec<FetchedMessage> {
    let wanted = |number: &u32| {
        let message = Arc::clone(view.message(*number)?);
        Some(FetchedMessage {
            number: *number,
            recent: view.is_recent(message.uid),
            newly_seen: newly_seen.binary_search(number).is_ok(),
            message,
        })
    };
    numbers.iter().filter_map(wanted).collect()
}

/// The answer to a FETCH: one [`Part::Each`] for each message, then the tagged line.
struct FetchResponses {
    wanted: vec::IntoIter<FetchedMessage>,
    items: Rc<[FetchItem]>,
    reading: Rc<MessageReader>,
    missing: Rc<Cell<Option<Missing>>>,
    last_words: Option<LastWords>,
}

impl Iterator for FetchResponses {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        for wanted in self.wanted.by_ref() {
            let response = FetchResponse::new(wanted, &self.items, &self.reading, &self.missing);
            if response.can_be_made() {
                return Some(Part::Each(Box::new(response)));
            }
        }
        let last_words = self.last_words.take()?;
        Some(Part::Text(last_words.line(self.missing.get()).into_bytes()))
    }
}

/// The tagged line that is to come.
struct LastWords {
    tag: String,
    by_uid: bool,
}

impl LastWords {
    fn line(&self, missing: Option<Missing>) -> String {
        let (condition, text) = match missing {
            None => (Condition::Ok, "FETCH completed"),
            // RFC 3501 §6.4.8: a UID that does not exist is ignored without any error.
            Some(Missing::Gone) if self.by_uid => {
                (Condition::Ok, "[EXPUNGEISSUED] FETCH completed")
            }
            Some(Missing::Gone) => {
                let text = "[EXPUNGEISSUED] Some of the messages were removed meanwhile";
                (Condition::No, text)
            }
            Some(Missing::UnknownEncoding) => {
                let text = "[UNKNOWN-CTE] Some of the parts are encoded in an unknown way";
                (Condition::No, text)
            }
            Some(Missing::Failed) => {
                let text = "[SERVERBUG] Some messages cannot be read; the server's log says why";
                (Condition::No, text)
            }
        };
        format!("{} {} {text}\r\n", self.tag, condition.word())
    }
}
