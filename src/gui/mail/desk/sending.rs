//! What became of the messages of an account that were on their way.

use super::{Desk, Job, sender};
use crate::gui::model::writing::{About, Writing};
use crate::gui::popup::Popups;
use crate::message::{Flag, FlagChange, Flags};
use crate::protocol::imap::SpecialUse;

impl Desk {
    /// What is on its way. What could not be sent is handed back, to be mended.
    pub(super) fn hear_senders(&mut self, popups: &mut Popups) -> Vec<Writing> {
        let mut back = Vec::new();
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
                    self.sent(&one.writing, &refused, message, popups);
                }
                Some(sender::News::Failed(why)) => {
                    popups.bad("The message was not sent", why);
                    back.push(one.writing);
                }
                _ => still.push(one),
            }
        }
        self.sendings = still;
        back
    }

    fn sent(
        &mut self,
        writing: &Writing,
        refused: &[(String, String)],
        message: Vec<u8>,
        popups: &mut Popups,
    ) {
        match refused {
            [] => popups.good("Sent", "The message has been sent."),
            refused => {
                let lines = refused.iter().map(|(who, why)| format!("{who}: {why}"));
                let lines: Vec<String> = lines.collect();
                popups.bad("Sent, but not to all", lines.join("\n"));
            }
        }
        self.keep(&SpecialUse::Sent, Flags::from(Flag::Seen), message, None);
        if let Some((place, about)) = writing.about.clone() {
            let mut flags = Flags::new();
            match about {
                About::Answers => flags.set(Flag::Answered),
                About::Forwards => flags.set_keyword("$Forwarded"),
            }
            self.mailer.order(Job::Mark(place, FlagChange::Add(flags)));
        }
        if let Some(place) = writing.kept.clone() {
            self.mailer.order(Job::Discard(place));
        }
    }
}
