//! The way of a line: from what it belongs to, through the `match` over all commands, to the reply.
//!
//! A line is not always a command: it may be the next piece of one, the answer to a challenge, the
//! end of an APPEND, or the `DONE` of an IDLE. [`Expecting`] says which. Each command's work is in
//! the file of its group; this file only dispatches.

use std::io::{self, Read};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::capabilities::Enabled;
use super::literal::IncomingCommand;
use super::reply::{CommandReply, ImapResult};
use super::updates::PendingUpdates;
use super::view::{SelectMode, View};
use super::{Expecting, ImapServer, ImapState};
use crate::limits;
use crate::mail::protocol::imap::response::{Code, Condition, Status};
use crate::mail::protocol::imap::{Command, Response, Tagged};
use crate::mail::protocol::sasl::Credentials;
use crate::mail::store::Account;
use crate::server::{Authenticator, Peer, Reply, Session, Site, Trouble};

impl Session for ImapServer {
    fn greeting(&mut self) -> Reply {
        let text = format!("{} IMAP4rev1 ready", self.site.hostname);
        let greeting = Status::new(Condition::Ok, text).with(Code::Capability(self.capabilities()));
        self.reply(CommandReply::untagged([Response::Untagged(greeting)]))
    }

    fn interact(&mut self, line: &[u8]) -> Reply {
        match mem::take(&mut self.expecting) {
            Expecting::Command(command) => self.add_line(command, line),
            Expecting::Refused(refusal) => self.skip_line(refusal, line),
            Expecting::Authenticate(exchange) => {
                let result = self.challenge_answered(exchange, line);
                self.finish(PendingUpdates::ALL, result)
            }
            Expecting::Append(appending) => self.append_end(*appending, line),
            Expecting::Done(idling) => self.done(&idling, line),
        }
    }

    fn receive(&mut self, body: &mut dyn Read) -> io::Result<Reply> {
        match mem::take(&mut self.expecting) {
            Expecting::Command(command) => self.add_literal(command, body),
            Expecting::Append(appending) => self.append_message(appending, body),
            // A refused literal is left unread, and so the caller skips it.
            other => {
                self.expecting = other;
                Ok(Reply::silent())
            }
        }
    }

    fn news(&mut self) -> Reply {
        self.idle_updates()
    }

    fn timeout(&self) -> Option<Duration> {
        let before_login = matches!(self.state, ImapState::NotAuthenticated(_));
        before_login.then_some(limits::LOGIN_TIMEOUT)
    }

    /// The reply has the tag of the command that the line was, or belonged to.
    fn too_long(&mut self, beginning: &[u8]) -> Reply {
        if let Expecting::Command(command) = &mut self.expecting
            && command.octets().is_empty()
        {
            self.tag = IncomingCommand::tag(beginning);
        }
        self.line_too_long()
    }

    fn trouble(&mut self, trouble: Trouble) -> Reply {
        self.bye_for(trouble)
    }
}

impl ImapServer {
    /// Begins a conversation with this peer on a site that all conversations share.
    #[must_use]
    pub fn new(site: Arc<Site>, peer: Peer) -> ImapServer {
        let authenticator = Authenticator::new(&site, &peer);
        ImapServer {
            site,
            peer,
            state: ImapState::NotAuthenticated(authenticator),
            enabled: Enabled::default(),
            expecting: Expecting::default(),
            tag: None,
            bad_commands: 0,
        }
    }

    /// Parses and executes a command that is complete.
    pub(crate) fn execute(&mut self, octets: &[u8]) -> Reply {
        match Tagged::parse_in(self.enabled.alphabet(), octets) {
            Ok(Tagged { tag, command }) => {
                self.tag = Some(tag);
                self.bad_commands = 0;
                let updates = updates_after(&command);
                let result = self.dispatch(command);
                self.finish(updates, result)
            }
            Err(bad) => {
                self.tag = bad.tag;
                self.bad_command(&bad.error.to_string())
            }
        }
    }

    /// Calls the function with the command's name.
    fn dispatch(&mut self, command: Command) -> ImapResult {
        match command {
            Command::Capability => self.capability(),
            Command::Noop => self.noop(),
            Command::Logout => self.logout(),
            Command::Id(_) => self.id(),
            Command::StartTls => self.starttls(),
            Command::Authenticate { mechanism, initial } => {
                self.authenticate(&mechanism, initial.as_deref())
            }
            Command::Login { user, password } => self.login(&Credentials { user, password }),
            Command::Enable(names) => self.enable(&names),
            Command::Select(mailbox) => self.select(&mailbox, SelectMode::ReadWrite),
            Command::Examine(mailbox) => self.select(&mailbox, SelectMode::ReadOnly),
            Command::Create { mailbox, uses } => self.create(&mailbox, &uses),
            Command::Delete(mailbox) => self.delete(&mailbox),
            Command::Rename { from, to } => self.rename(&from, &to),
            Command::Subscribe(mailbox) => self.subscribe(&mailbox),
            Command::Unsubscribe(mailbox) => self.unsubscribe(&mailbox),
            Command::List(list) => self.list(&list),
            Command::Lsub { reference, pattern } => self.lsub(&reference, &pattern),
            Command::Namespace => self.namespace(),
            Command::Status { mailbox, items } => self.status(&mailbox, &items),
            Command::Idle => self.idle(),
            Command::Check => self.check(),
            Command::Close => self.close(),
            Command::Unselect => self.unselect(),
            Command::Expunge { uids } => self.expunge(uids.as_ref()),
            Command::Search { uid, search } => self.search(&search, uid),
            Command::Sort { uid, sort } => self.sort(&sort, uid),
            Command::Thread { uid, thread } => self.thread(&thread, uid),
            Command::Fetch { uid, set, items } => self.fetch(&set, items, uid),
            Command::Store(store) => self.store(&store),
            Command::Copy(transfer) => self.copy(&transfer),
            Command::Move(transfer) => self.r#move(&transfer),
            Command::Append(_) => {
                Err(CommandReply::bad("expected a literal, which is the message"))
            }
        }
    }

    /// Ends a command: its responses, unsolicited updates, and the tagged line.
    pub(crate) fn finish(&mut self, updates: PendingUpdates, result: ImapResult) -> Reply {
        let reply = result.unwrap_or_else(|refusal| refusal);
        if !reply.takes_updates() {
            return self.reply(reply);
        }
        match self.updates(updates) {
            Ok(responses) => self.reply(reply.with_all(responses)),
            Err(bye) => self.reply(bye),
        }
    }

    /// Makes octets of a reply, under the tag of the present command.
    pub(crate) fn reply(&self, reply: CommandReply) -> Reply {
        reply.under(self.tag.as_ref(), self.enabled.alphabet())
    }

    /// Returns what is new in the selected mailbox; `Err` is a BYE, if that cannot be known any more.
    pub(crate) fn updates(
        &mut self,
        updates: PendingUpdates,
    ) -> Result<Vec<Response>, CommandReply> {
        let ImapState::Selected(_, view) = &mut self.state else {
            return Ok(Vec::new());
        };
        // RFC 9051 §7.5.2: unsolicited FETCH responses have the UID.
        let uid = updates.uid || self.enabled.imap4rev2();
        let synced = view.sync(PendingUpdates { uid, ..updates });
        synced.map_err(|lost| self.bye_for_lost(lost))
    }

    /// Returns the account of a client that has logged in.
    pub(crate) fn account(&self) -> Result<&Account, CommandReply> {
        match &self.state {
            ImapState::Authenticated(account) | ImapState::Selected(account, _) => Ok(account),
            ImapState::NotAuthenticated(_) => Err(login_first()),
        }
    }

    /// Returns the selected mailbox.
    pub(crate) fn view(&mut self) -> Result<&mut View, CommandReply> {
        match &mut self.state {
            ImapState::Selected(_, view) => Ok(view),
            ImapState::Authenticated(_) => {
                Err(CommandReply::bad("expected SELECT or EXAMINE first"))
            }
            ImapState::NotAuthenticated(_) => Err(login_first()),
        }
    }
}

fn login_first() -> CommandReply {
    CommandReply::bad("expected LOGIN or AUTHENTICATE first")
}

/// Returns which updates the client may be sent when this command ends.
fn updates_after(command: &Command) -> PendingUpdates {
    let updates = |expunge, uid| PendingUpdates { expunge, uid };
    match command {
        // RFC 3501 §7.4.1: no EXPUNGE during FETCH, STORE and SEARCH. UID FETCH is in this row, too:
        // its reply is made while it is sent, with the numbers from before.
        Command::Fetch { uid, .. } => updates(false, *uid),
        // RFC 5256 §3 has the same rule for SORT and THREAD.
        Command::Search { uid, .. } | Command::Sort { uid, .. } | Command::Thread { uid, .. } => {
            updates(*uid, *uid)
        }
        Command::Store(store) => updates(store.uid, store.uid),
        Command::Copy(transfer) | Command::Move(transfer) => updates(true, transfer.uid),
        Command::Expunge { uids } => updates(true, uids.is_some()),
        _ => PendingUpdates::ALL,
    }
}
