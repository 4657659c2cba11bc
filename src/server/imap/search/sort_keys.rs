//! What SORT and THREAD order messages by, read as cheaply as it can be (RFC 5256 §2).

use std::time::SystemTime;

use crate::mail::message::{BaseSubject, Header, MailDate, casemap, words};
use crate::mail::store::{Message, StoreError};
use crate::server::imap::messages::message_reader::MessageReader;

/// Octets of a text that count. A thousand messages with long subjects must not fill the memory, and
/// nobody tells two texts apart by what comes later.
const COMPARED: usize = 1000;

/// When the message came, in seconds since 1970.
pub(crate) fn arrived(reading: &MessageReader, message: &Message) -> Result<i64, StoreError> {
    reading.mailbox().date(message).map(seconds)
}

/// Whole seconds since 1970, or before it.
pub(crate) fn seconds(moment: SystemTime) -> i64 {
    let whole =
        |duration: std::time::Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match moment.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => whole(since),
        Err(before) => -whole(before.duration()),
    }
}

/// RFC 5256 §2.2: when it was sent; if it does not say so, when it came.
pub(crate) fn sent_or_arrived(
    reading: &MessageReader,
    message: &Message,
) -> Result<i64, StoreError> {
    match MailDate::of(&reading.heading(message)?.fields) {
        Some(sent) => Ok(sent.timestamp()),
        None => arrived(reading, message),
    }
}

/// The base subject, its text [comparable].
pub(crate) fn base_subject(header: &Header) -> BaseSubject {
    let subject = header.value("Subject").unwrap_or_default();
    let base = BaseSubject::of(&words::decode(&subject));
    BaseSubject {
        text: comparable(&base.text),
        ..base
    }
}

/// A text, prepared for comparison (RFC 5256 §2), as much of it as counts.
pub(crate) fn comparable(text: &str) -> String {
    let end = (0..=COMPARED.min(text.len())).rfind(|end| text.is_char_boundary(*end));
    casemap::prepared(text.get(..end.unwrap_or(0)).unwrap_or_default())
}
