//! The messages that are being written: their compose windows, their files, and what becomes of them.

use std::path::PathBuf;

use super::Mail;
use super::compose::{ComposeClick, ComposeWindow};
use super::file_dialog::{FileDialog, FileRequest, Purpose};
use super::open_account::OpenAccount;
use crate::gui::model::compose_form::ComposeForm;

impl Mail {
    /// Opens a compose window for the account that is shown.
    pub(super) fn write(&mut self, form: ComposeForm) {
        if let Some(account) = self.accounts.get(self.current) {
            self.write_from(form, account.address());
        }
    }

    /// Opens a compose window for the account with this address.
    pub(super) fn write_from(&mut self, form: ComposeForm, from: String) {
        self.last_draft += 1;
        let draft = ComposeWindow::new(self.last_draft, form, from);
        self.drafts.push(draft);
    }

    /// Opens the file dialogue.
    pub(super) fn choose(&mut self, purpose: Purpose) {
        self.list_folder(self.folder.clone());
        self.file_dialog = Some(FileDialog::new(purpose, &self.folder));
    }

    /// Draws the file dialogue if it is open, and does what is clicked in it.
    pub(super) fn show_file_dialog(&mut self) {
        let Some(dialog) = &mut self.file_dialog else {
            return;
        };
        match dialog.show(&self.window) {
            None => return,
            Some(FileRequest::List(folder)) => return self.list_folder(folder),
            Some(FileRequest::Attach(draft, paths)) => self.attach(draft, paths),
            Some(FileRequest::Save(files, folder)) => self.save_files(files, folder),
            Some(FileRequest::Cancel) => {}
        }
        self.file_dialog = None;
    }

    /// Draws the compose windows, and does what is clicked in them.
    pub(super) fn show_drafts(&mut self) {
        let senders: Vec<String> = self.accounts.iter().map(OpenAccount::address).collect();
        let mut attach_to = None;
        self.attach_dropped_files();
        let window = &self.window;
        let accounts = &mut self.accounts;
        self.drafts.retain_mut(|draft| {
            let click = draft.show(window, &senders);
            if let Some(ComposeClick::Attach) = click {
                attach_to = Some(draft.number);
            }
            !is_done(draft, click, accounts)
        });
        if let Some(number) = attach_to {
            self.choose(Purpose::Attach(number));
        }
    }

    /// Keeps every message that is being written as a draft. One that cannot be kept stays open, and says why.
    pub(in crate::gui) fn keep_all(&mut self) {
        let accounts = &mut self.accounts;
        self.drafts.retain_mut(|draft| !is_done(draft, Some(ComposeClick::KeepDraft), accounts));
    }

    /// Attaches files that were dropped on the window to the last draft.
    fn attach_dropped_files(&self) {
        let dropped = self.window.input(|input| input.raw.dropped_files.clone());
        let paths: Vec<PathBuf> = dropped.iter().map(|file| file.path().to_owned()).collect();
        if let Some(draft) = self.drafts.last()
            && !paths.is_empty()
        {
            self.attach(draft.number, paths);
        }
    }
}

/// Does what was clicked in a compose window. Returns true if the window closes.
fn is_done(
    draft: &mut ComposeWindow,
    click: Option<ComposeClick>,
    accounts: &mut [OpenAccount],
) -> bool {
    let mut accounts = accounts.iter_mut();
    let account = accounts.find(|account| account.address() == draft.from);
    match (click, account) {
        (Some(ComposeClick::Discard), _) => true,
        (Some(ComposeClick::Send), Some(account)) => send(account, draft),
        (Some(ComposeClick::KeepDraft), Some(account)) => keep(account, draft),
        // The window stays, and says that the account is not open.
        (Some(ComposeClick::KeepDraft), None) => draft.form.is_empty(),
        (None | Some(ComposeClick::Attach), _) | (Some(ComposeClick::Send), None) => false,
    }
}

/// Sends a message. Returns true if it is on its way.
fn send(account: &mut OpenAccount, draft: &mut ComposeWindow) -> bool {
    let sent = try_to_send(account, &draft.form);
    draft.error = sent.err();
    draft.error.is_none()
}

fn try_to_send(account: &mut OpenAccount, form: &ComposeForm) -> Result<(), String> {
    let draft = form.draft(account.account.contact(), &account.account.settings);
    let draft = draft.map_err(|error| error.to_string())?;
    if draft.recipients().is_empty() {
        return Err("No recipient: write an account or an address into To.".to_owned());
    }
    let sent = account.send(draft, form.clone());
    sent.map_err(|error| error.to_string())
}

/// Keeps a message as a draft. Returns true if that is under way, or the form is empty.
fn keep(account: &mut OpenAccount, window: &mut ComposeWindow) -> bool {
    if window.form.is_empty() {
        return true;
    }
    let settings = &account.account.settings;
    match window.form.draft(account.account.contact(), settings) {
        Ok(draft) => {
            account.keep_draft(&draft, window.form.clone());
            true
        }
        Err(error) => {
            window.error = Some(error.to_string());
            false
        }
    }
}
