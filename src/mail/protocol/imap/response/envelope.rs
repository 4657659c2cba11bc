//! ENVELOPE: the main fields of a message's header (RFC 3501 §7.4.2 and §9, `envelope`).
//!
//! Encoded words (RFC 2047) are kept as they came; a program that shows them decodes them.

use crate::mail::protocol::imap::cursor::{Cursor, Parsed};
use crate::mail::protocol::imap::string::nstring;
use crate::mail::protocol::span::Role;

/// The main fields of a header; `None` for a missing field.
///
/// A client reads text, in which octets that are not UTF-8 are replaced. A server writes octets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope<T = String> {
    /// The Date field, as it is in the header.
    pub date: Option<T>,
    /// The Subject field.
    pub subject: Option<T>,
    /// From.
    pub from: Vec<EnvelopeAddress<T>>,
    /// Sender; the same as From if there is none.
    pub sender: Vec<EnvelopeAddress<T>>,
    /// Reply-To; the same as From if there is none.
    pub reply_to: Vec<EnvelopeAddress<T>>,
    /// To.
    pub to: Vec<EnvelopeAddress<T>>,
    /// Cc.
    pub cc: Vec<EnvelopeAddress<T>>,
    /// Bcc.
    pub bcc: Vec<EnvelopeAddress<T>>,
    /// In-Reply-To.
    pub in_reply_to: Option<T>,
    /// Message-ID.
    pub message_id: Option<T>,
}

/// An address in an [`Envelope`].
///
/// Without a host it begins a group (`mailbox` is its name); without a mailbox too, it ends one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvelopeAddress<T = String> {
    /// The display name.
    pub name: Option<T>,
    /// The source route, which is obsolete.
    pub route: Option<T>,
    /// The part before the `@`.
    pub mailbox: Option<T>,
    /// The part after the `@`.
    pub host: Option<T>,
}

impl Envelope {
    /// Parses an envelope from the front.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Envelope> {
        cursor.expect(b'(', "an opening parenthesis")?;
        let mut envelope = Envelope { date: text(cursor)?, ..Envelope::default() };
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
        let route = next(cursor, text)?;
        let mailbox = next(cursor, text)?;
        let host = next(cursor, text)?;
        cursor.expect(b')', "a closing parenthesis")?;
        Ok(EnvelopeAddress { name, route, mailbox, host })
    }
}

impl<T: AsRef<[u8]>> Envelope<T> {
    /// Appends the envelope as on the wire, with its parentheses.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(b'(');
        for field in [&self.date, &self.subject] {
            write_text(field.as_ref(), out);
            out.push(b' ');
        }
        let lists = [&self.from, &self.sender, &self.reply_to, &self.to, &self.cc, &self.bcc];
        for list in lists {
            write_addresses(list, out);
            out.push(b' ');
        }
        write_text(self.in_reply_to.as_ref(), out);
        out.push(b' ');
        write_text(self.message_id.as_ref(), out);
        out.push(b')');
    }
}

/// Appends addresses: `(("Alice" NIL "alice" "pillarbox.test"))`, or NIL.
fn write_addresses<T: AsRef<[u8]>>(list: &[EnvelopeAddress<T>], out: &mut Vec<u8>) {
    if list.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    out.push(b'(');
    for address in list {
        let fields = [&address.name, &address.route, &address.mailbox, &address.host];
        for (field, before) in fields.into_iter().zip([b'(', b' ', b' ', b' ']) {
            out.push(before);
            write_text(field.as_ref(), out);
        }
        out.push(b')');
    }
    out.push(b')');
}

fn write_text<T: AsRef<[u8]>>(text: Option<&T>, out: &mut Vec<u8>) {
    nstring(text.map(AsRef::as_ref), out);
}

fn next<T>(cursor: &mut Cursor<'_>, item: impl FnOnce(&mut Cursor<'_>) -> Parsed<T>) -> Parsed<T> {
    cursor.space()?;
    item(cursor)
}

fn text(cursor: &mut Cursor<'_>) -> Parsed<Option<String>> {
    let bytes = cursor.named(Role::Value, |cursor| cursor.nstring("a string, or NIL"))?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Parses addresses in parentheses, without spaces between them; NIL for none.
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
