//! Conversations: which message answers which (RFC 5256 §3).
//!
//! [`ordered_subject()`] and [`references()`] are the two algorithms, each in a file to be read beside
//! the RFC. Both make [`Threads`] of [`Member`]s; both know nothing of mailboxes. [`message_id`] and
//! [`parents`] read the identifiers in a header.
//!
//! A conversation may be a hundred thousand answers deep, so no function here is recursive: messages are
//! in one list and refer to each other by their place in it.

mod message_ids;
mod ordered_subject;
mod references;

pub use message_ids::{MessageId, message_id, parents};
pub use ordered_subject::ordered_subject;
pub use references::references;

use super::BaseSubject;

/// A message to be threaded.
///
/// Its place among the others is its sequence: of two that were sent at the same moment, the earlier one
/// in the list comes first (RFC 5256 §2.2).
#[derive(Clone, Debug)]
pub struct Member {
    /// The time at which it was sent, in seconds since 1970 (RFC 5256 §2.2).
    pub sent: i64,
    /// Its base subject, prepared for comparison.
    pub subject: BaseSubject,
    /// Its Message-ID, if it has a valid one.
    pub id: Option<MessageId>,
    /// The messages before it in the conversation, the oldest first (RFC 5256 §3).
    pub references: Vec<MessageId>,
}

/// Conversations, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Threads {
    /// The first message of each conversation, by its place in `nodes`.
    pub roots: Vec<usize>,
    /// All messages; those in no conversation are not reached from the roots.
    pub nodes: Vec<Node>,
}

/// A message in a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its place among the members; `None` for a dummy, in place of a message that does not exist.
    pub member: Option<usize>,
    /// Its answers in order, by their places in [`Threads::nodes`].
    pub children: Vec<usize>,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::mail::message::casemap;

    /// A member: when it was sent, its subject, its Message-ID, its references; `<` and `>` left out.
    pub(super) fn member(sent: i64, subject: &str, id: &str, references: &str) -> Member {
        let base = BaseSubject::of(subject);
        let ids = |text: &str| -> Vec<MessageId> {
            let ids = text.split_whitespace();
            ids.flat_map(|id| message_id(format!("<{id}@x>").as_bytes())).collect()
        };
        Member {
            sent,
            subject: BaseSubject { text: casemap::prepared(&base.text), ..base },
            id: ids(id).pop(),
            references: ids(references),
        }
    }

    /// As a THREAD response shows them, members counted from 1.
    pub(super) fn shown(threads: &Threads) -> String {
        let roots = threads.roots.iter();
        roots.map(|root| format!("({})", shown_from(threads, *root))).collect()
    }

    fn shown_from(threads: &Threads, at: usize) -> String {
        let node = &threads.nodes[at];
        let mut pieces: Vec<String> =
            node.member.map(|n| (n + 1).to_string()).into_iter().collect();
        match &node.children[..] {
            [only] if node.member.is_some() => pieces.push(shown_from(threads, *only)),
            [] => {}
            children => {
                let child = |child: &usize| format!("({})", shown_from(threads, *child));
                pieces.push(children.iter().map(child).collect());
            }
        }
        pieces.join(" ")
    }
}
