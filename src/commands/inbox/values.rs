//! What `pillarbox inbox --json` prints: the list, a message, the files that were saved.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::table::Row;
use crate::commands::json::{Person, moment};
use crate::mail::message::{Header, ParsedMessage};

/// A message in the list.
#[derive(Serialize)]
pub(super) struct Listed {
    number: u32,
    from: Option<Person>,
    subject: String,
    date: Option<String>,
    octets: u64,
    attachments: bool,
    /// POP3 knows none.
    flags: Option<Vec<String>>,
}

/// A message that is read.
#[derive(Serialize)]
pub(super) struct Message {
    number: u32,
    from: Vec<Person>,
    to: Vec<Person>,
    cc: Vec<Person>,
    subject: String,
    date: Option<String>,
    text: String,
    attachments: Vec<File>,
}

/// A file in a message.
#[derive(Serialize)]
struct File {
    name: String,
    content_type: String,
    octets: usize,
    /// Where it was saved.
    saved: Option<PathBuf>,
}

/// A file that was saved.
#[derive(Serialize)]
pub(super) struct Saved {
    number: u32,
    saved: PathBuf,
}

impl Listed {
    pub(super) fn all(rows: &[Row]) -> Vec<Listed> {
        rows.iter().map(Listed::of).collect()
    }

    fn of(row: &Row) -> Listed {
        let reading = ParsedMessage::of(&row.header);
        let flags = row.flags.as_ref().map(ToString::to_string);
        let words = |flags: String| flags.split_whitespace().map(str::to_owned).collect();
        Listed {
            number: row.number,
            from: reading.from.first().map(Person::of),
            subject: reading.subject,
            date: reading.date.or(row.arrived).and_then(moment),
            octets: row.octets,
            attachments: Header::parse(&row.header).has_files(),
            flags: flags.map(words),
        }
    }
}

impl Message {
    /// With the files' places in their order, if they were saved.
    pub(super) fn of(number: u32, message: &ParsedMessage, saved: &[PathBuf]) -> Message {
        let files = message.attachments.iter().enumerate();
        let file = |(at, file): (usize, &crate::mail::message::Attachment)| File {
            name: file.name.clone(),
            content_type: file.content_type.clone(),
            octets: file.bytes.len(),
            saved: saved.get(at).cloned(),
        };
        Message {
            number,
            from: Person::all(&message.from),
            to: Person::all(&message.to),
            cc: Person::all(&message.cc),
            subject: message.subject.clone(),
            date: message.date.and_then(moment),
            text: message.text.clone(),
            attachments: files.map(file).collect(),
        }
    }
}

impl Saved {
    pub(super) fn new(number: u32, path: &Path) -> Saved {
        Saved {
            number,
            saved: path.to_owned(),
        }
    }
}
