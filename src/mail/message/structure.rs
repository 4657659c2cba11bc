//! The parts of a message, and their places in it: MIME as RFC 2046 §5 nests it.
//!
//! One pass over the bytes, line by line. Headers are kept; bodies are only measured, so a message
//! of any size costs the memory of its headers. Offsets count octets of the message with CRLF line
//! endings, in which mailboxes hand messages out.
//!
//! Where RFC 2046 leaves a doubt, this follows Dovecot, since a client may meet both over the same mail.
//! In one place the RFC is clear and Dovecot differs: the line ending between the last boundaries of two
//! multiparts belongs to the outer one, so the inner one is two octets shorter here.

use std::io::{self, BufRead};
use std::ops::Range;

use super::Header;
use super::content::MediaType;
use super::header::HeaderBuilder;
use super::lines::LineReader;
use crate::limits;

/// A message or a part of one. `F` is what is known of it beside its place: at first its header.
#[derive(Clone, Debug)]
pub struct BodyPart<F = Header> {
    /// The place of its header, the empty line after it included.
    pub header: Range<u64>,
    /// The place of its body, in its transfer encoding.
    pub body: Range<u64>,
    /// Lines of the body (RFC 9051 §7.5.2, `body-fld-lines`): the line endings in it.
    pub lines: u64,
    /// The parts inside.
    pub content: Content<F>,
    /// Its header, or what is kept of it.
    pub fields: F,
}

/// The content of a part.
#[derive(Clone, Debug)]
pub enum Content<F = Header> {
    /// Text, a picture, anything that IMAP does not look into.
    Leaf,
    /// `multipart/*`. Empty if its boundary is nowhere to be found.
    Multipart(Vec<BodyPart<F>>),
    /// `message/rfc822`.
    Message(Box<BodyPart<F>>),
}

impl BodyPart {
    /// Reads a whole message and describes it. Nothing in a message is an error: what cannot be parsed
    /// is a leaf of text.
    ///
    /// # Errors
    /// Only those of the reader.
    pub fn read(message: &mut dyn BufRead) -> io::Result<BodyPart> {
        let mut scanner = Scanner {
            lines: LineReader::new(message),
            boundaries: Vec::new(),
            stop: None,
            end: Mark { at: 0, lines: 0 },
            floor: 0,
            depth: 0,
            parts: 0,
            header_room: limits::HEADERS,
        };
        scanner.part(false)
    }
}

impl<F> BodyPart<F> {
    /// Returns the same structure with only part of what is known of each part.
    #[must_use]
    pub fn map<G>(self, reduce: &impl Fn(F) -> G) -> BodyPart<G> {
        BodyPart {
            header: self.header,
            body: self.body,
            lines: self.lines,
            content: match self.content {
                Content::Leaf => Content::Leaf,
                Content::Multipart(parts) => {
                    Content::Multipart(parts.into_iter().map(|part| part.map(reduce)).collect())
                }
                Content::Message(message) => Content::Message(Box::new(message.map(reduce))),
            },
            fields: reduce(self.fields),
        }
    }

    /// Returns the number of parts, itself and those within parts included.
    #[must_use]
    pub fn count(&self) -> usize {
        1 + match &self.content {
            Content::Leaf => 0,
            Content::Multipart(parts) => parts.iter().map(BodyPart::count).sum(),
            Content::Message(message) => message.count(),
        }
    }

    /// Returns the part with this number in an IMAP section (`1.2`), counted from 1 (RFC 9051
    /// §6.4.5.1). The parts of a multipart are numbered; any other message has one part, its body.
    #[must_use]
    pub fn find(&self, path: &[u32]) -> Option<&BodyPart<F>> {
        let Some((&number, deeper)) = path.split_first() else {
            return Some(self);
        };
        let part = match &self.content {
            Content::Multipart(parts) => parts.get(number.checked_sub(1)? as usize)?,
            _ if number == 1 => self,
            _ => return None,
        };
        match &part.content {
            _ if deeper.is_empty() => Some(part),
            Content::Multipart(_) => part.find(deeper),
            Content::Message(message) => message.find(deeper),
            Content::Leaf => None,
        }
    }
}

/// A place in the message: its offset, and the line endings before it.
#[derive(Clone, Copy)]
struct Mark {
    at: u64,
    lines: u64,
}

/// The reason why the current part ended.
#[derive(Clone, Copy, PartialEq)]
enum Stop {
    /// The message is over.
    End,
    /// One of the open boundaries came.
    Boundary { level: usize, closing: bool },
}

struct Scanner<'a> {
    lines: LineReader<'a>,
    /// The boundaries of the multiparts around us, the outermost first.
    boundaries: Vec<Vec<u8>>,
    /// Set when a part ends, cleared by the multipart whose boundary it was.
    stop: Option<Stop>,
    /// The end of the part that `stop` ended.
    end: Mark,
    /// The beginning of the innermost header or body: no part ends before it.
    floor: u64,
    depth: usize,
    parts: usize,
    header_room: usize,
}

impl Scanner<'_> {
    /// Reads a header and the body after it. Leaves `stop` and `end` set.
    fn part(&mut self, in_digest: bool) -> io::Result<BodyPart> {
        self.parts += 1;
        self.depth += 1;
        let start = self.here().at;
        let fields = self.header()?;
        let middle = self.here();
        self.floor = middle.at;
        let content = self.body(&fields, in_digest)?;
        self.depth -= 1;
        Ok(BodyPart {
            header: start..middle.at,
            body: middle.at..self.end.at,
            lines: self.end.lines - middle.lines,
            content,
            fields,
        })
    }

    /// Reads a header up to the empty line, or to a boundary if there is none.
    fn header(&mut self) -> io::Result<Header> {
        self.floor = self.here().at;
        let mut header = HeaderBuilder::new(self.header_room);
        while self.line(limits::HEADER)? && !(self.lines.text.is_empty() && self.lines.whole) {
            header.line(&self.lines.text, self.lines.whole);
        }
        let header = header.finish();
        self.header_room = self.header_room.saturating_sub(header.cost());
        Ok(header)
    }

    fn body(&mut self, fields: &Header, in_digest: bool) -> io::Result<Content> {
        let media = MediaType::of(fields);
        let media = media.as_ref();
        if self.depth < limits::PART_DEPTH && media.is_some_and(|media| media.is_main("multipart"))
        {
            let boundary = media.and_then(|media| media.params.value("boundary"));
            let digest = media.is_some_and(|media| media.is("multipart", "digest"));
            return self.multipart(boundary.unwrap_or_default(), digest);
        }
        // RFC 2046 §5.1.5: in a digest, a part without a type is a message.
        let message = media.map_or(in_digest, |media| media.is("message", "rfc822"));
        if self.depth < limits::PART_DEPTH && message {
            return Ok(Content::Message(Box::new(self.part(false)?)));
        }
        self.skip()?;
        Ok(Content::Leaf)
    }

    fn multipart(&mut self, boundary: Vec<u8>, digest: bool) -> io::Result<Content> {
        let level = self.boundaries.len();
        let mut parts = Vec::new();
        self.boundaries.push(boundary);
        self.skip()?;
        let next = Stop::Boundary { level, closing: false };
        while self.stop == Some(next) {
            self.stop = None;
            parts.push(self.part(digest)?);
        }
        self.boundaries.truncate(level);
        let closed = Stop::Boundary { level, closing: true };
        if self.stop == Some(closed) {
            self.stop = None;
            self.skip()?;
        }
        Ok(Content::Multipart(parts))
    }

    /// Skips the lines of a body.
    fn skip(&mut self) -> io::Result<()> {
        while self.line(limits::BOUNDARY + 4)? {}
        Ok(())
    }

    /// Reads the next line of the part; false when the part is over.
    fn line(&mut self, keep: usize) -> io::Result<bool> {
        if self.stop.is_some() {
            return Ok(false);
        }
        let mut before = self.here();
        let ending = self.lines.ending;
        if !self.lines.next(keep)? {
            self.stop = Some(Stop::End);
            self.end = before;
        } else if let Some(stop) = self.boundary() {
            // RFC 2046 §5.1.1: the line ending before a boundary belongs to the boundary,
            // unless it is that of the empty line after a header or of another boundary.
            if before.at - ending >= self.floor && ending > 0 {
                before.at -= ending;
                before.lines -= 1;
            }
            self.stop = Some(stop);
            self.end = before;
        }
        Ok(self.stop.is_none())
    }

    /// Returns the open boundary that this line is, if it is one.
    fn boundary(&self) -> Option<Stop> {
        let text = self.lines.text.strip_prefix(b"--")?;
        if self.parts >= limits::PARTS {
            return None;
        }
        // RFC 2046 §5.1.1: a line need only begin with the boundary. One boundary may begin with
        // another, so the longest counts; of equal ones, the innermost (`max_by_key` takes the last).
        let usable = |boundary: &[u8]| !boundary.is_empty() && boundary.len() <= limits::BOUNDARY;
        let open = self.boundaries.iter().enumerate();
        let (level, boundary) = open
            .filter(|(_, boundary)| usable(boundary) && text.starts_with(boundary))
            .max_by_key(|(_, boundary)| boundary.len())?;
        let closing = text[boundary.len()..].starts_with(b"--");
        Some(Stop::Boundary { level, closing })
    }

    /// Returns the current place, or the end of the part that has ended.
    fn here(&self) -> Mark {
        match self.stop {
            Some(_) => self.end,
            None => Mark { at: self.lines.at, lines: self.lines.count },
        }
    }
}

#[cfg(test)]
mod tests;
