//! FETCH: what a client wants to know about its messages (RFC 3501 §6.4.5, §7.4.2).
//!
//! The reply is made while it is sent: [`FetchResponses`] yields one [`FetchResponse`] after the other.
//! So `FETCH 1:* BODY[]` starts at once, and needs no memory for the messages.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::vec;

use crate::mail::protocol::imap::{FetchItem, MessageSet};
use crate::server::Part;
use crate::server::imap::ImapServer;
use crate::server::imap::messages::fetch_response::{FetchResponse, FetchedMessage};
use crate::server::imap::messages::mailbox_reader::MailboxReader;
use crate::server::imap::messages::missing::{Missing, final_status};
use crate::server::imap::reply::{CommandReply, ImapResult};
use crate::server::imap::updates::PendingUpdates;
use crate::server::imap::view::View;

impl ImapServer {
    /// RFC 3501 §6.4.5 and §6.4.8.
    pub(crate) fn fetch(
        &mut self,
        set: &MessageSet,
        mut items: Vec<FetchItem>,
        by_uid: bool,
    ) -> ImapResult {
        let numbers = self.view()?.numbers(set, by_uid)?;
        // Updates come first, so that the reply is not older than they are.
        let mut updates = self.updates(PendingUpdates { expunge: false, uid: by_uid })?;
        let view = self.view()?;
        // RFC 3501 §6.4.8: the reply to UID FETCH has the UID, requested or not.
        if by_uid && !items.contains(&FetchItem::Uid) {
            items.insert(0, FetchItem::Uid);
        }
        let mut newly_seen = Vec::new();
        if items.iter().any(FetchItem::sets_seen) && !view.is_read_only() {
            newly_seen = view.mark_seen(&numbers, &mut updates)?;
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
