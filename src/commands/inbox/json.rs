//! The values that `pillarbox inbox --json` prints: the list, a message, the saved files.

use std::path::PathBuf;
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use super::table::InboxRow;
use crate::mail::message::{Attachment, Contact, Header, ParsedMessage};

/// A message in the list.
#[derive(Serialize)]
pub(super) struct JsonRow {
    number: u32,
    from: Option<JsonPerson>,
    subject: String,
    date: Option<String>,
    octets: u64,
    attachments: bool,
    /// `None` for POP3, which has no flags.
    flags: Option<Vec<String>>,
}

/// A message that is shown.
#[derive(Serialize)]
pub(super) struct JsonMessage {
    number: u32,
    from: Vec<JsonPerson>,
    to: Vec<JsonPerson>,
    cc: Vec<JsonPerson>,
    subject: String,
    date: Option<String>,
    text: String,
    attachments: Vec<JsonFile>,
}

/// A file in a message.
#[derive(Serialize)]
struct JsonFile {
    name: String,
    content_type: String,
    octets: usize,
    /// The path where it was saved.
    saved: Option<PathBuf>,
}

/// A file that was saved.
#[derive(Serialize)]
pub(super) struct JsonFileSaved {
    /// The number of its message.
    pub(super) number: u32,
    /// Its path.
    pub(super) saved: PathBuf,
}

/// A person in a header.
#[derive(Serialize)]
struct JsonPerson {
    name: Option<String>,
    address: String,
}

impl JsonRow {
    /// Makes the list.
    pub(super) fn all(rows: &[InboxRow]) -> Vec<JsonRow> {
        rows.iter().map(JsonRow::of).collect()
    }

    fn of(row: &InboxRow) -> JsonRow {
        let reading = ParsedMessage::of(&row.header);
        let flags = row.flags.as_ref().map(ToString::to_string);
        let words = |flags: String| flags.split_whitespace().map(str::to_owned).collect();
        JsonRow {
            number: row.number,
            from: reading.from.first().map(JsonPerson::of),
            subject: reading.subject,
            date: reading.date.or(row.arrived).and_then(moment),
            octets: row.octets,
            attachments: Header::parse(&row.header).has_files(),
            flags: flags.map(words),
        }
    }
}

impl JsonMessage {
    /// Makes the value; `saved` has the paths of the attachments in order, if they were saved.
    pub(super) fn of(number: u32, message: &ParsedMessage, saved: &[PathBuf]) -> JsonMessage {
        let files = message.attachments.iter().enumerate();
        let file = |(at, file): (usize, &Attachment)| JsonFile {
            name: file.name.clone(),
            content_type: file.content_type.clone(),
            octets: file.bytes.len(),
            saved: saved.get(at).cloned(),
        };
        JsonMessage {
            number,
            from: JsonPerson::all(&message.from),
            to: JsonPerson::all(&message.to),
            cc: JsonPerson::all(&message.cc),
            subject: message.subject.clone(),
            date: message.date.and_then(moment),
            text: message.text.clone(),
            attachments: files.map(file).collect(),
        }
    }
}

impl JsonPerson {
    fn all(contacts: &[Contact]) -> Vec<JsonPerson> {
        contacts.iter().map(JsonPerson::of).collect()
    }

    fn of(contact: &Contact) -> JsonPerson {
        JsonPerson {
            name: contact.name().map(str::to_owned),
            address: contact.address().to_owned(),
        }
    }
}

/// Returns a time in UTC: `2026-11-25T17:00:00Z`.
fn moment(time: SystemTime) -> Option<String> {
    Timestamp::try_from(time).ok().map(|time| time.to_string())
}
