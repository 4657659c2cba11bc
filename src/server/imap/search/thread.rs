//! THREAD: the messages found, as conversations (RFC 5256 §3). The algorithms are in
//! [`message::thread`](crate::mail::message::thread).

use crate::mail::message::thread::{self, Member, Node, Threads, message_id, ordered_subject};
use crate::mail::protocol::imap::response::Threaded;
use crate::mail::protocol::imap::search::Algorithm;
use crate::mail::protocol::imap::{Response, Thread};
use crate::mail::store::{Message, StoreError};
use crate::server::imap::ImapServer;
use crate::server::imap::messages::mailbox_reader::MailboxReader;
use crate::server::imap::reply::{CommandReply, ImapResult};
use crate::server::imap::search::numbers_or_uids;
use crate::server::imap::search::plan::SearchPlan;
use crate::server::imap::search::sort_keys::{base_subject, sent_or_arrived};
use crate::server::imap::view::View;

impl ImapServer {
    /// RFC 5256 §3, BASE.6.4.THREAD; UID THREAD: BASE.6.4.8.
    pub(crate) fn thread(&mut self, thread: &Thread, by_uid: bool) -> ImapResult {
        let view = self.view()?;
        let found = SearchPlan::new(view, Some(&thread.charset), &thread.keys)?.found()?;
        let (members, numbers) = members(view, thread.algorithm, found)?;
        let threads = match thread.algorithm {
            Algorithm::OrderedSubject => ordered_subject(&members),
            Algorithm::References => thread::references(&members),
        };
        let messages = flattened(&threads, &numbers_or_uids(view, numbers, by_uid));
        Ok(CommandReply::ok("THREAD completed").with(Response::Thread(messages)))
    }
}

/// Returns what the algorithms need, and the numbers of the messages that still exist.
fn members(
    view: &View,
    algorithm: Algorithm,
    found: Vec<u32>,
) -> Result<(Vec<Member>, Vec<u32>), StoreError> {
    let mut members = Vec::new();
    let mut numbers = Vec::new();
    for number in found {
        let Some(message) = view.message(number) else {
            continue;
        };
        match member(view.reader(), message, algorithm) {
            Ok(member) => members.push(member),
            Err(StoreError::MessageGone) => continue,
            Err(error) => return Err(error),
        }
        numbers.push(number);
    }
    Ok((members, numbers))
}

fn member(
    reader: &MailboxReader,
    message: &Message,
    algorithm: Algorithm,
) -> Result<Member, StoreError> {
    let header = reader.header(message)?;
    let by_references = algorithm == Algorithm::References;
    let ids = by_references.then_some(&*header.fields);
    Ok(Member {
        sent: sent_or_arrived(reader, message)?,
        subject: base_subject(&header.fields),
        id: ids.and_then(|header| message_id(&header.value("Message-ID")?)),
        references: ids.map(thread::parents).unwrap_or_default(),
    })
}

/// Returns the conversations as THREAD lists them: replies follow their parent. Conversations may be
/// deep, so this does not call itself.
fn flattened(threads: &Threads, numbers: &[u32]) -> Vec<Threaded> {
    let mut messages = Vec::with_capacity(threads.nodes.len());
    // The nodes that are still to come, the next one last, with their depths.
    let mut pending: Vec<(usize, usize)> = Vec::new();
    pending.extend(threads.roots.iter().rev().map(|root| (*root, 0)));
    while let Some((at, depth)) = pending.pop() {
        let Node { member, children } = &threads.nodes[at];
        let number = member.and_then(|member| numbers.get(member).copied());
        messages.push(Threaded { number, depth });
        pending.extend(children.iter().rev().map(|child| (*child, depth + 1)));
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::protocol::imap::Alphabet;

    #[test]
    fn conversations_as_they_are_written() {
        let line = |threads: &Threads, numbers: &[u32]| {
            let mut octets = Vec::new();
            let response = Response::Thread(flattened(threads, numbers));
            response.write(Alphabet::default(), &mut octets);
            String::from_utf8(octets).unwrap()
        };
        let node = |member, children: &[usize]| Node { member, children: children.to_vec() };
        // The example of RFC 5256 §4, and one with a message that is not there.
        let threads = Threads {
            roots: vec![0, 1, 8],
            nodes: vec![
                node(Some(0), &[]),
                node(Some(1), &[2]),
                node(Some(2), &[3, 5]),
                node(Some(3), &[4]),
                node(Some(4), &[]),
                node(Some(5), &[6]),
                node(Some(6), &[7]),
                node(Some(7), &[]),
                node(None, &[9, 10]),
                node(Some(8), &[]),
                node(Some(9), &[]),
            ],
        };
        assert_eq!(
            line(&threads, &[2, 3, 6, 4, 23, 44, 7, 96, 3, 5]),
            "* THREAD (2)(3 6 (4 23)(44 7 96))((3)(5))"
        );
        assert_eq!(line(&Threads::default(), &[]), "* THREAD");
    }

    #[test]
    fn a_deep_conversation_is_written_without_the_stack() {
        let depth = 200_000;
        let node = |at| Node {
            member: Some(at),
            children: if at + 1 < depth { vec![at + 1] } else { Vec::new() },
        };
        let threads = Threads { roots: vec![0], nodes: (0..depth).map(node).collect() };
        let numbers: Vec<u32> = (1..=depth as u32).collect();
        let mut octets = Vec::new();
        let response = Response::Thread(flattened(&threads, &numbers));
        response.write(Alphabet::default(), &mut octets);
        let line = String::from_utf8(octets).unwrap();
        assert!(line.starts_with("* THREAD (1 2 3 4 ") && line.ends_with(" 199999 200000)"));
    }
}
