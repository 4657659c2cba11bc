//! Which octets of a message a section means: `BODY[1.2.HEADER]<0.100>` (RFC 3501 §6.4.5).
//!
//! Most sections are a range of the file and are never in memory. Header fields that were picked
//! out are put together here; a header's size is bounded where it is read.

use std::ops::Range;

use crate::message::{Content, Part};
use crate::protocol::imap::fetch::{Partial, Section, SectionText};

/// What a section comes to in a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// These octets of the message.
    Octets(Range<u64>),
    /// These octets, which do not stand so in the message.
    Made(Vec<u8>),
    /// The message has no such part: `NIL`.
    Nothing,
}

/// What must be known of a message to find a section in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Only its size: the section is all of it.
    Nothing,
    /// Its header, and where that ends.
    Header,
    /// All its parts.
    Structure,
}

/// What must be known to find this section: 20 MB are not read to find their beginning.
pub(super) fn needs(section: &Section) -> Needs {
    match (section.path.is_empty(), &section.text) {
        (true, None) => Needs::Nothing,
        (true, Some(_)) => Needs::Header,
        (false, _) => Needs::Structure,
    }
}

/// Finds a section in a message of this structure and size.
pub(super) fn find(section: &Section, message: &Part, size: u64) -> Found {
    if section.path.is_empty() {
        return match &section.text {
            None => Found::Octets(0..size),
            // What the header does not take is text, also when only the header was read.
            Some(SectionText::Text) => Found::Octets(message.header.end..size),
            Some(text) => of_message(text, message),
        };
    }
    let Some(part) = message.find(&section.path) else {
        return Found::Nothing;
    };
    match (&section.text, &part.content) {
        (None, _) => Found::Octets(part.body.clone()),
        (Some(SectionText::Mime), _) => Found::Octets(part.header.clone()),
        (Some(text), Content::Message(inner)) => of_message(text, inner),
        // RFC 3501 §6.4.5: HEADER and TEXT of a part are those of the message in it.
        (Some(_), _) => Found::Nothing,
    }
}

fn of_message(text: &SectionText, message: &Part) -> Found {
    match text {
        SectionText::Header | SectionText::Mime => Found::Octets(message.header.clone()),
        SectionText::Text => Found::Octets(message.body.clone()),
        SectionText::HeaderFields(names) => Found::Made(message.fields.only(names)),
        SectionText::HeaderFieldsNot(names) => Found::Made(message.fields.without(names)),
    }
}

impl Found {
    /// Only the octets that the client asked for; none when they lie beyond the end.
    pub(super) fn cut(self, partial: Option<Partial>) -> Found {
        let Some(Partial { start, count }) = partial else {
            return self;
        };
        match self {
            Found::Octets(range) => {
                let from = range.start.saturating_add(start).min(range.end);
                Found::Octets(from..from.saturating_add(count).min(range.end))
            }
            Found::Made(mut octets) => {
                let index = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
                octets.truncate(index(start.saturating_add(count)));
                octets.drain(..index(start).min(octets.len()));
                Found::Made(octets)
            }
            Found::Nothing => Found::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::protocol::imap::cursor::Cursor;

    const MESSAGE: &str = "Subject: whole\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nX-Part: one\r\n\r\nfirst\r\n\
        --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nTo: bob\r\n\r\ninner text\r\n\
        --b--\r\n";

    fn section(text: &str) -> Section {
        Section::parse(&mut Cursor::new(format!("[{text}]").as_bytes())).unwrap()
    }

    fn octets(found: Found) -> Option<String> {
        let bytes = match found {
            Found::Octets(range) => {
                MESSAGE.as_bytes()[range.start as usize..range.end as usize].to_vec()
            }
            Found::Made(bytes) => bytes,
            Found::Nothing => return None,
        };
        Some(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn each_row_is_a_section() {
        let structure = Part::read(&mut MESSAGE.as_bytes()).unwrap();
        let rows: &[(&str, Option<&str>)] = &[
            ("", Some(MESSAGE)),
            ("HEADER.FIELDS (subject)", Some("Subject: whole\r\n\r\n")),
            ("HEADER.FIELDS (X-None)", Some("\r\n")),
            (
                "HEADER.FIELDS.NOT (SUBJECT)",
                Some("Content-Type: multipart/mixed; boundary=b\r\n\r\n"),
            ),
            ("1", Some("first")),
            ("1.MIME", Some("X-Part: one\r\n\r\n")),
            ("1.HEADER", None),
            ("1.1", None),
            ("2", Some("Subject: inner\r\nTo: bob\r\n\r\ninner text")),
            ("2.MIME", Some("Content-Type: message/rfc822\r\n\r\n")),
            ("2.HEADER", Some("Subject: inner\r\nTo: bob\r\n\r\n")),
            ("2.HEADER.FIELDS (To)", Some("To: bob\r\n\r\n")),
            ("2.TEXT", Some("inner text")),
            ("2.1", Some("inner text")),
            ("3", None),
        ];
        for (text, expected) in rows {
            let found = find(&section(text), &structure, MESSAGE.len() as u64);
            assert_eq!(octets(found).as_deref(), *expected, "BODY[{text}]");
        }
    }

    #[test]
    fn a_partial_is_cut_at_the_end_and_empty_beyond_it() {
        let rows = [
            (0, 4, "0123"),
            (8, 4, "89"),
            (10, 1, ""),
            (99, 1, ""),
            (u64::MAX, u64::MAX, ""),
            (3, u64::MAX, "3456789"),
        ];
        for (start, count, expected) in rows {
            let partial = Some(Partial { start, count });
            let made = Found::Made(b"0123456789".to_vec()).cut(partial);
            assert_eq!(made, Found::Made(expected.into()), "<{start}.{count}>");
            let Found::Octets(range) = Found::Octets(100..110).cut(partial) else {
                unreachable!("a range stays a range");
            };
            assert_eq!(
                range.end - range.start,
                expected.len() as u64,
                "<{start}.{count}>"
            );
        }
    }
}
