//! STORE, EXPUNGE, COPY, MOVE: the commands that change messages (RFC 3501 §6.4.3, §6.4.6, §6.4.7;
//! UIDPLUS: RFC 4315, MOVE: RFC 6851).

use std::sync::Arc;

use crate::mail::message::Flag;
use crate::mail::protocol::imap::command::{CopyMessages, StoreFlags};
use crate::mail::protocol::imap::response::{Code, CopyUid, RefusalCode};
use crate::mail::protocol::imap::{MessageSet, SequenceSet};
use crate::mail::store::{IfMissing, Mailbox, StoreError, Uid};
use crate::server::imap::ImapServer;
use crate::server::imap::reply::{CommandReply, ImapResult};
use crate::server::imap::view::{View, ok};

impl ImapServer {
    /// RFC 3501 §6.4.6. `.SILENT` leaves out only the flags that the client can work out itself.
    pub(crate) fn store(&mut self, store: &StoreFlags) -> ImapResult {
        let view = self.writable_view()?;
        let numbers = view.numbers(&store.set, store.uid)?;
        let result = view.change(&numbers, &store.change)?;
        let told = if store.silent { &result.surprising } else { &result.changed };
        let flags = told.iter().filter_map(|number| view.flags_of(*number, store.uid));
        let responses: Vec<_> = result.new_keywords.into_iter().chain(flags).collect();
        // RFC 2180 §4.2.3, and not its §4.2.1, which has OK for .SILENT: a client would believe that all
        // messages were changed. A UID that does not exist is ignored (RFC 3501 §6.4.8).
        let reply = if result.some_gone && !store.uid {
            some_gone()
        } else {
            CommandReply::ok("STORE completed")
        };
        Ok(reply.with_all(responses))
    }

    /// RFC 3501 §6.4.3; with UIDs, only these messages are removed (RFC 4315 §2.1). The EXPUNGE
    /// responses are updates at the end of the command.
    pub(crate) fn expunge(&mut self, only: Option<&MessageSet>) -> ImapResult {
        expunge(self.writable_view()?, only)?;
        Ok(CommandReply::ok("EXPUNGE completed"))
    }

    /// RFC 3501 §6.4.7: all of the messages, or none.
    pub(crate) fn copy(&mut self, copy: &CopyMessages) -> ImapResult {
        let (uids, target) = self.uids_and_target(copy)?;
        let pairs = (self.view()?.mailbox()).copy(&uids, &target, if_missing(copy.uid))?;
        let reply = CommandReply::ok("COPY completed");
        Ok(match copy_uid(&pairs, &target)? {
            Some(code) => reply.with_code(code),
            None => reply,
        })
    }

    /// RFC 6851 §3.3: COPYUID comes first, and then the EXPUNGE responses.
    pub(crate) fn r#move(&mut self, copy: &CopyMessages) -> ImapResult {
        self.writable_view()?;
        let (uids, target) = self.uids_and_target(copy)?;
        let pairs = (self.view()?.mailbox()).move_to(&uids, &target, if_missing(copy.uid))?;
        // If two clients move a message at the same time, one of them is too late.
        let reply = if copy.uid || pairs.len() == uids.len() {
            CommandReply::ok("MOVE completed")
        } else {
            some_gone()
        };
        let code = copy_uid(&pairs, &target)?;
        Ok(reply.with_all(code.map(|code| ok(code, "moved"))))
    }

    /// Returns the messages of a COPY or MOVE, and the mailbox that gets them.
    fn uids_and_target(
        &mut self,
        copy: &CopyMessages,
    ) -> Result<(Vec<Uid>, Arc<Mailbox>), CommandReply> {
        let account = self.account()?.clone();
        let view = self.view()?;
        let uids = view.uids(&view.numbers(&copy.set, copy.uid)?);
        let target = account.mailbox(copy.mailbox.as_str());
        Ok((uids, target.map_err(CommandReply::try_create)?))
    }

    /// Returns the selected mailbox, if SELECT and not EXAMINE has opened it.
    fn writable_view(&mut self) -> Result<&mut View, CommandReply> {
        let view = self.view()?;
        if view.is_read_only() {
            return Err(CommandReply::no("the mailbox is selected read-only"));
        }
        Ok(view)
    }
}

/// For a client that names messages by number, which cannot be told of removals during the command.
fn some_gone() -> CommandReply {
    let text = "Some of the messages no longer exist";
    CommandReply::refused(RefusalCode::ExpungeIssued, text)
}

/// A missing message named by its number is an error (RFC 2180 §4.4.1); a UID that does not exist is
/// ignored (RFC 3501 §6.4.8).
fn if_missing(by_uid: bool) -> IfMissing {
    if by_uid { IfMissing::Skip } else { IfMissing::Fail }
}

/// COPYUID; RFC 4315 §3: there is none if nothing was copied. Both sets are sorted, so the n-th UID of
/// one belongs to the n-th of the other.
fn copy_uid(pairs: &[(Uid, Uid)], target: &Mailbox) -> Result<Option<Code>, StoreError> {
    if pairs.is_empty() {
        return Ok(None);
    }
    let (originals, copies): (Vec<Uid>, Vec<Uid>) = pairs.iter().copied().unzip();
    Ok(Some(Code::CopyUid(CopyUid {
        validity: target.refresh()?.uid_validity,
        from: SequenceSet::from_sorted(&originals),
        to: SequenceSet::from_sorted(&copies),
    })))
}

/// Removes the messages that are marked `\Deleted` now, by any client.
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
