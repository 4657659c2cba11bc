//! What was found, as our own client reads it: ESEARCH (RFC 9051 §7.3.4), SORT and THREAD (RFC 5256 §4).

use crate::mail::protocol::imap::cursor::{Cursor, Parsed, utf8};
use crate::mail::protocol::imap::sequence::SequenceSet;
use crate::mail::protocol::span::Role;

/// What an ESEARCH response tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchResults {
    /// The command that it answers.
    pub tag: Option<String>,
    /// Are the numbers UIDs?
    pub uid: bool,
    /// The lowest number.
    pub min: Option<u32>,
    /// The highest.
    pub max: Option<u32>,
    /// All of them; `None` also when nothing was found (RFC 4731 §3.1).
    pub all: Option<SequenceSet>,
    /// How many.
    pub count: Option<u32>,
}

/// A message in a conversation. Those below it follow it, one level deeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threaded {
    /// Its number, or UID; `None` for a message that is not in the mailbox.
    pub number: Option<u32>,
    /// How many messages it stands below.
    pub depth: usize,
}

impl SearchResults {
    /// Reads what follows ESEARCH. What is not known is passed over.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<SearchResults> {
        let mut found = SearchResults::default();
        if cursor.eat_text(" (TAG ") {
            let error = cursor.expected("a tag");
            let tag = cursor.named(Role::Tag, |cursor| cursor.astring("a tag"))?;
            found.tag = Some(utf8(tag).ok_or(error)?);
            cursor.expect(b')', "a closing parenthesis")?;
        }
        while cursor.eat(b' ') && !cursor.rest().is_empty() {
            let expected = "a result of the search";
            let name = cursor.named(Role::Option, |cursor| cursor.atom(expected))?;
            let name = name.to_ascii_uppercase();
            if name == "UID" {
                found.uid = true;
                continue;
            }
            cursor.space()?;
            match name.as_str() {
                "MIN" => found.min = Some(cursor.named(Role::Number, Cursor::nz_number)?),
                "MAX" => found.max = Some(cursor.named(Role::Number, Cursor::nz_number)?),
                "COUNT" => found.count = Some(cursor.named(Role::Number, Cursor::number)?),
                "ALL" => found.all = Some(SequenceSet::parse_answer(cursor)?),
                // RFC 4466 §2.6.2: a value is one word, or a list in parentheses.
                _ => drop(cursor.take_while(|octet| octet != b' ')),
            }
        }
        cursor.end()?;
        Ok(found)
    }
}

/// Reads what follows THREAD. Conversations may be deep, so this does not call itself.
pub(super) fn threads(cursor: &mut Cursor<'_>) -> Parsed<Vec<Threaded>> {
    let mut messages = Vec::new();
    // The depth of the next message, and that behind each parenthesis that is open.
    let (mut depth, mut behind) = (0, Vec::new());
    cursor.eat(b' ');
    while let Some(octet) = cursor.peek() {
        match octet {
            b'(' => {
                cursor.skip(1);
                behind.push(depth);
                if cursor.peek() == Some(b'(') {
                    messages.push(Threaded {
                        number: None,
                        depth,
                    });
                    depth += 1;
                }
            }
            b')' => {
                let error = cursor.expected("an opening parenthesis");
                cursor.skip(1);
                depth = behind.pop().ok_or(error)?;
            }
            b' ' => cursor.skip(1),
            _ if behind.is_empty() => return cursor.fail("an opening parenthesis"),
            _ => {
                let number = Some(cursor.named(Role::Number, Cursor::nz_number)?);
                messages.push(Threaded { number, depth });
                depth += 1;
            }
        }
    }
    match behind.is_empty() {
        true => Ok(messages),
        false => cursor.fail("a closing parenthesis"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use super::*;

    #[test]
    fn results_of_every_sort() {
        let found =
            |text: &'static str| SearchResults::parse(&mut Cursor::new(text.as_bytes())).unwrap();
        assert_eq!(found(""), SearchResults::default());
        let all = SearchResults {
            tag: Some("A282".to_owned()),
            uid: true,
            min: Some(2),
            max: Some(11),
            all: Some(SequenceSet::from_sorted(&[2, 10, 11])),
            count: Some(3),
        };
        let text = " (TAG \"A282\") UID MIN 2 MODSEQ 917162500 COUNT 3 MAX 11 X (1,2) ALL 2,10:11";
        assert_eq!(found(text), all);
        for text in [" (TAG)", " MIN", " MIN x", " (TAG \"a\" UID", "MIN 2"] {
            let mut cursor = Cursor::new(text.as_bytes());
            assert!(SearchResults::parse(&mut cursor).is_err(), "{text}");
        }
    }

    #[test]
    fn conversations_by_their_depth() {
        let shown = |text: &str| {
            let messages = threads(&mut Cursor::new(text.as_bytes())).ok()?;
            let row = |message: &Threaded| {
                let number = message
                    .number
                    .map_or("-".to_owned(), |number| number.to_string());
                format!("{number}@{}", message.depth)
            };
            Some(messages.iter().map(row).collect::<Vec<_>>().join(" "))
        };
        let rows = [
            ("", Some("")),
            (
                " (2)(3 6 (4 23)(44 7 96))",
                Some("2@0 3@0 6@1 4@2 23@3 44@2 7@3 96@4"),
            ),
            (" ((3)(5))(1)", Some("-@0 3@1 5@1 1@0")),
            (" (1", None),
            (" 1)", None),
            (" (1))", None),
            (" (0)", None),
            (" (x)", None),
        ];
        for (text, expected) in rows {
            assert_eq!(shown(text).as_deref(), expected, "{text}");
        }
        let deep = "(1 ".repeat(200_000) + &")".repeat(200_000);
        let messages = threads(&mut Cursor::new(deep.as_bytes())).unwrap();
        assert_eq!(messages.last().unwrap().depth, 199_999);
    }
}
