use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn set(text: &str) -> SequenceSet {
    let mut cursor = Cursor::new(text.as_bytes());
    let set = SequenceSet::parse(&mut cursor).unwrap();
    cursor.end().unwrap();
    set
}

#[test]
fn what_sets_mean() {
    let rows: [(&str, u32, &[u32]); 12] = [
        ("1", 5, &[1]),
        ("2:4", 5, &[2, 3, 4]),
        ("4:2", 5, &[2, 3, 4]),
        ("*", 5, &[5]),
        ("*:4", 5, &[4, 5]),
        ("*:1", 3, &[1, 2, 3]),
        // RFC 3501 §6.4.8: `559:*` names the last message even if 559 is beyond it.
        ("4294967295:*", 5, &[5]),
        ("9", 5, &[]),
        ("3,1,2:3,2", 5, &[1, 2, 3]),
        ("1,3:1000000000", 4, &[1, 3, 4]),
        ("1:*", 0, &[]),
        ("*:*", 0, &[]),
    ];
    for (text, largest, numbers) in rows {
        assert!(set(text).iter(largest).eq(numbers.iter().copied()), "{text}");
    }
}

#[test]
fn wide_ranges_cost_nothing() {
    let wide = set("1:4294967295,4294967295:1,1:*");
    assert_eq!(wide.ranges(u32::MAX), [1..=u32::MAX]);
    assert!(wide.contains(4_000_000_000, u32::MAX));
    let uids = [7, 1_000_000_000, 4_294_967_295];
    assert!(wide.pick(&uids, |uid| *uid).eq(&uids));
    assert!(set("8:4294967294").pick(&uids, |uid| *uid).eq(&uids[1..2]));
    assert!(set("*").pick(&uids, |uid| *uid).eq(&uids[2..]));
    assert!(set("1:*").pick(&[] as &[u32], |uid| *uid).eq(&[] as &[u32]));
}

/// A SEARCH over half a million messages: five thousand million looks at a range, or ten million.
#[test]
fn many_numbers_are_asked_about_without_looking_at_every_range() {
    let odd: Vec<u32> = (0..MOST_RANGES as u32).map(|n| 2 * n + 1).collect();
    let largest = 500_000;
    let settled = SequenceSet::from_sorted(&odd).settled(largest);
    let begun = std::time::Instant::now();
    let found = (1..=largest).filter(|number| settled.contains(*number, largest));
    assert!(found.eq(odd));
    assert!(begun.elapsed() < std::time::Duration::from_secs(10));
}

#[test]
fn numbers_beyond_the_mailbox() {
    for (text, largest, exceeds) in
        [("1:5", 5, false), ("1:6", 5, true), ("6:*", 5, true), ("*", 5, false), ("*", 0, true)]
    {
        assert_eq!(set(text).exceeds(largest), exceeds, "{text}");
    }
}

#[test]
fn texts_that_are_no_set() {
    for text in ["", "0", "1:0", "a", ",1", "1,", "1,,2", "1:", ":1", "-1", "4294967296", "1:2:3"] {
        let mut cursor = Cursor::new(text.as_bytes());
        let parsed = SequenceSet::parse(&mut cursor).and_then(|_| cursor.end());
        assert!(parsed.is_err(), "{text}");
    }
    let many = vec!["1"; MOST_RANGES + 1].join(",");
    let error = SequenceSet::parse(&mut Cursor::new(many.as_bytes())).unwrap_err();
    assert_eq!(error.expected, "at most 10000 ranges in a sequence set");
}

#[test]
fn compresses() {
    let print = |numbers: &[u32]| SequenceSet::from_sorted(numbers).to_string();
    assert_eq!(print(&[0, 1, 2, 2, 3, 5, 7, 8, u32::MAX]), "1:3,5,7:8,4294967295");
    assert!(SequenceSet::from_sorted(&[]).is_empty());
}

/// A set for the laws of the commands that have one.
pub(in super::super) fn any_set() -> impl Strategy<Value = SequenceSet> {
    let end = || prop_oneof![4 => (1u32..20).boxed(), 1 => (1u32..).boxed(), 1 => Just(0).boxed()];
    let range =
        |(first, last)| Range { first: NonZeroU32::new(first), last: NonZeroU32::new(last) };
    proptest::collection::vec((end(), end()), 1..6)
        .prop_map(move |ends| SequenceSet::written(ends.into_iter().map(range).collect()))
}

proptest! {
    #![proptest_config(crate::limits::random_cases(256))]
    #[test]
    fn parses_what_it_prints(written in any_set()) {
        prop_assert_eq!(set(&written.to_string()), written);
    }

    #[test]
    fn all_its_questions_agree(set in any_set(), largest in 0u32..25) {
        let numbers: Vec<u32> = set.iter(largest).collect();
        let settled = set.settled(largest);
        let asked: Vec<u32> = (0..30).filter(|n| settled.contains(*n, largest)).collect();
        prop_assert_eq!(&asked, &numbers);
        let contained: Vec<u32> = (0..30).filter(|n| set.contains(*n, largest)).collect();
        prop_assert_eq!(&numbers, &contained);
        let all: Vec<u32> = (1..=largest).collect();
        prop_assert!(set.pick(&all, |n| *n).eq(&numbers));
    }

    #[test]
    fn compressing_keeps_the_numbers(numbers: BTreeSet<u8>) {
        let numbers: Vec<u32> = numbers.into_iter().map(|n| u32::from(n) + 1).collect();
        let set = SequenceSet::from_sorted(&numbers);
        prop_assert!(set.iter(u32::MAX).eq(numbers));
    }
}
