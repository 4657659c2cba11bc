//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 3501 §6.3.3 to §6.3.7). The store decides
//! which names are allowed.

use std::sync::Arc;

use crate::mail::protocol::imap::mailbox::SEPARATOR;
use crate::mail::protocol::imap::response::RefusalCode;
use crate::mail::protocol::imap::{MailboxName, SpecialUse};
use crate::server::imap::mailboxes::list::renamed_mailboxes;
use crate::server::imap::messages::mailbox_reader::MailboxReader;
use crate::server::imap::reply::{CommandReply, ImapResult};
use crate::server::imap::{ImapServer, ImapState};

impl ImapServer {
    /// RFC 3501 §6.3.3; with a special use: RFC 6154 §3. A separator at the end only announces
    /// mailboxes below.
    pub(crate) fn create(&mut self, name: &MailboxName, uses: &[SpecialUse]) -> ImapResult {
        let account = self.account()?;
        let mut others = uses.iter().filter(|one| !SpecialUse::STORING.contains(one));
        if let Some(other) = others.next() {
            let text = format!("the special use {other} is not supported");
            return Err(CommandReply::refused(RefusalCode::UseAttr, text));
        }
        let name = name.as_str();
        let name = name.strip_suffix(SEPARATOR).unwrap_or(name);
        account.create_for(MailboxName::new(name).as_str(), uses)?;
        Ok(CommandReply::ok("CREATE completed"))
    }

    /// RFC 3501 §6.3.4. Mailboxes below stay. A client that deletes its selected mailbox deselects it.
    pub(crate) fn delete(&mut self, name: &MailboxName) -> ImapResult {
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

    /// RFC 3501 §6.3.5. Mailboxes below are renamed with it; of INBOX only the messages move. The
    /// selected mailbox stays selected under its new name. In IMAP4rev2 the client gets every new name
    /// (RFC 9051 §6.3.9.7).
    pub(crate) fn rename(&mut self, from: &MailboxName, to: &MailboxName) -> ImapResult {
        let account = self.account()?.clone();
        let renamed = account.rename(from.as_str(), to.as_str())?;
        if let ImapState::Selected(_, view) = &mut self.state
            && view.mailbox().is_deleted()
            && let Some(below) = view.mailbox().name().strip_prefix(from.as_str())
        {
            let mailbox = account.mailbox(&format!("{}{below}", to.as_str()))?;
            let cache = Arc::clone(&self.site.message_cache);
            view.follow(MailboxReader::new(mailbox, cache));
        }
        let reply = CommandReply::ok("RENAME completed");
        if !self.enabled.imap4rev2() {
            return Ok(reply);
        }
        Ok(reply.with_all(renamed_mailboxes(&account, &renamed, self.enabled)?))
    }

    /// RFC 3501 §6.3.6. The mailbox need not exist.
    pub(crate) fn subscribe(&mut self, name: &MailboxName) -> ImapResult {
        self.account()?.subscribe(name.as_str())?;
        Ok(CommandReply::ok("SUBSCRIBE completed"))
    }

    /// RFC 3501 §6.3.7.
    pub(crate) fn unsubscribe(&mut self, name: &MailboxName) -> ImapResult {
        self.account()?.unsubscribe(name.as_str())?;
        Ok(CommandReply::ok("UNSUBSCRIBE completed"))
    }
}
