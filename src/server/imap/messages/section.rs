//! Which octets of a message a section means: `BODY[1.2.HEADER]<0.100>` (RFC 3501 §6.4.5).
//!
//! Most sections are a range of the file and are never in memory; of a header, fields may be picked.

use std::ops::Range;

use crate::mail::message::{BodyPart, Content, Header};
use crate::mail::protocol::imap::fetch::{Partial, Section, SectionText};
use crate::mail::store::{Message, StoreError};
use crate::server::imap::messages::fetch_response::ItemValue;
use crate::server::imap::messages::mailbox_reader::MailboxReader;

/// The octets that a section means in a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SectionOctets<'a> {
    /// A range of the message.
    Range(Range<u64>),
    /// Some fields of the header in this range.
    Fields(Range<u64>, Picked<'a>),
    /// The message has no such part: `NIL`.
    None,
}

/// Which fields of a header are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Picked<'a> {
    /// The fields with these names.
    Only(&'a [String]),
    /// All fields but those.
    Without(&'a [String]),
}

/// Finds a section of the message itself. Only the end of its header must be known.
pub(crate) fn of_whole(text: &SectionText, header_end: u64, size: u64) -> SectionOctets<'_> {
    of_message(text, 0..header_end, header_end..size)
}

/// Finds a section of a part of this message.
pub(crate) fn of_part<'a, F>(section: &'a Section, message: &BodyPart<F>) -> SectionOctets<'a> {
    let Some(part) = message.find(&section.path) else {
        return SectionOctets::None;
    };
    match (&section.text, &part.content) {
        (None, _) => SectionOctets::Range(part.body.clone()),
        (Some(SectionText::Mime), _) => SectionOctets::Range(part.header.clone()),
        (Some(text), Content::Message(inner)) => {
            of_message(text, inner.header.clone(), inner.body.clone())
        }
        // RFC 3501 §6.4.5: HEADER and TEXT of a part are those of the message in it.
        (Some(_), _) => SectionOctets::None,
    }
}

fn of_message(text: &SectionText, header: Range<u64>, body: Range<u64>) -> SectionOctets<'_> {
    match text {
        SectionText::Header | SectionText::Mime => SectionOctets::Range(header),
        SectionText::Text => SectionOctets::Range(body),
        SectionText::HeaderFields(names) => SectionOctets::Fields(header, Picked::Only(names)),
        SectionText::HeaderFieldsNot(names) => {
            SectionOctets::Fields(header, Picked::Without(names))
        }
    }
}

impl Picked<'_> {
    /// Returns the fields as they are in this header, and the empty line.
    pub(crate) fn of(self, header: &Header) -> Vec<u8> {
        match self {
            Picked::Only(names) => header.only(names),
            Picked::Without(names) => header.without(names),
        }
    }
}

impl MailboxReader {
    /// Returns the octets of a section, as a string or as a literal that is streamed.
    pub(crate) fn section(
        &self,
        message: &Message,
        section: &Section,
        partial: Option<Partial>,
    ) -> Result<ItemValue, StoreError> {
        let size = self.mailbox().size(message)?;
        let found = match &section.text {
            _ if !section.path.is_empty() => of_part(section, &self.structure(message)?.message),
            Some(text) => of_whole(text, self.header(message)?.end, size),
            None => SectionOctets::Range(0..size),
        };
        match found {
            SectionOctets::None => Ok(ItemValue::Nil),
            SectionOctets::Range(range) => {
                let wanted = within(partial, range.end - range.start);
                self.octets(message, range.start + wanted.start..range.start + wanted.end)
            }
            SectionOctets::Fields(range, picked) => {
                let fields = match picked {
                    Picked::Only(names) if section.path.is_empty() => {
                        picked.of(&*self.header_with(message, names)?)
                    }
                    _ => picked.of(&self.header_at(message, range)?),
                };
                let wanted = within(partial, fields.len() as u64);
                let wanted = fields.get(wanted.start as usize..wanted.end as usize);
                Ok(ItemValue::String(wanted.unwrap_or_default().to_vec()))
            }
        }
    }

    fn octets(&self, message: &Message, range: Range<u64>) -> Result<ItemValue, StoreError> {
        if range.is_empty() {
            return Ok(ItemValue::String(Vec::new()));
        }
        let slice = self.slice(message, range)?;
        Ok(ItemValue::Octets(slice))
    }
}

/// The part of this many octets that is wanted.
pub(crate) fn within(partial: Option<Partial>, length: u64) -> Range<u64> {
    partial.map_or(0..length, |partial| partial.within(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::protocol::imap::cursor::Cursor;

    const MESSAGE: &str = "Subject: whole\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nX-Part: one\r\n\r\nfirst\r\n\
        --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nTo: bob\r\n\r\ninner text\r\n\
        --b--\r\n";

    fn section(text: &str) -> Section {
        Section::parse(&mut Cursor::new(format!("[{text}]").as_bytes())).unwrap()
    }

    fn octets(found: SectionOctets) -> Option<String> {
        let bytes =
            |range: Range<u64>| &MESSAGE.as_bytes()[range.start as usize..range.end as usize];
        let bytes = match found {
            SectionOctets::Range(range) => bytes(range).to_vec(),
            SectionOctets::Fields(header, picked) => picked.of(&Header::parse(bytes(header))),
            SectionOctets::None => return None,
        };
        Some(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn each_row_is_a_section() {
        let structure = BodyPart::read(&mut MESSAGE.as_bytes()).unwrap();
        let rows: &[(&str, Option<&str>)] = &[
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
            let section = section(text);
            let found = match (section.path.is_empty(), &section.text) {
                (true, Some(text)) => of_whole(text, structure.header.end, MESSAGE.len() as u64),
                _ => of_part(&section, &structure),
            };
            assert_eq!(octets(found).as_deref(), *expected, "BODY[{text}]");
        }
    }
}
