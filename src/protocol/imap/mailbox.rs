//! Mailbox names, the patterns of LIST, and what STATUS can tell (RFC 3501 §5.1, §6.3.8, §6.3.10).
//!
//! A name is Unicode here and modified UTF-7 on the wire; the hierarchy separator is `.`. Which
//! names may be created is the store's decision, not the grammar's.

use std::borrow::Cow;
use std::fmt;

use super::cursor::{Cursor, Parsed, is_astring_char};
use super::{mutf7, string};

/// What parts a name into levels.
pub const SEPARATOR: char = '.';

/// RFC 3501 §5.1: the mailbox that mail is delivered to, in any case.
const INBOX: &str = "INBOX";

/// No pattern is longer than this, in characters; no name in a Maildir++ comes near it.
const LONGEST_PATTERN: usize = 1_000;

/// The name of a mailbox, which need not exist. Without control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailboxName(String);

impl MailboxName {
    /// A name in Unicode; any `inbox` becomes `INBOX`.
    pub fn new(name: impl Into<String>) -> MailboxName {
        let name = name.into();
        if name.eq_ignore_ascii_case(INBOX) {
            return MailboxName(INBOX.to_owned());
        }
        MailboxName(name)
    }

    /// The name in Unicode.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Is it the mailbox that mail is delivered to?
    #[must_use]
    pub fn is_inbox(&self) -> bool {
        self.0 == INBOX
    }

    /// Reads a name from the front.
    ///
    /// # Errors
    /// When none stands there, it is empty, or not in modified UTF-7 (or, with octets beyond ASCII,
    /// not in UTF-8), or has a control character.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<MailboxName> {
        let error = cursor.expected("a mailbox name in modified UTF-7");
        let bytes = cursor.astring("a mailbox name")?;
        let name = unicode(&bytes).ok_or(error)?;
        if name.is_empty() {
            return Err(error);
        }
        Ok(MailboxName::new(name))
    }
}

/// As on the wire: an astring in modified UTF-7.
impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Astring(&mutf7::encode(&self.0)).fmt(f)
    }
}

/// Prints text as an `astring`.
pub(super) struct Astring<'a>(pub(super) &'a str);

impl fmt::Display for Astring<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(self.0.len() + 2);
        string::astring(self.0.as_bytes(), &mut bytes);
        f.write_str(&String::from_utf8_lossy(&bytes))
    }
}

/// Prints text as a `string`, never as an atom.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(self.0.len() + 2);
        string::string(self.0.as_bytes(), &mut bytes);
        f.write_str(&String::from_utf8_lossy(&bytes))
    }
}

/// Reads the reference of LIST, a name that may be empty, from the front.
///
/// # Errors
/// As [`MailboxName::parse`], but for the empty name.
pub fn parse_reference(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let error = cursor.expected("a reference name in modified UTF-7");
    let bytes = cursor.astring("a reference name")?;
    unicode(&bytes).ok_or(error)
}

/// Modified UTF-7; or UTF-8, as clients send it under UTF8=ACCEPT (RFC 9755 §3), where it has octets
/// beyond ASCII. No control character comes out.
fn unicode(bytes: &[u8]) -> Option<String> {
    let name = match bytes.is_ascii() {
        true => mutf7::decode(bytes)?,
        false => str::from_utf8(bytes).ok()?.to_owned(),
    };
    (!name.chars().any(char::is_control)).then_some(name)
}

/// A pattern of LIST or LSUB: `*` stands for anything, `%` for anything within one level
/// (RFC 3501 §6.3.8).
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

    /// Reads a pattern from the front.
    ///
    /// # Errors
    /// When none stands there, it is too long, or not in modified UTF-7 (or UTF-8).
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<ListPattern> {
        let error = cursor.expected("a mailbox pattern in modified UTF-7");
        let bytes = match cursor.peek() {
            Some(b'"' | b'{') => cursor.string(error.expected)?,
            // RFC 3501 §9, `list-char`: wildcards need no quotes.
            _ => {
                let is = |byte| is_astring_char(byte) || matches!(byte, b'*' | b'%');
                Cow::Borrowed(cursor.word(is, "a mailbox pattern")?.as_bytes())
            }
        };
        let pattern = unicode(&bytes).ok_or(error)?;
        if pattern.chars().count() > LONGEST_PATTERN {
            return cursor.fail("a mailbox pattern of at most 1000 characters");
        }
        Ok(ListPattern(pattern))
    }

    /// Is this name one that the pattern means? `inbox` is INBOX in any case.
    ///
    /// Every place in the pattern that the name read so far can have led to is followed at once, so
    /// the cost is at most their lengths multiplied, whatever the wildcards.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let any_case = name.eq_ignore_ascii_case(INBOX);
        let pattern: Vec<char> = self.0.chars().collect();
        let mut places = vec![false; pattern.len() + 1];
        places[0] = true;
        skip_wildcards(&pattern, &mut places);
        for c in name.chars() {
            let mut next = vec![false; pattern.len() + 1];
            for (place, expected) in pattern
                .iter()
                .enumerate()
                .filter(|(place, _)| places[*place])
            {
                match expected {
                    '*' => next[place] = true,
                    '%' => next[place] = c != SEPARATOR,
                    same if *same == c || (any_case && same.eq_ignore_ascii_case(&c)) => {
                        next[place + 1] = true;
                    }
                    _ => {}
                }
            }
            skip_wildcards(&pattern, &mut next);
            places = next;
        }
        places.last() == Some(&true)
    }
}

/// A wildcard may stand for nothing: whoever is before it is also behind it.
fn skip_wildcards(pattern: &[char], places: &mut [bool]) {
    for (place, c) in pattern.iter().enumerate() {
        if places[place] && matches!(c, '*' | '%') {
            places[place + 1] = true;
        }
    }
}

/// As on the wire: a string in modified UTF-7.
impl fmt::Display for ListPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Quoted(&mutf7::encode(&self.0)).fmt(f)
    }
}

/// What STATUS can tell of a mailbox (RFC 3501 §6.3.10; `DELETED` and `SIZE`: RFC 9051 §6.3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusItem {
    /// How many messages there are.
    Messages,
    /// How many no session has been told of.
    Recent,
    /// The UID that the next message will have, at least.
    UidNext,
    /// Changes when the UIDs start anew.
    UidValidity,
    /// How many messages have not been read.
    Unseen,
    /// How many messages will go with the next EXPUNGE.
    Deleted,
    /// How many octets the messages have together.
    Size,
}

impl StatusItem {
    /// Every item, and its name.
    const NAMES: [(&'static str, StatusItem); 7] = [
        ("MESSAGES", StatusItem::Messages),
        ("RECENT", StatusItem::Recent),
        ("UIDNEXT", StatusItem::UidNext),
        ("UIDVALIDITY", StatusItem::UidValidity),
        ("UNSEEN", StatusItem::Unseen),
        ("DELETED", StatusItem::Deleted),
        ("SIZE", StatusItem::Size),
    ];

    /// Reads an item from the front.
    ///
    /// # Errors
    /// When none stands there.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<StatusItem> {
        let error = cursor.expected("a status item, such as MESSAGES");
        let word = cursor.atom(error.expected)?;
        let named = |(name, _): &&(&str, StatusItem)| name.eq_ignore_ascii_case(word);
        let found = StatusItem::NAMES.iter().find(named);
        found.map(|(_, item)| *item).ok_or(error)
    }
}

/// As on the wire: `MESSAGES`.
impl fmt::Display for StatusItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = StatusItem::NAMES.iter().find(|(_, item)| item == self);
        f.write_str(found.map_or("", |(name, _)| name))
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names() {
        let rows: [(&[u8], &str, &str); 7] = [
            (b"inBox", "INBOX", "INBOX"),
            (b"\"Sent Mail\"", "Sent Mail", "\"Sent Mail\""),
            (b"Entw&APw-rfe", "Entwürfe", "Entw&APw-rfe"),
            (b"{3}\r\na&-", "a&", "a&-"),
            // RFC 9755 §3: quoted UTF-8.
            ("\"Entwürfe\"".as_bytes(), "Entwürfe", "Entw&APw-rfe"),
            (b"inbox.sub", "inbox.sub", "inbox.sub"),
            // For the store to refuse.
            (b"../../etc", "../../etc", "../../etc"),
        ];
        for (bytes, name, printed) in rows {
            let parsed = MailboxName::parse(&mut Cursor::new(bytes)).unwrap();
            assert_eq!(parsed.as_str(), name);
            assert_eq!(parsed.to_string(), printed);
        }
    }

    #[test]
    fn what_is_no_name() {
        let rows: [&[u8]; 8] = [
            b"",
            b"\"\"",
            b"a*",
            b"&",
            b"&AGE-",
            b"\"\xff\"",
            b"\"a\x01\"",
            b"\"&AAo-\"",
        ];
        for bytes in rows {
            let mut cursor = Cursor::new(bytes);
            let parsed = MailboxName::parse(&mut cursor).and_then(|_| cursor.end());
            assert!(parsed.is_err(), "{}", bytes.escape_ascii());
        }
    }

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
            assert_eq!(
                ListPattern::new(pattern).matches(name),
                matches,
                "{pattern} {name}"
            );
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
        let rows: [(&[u8], &str); 4] = [
            (b"%.*]", "%.*]"),
            (b"\"\"", ""),
            (b"Entw&APw-*", "Entwü*"),
            (b"{2}\r\na*", "a*"),
        ];
        for (bytes, pattern) in rows {
            let parsed = ListPattern::parse(&mut Cursor::new(bytes)).unwrap();
            assert_eq!(parsed.as_str(), pattern);
        }
        let long = "a".repeat(LONGEST_PATTERN + 1);
        assert!(ListPattern::parse(&mut Cursor::new(long.as_bytes())).is_err());
    }

    /// A name for the laws of the commands that have one.
    pub(in super::super) fn any_name() -> impl Strategy<Value = MailboxName> {
        "([ -~]|[äé日📫&.]){1,12}|[iI]nbox".prop_map(MailboxName::new)
    }

    /// A pattern, likewise.
    pub(in super::super) fn any_pattern() -> impl Strategy<Value = ListPattern> {
        "([ -~]|[äé日📫&.*%]){0,12}".prop_map(ListPattern::new)
    }

    proptest! {
        #[test]
        fn parses_what_it_prints(name in any_name(), pattern in any_pattern()) {
            let printed = name.to_string();
            prop_assert_eq!(MailboxName::parse(&mut Cursor::new(printed.as_bytes())), Ok(name));
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
