//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 3501 §6.3.3 to §6.3.7). Which names there
//! can be is the store's decision.

use std::sync::Arc;

use super::answer::{Answer, Answered};
use super::list::old_names;
use super::reading::Reading;
use super::session::{ImapServer, State};
use crate::mail::protocol::imap::mailbox::SEPARATOR;
use crate::mail::protocol::imap::{MailboxName, SpecialUse};

impl ImapServer {
    /// RFC 3501 §6.3.3, for something: RFC 6154 §3. A separator at the end only says that mailboxes
    /// below are to come.
    pub(super) fn create(&mut self, name: &MailboxName, uses: &[SpecialUse]) -> Answered {
        let account = self.account()?;
        if let Some(other) = uses
            .iter()
            .find(|other| !SpecialUse::STORING.contains(other))
        {
            return Err(Answer::no(format!(
                "[USEATTR] no mailbox here can be for {other}"
            )));
        }
        let name = name.as_str();
        let name = name.strip_suffix(SEPARATOR).unwrap_or(name);
        account.create_for(MailboxName::new(name).as_str(), uses)?;
        Ok(Answer::ok("CREATE completed"))
    }

    /// RFC 3501 §6.3.4. Mailboxes below stay. Who deletes the selected mailbox deselects it.
    pub(super) fn delete(&mut self, name: &MailboxName) -> Answered {
        let account = self.account()?.clone();
        account.delete(name.as_str())?;
        if let State::Selected(_, view) = &self.state
            && view.mailbox().is_deleted()
            && view.mailbox().name() == name.as_str()
        {
            self.state = State::Authenticated(account);
        }
        Ok(Answer::ok("DELETE completed"))
    }

    /// RFC 3501 §6.3.5. Mailboxes below go with it; of INBOX only its messages do. The selected mailbox
    /// stays selected under its new name. In IMAP4rev2 the client is told of every new name
    /// (RFC 9051 §6.3.9.7).
    pub(super) fn rename(&mut self, from: &MailboxName, to: &MailboxName) -> Answered {
        let account = self.account()?.clone();
        let renamed = account.rename(from.as_str(), to.as_str())?;
        if let State::Selected(_, view) = &mut self.state
            && view.mailbox().is_deleted()
            && let Some(below) = view.mailbox().name().strip_prefix(from.as_str())
        {
            let mailbox = account.mailbox(&format!("{}{below}", to.as_str()))?;
            view.follow(Reading::new(mailbox, Arc::clone(&self.site.catalogue)));
        }
        let told = match self.enabled.imap4rev2() {
            true => old_names(&account, &renamed, self.enabled)?,
            false => String::new(),
        };
        Ok(Answer::ok("RENAME completed").with(told))
    }

    /// RFC 3501 §6.3.6. The mailbox need not exist.
    pub(super) fn subscribe(&mut self, name: &MailboxName) -> Answered {
        self.account()?.subscribe(name.as_str())?;
        Ok(Answer::ok("SUBSCRIBE completed"))
    }

    /// RFC 3501 §6.3.7.
    pub(super) fn unsubscribe(&mut self, name: &MailboxName) -> Answered {
        self.account()?.unsubscribe(name.as_str())?;
        Ok(Answer::ok("UNSUBSCRIBE completed"))
    }
}
