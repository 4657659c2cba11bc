//! What a server tells about itself and its mailboxes: LIST (RFC 3501 §7.2.2), STATUS (§7.2.4),
//! NAMESPACE (RFC 2342 §5), ID (RFC 2971 §3.2).

use std::fmt;

use super::attribute::any_value;
use crate::mail::protocol::imap::cursor::{Cursor, Parsed};
use crate::mail::protocol::imap::mailbox::{Alphabet, MailboxName, Quoted, StatusItem};
use crate::mail::protocol::imap::mutf7;
use crate::mail::protocol::span::Role;

/// A mailbox as LIST and LSUB show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The attributes with their backslash, in the server's case: `\Noselect`.
    pub attributes: Vec<String>,
    /// The hierarchy separator; `None` if the name has no levels.
    pub separator: Option<char>,
    /// The name; empty if only the separator was asked for.
    pub name: MailboxName,
    /// CHILDINFO: true if a mailbox below is subscribed to (RFC 5258 §3.5).
    pub subscribed_below: bool,
    /// OLDNAME: the name before RENAME (RFC 9051 §6.3.9.7).
    pub old_name: Option<MailboxName>,
}

/// Facts of a mailbox, as STATUS tells them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxStatus {
    /// The mailbox.
    pub mailbox: MailboxName,
    /// The facts, their names in upper case.
    facts: Vec<(String, u64)>,
}

/// Where mailboxes are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespaces {
    /// The user's own namespaces.
    pub personal: Vec<Namespace>,
    /// The namespaces of other users.
    pub others: Vec<Namespace>,
    /// The namespaces that several users share.
    pub shared: Vec<Namespace>,
}

/// A place where mailboxes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// The beginning of their names, in Unicode; it may be empty.
    pub prefix: String,
    /// The hierarchy separator; `None` if names have no levels.
    pub separator: Option<char>,
}

impl Listed {
    /// A mailbox with this name and attributes, below the separator of Maildir++.
    #[must_use]
    pub fn new(name: MailboxName, attributes: Vec<String>) -> Listed {
        Listed {
            attributes,
            separator: Some(crate::mail::protocol::imap::mailbox::SEPARATOR),
            name,
            subscribed_below: false,
            old_name: None,
        }
    }

    /// True if it has this attribute, in any case: `\\Noselect`, `\\Sent`.
    #[must_use]
    pub fn has(&self, attribute: &str) -> bool {
        let same = |one: &String| one.eq_ignore_ascii_case(attribute);
        self.attributes.iter().any(same)
    }

    /// Parses what follows LIST: attributes, separator, name, and perhaps extended data.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Listed> {
        cursor.space()?;
        let attributes = cursor.list_or_empty(|cursor| {
            cursor.named(Role::MailboxAttribute, |cursor| {
                cursor.expect(b'\\', "an attribute, which begins with a backslash")?;
                Ok(format!("\\{}", cursor.atom("an attribute")?))
            })
        })?;
        cursor.space()?;
        let expected = "the separator as a string, or NIL";
        let separator = cursor.named(Role::Separator, |cursor| cursor.nstring(expected))?;
        cursor.space()?;
        let mut listed = Listed {
            separator: separator.and_then(|text| text.first().copied().map(char::from)),
            ..Listed::new(listed_name(cursor)?, attributes)
        };
        // Extended data that we cannot parse is ignored.
        let mut extended = Cursor::new(cursor.rest()).with_names_in(cursor.names_in());
        let _ = listed.parse_extended(&mut extended);
        Ok(listed)
    }

    /// RFC 5258 §6, `mbox-list-extended`.
    fn parse_extended(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        cursor.space()?;
        cursor.list(|cursor| {
            let name = cursor.text("the name of an extended item")?;
            cursor.space()?;
            match name.to_ascii_uppercase().as_str() {
                "CHILDINFO" => {
                    let options = cursor.list(|cursor| cursor.text("a selection option"))?;
                    let subscribed = |option: &String| option.eq_ignore_ascii_case("SUBSCRIBED");
                    self.subscribed_below = options.iter().any(subscribed);
                }
                "OLDNAME" => {
                    cursor.expect(b'(', "an opening parenthesis")?;
                    self.old_name = Some(MailboxName::parse(cursor)?);
                    cursor.expect(b')', "a closing parenthesis")?;
                }
                _ => {
                    any_value(cursor)?;
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    /// As on the wire, after LIST.
    pub(super) fn text(&self, alphabet: Alphabet) -> String {
        let attributes = self.attributes.join(" ");
        let name = self.name.written_in(alphabet);
        let mut text = format!("({attributes}) {} {name}", Separator(self.separator));
        let mut extended = Vec::new();
        if self.subscribed_below {
            extended.push("\"CHILDINFO\" (\"SUBSCRIBED\")".to_owned());
        }
        if let Some(old) = &self.old_name {
            extended.push(format!("\"OLDNAME\" ({})", old.written_in(alphabet)));
        }
        if !extended.is_empty() {
            text += &format!(" ({})", extended.join(" "));
        }
        text
    }
}

/// RFC 3501 §6.3.8: the empty name answers `LIST "" ""`, which asks for the separator alone.
fn listed_name(cursor: &mut Cursor<'_>) -> Parsed<MailboxName> {
    if cursor.eat_text("\"\"") {
        return Ok(MailboxName::new(""));
    }
    MailboxName::parse(cursor)
}

impl MailboxStatus {
    /// Facts of this mailbox.
    #[must_use]
    pub fn new(mailbox: MailboxName, facts: &[(&str, u64)]) -> MailboxStatus {
        let owned = |(name, number): &(&str, u64)| ((*name).to_owned(), *number);
        MailboxStatus { mailbox, facts: facts.iter().map(owned).collect() }
    }

    /// Adds a fact.
    pub fn push(&mut self, item: StatusItem, number: u64) {
        self.facts.push((item.to_string(), number));
    }

    /// Returns this fact, if the server sent it.
    #[must_use]
    pub fn get(&self, item: StatusItem) -> Option<u64> {
        let wanted = item.to_string();
        let row = self.facts.iter().find(|(name, _)| *name == wanted);
        row.map(|(_, number)| *number)
    }

    /// Parses what follows STATUS.
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

    /// As on the wire, after STATUS.
    pub(super) fn text(&self, alphabet: Alphabet) -> String {
        let facts = self.facts.iter();
        let facts: Vec<String> = facts.map(|(name, number)| format!("{name} {number}")).collect();
        let name = self.mailbox.written_in(alphabet);
        format!("{name} ({})", facts.join(" "))
    }
}

impl Namespaces {
    /// Parses what follows NAMESPACE.
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
        Ok(Namespaces { personal: next()?, others: next()?, shared: next()? })
    }
}

impl Namespace {
    /// Parses `("" "/")`. What an extension adds is ignored (RFC 2342 §6).
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
            cursor.list(|cursor| cursor.string("a string"))?;
        }
        cursor.expect(b')', "a closing parenthesis")?;
        Ok(Namespace {
            prefix,
            separator: separator.and_then(|text| text.first().copied().map(char::from)),
        })
    }
}

/// As on the wire, after NAMESPACE: `(("" ".")) NIL NIL`.
impl fmt::Display for Namespaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [&self.personal, &self.others, &self.shared];
        for (position, namespaces) in kinds.into_iter().enumerate() {
            f.write_str(if position == 0 { "" } else { " " })?;
            if namespaces.is_empty() {
                f.write_str("NIL")?;
                continue;
            }
            f.write_str("(")?;
            for Namespace { prefix, separator } in namespaces {
                let prefix = mutf7::encode(prefix);
                write!(f, "({} {})", Quoted(&prefix), Separator(*separator))?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// Prints a separator as a string, or NIL.
struct Separator(Option<char>);

impl fmt::Display for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(separator) => Quoted(separator.encode_utf8(&mut [0; 4])).fmt(f),
            None => f.write_str("NIL"),
        }
    }
}

/// Parses what follows ID: the server's identity, as pairs.
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
        let named = vec![("name".to_owned(), Some("Cyrus".to_owned())), ("os".to_owned(), None)];
        assert_eq!(read(" (\"name\" \"Cyrus\" \"os\" NIL)").unwrap(), named);
        assert!(read(" (\"name\")").is_err());
    }
}
