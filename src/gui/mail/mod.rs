//! The mail program: accounts, their folders, the list of messages, and the one that is read.
//!
//! `account.rs` is an account that is open, without drawing; its workers are `mailer.rs` (IMAP; what it has to do is
//! in `jobs.rs`), `watcher.rs` (IDLE) and `sender.rs` (SMTP). Each pane
//! draws itself and says what was clicked; what follows from that is done in `acting.rs`, and of what is
//! written in `writings.rs`. Files are `disk.rs`'s.

mod actions;
mod compose;
mod drafts;
mod fetch;
mod file_dialog;
mod file_worker;
mod folder_pane;
mod idle_worker;
mod imap_jobs;
mod imap_worker;
mod list_pane;
mod open_account;
mod reading_pane;
mod rows;
mod sign_in;
mod smtp_worker;

use std::path::PathBuf;

use eframe::egui::{CentralPanel, Context, Frame, Panel, ProgressBar, RichText, Ui};
use jiff::Zoned;
use lucide_icons::Icon;

use self::compose::ComposeWindow;
use self::file_dialog::FileDialog;
use self::file_worker::FileWorker;
use self::folder_pane::FolderPane;
use self::imap_jobs::ImapJob;
use self::list_pane::ListPane;
use self::open_account::{ConnectionState, OpenAccount};
use self::reading_pane::ReadingPane;
use self::sign_in::SignIn;
use super::model::account::MailAccount;
use super::model::compose_form::ComposeForm;
use super::popup::Popups;
use super::widgets;
use crate::client::ClientSettings;

/// What would be lost if the window closed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsettled {
    /// A message is being written.
    Written,
    /// A message goes to a server, which has not said yet that it has it.
    OnItsWay,
}

/// The view.
pub(super) struct Mail {
    window: Context,
    accounts: Vec<OpenAccount>,
    /// Those that were signed out while a message was on its way: they are heard until it has arrived.
    leaving: Vec<OpenAccount>,
    /// Which of them is seen.
    open: usize,
    sign_in: SignIn,
    /// Another account is wanted, though one is open.
    signing_in: bool,
    /// Accounts of the configuration's servers that could not be opened because these were not there.
    unreached: Vec<MailAccount>,
    folder_pane: FolderPane,
    list_pane: ListPane,
    reading_pane: ReadingPane,
    writings: Vec<ComposeWindow>,
    /// Messages that were begun; numbers them.
    begun: u64,
    disk: Option<FileWorker>,
    chooser: Option<FileDialog>,
    /// Where the last file was taken from or saved.
    folder: PathBuf,
}

impl Mail {
    pub(super) fn new(settings: ClientSettings, window: &Context) -> Mail {
        let disk = file_worker::start(window);
        if let Err(error) = &disk {
            log::error!("no file can be read or saved: {error}");
        }
        Mail {
            window: window.clone(),
            accounts: Vec::new(),
            leaving: Vec::new(),
            open: 0,
            sign_in: SignIn::new(settings),
            signing_in: false,
            unreached: Vec::new(),
            folder_pane: FolderPane::default(),
            list_pane: ListPane::default(),
            reading_pane: ReadingPane::default(),
            writings: Vec::new(),
            begun: 0,
            disk: disk.ok(),
            chooser: None,
            folder: FileDialog::home(),
        }
    }

    /// Opens an account whose password the configuration has; `false`: it has not.
    pub(super) fn open_known(&mut self, name: &str, popups: &mut Popups) -> bool {
        let known = self.sign_in.known(name);
        known
            .map(|account| self.open_account(account, popups))
            .is_some()
    }

    fn open_account(&mut self, account: MailAccount, popups: &mut Popups) {
        let same = |open: &OpenAccount| open.address() == account.address();
        if let Some(at) = self.accounts.iter().position(same) {
            (self.open, self.signing_in) = (at, false);
            return;
        }
        match OpenAccount::open(account, &self.window) {
            Ok(account) => {
                self.accounts.push(account);
                self.open = self.accounts.len() - 1;
                self.signing_in = false;
            }
            Err(error) => popups.bad("Not signed in", format!("There is no thread left: {error}")),
        }
    }

    /// The names of the accounts that are open, that which is seen first.
    pub(super) fn who(&self) -> Vec<&str> {
        let seen = self.accounts.get(self.open).into_iter();
        let others = self
            .accounts
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != self.open);
        let accounts = seen.chain(others.map(|(_, account)| account));
        accounts
            .map(|account| account.account.name.as_str())
            .collect()
    }

    /// What would be lost if the window closed now, if anything.
    pub(super) fn unsettled(&self) -> Option<Unsettled> {
        let mut writings = self.writings.iter();
        let mut accounts = self.accounts.iter().chain(&self.leaving);
        match writings.any(|compose| !compose.writing.is_empty()) {
            true => Some(Unsettled::Written),
            false => accounts
                .any(OpenAccount::is_busy)
                .then_some(Unsettled::OnItsWay),
        }
    }

    /// Takes in what the workers have told; `true` when a server has gone, or has come back.
    pub(super) fn hear(&mut self, popups: &mut Popups) -> bool {
        let (mut back, mut errands, mut turned) = (Vec::new(), Vec::new(), false);
        for account in self.accounts.iter_mut().chain(&mut self.leaving) {
            let before = account.standing.clone();
            let heard = account.hear(popups);
            // An attempt that fails has another pause behind it, until that is as long as it gets.
            turned |=
                account.standing != before && (before.is_lost() || account.standing.is_lost());
            let from = account.address();
            back.extend(
                heard
                    .back
                    .into_iter()
                    .map(|writing| (from.clone(), writing)),
            );
            errands.extend(heard.errands);
        }
        errands.into_iter().for_each(|errand| self.run(errand));
        for (from, writing) in back {
            self.write_from(writing, from);
        }
        self.leaving.retain(OpenAccount::is_busy);
        let unreached = self.take_refused(popups);
        self.hear_disk(popups);
        turned || unreached
    }

    /// Has the account do this whose message it is for. One that was signed out meanwhile keeps its message as
    /// it was: the same number is another message in another account.
    fn run(&self, errand: ImapJob) {
        let of_it = |account: &&OpenAccount| {
            errand
                .place()
                .is_some_and(|place| place.account == account.address())
        };
        if let Some(account) = self.accounts.iter().chain(&self.leaving).find(of_it) {
            account.run(errand);
        }
    }

    /// Those that were refused go back to the card; `true` when one of them did not reach its server.
    /// Those that missed servers that have come meanwhile are tried again, once.
    fn take_refused(&mut self, popups: &mut Popups) -> bool {
        let (mut unreached, mut missed) = (false, Vec::new());
        let refused =
            |account: &OpenAccount| matches!(account.standing, ConnectionState::Refused { .. });
        while let Some(at) = self.accounts.iter().position(refused) {
            let refused = self.accounts.remove(at);
            self.signing_in = true;
            self.open = self.open.min(self.accounts.len().saturating_sub(1));
            let ConnectionState::Refused { why, transient } = refused.standing.clone() else {
                continue;
            };
            let (account, servers_came) = (refused.account.clone(), refused.servers_came);
            self.leaving
                .extend(Some(refused).filter(OpenAccount::is_busy));
            if transient && servers_came {
                missed.push(account);
                continue;
            }
            self.sign_in.refused(&account, why);
            unreached |= transient;
            let waits = transient && self.sign_in.is_configured(&account);
            self.unreached.extend(waits.then_some(account));
        }
        for account in missed {
            self.open_account(account, popups);
        }
        unreached
    }

    /// There are servers now: what failed without them is tried again.
    pub(super) fn try_again(&mut self, popups: &mut Popups) {
        for account in &mut self.accounts {
            if account.standing.is_lost() {
                account.refresh_all();
            }
            account.servers_came = account.standing == ConnectionState::Connecting;
        }
        for account in std::mem::take(&mut self.unreached) {
            self.sign_in.wrong = None;
            self.open_account(account, popups);
        }
    }

    fn hear_disk(&mut self, popups: &mut Popups) {
        let news: Vec<file_worker::FileUpdate> =
            self.disk.iter().flat_map(FileWorker::news).collect();
        for news in news {
            match news {
                file_worker::FileUpdate::Listed(folder, entries) => {
                    self.folder.clone_from(&folder);
                    if let Some(chooser) = &mut self.chooser {
                        chooser.learn(folder, entries);
                    }
                }
                file_worker::FileUpdate::Loaded(number, file) => {
                    let mut writings = self.writings.iter_mut();
                    if let Some(compose) = writings.find(|compose| compose.number == number) {
                        compose.writing.files.push(file);
                    }
                }
                file_worker::FileUpdate::Saved(paths) => {
                    let paths: Vec<String> = paths
                        .iter()
                        .map(|path| path.display().to_string())
                        .collect();
                    popups.good("Saved", paths.join("\n"));
                }
                file_worker::FileUpdate::Failed(why) => popups.bad("Not done", why),
            }
        }
    }

    /// Draws the view.
    pub(super) fn show(&mut self, ui: &mut Ui, popups: &mut Popups) {
        if self.accounts.is_empty() || self.signing_in {
            self.show_sign_in(ui, popups);
        } else {
            self.show_panes(ui, popups);
        }
        self.show_writings();
        if let (Some(chooser), Some(disk)) = (&mut self.chooser, &self.disk)
            && let Some(job) = chooser.show(&self.window, disk)
        {
            job.into_iter().for_each(|job| disk.order(job));
            self.chooser = None;
        }
    }

    fn show_sign_in(&mut self, ui: &mut Ui, popups: &mut Popups) {
        CentralPanel::default()
            .frame(widgets::main(ui))
            .show(ui, |ui| {
                if !self.accounts.is_empty()
                    && widgets::button(ui, Icon::ArrowLeft, "Back to the mail").clicked()
                {
                    self.signing_in = false;
                    self.unreached.clear();
                }
                if let Some(account) = self.sign_in.show(ui) {
                    self.sign_in.wrong = None;
                    // Whom somebody signs in as by hand is whom they want.
                    self.unreached.clear();
                    self.open_account(account, popups);
                }
            });
    }

    fn show_panes(&mut self, ui: &mut Ui, popups: &mut Popups) {
        let folders = Panel::left("folders")
            .frame(widgets::beside(ui))
            .default_size(190.0)
            .size_range(140.0..=320.0);
        let click = folders
            .show(ui, |ui| {
                self.folder_pane.show(ui, &self.accounts, self.open)
            })
            .inner;
        self.folder_clicked(click);
        let Some(account) = self.accounts.get_mut(self.open) else {
            return;
        };
        let list = Panel::left("list")
            .frame(widgets::main(ui).inner_margin(8))
            .default_size(400.0)
            .size_range(260.0..=720.0);
        let opened = list.show(ui, |ui| {
            standing(ui, account);
            done(ui, account);
            self.list_pane.show(ui, account)
        });
        if let Some(uid) = opened.inner {
            account.read(uid);
        }
        let click = CentralPanel::default()
            .frame(widgets::main(ui).inner_margin(12))
            .show(ui, |ui| self.reading_pane.show(ui, account));
        if let Some(click) = click.inner {
            self.reading_clicked(click, popups);
        }
    }

    fn folder_clicked(&mut self, click: Option<folder_pane::FolderClick>) {
        let Some(account) = self.accounts.get_mut(self.open) else {
            return;
        };
        match click {
            None => {}
            Some(folder_pane::FolderClick::Account(at)) => self.open = at,
            Some(folder_pane::FolderClick::Folder(folder)) => account.open_folder(&folder),
            Some(folder_pane::FolderClick::NewFolder(folder)) => account.create(&folder),
            Some(folder_pane::FolderClick::SignIn) => self.signing_in = true,
            Some(folder_pane::FolderClick::SignOut) => {
                let account = self.accounts.remove(self.open);
                self.leaving
                    .extend(Some(account).filter(OpenAccount::is_busy));
                self.open = 0;
            }
            Some(folder_pane::FolderClick::Write) => self.write(ComposeForm::default(), self.open),
        }
    }
}

/// How the account stands, above its list: what is wrong and what is on its way.
fn standing(ui: &mut Ui, account: &mut OpenAccount) {
    let wrong = match &account.standing {
        ConnectionState::Lost(why, again) => Some(lost(why, again.as_ref())),
        _ => account.trouble.clone(),
    };
    if let Some(wrong) = wrong {
        widgets::wrong(ui, &wrong);
        if widgets::button(ui, Icon::RotateCw, "Try again now").clicked() {
            account.refresh_all();
        }
    }
    for one in &account.sendings {
        let words = format!("Sending {}", one.subject);
        ui.add(ProgressBar::new(one.progress).text(words));
    }
}

/// That the server went away, and when the next attempt is made.
fn lost(why: &str, again: Option<&Zoned>) -> String {
    let next = match again {
        Some(then) => format!("Next attempt at {}.", then.strftime("%H:%M:%S")),
        None => "It is not tried again by itself.".to_owned(),
    };
    let end = if why.ends_with(['.', '?']) { "" } else { "." };
    format!("{why}{end} {next}")
}

/// What was done last, below the list, which does not move for it.
fn done(ui: &mut Ui, account: &OpenAccount) {
    let well = account.trouble.is_none() && !account.standing.is_lost();
    if let Some(done) = account.done.as_ref().filter(|_| well) {
        let faint = widgets::palette(ui).faint;
        let panel = Panel::bottom("done").frame(Frame::new());
        panel.show_separator_line(false).show(ui, |ui| {
            ui.label(RichText::new(done).small().color(faint));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Endpoint, Security};

    /// Alice at this server, where nobody listens.
    fn alice(server: &str) -> MailAccount {
        MailAccount::alice_at(Endpoint::new(server, 0, Security::Plain, PathBuf::new()))
    }

    /// The last account has not reached its server.
    fn unreached(mail: &mut Mail) {
        if let Some(account) = mail.accounts.last_mut() {
            account.standing = ConnectionState::Refused {
                why: "unreachable".to_owned(),
                transient: true,
            };
        }
        mail.take_refused(&mut Popups::default());
    }

    #[test]
    fn an_account_that_connected_while_the_servers_came_is_tried_once_more() {
        let (here, mut popups) = (alice("127.0.0.1"), Popups::default());
        let mut mail = Mail::new(here.settings.clone(), &Context::default());
        mail.open_account(here, &mut popups);
        mail.try_again(&mut popups);
        unreached(&mut mail);
        assert_eq!(mail.accounts.len(), 1);
        assert!(!mail.signing_in);
        unreached(&mut mail);
        assert!(mail.accounts.is_empty());
        assert_eq!(mail.unreached.len(), 1);
    }

    #[test]
    fn what_was_not_kept_comes_back_though_its_account_was_signed_out() {
        let (here, mut popups) = (alice("127.0.0.1"), Popups::default());
        let mut mail = Mail::new(here.settings.clone(), &Context::default());
        mail.open_account(here, &mut popups);
        mail.write(ComposeForm::default(), 0);
        mail.writings[0].writing.subject = "A long letter".to_owned();
        mail.keep_all();
        assert!(mail.writings.is_empty());
        mail.folder_clicked(Some(folder_pane::FolderClick::SignOut));
        assert!(mail.accounts.is_empty());
        while mail.writings.is_empty() {
            mail.hear(&mut popups);
            std::thread::yield_now();
        }
        assert_eq!(mail.writings[0].writing.subject, "A long letter");
        assert_eq!(mail.writings[0].from, "alice@pillarbox.test");
        assert!(popups.is_open() && mail.leaving.is_empty());
    }

    #[test]
    fn the_servers_inside_are_not_those_of_an_account_elsewhere() {
        let mut mail = Mail::new(alice("127.0.0.1").settings, &Context::default());
        mail.open_account(alice("localhost"), &mut Popups::default());
        unreached(&mut mail);
        assert!(mail.unreached.is_empty());
    }
}
