//! The parts of a message and where they stand in it: MIME as RFC 2045 to 2047 and 2046 §5 nest it.
//!
//! One pass over the bytes, line by line. Headers are kept; bodies are only measured, so a message
//! of any size costs the memory of its headers. Offsets count octets of the message with CRLF line
//! endings, which is how [`crate::store`] hands messages out.
//!
//! Where RFC 2046 leaves a doubt, the answer is Dovecot's: a client may meet both over the same mail.
//! In one place the RFC is plain and Dovecot differs: the line ending between the last boundaries of
//! two multiparts belongs to the outer one, so the inner is two octets shorter here.

use std::io::{self, BufRead};
use std::ops::Range;

use super::content::MediaType;
use super::header::{Gathering, HEADER_MAX};
use super::lines::Lines;
use super::{Field, Header};

/// What all the headers of a message may cost in memory together; those beyond it come out empty.
const HEADERS_MAX: usize = 2 * HEADER_MAX;

/// Parts within parts: Dovecot's limit too. What lies deeper is not looked into.
const DEPTH_MAX: usize = 100;

/// Parts in a message. From the last one on, boundaries are text: mail for people has a few dozen.
const PARTS_MAX: usize = 1000;

/// The longest boundary that is looked for. RFC 2046 §5.1.1 allows 70 octets, mailers exceed it.
const BOUNDARY_MAX: usize = 250;

/// A message or a part of one.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where its header stands, the empty line after it included.
    pub header: Range<u64>,
    /// Where its body stands, still in its transfer encoding.
    pub body: Range<u64>,
    /// Lines of the body (RFC 9051 §7.5.2, `body-fld-lines`): the line endings in it.
    pub lines: u64,
    /// What is inside.
    pub content: Content,
    /// What its header says.
    pub fields: Header,
}

/// What is inside a part.
#[derive(Clone, Debug)]
pub enum Content {
    /// Text, a picture, anything that IMAP does not look into.
    Leaf,
    /// `multipart/*`. Empty if its boundary is nowhere to be found.
    Multipart(Vec<Part>),
    /// `message/rfc822`.
    Message(Box<Part>),
}

impl Part {
    /// Reads a whole message and describes it. Nothing in a message is an error: what cannot be
    /// understood is a leaf of text.
    ///
    /// # Errors
    /// Only those of the reader.
    pub fn read(message: &mut dyn BufRead) -> io::Result<Part> {
        let mut scanner = Scanner {
            lines: Lines::new(message),
            boundaries: Vec::new(),
            stop: None,
            end: Mark { at: 0, lines: 0 },
            floor: 0,
            depth: 0,
            parts: 0,
            header_room: HEADERS_MAX,
        };
        scanner.part(false)
    }

    /// What it takes in memory, with all the parts in it, in octets.
    #[must_use]
    pub fn cost(&self) -> usize {
        let fields: usize = self.fields.fields.iter().map(Field::cost).sum();
        let inside = match &self.content {
            Content::Leaf => 0,
            Content::Multipart(parts) => parts.iter().map(Part::cost).sum(),
            Content::Message(message) => message.cost(),
        };
        size_of::<Part>() + fields + inside
    }

    /// The part with this number in an IMAP section (`1.2`), counted from 1 (RFC 9051 §6.4.5.1).
    /// Seen from a message: the parts of a multipart are numbered, and any other message has one
    /// part, which is its body.
    #[must_use]
    pub fn find(&self, path: &[u32]) -> Option<&Part> {
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

/// Why the current part ended.
#[derive(Clone, Copy, PartialEq)]
enum Stop {
    /// The message is over.
    End,
    /// This one of the open boundaries came.
    Boundary { level: usize, closing: bool },
}

struct Scanner<'a> {
    lines: Lines<'a>,
    /// The boundaries of the multiparts around us, the outermost first.
    boundaries: Vec<Vec<u8>>,
    /// Set when a part ends, cleared by the multipart whose business it is.
    stop: Option<Stop>,
    /// Where the part that `stop` ended ends.
    end: Mark,
    /// Where the innermost header or body began: no part ends before it.
    floor: u64,
    depth: usize,
    parts: usize,
    header_room: usize,
}

impl Scanner<'_> {
    /// A header, and the body that it announces. Leaves `stop` and `end` set.
    fn part(&mut self, in_digest: bool) -> io::Result<Part> {
        self.parts += 1;
        self.depth += 1;
        let start = self.here().at;
        let fields = self.header()?;
        let middle = self.here();
        self.floor = middle.at;
        let content = self.body(&fields, in_digest)?;
        self.depth -= 1;
        Ok(Part {
            header: start..middle.at,
            body: middle.at..self.end.at,
            lines: self.end.lines - middle.lines,
            content,
            fields,
        })
    }

    /// Everything up to the empty line, or to a boundary if there is none.
    fn header(&mut self) -> io::Result<Header> {
        self.floor = self.here().at;
        let mut header = Gathering::new(self.header_room);
        while self.line(HEADER_MAX)? && !(self.lines.text.is_empty() && self.lines.whole) {
            header.line(&self.lines.text, self.lines.whole);
        }
        let (header, used) = header.finish();
        self.header_room -= used;
        Ok(header)
    }

    fn body(&mut self, fields: &Header, in_digest: bool) -> io::Result<Content> {
        let media = MediaType::of(fields);
        let media = media.as_ref();
        if self.depth < DEPTH_MAX && media.is_some_and(|media| media.is_main("multipart")) {
            let boundary = media.and_then(|media| media.params.value("boundary"));
            let digest = media.is_some_and(|media| media.is("multipart", "digest"));
            return self.multipart(boundary.unwrap_or_default(), digest);
        }
        // RFC 2046 §5.1.5: in a digest, what does not say what it is is a message.
        let message = media.map_or(in_digest, |media| media.is("message", "rfc822"));
        if self.depth < DEPTH_MAX && message {
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
        let next = Stop::Boundary {
            level,
            closing: false,
        };
        while self.stop == Some(next) {
            self.stop = None;
            parts.push(self.part(digest)?);
        }
        self.boundaries.truncate(level);
        let closed = Stop::Boundary {
            level,
            closing: true,
        };
        if self.stop == Some(closed) {
            self.stop = None;
            self.skip()?;
        }
        Ok(Content::Multipart(parts))
    }

    /// Passes over lines of no interest.
    fn skip(&mut self) -> io::Result<()> {
        while self.line(BOUNDARY_MAX + 4)? {}
        Ok(())
    }

    /// The next line of the part; false when the part is over.
    fn line(&mut self, keep: usize) -> io::Result<bool> {
        if self.stop.is_some() {
            return Ok(false);
        }
        let (mut before, ending) = (self.here(), self.lines.ending);
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

    /// Is this line one of the open boundaries?
    fn boundary(&self) -> Option<Stop> {
        let text = self.lines.text.strip_prefix(b"--")?;
        if self.parts >= PARTS_MAX {
            return None;
        }
        // RFC 2046 §5.1.1: a line need only begin with the boundary. One boundary may begin with
        // another, so the longest counts; of equal ones, the innermost (`max_by_key` takes the last).
        let usable = |boundary: &[u8]| !boundary.is_empty() && boundary.len() <= BOUNDARY_MAX;
        let open = self.boundaries.iter().enumerate();
        let (level, boundary) = open
            .filter(|(_, boundary)| usable(boundary) && text.starts_with(boundary))
            .max_by_key(|(_, boundary)| boundary.len())?;
        let closing = text[boundary.len()..].starts_with(b"--");
        Some(Stop::Boundary { level, closing })
    }

    /// Where we are; after a part has ended, where it did.
    fn here(&self) -> Mark {
        match self.stop {
            Some(_) => self.end,
            None => Mark {
                at: self.lines.at,
                lines: self.lines.count,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use super::*;
    use proptest::prelude::*;
    use std::io::{BufReader, Read, repeat};

    fn read(message: &str) -> Part {
        Part::read(&mut message.as_bytes()).unwrap()
    }

    fn slice<'a>(message: &'a str, range: &Range<u64>) -> &'a str {
        &message[range.start as usize..range.end as usize]
    }

    /// The tree in one line: a leaf is its body, `[…]` a multipart, `<…>` a message.
    fn shown(message: &str, part: &Part) -> String {
        match &part.content {
            Content::Leaf => slice(message, &part.body).replace("\r\n", "/"),
            Content::Message(inner) => format!("<{}>", shown(message, inner)),
            Content::Multipart(parts) => {
                let parts: Vec<String> = parts.iter().map(|p| shown(message, p)).collect();
                format!("[{}]", parts.join(" "))
            }
        }
    }

    /// Rows are written with `/` for CRLF.
    fn check(rows: &[(&str, &str)]) {
        for (message, expected) in rows {
            let message = message.replace('/', "\r\n").replace('\\', "/");
            let part = read(&message);
            assert_eq!(shown(&message, &part), *expected, "{message}");
            law(&part, 0..message.len() as u64);
        }
    }

    /// What holds of every part: header and body join, lie inside the one around, and do not overlap.
    fn law(part: &Part, around: Range<u64>) {
        assert!(around.start <= part.header.start && part.header.start <= part.header.end);
        assert_eq!(part.header.end, part.body.start);
        assert!(part.body.start <= part.body.end && part.body.end <= around.end);
        assert!(part.lines <= part.body.end - part.body.start);
        let mut from = part.body.start;
        let inner: &[Part] = match &part.content {
            Content::Leaf => &[],
            Content::Multipart(parts) => parts,
            Content::Message(message) => std::slice::from_ref(&**message),
        };
        for part in inner {
            law(part, from..around.end.min(part.body.end));
            from = part.body.end;
        }
        assert!(from <= part.body.end);
    }

    const MIXED: &str = "Content-Type: multipart\\mixed; boundary=b//";

    #[test]
    fn messages_without_parts() {
        check(&[
            ("", ""),
            ("/", ""),
            ("/only a body", "only a body"),
            ("Subject: x//body/more/", "body/more/"),
            ("Subject: no body", ""),
            ("Subject: no body/", ""),
            ("no header at all/--b//body", "body"),
            (
                "Content-Type: text\\plain; boundary=b//--b//x/--b--",
                "--b//x/--b--",
            ),
        ]);
    }

    #[test]
    fn the_line_ending_before_a_boundary_belongs_to_it() {
        let rows = [
            ("--b//one/--b//two/--b--/", "[one two]"),
            ("preamble/--b//one//--b//two/--b--/epilogue", "[one/ two]"),
            ("--b//--b//--b--", "[ ]"),
            ("--b  /X: 1//one/--b\t--/two/--b-- /", "[one ]"),
            ("--b//one/--b--/--b//epilogue", "[one]"),
        ];
        check(&rows.map(|(body, tree)| (&*[MIXED, body].concat().leak(), tree)));
    }

    #[test]
    fn boundaries_that_are_missing() {
        let rows = [
            ("", "[]"),
            ("no boundary at all/", "[]"),
            ("--b--/closed before it began", "[]"),
            (
                "--b//one/--b//the end is missing/",
                "[one the end is missing/]",
            ),
            (
                "--b/X: header without an empty line/--b//two/--b--",
                "[ two]",
            ),
            ("--b", "[]"),
            ("--b/", "[]"),
        ];
        check(&rows.map(|(body, tree)| (&*[MIXED, body].concat().leak(), tree)));
        check(&[
            ("Content-Type: multipart\\mixed//--b//one/--b--", "[]"),
            (
                "Content-Type: multipart\\mixed; boundary=//--//one/----",
                "[]",
            ),
        ]);
    }

    #[test]
    fn boundaries_that_resemble_each_other() {
        let inner = |boundary| {
            format!("{MIXED}--b/Content-Type: multipart\\mixed; boundary=\"{boundary}\"//")
        };
        let rows = [
            ("bb", "--bb//x/--bb--/--b//y/--b--", "[[x] y]"),
            ("bb", "--bb//x/--b//y/--b--", "[[x] y]"),
            ("bb", "--bb//x/--bbb//y/--b--", "[[x y]]"),
            ("b", "--b//x/--b--/--b//y/--b--", "[[x] y]"),
            ("b", "--b//x/--b--/--b--", "[[x]]"),
            ("a c", "--a c//x/--a c--//--b//y/--b--", "[[x] y]"),
        ];
        for (boundary, body, tree) in rows {
            check(&[(&(inner(boundary) + body), tree)]);
        }
    }

    #[test]
    fn messages_within_messages() {
        let enclosed = "--b/Content-Type: message\\rfc822//";
        let digest = "Content-Type: multipart\\digest;/ boundary=b//";
        let rows = [
            (MIXED, "Subject: in//text/--b//x/--b--", "[<text> x]"),
            (MIXED, "Subject: in/--b//x/--b--", "[<> x]"),
            (MIXED, "--b//x/--b--", "[<> x]"),
            (
                MIXED,
                "Content-Type: multipart\\mixed; boundary=i//--i//x/--b--",
                "[<[x]>]",
            ),
            (
                digest,
                "Subject: in//text/--b//Subject: x//y/--b/Content-Type: text\\plain//z",
                "[<text> <y> z]",
            ),
        ];
        for (header, body, tree) in rows {
            check(&[(&[header, enclosed, body].concat(), tree)]);
        }
        check(&[("Content-Type: message\\rfc822//Subject: x//y", "<y>")]);
    }

    #[test]
    fn a_body_has_the_lines_whose_endings_are_in_it() {
        let part = read(
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\ntwo\r\n--b\r\n\r\n\r\n--b--\r\n",
        );
        assert_eq!(part.lines, 8);
        assert_eq!(part.find(&[1]).unwrap().lines, 1);
        assert_eq!(part.find(&[2]).unwrap().lines, 0);
        assert_eq!(read("\r\n\r\na\r\nb").lines, 2);
    }

    #[test]
    fn the_line_ending_between_two_last_boundaries_belongs_to_the_outer() {
        let outer = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n";
        let inner = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--";
        let message = [outer, inner, "\r\n--a--\r\n"].concat();
        let part = read(&message);
        let end = (outer.len() + inner.len()) as u64;
        assert_eq!(part.find(&[1]).unwrap().body.end, end);
    }

    #[test]
    fn section_numbers_find_their_part() {
        let message = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\none\r\n--a\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntwo-one\r\n--b--\r\n--a\r\nContent-Type: message/rfc822\r\n\r\n\r\nthree\r\n--a--\r\n";
        let part = read(message);
        let rows: [(&[u32], Option<&str>); 9] = [
            (&[1], Some("one")),
            (&[2, 1], Some("two-one")),
            (&[3, 1], Some("three")),
            (&[0], None),
            (&[4], None),
            (&[1, 1], None),
            (&[2, 2], None),
            (&[3, 2], None),
            (&[3, 1, 1], None),
        ];
        for (path, body) in rows {
            let found = part.find(path).map(|part| slice(message, &part.body));
            assert_eq!(found, body, "{path:?}");
        }
        let plain = read("Subject: x\r\n\r\nbody");
        assert_eq!(plain.find(&[1]).unwrap().body, plain.body);
        assert_eq!(plain.find(&[]).unwrap().body, plain.body);
        assert!(plain.find(&[2]).is_none());
        let forwarded = read("Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nbody");
        assert_eq!(forwarded.find(&[1]).unwrap().header, forwarded.header);
        assert_eq!(forwarded.find(&[1, 1]).unwrap().body, 46..50);
    }

    #[test]
    fn a_long_message_costs_no_memory() {
        let line = || repeat(b'x').take(20_000_000);
        let header: &[u8] = b"Content-Type: multipart/mixed; boundary=b\r\nLong: ";
        let rest: &[u8] = b"\r\nSubject: kept\r\n\r\n--b\r\n\r\n";
        let message = header.chain(line()).chain(rest).chain(line());
        let part = Part::read(&mut BufReader::new(message)).unwrap();
        assert_eq!(
            part.body.end,
            40_000_000 + (header.len() + rest.len()) as u64
        );
        assert_eq!(part.fields.fields.len(), 2);
        assert!(part.find(&[1]).is_some());
    }

    #[test]
    fn there_is_an_end_to_headers_parts_and_depth() {
        let part =
            read(&(MIXED.replace('/', "\r\n").replace('\\', "/") + &"--b\r\n\r\n".repeat(5000)));
        let Content::Multipart(parts) = &part.content else {
            panic!()
        };
        assert_eq!(parts.len(), PARTS_MAX - 1);
        let mut deep = &read(&"Content-Type: message/rfc822\r\n\r\n".repeat(5000));
        let mut depth = 1;
        while let Content::Message(message) = &deep.content {
            (deep, depth) = (message, depth + 1);
        }
        assert_eq!(depth, DEPTH_MAX);
        let fields = read(&"A:\r\n".repeat(1_000_000)).fields.fields.len();
        assert!(fields < HEADER_MAX / 90, "{fields}");
    }

    /// A tree and the message that holds it, with the body of each leaf.
    fn tree() -> impl Strategy<Value = (String, Vec<String>)> {
        let text = "([a-z -]{0,9}\r\n){0,3}[a-z]{0,9}";
        let leaf = text.prop_map(|body| {
            (
                format!("Content-Type: text/plain\r\n\r\n{body}"),
                vec![body],
            )
        });
        leaf.prop_recursive(4, 30, 4, |inner| {
            let enclosed = inner.clone().prop_map(|(message, leaves)| {
                (
                    format!("Content-Type: message/rfc822\r\n\r\n{message}"),
                    leaves,
                )
            });
            let parts = (prop::collection::vec(inner, 1..4), "[A-Z]{8}");
            prop_oneof![
                enclosed,
                parts.prop_map(|(parts, boundary)| joined(&parts, &boundary))
            ]
        })
    }

    fn joined(parts: &[(String, Vec<String>)], boundary: &str) -> (String, Vec<String>) {
        let mut text =
            format!("Content-Type: multipart/mixed;\r\n boundary=\"{boundary}\"\r\n\r\npreamble");
        for (part, _) in parts {
            text += &format!("\r\n--{boundary}\r\n{part}");
        }
        text += &format!("\r\n--{boundary}--\r\nepilogue");
        (
            text,
            parts
                .iter()
                .flat_map(|(_, leaves)| leaves.clone())
                .collect(),
        )
    }

    fn leaves(message: &str, part: &Part) -> Vec<String> {
        match &part.content {
            Content::Leaf => vec![slice(message, &part.body).to_owned()],
            Content::Message(inner) => leaves(message, inner),
            Content::Multipart(parts) => parts.iter().flat_map(|p| leaves(message, p)).collect(),
        }
    }

    /// What messages are made of, in no order.
    const PIECES: &[&str] = &[
        "\r\n",
        "\n",
        "\r",
        "--",
        "b",
        "--b\r\n",
        "\r\n--bb\r\n",
        "--b--\r\n",
        "Content-Type: multipart/mixed; boundary=b\r\n",
        "Content-Type: multipart/digest; boundary=bb\r\n\r\n",
        "Content-Type: message/rfc822\r\n\r\n",
        " ",
        "x: y\r\n",
    ];

    proptest! {
        #[test]
        fn every_leaf_is_where_it_was_put((message, expected) in tree(), buffer in 1usize..99) {
            let part = Part::read(&mut BufReader::with_capacity(buffer, message.as_bytes())).unwrap();
            prop_assert_eq!(leaves(&message, &part), expected);
            prop_assert_eq!(part.body.end, message.len() as u64);
            law(&part, 0..message.len() as u64);
        }

        #[test]
        fn ranges_nest_in_any_soup(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40),
        ) {
            let message = pieces.concat();
            let part = read(&message);
            law(&part, 0..message.len() as u64);
            prop_assert_eq!(part.body.end, message.len() as u64);
        }

        #[test]
        fn any_octets_are_a_message(message in prop::collection::vec(any::<u8>(), 0..200)) {
            let part = Part::read(&mut &message[..]).unwrap();
            law(&part, 0..message.len() as u64);
        }
    }
}
