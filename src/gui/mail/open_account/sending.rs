//! What became of the messages of an account that were on their way.

use super::{AccountEffects, ImapJob, OpenAccount};
use crate::gui::mail::imap_worker::ImapUpdate;
use crate::gui::mail::smtp_worker::SendingUpdate;
use crate::gui::model::compose_form::{ComposeForm, MessageLocation, Relation};
use crate::gui::popup::Popups;
use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::protocol::imap::SpecialUse;

impl OpenAccount {
    /// What is on its way. What could not be sent is handed back, to be mended.
    pub(super) fn hear_senders(&mut self, popups: &mut Popups, heard: &mut AccountEffects) {
        let (mut still, sendings) = (Vec::new(), std::mem::take(&mut self.sendings));
        for mut one in sendings {
            let news: Vec<SendingUpdate> = one.sending.news().collect();
            let mut ended = None;
            for news in news {
                match news {
                    SendingUpdate::Progress(progress) => one.progress = progress,
                    end => ended = Some(end),
                }
            }
            match ended {
                Some(SendingUpdate::Sent(refused, message)) => {
                    popups.sent(&refused);
                    self.keep(&SpecialUse::Sent, Flags::from(Flag::Seen), message, None);
                    heard.errands.extend(errands(&one.writing));
                }
                Some(SendingUpdate::Failed(why)) => {
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
    pub(super) fn hear_keeping(
        &mut self,
        news: &ImapUpdate,
        popups: &mut Popups,
        heard: &mut AccountEffects,
    ) {
        let (ticket, trouble) = match news {
            ImapUpdate::Kept(_, ticket) => (Some(*ticket), None),
            ImapUpdate::Trouble(trouble) => (trouble.unkept, Some(trouble)),
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
                let elsewhere = |place: &MessageLocation| place.account != self.account.address();
                let other = writing.kept.filter(elsewhere);
                heard.errands.extend(other.map(ImapJob::Discard));
            }
        }
    }
}

/// What is to be done, now that it was sent, with the messages that it came from.
fn errands(writing: &ComposeForm) -> Vec<ImapJob> {
    let mark = writing.about.clone().map(|(place, about)| {
        let mut flags = Flags::new();
        match about {
            Relation::Answers => flags.set(Flag::Answered),
            Relation::Forwards => flags.set_keyword("$Forwarded"),
        }
        ImapJob::Mark(place, FlagChange::Add(flags))
    });
    let discard = writing.kept.clone().map(ImapJob::Discard);
    mark.into_iter().chain(discard).collect()
}
