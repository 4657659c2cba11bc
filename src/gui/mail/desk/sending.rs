//! What became of the messages of an account that were on their way.

use super::{Desk, Heard, Job, sender};
use crate::gui::mail::mailer::News;
use crate::gui::model::writing::{About, Place, Writing};
use crate::gui::popup::Popups;
use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::protocol::imap::SpecialUse;

impl Desk {
    /// What is on its way. What could not be sent is handed back, to be mended.
    pub(super) fn hear_senders(&mut self, popups: &mut Popups, heard: &mut Heard) {
        let (mut still, sendings) = (Vec::new(), std::mem::take(&mut self.sendings));
        for mut one in sendings {
            let news: Vec<sender::News> = one.sending.news().collect();
            let mut ended = None;
            for news in news {
                match news {
                    sender::News::Progress(progress) => one.progress = progress,
                    end => ended = Some(end),
                }
            }
            match ended {
                Some(sender::News::Sent(refused, message)) => {
                    popups.sent(&refused);
                    self.keep(&SpecialUse::Sent, Flags::from(Flag::Seen), message, None);
                    heard.errands.extend(errands(&one.writing));
                }
                Some(sender::News::Failed(why)) => {
                    popups.bad("The message was not sent", why);
                    heard.back.push(one.writing);
                }
                _ => still.push(one),
            }
        }
        self.sendings = still;
    }

    /// Was a message kept that was to be? One that was not is handed back; one that came from another account's
    /// draft takes its place now.
    pub(super) fn hear_keeping(&mut self, news: &News, popups: &mut Popups, heard: &mut Heard) {
        let (ticket, trouble) = match news {
            News::Kept(_, ticket) => (Some(*ticket), None),
            News::Trouble(trouble) => (trouble.unkept, Some(trouble)),
            _ => (None, None),
        };
        let mut keepings = self.keepings.iter();
        let Some(at) = keepings.position(|one| Some(one.ticket) == ticket) else {
            return;
        };
        let Some(writing) = self.keepings.remove(at).writing else {
            return;
        };
        match trouble {
            Some(trouble) => {
                popups.bad("The draft was not kept", &trouble.why);
                heard.back.push(writing);
            }
            None => {
                let elsewhere = |place: &Place| place.account != self.account.address();
                let other = writing.kept.filter(elsewhere);
                heard.errands.extend(other.map(Job::Discard));
            }
        }
    }
}

/// What is to be done, now that it was sent, with the messages that it came from.
fn errands(writing: &Writing) -> Vec<Job> {
    let mark = writing.about.clone().map(|(place, about)| {
        let mut flags = Flags::new();
        match about {
            About::Answers => flags.set(Flag::Answered),
            About::Forwards => flags.set_keyword("$Forwarded"),
        }
        Job::Mark(place, FlagChange::Add(flags))
    });
    let discard = writing.kept.clone().map(Job::Discard);
    mark.into_iter().chain(discard).collect()
}
