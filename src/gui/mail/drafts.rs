//! The messages that are written: their windows, their files, and where they go.

use std::path::PathBuf;

use super::Mail;
use super::compose::{self, ComposeWindow};
use super::file_dialog::{FileDialog, Purpose};
use super::file_worker::FileJob;
use super::open_account::OpenAccount;
use crate::gui::model::compose_form::ComposeForm;

impl Mail {
    /// Opens a window for a message, from the account that stands here among those that are open.
    pub(super) fn write(&mut self, writing: ComposeForm, at: usize) {
        if let Some(account) = self.accounts.get(at) {
            self.write_from(writing, account.address());
        }
    }

    /// Opens a window for a message, from the account with this address.
    pub(super) fn write_from(&mut self, writing: ComposeForm, from: String) {
        self.begun += 1;
        self.writings
            .push(ComposeWindow::new(self.begun, writing, from));
    }

    /// Opens the window in which files are chosen, or where they go.
    pub(super) fn choose(&mut self, purpose: Purpose) {
        if let Some(disk) = &self.disk {
            self.chooser = Some(FileDialog::open(purpose, &self.folder, disk));
        }
    }

    /// Draws the windows, and does what is clicked in them.
    pub(super) fn show_writings(&mut self) {
        let senders: Vec<String> = self
            .accounts
            .iter()
            .map(|account| account.address())
            .collect();
        let mut over = Vec::new();
        let mut attach = None;
        self.drop_files();
        for compose in &mut self.writings {
            let click = compose.show(&self.window, &senders);
            let account = account_of(&mut self.accounts, &compose.from);
            let done = match (click, account) {
                (Some(compose::ComposeClick::Attach), _) => {
                    attach = Some(compose.number);
                    false
                }
                (Some(compose::ComposeClick::Discard), _) => true,
                (Some(compose::ComposeClick::Send), Some(account)) => send(account, compose),
                (Some(compose::ComposeClick::KeepDraft), Some(account)) => keep(account, compose),
                // Its window stays, and says that the account is not open.
                (Some(compose::ComposeClick::KeepDraft), None) => compose.writing.is_empty(),
                (None, _) | (Some(compose::ComposeClick::Send), None) => false,
            };
            if done {
                over.push(compose.number);
            }
        }
        self.writings
            .retain(|compose| !over.contains(&compose.number));
        if let Some(number) = attach {
            self.choose(Purpose::Attach(number));
        }
    }

    /// Keeps as drafts all that is written. What cannot be kept stays open, and says why.
    pub(in crate::gui) fn keep_all(&mut self) {
        let accounts = &mut self.accounts;
        self.writings.retain_mut(|compose| {
            let done = match account_of(accounts, &compose.from) {
                Some(account) => keep(account, compose),
                None => compose.writing.is_empty(),
            };
            !done
        });
    }

    /// Files that were dropped on the window go along with the message that is written.
    fn drop_files(&self) {
        let dropped = self.window.input(|input| input.raw.dropped_files.clone());
        let paths: Vec<PathBuf> = dropped.iter().map(|file| file.path().to_owned()).collect();
        if let (false, Some(compose), Some(disk)) =
            (paths.is_empty(), self.writings.last(), &self.disk)
        {
            disk.order(FileJob::Load(compose.number, paths));
        }
    }
}

/// The account with this address, if it is open.
fn account_of<'a>(accounts: &'a mut [OpenAccount], address: &str) -> Option<&'a mut OpenAccount> {
    let mut accounts = accounts.iter_mut();
    accounts.find(|account| account.address() == address)
}

/// Sends what is written; `true` when it is on its way.
fn send(account: &mut OpenAccount, compose: &mut ComposeWindow) -> bool {
    let draft = compose
        .writing
        .draft(account.account.contact(), &account.account.settings);
    let sent = match draft {
        Err(error) => Err(error.to_string()),
        Ok(draft) if draft.recipients().is_empty() => {
            Err("Nobody would get it: write an account or an address into To.".to_owned())
        }
        Ok(draft) => account
            .send(draft, compose.writing.clone())
            .map_err(|error| error.to_string()),
    };
    compose.wrong = sent.err();
    compose.wrong.is_none()
}

/// Keeps what is written as a draft; `true` when that is under way, or nothing is written.
fn keep(account: &mut OpenAccount, compose: &mut ComposeWindow) -> bool {
    if compose.writing.is_empty() {
        return true;
    }
    match compose
        .writing
        .draft(account.account.contact(), &account.account.settings)
    {
        Err(error) => {
            compose.wrong = Some(error.to_string());
            false
        }
        Ok(draft) => {
            account.keep_draft(&draft, compose.writing.clone());
            true
        }
    }
}
