//! What a verb answers: replies, and what the conversation waits for after them.

use std::io;

use crate::mail::protocol::smtp::Reply;
use crate::mail::store::{StoreError, disk};
use crate::server::{self, Next};

/// One reply, none (more of the message must come first), or one for each recipient in LMTP.
pub(super) struct SmtpReplies {
    pub(super) replies: Vec<Reply>,
    pub(super) next: Next,
}

impl SmtpReplies {
    /// No reply yet; `next` comes first.
    pub(super) fn none(next: Next) -> SmtpReplies {
        let replies = Vec::new();
        SmtpReplies { replies, next }
    }

    /// This reply, and then `next`.
    pub(super) fn then(reply: Reply, next: Next) -> SmtpReplies {
        let replies = vec![reply];
        SmtpReplies { replies, next }
    }
}

/// One reply, and then another command.
impl From<Reply> for SmtpReplies {
    fn from(reply: Reply) -> SmtpReplies {
        SmtpReplies::then(reply, Next::Line)
    }
}

/// The octets of the replies. No other place in the server prints a reply.
impl From<SmtpReplies> for server::Reply {
    fn from(SmtpReplies { replies, next }: SmtpReplies) -> server::Reply {
        let text: String = replies.iter().map(Reply::to_string).collect();
        if text.is_empty() {
            return server::Reply::silent().then(next);
        }
        server::Reply::text(text, next)
    }
}

/// The reply to a failure of the store, which is not the client's mistake: it may try again (RFC
/// 5321 §4.2.2).
pub(super) fn store_failure(error: &StoreError) -> Reply {
    match error {
        StoreError::Disk(_, error) => disk_failure(error),
        other => {
            log::error!("{other}");
            Reply::STORAGE_FAILED.because("The mailbox cannot be opened now, try again later")
        }
    }
}

/// The reply to an error of the disk.
pub(super) fn disk_failure(error: &io::Error) -> Reply {
    log::error!("the store: {error}");
    if disk::is_full(error) {
        return Reply::DISK_FULL;
    }
    Reply::STORAGE_FAILED
}
