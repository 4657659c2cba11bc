//! SELECT and EXAMINE (RFC 3501 §6.3.1, §6.3.2).

use std::mem;
use std::sync::Arc;

use crate::mail::message::Flag;
use crate::mail::protocol::imap::response::Code;
use crate::mail::protocol::imap::{MailboxName, Response};
use crate::mail::store::{Account, StoreError};
use crate::server::imap::mailboxes::list::listed;
use crate::server::imap::messages::mailbox_reader::MailboxReader;
use crate::server::imap::reply::{CommandReply, ImapResult};
use crate::server::imap::view::{SelectMode, View, ok};
use crate::server::imap::{ImapServer, ImapState};

impl ImapServer {
    /// SELECT (RFC 3501 §6.3.1), or EXAMINE for reading only (§6.3.2).
    pub(crate) fn select(&mut self, name: &MailboxName, mode: SelectMode) -> ImapResult {
        let account = self.account()?.clone();
        // RFC 3501 §6.3.1: the old mailbox is deselected first, even if the new one cannot be selected.
        let before = mem::replace(&mut self.state, ImapState::Authenticated(account.clone()));
        let mut responses = Vec::new();
        if self.enabled.imap4rev2() && matches!(before, ImapState::Selected(..)) {
            // RFC 9051 §7.1, CLOSED: what follows is about the new mailbox.
            responses.push(ok(Code::Closed, "Previous mailbox closed."));
        }
        let reply = match self.open(&account, name, mode, &mut responses) {
            Ok(view) => {
                self.state = ImapState::Selected(account, Box::new(view));
                match mode {
                    SelectMode::ReadWrite => {
                        CommandReply::ok("SELECT completed").with_code(Code::ReadWrite)
                    }
                    SelectMode::ReadOnly => {
                        CommandReply::ok("EXAMINE completed").with_code(Code::ReadOnly)
                    }
                }
            }
            Err(error) => error.into(),
        };
        Ok(reply.with_all(responses))
    }

    /// Opens a mailbox, and adds the responses about it.
    fn open(
        &self,
        account: &Account,
        name: &MailboxName,
        mode: SelectMode,
        responses: &mut Vec<Response>,
    ) -> Result<View, StoreError> {
        let mailbox = account.mailbox(name.as_str())?;
        let reader = MailboxReader::new(mailbox, Arc::clone(&self.site.message_cache));
        let view = View::open(reader, mode, !self.enabled.imap4rev2())?;
        let mut about = self.opening(&view);
        if self.enabled.imap4rev2() {
            about.push(Response::List(listed(account, name.as_str(), self.enabled)?));
        }
        responses.extend(about);
        Ok(view)
    }

    /// Returns what SELECT and EXAMINE tell about a mailbox (RFC 3501 §6.3.1). IMAP4rev2 has neither
    /// RECENT nor UNSEEN (RFC 9051 §6.3.2).
    fn opening(&self, view: &View) -> Vec<Response> {
        let snapshot = view.snapshot();
        let mut responses = view.flag_responses(snapshot);
        responses.push(Response::Exists(view.count()));
        if !self.enabled.imap4rev2() {
            responses.push(Response::Recent(view.recent_count()));
            let mut messages = (1..).zip(view.messages());
            let unseen = messages.find(|(_, message)| !message.flags.has(Flag::Seen));
            if let Some((number, _)) = unseen {
                responses.push(ok(Code::Unseen(number), "First unseen."));
            }
        }
        let validity = Code::UidValidity(snapshot.uid_validity);
        responses.push(ok(validity, "UIDs valid"));
        responses.push(ok(Code::UidNext(snapshot.uid_next), "Predicted next UID"));
        responses
    }
}
