//! How a FETCH ends if something is missing in its reply.

use crate::mail::protocol::imap::response::{Code, Condition, RefusalCode, Status};

/// Why something is missing in the reply. The worst reason is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Missing {
    /// A message is gone (RFC 2180 §4.1).
    Gone,
    /// A part is in an unknown transfer encoding (RFC 3516 §4.3).
    UnknownEncoding,
    /// The disk failed.
    Failed,
}

/// Returns how a FETCH ends: only after the last response is it known whether all messages were there.
pub(crate) fn final_status(missing: Option<Missing>, by_uid: bool) -> Status {
    let (condition, code, text) = match missing {
        None => return Status::new(Condition::Ok, "FETCH completed"),
        // RFC 3501 §6.4.8: a UID that does not exist is ignored without any error.
        Some(Missing::Gone) if by_uid => {
            (Condition::Ok, RefusalCode::ExpungeIssued, "FETCH completed")
        }
        Some(Missing::Gone) => {
            (Condition::No, RefusalCode::ExpungeIssued, "Some of the messages no longer exist")
        }
        Some(Missing::UnknownEncoding) => (
            Condition::No,
            RefusalCode::UnknownCte,
            "Some of the parts are in an unknown transfer encoding",
        ),
        Some(Missing::Failed) => (
            Condition::No,
            RefusalCode::ServerBug,
            "Some messages cannot be read; see the server's log",
        ),
    };
    Status::new(condition, text).with(Code::Refusal(code))
}
