//! The mail program: accounts, their folders, the list of messages, and the one that is read.
//!
//! `desk.rs` is an account that is open, without drawing; its workers are `mailer.rs` (IMAP),
//! `watcher.rs` (IDLE) and `sender.rs` (SMTP). Each pane draws itself and says what was clicked;
//! what follows from that is done here. Files are `disk.rs`'s.

mod chooser;
mod compose;
mod desk;
mod disk;
mod folder_pane;
mod list_pane;
mod mailer;
mod reading_pane;
mod rows;
mod sender;
mod sign_in;
mod watcher;

use std::path::PathBuf;

use eframe::egui::{CentralPanel, Context, Panel, ProgressBar, RichText, Ui};
use lucide_icons::Icon;

use self::chooser::{Chooser, Purpose};
use self::compose::Compose;
use self::desk::{Desk, Standing};
use self::disk::Disk;
use self::folder_pane::FolderPane;
use self::list_pane::ListPane;
use self::reading_pane::ReadingPane;
use self::sign_in::SignIn;
use super::look;
use super::model::account::Account;
use super::model::list::Select;
use super::model::writing::{Answer, Writing};
use super::popup::Popups;
use super::shortcuts::Action;
use crate::client::ClientSettings;
use crate::message::Flag;
use crate::protocol::imap::SpecialUse;

/// The view.
pub(super) struct Mail {
    window: Context,
    desks: Vec<Desk>,
    /// Which of them is seen.
    open: usize,
    sign_in: SignIn,
    /// Another account is wanted, though one is open.
    signing_in: bool,
    folder_pane: FolderPane,
    list_pane: ListPane,
    reading_pane: ReadingPane,
    writings: Vec<Compose>,
    /// Messages that were begun; numbers them.
    begun: u64,
    disk: Option<Disk>,
    chooser: Option<Chooser>,
    /// Where the last file was taken from or saved.
    folder: PathBuf,
}

impl Mail {
    pub(super) fn new(settings: ClientSettings, window: &Context) -> Mail {
        let disk = disk::start(window);
        if let Err(error) = &disk {
            log::error!("no file can be read or saved: {error}");
        }
        Mail {
            window: window.clone(),
            desks: Vec::new(),
            open: 0,
            sign_in: SignIn::new(settings),
            signing_in: false,
            folder_pane: FolderPane::default(),
            list_pane: ListPane::default(),
            reading_pane: ReadingPane::default(),
            writings: Vec::new(),
            begun: 0,
            disk: disk.ok(),
            chooser: None,
            folder: Chooser::home(),
        }
    }

    /// Opens an account whose password the configuration has; `false`: it has not.
    pub(super) fn open_known(&mut self, name: &str, popups: &mut Popups) -> bool {
        let known = self.sign_in.known(name);
        known
            .map(|account| self.open_account(account, popups))
            .is_some()
    }

    fn open_account(&mut self, account: Account, popups: &mut Popups) {
        let same = |desk: &Desk| desk.account.address() == account.address();
        if let Some(at) = self.desks.iter().position(same) {
            (self.open, self.signing_in) = (at, false);
            return;
        }
        match Desk::open(account, &self.window) {
            Ok(desk) => {
                self.desks.push(desk);
                self.open = self.desks.len() - 1;
                self.signing_in = false;
            }
            Err(error) => popups.bad("Not signed in", format!("There is no thread left: {error}")),
        }
    }

    /// The names of the accounts that are open, that which is seen first.
    pub(super) fn who(&self) -> Vec<&str> {
        let seen = self.desks.get(self.open).into_iter();
        let others = self
            .desks
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != self.open);
        let desks = seen.chain(others.map(|(_, desk)| desk));
        desks.map(|desk| desk.account.name.as_str()).collect()
    }

    /// Takes in what the workers have told.
    pub(super) fn hear(&mut self, popups: &mut Popups) {
        let mut back = Vec::new();
        for (at, desk) in self.desks.iter_mut().enumerate() {
            let returned = desk.hear(popups).into_iter();
            back.extend(returned.map(|writing| (at, writing)));
        }
        for (from, writing) in back {
            self.write(writing, from);
        }
        let refused = |desk: &Desk| matches!(desk.standing, Standing::Refused(_));
        while let Some(at) = self.desks.iter().position(refused) {
            let desk = self.desks.remove(at);
            if let Standing::Refused(why) = desk.standing {
                self.sign_in.refused(&desk.account, why);
            }
            self.signing_in = true;
            self.open = self.open.min(self.desks.len().saturating_sub(1));
        }
        self.hear_disk(popups);
    }

    fn hear_disk(&mut self, popups: &mut Popups) {
        let news: Vec<disk::News> = self.disk.iter().flat_map(Disk::news).collect();
        for news in news {
            match news {
                disk::News::Listed(folder, entries) => {
                    self.folder.clone_from(&folder);
                    if let Some(chooser) = &mut self.chooser {
                        chooser.learn(folder, entries);
                    }
                }
                disk::News::Loaded(number, file) => {
                    let mut writings = self.writings.iter_mut();
                    if let Some(compose) = writings.find(|compose| compose.number == number) {
                        compose.writing.files.push(file);
                    }
                }
                disk::News::Saved(paths) => {
                    let paths: Vec<String> = paths
                        .iter()
                        .map(|path| path.display().to_string())
                        .collect();
                    popups.good("Saved", paths.join("\n"));
                }
                disk::News::Failed(why) => popups.bad("Not done", why),
            }
        }
    }

    fn write(&mut self, writing: Writing, from: usize) {
        self.begun += 1;
        self.writings.push(Compose::new(self.begun, writing, from));
    }

    /// Draws the view.
    pub(super) fn show(&mut self, ui: &mut Ui, popups: &mut Popups) {
        if self.desks.is_empty() || self.signing_in {
            self.show_sign_in(ui, popups);
        } else {
            self.show_panes(ui, popups);
        }
        self.show_writings(popups);
        if let (Some(chooser), Some(disk)) = (&mut self.chooser, &self.disk)
            && let Some(job) = chooser.show(&self.window, disk)
        {
            job.into_iter().for_each(|job| disk.order(job));
            self.chooser = None;
        }
    }

    fn show_sign_in(&mut self, ui: &mut Ui, popups: &mut Popups) {
        CentralPanel::default()
            .frame(look::main(ui))
            .show(ui, |ui| {
                if !self.desks.is_empty()
                    && look::button(ui, Icon::ArrowLeft, "Back to the mail").clicked()
                {
                    self.signing_in = false;
                }
                if let Some(account) = self.sign_in.show(ui) {
                    self.sign_in.wrong = None;
                    self.open_account(account, popups);
                }
            });
    }

    fn show_panes(&mut self, ui: &mut Ui, popups: &mut Popups) {
        let folders = Panel::left("folders")
            .frame(look::beside(ui))
            .default_size(190.0)
            .size_range(140.0..=320.0);
        let click = folders
            .show(ui, |ui| self.folder_pane.show(ui, &self.desks, self.open))
            .inner;
        self.folder_clicked(click);
        let Some(desk) = self.desks.get_mut(self.open) else {
            return;
        };
        let list = Panel::left("list")
            .frame(look::main(ui).inner_margin(8))
            .default_size(400.0)
            .size_range(260.0..=720.0);
        let opened = list.show(ui, |ui| {
            standing(ui, desk);
            self.list_pane.show(ui, desk)
        });
        if let Some(uid) = opened.inner {
            desk.read(uid);
        }
        let click = CentralPanel::default()
            .frame(look::main(ui).inner_margin(12))
            .show(ui, |ui| self.reading_pane.show(ui, desk));
        if let Some(click) = click.inner {
            self.reading_clicked(click, popups);
        }
    }

    fn folder_clicked(&mut self, click: Option<folder_pane::Click>) {
        let Some(desk) = self.desks.get_mut(self.open) else {
            return;
        };
        match click {
            None => {}
            Some(folder_pane::Click::Account(at)) => self.open = at,
            Some(folder_pane::Click::Folder(folder)) => desk.open_folder(&folder),
            Some(folder_pane::Click::NewFolder(folder)) => desk.create(&folder),
            Some(folder_pane::Click::SignIn) => self.signing_in = true,
            Some(folder_pane::Click::SignOut) => {
                self.desks.remove(self.open);
                self.open = 0;
            }
            Some(folder_pane::Click::Write) => self.write(Writing::default(), self.open),
        }
    }

    fn reading_clicked(&mut self, click: reading_pane::Click, popups: &mut Popups) {
        use reading_pane::Click;
        let Some(desk) = self.desks.get_mut(self.open) else {
            return;
        };
        if let Some(shown) = &desk.shown
            && !desk.list.is_selected(shown.uid)
        {
            // The list may have been clicked elsewhere: what is read is what is meant.
            desk.list.select_message(shown.uid);
        }
        match click {
            Click::Answer => self.act(Action::Answer, popups),
            Click::AnswerAll => self.act(Action::AnswerAll, popups),
            Click::Forward => self.act(Action::Forward, popups),
            Click::Delete => self.act(Action::Delete, popups),
            Click::Archive => self.act(Action::Archive, popups),
            Click::Flag => self.act(Action::Flag, popups),
            Click::Unread => self.act(Action::Unread, popups),
            Click::MoveTo(folder) => desk.move_to(&folder),
            Click::GoOn => {
                if let (Some(place), Some(shown)) = (desk.place(), &desk.shown) {
                    let writing = Writing::draft_again(place, &shown.reading);
                    self.write(writing, self.open);
                }
            }
            Click::Save(files) => self.choose(Purpose::Save(files)),
        }
    }

    fn choose(&mut self, purpose: Purpose) {
        if let Some(disk) = &self.disk {
            self.chooser = Some(Chooser::open(purpose, &self.folder, disk));
        }
    }

    /// Does what a key asks for.
    pub(super) fn act(&mut self, action: Action, popups: &mut Popups) {
        let accounts = self.desks.len();
        let Some(desk) = self.desks.get_mut(self.open) else {
            return;
        };
        match action {
            Action::NewMessage => self.write(Writing::default(), self.open),
            Action::Answer => self.answer(Answer::Sender),
            Action::AnswerAll => self.answer(Answer::All),
            Action::Forward => {
                if let (Some(place), Some(shown)) = (desk.place(), &desk.shown) {
                    let writing = Writing::forward(place, &shown.reading);
                    self.write(writing, self.open);
                }
            }
            Action::Delete => desk.delete(),
            Action::Archive if !desk.move_to_use(&SpecialUse::Archive) => {
                popups.bad(
                    "Not archived",
                    "This account has no folder for an archive; move the message.",
                );
            }
            Action::Flag => desk.toggle(Flag::Flagged),
            Action::Unread => desk.toggle(Flag::Seen),
            Action::Search => self.list_pane.focus_search = true,
            Action::Down => self.step(1, Select::Only),
            Action::Up => self.step(-1, Select::Only),
            Action::GrowDown => self.step(1, Select::UpTo),
            Action::GrowUp => self.step(-1, Select::UpTo),
            Action::All => desk.list.select_all(),
            Action::Refresh => desk.refresh_all(),
            Action::NextAccount => self.open = (self.open + 1) % accounts,
            _ => {}
        }
    }

    fn answer(&mut self, whom: Answer) {
        let Some(desk) = self.desks.get(self.open) else {
            return;
        };
        let me = desk.account.address();
        if let (Some(place), Some(shown)) = (desk.place(), &desk.shown) {
            let writing = Writing::answer(place, &shown.reading, &me, whom);
            self.write(writing, self.open);
        }
    }

    /// The next message, or the one before.
    fn step(&mut self, by: isize, how: Select) {
        let Some(desk) = self.desks.get_mut(self.open) else {
            return;
        };
        let last = desk.list.len().saturating_sub(1);
        let at = desk
            .list
            .cursor()
            .map_or(0, |at| at.saturating_add_signed(by).min(last));
        desk.list.select(at, how);
        self.list_pane.follow = true;
        if how == Select::Only
            && let Some((uid, _)) = desk.list.row(at)
        {
            desk.read(uid);
        }
    }

    fn show_writings(&mut self, popups: &mut Popups) {
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
            let Some(desk) = self.desks.get_mut(compose.from) else {
                continue;
            };
            let done = match click {
                None => false,
                Some(compose::Click::Attach) => {
                    attach = Some(compose.number);
                    false
                }
                Some(compose::Click::Discard) => true,
                Some(compose::Click::Send) => send(desk, compose),
                Some(compose::Click::KeepDraft) => keep(desk, compose, popups),
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
fn keep(desk: &Desk, compose: &mut Compose, popups: &mut Popups) -> bool {
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
            let kept = desk.keep_draft(&draft, compose.writing.kept.clone());
            if !kept {
                popups.bad("Not kept", "This account has no folder for drafts.");
            }
            kept
        }
    }
}

/// How the account stands, above its list: what is wrong and what is on its way.
fn standing(ui: &mut Ui, desk: &mut Desk) {
    if let Standing::Lost(why, again) = &desk.standing {
        let next = match again {
            Some(pause) => format!("Next attempt in {} s.", pause.as_secs()),
            None => "It is not tried again by itself.".to_owned(),
        };
        look::wrong(ui, &format!("{why}. {next}"));
        if look::button(ui, Icon::RotateCw, "Try again now").clicked() {
            desk.refresh_all();
        }
    } else if let Some(trouble) = &desk.trouble {
        look::wrong(ui, trouble);
        if look::button(ui, Icon::RotateCw, "Try again now").clicked() {
            desk.refresh_all();
        }
    } else if let Some(done) = &desk.done {
        ui.label(RichText::new(done).small().color(look::palette(ui).faint));
    }
    for one in &desk.sendings {
        let words = format!("Sending {}", one.subject);
        ui.add(ProgressBar::new(one.progress).text(words));
    }
}
