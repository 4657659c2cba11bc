//! SORT: the messages that were found, in an order (RFC 5256 §3; SORT=DISPLAY: RFC 5957).
//!
//! What a message is sorted by is read of it once and kept while it is sorted; texts are decoded and
//! compared by [`casemap`](crate::mail::message::casemap). Where all criteria are equal, the lower message number comes first.

use std::cmp::Ordering;

use crate::mail::message::address::{self, HeaderAddress};
use crate::mail::message::{Header, words};
use crate::mail::protocol::imap::Sort;
use crate::mail::protocol::imap::search::{Criterion, SortKey};
use crate::mail::store::{Message, StoreError};
use crate::server::imap::messages::message_reader::MessageReader;
use crate::server::imap::reply::{CommandReply, CommandResult};
use crate::server::imap::search::plan::SearchPlan;
use crate::server::imap::search::sort_keys::{arrived, base_subject, comparable, sent_or_arrived};
use crate::server::imap::search::told;
use crate::server::imap::session::ImapServer;
use crate::server::imap::view::View;

impl ImapServer {
    /// RFC 5256 §3, BASE.6.4.SORT; with UIDs as the answer, BASE.6.4.8.
    pub(crate) fn sort(&mut self, sort: &Sort, by_uid: bool) -> CommandResult {
        let view = self.view()?;
        let found = SearchPlan::new(view, Some(&sort.charset), &sort.keys)?.found()?;
        let sorted = sorted(view, &sort.criteria, &found)?;
        let numbers = told(view, sorted, by_uid).into_iter();
        let numbers: String = numbers.map(|number| format!(" {number}")).collect();
        Ok(CommandReply::ok("SORT completed").with(format!("* SORT{numbers}\r\n")))
    }
}

/// What a message is sorted by. Of two messages the same criterion makes the same variant.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// Seconds since 1970, or octets.
    Number(i64),
    /// Prepared for comparison.
    Text(String),
}

/// These numbers, in this order. Who is gone meanwhile is left out.
fn sorted(view: &View, criteria: &[Criterion], numbers: &[u32]) -> Result<Vec<u32>, StoreError> {
    let mut rows = Vec::with_capacity(numbers.len());
    for number in numbers {
        let Some(message) = view.message(*number) else {
            continue;
        };
        match keys(view.reading(), message, criteria) {
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
    let orders = keys.map(|((one, other), criterion)| match criterion.reverse {
        true => other.cmp(one),
        false => one.cmp(other),
    });
    orders
        .into_iter()
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn keys(
    reading: &MessageReader,
    message: &Message,
    criteria: &[Criterion],
) -> Result<Box<[Key]>, StoreError> {
    criteria
        .iter()
        .map(|criterion| key(reading, message, criterion.key))
        .collect()
}

fn key(reading: &MessageReader, message: &Message, key: SortKey) -> Result<Key, StoreError> {
    Ok(match key {
        SortKey::Arrival => Key::Number(arrived(reading, message)?),
        SortKey::Size => {
            let size = reading.mailbox().size(message)?;
            Key::Number(i64::try_from(size).unwrap_or(i64::MAX))
        }
        SortKey::Date => Key::Number(sent_or_arrived(reading, message)?),
        SortKey::Subject => Key::Text(base_subject(&reading.heading(message)?.fields).text),
        SortKey::Cc => mailbox(&reading.heading(message)?.fields, "Cc"),
        SortKey::From => mailbox(&reading.heading(message)?.fields, "From"),
        SortKey::To => mailbox(&reading.heading(message)?.fields, "To"),
        SortKey::DisplayFrom => display(&reading.heading(message)?.fields, "From"),
        SortKey::DisplayTo => display(&reading.heading(message)?.fields, "To"),
    })
}

/// `addr-mailbox` of the first address in this field, as ENVELOPE has it; without one, an empty text.
fn mailbox(header: &Header, field: &str) -> Key {
    let mailbox = first_address(header, field).and_then(|address| address.mailbox);
    Key::Text(comparable(&String::from_utf8_lossy(
        &mailbox.unwrap_or_default(),
    )))
}

/// RFC 5957 §3: the name of the first address in this field, or else the address itself.
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
