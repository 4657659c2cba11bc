//! What an open account does with the updates of its workers.

use super::{AccountEffects, BeingKept, ConnectionState, OpenAccount};
use crate::gui::mail::idle_worker::{IdleUpdate, IdleWorker};
use crate::gui::mail::imap_jobs::{FailedJob, ImapJob, ImapUpdate};
use crate::gui::model::compose_form::ComposeForm;
use crate::gui::model::rendered_message::RenderedMessage;
use crate::gui::popup::Popups;
use crate::mail::message::{Flag, FlagChange, Flags};

impl OpenAccount {
    /// Takes in the updates that have come from the workers.
    pub(in crate::gui::mail) fn update(&mut self, popups: &mut Popups) -> AccountEffects {
        let mut effects = AccountEffects::default();
        let updates: Vec<ImapUpdate> = self.imap.updates().collect();
        for update in updates {
            self.update_kept(&update, popups, &mut effects);
            self.take_imap(update);
        }
        let updates = self.idle.as_ref().map(IdleWorker::updates);
        for update in updates.unwrap_or_default() {
            self.take_idle(update);
        }
        self.update_outgoing(popups, &mut effects);
        effects
    }

    fn take_imap(&mut self, update: ImapUpdate) {
        if !matches!(update, ImapUpdate::Failed(_) | ImapUpdate::Counted(_)) {
            self.error = None;
        }
        match update {
            ImapUpdate::Folders(folders) | ImapUpdate::Counted(folders) => self.folders = folders,
            ImapUpdate::Opened { folder, uid_validity, uids, sorted } => {
                self.validate(&folder, uid_validity);
                self.opened(&folder, uids, sorted);
            }
            ImapUpdate::Rows(asked, rows) => self.list.learn(&asked, rows),
            ImapUpdate::Progress(uid, part) if self.awaited == Some(uid) => self.progress = part,
            ImapUpdate::Progress(..) => {}
            ImapUpdate::Changed(folder) => self.changed(&folder),
            ImapUpdate::Message(shown) => self.show(*shown),
            ImapUpdate::Flagged(uids, change) => self.flagged(&uids, &change),
            ImapUpdate::Gone(uids, where_to) => self.gone(&uids, &where_to),
            ImapUpdate::Kept(folder, _) => {
                self.done = Some(format!("The message is kept in {folder}."));
                self.changed(&folder);
            }
            ImapUpdate::Created(folder) => {
                self.done = Some(format!("The folder {folder} was created."));
                self.imap.order(ImapJob::Folders);
            }
            ImapUpdate::Failed(failed) => self.failed(failed),
        }
    }

    /// Refreshes what is shown of this folder, which has changed.
    fn changed(&self, folder: &str) {
        if self.list.folder.as_deref() == Some(folder) {
            self.refresh();
        }
        self.imap.order(ImapJob::Folders);
    }

    /// Forgets the messages that are shown if the UIDVALIDITY is another one: the same UIDs mean other messages then.
    fn validate(&mut self, folder: &str, uid_validity: u32) {
        let is_open = self.list.folder.as_deref() == Some(folder);
        if is_open && !self.list.validate(uid_validity) {
            self.shown = None;
            self.awaited = None;
            self.done = Some(format!(
                "{folder} was deleted and created again, and contains other messages now."
            ));
        }
    }

    fn opened(&mut self, folder: &str, uids: Vec<u32>, sorted: bool) {
        if self.list.folder.as_deref() != Some(folder) {
            return;
        }
        self.list.set(uids);
        self.own_changes = 0;
        self.sorted = sorted;
        if self.idle.is_none() {
            self.imap.order(ImapJob::Folders);
            match IdleWorker::start(self.account.clone(), folder, &self.window) {
                Ok(idle) => self.idle = Some(idle),
                Err(error) => log::error!("new mail will not be noticed: {error}"),
            }
        }
        self.state = ConnectionState::Connected;
    }

    fn show(&mut self, shown: RenderedMessage) {
        let uid = shown.uid;
        self.flagged(&[uid], &FlagChange::Add(Flags::from(Flag::Seen)));
        if self.awaited == Some(uid) {
            self.awaited = None;
            self.shown = Some(shown);
        }
    }

    /// Shows flags that we have changed, and corrects the folder's count without asking for it.
    fn flagged(&mut self, uids: &[u32], change: &FlagChange) {
        let more = self.list.change(uids, change);
        let open = self.list.folder.as_deref();
        let mut folders = self.folders.iter_mut();
        if let Some(folder) = folders.find(|folder| Some(&*folder.name) == open) {
            folder.unread = folder.unread.saturating_add_signed(more);
        }
    }

    fn gone(&mut self, uids: &[u32], where_to: &str) {
        let subject = match uids.len() {
            1 => "The message was".to_owned(),
            many => format!("{many} messages were"),
        };
        self.done = Some(format!("{subject} {where_to}."));
        self.list.remove(uids);
        self.shown.take_if(|shown| uids.contains(&shown.uid));
        self.imap.order(ImapJob::Folders);
    }

    fn failed(&mut self, failed: FailedJob) {
        self.done = None;
        self.awaited.take_if(|uid| failed.unread == Some(*uid));
        if self.state == ConnectionState::Connecting {
            self.state =
                ConnectionState::Refused { why: failed.why.clone(), transient: failed.transient };
        }
        self.error = Some(format!("{}: {}", failed.what, failed.why));
    }

    /// Finishes a message that was to be kept, if this update is about one. A draft that was not kept is returned. One
    /// that came from another account's draft replaces that draft now.
    fn update_kept(
        &mut self,
        update: &ImapUpdate,
        popups: &mut Popups,
        effects: &mut AccountEffects,
    ) {
        match update {
            ImapUpdate::Kept(_, ticket) => {
                let draft = self.take_kept(*ticket).and_then(|form| form.draft_location);
                let other = draft.filter(|place| place.account != self.account.address());
                effects.follow_ups.extend(other.map(ImapJob::Discard));
            }
            ImapUpdate::Failed(failed) => {
                if let Some(form) = failed.unkept.and_then(|ticket| self.take_kept(ticket)) {
                    popups.bad("The draft was not kept", &failed.why);
                    effects.returned.push(form);
                }
            }
            _ => {}
        }
    }

    /// Removes the message with this ticket; returns the form of a draft.
    fn take_kept(&mut self, ticket: u64) -> Option<ComposeForm> {
        let is_it = |one: &BeingKept| one.ticket == ticket;
        let at = self.being_kept.iter().position(is_it)?;
        self.being_kept.remove(at).form
    }

    fn take_idle(&mut self, update: IdleUpdate) {
        match update {
            IdleUpdate::Watching => {
                if self.state.is_lost() {
                    self.error = None;
                }
                self.state = ConnectionState::Connected;
                // What came before it watched, it does not report.
                self.refresh();
                self.imap.order(ImapJob::Folders);
            }
            IdleUpdate::Changed => {
                self.refresh();
                self.imap.order(ImapJob::Folders);
            }
            IdleUpdate::Flagged(messages) => self.others_flagged(messages),
            IdleUpdate::Lost(why, next) => self.state = ConnectionState::Lost(why, next),
        }
    }

    /// Takes in that this many messages have other flags. The server does not say who changed them: our own changes
    /// are reported, too, and are subtracted.
    fn others_flagged(&mut self, messages: usize) {
        match self.own_changes.checked_sub(messages) {
            Some(left) => self.own_changes = left,
            None => {
                self.own_changes = 0;
                self.list.doubt();
                self.imap.order(ImapJob::Folders);
            }
        }
    }
}

#[cfg(test)]
mod tests;
