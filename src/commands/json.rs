//! What `--json` prints: one value in a stable shape, which `docs/usage.md` documents.

use std::io::{self, Write};
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use crate::mail::message::Contact;

/// A person in a header.
#[derive(Serialize)]
pub(super) struct Person {
    name: Option<String>,
    address: String,
}

impl Person {
    /// Those whom a field names.
    pub(super) fn all(contacts: &[Contact]) -> Vec<Person> {
        contacts.iter().map(Person::of).collect()
    }

    pub(super) fn of(contact: &Contact) -> Person {
        Person {
            name: contact.name().map(str::to_owned),
            address: contact.address().to_owned(),
        }
    }
}

/// A moment in UTC: `2026-11-25T17:00:00Z`.
pub(super) fn moment(time: SystemTime) -> Option<String> {
    Timestamp::try_from(time).ok().map(|time| time.to_string())
}

/// Prints a value, and a line end behind it.
pub(super) fn print(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}
