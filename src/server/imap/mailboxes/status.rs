//! STATUS (RFC 3501 §6.3.10; SIZE and DELETED: RFC 9051 §6.3.11, APPENDLIMIT: RFC 7889), and the end of
//! a selection: CHECK, CLOSE (RFC 3501 §6.4.1, §6.4.2), UNSELECT (RFC 3691).

use crate::mail::message::Flag;
use crate::mail::protocol::imap::response::MailboxStatus;
use crate::mail::protocol::imap::{MailboxName, Response, StatusItem};
use crate::mail::store::{Account, Mailbox, Message, Snapshot, StoreError};
use crate::server::imap::messages::store;
use crate::server::imap::reply::{CommandReply, ImapResult};
use crate::server::imap::{ImapServer, ImapState};

impl ImapServer {
    /// RFC 3501 §6.3.10.
    pub(crate) fn status(&mut self, name: &MailboxName, items: &[StatusItem]) -> ImapResult {
        let status = self.status_of(self.account()?, name, items)?;
        Ok(CommandReply::ok("STATUS completed").with(status))
    }

    /// RFC 3501 §6.4.2: messages marked `\Deleted` are removed, without EXPUNGE responses.
    pub(crate) fn close(&mut self) -> ImapResult {
        let account = self.account()?.clone();
        let view = self.view()?;
        let mut expunged = Ok(());
        if !view.is_read_only() {
            expunged = store::expunge(view, None);
        }
        self.state = ImapState::Authenticated(account);
        expunged?;
        Ok(CommandReply::ok("CLOSE completed"))
    }

    /// RFC 3691: as CLOSE, but nothing is removed.
    pub(crate) fn unselect(&mut self) -> ImapResult {
        let account = self.account()?.clone();
        self.view()?;
        self.state = ImapState::Authenticated(account);
        Ok(CommandReply::ok("UNSELECT completed"))
    }

    /// RFC 3501 §6.4.1. Every change is on disk already.
    pub(crate) fn check(&mut self) -> ImapResult {
        self.view()?;
        Ok(CommandReply::ok("CHECK completed"))
    }

    /// Returns the STATUS response of a mailbox.
    pub(crate) fn status_of(
        &self,
        account: &Account,
        name: &MailboxName,
        items: &[StatusItem],
    ) -> Result<Response, StoreError> {
        let mailbox = account.mailbox(name.as_str())?;
        let snapshot = mailbox.refresh()?;
        let mut status = MailboxStatus::new(name.clone(), &[]);
        for item in items {
            status.push(*item, self.status_item(&mailbox, &snapshot, *item)?);
        }
        Ok(Response::Status(status))
    }

    fn status_item(
        &self,
        mailbox: &Mailbox,
        snapshot: &Snapshot,
        item: StatusItem,
    ) -> Result<u64, StoreError> {
        let messages = &snapshot.messages;
        let count = |has: &dyn Fn(&Message) -> bool| {
            messages.iter().filter(|message| has(message)).count() as u64
        };
        Ok(match item {
            StatusItem::Messages => messages.len() as u64,
            StatusItem::Recent => count(&|message| message.uid >= snapshot.first_recent),
            StatusItem::UidNext => snapshot.uid_next.into(),
            StatusItem::UidValidity => snapshot.uid_validity.into(),
            StatusItem::Unseen => count(&|message| !message.flags.has(Flag::Seen)),
            StatusItem::Deleted => count(&|message| message.flags.has(Flag::Deleted)),
            StatusItem::Size => size(mailbox, snapshot)?,
            StatusItem::AppendLimit => self.site.limits.message_size,
        })
    }
}

/// Returns the octets of all messages together.
fn size(mailbox: &Mailbox, snapshot: &Snapshot) -> Result<u64, StoreError> {
    let mut sum = 0;
    for message in &snapshot.messages {
        sum += match mailbox.size(message) {
            Err(StoreError::MessageGone) => 0,
            size => size?,
        };
    }
    Ok(sum)
}
