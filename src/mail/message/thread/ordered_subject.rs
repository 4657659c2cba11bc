//! The algorithm ORDEREDSUBJECT (RFC 5256 §3): messages with the same subject belong together.
//!
//! It is fast and simple, and wrong where two conversations have the same subject. Its other name is
//! *poor man's threading*.

use std::collections::HashMap;

use super::{Member, Node, Threads};

/// Sorts these messages into conversations.
#[must_use]
pub fn ordered_subject(members: &[Member]) -> Threads {
    let by_sent = |at: &usize| (members[*at].sent, *at);
    // The RFC sorts by subject and then by date, and cuts where the subject changes. Here the messages
    // come by date, and each one joins those of its subject. The result is the same: the messages of a
    // conversation are in the same order, and the conversations are sorted by their first message.
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_unstable_by_key(by_sent);
    let mut threads = Threads { roots: Vec::new(), nodes: nodes(members.len()) };
    let mut first: HashMap<&str, usize> = HashMap::new();
    for at in order {
        match first.get(&*members[at].subject.text) {
            // All that follow the first message are its children, and have none themselves.
            Some(first) => threads.nodes[*first].children.push(at),
            None => {
                first.insert(&members[at].subject.text, at);
                threads.roots.push(at);
            }
        }
    }
    threads
}

/// Returns one node for each member, at the same place.
pub(super) fn nodes(count: usize) -> Vec<Node> {
    let node = |at| Node { member: Some(at), children: Vec::new() };
    (0..count).map(node).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{member, shown};
    use super::*;

    #[test]
    fn messages_of_one_subject_are_one_conversation() {
        let rows: [(&[Member], &str); 4] = [
            (&[], ""),
            (&[member(1, "tea", "", "")], "(1)"),
            (
                &[
                    member(50, "Re: tea", "", ""),
                    member(20, "cake", "", ""),
                    member(30, "TEA", "", ""),
                    member(40, "[list] Re: tea (fwd)", "", ""),
                    member(25, "Re: Cake", "", ""),
                ],
                "(2 5)(3 (4)(1))",
            ),
            (
                &[member(2, "", "", ""), member(1, "Re:", "", ""), member(1, "x", "", "")],
                "(2 1)(3)",
            ),
        ];
        for (members, expected) in rows {
            assert_eq!(shown(&ordered_subject(members)), expected);
        }
    }
}
