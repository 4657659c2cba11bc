//! What an IMAP server says (RFC 3501 §7 and §9, `response`): both directions of one grammar.
//!
//! [`Response::parse`] takes one response, its literals in place, without the CRLF at its end;
//! [`Response::write`] is its inverse. A client must accept what it does not know (RFC 3501 §2.2.2),
//! so that is [`Response::Other`] and not an error.

mod attribute;
mod envelope;
mod mailboxes;
mod print;
mod results;
mod status;

pub use attribute::{Attribute, AttributeName};
pub use envelope::{Envelope, EnvelopeAddress};
pub use mailboxes::{Listed, MailboxStatus, Namespace, Namespaces};
pub use results::{SearchResults, Threaded};
pub use status::{AppendUid, Code, Condition, CopyUid, RefusalCode, Status};

use super::command::Tag;
use super::cursor::{Cursor, Parsed, is_atom_char};
use super::flags::FlagList;
use crate::mail::protocol::span::Role;

/// One response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// `a1 OK …`: the end of the command with this tag.
    Done(Tag, Status),
    /// `* OK …`, `* BYE …`: a status that ends no command.
    Untagged(Status),
    /// `+ …`: the client may continue. During AUTHENTICATE the text is base64.
    Continue(Vec<u8>),
    /// CAPABILITY: what the server supports. Parsing makes the words upper case.
    Capability(Vec<String>),
    /// ENABLED: the extensions that are now on (RFC 5161 §3.2), in upper case when parsed.
    Enabled(Vec<String>),
    /// FLAGS: the flags of the mailbox.
    Flags(FlagList),
    /// LIST: a mailbox.
    List(Listed),
    /// LSUB: a subscribed mailbox.
    Lsub(Listed),
    /// SEARCH: the messages found, as numbers, or as UIDs after UID SEARCH.
    Search(Vec<u32>),
    /// ESEARCH: the results of a search with RETURN, or of any search in IMAP4rev2.
    Esearch(SearchResults),
    /// SORT: the messages found, in the requested order.
    Sort(Vec<u32>),
    /// THREAD: the messages found, as conversations. Replies follow their parent.
    Thread(Vec<Threaded>),
    /// STATUS: facts of a mailbox.
    Status(MailboxStatus),
    /// NAMESPACE: where mailboxes are (RFC 2342 §5).
    Namespace(Namespaces),
    /// ID: the server's identity, as pairs (RFC 2971 §3.2).
    Id(Vec<(String, Option<String>)>),
    /// EXISTS: the number of messages in the mailbox.
    Exists(u32),
    /// RECENT: the number of recent messages.
    Recent(u32),
    /// EXPUNGE: the message with this number is gone, and later ones move up.
    Expunge(u32),
    /// FETCH: facts of the message with this number.
    Fetch(u32, Vec<Attribute>),
    /// Any other response, as it came, without `* `.
    Other(Vec<u8>),
}

impl Response {
    /// Parses a whole response.
    ///
    /// # Errors
    /// What was expected and where.
    pub fn parse(bytes: &[u8]) -> Parsed<Response> {
        Response::read(&mut Cursor::new(bytes))
    }

    /// Parses a whole response, up to the cursor's end.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Parsed<Response> {
        let plus = cursor.named(Role::Continuation, |cursor| cursor.expect(b'+', "+"));
        if plus.is_ok() {
            cursor.eat(b' ');
            return Ok(Response::Continue(cursor.take_rest().to_vec()));
        }
        let star = cursor.named(Role::Untagged, |cursor| cursor.expect(b'*', "*"));
        if star.is_err() {
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

/// Parses what follows `* `: `OK …`, `CAPABILITY …`, `LIST …`.
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
        "THREAD" => Response::Thread(results::threads(cursor)?),
        "FLAGS" => {
            cursor.space()?;
            Response::Flags(FlagList::parse(cursor)?)
        }
        "LIST" => Response::List(Listed::parse(cursor)?),
        "LSUB" => Response::Lsub(Listed::parse(cursor)?),
        "STATUS" => Response::Status(MailboxStatus::parse(cursor)?),
        "NAMESPACE" => Response::Namespace(Namespaces::parse(cursor)?),
        "ID" => Response::Id(mailboxes::id(cursor)?),
        _ => Response::Other(all.to_vec()),
    })
}

/// Parses what follows `* ` if it begins with a number: `23 EXISTS`, `23 FETCH (…)`.
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

/// Parses words, each after a space. Some servers send another space at the end.
fn words(cursor: &mut Cursor<'_>) -> Parsed<Vec<String>> {
    let mut words = Vec::new();
    while cursor.eat(b' ') && !cursor.rest().is_empty() {
        let word =
            cursor.named(Role::Capability, |cursor| cursor.word(is_atom_char, "a capability"))?;
        words.push(word.to_ascii_uppercase());
    }
    cursor.end()?;
    Ok(words)
}

/// Parses numbers, each after a space. Only the length of the response bounds them.
fn numbers(cursor: &mut Cursor<'_>) -> Parsed<Vec<u32>> {
    let mut numbers = Vec::new();
    while cursor.eat(b' ') && !cursor.rest().is_empty() {
        numbers.push(cursor.named(Role::Number, Cursor::nz_number)?);
    }
    cursor.end()?;
    Ok(numbers)
}

#[cfg(test)]
mod tests;
