//! What a server tells of itself and of mailboxes: STATUS (RFC 3501 §7.2.4), NAMESPACE (RFC 2342 §5),
//! ID (RFC 2971 §3.2).

use crate::mail::protocol::imap::cursor::{Cursor, Parsed};
use crate::mail::protocol::imap::mailbox::{MailboxName, StatusItem};
use crate::mail::protocol::imap::mutf7;
use crate::mail::protocol::span::Role;

/// Facts of a mailbox, as STATUS tells them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxStatus {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// The facts, their names in upper case.
    facts: Vec<(String, u64)>,
}

/// Where mailboxes are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespaces {
    /// One's own.
    pub personal: Vec<Namespace>,
    /// Those of other users.
    pub others: Vec<Namespace>,
    /// Those of several users.
    pub shared: Vec<Namespace>,
}

/// A place where mailboxes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// What their names begin with, in Unicode; perhaps nothing.
    pub prefix: String,
    /// What parts their names into levels; `None` when they have none.
    pub separator: Option<char>,
}

impl MailboxStatus {
    /// Facts of this mailbox.
    #[must_use]
    pub fn new(mailbox: MailboxName, facts: &[(&str, u64)]) -> MailboxStatus {
        let owned = |(name, number): &(&str, u64)| ((*name).to_owned(), *number);
        MailboxStatus {
            mailbox,
            facts: facts.iter().map(owned).collect(),
        }
    }

    /// This fact, if the server told it.
    #[must_use]
    pub fn get(&self, item: StatusItem) -> Option<u64> {
        let wanted = item.to_string();
        let row = self.facts.iter().find(|(name, _)| *name == wanted);
        row.map(|(_, number)| *number)
    }

    /// Reads what follows STATUS.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<MailboxStatus> {
        cursor.space()?;
        let mailbox = MailboxName::parse(cursor)?;
        cursor.space()?;
        let facts = cursor.list_or_empty(|cursor| {
            let name = cursor.named(Role::StatusItem, |cursor| cursor.atom("a status item"))?;
            cursor.space()?;
            // RFC 7889 §5: there may be no APPENDLIMIT.
            if cursor.eat_text("NIL") {
                return Ok(None);
            }
            let number = cursor.named(Role::Number, Cursor::number64)?;
            Ok(Some((name.to_ascii_uppercase(), number)))
        })?;
        let facts = facts.into_iter().flatten().collect();
        Ok(MailboxStatus { mailbox, facts })
    }
}

impl Namespaces {
    /// Reads what follows NAMESPACE.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Namespaces> {
        let mut next = || {
            cursor.space()?;
            if cursor.eat_text("NIL") {
                return Ok(Vec::new());
            }
            cursor.expect(b'(', "a list of namespaces, or NIL")?;
            let mut namespaces = Vec::new();
            while !cursor.eat(b')') {
                namespaces.push(Namespace::parse(cursor)?);
            }
            Ok(namespaces)
        };
        Ok(Namespaces {
            personal: next()?,
            others: next()?,
            shared: next()?,
        })
    }
}

impl Namespace {
    /// `("" "/")`; what an extension adds behind is passed over (RFC 2342 §6).
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Namespace> {
        cursor.expect(b'(', "a namespace")?;
        let prefix = cursor.string("the prefix as a string")?;
        let as_it_came = || String::from_utf8_lossy(&prefix).into_owned();
        let prefix = mutf7::decode(&prefix).unwrap_or_else(as_it_came);
        cursor.space()?;
        let separator = cursor.nstring("the separator as a string, or NIL")?;
        while cursor.eat(b' ') {
            cursor.string("the name of an extension as a string")?;
            cursor.space()?;
            cursor.list(|cursor| cursor.string("a string").map(drop))?;
        }
        cursor.expect(b')', "a closing parenthesis")?;
        Ok(Namespace {
            prefix,
            separator: separator.and_then(|text| text.first().copied().map(char::from)),
        })
    }
}

/// Reads what follows ID: who the server says it is, as pairs.
pub(super) fn id(cursor: &mut Cursor<'_>) -> Parsed<Vec<(String, Option<String>)>> {
    cursor.space()?;
    if cursor.eat_text("NIL") {
        return Ok(Vec::new());
    }
    cursor.list_or_empty(|cursor| {
        let field = cursor.string("a field's name as a string")?;
        let field = String::from_utf8_lossy(&field).into_owned();
        cursor.space()?;
        let value = cursor.nstring("a field's value as a string, or NIL")?;
        let value = value.map(|value| String::from_utf8_lossy(&value).into_owned());
        Ok((field, value))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use super::*;

    #[test]
    fn namespaces() {
        let rows = [
            (" ((\"\" \"/\")) NIL NIL", "\"\"/ |  |"),
            (
                " ((\"INBOX.\" \".\")(\"#mh/\" \"/\" \"X\" (\"a\"))) ((\"~\" NIL)) ((\"&AOQ-/\" \"/\"))",
                "\"INBOX.\". \"#mh/\"/ | \"~\"- | \"ä/\"/",
            ),
        ];
        for (text, expected) in rows {
            let read = Namespaces::parse(&mut Cursor::new(text.as_bytes())).unwrap();
            let show = |list: &[Namespace]| {
                let one = |n: &Namespace| format!("{:?}{}", n.prefix, n.separator.unwrap_or('-'));
                list.iter().map(one).collect::<Vec<_>>().join(" ")
            };
            let all = [&read.personal, &read.others, &read.shared].map(|list| show(list));
            assert_eq!(all.join(" | ").trim_end(), expected, "{text}");
        }
        for text in ["", " NIL NIL", " (\"\" \"/\") NIL NIL", " (("] {
            assert!(Namespaces::parse(&mut Cursor::new(text.as_bytes())).is_err());
        }
    }

    #[test]
    fn identities() {
        let read = |text: &str| id(&mut Cursor::new(text.as_bytes()));
        assert_eq!(read(" NIL").unwrap(), []);
        let named = vec![
            ("name".to_owned(), Some("Cyrus".to_owned())),
            ("os".to_owned(), None),
        ];
        assert_eq!(read(" (\"name\" \"Cyrus\" \"os\" NIL)").unwrap(), named);
        assert!(read(" (\"name\")").is_err());
    }
}
