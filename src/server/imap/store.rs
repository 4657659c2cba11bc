//! STORE, EXPUNGE, COPY, MOVE: the commands that change messages (RFC 3501 §6.4.3, §6.4.6, §6.4.7,
//! UIDPLUS: RFC 4315, MOVE: RFC 6851).

use super::answer::{Answer, Answered};
use super::session::ImapServer;
use super::view::View;
use crate::message::{Flag, FlagChange};
use crate::protocol::imap::{MailboxName, MessageSet, SequenceSet};
use crate::store::{StoreError, Uid};

impl ImapServer {
    /// RFC 3501 §6.4.6. `.SILENT` keeps quiet only about what the client can work out itself.
    pub(super) fn store(
        &mut self,
        set: &MessageSet,
        change: &FlagChange,
        silent: bool,
        by_uid: bool,
    ) -> Answered {
        let view = self.writable_view()?;
        let numbers = view.numbers(set, by_uid)?;
        let changed = view.change(&numbers, change)?;
        let told = match silent {
            true => &changed.surprising,
            false => &changed.changed,
        };
        let lines = told.iter().map(|number| view.flags_of(*number, by_uid));
        let out = lines.collect::<Vec<_>>().concat();
        // RFC 2180 §4.2.1. A UID that does not exist is ignored (RFC 3501 §6.4.8).
        let answer = if changed.some_gone && !by_uid {
            Answer::no("[EXPUNGEISSUED] Some of the messages were removed meanwhile")
        } else {
            Answer::ok("STORE completed")
        };
        Ok(answer.with(out))
    }

    /// RFC 3501 §6.4.3; with UIDs, only those go that are named too (RFC 4315 §2.1). The client is
    /// told by the news at the end of the command.
    pub(super) fn expunge(&mut self, only: Option<&MessageSet>) -> Answered {
        expunge(self.writable_view()?, only)?;
        Ok(Answer::ok("EXPUNGE completed"))
    }

    /// RFC 3501 §6.4.7: all of the messages, or none.
    pub(super) fn copy(&mut self, set: &MessageSet, to: &MailboxName, by_uid: bool) -> Answered {
        let copied = self.copied(set, to, by_uid)?;
        Ok(Answer::ok(format!("{}COPY completed", copied.code)))
    }

    /// RFC 6851 §3.3: a COPY, whose code comes first, and then the originals go.
    pub(super) fn r#move(&mut self, set: &MessageSet, to: &MailboxName, by_uid: bool) -> Answered {
        self.writable_view()?;
        let copied = self.copied(set, to, by_uid)?;
        self.view()?.mailbox().remove(&copied.originals)?;
        let answer = Answer::ok("MOVE completed");
        Ok(match copied.code.is_empty() {
            true => answer,
            false => answer.with(format!("* OK {}moved\r\n", copied.code)),
        })
    }

    fn copied(
        &mut self,
        set: &MessageSet,
        to: &MailboxName,
        by_uid: bool,
    ) -> Result<Copied, Answer> {
        let account = self.account()?.clone();
        let view = self.view()?;
        let numbers = view.numbers(set, by_uid)?;
        let target = account.mailbox(to.as_str()).map_err(Answer::try_create)?;
        let pairs = view.mailbox().copy(&view.uids(&numbers), &target)?;
        let (originals, copies): (Vec<Uid>, Vec<Uid>) = pairs.into_iter().unzip();
        // RFC 4315 §3: there is no COPYUID when nothing was copied.
        let code = match copies.is_empty() {
            true => String::new(),
            false => {
                let validity = target.refresh()?.uid_validity;
                format!(
                    "[COPYUID {validity} {} {}] ",
                    uid_set(&originals),
                    uid_set(&copies)
                )
            }
        };
        Ok(Copied { originals, code })
    }

    /// The selected mailbox, which SELECT and not EXAMINE opened.
    fn writable_view(&mut self) -> Result<&mut View, Answer> {
        let view = self.view()?;
        if view.is_read_only() {
            return Err(Answer::no("the mailbox is selected read-only, by EXAMINE"));
        }
        Ok(view)
    }
}

/// What COPY and MOVE did.
struct Copied {
    originals: Vec<Uid>,
    /// `[COPYUID …] `, or nothing.
    code: String,
}

/// Removes what is marked `\Deleted` now, by whomever, whether this client knows it or not.
pub(super) fn expunge(view: &View, only: Option<&MessageSet>) -> Result<(), StoreError> {
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
