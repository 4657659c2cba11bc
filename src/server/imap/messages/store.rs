//! STORE, EXPUNGE, COPY, MOVE: the commands that change messages (RFC 3501 §6.4.3, §6.4.6, §6.4.7,
//! UIDPLUS: RFC 4315, MOVE: RFC 6851).

use std::sync::Arc;

use crate::mail::message::{Flag, FlagChange};
use crate::mail::protocol::imap::{MailboxName, MessageSet, SequenceSet};
use crate::mail::store::{IfMissing, Mailbox, StoreError, Uid};
use crate::server::imap::reply::{CommandReply, CommandResult};
use crate::server::imap::session::ImapServer;
use crate::server::imap::view::View;

/// To a client that names messages by their numbers, which cannot be told to be gone before it stops.
const SOME_GONE: &str = "[EXPUNGEISSUED] Some of the messages were removed meanwhile";

impl ImapServer {
    /// RFC 3501 §6.4.6. `.SILENT` keeps quiet only about what the client can work out itself.
    pub(crate) fn store(
        &mut self,
        set: &MessageSet,
        change: &FlagChange,
        silent: bool,
        by_uid: bool,
    ) -> CommandResult {
        let view = self.writable_view()?;
        let numbers = view.numbers(set, by_uid)?;
        let changed = view.change(&numbers, change)?;
        let told = match silent {
            true => &changed.surprising,
            false => &changed.changed,
        };
        let mut out = changed.new_keywords.into_bytes();
        for number in told {
            out.extend(view.flags_of(*number, by_uid));
        }
        // RFC 2180 §4.2.3, and not its §4.2.1, which has OK for .SILENT: who hears it believes that all
        // were changed. A UID that does not exist is ignored (RFC 3501 §6.4.8).
        let answer = if changed.some_gone && !by_uid {
            CommandReply::no(SOME_GONE)
        } else {
            CommandReply::ok("STORE completed")
        };
        Ok(answer.with(out))
    }

    /// RFC 3501 §6.4.3; with UIDs, only those go that are named too (RFC 4315 §2.1). The client is
    /// told by the news at the end of the command.
    pub(crate) fn expunge(&mut self, only: Option<&MessageSet>) -> CommandResult {
        expunge(self.writable_view()?, only)?;
        Ok(CommandReply::ok("EXPUNGE completed"))
    }

    /// RFC 3501 §6.4.7: all of the messages, or none.
    pub(crate) fn copy(
        &mut self,
        set: &MessageSet,
        to: &MailboxName,
        by_uid: bool,
    ) -> CommandResult {
        let (uids, target) = self.transfer(set, to, by_uid)?;
        let pairs = (self.view()?.mailbox()).copy(&uids, &target, gone(by_uid))?;
        let code = copy_uid(&pairs, &target)?.unwrap_or_default();
        Ok(CommandReply::ok(format!("{code}COPY completed")))
    }

    /// RFC 6851 §3.3: the code of a COPY comes first, and then the originals go.
    pub(crate) fn r#move(
        &mut self,
        set: &MessageSet,
        to: &MailboxName,
        by_uid: bool,
    ) -> CommandResult {
        self.writable_view()?;
        let (uids, target) = self.transfer(set, to, by_uid)?;
        let pairs = (self.view()?.mailbox()).move_to(&uids, &target, gone(by_uid))?;
        // Of two clients that move a message at the same time, one comes too late.
        let answer = match by_uid || pairs.len() == uids.len() {
            true => CommandReply::ok("MOVE completed"),
            false => CommandReply::no(SOME_GONE),
        };
        Ok(match copy_uid(&pairs, &target)? {
            Some(code) => answer.with(format!("* OK {code}moved\r\n")),
            None => answer,
        })
    }

    /// What COPY and MOVE are about: the messages, and where they go.
    fn transfer(
        &mut self,
        set: &MessageSet,
        to: &MailboxName,
        by_uid: bool,
    ) -> Result<(Vec<Uid>, Arc<Mailbox>), CommandReply> {
        let account = self.account()?.clone();
        let view = self.view()?;
        let uids = view.uids(&view.numbers(set, by_uid)?);
        let target = account
            .mailbox(to.as_str())
            .map_err(CommandReply::try_create)?;
        Ok((uids, target))
    }

    /// The selected mailbox, which SELECT and not EXAMINE opened.
    fn writable_view(&mut self) -> Result<&mut View, CommandReply> {
        let view = self.view()?;
        if view.is_read_only() {
            return Err(CommandReply::no(
                "the mailbox is selected read-only, by EXAMINE",
            ));
        }
        Ok(view)
    }
}

/// A message that is gone and was named by its number: RFC 2180 §4.4.1. A UID that does not exist is
/// passed over (RFC 3501 §6.4.8).
fn gone(by_uid: bool) -> IfMissing {
    match by_uid {
        true => IfMissing::Skip,
        false => IfMissing::Fail,
    }
}

/// `[COPYUID …] `; RFC 4315 §3: there is none when nothing was copied.
fn copy_uid(pairs: &[(Uid, Uid)], target: &Mailbox) -> Result<Option<String>, StoreError> {
    if pairs.is_empty() {
        return Ok(None);
    }
    let (originals, copies): (Vec<Uid>, Vec<Uid>) = pairs.iter().copied().unzip();
    let validity = target.refresh()?.uid_validity;
    let (from, to) = (uid_set(&originals), uid_set(&copies));
    Ok(Some(format!("[COPYUID {validity} {from} {to}] ")))
}

/// Removes what is marked `\Deleted` now, by whomever, whether this client knows it or not.
pub(crate) fn expunge(view: &View, only: Option<&MessageSet>) -> Result<(), StoreError> {
    let newest = view.mailbox().refresh()?;
    let largest = newest.messages.last().map_or(0, |message| message.uid);
    let only = only.map(|set| view.named_uids(set).settled(largest));
    let named = |uid| only.as_ref().is_none_or(|set| set.contains(uid, largest));
    let messages = newest.messages.iter();
    let deleted = messages.filter(|message| message.flags.has(Flag::Deleted) && named(message.uid));
    let uids: Vec<Uid> = deleted.map(|message| message.uid).collect();
    if !uids.is_empty() {
        view.mailbox().remove(&uids)?;
    }
    Ok(())
}

/// UIDs as COPYUID lists them. They are sorted, so the n-th of one set is the n-th of the other.
fn uid_set(uids: &[Uid]) -> SequenceSet {
    SequenceSet::from_sorted(uids)
}
