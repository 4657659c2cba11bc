//! IDLE: the client waits, and hears what is new as it happens (RFC 2177).

use super::answer::{Answer, Answered};
use super::merge::Telling;
use super::session::{Expecting, ImapServer, State};
use crate::mail::net::Bell;
use crate::mail::store::WatchGuard;
use crate::server::{Next, Part, Reply};

/// An IDLE that is under way.
pub(super) struct Idling {
    tag: String,
    bell: Bell,
    /// Rings the bell; nothing does when no mailbox is selected.
    _watch: Option<WatchGuard>,
}

impl ImapServer {
    /// RFC 2177 §3. What is new already is told at once, behind the `+`.
    pub(super) fn idle(&mut self, tag: &str) -> Answered {
        self.account()?;
        let bell = Bell::new().map_err(|error| {
            log::error!("IDLE: {error}");
            Answer::no("[SERVERBUG] no resources to idle; use NOOP")
        })?;
        // Watching begins before anybody looks for news, so nothing falls between the two.
        let watch = match &self.state {
            State::Selected(_, view) => Some(view.mailbox().watch(&bell)),
            _ => None,
        };
        let news = self.news_now(Telling::ALL)?;
        let waiting = Next::Idle(bell.clone());
        self.expecting = Expecting::Done(Idling {
            tag: tag.to_owned(),
            bell,
            _watch: watch,
        });
        let plus = Part::Text(b"+ idling\r\n".to_vec());
        Ok(Answer::untagged(plus).with(news).then(waiting))
    }

    /// The bell rang: what is new?
    pub(super) fn idle_news(&mut self) -> Reply {
        let Expecting::Done(idling) = &self.expecting else {
            return Reply::silent();
        };
        let (tag, bell) = (idling.tag.clone(), idling.bell.clone());
        // Silenced before we look, so that what comes after rings again.
        bell.answer();
        // Nobody counts on message numbers while idling.
        match self.news_now(Telling::ALL) {
            Ok(news) => Reply::text(news, Next::Idle(bell)),
            Err(goodbye) => goodbye.reply(&tag),
        }
    }

    /// The line that ends an IDLE (RFC 2177 §3); any other is the client's mistake, and ends it too.
    pub(super) fn done(&mut self, idling: &Idling, line: &[u8]) -> Reply {
        let answered = match line.eq_ignore_ascii_case(b"DONE") {
            true => Ok(Answer::ok("IDLE completed")),
            false => Err(Answer::bad("expected DONE, which ends IDLE")),
        };
        self.conclude(&idling.tag, Telling::ALL, answered)
    }
}
