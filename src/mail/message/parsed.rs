//! A message as a person reads it: who, when, what, and the files in it.
//!
//! It is made of the same parts, fields, words and charsets as the server's ENVELOPE and
//! BODYSTRUCTURE, so a client and a server of ours never disagree about a message. Which parts are
//! the text, and which are files, is RFC 8621 §4.1.4's choice. Any octets can be read; what cannot be
//! understood is shown as it is.

use std::io::Read;
use std::ops::Range;
use std::time::SystemTime;

use super::address::{self, HeaderAddress, MISSING_DOMAIN, MISSING_MAILBOX};
use super::compose::file_name;
use super::content::{Disposition, MediaType};
use super::page_text::page_text;
use super::{
    Attachment, BodyPart, Contact, Content, Decoder, Encoding, Header, MailDate, header, words,
};

/// A message, decoded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedMessage {
    /// The authors; more than one is rare.
    pub from: Vec<Contact>,
    /// The addresses for answers, if not `from`.
    pub reply_to: Vec<Contact>,
    /// The recipients.
    pub to: Vec<Contact>,
    /// The recipients of a copy.
    pub cc: Vec<Contact>,
    /// The blind-copy recipients: only a draft names them.
    pub bcc: Vec<Contact>,
    /// When it was written, if its date can be understood.
    pub date: Option<SystemTime>,
    /// The subject, its encoded words decoded; empty if there is none.
    pub subject: String,
    /// The text, with LF line endings; the text of the page if it has only a page (HTML).
    pub text: String,
    /// True if the text was made of a page.
    pub text_is_from_html: bool,
    /// The page (HTML), if there is one.
    pub html: Option<String>,
    /// The files in it, pictures in a page and forwarded messages among them.
    ///
    /// Their names are safe to save under: no folders, no control characters, never empty.
    pub attachments: Vec<Attachment>,
    /// The Message-ID without angle brackets: an answer names it in In-Reply-To.
    pub message_id: Option<String>,
    /// The Message-IDs of the conversation before it, the oldest first.
    pub references: Vec<String>,
}

impl ParsedMessage {
    /// Parses a message. Never fails, whatever the octets.
    #[must_use]
    pub fn of(message: &[u8]) -> ParsedMessage {
        // Octets in memory can be read.
        let Ok(root) = BodyPart::read(&mut &*message) else {
            return ParsedMessage::default();
        };
        let header = &root.fields;
        let references = header.value("References").unwrap_or_default();
        let mut parsed = ParsedMessage {
            from: contacts(header, "From"),
            reply_to: contacts(header, "Reply-To"),
            to: contacts(header, "To"),
            cc: contacts(header, "Cc"),
            bcc: contacts(header, "Bcc"),
            date: MailDate::of(header).and_then(|date| date.moment()),
            subject: subject(header),
            message_id: ids(&header.value("Message-ID").unwrap_or_default()).next(),
            references: ids(&references).collect(),
            ..ParsedMessage::default()
        };
        Bodies::of(message, &root).put_into(&mut parsed);
        parsed
    }
}

fn subject(header: &Header) -> String {
    let value = header.value("Subject").unwrap_or_default();
    words::decode(&value).replace('\t', " ")
}

/// The people in all fields with this name, as ENVELOPE has them.
fn contacts(header: &Header, name: &str) -> Vec<Contact> {
    let lists = header.named(name).map(|field| address::parse(&field.unfolded()));
    let entries = lists.flatten().filter(HeaderAddress::is_mailbox);
    entries.map(|entry| contact(&entry)).collect()
}

fn contact(entry: &HeaderAddress) -> Contact {
    let text = |octets: &Option<Vec<u8>>, missing: &[u8]| match octets.as_deref() {
        Some(octets) if octets != missing => String::from_utf8_lossy(octets).into_owned(),
        _ => String::new(),
    };
    let mailbox = text(&entry.mailbox, MISSING_MAILBOX);
    let host = text(&entry.host, MISSING_DOMAIN);
    let address = match (mailbox.as_str(), host.as_str()) {
        (mailbox, "") => mailbox.to_owned(),
        (mailbox, host) => format!("{mailbox}@{host}"),
    };
    let name = entry.name.as_deref().map(words::decode);
    Contact::new(name.as_deref(), &address)
}

/// The Message-IDs in a value, without their angle brackets; without any, the whole value.
fn ids(value: &[u8]) -> impl Iterator<Item = String> {
    let value = String::from_utf8_lossy(value).into_owned();
    let mut ids: Vec<String> = Vec::new();
    for begun in value.split('<').skip(1) {
        let id = begun.split_once('>').map_or(begun, |(id, _)| id);
        ids.push(id.trim().to_owned());
    }
    if ids.is_empty() {
        ids.extend(value.split_ascii_whitespace().map(str::to_owned));
    }
    ids.into_iter().filter(|id| !id.is_empty())
}

/// The parts of a message, sorted into texts, pages and files.
struct Bodies<'a> {
    message: &'a [u8],
    texts: Vec<&'a BodyPart>,
    pages: Vec<&'a BodyPart>,
    files: Vec<&'a BodyPart>,
}

/// Which lists still take parts: within an alternative, only one of them does.
#[derive(Clone, Copy)]
struct Wanted {
    texts: bool,
    pages: bool,
}

/// The multipart around a part.
#[derive(Clone, Copy)]
struct Around<'a> {
    subtype: &'a [u8],
    in_alternative: bool,
}

impl Around<'_> {
    fn is(self, subtype: &str) -> bool {
        self.subtype.eq_ignore_ascii_case(subtype.as_bytes())
    }
}

impl<'a> Bodies<'a> {
    fn of(message: &'a [u8], root: &'a BodyPart) -> Bodies<'a> {
        let mut bodies =
            Bodies { message, texts: Vec::new(), pages: Vec::new(), files: Vec::new() };
        let around = Around { subtype: b"mixed", in_alternative: false };
        let all = Wanted { texts: true, pages: true };
        bodies.sort(std::slice::from_ref(root), around, all);
        bodies
    }

    /// RFC 8621 §4.1.4, `parseStructure`.
    fn sort(&mut self, parts: &'a [BodyPart], around: Around<'_>, mut wanted: Wanted) {
        let texts = self.texts.len();
        let pages = self.pages.len();
        for (at, part) in parts.iter().enumerate() {
            let media = MediaType::of(&part.fields);
            if let Content::Multipart(inside) = &part.content
                && !inside.is_empty()
            {
                let subtype = media.map_or(Vec::new(), |media| media.sub);
                let is_alternative = subtype.eq_ignore_ascii_case(b"alternative");
                let inner = Around {
                    subtype: &subtype,
                    in_alternative: around.in_alternative || is_alternative,
                };
                self.sort(inside, inner, wanted);
                continue;
            }
            let kind = BodyKind::of(part, media.as_ref());
            if !is_shown(part, kind, around, at == 0) {
                self.files.push(part);
            } else if around.is("alternative") {
                self.add_form(part, kind);
            } else {
                if around.in_alternative {
                    wanted.pages &= kind != BodyKind::Text;
                    wanted.texts &= kind != BodyKind::Page;
                }
                self.add(part, kind, wanted);
            }
        }
        if around.is("alternative") && wanted.texts && wanted.pages {
            self.complete(texts, pages);
        }
    }

    /// Adds one of the forms of an alternative.
    fn add_form(&mut self, part: &'a BodyPart, kind: BodyKind) {
        match kind {
            BodyKind::Text => self.texts.push(part),
            BodyKind::Page => self.pages.push(part),
            _ => self.files.push(part),
        }
    }

    fn add(&mut self, part: &'a BodyPart, kind: BodyKind, wanted: Wanted) {
        if kind == BodyKind::Media {
            // A picture is not shown among the lines of a text, so it is a file, too.
            return self.files.push(part);
        }
        if wanted.texts {
            self.texts.push(part);
        }
        if wanted.pages {
            self.pages.push(part);
        }
        if !wanted.texts && !wanted.pages {
            self.files.push(part);
        }
    }

    /// If an alternative has only one form, it is the text and the page.
    fn complete(&mut self, texts: usize, pages: usize) {
        if self.texts.len() == texts {
            self.texts.extend_from_slice(&self.pages[pages..]);
        } else if self.pages.len() == pages {
            self.pages.extend_from_slice(&self.texts[texts..]);
        }
    }

    /// Decodes the parts.
    fn put_into(&self, parsed: &mut ParsedMessage) {
        let is_page = |part: &&&BodyPart| BodyKind::of_header(part) == BodyKind::Page;
        let mut texts = Vec::new();
        for part in &self.texts {
            let text = self.text(part);
            let is_page = is_page(&part);
            texts.push(if is_page { page_text(&text) } else { text });
        }
        parsed.text = texts.join("\n");
        parsed.text_is_from_html =
            !self.texts.is_empty() && self.texts.iter().all(|part| is_page(&part));
        parsed.html = self.pages.iter().find(is_page).map(|part| self.text(part));
        parsed.attachments = self.files.iter().map(|part| self.file(part)).collect();
    }

    /// The text of a part, with LF line endings.
    fn text(&self, part: &BodyPart) -> String {
        let charset =
            MediaType::of(&part.fields).map_or_else(Default::default, |media| media.charset());
        charset.decode(&self.octets(part)).replace("\r\n", "\n")
    }

    /// The octets of a part, out of their transfer encoding.
    fn octets(&self, part: &BodyPart) -> Vec<u8> {
        let mut body = self.slice(&part.body);
        if body.is_empty() {
            // The text follows the header without an empty line.
            body = header::after_fields(self.slice(&part.header));
        }
        let encoding = Encoding::of(&part.fields).unwrap_or(Encoding::Identity);
        let mut octets = Vec::new();
        // Octets in memory can be read.
        let _ = Decoder::new(body, encoding).read_to_end(&mut octets);
        octets
    }

    fn slice(&self, range: &Range<u64>) -> &'a [u8] {
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let slice = self.message.get(place(range.start)..place(range.end));
        slice.unwrap_or_default()
    }

    fn file(&self, part: &BodyPart) -> Attachment {
        let media = MediaType::of(&part.fields);
        let content_type = media.as_ref().map_or_else(
            || "text/plain".to_owned(),
            |media| {
                let name = [&media.main[..], b"/", &media.sub].concat();
                String::from_utf8_lossy(&name.to_ascii_lowercase()).into_owned()
            },
        );
        let name = part_name(part, media.as_ref()).unwrap_or_else(|| match &part.content {
            Content::Message(inner) if inner.fields.value("Subject").is_some() => {
                format!("{}.eml", subject(&inner.fields))
            }
            Content::Message(_) => "message.eml".to_owned(),
            _ => "attachment".to_owned(),
        });
        Attachment { name: file_name(&name), content_type, bytes: self.octets(part) }
    }
}

/// How a part is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyKind {
    /// `text/plain`, and whatever does not say what it is (RFC 2045 §5.2).
    Text,
    /// `text/html`.
    Page,
    /// Pictures, sounds, films.
    Media,
    Other,
}

impl BodyKind {
    fn of_header(part: &BodyPart) -> BodyKind {
        BodyKind::of(part, MediaType::of(&part.fields).as_ref())
    }

    fn of(part: &BodyPart, media: Option<&MediaType>) -> BodyKind {
        let Some(media) = media else {
            return match part.content {
                Content::Message(_) => BodyKind::Other,
                _ => BodyKind::Text,
            };
        };
        let is_media = ["image", "audio", "video"].iter().any(|main| media.is_main(main));
        match &part.content {
            // A multipart whose boundary is nowhere is the text that it has.
            Content::Multipart(_) => BodyKind::Text,
            Content::Leaf if media.is("text", "plain") => BodyKind::Text,
            Content::Leaf if media.is("text", "html") => BodyKind::Page,
            Content::Leaf if is_media => BodyKind::Media,
            _ => BodyKind::Other,
        }
    }
}

/// True if a part is shown among the text, not kept as a file (RFC 8621 §4.1.4, `isInline`).
fn is_shown(part: &BodyPart, kind: BodyKind, around: Around<'_>, is_first: bool) -> bool {
    let disposition = Disposition::of(&part.fields);
    let is_attached = disposition.is_some_and(|it| it.kind.eq_ignore_ascii_case(b"attachment"));
    if kind == BodyKind::Other || is_attached {
        return false;
    }
    let media = MediaType::of(&part.fields);
    let has_name = part_name(part, media.as_ref()).is_some();
    is_first || (!around.is("related") && (kind == BodyKind::Media || !has_name))
}

/// The file name that a part gives itself (RFC 2183 §2.3), or its name in the Content-Type.
fn part_name(part: &BodyPart, media: Option<&MediaType>) -> Option<String> {
    let disposition = Disposition::of(&part.fields);
    let named = disposition.and_then(|disposition| disposition.params.text("filename"));
    named.or_else(|| media.and_then(|media| media.params.text("name")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_page_alone_is_readable() {
        let page = b"Subject: =?iso-8859-1?q?caf=E9?=\r\nContent-Type: text/html\r\n\r\n<html><body><p>Dear <b>Bob</b>,</p><p>tea &amp; cake</p></body></html>";
        let reading = ParsedMessage::of(page);
        assert_eq!(reading.subject, "café");
        assert!(reading.text.contains("Dear Bob,"), "{}", reading.text);
        assert!(reading.text.contains("tea & cake") && !reading.text.contains('<'));
    }

    #[test]
    fn of_two_forms_of_a_text_the_plain_one_is_read() {
        let message = b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nplain\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>page</p>\r\n--b--\r\n";
        let reading = ParsedMessage::of(message);
        assert_eq!(reading.text.trim(), "plain");
        assert_eq!(reading.html.as_deref().map(str::trim), Some("<p>page</p>"));
        assert_eq!(reading.attachments, []);
    }

    #[test]
    fn files_have_their_octets_and_a_safe_name() {
        let message = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Disposition: attachment; filename=\"../../etc/caf.txt\"\r\n\r\ncaf\xe9\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nside\r\n--b--\r\n";
        let reading = ParsedMessage::of(message);
        let file = |name: &str, kind: &str, bytes: &[u8]| Attachment {
            name: name.to_owned(),
            content_type: kind.to_owned(),
            bytes: bytes.to_vec(),
        };
        assert_eq!(reading.text.trim(), "hello");
        assert_eq!(
            reading.attachments,
            [
                file("caf.txt", "text/plain", b"caf\xe9"),
                file("in.eml", "message/rfc822", b"Subject: in\r\n\r\nside"),
            ]
        );
    }

    fn part(header: &str, body: &str) -> Vec<u8> {
        let begin = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\n";
        format!("{begin}{header}\r\n\r\n{body}\r\n--b--\r\n").into_bytes()
    }

    #[test]
    fn of_two_fields_the_first_counts_and_all_people_do() {
        let message = b"From: first@a.test\r\nFrom: second@a.test\r\nSubject: one\r\nSubject: two\r\n\r\nx\r\n";
        let parsed = ParsedMessage::of(message);
        assert_eq!(parsed.subject, "one");
        let from: Vec<&str> = parsed.from.iter().map(Contact::address).collect();
        assert_eq!(from, ["first@a.test", "second@a.test"]);
    }

    #[test]
    fn texts_of_every_sort() {
        let rows: [(&[u8], &str); 12] = [
            (b"Date: 21 Mar 2020 10:38:02 Z\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n", "hello"),
            (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nin mid-line --b is text\r\n--b--\r\n", "in mid-line --b is text"),
            (b"Content-Type: text\r\n\r\nhello\r\n", "hello\n"),
            (b"Content-Type: %%%\r\n\r\nhello\r\n", "hello\n"),
            (b"Content-Type: text/plain; charset=us-ascii\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n", "Grüße\n"),
            (b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n", "<p>x</p>\n"),
            (b"From: a@a.test\r\nhello there, no empty line\r\nsecond line\r\n", "hello there, no empty line\nsecond line\n"),
            (b"From: a@a.test\r\n\r\n", ""),
            (b"Content-Type: multipart/mixed; boundary=no\r\n\r\nno parts\r\n", "no parts\n"),
            (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nno header\r\n--b--\r\n", "no header"),
            (b"Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db =ZZ=\r\n", "a=b =ZZ"),
            (b"", ""),
        ];
        for (message, text) in rows {
            let parsed = ParsedMessage::of(message);
            assert_eq!(parsed.text, text, "{}", message.escape_ascii());
            assert_eq!(parsed.attachments, []);
        }
    }

    #[test]
    fn words_are_joined_before_they_are_decoded() {
        let message = b"From: =?utf-8?Q?J=C3?= =?utf-8?Q?=B6rg?= <j@j.test>, =?utf-8?q?a=2Cb?= <c@c.test>\r\n\
            Subject: =?UTF-8?Q?Gr=C3=BC=C3?=\r\n =?UTF-8?Q?=9Fe!?=\r\n\r\nx\r\n";
        let parsed = ParsedMessage::of(message);
        assert_eq!(parsed.subject, "Grüße!");
        let from: Vec<String> = parsed.from.iter().map(Contact::to_string).collect();
        assert_eq!(from, ["Jörg <j@j.test>", "a,b <c@c.test>"]);
    }

    #[test]
    fn names_of_files() {
        let long = "n".repeat(300);
        let rows = [
            ("filename*0*=UTF-8''a%C3; filename*1*=%A4%2Epdf", "aä.pdf"),
            ("filename=\"f.pdf\"; filename*=UTF-8''gr%C3%BC.pdf", "grü.pdf"),
            ("filename=\"f.pdf\"; filename*0*=UTF-8''gr%C3%BC; filename*1*=.pdf", "grü.pdf"),
            ("filename*1=\"b.pdf\"; filename*0=\"a \"", "a b.pdf"),
            ("filename*0=\"=?UTF-8?Q?x=C3=\"; filename*1=\"A4.pdf?=\"", "xä.pdf"),
            ("filename=\"=?UTF-8?B?Z3LDvMOfZS5wZGY=?=\"", "grüße.pdf"),
            ("filename=\"=?UTF-8?Q?gr=C3?=\r\n =?UTF-8?Q?=BC.pdf?=\"", "grü.pdf"),
            ("filename=\"\"", "attachment"),
            (&format!("filename={long}.pdf"), &format!("{}.pdf", &long[..196])),
        ];
        for (params, name) in rows {
            let header = format!("Content-Disposition: attachment; {params}");
            let parsed = ParsedMessage::of(&part(&header, "x"));
            assert_eq!(parsed.attachments[0].name, name, "{params}");
        }
        let parsed = ParsedMessage::of(&part("Content-Type: a/b; name=f.pdf; name*=''g.pdf", "x"));
        assert_eq!(parsed.attachments[0].name, "g.pdf");
    }

    #[test]
    fn a_forwarded_message_is_a_file_even_in_base64() {
        let header = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64";
        let parsed = ParsedMessage::of(&part(header, "U3ViamVjdDogeA0KDQp5"));
        assert_eq!(parsed.attachments[0].bytes, b"Subject: x\r\n\r\ny");
        assert_eq!(parsed.text, "hello");
    }

    #[test]
    fn people_and_dates() {
        let rows: [(&[u8], Option<u64>); 4] = [
            (b"Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            (b"Sun, 06 Nov 1994 09:49:37 +0100", Some(784_111_777)),
            (b"99 Foo 12345", None),
            (b"Thu, 1 Jan 1801 00:00:00 +0000", None),
        ];
        for (date, seconds) in rows {
            let message = [b"From: A <a@b>\r\nDate: ", date, b"\r\n\r\n"].concat();
            let reading = ParsedMessage::of(&message);
            let expected = seconds.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(reading.date, expected);
            assert_eq!(reading.from, [Contact::new(Some("A"), "a@b")]);
        }
    }

    /// What messages are made of, in no order.
    const PIECES: &[&[u8]] = &[
        b"\r\n",
        b"\r\n\r\n",
        b"--b\r\n",
        b"--b--",
        b"From: ",
        b"Date: ",
        b"Subject: =?utf-8?b?",
        b"?=",
        b"<p>&#",
        b"&amp",
        b"\xff",
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: text/html; charset=utf-7\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"=4",
        b"99999999",
        b" Nov ",
        b",",
        b"\"",
        b"(",
        b"<",
    ];

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn nothing_is_too_broken_to_be_read(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..30)) {
            let reading = ParsedMessage::of(&pieces.concat());
            prop_assert!(reading.attachments.iter().all(|file| !file.name.is_empty() && !file.name.contains('/')));
        }

        #[test]
        fn any_octets_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = ParsedMessage::of(&bytes);
        }
    }
}
