//! FETCH: what a client wants to know about its messages (RFC 3501 §6.4.5, §7.4.2).
//!
//! The reply is made while it is sent: [`FetchResponses`] yields one [`FetchResponse`] after the other.
//! So `FETCH 1:* BODY[]` starts at once, and needs no memory for the messages.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::vec;

use crate::mail::message::{Flag, FlagChange};
use crate::mail::protocol::imap::{FetchItem, MessageSet, Response};
use crate::mail::store::StoreError;
use crate::server::Part;
use crate::server::imap::ImapServer;
use crate::server::imap::messages::fetch_response::{FetchResponse, FetchedMessage};
use crate::server::imap::messages::mailbox_reader::MailboxReader;
use crate::server::imap::messages::missing::{Missing, final_status};
use crate::server::imap::reply::{CommandReply, CommandResult};
use crate::server::imap::updates::PendingUpdates;
use crate::server::imap::view::View;

impl ImapServer {
    /// RFC 3501 §6.4.5 and §6.4.8.
    pub(crate) fn fetch(
        &mut self,
        set: &MessageSet,
        mut items: Vec<FetchItem>,
        by_uid: bool,
    ) -> CommandResult {
        let numbers = self.view()?.numbers(set, by_uid)?;
        // Updates come first, so that the reply is not older than they are.
        let mut updates = self.updates(PendingUpdates {
            expunge: false,
            uid: by_uid,
        })?;
        let view = self.view()?;
        // RFC 3501 §6.4.8: the reply to UID FETCH has the UID, requested or not.
        if by_uid && !items.contains(&FetchItem::Uid) {
            items.insert(0, FetchItem::Uid);
        }
        let mut newly_seen = Vec::new();
        if items.iter().any(FetchItem::sets_seen) && !view.is_read_only() {
            newly_seen = mark_seen(view, &numbers, &mut updates)?;
        }
        let missing = Rc::default();
        let responses = FetchResponses {
            messages: fetched_messages(view, &numbers, &newly_seen).into_iter(),
            items: items.into(),
            reader: Rc::clone(view.reader()),
            missing: Rc::clone(&missing),
        };
        let status = move || final_status(missing.get(), by_uid);
        Ok(CommandReply::streamed(responses, status).with_all(updates))
    }
}

/// Sets `\Seen` where it is not set, and returns those numbers, rising. FLAGS responses for keywords
/// that have just come to the mailbox are added to the updates.
fn mark_seen(
    view: &mut View,
    numbers: &[u32],
    updates: &mut Vec<Response>,
) -> Result<Vec<u32>, StoreError> {
    let is_unseen = |number: &u32| {
        let message = view.message(*number);
        message.is_some_and(|message| !message.flags.has(Flag::Seen))
    };
    let unseen: Vec<u32> = numbers.iter().copied().filter(is_unseen).collect();
    if !unseen.is_empty() {
        let changed = view.change(&unseen, &FlagChange::Add(Flag::Seen.into()))?;
        updates.extend(changed.new_keywords);
    }
    Ok(unseen)
}

fn fetched_messages(view: &View, numbers: &[u32], newly_seen: &[u32]) -> Vec<FetchedMessage> {
    let fetched = |number: &u32| {
        let message = Arc::clone(view.message(*number)?);
        Some(FetchedMessage {
            number: *number,
            recent: view.is_recent(message.uid),
            newly_seen: newly_seen.binary_search(number).is_ok(),
            message,
        })
    };
    numbers.iter().filter_map(fetched).collect()
}

/// The responses to a FETCH: one [`Part::Each`] for each message.
struct FetchResponses {
    messages: vec::IntoIter<FetchedMessage>,
    items: Rc<[FetchItem]>,
    reader: Rc<MailboxReader>,
    missing: Rc<Cell<Option<Missing>>>,
}

impl Iterator for FetchResponses {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        for message in self.messages.by_ref() {
            let response = FetchResponse::new(message, &self.items, &self.reader, &self.missing);
            if response.can_be_made() {
                return Some(Part::Each(Box::new(response)));
            }
        }
        None
    }
}
