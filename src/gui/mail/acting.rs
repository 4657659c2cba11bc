//! What follows from a click on a message and from a key.

use super::chooser::Purpose;
use super::{Mail, reading_pane};
use crate::gui::model::list::Select;
use crate::gui::model::writing::{Answer, Writing};
use crate::gui::popup::Popups;
use crate::gui::shortcuts::Action;
use crate::mail::message::Flag;
use crate::mail::protocol::imap::SpecialUse;

impl Mail {
    /// Something was clicked in the pane of the message that is read.
    pub(super) fn reading_clicked(&mut self, click: reading_pane::Click, popups: &mut Popups) {
        use reading_pane::Click;
        let Some(desk) = self.desks.get_mut(self.open) else {
            return;
        };
        // The list may have been clicked elsewhere: what is read is what is meant.
        let meant = desk.meant();
        match click {
            Click::Answer => self.act(Action::Answer, popups),
            Click::AnswerAll => self.act(Action::AnswerAll, popups),
            Click::Forward => self.act(Action::Forward, popups),
            Click::Delete => self.act_on(Action::Delete, meant, popups),
            Click::Archive => self.act_on(Action::Archive, meant, popups),
            Click::Flag => self.act_on(Action::Flag, meant, popups),
            Click::Unread => self.act_on(Action::Unread, meant, popups),
            Click::MoveTo(folder) => desk.move_to(&folder, meant),
            Click::GoOn => {
                if let (Some(place), Some(shown)) = (desk.place(), &desk.shown) {
                    let writing = Writing::draft_again(place, &shown.reading);
                    self.write(writing, self.open);
                }
            }
            Click::Save(files) => self.choose(Purpose::Save(files)),
        }
    }

    /// Does what a key asks for; nothing while the card lies over the mail.
    pub(in crate::gui) fn act(&mut self, action: Action, popups: &mut Popups) {
        if self.signing_in {
            return;
        }
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
            Action::Delete | Action::Archive | Action::Flag | Action::Unread => {
                let selected = desk.list.selected();
                self.act_on(action, selected, popups);
            }
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

    /// Deletes, archives or marks these messages.
    fn act_on(&mut self, action: Action, uids: Vec<u32>, popups: &mut Popups) {
        let Some(desk) = self.desks.get_mut(self.open) else {
            return;
        };
        match action {
            Action::Delete => desk.delete(uids),
            Action::Archive => {
                let is_moved = desk.move_to_use(&SpecialUse::Archive, uids);
                if !is_moved {
                    let words = "This account has no folder for an archive; move the message.";
                    popups.bad("Not archived", words);
                }
            }
            Action::Flag => desk.toggle(Flag::Flagged, uids),
            Action::Unread => desk.toggle(Flag::Seen, uids),
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
}
