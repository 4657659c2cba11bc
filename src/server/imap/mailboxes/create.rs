//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 3501 §6.3.3 to §6.3.7). Which names there
//! can be is the store's decision.

use std::sync::Arc;

use crate::mail::protocol::imap::mailbox::SEPARATOR;
use crate::mail::protocol::imap::{MailboxName, SpecialUse};
use crate::server::imap::mailboxes::list::old_names;
use crate::server::imap::messages::message_reader::MessageReader;
use crate::server::imap::reply::{CommandReply, CommandResult};
use crate::server::imap::session::{ImapServer, ImapState};

impl ImapServer {
    /// RFC 3501 §6.3.3, for something: RFC 6154 §3. A separator at the end only says that mailboxes
    /// below are to come.
    pub(crate) fn create(&mut self, name: &MailboxName, uses: &[SpecialUse]) -> CommandResult {
        let account = self.account()?;
        if let Some(other) = uses
            .iter()
            .find(|other| !SpecialUse::STORING.contains(other))
        {
            return Err(CommandReply::no(format!(
                "[USEATTR] no mailbox here can be for {other}"
            )));
        }
        let name = name.as_str();
        let name = name.strip_suffix(SEPARATOR).unwrap_or(name);
        account.create_for(MailboxName::new(name).as_str(), uses)?;
        Ok(CommandReply::ok("CREATE completed"))
    }

    /// RFC 3501 §6.3.4. Mailboxes below stay. Who deletes the selected mailbox deselects it.
    pub(crate) fn delete(&mut self, name: &MailboxName) -> CommandResult {
        let account = self.account()?.clone();
        account.delete(name.as_str())?;
        if let ImapState::Selected(_, view) = &self.state
            && view.mailbox().is_deleted()
            && view.mailbox().name() == name.as_str()
        {
            self.state = ImapState::Authenticated(account);
        }
        Ok(CommandReply::ok("DELETE completed"))
    }

    /// RFC 3501 §6.3.5. Mailboxes below go with it; of INBOX only its messages do. The selected mailbox
    /// stays selected under its new name. In IMAP4rev2 the client is told of every new name
    /// (RFC 9051 §6.3.9.7).
    pub(crate) fn rename(&mut self, from: &MailboxName, to: &MailboxName) -> CommandResult {
        let account = self.account()?.clone();
        let renamed = account.rename(from.as_str(), to.as_str())?;
        if let ImapState::Selected(_, view) = &mut self.state
            && view.mailbox().is_deleted()
            && let Some(below) = view.mailbox().name().strip_prefix(from.as_str())
        {
            let mailbox = account.mailbox(&format!("{}{below}", to.as_str()))?;
            view.follow(MessageReader::new(
                mailbox,
                Arc::clone(&self.site.message_cache),
            ));
        }
        let told = match self.enabled.imap4rev2() {
            true => old_names(&account, &renamed, self.enabled)?,
            false => String::new(),
        };
        Ok(CommandReply::ok("RENAME completed").with(told))
    }

    /// RFC 3501 §6.3.6. The mailbox need not exist.
    pub(crate) fn subscribe(&mut self, name: &MailboxName) -> CommandResult {
        self.account()?.subscribe(name.as_str())?;
        Ok(CommandReply::ok("SUBSCRIBE completed"))
    }

    /// RFC 3501 §6.3.7.
    pub(crate) fn unsubscribe(&mut self, name: &MailboxName) -> CommandResult {
        self.account()?.unsubscribe(name.as_str())?;
        Ok(CommandReply::ok("UNSUBSCRIBE completed"))
    }
}
