//! Sequence sets: `1`, `2:4`, `9,11:*` (RFC 3501 §9, `sequence-set`).
//!
//! A set is kept as it was written, and costs what was written: `1:4294967295` is one range. What it
//! means depends on the mailbox, whose largest number is what `*` stands for; so every question takes
//! it. [`SequenceSet::ranges`] answers with ranges sorted, merged and cut to the mailbox, and all
//! iteration goes over those.

use std::fmt;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use super::cursor::{Cursor, Parsed};
use crate::protocol::span::Role;

/// No set has more ranges than this. RFC 7162 §4 asks clients to keep below 8,000 octets.
pub const MOST_RANGES: usize = 10_000;

/// Message numbers or UIDs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SequenceSet {
    ranges: Vec<Range>,
    /// Are they sorted, apart, and without `*`?
    settled: bool,
}

/// The ends of a range in the order in which they were written; `None` is `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: Option<NonZeroU32>,
    last: Option<NonZeroU32>,
}

impl SequenceSet {
    /// Reads a set from the front.
    ///
    /// # Errors
    /// When none stands there, it has a 0, or too many ranges.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<SequenceSet> {
        cursor.named(Role::SequenceSet, SequenceSet::parse_ranges)
    }

    fn parse_ranges(cursor: &mut Cursor<'_>) -> Parsed<SequenceSet> {
        let mut ranges = vec![Range::parse(cursor)?];
        while cursor.eat(b',') {
            if ranges.len() == MOST_RANGES {
                return cursor.fail("at most 10000 ranges in a sequence set");
            }
            ranges.push(Range::parse(cursor)?);
        }
        Ok(SequenceSet::written(ranges))
    }

    fn written(ranges: Vec<Range>) -> SequenceSet {
        let settled = false;
        SequenceSet { ranges, settled }
    }

    /// The set of these numbers, which are sorted; 0 is passed over, since no message has it.
    #[must_use]
    pub fn from_sorted(numbers: &[u32]) -> SequenceSet {
        let mut ranges: Vec<Range> = Vec::new();
        for number in numbers.iter().copied().filter_map(NonZeroU32::new) {
            match ranges.last_mut() {
                Some(range) if range.last == Some(number) => {}
                Some(range) if range.last.and_then(|last| last.checked_add(1)) == Some(number) => {
                    range.last = Some(number);
                }
                _ => ranges.push(Range {
                    first: Some(number),
                    last: Some(number),
                }),
            }
        }
        SequenceSet::written(ranges)
    }

    /// Every number there is: `1:*`.
    #[must_use]
    pub fn all() -> SequenceSet {
        SequenceSet::written(vec![Range {
            first: Some(NonZeroU32::MIN),
            last: None,
        }])
    }

    /// Does it name nothing? Only a set that was not parsed can.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Is this number in the set, if the mailbox's largest is `largest`? Who asks about many numbers
    /// asks the [settled](SequenceSet::settled) set, which need not look at every range each time.
    #[must_use]
    pub fn contains(&self, number: u32, largest: u32) -> bool {
        let holds = |range: &Range| range.bounds(largest).contains(&number);
        let found = match self.settled {
            true => {
                let behind = |range: &Range| *range.bounds(largest).end() < number;
                let next = self.ranges.partition_point(behind);
                self.ranges.get(next).is_some_and(holds)
            }
            false => self.ranges.iter().any(holds),
        };
        number != 0 && number <= largest && found
    }

    /// The same numbers of a mailbox whose largest is `largest`: sorted, apart, and without `*`.
    #[must_use]
    pub fn settled(&self, largest: u32) -> SequenceSet {
        let range = |range: RangeInclusive<u32>| Range {
            first: NonZeroU32::new(*range.start()),
            last: NonZeroU32::new(*range.end()),
        };
        SequenceSet {
            ranges: self.ranges(largest).into_iter().map(range).collect(),
            settled: true,
        }
    }

    /// Does it name a number beyond the largest? As message numbers that is an error (RFC 3501 §9,
    /// `seq-number`); as UIDs it is not.
    #[must_use]
    pub fn exceeds(&self, largest: u32) -> bool {
        // In an empty mailbox `*` stands for nothing, so it is beyond it too.
        largest == 0
            || (self.ranges.iter())
                .flat_map(|range| [range.first, range.last])
                .any(|end| end.is_some_and(|number| number.get() > largest))
    }

    /// The ranges of numbers that it means in a mailbox: sorted, apart, within 1 to `largest`.
    #[must_use]
    pub fn ranges(&self, largest: u32) -> Vec<RangeInclusive<u32>> {
        let within = |range: &Range| {
            let (low, high) = range.bounds(largest).into_inner();
            (low.max(1), high.min(largest))
        };
        let mut bounds: Vec<(u32, u32)> = self.ranges.iter().map(within).collect();
        bounds.retain(|(low, high)| low <= high);
        bounds.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::new();
        for (low, high) in bounds {
            match merged.last_mut() {
                Some((_, end)) if low <= end.saturating_add(1) => *end = high.max(*end),
                _ => merged.push((low, high)),
            }
        }
        merged.into_iter().map(|(low, high)| low..=high).collect()
    }

    /// The numbers that it means in a mailbox of `largest` messages, in ascending order, each once.
    ///
    /// For UIDs, which have gaps, use [`SequenceSet::pick`].
    pub fn iter(&self, largest: u32) -> impl Iterator<Item = u32> + use<> {
        self.ranges(largest).into_iter().flatten()
    }

    /// Those of the items whose UID is in the set. `items` are sorted by UID; the cost is that of
    /// what is found, not of how wide the ranges are.
    pub fn pick<'a, T, F>(
        &self,
        items: &'a [T],
        uid: F,
    ) -> impl Iterator<Item = &'a T> + use<'a, T, F>
    where
        F: Fn(&T) -> u32 + Copy,
    {
        // `*` stands for the last message, so `4294967295:*` finds it (RFC 3501 §6.4.8).
        let largest = items.last().map_or(0, uid);
        self.ranges(largest).into_iter().flat_map(move |range| {
            let from = items.partition_point(|item| uid(item) < *range.start());
            let to = items.partition_point(|item| uid(item) <= *range.end());
            items.get(from..to).unwrap_or_default()
        })
    }
}

impl Range {
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Range> {
        let first = number(cursor)?;
        let last = if cursor.eat(b':') {
            number(cursor)?
        } else {
            first
        };
        Ok(Range { first, last })
    }

    /// RFC 3501 §9: the ends may stand in any order, `*:4` is `4:*`.
    fn bounds(self, largest: u32) -> RangeInclusive<u32> {
        let end = |end: Option<NonZeroU32>| end.map_or(largest, NonZeroU32::get);
        let (first, last) = (end(self.first), end(self.last));
        first.min(last)..=first.max(last)
    }
}

/// `seq-number`: `None` is `*`.
fn number(cursor: &mut Cursor<'_>) -> Parsed<Option<NonZeroU32>> {
    if cursor.eat(b'*') {
        return Ok(None);
    }
    let error = cursor.expected("a sequence set");
    let number = cursor.number().map_err(|_| error)?;
    NonZeroU32::new(number).map(Some).ok_or(error)
}

/// As on the wire.
impl fmt::Display for SequenceSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, range) in self.ranges.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma}{}", Number(range.first))?;
            if range.first != range.last {
                write!(f, ":{}", Number(range.last))?;
            }
        }
        Ok(())
    }
}

struct Number(Option<NonZeroU32>);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => write!(f, "{number}"),
            None => f.write_str("*"),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

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
            assert!(
                set(text).iter(largest).eq(numbers.iter().copied()),
                "{text}"
            );
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
        for (text, largest, exceeds) in [
            ("1:5", 5, false),
            ("1:6", 5, true),
            ("6:*", 5, true),
            ("*", 5, false),
            ("*", 0, true),
        ] {
            assert_eq!(set(text).exceeds(largest), exceeds, "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_set() {
        for text in [
            "",
            "0",
            "1:0",
            "a",
            ",1",
            "1,",
            "1,,2",
            "1:",
            ":1",
            "-1",
            "4294967296",
            "1:2:3",
        ] {
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
        assert_eq!(
            print(&[0, 1, 2, 2, 3, 5, 7, 8, u32::MAX]),
            "1:3,5,7:8,4294967295"
        );
        assert!(SequenceSet::from_sorted(&[]).is_empty());
    }

    /// A set for the laws of the commands that have one.
    pub(in super::super) fn any_set() -> impl Strategy<Value = SequenceSet> {
        let end =
            || prop_oneof![4 => (1u32..20).boxed(), 1 => (1u32..).boxed(), 1 => Just(0).boxed()];
        let range = |(first, last)| Range {
            first: NonZeroU32::new(first),
            last: NonZeroU32::new(last),
        };
        proptest::collection::vec((end(), end()), 1..6)
            .prop_map(move |ends| SequenceSet::written(ends.into_iter().map(range).collect()))
    }

    proptest! {
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
}
