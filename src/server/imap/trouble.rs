//! Replies to what is not a command: invalid commands, lines that are too long, trouble on the line.

use std::mem;

use super::reply::CommandReply;
use super::view::ViewLost;
use super::{Expecting, ImapServer};
use crate::limits;
use crate::server::{Reply, Trouble};

impl ImapServer {
    /// Ends the conversation because the selected mailbox is lost.
    pub(crate) fn bye_for_lost(&self, lost: ViewLost) -> CommandReply {
        match lost {
            ViewLost::NewUidValidity => {
                CommandReply::bye("UIDVALIDITY has changed; select the mailbox again")
            }
            // RFC 2180 §3.3. EXPUNGE responses would be wrong if the mailbox was only renamed.
            ViewLost::Deleted => CommandReply::bye("the selected mailbox was deleted or renamed"),
            ViewLost::Store(error) => {
                log::error!("{}: {error}", self.peer.address);
                CommandReply::bye("the selected mailbox cannot be read any more")
            }
        }
    }

    /// Words trouble on the line.
    pub(crate) fn bye_for(&mut self, trouble: Trouble) -> Reply {
        let why = match trouble {
            Trouble::LineTooLong => return self.line_too_long(),
            Trouble::LineEndless => "Line too long, closing connection",
            Trouble::TimedOut => "Autologout; idle for too long",
            Trouble::ShuttingDown => "Server shutting down",
            Trouble::TooManyConnections => "too many connections; try again later",
            Trouble::PlaintextAfterStartTls => "Unencrypted data after STARTTLS",
        };
        self.reply(CommandReply::bye(why))
    }

    /// Replies to an invalid command. A client that keeps sending them is disconnected.
    pub(crate) fn bad_command(&mut self, why: &str) -> Reply {
        self.bad_commands += 1;
        if self.bad_commands >= limits::BAD_COMMANDS {
            return self.reply(CommandReply::bye("too many bad commands"));
        }
        self.reply(CommandReply::bad(why))
    }

    /// The line is lost, and with it the command that it belonged to.
    pub(crate) fn line_too_long(&mut self) -> Reply {
        match mem::take(&mut self.expecting) {
            Expecting::Command(_) => {
                let most = self.site.limits.line_length;
                self.bad_command(&format!("expected a line of at most {most} octets"))
            }
            Expecting::Refused(refusal) => self.reply(refusal),
            Expecting::Authenticate(_) => self.bad_command("the answer is too long"),
            Expecting::Append(appending) => self.append_end(*appending, b"too long"),
            Expecting::Done(idling) => self.done(&idling, b"too long"),
        }
    }
}
