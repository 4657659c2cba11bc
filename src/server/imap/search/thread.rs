//! THREAD: the messages that were found, as conversations (RFC 5256 §3). The algorithms are in
//! [`message::thread`](crate::mail::message::thread); this file only asks and answers.

use crate::mail::message::thread::{self, Member, Node, Threads, message_id, ordered_subject};
use crate::mail::protocol::imap::Thread;
use crate::mail::protocol::imap::search::Algorithm;
use crate::mail::store::{Message, StoreError};
use crate::server::imap::messages::message_reader::MessageReader;
use crate::server::imap::reply::{CommandReply, CommandResult};
use crate::server::imap::search::plan::SearchPlan;
use crate::server::imap::search::sort_keys::{base_subject, sent_or_arrived};
use crate::server::imap::search::told;
use crate::server::imap::session::ImapServer;
use crate::server::imap::view::View;

impl ImapServer {
    /// RFC 5256 §3, BASE.6.4.THREAD; with UIDs as the answer, BASE.6.4.8.
    pub(crate) fn thread(&mut self, thread: &Thread, by_uid: bool) -> CommandResult {
        let view = self.view()?;
        let found = SearchPlan::new(view, Some(&thread.charset), &thread.keys)?.found()?;
        let (members, numbers) = members(view, thread.algorithm, found)?;
        let threads = match thread.algorithm {
            Algorithm::OrderedSubject => ordered_subject(&members),
            Algorithm::References => thread::references(&members),
        };
        let line = thread_line(&threads, &told(view, numbers, by_uid));
        Ok(CommandReply::ok("THREAD completed").with(line))
    }
}

/// What must be known of these messages, and the numbers of those that are still there.
fn members(
    view: &View,
    algorithm: Algorithm,
    found: Vec<u32>,
) -> Result<(Vec<Member>, Vec<u32>), StoreError> {
    let (mut members, mut numbers) = (Vec::new(), Vec::new());
    for number in found {
        let Some(message) = view.message(number) else {
            continue;
        };
        match member(view.reading(), message, algorithm) {
            Ok(member) => members.push(member),
            Err(StoreError::MessageGone) => continue,
            Err(error) => return Err(error),
        }
        numbers.push(number);
    }
    Ok((members, numbers))
}

fn member(
    reading: &MessageReader,
    message: &Message,
    algorithm: Algorithm,
) -> Result<Member, StoreError> {
    let header = reading.heading(message)?;
    let by_references = algorithm == Algorithm::References;
    let ids = by_references.then_some(&*header.fields);
    Ok(Member {
        sent: sent_or_arrived(reading, message)?,
        subject: base_subject(&header.fields),
        id: ids.and_then(|header| message_id(&header.value("Message-ID")?)),
        references: ids.map(thread::parents).unwrap_or_default(),
    })
}

/// RFC 5256 §4: `* THREAD (2)(3 6 (4 23)(44 7 96))`. Conversations may be deep, so this does not call
/// itself: what is still to be written is a pile, the next piece on top.
fn thread_line(threads: &Threads, numbers: &[u32]) -> String {
    let mut line = "* THREAD".to_owned();
    let mut pile = Vec::new();
    push_siblings(&mut pile, &threads.roots);
    if !pile.is_empty() {
        pile.push(Piece::Text(" "));
    }
    while let Some(piece) = pile.pop() {
        match piece {
            Piece::Text(text) => line += text,
            Piece::Message(at) => {
                let Node { member, children } = &threads.nodes[at];
                let number = member.and_then(|member| numbers.get(member));
                line += &number.map(u32::to_string).unwrap_or_default();
                match (number, &children[..]) {
                    (_, []) => {}
                    (Some(_), [only]) => pile.extend([Piece::Message(*only), Piece::Text(" ")]),
                    (Some(_), children) => {
                        push_siblings(&mut pile, children);
                        pile.push(Piece::Text(" "));
                    }
                    (None, children) => push_siblings(&mut pile, children),
                }
            }
        }
    }
    line + "\r\n"
}

/// What is still to be written.
enum Piece {
    Text(&'static str),
    /// A message by its place in the threads, and all below it.
    Message(usize),
}

/// Each of them stands in parentheses of its own.
fn push_siblings(pile: &mut Vec<Piece>, siblings: &[usize]) {
    for at in siblings.iter().rev() {
        pile.extend([Piece::Text(")"), Piece::Message(*at), Piece::Text("(")]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversations_as_they_are_written() {
        let node = |member, children: &[usize]| Node {
            member,
            children: children.to_vec(),
        };
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
            thread_line(&threads, &[2, 3, 6, 4, 23, 44, 7, 96, 3, 5]),
            "* THREAD (2)(3 6 (4 23)(44 7 96))((3)(5))\r\n"
        );
        assert_eq!(thread_line(&Threads::default(), &[]), "* THREAD\r\n");
    }

    #[test]
    fn a_deep_conversation_is_written_without_the_stack() {
        let depth = 200_000;
        let node = |at| Node {
            member: Some(at),
            children: if at + 1 < depth {
                vec![at + 1]
            } else {
                Vec::new()
            },
        };
        let threads = Threads {
            roots: vec![0],
            nodes: (0..depth).map(node).collect(),
        };
        let numbers: Vec<u32> = (1..=depth as u32).collect();
        let line = thread_line(&threads, &numbers);
        assert!(line.starts_with("* THREAD (1 2 3 4 ") && line.ends_with(" 199999 200000)\r\n"));
    }
}
