//! What an IMAP server says, as our own client reads it (RFC 3501 §7 and §9, `response`).
//!
//! [`Response::parse`] takes one whole response, its literals in place, without the CRLF at its end;
//! [`literal_at_end`](super::literal_at_end) says, after each line, whether a literal follows. A client
//! must live with what it does not know (RFC 3501 §2.2.2), so that is [`Response::Other`], not an error.

mod envelope;
mod fetched;
mod status;

pub use envelope::{Envelope, EnvelopeAddress};
pub use fetched::Attribute;
pub use status::{Code, Condition, Status};

use super::command::Tag;
use super::cursor::{Cursor, Parsed, is_atom_char};
use super::flags::FlagList;
use super::mailbox::MailboxName;

/// One response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// `a1 OK …`: the end of the command with this tag.
    Done(Tag, Status),
    /// `* OK …`, `* BYE …`: a condition that ends no command.
    Untagged(Status),
    /// `+ …`: go on. The text is base64 where AUTHENTICATE goes on.
    Continue(Vec<u8>),
    /// What the server can do, in upper case.
    Capability(Vec<String>),
    /// What was switched on, in upper case (RFC 5161 §3.2).
    Enabled(Vec<String>),
    /// The flags of the mailbox.
    Flags(FlagList),
    /// A mailbox that there is.
    List(Listed),
    /// A mailbox that is subscribed to.
    Lsub(Listed),
    /// The messages that were looked for: numbers, or UIDs after UID SEARCH.
    Search(Vec<u32>),
    /// Facts of a mailbox: `("MESSAGES", 231)`, names in upper case.
    Status(MailboxName, Vec<(String, u64)>),
    /// So many messages are in the mailbox.
    Exists(u32),
    /// So many of them are recent.
    Recent(u32),
    /// The message with this number is gone; those behind it move up.
    Expunge(u32),
    /// Facts of the message with this number.
    Fetch(u32, Vec<Attribute>),
    /// Something else, as it came, without the `* `.
    Other(Vec<u8>),
}

/// A row of LIST or LSUB (RFC 3501 §7.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// With their backslash, in the server's case: `\Noselect`.
    pub attributes: Vec<String>,
    /// What parts the name into levels; `None` when it has none.
    pub separator: Option<char>,
    /// The name.
    pub name: MailboxName,
}

impl Response {
    /// Understands a whole response.
    ///
    /// # Errors
    /// What was expected and where.
    pub fn parse(bytes: &[u8]) -> Parsed<Response> {
        let mut cursor = Cursor::new(bytes);
        if cursor.eat(b'+') {
            cursor.eat(b' ');
            return Ok(Response::Continue(cursor.take_rest().to_vec()));
        }
        if !cursor.eat(b'*') {
            let tag = Tag::parse(&mut cursor)?;
            cursor.space()?;
            return Ok(Response::Done(tag, Status::parse(&mut cursor)?));
        }
        cursor.space()?;
        match cursor.peek() {
            Some(b'0'..=b'9') => about_number(&mut cursor),
            _ => untagged(&mut cursor),
        }
    }
}

/// `OK …`, `CAPABILITY …`, `LIST …`: what follows `* `.
fn untagged(cursor: &mut Cursor<'_>) -> Parsed<Response> {
    let all = cursor.rest();
    let mut ahead = cursor.clone();
    let word = ahead.atom("a response")?.to_ascii_uppercase();
    if Condition::named(&word).is_some() {
        return Ok(Response::Untagged(Status::parse(cursor)?));
    }
    *cursor = ahead;
    Ok(match word.as_str() {
        "CAPABILITY" => Response::Capability(words(cursor)?),
        "ENABLED" => Response::Enabled(words(cursor)?),
        "SEARCH" => Response::Search(numbers(cursor)?),
        "FLAGS" => {
            cursor.space()?;
            Response::Flags(FlagList::parse(cursor)?)
        }
        "LIST" => Response::List(listed(cursor)?),
        "LSUB" => Response::Lsub(listed(cursor)?),
        "STATUS" => status(cursor)?,
        _ => Response::Other(all.to_vec()),
    })
}

/// `23 EXISTS`, `23 FETCH (…)`: what follows `* `.
fn about_number(cursor: &mut Cursor<'_>) -> Parsed<Response> {
    let all = cursor.rest();
    let number = cursor.number()?;
    cursor.space()?;
    let word = cursor.atom("EXISTS, RECENT, EXPUNGE or FETCH")?;
    Ok(match word.to_ascii_uppercase().as_str() {
        "EXISTS" => Response::Exists(number),
        "RECENT" => Response::Recent(number),
        "EXPUNGE" => Response::Expunge(number),
        "FETCH" => {
            cursor.space()?;
            let attributes = cursor.list(Attribute::parse)?;
            cursor.end()?;
            Response::Fetch(number, attributes)
        }
        _ => Response::Other(all.to_vec()),
    })
}

/// Words, each with a space before it; some servers leave another space at the end.
fn words(cursor: &mut Cursor<'_>) -> Parsed<Vec<String>> {
    let mut words = Vec::new();
    while cursor.eat(b' ') && !cursor.rest().is_empty() {
        let word = cursor.word(is_atom_char, "a capability")?;
        words.push(word.to_ascii_uppercase());
    }
    cursor.end()?;
    Ok(words)
}

/// Numbers, likewise. As many as the mailbox has messages, so no bound but the buffer's holds here.
fn numbers(cursor: &mut Cursor<'_>) -> Parsed<Vec<u32>> {
    let mut numbers = Vec::new();
    while cursor.eat(b' ') && !cursor.rest().is_empty() {
        numbers.push(cursor.nz_number()?);
    }
    cursor.end()?;
    Ok(numbers)
}

/// What follows LIST: attributes, separator, name, and perhaps extended data, which is passed over.
fn listed(cursor: &mut Cursor<'_>) -> Parsed<Listed> {
    cursor.space()?;
    let attributes = cursor.list_or_empty(|cursor| {
        cursor.expect(b'\\', "an attribute, which begins with a backslash")?;
        Ok(format!("\\{}", cursor.atom("an attribute")?))
    })?;
    cursor.space()?;
    let separator = cursor.nstring("the separator as a string, or NIL")?;
    cursor.space()?;
    Ok(Listed {
        attributes,
        separator: separator.and_then(|text| text.first().copied().map(char::from)),
        name: MailboxName::parse(cursor)?,
    })
}

/// What follows STATUS: a mailbox and its facts.
fn status(cursor: &mut Cursor<'_>) -> Parsed<Response> {
    cursor.space()?;
    let mailbox = MailboxName::parse(cursor)?;
    cursor.space()?;
    let facts = cursor.list_or_empty(|cursor| {
        let name = cursor.atom("a status item")?.to_ascii_uppercase();
        cursor.space()?;
        Ok((name, cursor.number64()?))
    })?;
    Ok(Response::Status(mailbox, facts))
}

#[cfg(test)]
mod tests;
