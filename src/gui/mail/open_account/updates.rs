//! What an open account does with the updates of its workers.

use super::{AccountEffects, BeingKept, ConnectionState, OpenAccount};
use crate::gui::mail::idle_worker::{IdleUpdate, IdleWorker};
use crate::gui::mail::imap_jobs::ImapJob;
use crate::gui::mail::imap_worker::{FailedJob, ImapUpdate};
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
            ImapUpdate::Opened {
                folder,
                uid_validity,
                uids,
                sorted,
            } => {
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
                "{folder} was created anew, and contains other messages now."
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
            self.state = ConnectionState::Refused {
                why: failed.why.clone(),
                transient: failed.transient,
            };
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
mod tests {
    use std::path::PathBuf;
    use std::sync::mpsc;

    use eframe::egui::Context;

    use super::*;
    use crate::client::{Endpoint, Security};
    use crate::gui::model::account::MailAccount;
    use crate::gui::model::folders::{INBOX, MailFolder};
    use crate::gui::model::message_list::Select;
    use crate::gui::worker::WorkerThread;
    use crate::mail::protocol::imap::SpecialUse;

    fn folder(name: &str, special_use: Option<SpecialUse>) -> MailFolder {
        MailFolder {
            name: name.to_owned(),
            label: name.to_owned(),
            depth: 0,
            special_use,
            opens: true,
            messages: 0,
            unread: 0,
        }
    }

    /// An account whose IMAP worker does nothing; the jobs that it is given come from the channel.
    fn idle_account() -> (OpenAccount, mpsc::Receiver<ImapJob>) {
        let endpoint = Endpoint::new("localhost", 1, Security::Plain, PathBuf::new());
        let account = MailAccount::alice_at(endpoint);
        let (sender, ordered) = mpsc::channel();
        let window = Context::default();
        let imap = WorkerThread::start("idle", &window, move |jobs: mpsc::Receiver<ImapJob>, _| {
            for job in jobs {
                // A test that has ended needs no more jobs.
                let _ = sender.send(job);
            }
        });
        (OpenAccount::new(account, imap.unwrap(), &window), ordered)
    }

    fn failure(job: &ImapJob) -> ImapUpdate {
        ImapUpdate::Failed(FailedJob {
            what: job.failure(),
            unread: match job {
                ImapJob::Read(uid, _) => Some(*uid),
                _ => None,
            },
            unkept: None,
            why: "refused".to_owned(),
            transient: true,
        })
    }

    #[test]
    fn a_message_is_awaited_until_it_cannot_be_read_itself() {
        let (mut account, _ordered) = idle_account();
        account.read(7);
        account.take_imap(failure(&ImapJob::Folders));
        account.take_imap(failure(&ImapJob::Read(6, 0)));
        assert_eq!(account.awaited, Some(7));
        account.take_imap(failure(&ImapJob::Read(7, 0)));
        assert_eq!(account.awaited, None);
    }

    #[test]
    fn an_unasked_count_leaves_the_error() {
        let (mut account, _ordered) = idle_account();
        account.take_imap(failure(&ImapJob::Move(Vec::new(), String::new())));
        account.take_imap(ImapUpdate::Counted(Vec::new()));
        assert_eq!(account.error.as_deref(), Some("Nothing was moved: refused"));
    }

    #[test]
    fn no_job_follows_the_first_folder_until_that_is_open() {
        let (mut account, ordered) = idle_account();
        account.open_folder("INBOX");
        let opened = ImapUpdate::Opened {
            folder: "INBOX".to_owned(),
            uid_validity: 1,
            uids: Vec::new(),
            sorted: true,
        };
        assert!(matches!(ordered.recv().unwrap(), ImapJob::Open { .. }));
        account.take_imap(opened);
        drop(account);
        let names: Vec<_> = ordered.iter().map(|job| job.failure()).collect();
        assert_eq!(names, ["The folders could not be listed"]);
    }

    #[test]
    fn nothing_is_deleted_for_good_before_it_is_known_whether_there_is_a_trash() {
        let (mut account, ordered) = idle_account();
        assert!(!account.deletes_for_good());
        account.delete(vec![7]);
        assert!(matches!(ordered.recv().unwrap(), ImapJob::Folders));
        assert!(account.error.as_ref().unwrap().contains("not known yet"));
        account.list.open(INBOX);
        account.take_imap(ImapUpdate::Folders(vec![folder(INBOX, None)]));
        assert_eq!(account.error, None);
        account.delete(vec![7]);
        assert!(matches!(ordered.recv().unwrap(), ImapJob::Remove(_)));
        let trash = folder("Trash", Some(SpecialUse::Trash));
        account.take_imap(ImapUpdate::Folders(vec![folder(INBOX, None), trash]));
        account.delete(vec![7]);
        assert!(matches!(ordered.recv().unwrap(), ImapJob::Move(_, to) if to == "Trash"));
    }

    #[test]
    fn under_another_uid_validity_nothing_is_known_any_more() {
        let (mut account, _ordered) = idle_account();
        account.open_folder("Lab");
        account.list.search = "tea".to_owned();
        for (uid_validity, known) in [(1, true), (1, true), (2, false)] {
            account.take_imap(ImapUpdate::Opened {
                folder: "Lab".to_owned(),
                uid_validity,
                uids: vec![7],
                sorted: true,
            });
            if uid_validity == 1 && account.shown.is_none() {
                account.list.select(0, Select::Only);
                account.read(7);
                account.take_imap(ImapUpdate::Message(Box::new(RenderedMessage::of(
                    7,
                    Vec::new(),
                ))));
            }
            assert_eq!(account.shown.is_some(), known);
            assert_eq!(account.list.is_selected(7), known);
        }
        assert_eq!(account.list.len(), 1);
        assert_eq!(account.list.search, "tea");
    }

    #[test]
    fn rows_that_do_not_come_are_fetched_once() {
        let (mut account, ordered) = idle_account();
        account.list.set((1..=1_000).collect());
        account.fetch_visible(500..520);
        let rows = ordered.recv().unwrap();
        for at in 0..10 {
            account.take_imap(failure(&rows));
            account.fetch_visible(at..at + 20);
        }
        account.list.set((1..=1_000).collect());
        account.fetch_visible(0..20);
        drop(account);
        assert_eq!(ordered.iter().count(), 1);
    }
}
