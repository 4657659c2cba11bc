//! How a command ends: what is told on the way, then the tagged line (RFC 3501 §7).
//!
//! A verb's function returns `Result<CommandReply, CommandReply>`: a refusal is an answer too, so `?` ends a
//! command early. The tag is added once, in [`session`](crate::server::imap::session).

use crate::mail::store::{StoreError, disk};
use crate::server::{Next, Part, Reply};

/// What a verb's function returns.
pub(crate) type CommandResult = Result<CommandReply, CommandReply>;

/// Untagged responses and the tagged end of a command.
pub(crate) struct CommandReply {
    /// Sent before the tagged line.
    pub(crate) parts: Vec<Part>,
    /// The tagged line, without its tag; `None` if it comes as the last of the parts, or later.
    ending: Option<(Condition, String)>,
    /// What the conversation waits for then.
    pub(crate) next: Next,
}

/// The tagged status responses (RFC 3501 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Done.
    Ok,
    /// Understood, and not done.
    No,
    /// Not understood, or not now.
    Bad,
}

impl CommandReply {
    /// The command is done: `CREATE completed`.
    pub(crate) fn ok(text: impl Into<String>) -> CommandReply {
        CommandReply::new(Condition::Ok, text)
    }

    /// The command is refused or failed.
    pub(crate) fn no(text: impl Into<String>) -> CommandReply {
        CommandReply::new(Condition::No, text)
    }

    /// The command cannot be understood, or not in this state.
    pub(crate) fn bad(text: impl Into<String>) -> CommandReply {
        CommandReply::new(Condition::Bad, text)
    }

    /// The store's refusal of a mailbox to put messages into: the client may make it and try again
    /// (RFC 3501 §7.1, TRYCREATE).
    pub(crate) fn try_create(error: StoreError) -> CommandReply {
        match error {
            StoreError::NoSuchMailbox(_) => CommandReply::no(format!("[TRYCREATE] {error}")),
            other => other.into(),
        }
    }

    fn new(condition: Condition, text: impl Into<String>) -> CommandReply {
        CommandReply {
            parts: Vec::new(),
            ending: Some((condition, text.into())),
            next: Next::Line,
        }
    }

    /// An answer without a tagged line of its own: it is made as it is sent, or the command goes on.
    pub(crate) fn untagged(part: Part) -> CommandReply {
        CommandReply {
            parts: vec![part],
            ending: None,
            next: Next::Line,
        }
    }

    /// The same, with these untagged lines before the tagged one.
    pub(crate) fn with(mut self, untagged: impl Into<Vec<u8>>) -> CommandReply {
        self.parts.push(Part::Text(untagged.into()));
        self
    }

    /// The same, with these untagged lines before everything else.
    pub(crate) fn after(mut self, untagged: Vec<u8>) -> CommandReply {
        self.parts.insert(0, Part::Text(untagged));
        self
    }

    /// The same, then what `next` says.
    pub(crate) fn then(mut self, next: Next) -> CommandReply {
        self.next = next;
        self
    }

    /// The end of the conversation (RFC 3501 §7.1.5).
    pub(crate) fn bye(why: &str) -> CommandReply {
        let line = format!("* BYE {why}\r\n").into_bytes();
        CommandReply::untagged(Part::Text(line)).then(Next::Close)
    }

    /// Is it the NO that ends a command?
    pub(crate) fn is_no(&self) -> bool {
        matches!(self.ending, Some((Condition::No, _)))
    }

    /// Does the tagged line follow at once, and the conversation go on? Then there is room for news.
    pub(crate) fn takes_news(&self) -> bool {
        self.ending.is_some() && !matches!(self.next, Next::Close)
    }

    /// The whole of it, under the command's tag.
    pub(crate) fn reply(mut self, tag: &str) -> Reply {
        if let Some((condition, text)) = self.ending {
            let line = format!("{tag} {} {}\r\n", condition.word(), ascii(&text));
            self.parts.push(Part::Text(line.into_bytes()));
        }
        Reply {
            parts: self.parts,
            next: self.next,
        }
    }
}

/// A name that the text repeats may be in any script, but the text is ASCII (RFC 3501 §9, `text`).
fn ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for char in text.chars() {
        match char.is_ascii() {
            true => ascii.push(char),
            false => ascii.extend(char.escape_unicode()),
        }
    }
    ascii
}

impl Condition {
    /// As it stands on the wire.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Condition::Ok => "OK",
            Condition::No => "NO",
            Condition::Bad => "BAD",
        }
    }
}

/// The store's refusals, with the codes of RFC 5530 §3. The disk's paths are ours alone: they go to
/// the log, not to the client.
impl From<StoreError> for CommandReply {
    fn from(error: StoreError) -> CommandReply {
        match &error {
            StoreError::NoSuchMailbox(_) => CommandReply::no(format!("[NONEXISTENT] {error}")),
            StoreError::MailboxExists(_) => CommandReply::no(format!("[ALREADYEXISTS] {error}")),
            StoreError::BadName(..) => CommandReply::no(format!("[CANNOT] {error}")),
            StoreError::UseTaken(..) => CommandReply::no(format!("[USEATTR] {error}")),
            StoreError::MessageGone => CommandReply::no(format!("[EXPUNGEISSUED] {error}")),
            StoreError::HasChildren(_) => CommandReply::no(format!("[HASCHILDREN] {error}")),
            StoreError::Disk(_, cause) => {
                log::error!("{error}");
                match disk::is_full(cause) {
                    true => CommandReply::no("[OVERQUOTA] the disk is full; nothing was stored"),
                    false => {
                        CommandReply::no("[SERVERBUG] the disk failed; the server's log says how")
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::panic)]

    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn a_disk_error_says_what_a_client_can_make_of_it_and_does_not_show_our_folders() {
        let rows = [
            (ErrorKind::StorageFull, "a1 NO [OVERQUOTA] "),
            (ErrorKind::QuotaExceeded, "a1 NO [OVERQUOTA] "),
            (ErrorKind::PermissionDenied, "a1 NO [SERVERBUG] "),
        ];
        for (kind, expected) in rows {
            let error = StoreError::Disk("/srv/mail".into(), kind.into());
            let reply = CommandReply::from(error).reply("a1");
            let [Part::Text(line)] = &reply.parts[..] else {
                panic!("one line");
            };
            let line = String::from_utf8_lossy(line);
            assert!(line.starts_with(expected), "{line}");
            assert!(!line.contains("/srv"), "{line}");
        }
    }
}
