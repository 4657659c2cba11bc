//! SELECT, EXAMINE, CLOSE, UNSELECT, STATUS, and CHECK, which only asks for news
//! (RFC 3501 §6.3.1, §6.3.2, §6.3.10, §6.4.1, §6.4.2; UNSELECT: RFC 3691).

use std::mem;
use std::sync::Arc;

use crate::mail::message::Flag;
use crate::mail::protocol::imap::{MailboxName, StatusItem};
use crate::mail::store::{Account, Mailbox, Message, Snapshot, StoreError};
use crate::server::imap::mailboxes::list::listed;
use crate::server::imap::messages::message_reader::MessageReader;
use crate::server::imap::messages::store;
use crate::server::imap::reply::{CommandReply, CommandResult};
use crate::server::imap::session::{ImapServer, ImapState};
use crate::server::imap::view::View;

impl ImapServer {
    /// SELECT (RFC 3501 §6.3.1), or read-only EXAMINE (§6.3.2).
    pub(crate) fn select(&mut self, name: &MailboxName, read_only: bool) -> CommandResult {
        let account = self.account()?.clone();
        // RFC 3501 §6.3.1: the old mailbox is deselected first, even if the new one cannot be had.
        let before = mem::replace(&mut self.state, ImapState::Authenticated(account.clone()));
        let mut closed = String::new();
        if self.enabled.imap4rev2() && matches!(before, ImapState::Selected(..)) {
            // RFC 9051 §7.1, CLOSED: whatever follows is about the new mailbox.
            closed += "* OK [CLOSED] The mailbox before is closed.\r\n";
        }
        match self.open(&account, name, read_only) {
            Ok((view, answer)) => {
                self.state = ImapState::Selected(account, Box::new(view));
                Ok(answer.after(closed.into_bytes()))
            }
            Err(error) => Err(CommandReply::from(error).after(closed.into_bytes())),
        }
    }

    fn open(
        &self,
        account: &Account,
        name: &MailboxName,
        read_only: bool,
    ) -> Result<(View, CommandReply), StoreError> {
        let tells_recent = !self.enabled.imap4rev2();
        let mailbox = account.mailbox(name.as_str())?;
        let reading = MessageReader::new(mailbox, Arc::clone(&self.site.message_cache));
        let view = View::open(reading, read_only, tells_recent)?;
        let answer = match read_only {
            true => CommandReply::ok("[READ-ONLY] EXAMINE completed"),
            false => CommandReply::ok("[READ-WRITE] SELECT completed"),
        };
        let mut told = opening(&view, self.enabled.imap4rev2());
        if self.enabled.imap4rev2() {
            told += &listed(account, name.as_str(), self.enabled)?;
        }
        Ok((view, answer.with(told)))
    }

    /// RFC 3501 §6.4.2: what is marked `\Deleted` goes, and nobody is told of it here.
    pub(crate) fn close(&mut self) -> CommandResult {
        let account = self.account()?.clone();
        let view = self.view()?;
        let expunged = match view.is_read_only() {
            true => Ok(()),
            false => store::expunge(view, None),
        };
        self.state = ImapState::Authenticated(account);
        expunged?;
        Ok(CommandReply::ok("CLOSE completed"))
    }

    /// RFC 3691: as CLOSE, and nothing goes.
    pub(crate) fn unselect(&mut self) -> CommandResult {
        let account = self.account()?.clone();
        self.view()?;
        self.state = ImapState::Authenticated(account);
        Ok(CommandReply::ok("UNSELECT completed"))
    }

    /// RFC 3501 §6.4.1. Every change is on disk already.
    pub(crate) fn check(&mut self) -> CommandResult {
        self.view()?;
        Ok(CommandReply::ok("CHECK completed"))
    }

    /// RFC 3501 §6.3.10.
    pub(crate) fn status(&mut self, name: &MailboxName, items: &[StatusItem]) -> CommandResult {
        let line = self.status_line(self.account()?, name, items)?;
        Ok(CommandReply::ok("STATUS completed").with(line))
    }

    /// The response of STATUS.
    pub(crate) fn status_line(
        &self,
        account: &Account,
        name: &MailboxName,
        items: &[StatusItem],
    ) -> Result<String, StoreError> {
        let mailbox = account.mailbox(name.as_str())?;
        let snapshot = mailbox.refresh()?;
        let mut facts = Vec::with_capacity(items.len());
        for item in items {
            facts.push(format!("{item} {}", self.fact(&mailbox, &snapshot, *item)?));
        }
        let name = name.written_in(self.enabled.alphabet());
        Ok(format!("* STATUS {name} ({})\r\n", facts.join(" ")))
    }

    fn fact(
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

/// What SELECT and EXAMINE tell of a mailbox (RFC 3501 §6.3.1). IMAP4rev2 knows neither RECENT nor
/// UNSEEN (RFC 9051 §6.3.2).
fn opening(view: &View, imap4rev2: bool) -> String {
    let snapshot = view.snapshot();
    let mut out = view.flags_lines(snapshot);
    out += &format!("* {} EXISTS\r\n", view.messages().len());
    if !imap4rev2 {
        out += &format!("* {} RECENT\r\n", view.recent_count());
        let unseen = (view.messages().iter()).position(|message| !message.flags.has(Flag::Seen));
        if let Some(at) = unseen {
            out += &format!("* OK [UNSEEN {}] First unseen.\r\n", at + 1);
        }
    }
    out += &format!(
        "* OK [UIDVALIDITY {}] UIDs valid\r\n",
        snapshot.uid_validity
    );
    out += &format!(
        "* OK [UIDNEXT {}] Predicted next UID\r\n",
        snapshot.uid_next
    );
    out
}

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
