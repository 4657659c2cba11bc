//! A message's header: its fields, octet for octet (RFC 5322 §2.2).
//!
//! Names and values stay as they came: folded, encoded, broken. [`Field::unfolded`] makes a value
//! readable; [`Header::only`] and [`Header::without`] write fields back as they came. Nothing here
//! decodes encoded words (RFC 2047): IMAP leaves that to its client.

use std::io::{self, BufRead, Read};

use super::lines::LineReader;
use crate::limits;

/// The cost of a field beside its octets. It is more than the memory that it takes, so that a header has
/// some thousands of fields at most, and a search among them is cheap.
const FIELD_COST: usize = 64;

/// The fields of a header, in order.
///
/// Their octets are in one piece, beside the place where each field ends. So a header costs little more
/// than its octets, however many fields it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The fields as they came, each without its last line ending.
    octets: Vec<u8>,
    ends: Vec<FieldEnds>,
}

/// Where a field's name and the field end among the header's octets. `u32` holds them: see [`limits::HEADER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FieldEnds {
    /// The place of the colon, or the beginning of a field without a name.
    name: u32,
    field: u32,
}

/// One field of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The text before the colon. Empty for a line that is no field; then `value` is the whole line.
    pub name: &'a [u8],
    /// The text after the colon, with its folding, without the last line ending.
    pub value: &'a [u8],
}

impl Header {
    /// Parses a header: everything up to the first empty line. No header is an error.
    #[must_use]
    pub fn parse(message: &[u8]) -> Header {
        let mut header = HeaderBuilder::new(limits::HEADER);
        for line in message.split(|&octet| octet == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                break;
            }
            header.line(line, true);
        }
        header.finish()
    }

    /// True if the message has files, as far as its header shows: they come in a `multipart/mixed`
    /// (RFC 2046 §5.1.3).
    #[must_use]
    pub fn has_files(&self) -> bool {
        let kind = self.value("Content-Type").unwrap_or_default();
        let kind = kind.to_ascii_lowercase();
        kind.trim_ascii_start().starts_with(b"multipart/mixed")
    }

    /// Reads the header of a message, its empty line included, and nothing after it. A header without
    /// an end is read up to [`limits::HEADER`].
    ///
    /// # Errors
    /// The reader's.
    pub fn read(message: &mut dyn BufRead) -> io::Result<Header> {
        let mut bounded = message.take(limits::HEADER as u64);
        let mut lines = LineReader::new(&mut bounded);
        let mut header = HeaderBuilder::new(limits::HEADER);
        while lines.next(limits::HEADER)? && !lines.text.is_empty() {
            let cut = lines.at == limits::HEADER as u64 && lines.ending == 0;
            header.line(&lines.text, lines.whole && !cut);
        }
        Ok(header.finish())
    }

    /// Returns the fields, from the first to the last.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        let mut begin = 0;
        self.ends.iter().map(move |ends| {
            let end = ends.field as usize;
            let raw = self.octets.get(begin..end).unwrap_or_default();
            let colon = ends.name as usize - begin;
            begin = end;
            Field::cut(raw, colon)
        })
    }

    /// Returns the fields with this name, in any case (RFC 5322 §1.2.2).
    pub fn named(&self, name: &str) -> impl Iterator<Item = Field<'_>> {
        self.fields().filter(move |field| field.is(name.as_bytes()))
    }

    /// Returns the unfolded value of the first field with this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Vec<u8>> {
        self.named(name).next().map(Field::unfolded)
    }

    /// Returns the fields with these names as they came, and the empty line after them:
    /// `BODY[HEADER.FIELDS (…)]` (RFC 9051 §6.4.5.1).
    #[must_use]
    pub fn only(&self, names: &[impl AsRef<[u8]>]) -> Vec<u8> {
        self.written(|field| field.is_any(names))
    }

    /// Returns all fields but these, and the empty line: `BODY[HEADER.FIELDS.NOT (…)]`.
    #[must_use]
    pub fn without(&self, names: &[impl AsRef<[u8]>]) -> Vec<u8> {
        self.written(|field| !field.is_any(names))
    }

    /// Returns a header of only the fields with these names.
    #[must_use]
    pub fn reduced_to(&self, names: &[impl AsRef<[u8]>]) -> Header {
        let mut reduced = Header::default();
        for field in self.fields().filter(|field| field.is_any(names)) {
            reduced.push(field);
        }
        reduced.fit();
        reduced
    }

    /// Returns its size in memory, in octets, beside its own structure.
    #[must_use]
    pub fn cost(&self) -> usize {
        self.octets.capacity() + self.ends.capacity() * size_of::<FieldEnds>()
    }

    fn written(&self, wanted: impl Fn(Field<'_>) -> bool) -> Vec<u8> {
        let mut out = Vec::new();
        for field in self.fields().filter(|field| wanted(*field)) {
            field.write(&mut out);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out
    }

    fn push(&mut self, field: Field<'_>) {
        let name = self.octets.len() + field.name.len();
        field.write(&mut self.octets);
        self.ends.push(FieldEnds { name: name as u32, field: self.octets.len() as u32 });
    }

    /// Frees the memory that is reserved for more fields.
    fn fit(&mut self) {
        self.octets.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

impl<'a> Field<'a> {
    /// True if the field has this name. White space before the colon does not count (RFC 5322 §4.5).
    #[must_use]
    pub fn is(self, name: &[u8]) -> bool {
        !name.is_empty() && self.name.trim_ascii_end().eq_ignore_ascii_case(name)
    }

    /// True if the field has one of these names.
    #[must_use]
    pub fn is_any(self, names: &[impl AsRef<[u8]>]) -> bool {
        names.iter().any(|name| self.is(name.as_ref()))
    }

    /// Returns the value on one line, without white space around it (RFC 5322 §2.2.3). A CR that ends no
    /// line becomes a space, so that the words around it stay apart.
    #[must_use]
    pub fn unfolded(self) -> Vec<u8> {
        let mut line = Vec::with_capacity(self.value.len());
        for (at, octet) in self.value.iter().enumerate() {
            match octet {
                b'\n' => {}
                b'\r' if self.value.get(at + 1) == Some(&b'\n') => {}
                b'\r' => line.push(b' '),
                octet => line.push(*octet),
            }
        }
        line.trim_ascii().to_vec()
    }

    fn parse(raw: &'a [u8]) -> Field<'a> {
        match memchr::memchr2(b':', b'\n', raw) {
            Some(colon) if raw.get(colon) == Some(&b':') => Field::cut(raw, colon),
            _ => Field::cut(raw, 0),
        }
    }

    /// Splits a field at this colon; a colon at the very beginning ends no name.
    fn cut(raw: &'a [u8], colon: usize) -> Field<'a> {
        match raw.split_at_checked(colon) {
            Some((name, [_, value @ ..])) if colon > 0 => Field { name, value },
            _ => Field { name: &[], value: raw },
        }
    }

    /// Writes it as it came, without its last line ending.
    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.name);
        if !self.name.is_empty() {
            out.push(b':');
        }
        out.extend_from_slice(self.value);
    }

    /// Returns its cost as a part of a [`Header`], in octets.
    fn cost(self) -> usize {
        self.name.len() + self.value.len() + FIELD_COST
    }
}

/// Returns what follows the last field of a header that has no empty line after it: from the first
/// line on that can be no field. Empty if all lines are fields.
pub(super) fn after_fields(header: &[u8]) -> &[u8] {
    let mut rest = header;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |lf| lf + 1);
        let (line, after) = rest.split_at(end);
        let name = line.split(|octet| *octet == b':').next().unwrap_or_default();
        let is_field =
            name.len() < line.len() && name.trim_ascii_end().iter().all(u8::is_ascii_graphic);
        let is_first = rest.len() == header.len();
        let continues = line.starts_with(b" ") || line.starts_with(b"\t");
        // A mailbox of the form mbox has a line before the fields: `From alice Sat Jan  3 …`.
        let is_of_mbox = is_first && line.starts_with(b"From ");
        if !(is_field || continues || is_of_mbox) {
            return rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n")).unwrap_or(rest);
        }
        rest = after;
    }
    rest
}

/// Builds a header from lines, within a bound.
pub(super) struct HeaderBuilder {
    header: Header,
    field: Vec<u8>,
    field_fits: bool,
    left: usize,
}

impl HeaderBuilder {
    /// An empty header with room for this many octets.
    pub(super) fn new(room: usize) -> HeaderBuilder {
        HeaderBuilder {
            header: Header::default(),
            field: Vec::new(),
            field_fits: true,
            left: room.min(limits::HEADER),
        }
    }

    /// Takes the next line, without its ending. `whole` is false if it was too long to be kept whole.
    pub(super) fn line(&mut self, line: &[u8], whole: bool) {
        // RFC 5322 §2.2.3: a line that begins with white space continues the field before it.
        if line.first().is_some_and(|o| matches!(o, b' ' | b'\t')) && !self.field.is_empty() {
            self.field_fits &= self.field.len() + line.len() < self.left;
            if self.field_fits {
                self.field.extend_from_slice(b"\r\n");
            }
        } else {
            self.end_field();
            self.field_fits = line.len() < self.left;
        }
        self.field_fits &= whole;
        if self.field_fits {
            self.field.extend_from_slice(line);
        } else if self.field.is_empty() {
            // This must not stay empty, or the field's next line would begin a field of its own.
            self.field.push(b' ');
        }
    }

    /// Returns the header.
    pub(super) fn finish(mut self) -> Header {
        self.end_field();
        self.header.fit();
        self.header
    }

    fn end_field(&mut self) {
        if !self.field.is_empty() && self.field_fits {
            let field = Field::parse(&self.field);
            if field.cost() <= self.left {
                self.left -= field.cost();
                self.header.push(field);
            }
        }
        self.field.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ZOO: &[u8] = b"From: a@b\r\nX-Bare: a\rb\r\nSubject : folded\r\n\tsubject\r\nno colon here\r\nX-Empty:\r\nfrom: second\r\n: nameless\r\n\r\nbody: no\r\n";

    #[test]
    fn the_first_field_of_a_name_counts_whatever_its_case() {
        let header = Header::parse(ZOO);
        let rows: [(&str, Option<&str>); 7] = [
            ("x-bare", Some("a b")),
            ("FROM", Some("a@b")),
            ("subject", Some("folded\tsubject")),
            ("x-empty", Some("")),
            ("no colon here", None),
            ("", None),
            ("body", None),
        ];
        for (name, value) in rows {
            let value = value.map(|value| value.as_bytes().to_vec());
            assert_eq!(header.value(name), value, "{name}");
        }
    }

    #[test]
    fn reading_stops_after_the_header_or_at_the_bound() {
        let mut message = ZOO;
        assert_eq!(Header::read(&mut message).unwrap(), Header::parse(ZOO));
        assert_eq!(message, b"body: no\r\n");

        let endless = "A: 1\r\n".repeat(limits::HEADER);
        let mut rest = endless.as_bytes();
        let read = Header::read(&mut rest).unwrap();
        assert_eq!(endless.len() - rest.len(), limits::HEADER);
        assert!(read.fields().all(|field| field.value == b" 1"));
    }

    #[test]
    fn a_subset_is_written_as_it_came() {
        let header = Header::parse(ZOO);
        assert_eq!(
            header.only(&["SUBJECT", "from"]),
            b"From: a@b\r\nSubject : folded\r\n\tsubject\r\nfrom: second\r\n\r\n"
        );
        assert_eq!(
            header.without(&["SUBJECT", "from"]),
            b"X-Bare: a\rb\r\nno colon here\r\nX-Empty:\r\n: nameless\r\n\r\n"
        );
        assert_eq!(header.only(&["Bcc"]), b"\r\n");
    }

    #[test]
    fn a_field_beyond_the_bound_is_passed_over_whole() {
        let mut header = HeaderBuilder::new(290);
        header.line(b"A: 1", true);
        header.line(b"Long: ", true);
        header.line(&[b' '; 400], true);
        header.line(b" and its end", true);
        header.line(b"Cut: only the beginning of a line", false);
        header.line(b" continued", true);
        header.line(b"B: 2", true);
        header.line(b"C: 3", true);
        header.line(&[b"Long: ", &[b'x'; 100][..]].concat(), true);
        header.line(b"D: 4", true);
        let header = header.finish();
        let names: Vec<&[u8]> = header.fields().map(|field| field.name).collect();
        assert_eq!(names, [b"A", b"B", b"C", b"D"]);
        assert!(header.cost() <= 290);
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn all_fields_written_back_are_the_header(
            lines in prop::collection::vec("[!-~][ -~]{0,20}(\r\n[ \t][!-~]{1,9})?", 0..9),
        ) {
            let mut message = lines.join("\r\n");
            if !lines.is_empty() { message.push_str("\r\n"); }
            message.push_str("\r\n");
            let none: [&str; 0] = [];
            let header = Header::parse(message.as_bytes());
            prop_assert_eq!(header.without(&none), message.into_bytes());
        }
    }
}
