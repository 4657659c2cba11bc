//! Looks for texts in a whole message: its header, the headers of its parts, and all text in its body
//! (TEXT and BODY, RFC 9051 §6.4.4).
//!
//! One pass over the message looks for all texts of a search, so an OR of a hundred words reads it once.
//! A body is decoded from its transfer encoding and its charset, and compared, piece by piece: in memory
//! are at most one header, or the [`WINDOW`], a [`PIECE`], and what it became.

use std::collections::HashMap;
use std::io::Read;

use memchr::memmem::Finder;

use crate::mail::message::{
    BodyPart, Content, Decoder, Encoding, Field, Header, casemap, charset, content, words,
};
use crate::mail::protocol::imap::SearchKey;
use crate::mail::protocol::imap::search::TextPlace;
use crate::mail::store::{Message, StoreError};
use crate::server::imap::messages::mailbox_reader::MailboxReader;
use crate::server::imap::messages::message_cache::BodyPartKind;

/// Octets of a body that are read at once. Decoded and prepared for comparison, they are at worst some
/// thirty times as many.
const PIECE: usize = 8 * 1024;

/// Octets of prepared text that are searched at once; for a long text, twice its length.
const WINDOW: usize = 64 * 1024;

/// The texts that a search looks for in whole messages.
#[derive(Default)]
pub(crate) struct TextSearch {
    wanted: Vec<WantedText>,
    /// The index of each of them in `wanted`.
    places: HashMap<(bool, String), usize>,
}

/// A prepared text.
struct WantedText {
    finder: Finder<'static>,
    in_headers: bool,
}

impl TextSearch {
    /// The texts of this key, and of the keys in it; they are already prepared.
    pub(crate) fn of(key: &SearchKey) -> TextSearch {
        let mut texts = TextSearch::default();
        texts.add(key);
        texts
    }

    fn add(&mut self, key: &SearchKey) {
        match key {
            SearchKey::Text(place @ (TextPlace::Body | TextPlace::Text), text) => {
                let in_headers = *place == TextPlace::Text;
                let next = self.wanted.len();
                let known = self.places.entry((in_headers, text.clone()));
                if *known.or_insert(next) == next {
                    let finder = Finder::new(text).into_owned();
                    self.wanted.push(WantedText { finder, in_headers });
                }
            }
            SearchKey::Not(key) => self.add(key),
            SearchKey::Or(one, other) => [one, other].into_iter().for_each(|key| self.add(key)),
            SearchKey::And(keys) => keys.iter().for_each(|key| self.add(key)),
            _ => {}
        }
    }

    /// Returns which of the texts are in the message, each at its [index](TextSearch::index).
    pub(crate) fn find(
        &self,
        reader: &MailboxReader,
        message: &Message,
    ) -> Result<Vec<bool>, StoreError> {
        let mut pass = Pass {
            reader,
            message,
            texts: self,
            found: self.wanted.iter().map(|wanted| wanted.finder.needle().is_empty()).collect(),
        };
        pass.own_header()?;
        if !pass.is_done() {
            pass.part(&reader.structure(message)?.message)?;
        }
        Ok(pass.found)
    }

    /// Returns the index of a text that is looked for in headers too, or in bodies alone.
    pub(crate) fn index(&self, in_headers: bool, text: &str) -> usize {
        let index = self.places.get(&(in_headers, text.to_owned()));
        index.copied().unwrap_or(usize::MAX)
    }
}

/// One pass over a message.
struct Pass<'a> {
    reader: &'a MailboxReader,
    message: &'a Message,
    texts: &'a TextSearch,
    found: Vec<bool>,
}

impl Pass<'_> {
    fn is_done(&self) -> bool {
        self.found.iter().all(|found| *found)
    }

    fn looks_in_headers(&self) -> bool {
        let wanted = self.texts.wanted.iter().zip(&self.found);
        wanted.into_iter().any(|(wanted, found)| wanted.in_headers && !found)
    }

    fn own_header(&mut self) -> Result<(), StoreError> {
        if self.looks_in_headers() {
            let header = self.reader.whole_header(self.message)?;
            self.look(&header_text(&header), true);
        }
        Ok(())
    }

    /// RFC 9051 §6.4.4: TEXT looks into the headers of parts, too; BODY into no header at all.
    fn part_header(&mut self, part: &BodyPart<BodyPartKind>) -> Result<(), StoreError> {
        if self.looks_in_headers() {
            let header = self.reader.header_at(self.message, part.header.clone())?;
            self.look(&header_text(&header), true);
        }
        Ok(())
    }

    /// Searches a part after its header.
    fn part(&mut self, part: &BodyPart<BodyPartKind>) -> Result<(), StoreError> {
        let inside: &[BodyPart<BodyPartKind>] = match &part.content {
            Content::Leaf if part.fields.is_text => return self.body(part),
            Content::Leaf => return Ok(()),
            Content::Multipart(parts) => parts,
            Content::Message(message) => std::slice::from_ref(message),
        };
        for part in inside {
            self.part_header(part)?;
            self.part(part)?;
            if self.is_done() {
                break;
            }
        }
        Ok(())
    }

    fn body(&mut self, part: &BodyPart<BodyPartKind>) -> Result<(), StoreError> {
        let longest = self.texts.wanted.iter().map(|wanted| wanted.finder.needle().len()).max();
        let longest = longest.unwrap_or(0);
        let slice = self.reader.slice(self.message, part.body.clone())?;
        let encoding = part.fields.encoding.unwrap_or(Encoding::Identity);
        let mut body = Decoder::new(slice, encoding);
        let mut text = Readable::new(part.fields);
        let mut piece = [0; PIECE];
        loop {
            let got =
                (body.read(&mut piece)).map_err(|error| self.reader.failed(self.message, error))?;
            match piece.get(..got) {
                Some(octets) if got > 0 => text.read(octets),
                _ => break,
            }
            if text.prepared.len() >= WINDOW.max(2 * longest) {
                self.look(&text.prepared, false);
                text.keep(longest);
            }
        }
        self.look(&text.finish(), false);
        Ok(())
    }

    /// Notes which of the texts that were not found yet are in here.
    fn look(&mut self, prepared: &str, in_header: bool) {
        for (wanted, found) in self.texts.wanted.iter().zip(&mut self.found) {
            if !*found && (wanted.in_headers || !in_header) {
                *found = wanted.finder.find(prepared.as_bytes()).is_some();
            }
        }
    }
}

/// A body that becomes text while it is read, and is prepared for comparison.
struct Readable {
    charset: charset::CharsetDecoder,
    text: String,
    /// The text to search.
    prepared: String,
}

impl Readable {
    fn new(nature: BodyPartKind) -> Readable {
        Readable {
            charset: charset::CharsetDecoder::new(nature.charset),
            text: String::new(),
            prepared: String::new(),
        }
    }

    fn read(&mut self, octets: &[u8]) {
        self.charset.decode(octets, &mut self.text);
        casemap::prepare(&self.text, &mut self.prepared);
        self.text.clear();
    }

    /// Drops what was searched, except the end, where a text may begin.
    fn keep(&mut self, longest: usize) {
        let mut from = (self.prepared.len() + 1).saturating_sub(longest);
        while !self.prepared.is_char_boundary(from) {
            from -= 1;
        }
        self.prepared.drain(..from);
    }

    fn finish(mut self) -> String {
        self.charset.finish(&mut self.text);
        casemap::prepare(&self.text, &mut self.prepared);
        self.prepared
    }
}

/// Returns all fields of a header, prepared.
fn header_text(header: &Header) -> String {
    let mut prepared = String::new();
    for field in header.fields() {
        casemap::prepare(&String::from_utf8_lossy(field.name), &mut prepared);
        prepared += ": ";
        casemap::prepare(&field_text(field), &mut prepared);
        prepared.push('\n');
    }
    prepared
}

/// Returns the value of a field as people read it: unfolded, its encoded words decoded (RFC 2047), and
/// after it the values of its extended parameters (RFC 2231).
pub(crate) fn field_text(field: Field<'_>) -> String {
    let value = field.unfolded();
    let mut text = words::decode(&value);
    if field.is_any(&["Content-Type", "Content-Disposition"]) {
        for value in content::extended(&value) {
            text.push(' ');
            text += &value;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_compared_decoded() {
        let header = Header::parse(
            b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n aus Ulm\r\nFrom: \xc3\x84nne\r\n\
              Content-Type: image/png; name*=iso-8859-1''caf%E9%20au%20lait.png\r\n\r\n",
        );
        let text = header_text(&header);
        for wanted in ["GRÜßE aus ulm", "from: änne", "CAFÉ au lait.PNG"] {
            assert!(text.contains(&casemap::prepared(wanted)), "{wanted}");
        }
        assert!(!text.contains("=?UTF-8"));
    }
}
