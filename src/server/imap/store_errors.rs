//! Errors of the store as replies, with the codes of RFC 5530 §3.

use crate::mail::protocol::imap::response::{Code, RefusalCode};
use crate::mail::store::{StoreError, disk};
use crate::server::imap::reply::CommandReply;

impl CommandReply {
    /// The store's refusal of a mailbox that is to get messages (RFC 3501 §7.1, TRYCREATE): the client
    /// may create the mailbox and try again.
    pub(crate) fn try_create(error: StoreError) -> CommandReply {
        match error {
            StoreError::NoSuchMailbox(_) => {
                CommandReply::no(error.to_string()).with_code(Code::TryCreate)
            }
            other => other.into(),
        }
    }
}

/// The store's refusals, with the codes of RFC 5530 §3. The disk's paths go to the log and not to the
/// client.
impl From<StoreError> for CommandReply {
    fn from(error: StoreError) -> CommandReply {
        let code = match &error {
            StoreError::NoSuchMailbox(_) => RefusalCode::Nonexistent,
            StoreError::MailboxExists(_) => RefusalCode::AlreadyExists,
            StoreError::BadName(..) => RefusalCode::Cannot,
            StoreError::UseTaken(..) => RefusalCode::UseAttr,
            StoreError::MessageGone => RefusalCode::ExpungeIssued,
            StoreError::HasChildren(_) => RefusalCode::HasChildren,
            StoreError::Disk(_, cause) => {
                log::error!("{error}");
                if disk::is_full(cause) {
                    let text = "the disk is full; nothing was stored";
                    return CommandReply::refused(RefusalCode::OverQuota, text);
                }
                let text = "the disk failed; see the server's log";
                return CommandReply::refused(RefusalCode::ServerBug, text);
            }
        };
        CommandReply::refused(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::mail::protocol::imap::{Alphabet, Tag};
    use crate::server::Part;

    #[test]
    fn a_disk_error_says_what_a_client_can_make_of_it_and_does_not_show_our_folders() {
        let rows = [
            (ErrorKind::StorageFull, "a1 NO [OVERQUOTA] "),
            (ErrorKind::QuotaExceeded, "a1 NO [OVERQUOTA] "),
            (ErrorKind::PermissionDenied, "a1 NO [SERVERBUG] "),
        ];
        for (kind, expected) in rows {
            let error = StoreError::Disk("/srv/mail".into(), kind.into());
            let tag = Tag::new("a1");
            let reply = CommandReply::from(error).under(tag.as_ref(), Alphabet::default());
            let [Part::Text(line)] = &reply.parts[..] else {
                panic!("one line");
            };
            let line = String::from_utf8_lossy(line);
            assert!(line.starts_with(expected), "{line}");
            assert!(!line.contains("/srv"), "{line}");
        }
    }
}
