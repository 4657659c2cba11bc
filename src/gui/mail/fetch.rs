//! What the IMAP worker asks a server for: the folders, the order of a folder, the rows of the list, a message.

use std::io::{self, Write};

use crate::client::imap::Fetched;
use crate::client::{BoundedBuffer, ClientError, ImapClient, printable};
use crate::gui::model::folders::{self, MailFolder};
use crate::gui::model::message_list::{Column, MessageRow, SortOrder};
use crate::limits;
use crate::mail::message::{Flag, FlagChange, Flags, Header, words};
use crate::mail::protocol::imap::response::{Envelope, EnvelopeAddress};
use crate::mail::protocol::imap::search::TextPlace;
use crate::mail::protocol::imap::{
    FetchItem, SearchKey, Section, SectionText, SequenceSet, StatusItem,
};

/// Lists the folders with their counts.
pub(super) fn folders(client: &mut ImapClient) -> Result<Vec<MailFolder>, ClientError> {
    let listed = client.list_status("*", &[StatusItem::Messages, StatusItem::Unseen])?;
    Ok(folders::in_order(&listed))
}

/// The messages of the open folder that match the search, in this order. Returns false with them if the server cannot
/// sort; they are then in the order of arrival.
pub(super) fn in_order(
    client: &mut ImapClient,
    order: SortOrder,
    search: &str,
) -> Result<(Vec<u32>, bool), ClientError> {
    let keys = match search.trim() {
        "" => vec![SearchKey::All],
        text => vec![SearchKey::Text(TextPlace::Text, text.to_owned())],
    };
    if order.column != Column::Received {
        match client.sort(order.criteria(), keys.clone()) {
            Err(ClientError::Refused { .. }) => {}
            sorted => return sorted.map(|uids| (uids, true)),
        }
    }
    // UIDs rise in the order in which messages arrive (RFC 3501 §2.3.1.1).
    let mut uids = client.search(keys)?;
    uids.sort_unstable();
    if order.descending {
        uids.reverse();
    }
    Ok((uids, order.column == Column::Received))
}

/// Removes these messages for good.
pub(super) fn remove(client: &mut ImapClient, uids: &[u32]) -> Result<(), ClientError> {
    let set = SequenceSet::from_sorted(uids);
    client.store(&set, FlagChange::Add(Flags::from(Flag::Deleted)))?;
    client.expunge_only(&set)
}

/// Fetches what the list shows of these messages.
pub(super) fn rows(client: &mut ImapClient, uids: &[u32]) -> Result<Vec<MessageRow>, ClientError> {
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
    // A server may also send news of other messages, without an envelope (RFC 3501 §7).
    let complete = fetched.iter().filter(|fetched| fetched.envelope().is_some());
    Ok(complete.map(row).collect())
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
        size: fetched.size().unwrap_or(0),
        flags: fetched.flags().unwrap_or_default(),
        has_files: Header::parse(fetched.section().unwrap_or_default()).has_files(),
    }
}

/// The name in an address, or the address itself if it has no name.
fn name(address: &EnvelopeAddress) -> String {
    match &address.name {
        Some(name) if !name.trim().is_empty() => decoded(name),
        _ => {
            let part = |part: &Option<String>| part.clone().unwrap_or_default();
            decoded(&format!("{}@{}", part(&address.mailbox), part(&address.host)))
        }
    }
}

/// Decodes encoded words (RFC 2047), and makes control characters visible.
fn decoded(value: &str) -> String {
    printable(&words::decode(value.as_bytes()))
}

/// A message that is being fetched. It reports what part of it has arrived.
pub(super) struct DownloadedMessage<F> {
    message: BoundedBuffer,
    /// The size that the server told, or 0.
    size: u64,
    received: u64,
    reported: u64,
    report: F,
}

/// The number of bytes between two reports of the progress.
const REPORT: u64 = 256 * 1024;

impl<F: Fn(f32)> DownloadedMessage<F> {
    /// An empty message that will have this size; 0 if that is not known. `report` gets numbers from 0 to 1.
    pub(super) fn new(size: u64, report: F) -> DownloadedMessage<F> {
        DownloadedMessage {
            message: BoundedBuffer::new(limits::READABLE),
            size,
            received: 0,
            reported: 0,
            report,
        }
    }

    /// The bytes that have arrived.
    pub(super) fn into_inner(self) -> Vec<u8> {
        self.message.into_inner()
    }
}

impl<F: Fn(f32)> Write for DownloadedMessage<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.message.write(bytes)?;
        self.received += written as u64;
        if self.received >= self.reported + REPORT && self.size > 0 {
            self.reported = self.received;
            (self.report)(self.received as f32 / self.size as f32);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
