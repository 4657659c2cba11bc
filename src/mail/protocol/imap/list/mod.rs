//! The arguments of LIST (RFC 3501 §6.3.8).
//!
//! The form of RFC 3501 has a reference and a pattern. The extended form has options or several
//! patterns (RFC 5258 §3; STATUS: RFC 5819; SPECIAL-USE: RFC 6154 §2). The two are answered
//! differently, so [`List`] keeps which of them it was.

pub(super) mod pattern;

use std::fmt;

use super::cursor::{Cursor, Parsed, word_for};
use super::mailbox::{Astring, StatusItem, parse_reference};
use super::mutf7;
use super::string::Spaced;
use crate::mail::protocol::span::Role;
pub use pattern::ListPattern;

/// The longest that all patterns of one LIST may be together, in characters: each name is compared with
/// all of them, at a cost of one length multiplied by the other.
const LONGEST_PATTERNS: usize = 2_000;

/// The arguments of LIST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The beginning of all patterns, in Unicode; usually empty.
    pub reference: String,
    /// The patterns, at least one. RFC 3501's form has one; an empty one asks for the separator.
    pub patterns: Vec<ListPattern>,
    /// `None` in RFC 3501's form.
    pub options: Option<ListOptions>,
}

/// The options of the extended form (RFC 5258 §3.1, §3.2).
///
/// Without any, it lists all mailboxes with only their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// The selection options, all of which must be true.
    pub select: Vec<ListSelect>,
    /// The return options.
    pub tell: Vec<ListReturn>,
}

/// A selection option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListSelect {
    /// Subscribed mailboxes, existing or not.
    Subscribed,
    /// Mailboxes on other servers, too.
    Remote,
    /// Mailboxes above selected ones, too. Only with `Subscribed`.
    RecursiveMatch,
    /// Mailboxes with a special use.
    SpecialUse,
}

/// A return option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListReturn {
    /// Whether the mailbox is subscribed to.
    Subscribed,
    /// Whether there are mailboxes below.
    Children,
    /// The special uses.
    SpecialUse,
    /// The STATUS; at least one item, and none twice.
    Status(Vec<StatusItem>),
}

impl List {
    /// A LIST in RFC 3501's form, with this pattern.
    pub fn simple(pattern: impl Into<String>) -> List {
        List { reference: String::new(), patterns: vec![ListPattern::new(pattern)], options: None }
    }

    /// Parses what follows `LIST `.
    ///
    /// # Errors
    /// What was expected and where.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<List> {
        let mut options = None;
        if cursor.peek() == Some(b'(') {
            let select = ListSelect::parse_all(cursor)?;
            options = Some(ListOptions { select, tell: Vec::new() });
            cursor.space()?;
        }
        let reference = parse_reference(cursor)?;
        cursor.space()?;
        let patterns = match cursor.peek() {
            Some(b'(') => {
                options.get_or_insert_default();
                patterns(cursor)?
            }
            _ => vec![ListPattern::parse(cursor)?],
        };
        if cursor.eat(b' ') {
            options.get_or_insert_default().tell = ListReturn::parse_all(cursor)?;
        }
        Ok(List { reference, patterns, options })
    }
}

/// Parses several patterns in parentheses.
fn patterns(cursor: &mut Cursor<'_>) -> Parsed<Vec<ListPattern>> {
    let error = cursor.expected("mailbox patterns of at most 2000 characters together");
    let patterns = cursor.list(ListPattern::parse)?;
    let length = |pattern: &ListPattern| pattern.as_str().chars().count();
    match patterns.iter().map(length).sum::<usize>() {
        0..=LONGEST_PATTERNS => Ok(patterns),
        _ => Err(error),
    }
}

impl ListSelect {
    /// Every option with its name.
    const NAMES: [(&'static str, ListSelect); 4] = [
        ("SUBSCRIBED", ListSelect::Subscribed),
        ("REMOTE", ListSelect::Remote),
        ("RECURSIVEMATCH", ListSelect::RecursiveMatch),
        ("SPECIAL-USE", ListSelect::SpecialUse),
    ];

    fn parse_all(cursor: &mut Cursor<'_>) -> Parsed<Vec<ListSelect>> {
        let alone = cursor.expected("SUBSCRIBED beside RECURSIVEMATCH");
        let expected = "a selection option of LIST, such as SUBSCRIBED";
        let options = cursor.list_or_empty(|cursor| {
            cursor.named(Role::Option, |cursor| cursor.one_of(&ListSelect::NAMES, expected))
        })?;
        // RFC 5258 §3.1: without another option there is nothing selected to be above of.
        let has = |option| options.contains(&option);
        if has(ListSelect::RecursiveMatch) && !has(ListSelect::Subscribed) {
            return Err(alone);
        }
        Ok(options)
    }
}

impl ListReturn {
    fn parse_all(cursor: &mut Cursor<'_>) -> Parsed<Vec<ListReturn>> {
        if !cursor.eat_text("RETURN ") {
            return cursor.fail("RETURN and its options");
        }
        cursor.list_or_empty(|cursor| {
            let error = cursor.expected("a return option of LIST, such as CHILDREN");
            let word = cursor.named(Role::Option, |cursor| cursor.atom(error.expected))?;
            Ok(match word.to_ascii_uppercase().as_str() {
                "SUBSCRIBED" => ListReturn::Subscribed,
                "CHILDREN" => ListReturn::Children,
                "SPECIAL-USE" => ListReturn::SpecialUse,
                "STATUS" => {
                    cursor.space()?;
                    ListReturn::Status(StatusItem::parse_all(cursor)?)
                }
                _ => return Err(error),
            })
        })
    }
}

/// As on the wire: `(SUBSCRIBED) "" ("INBOX" "Lists.%") RETURN (CHILDREN)`.
impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reference = mutf7::encode(&self.reference);
        let reference = Astring(&reference);
        let patterns = Spaced(&self.patterns);
        match &self.options {
            None => write!(f, "{reference} {patterns}"),
            Some(ListOptions { select, tell }) => {
                let select = Spaced(select);
                write!(f, "({select}) {reference} ({patterns}) RETURN ({})", Spaced(tell))
            }
        }
    }
}

impl fmt::Display for ListSelect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(word_for(&ListSelect::NAMES, self))
    }
}

impl fmt::Display for ListReturn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListReturn::Subscribed => f.write_str("SUBSCRIBED"),
            ListReturn::Children => f.write_str("CHILDREN"),
            ListReturn::SpecialUse => f.write_str("SPECIAL-USE"),
            ListReturn::Status(items) => write!(f, "STATUS ({})", Spaced(items)),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::pattern::tests::any_pattern;
    use super::*;

    fn printed(text: &str) -> Result<String, String> {
        let mut cursor = Cursor::new(text.as_bytes());
        let list = List::parse(&mut cursor).and_then(|list| cursor.end().map(|()| list));
        list.map(|list| list.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn both_forms() {
        let rows = [
            ("\"\" %", "\"\" \"%\""),
            ("() \"\" %", "() \"\" (\"%\") RETURN ()"),
            ("\"\" (INBOX Lists.%)", "() \"\" (\"INBOX\" \"Lists.%\") RETURN ()"),
            ("a % return ()", "() a (\"%\") RETURN ()"),
            (
                "(remote SUBSCRIBED recursivematch) \"\" * RETURN (children special-use)",
                "(REMOTE SUBSCRIBED RECURSIVEMATCH) \"\" (\"*\") RETURN (CHILDREN SPECIAL-USE)",
            ),
            (
                "(SPECIAL-USE) \"\" * RETURN (SUBSCRIBED STATUS (MESSAGES unseen MESSAGES))",
                "(SPECIAL-USE) \"\" (\"*\") RETURN (SUBSCRIBED STATUS (MESSAGES UNSEEN))",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(printed(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_list() {
        let select = "a selection option of LIST, such as SUBSCRIBED";
        let rows = [
            ("(NEW) \"\" *", format!("expected {select} at octet 1")),
            (&"(".repeat(10_000), format!("expected {select} at octet 1")),
            (
                "(RECURSIVEMATCH REMOTE) \"\" *",
                "expected SUBSCRIBED beside RECURSIVEMATCH at octet 0".to_owned(),
            ),
            ("\"\" ()", "expected a mailbox pattern at octet 4".to_owned()),
            ("\"\" * SUBSCRIBED", "expected RETURN and its options at octet 5".to_owned()),
            (
                "\"\" * RETURN (NEW)",
                "expected a return option of LIST, such as CHILDREN at octet 13".to_owned(),
            ),
            ("\"\" * RETURN (STATUS)", "expected a space at octet 19".to_owned()),
            (
                &format!("\"\" ({})", vec!["*".repeat(999); 3].join(" ")),
                "expected mailbox patterns of at most 2000 characters together at octet 3"
                    .to_owned(),
            ),
        ];
        for (text, sentence) in rows {
            assert_eq!(printed(text), Err(sentence), "{text}");
        }
    }

    fn any_options() -> impl Strategy<Value = ListOptions> {
        let one = select(vec![ListSelect::Subscribed, ListSelect::Remote, ListSelect::SpecialUse]);
        let recursive = vec![ListSelect::Subscribed, ListSelect::RecursiveMatch];
        let selected = prop_oneof![proptest::collection::vec(one, 0..3), Just(recursive)];
        let tell = select(vec![
            ListReturn::Subscribed,
            ListReturn::Children,
            ListReturn::SpecialUse,
            ListReturn::Status(vec![StatusItem::Unseen, StatusItem::Size]),
        ]);
        (selected, proptest::collection::vec(tell, 0..4))
            .prop_map(|(select, tell)| ListOptions { select, tell })
    }

    /// A LIST for the law of commands.
    pub(in super::super) fn any_list() -> impl Strategy<Value = List> {
        let patterns = proptest::collection::vec(any_pattern(), 1..4);
        let options = proptest::option::of(any_options());
        ("[ -~ü]{0,8}", patterns, options).prop_map(|(reference, mut patterns, options)| {
            if options.is_none() {
                patterns.truncate(1);
            }
            List { reference, patterns, options }
        })
    }
}
