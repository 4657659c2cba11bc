//! IDLE: the client waits and receives updates as they happen (RFC 2177).

use super::reply::{CommandReply, ImapResult};
use super::updates::PendingUpdates;
use super::{Expecting, ImapServer, ImapState};
use crate::mail::net::Waker;
use crate::mail::protocol::imap::Response;
use crate::mail::protocol::imap::response::RefusalCode;
use crate::mail::store::WatchGuard;
use crate::server::{Next, Reply};

/// An IDLE in progress.
pub(crate) struct Idling {
    waker: Waker,
    /// Wakes the session when the selected mailbox changes; `None` without a selected mailbox.
    _watch: Option<WatchGuard>,
}

impl ImapServer {
    /// RFC 2177 §3. Updates that are already known follow the `+` at once.
    pub(crate) fn idle(&mut self) -> ImapResult {
        self.account()?;
        let waker = Waker::new().map_err(|error| {
            log::error!("IDLE: {error}");
            let text = "no resources for IDLE; use NOOP";
            CommandReply::refused(RefusalCode::ServerBug, text)
        })?;
        // Watching begins before the first look at the mailbox, so no change is missed.
        let watch = match &self.state {
            ImapState::Selected(_, view) => Some(view.mailbox().watch(&waker)),
            _ => None,
        };
        let updates = self.updates(PendingUpdates::ALL)?;
        self.expecting = Expecting::Done(Idling { waker: waker.clone(), _watch: watch });
        let plus = Response::Continue(b"idling".to_vec());
        Ok(CommandReply::untagged([plus]).with_all(updates).then(Next::Idle(waker)))
    }

    /// Sends the updates that have woken the session.
    pub(crate) fn idle_updates(&mut self) -> Reply {
        let Expecting::Done(idling) = &self.expecting else {
            return Reply::silent();
        };
        let waker = idling.waker.clone();
        // The waker is cleared before we look, so that a later change wakes us again.
        waker.clear();
        // No message number is in use while the client idles.
        match self.updates(PendingUpdates::ALL) {
            Ok(updates) => self.reply(CommandReply::untagged(updates).then(Next::Idle(waker))),
            Err(bye) => self.reply(bye),
        }
    }

    /// Takes the line that ends IDLE (RFC 2177 §3). Any other line is an error, and ends it too.
    pub(crate) fn done(&mut self, _idling: &Idling, line: &[u8]) -> Reply {
        let result = if line.eq_ignore_ascii_case(b"DONE") {
            Ok(CommandReply::ok("IDLE completed"))
        } else {
            Err(CommandReply::bad("expected DONE, which ends IDLE"))
        };
        self.finish(PendingUpdates::ALL, result)
    }
}
