//! The mail program: accounts, their folders, the list of messages, and the message that is read.
//!
//! `open_account.rs` is an account that is open, without drawing. Its workers are `imap_worker.rs`, which does the jobs of
//! `imap_jobs.rs`; `idle_worker.rs`, which waits for new mail; and `smtp_worker.rs`, which sends. Each pane draws itself
//! and returns what was clicked. `actions.rs` does what a click on a message asks for, `drafts.rs` what a click in a
//! compose window asks for. `file_worker.rs` reads and writes files.

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
mod sign_in;
mod smtp_worker;

use std::path::PathBuf;

use eframe::egui::{CentralPanel, Context, Panel, Ui};
use lucide_icons::Icon;

use self::compose::ComposeWindow;
use self::file_dialog::FileDialog;
use self::file_worker::FileWorker;
use self::folder_pane::{FolderClick, FolderPane};
use self::imap_jobs::ImapJob;
use self::list_pane::ListPane;
use self::open_account::{ConnectionState, OpenAccount};
use self::reading_pane::ReadingPane;
use self::sign_in::SignIn;
use super::model::account::MailAccount;
use super::model::compose_form::ComposeForm;
use super::popup::Popups;
use super::widgets;
use super::worker::Worker;
use crate::client::ClientSettings;

/// What would be lost if the window closed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnfinishedWork {
    /// A message that is being written.
    Draft,
    /// A message on its way to a server, which has not accepted it yet.
    Delivery,
}

/// The view *Mail*.
pub(super) struct Mail {
    window: Context,
    accounts: Vec<OpenAccount>,
    /// Accounts that were signed out while a message was on its way. They stay until it has arrived.
    leaving: Vec<OpenAccount>,
    /// The index of the account that is shown.
    current: usize,
    sign_in: SignIn,
    /// The sign-in card is shown, though an account may be open.
    signing_in: bool,
    /// Accounts of the configuration that could not be opened, because their servers did not run.
    unreached: Vec<MailAccount>,
    folder_pane: FolderPane,
    list_pane: ListPane,
    reading_pane: ReadingPane,
    drafts: Vec<ComposeWindow>,
    /// The number of the last draft that was begun.
    last_draft: u64,
    files: FileWorker,
    file_dialog: Option<FileDialog>,
    /// The folder from which the last file was taken, or in which it was saved.
    folder: PathBuf,
}

impl Mail {
    pub(super) fn new(settings: ClientSettings, window: &Context) -> Mail {
        Mail {
            window: window.clone(),
            accounts: Vec::new(),
            leaving: Vec::new(),
            current: 0,
            sign_in: SignIn::new(settings),
            signing_in: false,
            unreached: Vec::new(),
            folder_pane: FolderPane::default(),
            list_pane: ListPane::default(),
            reading_pane: ReadingPane::default(),
            drafts: Vec::new(),
            last_draft: 0,
            files: Worker::start("files", window, ()),
            file_dialog: None,
            folder: FileDialog::home(),
        }
    }

    /// Opens an account of the configuration. Returns false if its password is not known.
    pub(super) fn open_known(&mut self, name: &str, popups: &mut Popups) -> bool {
        let Some(account) = self.sign_in.known(name) else {
            return false;
        };
        self.open_account(account, popups);
        true
    }

    fn open_account(&mut self, account: MailAccount, popups: &mut Popups) {
        let same = |open: &OpenAccount| open.address() == account.address();
        if let Some(at) = self.accounts.iter().position(same) {
            self.current = at;
            self.signing_in = false;
            return;
        }
        match OpenAccount::open(account, &self.window) {
            Ok(account) => {
                self.accounts.push(account);
                self.current = self.accounts.len() - 1;
                self.signing_in = false;
            }
            Err(error) => popups.bad("Not signed in", format!("No thread can be started: {error}")),
        }
    }

    /// The names of the open accounts; the one that is shown comes first.
    pub(super) fn names(&self) -> Vec<&str> {
        let accounts = self.accounts.iter().map(|open| &open.account);
        let mut names: Vec<&str> = accounts.map(|account| account.name.as_str()).collect();
        if let Some(before) = names.get_mut(..=self.current) {
            before.rotate_right(1);
        }
        names
    }

    /// What would be lost if the window closed now.
    pub(super) fn unfinished(&self) -> Option<UnfinishedWork> {
        let mut accounts = self.accounts.iter().chain(&self.leaving);
        if self.drafts.iter().any(|draft| !draft.form.is_empty()) {
            Some(UnfinishedWork::Draft)
        } else if accounts.any(OpenAccount::is_busy) {
            Some(UnfinishedWork::Delivery)
        } else {
            None
        }
    }

    /// Shows what has come from the workers. Returns true if a server went away or came back.
    pub(super) fn update(&mut self, popups: &mut Popups) -> bool {
        let mut returned = Vec::new();
        let mut follow_ups = Vec::new();
        let mut turned = false;
        for account in self.accounts.iter_mut().chain(&mut self.leaving) {
            let before = account.state.clone();
            let effects = account.update(popups);
            // Each failed attempt counts: the pause after it is another one, until it is as long as it gets.
            turned |= account.state != before && (before.is_lost() || account.state.is_lost());
            for form in effects.returned {
                returned.push((form, account.address()));
            }
            follow_ups.extend(effects.follow_ups);
        }
        for job in follow_ups {
            self.run_elsewhere(job);
        }
        for (form, from) in returned {
            self.write_from(form, from);
        }
        self.leaving.retain(OpenAccount::is_busy);
        let unreached = self.take_refused(popups);
        self.update_files(popups);
        turned || unreached
    }

    /// Gives a job to the account that has its message. If that account was signed out meanwhile, its message stays as
    /// it is: the same UID in another account is another message.
    fn run_elsewhere(&self, job: ImapJob) {
        let Some(place) = job.place() else { return };
        let mut accounts = self.accounts.iter().chain(&self.leaving);
        if let Some(account) = accounts.find(|account| account.address() == place.account) {
            account.run(job);
        }
    }

    /// Removes the accounts that were refused, and shows the sign-in card with the reason. An account whose servers
    /// were started while it connected is tried once more. Returns true if a server was not reached.
    fn take_refused(&mut self, popups: &mut Popups) -> bool {
        let mut unreached = false;
        let mut missed = Vec::new();
        while let Some((open, why, transient)) = self.take_one_refused() {
            let account = open.account.clone();
            let servers_came = open.servers_came;
            if open.is_busy() {
                self.leaving.push(open);
            }
            if transient && servers_came {
                missed.push(account);
                continue;
            }
            self.sign_in.refused(&account, why);
            unreached |= transient;
            if transient && self.sign_in.is_configured(&account) {
                self.unreached.push(account);
            }
        }
        for account in missed {
            self.open_account(account, popups);
        }
        unreached
    }

    /// Removes an account that was refused; returns it with the reason, and whether that may pass.
    fn take_one_refused(&mut self) -> Option<(OpenAccount, String, bool)> {
        for (at, account) in self.accounts.iter().enumerate() {
            if let ConnectionState::Refused { why, transient } = account.state.clone() {
                let account = self.accounts.remove(at);
                self.signing_in = true;
                self.current = self.current.min(self.accounts.len().saturating_sub(1));
                return Some((account, why, transient));
            }
        }
        None
    }

    /// Tries again what failed because no servers ran: now they do.
    pub(super) fn try_again(&mut self, popups: &mut Popups) {
        for account in &mut self.accounts {
            if account.state.is_lost() {
                account.refresh_all();
            }
            account.servers_came = account.state == ConnectionState::Connecting;
        }
        for account in std::mem::take(&mut self.unreached) {
            self.sign_in.error = None;
            self.open_account(account, popups);
        }
    }

    /// Draws the view.
    pub(super) fn show(&mut self, ui: &mut Ui, popups: &mut Popups) {
        if self.accounts.is_empty() || self.signing_in {
            self.show_sign_in(ui, popups);
        } else {
            self.show_panes(ui, popups);
        }
        self.show_drafts();
        self.show_file_dialog();
    }

    fn show_sign_in(&mut self, ui: &mut Ui, popups: &mut Popups) {
        CentralPanel::default().frame(widgets::main(ui)).show(ui, |ui| {
            if !self.accounts.is_empty()
                && widgets::button(ui, Icon::ArrowLeft, "Back to the mail").clicked()
            {
                self.signing_in = false;
                self.unreached.clear();
            }
            if let Some(account) = self.sign_in.show(ui) {
                self.sign_in.error = None;
                // The user has chosen this account instead of those that wait.
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
        let click = folders.show(ui, |ui| self.folder_pane.show(ui, &self.accounts, self.current));
        if let Some(click) = click.inner {
            self.folder_clicked(click);
        }
        let Some(account) = self.accounts.get_mut(self.current) else {
            return;
        };
        let list = Panel::left("list")
            .frame(widgets::main(ui).inner_margin(8))
            .default_size(400.0)
            .size_range(260.0..=720.0);
        let opened = list.show(ui, |ui| self.list_pane.show(ui, account));
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

    fn folder_clicked(&mut self, click: FolderClick) {
        let Some(account) = self.accounts.get_mut(self.current) else {
            return;
        };
        match click {
            FolderClick::Account(at) => self.current = at,
            FolderClick::Folder(folder) => account.open_folder(&folder),
            FolderClick::NewFolder(folder) => account.create(&folder),
            FolderClick::SignIn => self.signing_in = true,
            FolderClick::SignOut => {
                let account = self.accounts.remove(self.current);
                if account.is_busy() {
                    self.leaving.push(account);
                }
                self.current = 0;
            }
            FolderClick::Write => self.write(ComposeForm::default()),
        }
    }
}

#[cfg(test)]
mod tests;
