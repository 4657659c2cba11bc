//! The results of searches: ESEARCH (RFC 9051 §7.3.4) and THREAD (RFC 5256 §4).

use std::fmt;

use crate::mail::protocol::imap::cursor::{Cursor, Parsed, utf8};
use crate::mail::protocol::imap::mailbox::Quoted;
use crate::mail::protocol::imap::sequence::SequenceSet;
use crate::mail::protocol::span::Role;

/// What an ESEARCH response tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchResults {
    /// The tag of the command that it answers.
    pub tag: Option<String>,
    /// True if the numbers are UIDs.
    pub uid: bool,
    /// The lowest number.
    pub min: Option<u32>,
    /// The highest number.
    pub max: Option<u32>,
    /// All numbers; `None` also when nothing was found (RFC 4731 §3.1).
    pub all: Option<SequenceSet>,
    /// The count of the messages found.
    pub count: Option<u32>,
}

/// A message in a conversation. Its replies follow it, one level deeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threaded {
    /// Its number, or UID; `None` for a message that is not in the mailbox.
    pub number: Option<u32>,
    /// Its depth: 0 at the top of a conversation.
    pub depth: usize,
}

impl SearchResults {
    /// Parses what follows ESEARCH. Unknown results are ignored.
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
                _ => {
                    cursor.take_while(|octet| octet != b' ');
                }
            }
        }
        cursor.end()?;
        Ok(found)
    }
}

/// As on the wire, after ESEARCH (RFC 9051 §7.3.4).
impl fmt::Display for SearchResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(tag) = &self.tag {
            write!(f, " (TAG {})", Quoted(tag))?;
        }
        if self.uid {
            f.write_str(" UID")?;
        }
        if let Some(min) = self.min {
            write!(f, " MIN {min}")?;
        }
        if let Some(max) = self.max {
            write!(f, " MAX {max}")?;
        }
        if let Some(all) = &self.all {
            write!(f, " ALL {all}")?;
        }
        if let Some(count) = self.count {
            write!(f, " COUNT {count}")?;
        }
        Ok(())
    }
}

/// Parses what follows THREAD. Conversations may be deep, so it does not call itself.
pub(super) fn threads(cursor: &mut Cursor<'_>) -> Parsed<Vec<Threaded>> {
    let mut messages = Vec::new();
    let mut depth = 0;
    // The depth to return to at each parenthesis that is open.
    let mut outer = Vec::new();
    cursor.eat(b' ');
    while let Some(octet) = cursor.peek() {
        match octet {
            b'(' => {
                cursor.skip(1);
                outer.push(depth);
                if cursor.peek() == Some(b'(') {
                    messages.push(Threaded { number: None, depth });
                    depth += 1;
                }
            }
            b')' => {
                let error = cursor.expected("an opening parenthesis");
                cursor.skip(1);
                depth = outer.pop().ok_or(error)?;
            }
            b' ' => cursor.skip(1),
            _ if outer.is_empty() => return cursor.fail("an opening parenthesis"),
            _ => {
                let number = Some(cursor.named(Role::Number, Cursor::nz_number)?);
                messages.push(Threaded { number, depth });
                depth += 1;
            }
        }
    }
    if !outer.is_empty() {
        return cursor.fail("a closing parenthesis");
    }
    Ok(messages)
}

/// Returns the conversations as on the wire: `(2)`, `(3 6 (4 23)(44 7 96))`, all in one word.
///
/// A reply that has no siblings follows its parent after a space; siblings are in parentheses.
pub(super) fn written(messages: &[Threaded]) -> Option<String> {
    let replies = reply_counts(messages);
    let mut text = String::new();
    // The messages that are open, from the top to the present one: (index, has a parenthesis).
    let mut open: Vec<(usize, bool)> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let mut follows_parent = true;
        while open.len() > message.depth {
            let closes = open.pop().is_some_and(|(_, parenthesis)| parenthesis);
            text += if closes { ")" } else { "" };
            follows_parent = false;
        }
        let parent = open.last().map(|(parent, _)| *parent);
        let is_numbered = parent.is_some_and(|parent| messages[parent].number.is_some());
        let parenthesis = !is_numbered || parent.is_some_and(|parent| replies[parent] > 1);
        if is_numbered && follows_parent {
            text.push(' ');
        }
        text += if parenthesis { "(" } else { "" };
        text += &message.number.map(|n| n.to_string()).unwrap_or_default();
        open.push((at, parenthesis));
    }
    for (_, parenthesis) in open {
        text += if parenthesis { ")" } else { "" };
    }
    (!text.is_empty()).then_some(text)
}

/// Returns how many direct replies each message has.
fn reply_counts(messages: &[Threaded]) -> Vec<usize> {
    let mut counts = vec![0; messages.len()];
    let mut open: Vec<usize> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        open.truncate(message.depth);
        if let Some(parent) = open.last() {
            counts[*parent] += 1;
        }
        open.push(at);
    }
    counts
}

#[cfg(test)]
mod tests {
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
                let number = message.number.map_or("-".to_owned(), |number| number.to_string());
                format!("{number}@{}", message.depth)
            };
            Some(messages.iter().map(row).collect::<Vec<_>>().join(" "))
        };
        let rows = [
            ("", Some("")),
            (" (2)(3 6 (4 23)(44 7 96))", Some("2@0 3@0 6@1 4@2 23@3 44@2 7@3 96@4")),
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
