//! Responses as they go on the wire: the inverse of `mod.rs`.

use super::Response;
use crate::mail::protocol::imap::command::IdPairs;
use crate::mail::protocol::imap::mailbox::Alphabet;
use crate::mail::protocol::imap::string::Spaced;

impl Response {
    /// Appends the response without the CRLF at its end, with mailbox names in this alphabet.
    pub fn write(&self, alphabet: Alphabet, out: &mut Vec<u8>) {
        match self {
            Response::Continue(text) => {
                out.extend_from_slice(b"+ ");
                out.extend_from_slice(text);
            }
            Response::Other(text) => {
                out.extend_from_slice(b"* ");
                out.extend_from_slice(text);
            }
            Response::Fetch(number, attributes) => {
                Response::begin_fetch(*number, out);
                for (position, attribute) in attributes.iter().enumerate() {
                    if position > 0 {
                        out.push(b' ');
                    }
                    attribute.write(out);
                }
                out.push(b')');
            }
            others => out.extend_from_slice(others.text(alphabet).as_bytes()),
        }
    }

    /// Appends `* 12 FETCH (`, for a server that makes the attributes while it sends them.
    pub fn begin_fetch(number: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("* {number} FETCH (").as_bytes());
    }

    /// Returns the responses that are only text.
    fn text(&self, alphabet: Alphabet) -> String {
        match self {
            Response::Done(tag, status) => format!("{tag} {status}"),
            Response::Untagged(status) => format!("* {status}"),
            Response::Capability(words) => list("CAPABILITY", words),
            Response::Enabled(words) => list("ENABLED", words),
            Response::Flags(flags) => format!("* FLAGS {flags}"),
            Response::List(listed) => format!("* LIST {}", listed.text(alphabet)),
            Response::Lsub(listed) => format!("* LSUB {}", listed.text(alphabet)),
            Response::Search(numbers) => list("SEARCH", numbers),
            Response::Esearch(results) => format!("* ESEARCH{results}"),
            Response::Sort(numbers) => list("SORT", numbers),
            Response::Thread(messages) => {
                list("THREAD", super::results::written(messages).as_slice())
            }
            Response::Status(status) => format!("* STATUS {}", status.text(alphabet)),
            Response::Namespace(namespaces) => format!("* NAMESPACE {namespaces}"),
            Response::Id(pairs) => format!("* ID {}", IdPairs(pairs)),
            Response::Exists(count) => format!("* {count} EXISTS"),
            Response::Recent(count) => format!("* {count} RECENT"),
            Response::Expunge(number) => format!("* {number} EXPUNGE"),
            Response::Continue(_) | Response::Fetch(..) | Response::Other(_) => String::new(),
        }
    }
}

/// A name and words after it.
fn list<T: std::fmt::Display>(name: &str, words: &[T]) -> String {
    let space = if words.is_empty() { "" } else { " " };
    format!("* {name}{space}{}", Spaced(words))
}
