use std::collections::HashSet;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::tests::{member, shown};
use super::*;

/// Each row: a story, its messages (when sent, subject, Message-ID, references), its conversations.
type ThreadRow =
    (&'static str, &'static [(i64, &'static str, &'static str, &'static str)], &'static str);

const ROWS: &[ThreadRow] = &[
    ("nothing", &[], ""),
    ("one message", &[(1, "tea", "a", "")], "(1)"),
    (
        "a question and its answers",
        &[
            (1, "tea", "a", ""),
            (2, "Re: tea", "b", "a"),
            (3, "Re: tea", "c", "a b"),
            (4, "Re: tea", "d", "a"),
        ],
        "(1 (2 3)(4))",
    ),
    (
        "answers that came before the question",
        &[(3, "Re: tea", "c", "a b"), (2, "Re: tea", "b", "a"), (1, "tea", "a", "")],
        "(3 2 1)",
    ),
    (
        "a missing question with two answers is a dummy",
        &[(1, "Re: tea", "b", "a"), (2, "Re: tea", "c", "a")],
        "((1)(2))",
    ),
    (
        "a missing question with one answer is none",
        &[(1, "Re: tea", "b", "a"), (2, "Re: tea", "c", "a b")],
        "(1 2)",
    ),
    (
        "a missing message in the middle",
        &[(1, "tea", "a", ""), (3, "Re: tea", "c", "a b"), (2, "Re: tea", "d", "a b")],
        "(1 (3)(2))",
    ),
    ("dummies below dummies", &[(1, "Re: x", "d", "a b"), (2, "Re: y", "e", "a c")], "((1)(2))"),
    (
        "shortened references: a message knows its parent better than others",
        &[(1, "w", "a", ""), (2, "w", "b", "a"), (4, "w", "d", "a c"), (3, "w", "c", "b")],
        "(1 2 4 3)",
    ),
    (
        "a message says that it has no parent",
        &[(2, "x", "c", "a b"), (1, "y", "b", ""), (3, "z", "a", "")],
        "(2 1)(3)",
    ),
    ("a loop of two", &[(1, "x", "a", "b"), (2, "y", "b", "a")], "(2 1)"),
    ("a loop of three", &[(1, "x", "a", "c"), (2, "y", "b", "a"), (3, "z", "c", "b")], "(3 1 2)"),
    ("a loop in one list of references", &[(1, "x", "a", "p q p q"), (2, "y", "q", "")], "(2 1)"),
    ("a message that answers itself", &[(1, "x", "a", "a"), (2, "y", "b", "a a")], "(1 2)"),
    (
        "the same Message-ID twice: the first has it",
        &[(1, "x", "a", ""), (2, "y", "a", ""), (3, "z", "b", "a")],
        "(1 3)(2)",
    ),
    ("no Message-IDs at all", &[(2, "x", "", ""), (1, "y", "", "")], "(2)(1)"),
    ("no Message-ID, but references", &[(1, "x", "a", ""), (2, "y", "", "a")], "(1 2)"),
    // Step 5: subjects.
    (
        "an answer without references joins its subject",
        &[(1, "tea", "a", ""), (2, "Re: tea", "b", "")],
        "(1 2)",
    ),
    ("also when it came before", &[(1, "Re: tea", "b", ""), (2, "tea", "a", "")], "(2 1)"),
    (
        "two messages of one subject stand side by side below a dummy",
        &[(1, "tea", "a", ""), (2, "Tea", "b", ""), (3, "Re: tea", "c", "")],
        "((1)(2)(3))",
    ),
    (
        "two answers to something that is not there",
        &[(2, "Re: tea", "a", ""), (1, "Fwd: tea", "b", "")],
        "((2)(1))",
    ),
    (
        "two dummies become one",
        &[
            (1, "Re: tea", "a", "m"),
            (4, "Re: tea", "b", "m"),
            (2, "Re: tea", "c", "n"),
            (3, "Re: tea", "d", "n"),
        ],
        "((1)(3)(4)(2))",
    ),
    (
        "a message joins a dummy of its subject",
        &[(1, "Re: tea", "a", "m"), (3, "Re: tea", "b", "m"), (2, "tea", "c", "")],
        "((1)(3)(2))",
    ),
    (
        "a dummy's subject is that of its first child by date",
        &[(2, "Re: cake", "a", "m"), (1, "Re: tea", "b", "m"), (3, "Re: tea", "c", "")],
        "((2)(1)(3))",
    ),
    (
        "empty subjects join nothing",
        &[(1, "", "a", ""), (2, "Re:", "b", ""), (3, "", "c", "")],
        "(1)(2)(3)",
    ),
    (
        "subjects below the top do not count",
        &[(1, "tea", "a", ""), (2, "cake", "b", "a"), (3, "Re: cake", "c", "")],
        "(1 2)(3)",
    ),
    // Steps 4 and 6: dates.
    (
        "siblings and conversations by date, then by sequence",
        &[
            (5, "x", "a", ""),
            (1, "y", "b", ""),
            (9, "x1", "c", "a"),
            (7, "x2", "d", "a"),
            (7, "x3", "e", "a"),
            (1, "z", "f", ""),
        ],
        "(2)(6)(1 (4)(5)(3))",
    ),
    (
        "a dummy stands where its first child does",
        &[(9, "Re: x", "a", "m"), (2, "Re: x", "b", "m"), (5, "y", "c", ""), (1, "z", "d", "")],
        "(4)((2)(1))(3)",
    ),
];

/// A row, when its message numbers are not yet those of the order in which they are written.
fn members(row: &[(i64, &str, &str, &str)]) -> Vec<Member> {
    row.iter().map(|(sent, subject, id, refs)| member(*sent, subject, id, refs)).collect()
}

#[test]
fn conversations() {
    for (story, row, expected) in ROWS {
        assert_eq!(shown(&references(&members(row))), *expected, "{story}");
    }
}

/// Each message answers the one before it; forwards, backwards, and with all references.
#[test]
fn a_conversation_may_be_a_hundred_thousand_answers_deep() {
    const DEPTH: usize = 100_000;
    let begun = Instant::now();
    let id = |n: usize| format!("{n}");
    let chain = (0..DEPTH).map(|n| member(n as i64, "x", &id(n), &id(n.wrapping_sub(1))));
    let chain: Vec<Member> = chain.collect();
    let backwards: Vec<Member> = chain.iter().rev().cloned().collect();
    for members in [chain, backwards] {
        let threads = references(&members);
        let (mut at, mut depth) = (threads.roots[0], 1);
        while let [child] = threads.nodes[at].children[..] {
            (at, depth) = (child, depth + 1);
        }
        // The first refers to a message that is not there.
        assert_eq!((threads.roots.len(), depth), (1, DEPTH));
    }
    assert!(begun.elapsed() < Duration::from_secs(60));
}

/// What would be quadratic: everybody answers one, everybody has one subject, and dummies in dummies.
#[test]
fn many_messages_of_one_sort_cost_no_more_than_their_number() {
    const COUNT: usize = 50_000;
    let begun = Instant::now();
    let id = |n: usize| format!("{n}");
    let rows: [&dyn Fn(usize) -> Member; 5] = [
        &|n| member(1, "x", &id(n), "root"),
        &|n| member(1, "x", &id(n), ""),
        &|n| member(1, "Re: x", &id(n), &format!("r{}", n / 2)),
        &|n| member(1, "", &id(n), &format!("d{} d{}", n, n + 1)),
        &|n| member(1, "", &id(n), &format!("d{} d{} {}", n + 1, n, n / 2)),
    ];
    for row in rows {
        let members: Vec<Member> = (0..COUNT).map(row).collect();
        let threads = references(&members);
        assert_eq!(reached(&threads).len(), COUNT);
    }
    assert!(begun.elapsed() < Duration::from_secs(60));
}

/// The members that stand somewhere in the conversations.
fn reached(threads: &Threads) -> Vec<usize> {
    let (mut members, mut left) = (Vec::new(), threads.roots.clone());
    while let Some(at) = left.pop() {
        members.extend(threads.nodes[at].member);
        left.extend(&threads.nodes[at].children);
    }
    members
}

fn any_member() -> impl Strategy<Value = Member> {
    let subject = prop::sample::select(vec!["", "x", "Re: x", "y", "Fwd: y"]);
    (0i64..4, subject, "[a-f]?", "([a-h] ){0,4}")
        .prop_map(|(sent, subject, id, references)| member(sent, subject, &id, &references))
}

proptest! {
    #![proptest_config(crate::limits::random_cases(256))]
    #[test]
    fn everybody_is_in_one_conversation_once(members in prop::collection::vec(any_member(), 0..12)) {
        let threads = references(&members);
        let reached = reached(&threads);
        let once: HashSet<usize> = reached.iter().copied().collect();
        prop_assert_eq!(reached.len(), members.len());
        prop_assert_eq!(once.len(), members.len());
        // Dummies are at the top only, and there with at least two children.
        for (at, node) in threads.nodes.iter().enumerate() {
            if threads.roots.contains(&at) && node.member.is_none() {
                prop_assert!(node.children.len() > 1);
            }
            let children = node.children.iter();
            prop_assert!(children.clone().all(|child| threads.nodes[*child].member.is_some()));
        }
    }
}
