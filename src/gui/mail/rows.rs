//! What the list shows of messages, from FETCH.

use crate::client::imap::Fetched;
use crate::client::{ClientError, ImapClient, printable};
use crate::gui::model::message_list::MessageRow;
use crate::mail::message::{Header, words};
use crate::mail::protocol::imap::response::{Envelope, EnvelopeAddress};
use crate::mail::protocol::imap::{FetchItem, Section, SectionText, SequenceSet};

/// Asks for what the list shows of these messages.
pub(super) fn fetch(client: &mut ImapClient, uids: &[u32]) -> Result<Vec<MessageRow>, ClientError> {
    let content_type = FetchItem::BodySection {
        peek: true,
        section: Section {
            path: Vec::new(),
            text: Some(SectionText::HeaderFields(vec!["Content-Type".to_owned()])),
        },
        partial: None,
    };
    let items = [
        FetchItem::Flags,
        FetchItem::InternalDate,
        FetchItem::Rfc822Size,
        FetchItem::Envelope,
        content_type,
    ];
    let fetched = client.fetch(&SequenceSet::from_sorted(uids), &items)?;
    // A server may tell more than it was asked for (RFC 3501 §7): news of other messages.
    let whole = fetched
        .iter()
        .filter(|fetched| fetched.envelope().is_some());
    Ok(whole.map(row).collect())
}

fn row(fetched: &Fetched) -> MessageRow {
    let nothing = Envelope::default();
    let envelope = fetched.envelope().unwrap_or(&nothing);
    let subject = envelope.subject.as_deref().unwrap_or_default();
    MessageRow {
        uid: fetched.uid(),
        from: envelope.from.first().map(name).unwrap_or_default(),
        subject: decoded(subject),
        received: fetched.internal_date().map(Into::into),
        octets: fetched.size().unwrap_or(0),
        flags: fetched.flags().unwrap_or_default(),
        has_files: Header::parse(fetched.section().unwrap_or_default()).has_files(),
    }
}

/// A person's name; of one without, the address.
fn name(address: &EnvelopeAddress) -> String {
    match &address.name {
        Some(name) if !name.trim().is_empty() => decoded(name),
        _ => {
            let part = |part: &Option<String>| part.clone().unwrap_or_default();
            decoded(&format!(
                "{}@{}",
                part(&address.mailbox),
                part(&address.host)
            ))
        }
    }
}

/// Encoded words decoded (RFC 2047), and nothing in it that is not text.
fn decoded(value: &str) -> String {
    printable(&words::decode(value.as_bytes()))
}
