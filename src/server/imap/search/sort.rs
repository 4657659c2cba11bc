//! SORT: the messages found, in an order (RFC 5256 §3; SORT=DISPLAY: RFC 5957).
//!
//! The values of each message are read once and kept while sorting; texts are decoded and compared by
//! [`casemap`](crate::mail::message::casemap). If all criteria are equal, the lower number comes first.

use std::cmp::Ordering;

use crate::mail::message::address::{self, HeaderAddress};
use crate::mail::message::{Header, words};
use crate::mail::protocol::imap::search::{Criterion, SortKey};
use crate::mail::protocol::imap::{Response, Sort};
use crate::mail::store::{Message, StoreError};
use crate::server::imap::ImapServer;
use crate::server::imap::messages::mailbox_reader::MailboxReader;
use crate::server::imap::reply::{CommandReply, ImapResult};
use crate::server::imap::search::numbers_or_uids;
use crate::server::imap::search::plan::SearchPlan;
use crate::server::imap::search::sort_keys::{arrived, base_subject, comparable, sent_or_arrived};
use crate::server::imap::view::View;

impl ImapServer {
    /// RFC 5256 §3, BASE.6.4.SORT; UID SORT: BASE.6.4.8.
    pub(crate) fn sort(&mut self, sort: &Sort, by_uid: bool) -> ImapResult {
        let view = self.view()?;
        let found = SearchPlan::new(view, Some(&sort.charset), &sort.keys)?.found()?;
        let sorted = sorted(view, &sort.criteria, &found)?;
        let numbers = Response::Sort(numbers_or_uids(view, sorted, by_uid));
        Ok(CommandReply::ok("SORT completed").with(numbers))
    }
}

/// A value to sort by. One criterion makes the same variant for all messages.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// Seconds since 1970, or octets.
    Number(i64),
    /// Prepared for comparison.
    Text(String),
}

/// Sorts the messages by the criteria, skipping expunged ones.
fn sorted(view: &View, criteria: &[Criterion], numbers: &[u32]) -> Result<Vec<u32>, StoreError> {
    let mut rows = Vec::with_capacity(numbers.len());
    for number in numbers {
        let Some(message) = view.message(*number) else {
            continue;
        };
        match keys(view.reader(), message, criteria) {
            Ok(keys) => rows.push((keys, *number)),
            Err(StoreError::MessageGone) => {}
            Err(error) => return Err(error),
        }
    }
    rows.sort_unstable_by(|(one, number), (other, later)| {
        compare(criteria, one, other).then(number.cmp(later))
    });
    Ok(rows.into_iter().map(|(_, number)| number).collect())
}

fn compare(criteria: &[Criterion], one: &[Key], other: &[Key]) -> Ordering {
    let keys = one.iter().zip(other).zip(criteria);
    for ((one, other), criterion) in keys {
        let order = if criterion.reverse { other.cmp(one) } else { one.cmp(other) };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

fn keys(
    reader: &MailboxReader,
    message: &Message,
    criteria: &[Criterion],
) -> Result<Box<[Key]>, StoreError> {
    criteria.iter().map(|criterion| key(reader, message, criterion.key)).collect()
}

fn key(reader: &MailboxReader, message: &Message, key: SortKey) -> Result<Key, StoreError> {
    Ok(match key {
        SortKey::Arrival => Key::Number(arrived(reader, message)?),
        SortKey::Size => {
            let size = reader.mailbox().size(message)?;
            Key::Number(i64::try_from(size).unwrap_or(i64::MAX))
        }
        SortKey::Date => Key::Number(sent_or_arrived(reader, message)?),
        SortKey::Subject => Key::Text(base_subject(&reader.header(message)?.fields).text),
        SortKey::Cc => mailbox(&reader.header(message)?.fields, "Cc"),
        SortKey::From => mailbox(&reader.header(message)?.fields, "From"),
        SortKey::To => mailbox(&reader.header(message)?.fields, "To"),
        SortKey::DisplayFrom => display(&reader.header(message)?.fields, "From"),
        SortKey::DisplayTo => display(&reader.header(message)?.fields, "To"),
    })
}

/// Returns `addr-mailbox` of the field's first address, as in ENVELOPE, or an empty text.
fn mailbox(header: &Header, field: &str) -> Key {
    let mailbox = first_address(header, field).and_then(|address| address.mailbox);
    Key::Text(comparable(&String::from_utf8_lossy(&mailbox.unwrap_or_default())))
}

/// RFC 5957 §3: the display name of the field's first address, or the address itself.
fn display(header: &Header, field: &str) -> Key {
    let Some(address) = first_address(header, field) else {
        return Key::Text(String::new());
    };
    let name = address.name.map(|name| words::decode(&name));
    let shown = name.filter(|name| !name.is_empty()).unwrap_or_else(|| {
        let [mailbox, host] = [address.mailbox, address.host].map(Option::unwrap_or_default);
        String::from_utf8_lossy(&[&mailbox[..], b"@", &host].concat()).into_owned()
    });
    Key::Text(comparable(&shown))
}

fn first_address(header: &Header, field: &str) -> Option<HeaderAddress> {
    let value = header.value(field)?;
    address::parse(&value).into_iter().next()
}
