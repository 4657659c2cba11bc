//! What a click on a message, or a key, does in the mail view.

use super::Mail;
use super::file_dialog::Purpose;
use super::reading_pane::ReadingClick;
use crate::gui::model::compose_form::{ComposeForm, ReplyTo};
use crate::gui::model::message_list::Select;
use crate::gui::popup::Popups;
use crate::gui::shortcuts::WindowAction;
use crate::mail::message::Flag;
use crate::mail::protocol::imap::SpecialUse;

impl Mail {
    /// Does what was clicked in the pane of the message that is read.
    pub(super) fn reading_clicked(&mut self, click: ReadingClick, popups: &mut Popups) {
        let Some(account) = self.accounts.get_mut(self.current) else {
            return;
        };
        // Another message may be selected in the list: the buttons are for the one that is read.
        let meant = account.meant();
        match click {
            ReadingClick::Reply => self.reply(ReplyTo::Sender),
            ReadingClick::ReplyAll => self.reply(ReplyTo::All),
            ReadingClick::Forward => self.forward(),
            ReadingClick::Delete => account.delete(meant),
            ReadingClick::Archive => self.archive(meant, popups),
            ReadingClick::Flag => account.toggle(Flag::Flagged, meant),
            ReadingClick::Unread => account.toggle(Flag::Seen, meant),
            ReadingClick::MoveTo(folder) => account.move_to(&folder, meant),
            ReadingClick::Continue => {
                if let (Some(place), Some(shown)) = (account.place(), &account.shown) {
                    let form = ComposeForm::continued(place, &shown.reading);
                    self.write(form);
                }
            }
            ReadingClick::Save(files) => self.choose(Purpose::Save(files)),
        }
    }

    /// Does what a key asks for; nothing while the sign-in card covers the mail.
    pub(in crate::gui) fn act(&mut self, action: WindowAction, popups: &mut Popups) {
        if self.signing_in {
            return;
        }
        let accounts = self.accounts.len();
        let Some(account) = self.accounts.get_mut(self.current) else {
            return;
        };
        let selected = account.list.selected();
        match action {
            WindowAction::NewMessage => self.write(ComposeForm::default()),
            WindowAction::Reply => self.reply(ReplyTo::Sender),
            WindowAction::ReplyAll => self.reply(ReplyTo::All),
            WindowAction::Forward => self.forward(),
            WindowAction::Delete => account.delete(selected),
            WindowAction::Archive => self.archive(selected, popups),
            WindowAction::Flag => account.toggle(Flag::Flagged, selected),
            WindowAction::Unread => account.toggle(Flag::Seen, selected),
            WindowAction::Search => self.list_pane.focus_search = true,
            WindowAction::Down => self.step(1, Select::Only),
            WindowAction::Up => self.step(-1, Select::Only),
            WindowAction::GrowDown => self.step(1, Select::UpTo),
            WindowAction::GrowUp => self.step(-1, Select::UpTo),
            WindowAction::All => account.list.select_all(),
            WindowAction::Refresh => account.refresh_all(),
            WindowAction::NextAccount => self.current = (self.current + 1) % accounts,
            _ => {}
        }
    }

    fn reply(&mut self, to: ReplyTo) {
        let Some(account) = self.accounts.get(self.current) else {
            return;
        };
        if let (Some(place), Some(shown)) = (account.place(), &account.shown) {
            let form = ComposeForm::reply(place, &shown.reading, &account.address(), to);
            self.write(form);
        }
    }

    fn forward(&mut self) {
        let Some(account) = self.accounts.get(self.current) else {
            return;
        };
        if let (Some(place), Some(shown)) = (account.place(), &account.shown) {
            let form = ComposeForm::forward(place, &shown.reading);
            self.write(form);
        }
    }

    fn archive(&mut self, uids: Vec<u32>, popups: &mut Popups) {
        let Some(account) = self.accounts.get_mut(self.current) else {
            return;
        };
        if !account.move_to_use(&SpecialUse::Archive, uids) {
            let words = "This account has no archive folder; move the message instead.";
            popups.bad("Not archived", words);
        }
    }

    /// Goes to the next message in the list, or to the previous one.
    fn step(&mut self, by: isize, how: Select) {
        let Some(account) = self.accounts.get_mut(self.current) else {
            return;
        };
        let last = account.list.len().saturating_sub(1);
        let at = match account.list.cursor() {
            Some(at) => at.saturating_add_signed(by).min(last),
            None => 0,
        };
        account.list.select(at, how);
        self.list_pane.follow = true;
        if how == Select::Only
            && let Some((uid, _)) = account.list.row(at)
        {
            account.read(uid);
        }
    }
}
