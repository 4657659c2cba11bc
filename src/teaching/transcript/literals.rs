//! Counts the literals of an IMAP client in a recording in which secrets are masked (RFC 3501 §4.3).
//!
//! Behind `{10}` the next ten octets are the literal, whatever they are. `********` and the line's
//! ending are ten, too: whoever follows the masked conversation would take the next command for the
//! rest of the line. So what stands for a secret is made as long as the secret was.

use super::script::MOST;
use crate::mail::protocol::imap::literal_at_end;
use crate::mail::protocol::span::Role;
use crate::teaching::explain::{Explained, LinePart, Topic};
use crate::teaching::text::without_ending;
use crate::teaching::wire_tap::journal::Said;

/// Does the line belong to a literal with its ending, too?
fn is_within(meaning: &Explained) -> bool {
    meaning.entry.topic == Topic::Part && meaning.entry.name == Role::Octets.key()
}

/// The literal that the client is saying.
#[derive(Default)]
pub(super) struct Literals {
    /// Octets of it that are still to come.
    left: u64,
    /// Was some of it masked?
    masked: bool,
    /// The command that it belongs to.
    number: Option<u64>,
}

impl Literals {
    /// What the client said, with each masked literal as long as it was announced.
    pub(super) fn fill(&mut self, said: &Said, octets: Vec<u8>) -> Vec<u8> {
        let Some(meaning) = &said.explained else {
            self.count(&octets);
            return octets;
        };
        if meaning.number != self.number {
            // The server did not want the literal, and it never came.
            *self = Literals {
                number: meaning.number,
                ..Literals::default()
            };
        }
        let mask = mask(meaning);
        if self.left > 0 && mask.is_some() && is_within(meaning) {
            // How much of it this line was, nobody knows: the last line stands for all of it.
            self.masked = true;
            return Vec::new();
        }
        let octets = match mask {
            Some(end) if self.left > 0 => self.filled(octets.get(end..).unwrap_or_default()),
            None if self.masked => self.filled(&octets),
            _ => octets,
        };
        self.count(&octets);
        octets
    }

    /// The literal, and what follows it in its line.
    fn filled(&mut self, rest: &[u8]) -> Vec<u8> {
        self.masked = false;
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        [&vec![b'*'; left.min(MOST)], rest].concat()
    }

    /// These octets are said.
    fn count(&mut self, octets: &[u8]) {
        let taken = usize::try_from(self.left).unwrap_or(usize::MAX);
        let rest = octets.get(taken..).unwrap_or_default();
        self.left -= (octets.len() - rest.len()) as u64;
        if let Some(Ok(literal)) = literal_at_end(without_ending(rest)) {
            self.left = literal.octets;
        }
    }
}

/// Where the mask ends with which the line begins, if it begins with one.
fn mask(meaning: &Explained) -> Option<usize> {
    let is_mask = |part: &&LinePart| part.range.start == 0 && part.role.is_secret();
    meaning
        .parts
        .iter()
        .find(is_mask)
        .map(|part| part.range.end)
}
