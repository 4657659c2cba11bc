//! The values that SORT and THREAD compare, read as cheaply as possible (RFC 5256 §2).

use std::time::SystemTime;

use crate::mail::message::{BaseSubject, Header, MailDate, casemap, words};
use crate::mail::store::{Message, StoreError};
use crate::server::imap::messages::mailbox_reader::MailboxReader;

/// Octets of a text that are compared, so that long subjects do not fill the memory.
const COMPARED: usize = 1000;

/// Returns when the message was received, in seconds since 1970.
pub(crate) fn arrived(reader: &MailboxReader, message: &Message) -> Result<i64, StoreError> {
    reader.mailbox().date(message).map(seconds)
}

/// Returns whole seconds since 1970; negative before.
pub(crate) fn seconds(moment: SystemTime) -> i64 {
    let whole =
        |duration: std::time::Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match moment.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => whole(since),
        Err(before) => -whole(before.duration()),
    }
}

/// RFC 5256 §2.2: when the message was sent, or received if its header has no date.
pub(crate) fn sent_or_arrived(
    reader: &MailboxReader,
    message: &Message,
) -> Result<i64, StoreError> {
    match MailDate::of(&reader.header(message)?.fields) {
        Some(sent) => Ok(sent.timestamp()),
        None => arrived(reader, message),
    }
}

/// Returns the base subject, its text prepared for comparison.
pub(crate) fn base_subject(header: &Header) -> BaseSubject {
    let subject = header.value("Subject").unwrap_or_default();
    let base = BaseSubject::of(&words::decode(&subject));
    BaseSubject { text: comparable(&base.text), ..base }
}

/// Prepares a text for comparison (RFC 5256 §2), up to the octets that are compared.
pub(crate) fn comparable(text: &str) -> String {
    let end = (0..=COMPARED.min(text.len())).rfind(|end| text.is_char_boundary(*end));
    casemap::prepared(text.get(..end.unwrap_or(0)).unwrap_or_default())
}
