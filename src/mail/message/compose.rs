//! Composes a message: its header, its text, and its attachments.
//!
//! ```
//! use pillarbox::mail::message::{Attachment, Contact, Draft};
//!
//! let mut draft = Draft::new("Alice <alice@pillarbox.test>".parse()?, "pillarbox.test");
//! draft.to = Contact::list("bob@pillarbox.test")?;
//! draft.subject = "Tea".to_owned();
//! draft.text = "At four, as usual?\n".to_owned();
//! draft.attachments.push(Attachment::new("tea.csv", b"Assam,2\r\n".to_vec()));
//! let message = draft.to_bytes();
//! assert!(message.starts_with(b"Date: "));
//! # Ok::<(), pillarbox::mail::message::contact::NotAnAddress>(())
//! ```
//!
//! The message is 7-bit, with CRLF and short lines, so that every server takes it (RFC 5321
//! §4.5.3.1.6). Bcc is for the envelope only ([`Draft::recipients`]): no header names it.
//! mail-builder nests the parts; a forwarded message keeps its octets (RFC 2046 §5.2.1).

use std::borrow::Cow;
use std::io::{self, Write};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart as PartBody, MimePart};

use super::{Contact, date, encode};

/// A message that is being written.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The author.
    pub from: Contact,
    /// The recipients.
    pub to: Vec<Contact>,
    /// The recipients of a copy.
    pub cc: Vec<Contact>,
    /// The blind-copy recipients.
    pub bcc: Vec<Contact>,
    /// The subject.
    pub subject: String,
    /// The text, with any line endings.
    pub text: String,
    /// The text as a page (HTML). A mail program shows one of the two (RFC 2046 §5.1.4).
    pub html: Option<String>,
    /// The files in it.
    pub attachments: Vec<Attachment>,
    /// The Message-ID of the message that this one answers, with or without its angle brackets.
    pub in_reply_to: Option<String>,
    /// The Message-IDs of the conversation so far, the oldest first (RFC 5322 §3.6.4).
    pub references: Vec<String>,
    /// When it was written.
    pub date: SystemTime,
    /// Its own Message-ID, without angle brackets.
    pub message_id: String,
}

/// A file in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The file's name, without folders.
    pub name: String,
    /// `image/png`.
    pub content_type: String,
    /// The file's content.
    pub bytes: Vec<u8>,
}

impl Attachment {
    /// An attachment of this content; its type is guessed from the end of its name.
    #[must_use]
    pub fn new(name: &str, bytes: Vec<u8>) -> Attachment {
        Attachment { name: file_name(name), content_type: content_type(name).to_owned(), bytes }
    }
}

impl Draft {
    /// An empty message, dated now. `domain` is the domain of its Message-ID.
    #[must_use]
    pub fn new(from: Contact, domain: &str) -> Draft {
        Draft {
            from,
            to: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: String::new(),
            text: String::new(),
            html: None,
            attachments: Vec::new(),
            in_reply_to: None,
            references: Vec::new(),
            date: SystemTime::now(),
            message_id: message_id(domain),
        }
    }

    /// Returns every address for SMTP's RCPT: To, Cc and Bcc, each once.
    #[must_use]
    pub fn recipients(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for contact in self.to.iter().chain(&self.cc).chain(&self.bcc) {
            if !all.contains(&contact.address()) {
                all.push(contact.address());
            }
        }
        all
    }

    /// Writes the message as it travels.
    ///
    /// # Errors
    /// Only those of the writer.
    pub fn write_to(&self, mut out: impl Write) -> io::Result<()> {
        out.write_all(self.header().as_bytes())?;
        self.body().write_part(out)?;
        Ok(())
    }

    /// Returns the message as it travels.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to a vector cannot fail.
        let _ = self.write_to(&mut bytes);
        bytes
    }

    /// Returns the message as it is kept in Drafts: with Bcc in its header. It never travels so.
    #[must_use]
    pub fn to_kept_bytes(&self) -> Vec<u8> {
        let mut bcc = people(&self.bcc);
        if !bcc.is_empty() {
            bcc = encode::field("Bcc", &bcc);
        }
        [bcc.into_bytes(), self.to_bytes()].concat()
    }

    fn header(&self) -> String {
        let answered: Vec<&str> = self.in_reply_to.as_deref().into_iter().collect();
        let references: Vec<&str> = self.references.iter().map(String::as_str).collect();
        let fields = [
            ("Date", date::written(self.date)),
            ("From", people(std::slice::from_ref(&self.from))),
            ("To", people(&self.to)),
            ("Cc", people(&self.cc)),
            ("Subject", encode::unstructured(&self.subject)),
            ("Message-ID", ids(&[&self.message_id])),
            ("In-Reply-To", ids(&answered)),
            ("References", ids(&references)),
            ("MIME-Version", "1.0".to_owned()),
        ];
        let present = fields.iter().filter(|(_, value)| !value.is_empty());
        present.map(|(name, value)| encode::field(name, value)).collect()
    }

    fn body(&self) -> MimePart<'_> {
        let text = text_part("text/plain", &self.text);
        let body = match &self.html {
            Some(html) => {
                let page = text_part("text/html", html);
                self.multipart("alternative", vec![text, page])
            }
            None => text,
        };
        if self.attachments.is_empty() {
            return body;
        }
        let files = self.attachments.iter().map(file_part);
        self.multipart("mixed", std::iter::once(body).chain(files).collect())
    }

    /// The boundary comes from the Message-ID, so the same draft is the same message every time.
    /// The `=` keeps it out of quoted-printable and the `_` out of base64 (RFC 2045 §6.7).
    fn multipart<'a>(&self, kind: &str, parts: Vec<MimePart<'a>>) -> MimePart<'a> {
        let (unique, _) = self.message_id.split_once('@').unwrap_or((&self.message_id, ""));
        let usable = unique.chars().filter(char::is_ascii_alphanumeric).take(48);
        let boundary = format!("=_{kind}_{}", usable.collect::<String>());
        let multipart = ContentType::new(format!("multipart/{kind}"));
        MimePart::new(multipart.attribute("boundary", boundary), parts)
    }
}

fn text_part<'a>(content_type: &'static str, text: &str) -> MimePart<'a> {
    let (encoding, body) = encode::text(text);
    let content_type = ContentType::new(content_type).attribute("charset", "utf-8");
    MimePart::new(content_type, body).transfer_encoding(encoding)
}

fn file_part(file: &Attachment) -> MimePart<'_> {
    let disposition = format!("attachment{}", encode::parameter("filename", &file.name));
    // RFC 2046 §5.2.1: a message within a message must not be encoded.
    let (encoding, body) = match file.content_type.as_str() {
        "message/rfc822" => (as_is(&file.bytes), PartBody::Binary(with_crlf(&file.bytes))),
        _ => ("base64", PartBody::Text(encode::base64(&file.bytes).into())),
    };
    let content_type = ContentType::new(printable(&file.content_type));
    let part = MimePart { contents: body, headers: Vec::new() };
    part.header("Content-Type", content_type)
        .header("Content-Disposition", Raw::new(disposition))
        .transfer_encoding(encoding)
}

/// Returns the encoding of octets that go as they are (RFC 2045 §2.7, §2.8).
fn as_is(octets: &[u8]) -> &'static str {
    if octets.is_ascii() { "7bit" } else { "8bit" }
}

/// Returns a message's file with CRLF line endings.
fn with_crlf(octets: &[u8]) -> Cow<'_, [u8]> {
    let lines: Vec<&[u8]> = octets.split(|&octet| octet == b'\n').collect();
    let bare = lines.iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    Cow::Owned(bare.collect::<Vec<&[u8]>>().join(&b"\r\n"[..]))
}

/// `Alice <alice@a.test>, bob@b.test`.
fn people(contacts: &[Contact]) -> String {
    let written = contacts.iter().map(|contact| match contact.name() {
        Some(name) => format!("{} <{}>", encode::phrase(name), contact.address()),
        None => contact.address().to_owned(),
    });
    written.collect::<Vec<String>>().join(", ")
}

/// Returns Message-IDs with their angle brackets.
fn ids(ids: &[&str]) -> String {
    let bare = ids.iter().map(|id| printable(id).replace(['<', '>'], ""));
    let written = bare.filter(|id| !id.is_empty() && id.len() < ID_MAX).map(|id| format!("<{id}>"));
    written.collect::<Vec<String>>().join(" ")
}

/// A Message-ID cannot be folded, and no line may exceed 998 octets (RFC 5322 §2.1.1).
const ID_MAX: usize = 900;

fn printable(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).collect()
}

/// Returns a new Message-ID: the time, this process, and a count (RFC 5322 §3.6.4).
#[must_use]
pub fn message_id(domain: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}.{:x}.{count:x}@{domain}", time.as_nanos(), process::id())
}

/// Returns the last component of a path, safe to save under.
///
/// A name that is too long is cut before its extension, which says what is in the file.
pub(super) fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last.chars().filter(|c| !c.is_control()).collect();
    let name = visible.trim();
    if name.chars().all(|c| c == '.') {
        return "attachment".to_owned();
    }
    let dot = name.rfind('.').filter(|dot| name.len() - dot <= EXTENSION_MAX);
    let (stem, extension) = name.split_at(dot.unwrap_or(name.len()));
    let ends = stem.char_indices().map(|(at, c)| at + c.len_utf8());
    let room = FILE_NAME_MAX - extension.len();
    let end = ends.take_while(|end| *end <= room).last().unwrap_or(0);
    stem[..end].trim_end().to_owned() + extension
}

/// Octets in a file's name. Percent-encoded, they fit a line (RFC 5322 §2.1.1), and file systems take
/// 255.
const FILE_NAME_MAX: usize = 200;

/// Octets in the extension of a file's name, its dot included.
const EXTENSION_MAX: usize = 20;

/// Returns the type of a file by the end of its name.
fn content_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = |(end, _): &&(&str, &str)| end.eq_ignore_ascii_case(extension);
    CONTENT_TYPES.iter().find(known).map_or("application/octet-stream", |(_, kind)| kind)
}

/// The types of common files, by IANA's register of media types; any other file is octets.
const CONTENT_TYPES: [(&str, &str); 25] = [
    ("csv", "text/csv"),
    ("css", "text/css"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("eml", "message/rfc822"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ics", "text/calendar"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("pcapng", "application/vnd.tcpdump.pcap"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("vcf", "text/vcard"),
    ("webp", "image/webp"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("zip", "application/zip"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::message::{BodyPart, Content, ParsedMessage};
    use proptest::prelude::*;
    use std::time::Duration;

    fn draft() -> Draft {
        let mut draft = Draft::new("Zoë <zoe@a.test>".parse().unwrap(), "a.test");
        draft.to = Contact::list("\"Builder, Bob\" <bob@b.test>, carol@c.test").unwrap();
        draft.bcc = Contact::list("secret@d.test, bob@b.test").unwrap();
        draft.subject = "Tee für zwei".to_owned();
        draft.text = "At four?\n".to_owned();
        draft.date = UNIX_EPOCH + Duration::from_secs(784_111_777);
        draft.message_id = "id.1@a.test".to_owned();
        draft
    }

    #[test]
    fn a_plain_message_reads_like_one() {
        let expected = "Date: Sun, 6 Nov 1994 08:49:37 +0000\r\nFrom: =?utf-8?B?Wm/Dqw==?= <zoe@a.test>\r\nTo: \"Builder, Bob\" <bob@b.test>, carol@c.test\r\nSubject: =?utf-8?B?VGVlIGbDvHIgendlaQ==?=\r\nMessage-ID: <id.1@a.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\nAt four?\r\n";
        assert_eq!(String::from_utf8(draft().to_bytes()).unwrap(), expected);
    }

    #[test]
    fn bcc_is_for_the_envelope_only() {
        let recipients = ["bob@b.test", "carol@c.test", "secret@d.test"];
        assert_eq!(draft().recipients(), recipients);
        assert!(!String::from_utf8(draft().to_bytes()).unwrap().contains("secret"));
    }

    #[test]
    fn an_answer_names_what_it_answers() {
        let mut draft = draft();
        draft.in_reply_to = Some("<one@a.test>\r\nBcc: x".to_owned());
        draft.references = vec!["zero@a.test".to_owned(), "<one@a.test>".to_owned()];
        let message = String::from_utf8(draft.to_bytes()).unwrap();
        assert!(message.contains("\r\nIn-Reply-To: <one@a.testBcc:x>\r\n"));
        assert!(message.contains("\r\nReferences: <zero@a.test> <one@a.test>\r\n"));
    }

    #[test]
    fn a_page_and_files_nest_as_rfc_2046_has_it() {
        let mut draft = draft();
        draft.html = Some("<p>At four?</p>".to_owned());
        draft.attachments.push(Attachment::new("box.PNG", vec![0, 255]));
        draft.attachments.push(Attachment::new("old.eml", b"Subject: old\n\nna\xefve\n".to_vec()));
        let bytes = draft.to_bytes();
        assert_eq!(bytes, draft.to_bytes());
        let part = BodyPart::read(&mut &bytes[..]).unwrap();
        let Content::Multipart(mixed) = &part.content else { panic!() };
        let [Content::Multipart(alternative), Content::Leaf, Content::Message(_)] =
            [&mixed[0].content, &mixed[1].content, &mixed[2].content]
        else {
            panic!("{part:?}")
        };
        assert_eq!(alternative.len(), 2);
        let png = mixed[1].fields.value("Content-Type").unwrap();
        assert_eq!(png, b"image/png");
        let old = mixed[2].fields.value("Content-Transfer-Encoding").unwrap();
        assert_eq!(old, b"8bit");
    }

    #[test]
    fn a_file_is_named_by_its_last_component() {
        let rows = [
            ("tea.csv", "tea.csv"),
            ("/etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("a\r\nb", "ab"),
            ("..", "attachment"),
            ("x/", "attachment"),
        ];
        for (name, expected) in rows {
            assert_eq!(Attachment::new(name, Vec::new()).name, expected);
        }
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn what_was_composed_can_be_read(
            subject in "(\\PC{0,80}|[\\x00-\\x7f]{0,120})", text in "([a-zé= .-]{0,120}\n){0,4}", name in "[\\PC&&[^\\\\/.]]{1,20}",
            kind in prop::sample::select(&[".txt", ".png", ""][..]), bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut draft = draft();
            draft.subject = subject.clone();
            draft.text = text.clone();
            draft.attachments.push(Attachment::new(&(name + kind), bytes));
            let message = draft.to_bytes();
            prop_assert!(message.is_ascii());
            let lines = String::from_utf8_lossy(&message);
            prop_assert!(lines.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
            let reading = ParsedMessage::of(&message);
            prop_assert_eq!(&reading.to, &draft.to);
            prop_assert_eq!(reading.text, text);
            prop_assert_eq!(&reading.attachments[0].bytes, &draft.attachments[0].bytes);
            prop_assert_eq!(&reading.attachments[0].name, &draft.attachments[0].name);
            prop_assert_eq!(reading.date, Some(draft.date));
            if !subject.contains(|c: char| c.is_control()) {
                prop_assert_eq!(reading.subject.trim(), subject.trim());
            }
        }
    }
}
