//! Special uses of mailboxes: drafts, sent mail, … (RFC 6154 §2), for CREATE and LIST.

use std::fmt;

use super::cursor::{Cursor, Parsed};
use crate::mail::protocol::span::Role;

/// A special use, as an attribute of LIST.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpecialUse {
    /// Archived mail.
    Archive,
    /// Drafts.
    Drafts,
    /// Unwanted mail.
    Junk,
    /// Sent mail.
    Sent,
    /// Mail that is, or will be, deleted.
    Trash,
    /// Any other use, without its backslash. `All` and `Flagged` mailboxes show messages of other
    /// mailboxes; `Important` is of RFC 8457.
    Other(String),
}

impl SpecialUse {
    /// The uses of mailboxes in which messages are stored.
    pub const STORING: [SpecialUse; 5] = [
        SpecialUse::Archive,
        SpecialUse::Drafts,
        SpecialUse::Junk,
        SpecialUse::Sent,
        SpecialUse::Trash,
    ];

    /// Returns the use with this name, in any case, without a backslash.
    #[must_use]
    pub fn named(name: &str) -> SpecialUse {
        let mut storing = SpecialUse::STORING.into_iter();
        let found = storing.find(|special_use| special_use.name().eq_ignore_ascii_case(name));
        found.unwrap_or_else(|| SpecialUse::Other(name.to_owned()))
    }

    /// Returns the name, without a backslash.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            SpecialUse::Archive => "Archive",
            SpecialUse::Drafts => "Drafts",
            SpecialUse::Junk => "Junk",
            SpecialUse::Sent => "Sent",
            SpecialUse::Trash => "Trash",
            SpecialUse::Other(name) => name,
        }
    }

    /// Parses `\Drafts` from the front.
    ///
    /// # Errors
    /// When there is no attribute.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<SpecialUse> {
        let error = cursor.expected("a special use, such as \\Drafts");
        let name = cursor.named(Role::MailboxAttribute, |cursor| {
            cursor.expect(b'\\', error.expected)?;
            cursor.atom(error.expected).map_err(|_| error)
        })?;
        Ok(SpecialUse::named(name))
    }
}

/// As on the wire: `\Drafts`.
impl fmt::Display for SpecialUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\\{}", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses() {
        let rows = [
            ("\\Drafts", Some(SpecialUse::Drafts)),
            ("\\sENT)", Some(SpecialUse::Sent)),
            ("\\All", Some(SpecialUse::Other("All".to_owned()))),
            ("Drafts", None),
            ("\\", None),
            ("", None),
        ];
        for (text, expected) in rows {
            let parsed = SpecialUse::parse(&mut Cursor::new(text.as_bytes()));
            assert_eq!(parsed.ok(), expected, "{text}");
        }
        for special_use in SpecialUse::STORING {
            let printed = special_use.to_string();
            let parsed = SpecialUse::parse(&mut Cursor::new(printed.as_bytes()));
            assert_eq!(parsed, Ok(special_use));
        }
    }
}
