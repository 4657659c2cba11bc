//! The algorithm REFERENCES (RFC 5256 §3), which is Jamie Zawinski's
//! (<https://www.jwz.org/doc/threading.html>): messages that refer to one another belong together.
//!
//! The steps have the RFC's numbers. The members come first in the list of messages; after them come the
//! dummies, one for each Message-ID that is referred to and belongs to no message here.
//!
//! The cost of each step grows with the number of messages and references. Only a hostile choice of
//! references makes the search for loops (step 1) go through a long conversation again and again.

use std::collections::HashMap;
use std::mem;

use super::ordered_subject::nodes;
use super::{Member, MessageId, Node, Threads};
use crate::mail::message::BaseSubject;

/// Sorts these messages into conversations.
#[must_use]
pub fn references(members: &[Member]) -> Threads {
    let mut threads = Links::of(members).gathered();
    threads.prune();
    let mut by_subject = BySubject { members, threads };
    by_subject.sort_roots();
    by_subject.merge();
    by_subject.sort_siblings();
    by_subject.threads
}

/// Step 1: the parent of each message. Children are not listed yet, so a link is in one place only.
#[derive(Default)]
struct Links<'a> {
    messages: Vec<Linked>,
    /// The message with each Message-ID.
    ids: HashMap<&'a MessageId, usize>,
}

#[derive(Default)]
struct Linked {
    is_dummy: bool,
    parent: Option<usize>,
    /// True if it was ever made a parent.
    is_parent: bool,
}

impl<'a> Links<'a> {
    fn of(members: &'a [Member]) -> Links<'a> {
        let mut links = Links::default();
        for (at, member) in members.iter().enumerate() {
            links.messages.push(Linked::default());
            if let Some(id) = &member.id {
                // Of several messages with one Message-ID the first keeps it; the others count as if
                // they had none.
                links.ids.entry(id).or_insert(at);
            }
        }
        for (at, member) in members.iter().enumerate() {
            let last = links.link_references(&member.references);
            // Step 1B: the message's own references replace what other messages say of its parent.
            links.messages[at].parent = None;
            if let Some(last) = last {
                links.link(last, at);
            }
        }
        links
    }

    /// Step 1A: makes each reference the parent of the next one. Returns the last.
    fn link_references(&mut self, references: &'a [MessageId]) -> Option<usize> {
        let mut last = None;
        for id in references {
            let this = self.message(id);
            if let Some(parent) = last
                && self.messages[this].parent.is_none()
            {
                self.link(parent, this);
            }
            last = Some(this);
        }
        last
    }

    /// Returns the message with this Message-ID, or a dummy for it.
    fn message(&mut self, id: &'a MessageId) -> usize {
        *self.ids.entry(id).or_insert_with(|| {
            self.messages.push(Linked { is_dummy: true, ..Linked::default() });
            self.messages.len() - 1
        })
    }

    /// Makes one the parent of the other, unless that would introduce a loop.
    fn link(&mut self, parent: usize, child: usize) {
        if !self.descends(parent, child) {
            self.messages[child].parent = Some(parent);
            self.messages[parent].is_parent = true;
        }
    }

    /// True if this message is the other one, or below it.
    fn descends(&self, message: usize, from: usize) -> bool {
        // No message is below one that was never a parent. So an answer to the last message of a long
        // conversation need not go through all of it.
        if !self.messages[from].is_parent {
            return message == from;
        }
        let parent = |at: &usize| self.messages[*at].parent;
        std::iter::successors(Some(message), parent).any(|at| at == from)
    }

    /// Step 2: makes the messages without a parent the children of the root.
    fn gathered(self) -> Threads {
        let mut threads = Threads { roots: Vec::new(), nodes: nodes(self.messages.len()) };
        for (at, message) in self.messages.into_iter().enumerate() {
            if message.is_dummy {
                threads.nodes[at].member = None;
            }
            match message.parent {
                Some(parent) => threads.nodes[parent].children.push(at),
                None => threads.roots.push(at),
            }
        }
        threads
    }
}

impl Threads {
    /// Step 3: dummies go, and their children take their place; but not among the children of the
    /// root, unless there is only one.
    fn prune(&mut self) {
        for at in self.children_first() {
            let children = mem::take(&mut self.nodes[at].children);
            self.nodes[at].children = self.without_dummies(children);
        }
        let mut roots = mem::take(&mut self.roots);
        roots.retain_mut(|root| match (&self.nodes[*root].children[..], self.is_dummy(*root)) {
            ([], true) => false,
            ([only], true) => {
                *root = *only;
                true
            }
            _ => true,
        });
        self.roots = roots;
    }

    /// Returns these siblings, with its children in place of each dummy.
    fn without_dummies(&mut self, siblings: Vec<usize>) -> Vec<usize> {
        let mut kept = Vec::new();
        for sibling in siblings {
            if self.is_dummy(sibling) {
                join(&mut kept, mem::take(&mut self.nodes[sibling].children));
            } else {
                kept.push(sibling);
            }
        }
        kept
    }

    /// Returns all messages, children before their parents.
    fn children_first(&self) -> Vec<usize> {
        let mut order = self.roots.clone();
        let mut next = 0;
        while let Some(at) = order.get(next) {
            order.extend_from_slice(&self.nodes[*at].children);
            next += 1;
        }
        order.reverse();
        order
    }

    fn is_dummy(&self, at: usize) -> bool {
        self.nodes[at].member.is_none()
    }
}

/// Adds siblings to others. They are sorted in the end, so the shorter list is added to the longer:
/// a pile of dummies in dummies costs no more than its size.
fn join(siblings: &mut Vec<usize>, mut others: Vec<usize>) {
    if siblings.len() < others.len() {
        mem::swap(siblings, &mut others);
    }
    siblings.append(&mut others);
}

/// Steps 4 to 6, which look at dates and subjects.
struct BySubject<'a> {
    members: &'a [Member],
    threads: Threads,
}

impl<'a> BySubject<'a> {
    /// Step 4: the conversations by the date of their first message; a dummy's is its first child.
    fn sort_roots(&mut self) {
        for root in self.threads.roots.clone() {
            if self.threads.is_dummy(root) {
                self.sort_children(root);
            }
        }
        let mut roots = mem::take(&mut self.threads.roots);
        roots.sort_unstable_by_key(|root| self.sent(*root));
        self.threads.roots = roots;
    }

    fn sort_children(&mut self, at: usize) {
        let mut children = mem::take(&mut self.threads.nodes[at].children);
        children.sort_unstable_by_key(|child| self.sent(*child));
        self.threads.nodes[at].children = children;
    }

    /// Returns when it was sent, and its sequence (RFC 5256 §2.2).
    fn sent(&self, at: usize) -> (i64, usize) {
        let (place, member) = self.first_message(at);
        (member.sent, place)
    }

    /// Returns the message itself, or a dummy's first child, which is no dummy.
    fn first_message(&self, at: usize) -> (usize, &'a Member) {
        let node = &self.threads.nodes[at];
        let child = || self.threads.nodes[*node.children.first()?].member;
        // Step 3 has left no dummy without children, and none below another: there is always one.
        let place = node.member.or_else(child).unwrap_or_default();
        (place, &self.members[place])
    }

    /// Step 5B(i): the thread subject.
    fn subject(&self, root: usize) -> &'a BaseSubject {
        &self.first_message(root).1.subject
    }

    /// Step 5: conversations with the same thread subject become one.
    fn merge(&mut self) {
        let mut table = self.subject_table();
        let mut merged = vec![false; self.threads.nodes.len()];
        for current in self.threads.roots.clone() {
            let subject = self.subject(current);
            let Some(first) = table.get_mut(&*subject.text).filter(|first| **first != current)
            else {
                continue;
            };
            merged[current] = true;
            if !self.join_thread(*first, current) {
                // Step 5C, the last rule: side by side, below a new dummy.
                merged[*first] = true;
                let dummy = self.dummy_above(*first, current);
                merged.push(false);
                self.threads.roots.push(dummy);
                *first = dummy;
            }
        }
        self.threads.roots.retain(|root| !merged[*root]);
    }

    /// Steps 5A and 5B: for each thread subject the conversation that the others with it join: if
    /// there is one, a dummy; or else one that does not begin with a reply.
    fn subject_table(&self) -> HashMap<&'a str, usize> {
        let mut table: HashMap<&str, usize> = HashMap::new();
        for &root in &self.threads.roots {
            let subject = self.subject(root);
            if subject.text.is_empty() {
                continue;
            }
            let first = table.entry(&subject.text).or_insert(root);
            let better =
                self.threads.is_dummy(root) || (self.subject(*first).is_reply && !subject.is_reply);
            if !self.threads.is_dummy(*first) && better {
                *first = root;
            }
        }
        table
    }

    /// Step 5C: the current conversation goes below the first with its subject, if it is one to go
    /// below.
    fn join_thread(&mut self, first: usize, current: usize) -> bool {
        let dummies = (self.threads.is_dummy(first), self.threads.is_dummy(current));
        let answers = self.subject(current).is_reply && !self.subject(first).is_reply;
        match dummies {
            (true, true) => {
                let children = mem::take(&mut self.threads.nodes[current].children);
                join(&mut self.threads.nodes[first].children, children);
            }
            (true, false) => self.threads.nodes[first].children.push(current),
            (false, false) if answers => self.threads.nodes[first].children.push(current),
            _ => return false,
        }
        true
    }

    fn dummy_above(&mut self, first: usize, current: usize) -> usize {
        self.threads.nodes.push(Node { member: None, children: vec![first, current] });
        self.threads.nodes.len() - 1
    }

    /// Step 6: sorts all siblings by the date on which they were sent. Only the root has dummies among
    /// its children, so only there does the order of the steps matter.
    fn sort_siblings(&mut self) {
        for at in 0..self.threads.nodes.len() {
            self.sort_children(at);
        }
        self.sort_roots();
    }
}

#[cfg(test)]
mod tests;
