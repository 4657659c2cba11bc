//! IDLE: the client waits, and hears what is new as it happens (RFC 2177).

use crate::mail::net::Waker;
use crate::mail::store::WatchGuard;
use crate::server::imap::reply::{CommandReply, CommandResult};
use crate::server::imap::session::{Expecting, ImapServer, ImapState};
use crate::server::imap::updates::PendingUpdates;
use crate::server::{Next, Part, Reply};

/// An IDLE that is under way.
pub(crate) struct Idling {
    tag: String,
    bell: Waker,
    /// Rings the bell; nothing does when no mailbox is selected.
    _watch: Option<WatchGuard>,
}

impl ImapServer {
    /// RFC 2177 §3. What is new already is told at once, behind the `+`.
    pub(crate) fn idle(&mut self, tag: &str) -> CommandResult {
        self.account()?;
        let bell = Waker::new().map_err(|error| {
            log::error!("IDLE: {error}");
            CommandReply::no("[SERVERBUG] no resources to idle; use NOOP")
        })?;
        // Watching begins before anybody looks for news, so nothing falls between the two.
        let watch = match &self.state {
            ImapState::Selected(_, view) => Some(view.mailbox().watch(&bell)),
            _ => None,
        };
        let news = self.news_now(PendingUpdates::ALL)?;
        let waiting = Next::Idle(bell.clone());
        self.expecting = Expecting::Done(Idling {
            tag: tag.to_owned(),
            bell,
            _watch: watch,
        });
        let plus = Part::Text(b"+ idling\r\n".to_vec());
        Ok(CommandReply::untagged(plus).with(news).then(waiting))
    }

    /// The bell rang: what is new?
    pub(crate) fn idle_news(&mut self) -> Reply {
        let Expecting::Done(idling) = &self.expecting else {
            return Reply::silent();
        };
        let (tag, bell) = (idling.tag.clone(), idling.bell.clone());
        // Silenced before we look, so that what comes after rings again.
        bell.clear();
        // Nobody counts on message numbers while idling.
        match self.news_now(PendingUpdates::ALL) {
            Ok(news) => Reply::text(news, Next::Idle(bell)),
            Err(goodbye) => goodbye.reply(&tag),
        }
    }

    /// The line that ends an IDLE (RFC 2177 §3); any other is the client's mistake, and ends it too.
    pub(crate) fn done(&mut self, idling: &Idling, line: &[u8]) -> Reply {
        let answered = match line.eq_ignore_ascii_case(b"DONE") {
            true => Ok(CommandReply::ok("IDLE completed")),
            false => Err(CommandReply::bad("expected DONE, which ends IDLE")),
        };
        self.conclude(&idling.tag, PendingUpdates::ALL, answered)
    }
}
