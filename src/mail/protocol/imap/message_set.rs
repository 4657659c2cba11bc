//! Which messages a command means: a sequence set, or `$`, the result that the last SEARCH saved
//! (RFC 5182 §2.1, RFC 9051 §6.4.4.1).
//!
//! `$` is allowed wherever a sequence set is, and means the same messages whether the command uses
//! numbers or UIDs. Only the session knows which messages it means.

use std::fmt;

use super::cursor::{Cursor, Parsed};
use super::sequence::SequenceSet;
use crate::mail::protocol::span::Role;

/// The messages that a command means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageSet {
    /// The messages with these numbers, or UIDs.
    Sequence(SequenceSet),
    /// `$`: the messages that the last SEARCH with `RETURN (SAVE)` found.
    Saved,
}

impl MessageSet {
    /// Parses a set from the front.
    ///
    /// # Errors
    /// When there is none, or it is too long.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<MessageSet> {
        if cursor.peek() == Some(b'$') {
            let saved = cursor.named(Role::SequenceSet, |cursor| cursor.expect(b'$', "$"));
            return saved.map(|()| MessageSet::Saved);
        }
        SequenceSet::parse(cursor).map(MessageSet::Sequence)
    }
}

impl From<SequenceSet> for MessageSet {
    fn from(set: SequenceSet) -> MessageSet {
        MessageSet::Sequence(set)
    }
}

/// As on the wire.
impl fmt::Display for MessageSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MessageSet::Sequence(set) => set.fmt(f),
            MessageSet::Saved => f.write_str("$"),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::sequence::tests::any_set;
    use super::*;

    /// A set for the laws of the commands that have one.
    pub(in super::super) fn any_message_set() -> impl Strategy<Value = MessageSet> {
        prop_oneof![
            1 => Just(MessageSet::Saved),
            5 => any_set().prop_map(MessageSet::Sequence),
        ]
    }

    #[test]
    fn the_saved_result_is_a_set_alone() {
        let parse = |text: &'static str| {
            let mut cursor = Cursor::new(text.as_bytes());
            let set = MessageSet::parse(&mut cursor)?;
            cursor.end().map(|()| set)
        };
        assert_eq!(parse("$").unwrap(), MessageSet::Saved);
        // RFC 5182 §3: it is no element of a set.
        for text in ["$,1", "1,$", "1:$", "$$", ""] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn parses_what_it_prints(set in any_message_set()) {
            let printed = set.to_string();
            prop_assert_eq!(MessageSet::parse(&mut Cursor::new(printed.as_bytes())), Ok(set));
        }
    }
}
