//! Sequence sets: `1`, `2:4`, `9,11:*` (RFC 3501 §9, `sequence-set`).
//!
//! A set is kept as it was written: `1:4294967295` is one range. What it means depends on the mailbox,
//! whose largest number is `*`, so most functions take that number. [`SequenceSet::ranges`] returns the
//! ranges sorted, merged and cut to the mailbox; all iteration goes over those.

use std::fmt;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use super::cursor::{Cursor, Parsed};
use crate::mail::protocol::span::Role;

/// The most ranges in a set. RFC 7162 §4 asks clients to keep below 8,000 octets.
pub const MOST_RANGES: usize = 10_000;

/// Message numbers or UIDs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SequenceSet {
    ranges: Vec<Range>,
    /// True if they are sorted, apart, and without `*`.
    settled: bool,
}

/// The ends of a range as they were written; `None` is `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: Option<NonZeroU32>,
    last: Option<NonZeroU32>,
}

impl SequenceSet {
    /// Parses a set from the front.
    ///
    /// # Errors
    /// When there is none, it has a 0, or too many ranges.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<SequenceSet> {
        SequenceSet::parse_up_to(MOST_RANGES, cursor)
    }

    /// Parses a set that a server sends, with any number of ranges. The response's length bounds it.
    pub(super) fn parse_answer(cursor: &mut Cursor<'_>) -> Parsed<SequenceSet> {
        SequenceSet::parse_up_to(usize::MAX, cursor)
    }

    fn parse_up_to(most: usize, cursor: &mut Cursor<'_>) -> Parsed<SequenceSet> {
        cursor.named(Role::SequenceSet, |cursor| SequenceSet::parse_ranges(most, cursor))
    }

    fn parse_ranges(most: usize, cursor: &mut Cursor<'_>) -> Parsed<SequenceSet> {
        let mut ranges = vec![Range::parse(cursor)?];
        while cursor.eat(b',') {
            if ranges.len() == most {
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

    /// A set of these numbers, which are sorted; 0 is skipped, because no message has it.
    #[must_use]
    pub fn from_sorted(numbers: &[u32]) -> SequenceSet {
        let mut ranges: Vec<Range> = Vec::new();
        for number in numbers.iter().copied().filter_map(NonZeroU32::new) {
            match ranges.last_mut() {
                Some(range) if range.last == Some(number) => {}
                Some(range) if range.last.and_then(|last| last.checked_add(1)) == Some(number) => {
                    range.last = Some(number);
                }
                _ => ranges.push(Range { first: Some(number), last: Some(number) }),
            }
        }
        SequenceSet::written(ranges)
    }

    /// The set of all numbers: `1:*`.
    #[must_use]
    pub fn all() -> SequenceSet {
        SequenceSet::written(vec![Range { first: Some(NonZeroU32::MIN), last: None }])
    }

    /// The set of this number and all above: `7:*`. It always contains the last message.
    #[must_use]
    pub fn starting_at(number: u32) -> SequenceSet {
        SequenceSet::written(vec![Range { first: NonZeroU32::new(number), last: None }])
    }

    /// True if the set is empty. Only a set that was not parsed can be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// True if this number is in the set, in a mailbox whose largest number is `largest`.
    ///
    /// For many numbers, use the [settled](SequenceSet::settled) set, which need not look at every range.
    #[must_use]
    pub fn contains(&self, number: u32, largest: u32) -> bool {
        let holds = |range: &Range| range.bounds(largest).contains(&number);
        let found = if self.settled {
            let is_lower = |range: &Range| *range.bounds(largest).end() < number;
            let next = self.ranges.partition_point(is_lower);
            self.ranges.get(next).is_some_and(holds)
        } else {
            self.ranges.iter().any(holds)
        };
        number != 0 && number <= largest && found
    }

    /// Returns the numbers of the set in a mailbox: sorted, apart, and without `*`.
    #[must_use]
    pub fn settled(&self, largest: u32) -> SequenceSet {
        let range = |range: RangeInclusive<u32>| Range {
            first: NonZeroU32::new(*range.start()),
            last: NonZeroU32::new(*range.end()),
        };
        SequenceSet { ranges: self.ranges(largest).into_iter().map(range).collect(), settled: true }
    }

    /// True if the set names a number above the largest. For message numbers that is an error (RFC 3501
    /// §9, `seq-number`); for UIDs it is not.
    #[must_use]
    pub fn exceeds(&self, largest: u32) -> bool {
        // In an empty mailbox `*` means nothing, so it is above the largest, too.
        largest == 0
            || (self.ranges.iter())
                .flat_map(|range| [range.first, range.last])
                .any(|end| end.is_some_and(|number| number.get() > largest))
    }

    /// Returns the ranges that it means in a mailbox: sorted, apart, within 1 to `largest`.
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

    /// Returns the numbers that it means in a mailbox of `largest` messages, rising, each once.
    ///
    /// For UIDs, which have gaps, use [`SequenceSet::pick`].
    pub fn iter(&self, largest: u32) -> impl Iterator<Item = u32> + use<> {
        self.ranges(largest).into_iter().flatten()
    }

    /// Returns the items whose UID is in the set. `items` are sorted by UID; the cost depends on what is
    /// found, not on how wide the ranges are.
    pub fn pick<'a, T, F>(
        &self,
        items: &'a [T],
        uid: F,
    ) -> impl Iterator<Item = &'a T> + use<'a, T, F>
    where
        F: Fn(&T) -> u32 + Copy,
    {
        // `*` means the last message, so `4294967295:*` finds it (RFC 3501 §6.4.8).
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
        let last = if cursor.eat(b':') { number(cursor)? } else { first };
        Ok(Range { first, last })
    }

    /// RFC 3501 §9: the ends may be in any order; `*:4` is `4:*`.
    fn bounds(self, largest: u32) -> RangeInclusive<u32> {
        let end = |end: Option<NonZeroU32>| end.map_or(largest, NonZeroU32::get);
        let first = end(self.first);
        let last = end(self.last);
        first.min(last)..=first.max(last)
    }
}

/// Parses `seq-number`; `None` is `*`.
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
pub(super) mod tests;
