//! What a person wants of a message: who, when, what, and the files in it.
//!
//! mail-parser decodes; nothing here shows a header as it travels (that is [`super::header`]'s).
//! Any octets can be read; what cannot be understood is shown as it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Address, DateTime, Encoding, HeaderValue, Message, MessageParser};
use mail_parser::{MessagePart, MimeHeaders, PartType};

use super::compose::file_name;
use super::{Attachment, Contact};

/// A message, decoded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedMessage {
    /// Who wrote it; more than one is rare.
    pub from: Vec<Contact>,
    /// Where answers should go, if not to `from`.
    pub reply_to: Vec<Contact>,
    /// Whom it is for.
    pub to: Vec<Contact>,
    /// Who should know of it.
    pub cc: Vec<Contact>,
    /// Who gets it without the others' knowing: only a draft says so.
    pub bcc: Vec<Contact>,
    /// When it was written, if it says so in a way that can be understood.
    pub date: Option<SystemTime>,
    /// What it is about, encoded words decoded. Empty if it does not say.
    pub subject: String,
    /// The text; of a page (HTML) what there is to read in it. Lines end with LF.
    pub text: String,
    /// The same as a page (HTML), if there is one.
    pub page: Option<String>,
    /// The files in it, pictures in a page and forwarded messages among them. Their names are safe
    /// to save under: no folders, no control characters, never empty.
    pub attachments: Vec<Attachment>,
    /// Its Message-ID, without angle brackets: what an answer names in In-Reply-To.
    pub message_id: Option<String>,
    /// The conversation before it, the oldest first.
    pub references: Vec<String>,
}

impl ParsedMessage {
    /// Reads a message.
    #[must_use]
    pub fn of(bytes: &[u8]) -> ParsedMessage {
        let Some(message) = MessageParser::default().parse(bytes) else {
            return ParsedMessage {
                text: lines(&String::from_utf8_lossy(bytes)),
                ..ParsedMessage::default()
            };
        };
        ParsedMessage {
            from: contacts(message.from()),
            reply_to: contacts(message.reply_to()),
            to: message
                .all_to()
                .flat_map(|list| contacts(Some(list)))
                .collect(),
            cc: message
                .all_cc()
                .flat_map(|list| contacts(Some(list)))
                .collect(),
            bcc: message
                .all_bcc()
                .flat_map(|list| contacts(Some(list)))
                .collect(),
            date: message.date().and_then(time),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: text(&message),
            page: page(&message),
            attachments: attachments(bytes, &message),
            message_id: message.message_id().map(str::to_owned),
            references: references(message.references()),
        }
    }
}

/// The text parts one after another; of a page its text.
fn text(message: &Message) -> String {
    let bodies = (0..message.text_body_count()).filter_map(|n| message.body_text(n));
    let texts: Vec<String> = bodies.map(|body| lines(&body)).collect();
    texts.join("\n")
}

/// The first page that is meant to be read, not saved.
fn page(message: &Message) -> Option<String> {
    message.html_bodies().find_map(|part| match &part.body {
        PartType::Html(page) => Some(page.to_string()),
        _ => None,
    })
}

fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn contacts(list: Option<&Address>) -> Vec<Contact> {
    let Some(list) = list else { return Vec::new() };
    let contact = |(name, address): (Option<&str>, Option<&str>)| {
        Contact::new(name, address.unwrap_or_default())
    };
    list.iter()
        .map(|one| contact((one.name(), one.address())))
        .collect()
}

/// `None` for a day that no calendar has, and before 1970, when nobody wrote email with a Date field.
fn time(date: &DateTime) -> Option<SystemTime> {
    let seconds = u64::try_from(date.is_valid().then(|| date.to_timestamp())?).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

fn references(value: &HeaderValue) -> Vec<String> {
    match value {
        HeaderValue::Text(id) => vec![id.to_string()],
        HeaderValue::TextList(ids) => ids.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

fn attachments(bytes: &[u8], message: &Message) -> Vec<Attachment> {
    let files = message.attachments().filter(|part| !part.is_multipart());
    files.map(|part| attachment(bytes, part)).collect()
}

fn attachment(bytes: &[u8], part: &MessagePart) -> Attachment {
    let content_type = part.content_type().map_or_else(
        || "application/octet-stream".to_owned(),
        |kind| {
            format!(
                "{}/{}",
                kind.ctype(),
                kind.subtype().unwrap_or("octet-stream")
            )
        },
    );
    let name = match (part.attachment_name(), part.message()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(message)) => format!("{}.eml", message.subject().unwrap_or("message")),
        (None, None) => "attachment".to_owned(),
    };
    Attachment {
        name: file_name(&name),
        content_type,
        bytes: file(bytes, part),
    }
}

/// A file's octets. mail-parser turns text into UTF-8, which is not what was in the file.
fn file(bytes: &[u8], part: &MessagePart) -> Vec<u8> {
    let is_text = matches!(part.body, PartType::Text(_) | PartType::Html(_));
    let range = part.raw_body_offset() as usize..part.raw_end_offset() as usize;
    let raw = bytes.get(range).filter(|_| is_text);
    let decoded = raw.and_then(|raw| match part.encoding {
        Encoding::Base64 => base64_decode(raw),
        Encoding::QuotedPrintable => quoted_printable_decode(raw),
        Encoding::None => Some(raw.to_vec()),
    });
    decoded.unwrap_or_else(|| part.contents().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        assert_eq!(reading.page.as_deref().map(str::trim), Some("<p>page</p>"));
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
