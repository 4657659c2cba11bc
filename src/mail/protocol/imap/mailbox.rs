//! Mailbox names, and the items of STATUS (RFC 3501 §5.1, §6.3.10).
//!
//! A name is Unicode here, and in one of two alphabets on the wire; the hierarchy separator is `.`.
//! The store decides which names can be created.

use std::fmt;

use super::cursor::{Cursor, Parsed, word_for};
use super::{mutf7, string};
use crate::mail::protocol::span::Role;

/// The hierarchy separator.
pub const SEPARATOR: char = '.';

/// RFC 3501 §5.1: the mailbox that mail is delivered to, in any case.
pub(super) const INBOX: &str = "INBOX";

/// How a client and a server write mailbox names to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alphabet {
    /// Modified UTF-7, which every client knows (RFC 3501 §5.1.3).
    #[default]
    ModifiedUtf7,
    /// UTF-8, for clients that have enabled it (RFC 9051 §5.1, RFC 9755 §3).
    Utf8,
}

/// The name of a mailbox, which need not exist. Without control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailboxName(String);

impl MailboxName {
    /// A name in Unicode. INBOX in any case becomes capitals (RFC 3501 §5.1), also as the first part of
    /// the names below it.
    pub fn new(name: impl Into<String>) -> MailboxName {
        let mut name = name.into();
        if let Some((first, rest)) = name.split_at_mut_checked(INBOX.len())
            && (rest.is_empty() || rest.starts_with(SEPARATOR))
            && first.eq_ignore_ascii_case(INBOX)
        {
            first.make_ascii_uppercase();
        }
        MailboxName(name)
    }

    /// The name in Unicode.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for the mailbox that mail is delivered to.
    #[must_use]
    pub fn is_inbox(&self) -> bool {
        self.0 == INBOX
    }

    /// Parses a name from the front.
    ///
    /// # Errors
    /// When there is none, it is empty, not in the cursor's alphabet, or has a control character.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<MailboxName> {
        cursor.named(Role::Mailbox, MailboxName::parse_name)
    }

    fn parse_name(cursor: &mut Cursor<'_>) -> Parsed<MailboxName> {
        let alphabet = cursor.names_in();
        let error = cursor.expected(match alphabet {
            Alphabet::ModifiedUtf7 => "a mailbox name in modified UTF-7",
            Alphabet::Utf8 => "a mailbox name in UTF-8",
        });
        let bytes = cursor.astring("a mailbox name")?;
        let name = alphabet.read(&bytes).ok_or(error)?;
        if name.is_empty() {
            return Err(error);
        }
        Ok(MailboxName::new(name))
    }

    /// Returns the name as on the wire: an astring in this alphabet.
    #[must_use]
    pub fn written_in(&self, alphabet: Alphabet) -> String {
        match alphabet {
            Alphabet::ModifiedUtf7 => self.to_string(),
            Alphabet::Utf8 => string::utf8_astring(&self.0),
        }
    }
}

impl Alphabet {
    /// Decodes a name; `None` if the octets are no text, or contain characters that no name may have
    /// (RFC 9755 §3: controls, and the separators of lines and paragraphs).
    ///
    /// Octets beyond ASCII are UTF-8 even in modified UTF-7: they cannot be anything else, and some
    /// clients send them.
    pub(super) fn read(self, bytes: &[u8]) -> Option<String> {
        let name = match self {
            Alphabet::ModifiedUtf7 if bytes.is_ascii() => mutf7::decode(bytes)?,
            _ => str::from_utf8(bytes).ok()?.to_owned(),
        };
        let forbidden = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        (!name.chars().any(forbidden)).then_some(name)
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

/// Parses the reference of LIST, a name that may be empty, from the front.
///
/// # Errors
/// As [`MailboxName::parse`], except for the empty name.
pub fn parse_reference(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let error = cursor.expected("a reference name");
    let bytes = cursor.named(Role::Reference, |cursor| cursor.astring(error.expected))?;
    cursor.names_in().read(&bytes).ok_or(error)
}

/// An item of STATUS (RFC 3501 §6.3.10; `DELETED` and `SIZE`: RFC 9051 §6.3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusItem {
    /// The number of messages.
    Messages,
    /// The number of recent messages.
    Recent,
    /// No later message has a lower UID.
    UidNext,
    /// Changes when the UIDs start anew.
    UidValidity,
    /// The number of messages without `\Seen`.
    Unseen,
    /// The number of messages marked `\Deleted`.
    Deleted,
    /// The size of all messages together, in octets.
    Size,
    /// The largest message that can be appended, in octets (RFC 7889 §3.1).
    AppendLimit,
}

impl StatusItem {
    /// Every item with its name.
    const NAMES: [(&'static str, StatusItem); 8] = [
        ("MESSAGES", StatusItem::Messages),
        ("RECENT", StatusItem::Recent),
        ("UIDNEXT", StatusItem::UidNext),
        ("UIDVALIDITY", StatusItem::UidValidity),
        ("UNSEEN", StatusItem::Unseen),
        ("DELETED", StatusItem::Deleted),
        ("SIZE", StatusItem::Size),
        ("APPENDLIMIT", StatusItem::AppendLimit),
    ];

    /// Parses items in parentheses from the front; duplicates are dropped.
    ///
    /// # Errors
    /// When there is none, or an item is unknown.
    pub fn parse_all(cursor: &mut Cursor<'_>) -> Parsed<Vec<StatusItem>> {
        let mut items = Vec::new();
        cursor.list(|cursor| {
            let expected = "a status item, such as MESSAGES";
            let item = cursor
                .named(Role::StatusItem, |cursor| cursor.one_of(&StatusItem::NAMES, expected))?;
            if !items.contains(&item) {
                items.push(item);
            }
            Ok(())
        })?;
        Ok(items)
    }
}

/// As on the wire: `MESSAGES`.
impl fmt::Display for StatusItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(word_for(&StatusItem::NAMES, self))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names() {
        let rows: [(&[u8], &str, &str); 8] = [
            (b"inBox", "INBOX", "INBOX"),
            (b"\"Sent Mail\"", "Sent Mail", "\"Sent Mail\""),
            (b"Entw&APw-rfe", "Entwürfe", "Entw&APw-rfe"),
            (b"{3}\r\na&-", "a&", "a&-"),
            // RFC 9755 §3: quoted UTF-8.
            ("\"Entwürfe\"".as_bytes(), "Entwürfe", "Entw&APw-rfe"),
            (b"inbox.sub", "INBOX.sub", "INBOX.sub"),
            (b"inboxes", "inboxes", "inboxes"),
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
    fn names_in_utf8() {
        let rows: [(&[u8], &str, &str); 5] = [
            (b"inBox", "INBOX", "INBOX"),
            ("\"Entwürfe\"".as_bytes(), "Entwürfe", "\"Entwürfe\""),
            ("{9}\r\nEntwürfe".as_bytes(), "Entwürfe", "\"Entwürfe\""),
            // No shift to another alphabet: an ampersand is one.
            (b"Entw&APw-rfe", "Entw&APw-rfe", "Entw&APw-rfe"),
            (b"\"Tom & \\\"Jerry\\\"\"", "Tom & \"Jerry\"", "\"Tom & \\\"Jerry\\\"\""),
        ];
        for (bytes, name, printed) in rows {
            let parsed = MailboxName::parse(&mut in_utf8(bytes)).unwrap();
            assert_eq!(parsed.as_str(), name);
            assert_eq!(parsed.written_in(Alphabet::Utf8), printed);
        }
    }

    fn in_utf8(bytes: &[u8]) -> Cursor<'_> {
        Cursor::new(bytes).with_names_in(Alphabet::Utf8)
    }

    #[test]
    fn what_is_no_name() {
        let rows: [&[u8]; 8] =
            [b"", b"\"\"", b"a*", b"&", b"&AGE-", b"\"\xff\"", b"\"a\x01\"", b"\"&AAo-\""];
        for bytes in rows {
            let mut cursor = Cursor::new(bytes);
            let parsed = MailboxName::parse(&mut cursor).and_then(|_| cursor.end());
            assert!(parsed.is_err(), "{}", bytes.escape_ascii());
        }
        let rows: [&[u8]; 3] = [b"\"\xff\"", b"\"a\x01\"", "\"a\u{2028}b\"".as_bytes()];
        for bytes in rows {
            let error = MailboxName::parse(&mut in_utf8(bytes)).unwrap_err();
            assert_eq!(error.to_string(), "expected a mailbox name in UTF-8 at octet 0");
        }
    }

    /// A name for the laws of the commands that have one.
    pub(in super::super) fn any_name() -> impl Strategy<Value = MailboxName> {
        "([ -~]|[äé日📫&.]){1,12}|[iI]nbox".prop_map(MailboxName::new)
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn parses_what_it_prints(name in any_name()) {
            let printed = name.to_string();
            prop_assert_eq!(MailboxName::parse(&mut Cursor::new(printed.as_bytes())), Ok(name.clone()));
            let printed = name.written_in(Alphabet::Utf8);
            prop_assert_eq!(MailboxName::parse(&mut in_utf8(printed.as_bytes())), Ok(name));
        }
    }
}
