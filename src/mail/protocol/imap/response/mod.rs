//! What an IMAP server says, as our own client reads it (RFC 3501 §7 and §9, `response`).
//!
//! [`Response::parse`] takes one whole response, its literals in place, without the CRLF at its end;
//! [`literal_at_end`](super::literal_at_end) says, after each line, whether a literal follows. A client
//! must live with what it does not know (RFC 3501 §2.2.2), so that is [`Response::Other`], not an error.

mod envelope;
mod facts;
mod fetched;
mod found;
mod status;

pub use envelope::{Envelope, EnvelopeAddress};
pub use facts::{MailboxStatus, Namespace, Namespaces};
pub use fetched::Attribute;
pub use found::{SearchResults, Threaded};
pub use status::{AppendUid, Code, Condition, CopyUid, Status};

use super::command::Tag;
use super::cursor::{Cursor, Parsed, is_atom_char};
use super::flags::FlagList;
use super::mailbox::MailboxName;
use crate::mail::protocol::span::Role;

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
    /// The same as a client asked for it with RETURN, or always from a server of IMAP4rev2.
    Esearch(SearchResults),
    /// The messages that were looked for, in the order that SORT asked for.
    Sort(Vec<u32>),
    /// The messages that were looked for, as conversations: those below a message follow it.
    Thread(Vec<Threaded>),
    /// Facts of a mailbox.
    Status(MailboxStatus),
    /// Where mailboxes are (RFC 2342 §5).
    Namespace(Namespaces),
    /// Who the server says it is, as pairs (RFC 2971 §3.2).
    Id(Vec<(String, Option<String>)>),
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
    /// The name; empty where only the separator was asked for.
    pub name: MailboxName,
}

impl Listed {
    /// Has it this attribute, in any case: `\\Noselect`, `\\Sent`?
    #[must_use]
    pub fn has(&self, attribute: &str) -> bool {
        let same = |one: &String| one.eq_ignore_ascii_case(attribute);
        self.attributes.iter().any(same)
    }
}

impl Response {
    /// Understands a whole response.
    ///
    /// # Errors
    /// What was expected and where.
    pub fn parse(bytes: &[u8]) -> Parsed<Response> {
        Response::read(&mut Cursor::new(bytes))
    }

    /// Reads a whole response, up to the cursor's end.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Parsed<Response> {
        if cursor
            .named(Role::Continuation, |cursor| cursor.expect(b'+', "+"))
            .is_ok()
        {
            cursor.eat(b' ');
            return Ok(Response::Continue(cursor.take_rest().to_vec()));
        }
        if cursor
            .named(Role::Untagged, |cursor| cursor.expect(b'*', "*"))
            .is_err()
        {
            let tag = Tag::parse(cursor)?;
            cursor.space()?;
            return Ok(Response::Done(tag, Status::parse(cursor)?));
        }
        cursor.space()?;
        match cursor.peek() {
            Some(b'0'..=b'9') => about_number(cursor),
            _ => untagged(cursor),
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
    cursor.named(Role::ResponseName, |cursor| cursor.atom("a response"))?;
    Ok(match word.as_str() {
        "CAPABILITY" => Response::Capability(words(cursor)?),
        "ENABLED" => Response::Enabled(words(cursor)?),
        "SEARCH" => Response::Search(numbers(cursor)?),
        "ESEARCH" => Response::Esearch(SearchResults::parse(cursor)?),
        "SORT" => Response::Sort(numbers(cursor)?),
        "THREAD" => Response::Thread(found::threads(cursor)?),
        "FLAGS" => {
            cursor.space()?;
            Response::Flags(FlagList::parse(cursor)?)
        }
        "LIST" => Response::List(listed(cursor)?),
        "LSUB" => Response::Lsub(listed(cursor)?),
        "STATUS" => Response::Status(MailboxStatus::parse(cursor)?),
        "NAMESPACE" => Response::Namespace(Namespaces::parse(cursor)?),
        "ID" => Response::Id(facts::id(cursor)?),
        _ => Response::Other(all.to_vec()),
    })
}

/// `23 EXISTS`, `23 FETCH (…)`: what follows `* `.
fn about_number(cursor: &mut Cursor<'_>) -> Parsed<Response> {
    let all = cursor.rest();
    let number = cursor.named(Role::Number, Cursor::number)?;
    cursor.space()?;
    let expected = "EXISTS, RECENT, EXPUNGE or FETCH";
    let word = cursor.named(Role::ResponseName, |cursor| cursor.atom(expected))?;
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
        let is_word =
            |cursor: &mut Cursor<'_>| cursor.word(is_atom_char, "a capability").map(str::to_owned);
        let word = cursor.named(Role::Capability, is_word)?;
        words.push(word.to_ascii_uppercase());
    }
    cursor.end()?;
    Ok(words)
}

/// Numbers, likewise. As many as the mailbox has messages, so no bound but the buffer's holds here.
fn numbers(cursor: &mut Cursor<'_>) -> Parsed<Vec<u32>> {
    let mut numbers = Vec::new();
    while cursor.eat(b' ') && !cursor.rest().is_empty() {
        numbers.push(cursor.named(Role::Number, Cursor::nz_number)?);
    }
    cursor.end()?;
    Ok(numbers)
}

/// What follows LIST: attributes, separator, name, and perhaps extended data, which is passed over.
fn listed(cursor: &mut Cursor<'_>) -> Parsed<Listed> {
    cursor.space()?;
    let attributes = cursor.list_or_empty(|cursor| {
        cursor.named(Role::MailboxAttribute, |cursor| {
            cursor.expect(b'\\', "an attribute, which begins with a backslash")?;
            Ok(format!("\\{}", cursor.atom("an attribute")?))
        })
    })?;
    cursor.space()?;
    let expected = "the separator as a string, or NIL";
    let separator = cursor.named(Role::Separator, |cursor| cursor.nstring(expected))?;
    cursor.space()?;
    Ok(Listed {
        attributes,
        separator: separator.and_then(|text| text.first().copied().map(char::from)),
        name: listed_name(cursor)?,
    })
}

/// RFC 3501 §6.3.8: the empty name answers `LIST "" ""`, which asks for the separator alone.
fn listed_name(cursor: &mut Cursor<'_>) -> Parsed<MailboxName> {
    if cursor.eat_text("\"\"") {
        return Ok(MailboxName::new(""));
    }
    MailboxName::parse(cursor)
}

#[cfg(test)]
mod tests;
