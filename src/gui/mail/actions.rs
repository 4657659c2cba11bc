//! What follows from a click on a message and from a key.

use super::file_dialog::Purpose;
use super::{Mail, reading_pane};
use crate::gui::model::compose_form::{ComposeForm, ReplyTo};
use crate::gui::model::message_list::Select;
use crate::gui::popup::Popups;
use crate::gui::shortcuts::WindowAction;
use crate::mail::message::Flag;
use crate::mail::protocol::imap::SpecialUse;

impl Mail {
    /// Something was clicked in the pane of the message that is read.
    pub(super) fn reading_clicked(
        &mut self,
        click: reading_pane::ReadingClick,
        popups: &mut Popups,
    ) {
        use reading_pane::ReadingClick;
        let Some(account) = self.accounts.get_mut(self.open) else {
            return;
        };
        // The list may have been clicked elsewhere: what is read is what is meant.
        let meant = account.meant();
        match click {
            ReadingClick::Answer => self.act(WindowAction::Answer, popups),
            ReadingClick::AnswerAll => self.act(WindowAction::AnswerAll, popups),
            ReadingClick::Forward => self.act(WindowAction::Forward, popups),
            ReadingClick::Delete => self.act_on(WindowAction::Delete, meant, popups),
            ReadingClick::Archive => self.act_on(WindowAction::Archive, meant, popups),
            ReadingClick::Flag => self.act_on(WindowAction::Flag, meant, popups),
            ReadingClick::Unread => self.act_on(WindowAction::Unread, meant, popups),
            ReadingClick::MoveTo(folder) => account.move_to(&folder, meant),
            ReadingClick::GoOn => {
                if let (Some(place), Some(shown)) = (account.place(), &account.shown) {
                    let writing = ComposeForm::draft_again(place, &shown.reading);
                    self.write(writing, self.open);
                }
            }
            ReadingClick::Save(files) => self.choose(Purpose::Save(files)),
        }
    }

    /// Does what a key asks for; nothing while the card lies over the mail.
    pub(in crate::gui) fn act(&mut self, action: WindowAction, popups: &mut Popups) {
        if self.signing_in {
            return;
        }
        let accounts = self.accounts.len();
        let Some(account) = self.accounts.get_mut(self.open) else {
            return;
        };
        match action {
            WindowAction::NewMessage => self.write(ComposeForm::default(), self.open),
            WindowAction::Answer => self.answer(ReplyTo::Sender),
            WindowAction::AnswerAll => self.answer(ReplyTo::All),
            WindowAction::Forward => {
                if let (Some(place), Some(shown)) = (account.place(), &account.shown) {
                    let writing = ComposeForm::forward(place, &shown.reading);
                    self.write(writing, self.open);
                }
            }
            WindowAction::Delete
            | WindowAction::Archive
            | WindowAction::Flag
            | WindowAction::Unread => {
                let selected = account.list.selected();
                self.act_on(action, selected, popups);
            }
            WindowAction::Search => self.list_pane.focus_search = true,
            WindowAction::Down => self.step(1, Select::Only),
            WindowAction::Up => self.step(-1, Select::Only),
            WindowAction::GrowDown => self.step(1, Select::UpTo),
            WindowAction::GrowUp => self.step(-1, Select::UpTo),
            WindowAction::All => account.list.select_all(),
            WindowAction::Refresh => account.refresh_all(),
            WindowAction::NextAccount => self.open = (self.open + 1) % accounts,
            _ => {}
        }
    }

    /// Deletes, archives or marks these messages.
    fn act_on(&mut self, action: WindowAction, uids: Vec<u32>, popups: &mut Popups) {
        let Some(account) = self.accounts.get_mut(self.open) else {
            return;
        };
        match action {
            WindowAction::Delete => account.delete(uids),
            WindowAction::Archive => {
                let is_moved = account.move_to_use(&SpecialUse::Archive, uids);
                if !is_moved {
                    let words = "This account has no folder for an archive; move the message.";
                    popups.bad("Not archived", words);
                }
            }
            WindowAction::Flag => account.toggle(Flag::Flagged, uids),
            WindowAction::Unread => account.toggle(Flag::Seen, uids),
            _ => {}
        }
    }

    fn answer(&mut self, whom: ReplyTo) {
        let Some(account) = self.accounts.get(self.open) else {
            return;
        };
        let me = account.address();
        if let (Some(place), Some(shown)) = (account.place(), &account.shown) {
            let writing = ComposeForm::answer(place, &shown.reading, &me, whom);
            self.write(writing, self.open);
        }
    }

    /// The next message, or the one before.
    fn step(&mut self, by: isize, how: Select) {
        let Some(account) = self.accounts.get_mut(self.open) else {
            return;
        };
        let last = account.list.len().saturating_sub(1);
        let at = account
            .list
            .cursor()
            .map_or(0, |at| at.saturating_add_signed(by).min(last));
        account.list.select(at, how);
        self.list_pane.follow = true;
        if how == Select::Only
            && let Some((uid, _)) = account.list.row(at)
        {
            account.read(uid);
        }
    }
}
