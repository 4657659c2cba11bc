//! ENVELOPE: the main fields of a message's header, parsed by the server (RFC 3501 §7.4.2 and §9,
//! `envelope`).
//!
//! Encoded words (RFC 2047) stand as they came; whoever shows them decodes them.

use crate::mail::protocol::imap::cursor::{Cursor, Parsed};
use crate::mail::protocol::span::Role;

/// The main fields of a header. `None` is a field that is not there; text that is not UTF-8 is shown
/// as well as can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The Date field, as it stands.
    pub date: Option<String>,
    /// The Subject field.
    pub subject: Option<String>,
    /// From.
    pub from: Vec<EnvelopeAddress>,
    /// Sender; the same as From when there is none.
    pub sender: Vec<EnvelopeAddress>,
    /// Reply-To; the same as From when there is none.
    pub reply_to: Vec<EnvelopeAddress>,
    /// To.
    pub to: Vec<EnvelopeAddress>,
    /// Cc.
    pub cc: Vec<EnvelopeAddress>,
    /// Bcc.
    pub bcc: Vec<EnvelopeAddress>,
    /// In-Reply-To.
    pub in_reply_to: Option<String>,
    /// Message-ID.
    pub message_id: Option<String>,
}

/// An address in an [`Envelope`]. Without a host it begins a group (`mailbox` is its name) or, without
/// a mailbox too, ends one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvelopeAddress {
    /// The name for people.
    pub name: Option<String>,
    /// What stands before the `@`.
    pub mailbox: Option<String>,
    /// What stands behind it.
    pub host: Option<String>,
}

impl Envelope {
    /// Reads an envelope from the front.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Envelope> {
        cursor.expect(b'(', "an opening parenthesis")?;
        let mut envelope = Envelope {
            date: text(cursor)?,
            ..Envelope::default()
        };
        envelope.subject = next(cursor, text)?;
        envelope.from = next(cursor, addresses)?;
        envelope.sender = next(cursor, addresses)?;
        envelope.reply_to = next(cursor, addresses)?;
        envelope.to = next(cursor, addresses)?;
        envelope.cc = next(cursor, addresses)?;
        envelope.bcc = next(cursor, addresses)?;
        envelope.in_reply_to = next(cursor, text)?;
        envelope.message_id = next(cursor, text)?;
        cursor.expect(b')', "a closing parenthesis")?;
        Ok(envelope)
    }
}

impl EnvelopeAddress {
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<EnvelopeAddress> {
        cursor.expect(b'(', "an opening parenthesis")?;
        let name = text(cursor)?;
        // The source route, which nobody uses any more.
        next(cursor, text)?;
        let mailbox = next(cursor, text)?;
        let host = next(cursor, text)?;
        cursor.expect(b')', "a closing parenthesis")?;
        Ok(EnvelopeAddress {
            name,
            mailbox,
            host,
        })
    }
}

fn next<T>(cursor: &mut Cursor<'_>, item: impl FnOnce(&mut Cursor<'_>) -> Parsed<T>) -> Parsed<T> {
    cursor.space()?;
    item(cursor)
}

fn text(cursor: &mut Cursor<'_>) -> Parsed<Option<String>> {
    let bytes = cursor.named(Role::Value, |cursor| cursor.nstring("a string, or NIL"))?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Addresses without a space between them, in parentheses; NIL for none.
fn addresses(cursor: &mut Cursor<'_>) -> Parsed<Vec<EnvelopeAddress>> {
    if cursor.eat_text("NIL") {
        return Ok(Vec::new());
    }
    cursor.expect(b'(', "a list of addresses, or NIL")?;
    let mut addresses = vec![EnvelopeAddress::parse(cursor)?];
    while !cursor.eat(b')') {
        // RFC 3501 has no space here; some servers do.
        cursor.eat(b' ');
        addresses.push(EnvelopeAddress::parse(cursor)?);
    }
    Ok(addresses)
}
