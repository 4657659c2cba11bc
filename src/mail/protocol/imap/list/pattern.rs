//! The patterns of LIST and LSUB, and which names they match (RFC 3501 §6.3.8).

use std::borrow::Cow;
use std::fmt;

use crate::mail::protocol::imap::cursor::{Cursor, Parsed, is_astring_char};
use crate::mail::protocol::imap::mailbox::{INBOX, Quoted, SEPARATOR};
use crate::mail::protocol::imap::mutf7;
use crate::mail::protocol::span::Role;

/// The longest pattern, in characters; no name in a Maildir++ comes near it.
pub(super) const LONGEST_PATTERN: usize = 1_000;

/// A pattern of LIST or LSUB: `*` matches anything, `%` anything within one level (RFC 3501 §6.3.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPattern(String);

impl ListPattern {
    /// A pattern in Unicode.
    pub fn new(pattern: impl Into<String>) -> ListPattern {
        ListPattern(pattern.into())
    }

    /// The pattern in Unicode.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True if the pattern is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Parses a pattern from the front.
    ///
    /// # Errors
    /// When there is none, it is too long, or not in the cursor's alphabet.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<ListPattern> {
        cursor.named(Role::Pattern, ListPattern::parse_pattern)
    }

    fn parse_pattern(cursor: &mut Cursor<'_>) -> Parsed<ListPattern> {
        let error = cursor.expected("a mailbox pattern");
        let bytes = match cursor.peek() {
            Some(b'"' | b'{') => cursor.string(error.expected)?,
            // RFC 3501 §9, `list-char`: wildcards need no quotes.
            _ => {
                let is = |byte| is_astring_char(byte) || matches!(byte, b'*' | b'%');
                Cow::Borrowed(cursor.word(is, error.expected)?.as_bytes())
            }
        };
        let pattern = cursor.names_in().read(&bytes).ok_or(error)?;
        if pattern.chars().count() > LONGEST_PATTERN {
            return cursor.fail("a mailbox pattern of at most 1000 characters");
        }
        Ok(ListPattern(pattern))
    }

    /// True if the pattern matches this name. `inbox` is INBOX in any case.
    ///
    /// All positions in the pattern that the beginning of the name can lead to are followed at once,
    /// so the cost is at most the two lengths multiplied, whatever the wildcards.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let any_case = name.eq_ignore_ascii_case(INBOX);
        let pattern: Vec<char> = self.0.chars().collect();
        let mut positions = vec![false; pattern.len() + 1];
        positions[0] = true;
        skip_wildcards(&pattern, &mut positions);
        for c in name.chars() {
            let mut next = vec![false; pattern.len() + 1];
            for (position, expected) in
                pattern.iter().enumerate().filter(|(position, _)| positions[*position])
            {
                match expected {
                    '*' => next[position] = true,
                    '%' => next[position] = c != SEPARATOR,
                    same if *same == c || (any_case && same.eq_ignore_ascii_case(&c)) => {
                        next[position + 1] = true;
                    }
                    _ => {}
                }
            }
            skip_wildcards(&pattern, &mut next);
            positions = next;
        }
        positions.last() == Some(&true)
    }
}

/// A wildcard may match nothing: a position before it is also one after it.
fn skip_wildcards(pattern: &[char], positions: &mut [bool]) {
    for (position, c) in pattern.iter().enumerate() {
        if positions[position] && matches!(c, '*' | '%') {
            positions[position + 1] = true;
        }
    }
}

/// As on the wire: a string in modified UTF-7.
impl fmt::Display for ListPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Quoted(&mutf7::encode(&self.0)).fmt(f)
    }
}

#[cfg(test)]
pub(in super::super) mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns() {
        let rows = [
            ("*", "a.b", true),
            ("%", "a.b", false),
            ("%", "a", true),
            ("%.%", "a.b", true),
            ("a.%", "a.b.c", false),
            ("a.*", "a.b.c", true),
            ("a*", "a", true),
            ("*c", "a.b.c", true),
            ("%c", "a.b.c", false),
            ("*%c", "a.b.c", true),
            ("", "a", false),
            ("", "", true),
            ("inb%", "INBOX", true),
            ("Inbox.%", "INBOX.a", false),
            ("SENT", "Sent", false),
            ("日*", "日本", true),
        ];
        for (pattern, name, matches) in rows {
            assert_eq!(ListPattern::new(pattern).matches(name), matches, "{pattern} {name}");
        }
    }

    #[test]
    fn wildcards_do_not_multiply() {
        // Backtracking would take longer here than the sun will shine.
        let pattern = "*".repeat(999) + "a";
        assert!(!ListPattern::new("********a").matches(&"b".repeat(1000)));
        assert!(!ListPattern::new(pattern).matches(&"b".repeat(1000)));
        assert!(!ListPattern::new("%*".repeat(400) + "a").matches(&"b.".repeat(500)));
    }

    #[test]
    fn patterns_on_the_wire() {
        let rows: [(&[u8], &str); 4] =
            [(b"%.*]", "%.*]"), (b"\"\"", ""), (b"Entw&APw-*", "Entwü*"), (b"{2}\r\na*", "a*")];
        for (bytes, pattern) in rows {
            let parsed = ListPattern::parse(&mut Cursor::new(bytes)).unwrap();
            assert_eq!(parsed.as_str(), pattern);
        }
        let long = "a".repeat(LONGEST_PATTERN + 1);
        assert!(ListPattern::parse(&mut Cursor::new(long.as_bytes())).is_err());
    }

    /// A pattern for the laws of the commands that have one.
    pub(in super::super::super) fn any_pattern() -> impl Strategy<Value = ListPattern> {
        "([ -~]|[äé日📫&.*%]){0,12}".prop_map(ListPattern::new)
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn parses_what_it_prints(pattern in any_pattern()) {
            let printed = pattern.to_string();
            prop_assert_eq!(ListPattern::parse(&mut Cursor::new(printed.as_bytes())), Ok(pattern));
        }

        #[test]
        fn a_star_is_anything(name in "[ab.]{0,8}", cut in 0usize..9) {
            let cut = cut.min(name.len());
            let (front, back) = name.split_at(cut);
            let (begins, ends) = (front.to_owned() + "*", "*".to_owned() + back);
            prop_assert!(ListPattern::new(begins).matches(&name));
            prop_assert!(ListPattern::new(ends).matches(&name));
            let percent = ListPattern::new(front.to_owned() + "%");
            prop_assert_eq!(percent.matches(&name), !back.contains('.'));
        }
    }
}
