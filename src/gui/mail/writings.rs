//! The messages that are written: their windows, their files, and where they go.

use std::path::PathBuf;

use super::chooser::{Chooser, Purpose};
use super::compose::{self, Compose};
use super::desk::Desk;
use super::{Mail, disk};
use crate::gui::model::writing::Writing;

impl Mail {
    /// Opens a window for a message, from the account that stands here among those that are open.
    pub(super) fn write(&mut self, writing: Writing, at: usize) {
        if let Some(desk) = self.desks.get(at) {
            self.write_from(writing, desk.account.address());
        }
    }

    /// Opens a window for a message, from the account with this address.
    pub(super) fn write_from(&mut self, writing: Writing, from: String) {
        self.begun += 1;
        self.writings.push(Compose::new(self.begun, writing, from));
    }

    /// Opens the window in which files are chosen, or where they go.
    pub(super) fn choose(&mut self, purpose: Purpose) {
        if let Some(disk) = &self.disk {
            self.chooser = Some(Chooser::open(purpose, &self.folder, disk));
        }
    }

    /// Draws the windows, and does what is clicked in them.
    pub(super) fn show_writings(&mut self) {
        let senders: Vec<String> = self
            .desks
            .iter()
            .map(|desk| desk.account.address())
            .collect();
        let mut over = Vec::new();
        let mut attach = None;
        self.drop_files();
        for compose in &mut self.writings {
            let click = compose.show(&self.window, &senders);
            let desk = desk_of(&mut self.desks, &compose.from);
            let done = match (click, desk) {
                (Some(compose::Click::Attach), _) => {
                    attach = Some(compose.number);
                    false
                }
                (Some(compose::Click::Discard), _) => true,
                (Some(compose::Click::Send), Some(desk)) => send(desk, compose),
                (Some(compose::Click::KeepDraft), Some(desk)) => keep(desk, compose),
                // Its window stays, and says that the account is not open.
                (Some(compose::Click::KeepDraft), None) => compose.writing.is_empty(),
                (None, _) | (Some(compose::Click::Send), None) => false,
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
        let desks = &mut self.desks;
        self.writings.retain_mut(|compose| {
            let done = match desk_of(desks, &compose.from) {
                Some(desk) => keep(desk, compose),
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
            disk.order(disk::Job::Load(compose.number, paths));
        }
    }
}

/// The account with this address, if it is open.
fn desk_of<'a>(desks: &'a mut [Desk], address: &str) -> Option<&'a mut Desk> {
    let mut desks = desks.iter_mut();
    desks.find(|desk| desk.account.address() == address)
}

/// Sends what is written; `true` when it is on its way.
fn send(desk: &mut Desk, compose: &mut Compose) -> bool {
    let draft = compose
        .writing
        .draft(desk.account.contact(), &desk.account.settings);
    let sent = match draft {
        Err(error) => Err(error.to_string()),
        Ok(draft) if draft.recipients().is_empty() => {
            Err("Nobody would get it: write an account or an address into To.".to_owned())
        }
        Ok(draft) => desk
            .send(draft, compose.writing.clone())
            .map_err(|error| error.to_string()),
    };
    compose.wrong = sent.err();
    compose.wrong.is_none()
}

/// Keeps what is written as a draft; `true` when that is under way, or nothing is written.
fn keep(desk: &mut Desk, compose: &mut Compose) -> bool {
    if compose.writing.is_empty() {
        return true;
    }
    match compose
        .writing
        .draft(desk.account.contact(), &desk.account.settings)
    {
        Err(error) => {
            compose.wrong = Some(error.to_string());
            false
        }
        Ok(draft) => {
            desk.keep_draft(&draft, compose.writing.clone());
            true
        }
    }
}
