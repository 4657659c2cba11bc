//! What the workers of an account tell, and what follows from it.

use super::{AccountEffects, ConnectionState, ImapJob, OpenAccount};
use crate::gui::mail::idle_worker::{IdleUpdate, IdleWorker};
use crate::gui::mail::imap_worker::{self, ImapUpdate};
use crate::gui::model::rendered_message::RenderedMessage;
use crate::gui::popup::Popups;
use crate::mail::message::{Flag, FlagChange, Flags};

impl OpenAccount {
    /// Takes in what the workers have told.
    pub(in crate::gui::mail) fn hear(&mut self, popups: &mut Popups) -> AccountEffects {
        let mut heard = AccountEffects::default();
        let news: Vec<ImapUpdate> = self.mailer.news().collect();
        for news in news {
            self.hear_keeping(&news, popups, &mut heard);
            self.hear_mailer(news);
        }
        let news = self
            .watcher
            .as_ref()
            .map(IdleWorker::news)
            .unwrap_or_default();
        news.into_iter().for_each(|news| self.hear_watcher(news));
        self.hear_senders(popups, &mut heard);
        heard
    }

    fn hear_mailer(&mut self, news: ImapUpdate) {
        let is_success = !matches!(news, ImapUpdate::Trouble(_) | ImapUpdate::Counted(_));
        match news {
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
            ImapUpdate::Progress(uid, progress) if self.awaited == Some(uid) => {
                self.progress = progress
            }
            ImapUpdate::Progress(..) => {}
            ImapUpdate::Changed(folder) => self.changed(&folder),
            ImapUpdate::Message(shown) => self.show(*shown),
            ImapUpdate::Flagged(uids, change) => self.flagged(&uids, &change),
            ImapUpdate::Gone(uids, where_to) => {
                let many = match uids.len() {
                    1 => "The message was".to_owned(),
                    many => format!("{many} messages were"),
                };
                self.done = Some(format!("{many} {where_to}."));
                self.list.remove(&uids);
                self.shown.take_if(|shown| uids.contains(&shown.uid));
                self.mailer.order(ImapJob::Folders);
            }
            ImapUpdate::Kept(folder, _) => {
                self.done = Some(format!("The message is kept in {folder}."));
                self.changed(&folder);
            }
            ImapUpdate::Created(folder) => {
                self.done = Some(format!("There is a folder {folder} now."));
                self.mailer.order(ImapJob::Folders);
            }
            ImapUpdate::Trouble(trouble) => self.in_trouble(trouble),
        }
        if is_success {
            self.trouble = None;
        }
    }

    /// Something in this folder is no longer as it was.
    fn changed(&self, folder: &str) {
        if self.list.folder.as_deref() == Some(folder) {
            self.refresh();
        }
        self.mailer.order(ImapJob::Folders);
    }

    /// Under another UIDVALIDITY the UIDs mean other messages: what is read is not what has its UID now.
    fn validate(&mut self, folder: &str, uid_validity: u32) {
        let is_open = self.list.folder.as_deref() == Some(folder);
        if is_open && !self.list.validate(uid_validity) {
            (self.shown, self.awaited) = (None, None);
            self.done = Some(format!(
                "{folder} was made anew: its messages are other ones now."
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
        if self.watcher.is_none() {
            self.mailer.order(ImapJob::Folders);
            match IdleWorker::start(self.account.clone(), folder, &self.window) {
                Ok(watcher) => self.watcher = Some(watcher),
                Err(error) => log::error!("nobody watches for new mail: {error}"),
            }
        }
        self.standing = ConnectionState::Connected;
    }

    fn show(&mut self, shown: RenderedMessage) {
        let uid = shown.uid;
        self.flagged(&[uid], &FlagChange::Add(Flags::from(Flag::Seen)));
        if self.awaited == Some(uid) {
            self.awaited = None;
            self.shown = Some(shown);
        }
    }

    /// Flags were changed by us: the folder's count follows without asking for it.
    fn flagged(&mut self, uids: &[u32], change: &FlagChange) {
        let more = self.list.change(uids, change);
        let open = self.list.folder.as_deref();
        let mut folders = self.folders.iter_mut();
        if let Some(folder) = folders.find(|folder| Some(&*folder.name) == open) {
            folder.unread = folder.unread.saturating_add_signed(more);
        }
    }

    /// So many messages have other flags now. Whose deed that was is not told: our own come back, too.
    fn others_flagged(&mut self, messages: usize) {
        match self.own_changes.checked_sub(messages) {
            Some(left) => self.own_changes = left,
            None => {
                self.own_changes = 0;
                self.list.doubt();
                self.mailer.order(ImapJob::Folders);
            }
        }
    }

    fn in_trouble(&mut self, trouble: imap_worker::FailedJob) {
        self.done = None;
        self.awaited.take_if(|uid| trouble.unread == Some(*uid));
        if self.standing == ConnectionState::Connecting {
            self.standing = ConnectionState::Refused {
                why: trouble.why.clone(),
                transient: trouble.transient,
            };
        }
        self.trouble = Some(format!("{}: {}", trouble.what, trouble.why));
    }

    fn hear_watcher(&mut self, news: IdleUpdate) {
        match news {
            IdleUpdate::Watching => {
                if matches!(self.standing, ConnectionState::Lost(..)) {
                    self.trouble = None;
                }
                self.standing = ConnectionState::Connected;
                // What came before it watched is no news to it.
                self.refresh();
                self.mailer.order(ImapJob::Folders);
            }
            IdleUpdate::Changed => {
                self.refresh();
                self.mailer.order(ImapJob::Folders);
            }
            IdleUpdate::Flagged(messages) => self.others_flagged(messages),
            IdleUpdate::Lost(why, again) => self.standing = ConnectionState::Lost(why, again),
        }
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use std::path::PathBuf;
    use std::sync::mpsc;

    use eframe::egui::Context;

    use super::*;
    use crate::client::{Endpoint, Security};
    use crate::gui::mail::imap_worker::FailedJob;
    use crate::gui::model::account::MailAccount;
    use crate::gui::model::folders::{INBOX, MailFolder};
    use crate::gui::model::message_list::Select;
    use crate::gui::worker::Worker;
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

    /// An account whose mailer does nothing: what was ordered of it, and how it tells.
    fn account() -> (OpenAccount, mpsc::Receiver<ImapJob>) {
        let endpoint = Endpoint::new("localhost", 1, Security::Plain, PathBuf::new());
        let account = MailAccount::alice_at(endpoint);
        let (orders, ordered) = mpsc::channel();
        let window = Context::default();
        let mailer = Worker::start("idle", &window, move |jobs: mpsc::Receiver<ImapJob>, _| {
            // A test that is over needs no more of them.
            jobs.into_iter().for_each(|job| drop(orders.send(job)));
        });
        (OpenAccount::new(account, mailer.unwrap(), &window), ordered)
    }

    fn trouble(job: &ImapJob) -> ImapUpdate {
        ImapUpdate::Trouble(FailedJob {
            what: job.named(),
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
        let (mut account, _ordered) = account();
        account.read(7);
        account.hear_mailer(trouble(&ImapJob::Folders));
        account.hear_mailer(trouble(&ImapJob::Read(6, 0)));
        assert_eq!(account.awaited, Some(7));
        account.hear_mailer(trouble(&ImapJob::Read(7, 0)));
        assert_eq!(account.awaited, None);
    }

    #[test]
    fn an_unasked_look_leaves_what_is_told() {
        let (mut account, _ordered) = account();
        account.hear_mailer(trouble(&ImapJob::Move(Vec::new(), String::new())));
        account.hear_mailer(ImapUpdate::Counted(Vec::new()));
        assert_eq!(
            account.trouble.as_deref(),
            Some("Nothing was moved: refused")
        );
    }

    #[test]
    fn nothing_is_ordered_beside_the_first_folder_until_it_is_open() {
        let (mut account, ordered) = account();
        account.open_folder("INBOX");
        let opened = ImapUpdate::Opened {
            folder: "INBOX".to_owned(),
            uid_validity: 1,
            uids: Vec::new(),
            sorted: true,
        };
        assert!(matches!(ordered.recv().unwrap(), ImapJob::Open { .. }));
        account.hear_mailer(opened);
        drop(account);
        let names: Vec<_> = ordered.iter().map(|job| job.named()).collect();
        assert_eq!(names, ["The folders are not known"]);
    }

    #[test]
    fn nothing_is_deleted_for_good_before_it_is_known_whether_there_is_a_trash() {
        let (mut account, ordered) = account();
        assert!(!account.deletes_for_good());
        account.delete(vec![7]);
        assert!(matches!(ordered.recv().unwrap(), ImapJob::Folders));
        assert!(account.trouble.as_ref().unwrap().contains("not known yet"));
        account.list.open(INBOX);
        account.hear_mailer(ImapUpdate::Folders(vec![folder(INBOX, None)]));
        assert_eq!(account.trouble, None);
        account.delete(vec![7]);
        assert!(matches!(ordered.recv().unwrap(), ImapJob::Remove(_)));
        let trash = folder("Trash", Some(SpecialUse::Trash));
        account.hear_mailer(ImapUpdate::Folders(vec![folder(INBOX, None), trash]));
        account.delete(vec![7]);
        assert!(matches!(ordered.recv().unwrap(), ImapJob::Move(_, to) if to == "Trash"));
    }

    #[test]
    fn under_another_uid_validity_nothing_is_known_any_more() {
        let (mut account, _ordered) = account();
        account.open_folder("Lab");
        account.list.search = "tea".to_owned();
        for (uid_validity, known) in [(1, true), (1, true), (2, false)] {
            account.hear_mailer(ImapUpdate::Opened {
                folder: "Lab".to_owned(),
                uid_validity,
                uids: vec![7],
                sorted: true,
            });
            if uid_validity == 1 && account.shown.is_none() {
                account.list.select(0, Select::Only);
                account.read(7);
                account.hear_mailer(ImapUpdate::Message(Box::new(RenderedMessage::of(
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
    fn rows_that_do_not_come_are_ordered_once() {
        let (mut account, ordered) = account();
        account.list.set((1..=1_000).collect());
        account.see(500..520);
        let rows = ordered.recv().unwrap();
        for at in 0..10 {
            account.hear_mailer(trouble(&rows));
            account.see(at..at + 20);
        }
        account.list.set((1..=1_000).collect());
        account.see(0..20);
        drop(account);
        assert_eq!(ordered.iter().count(), 1);
    }
}
