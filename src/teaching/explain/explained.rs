//! What is said of a line: its entry, its parts, where the conversation stands.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::login::MASK;
use super::state::State;
use super::texts::Entry;
use crate::mail::protocol::span::Role;

/// A line, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// What the line says, as a whole.
    pub entry: Arc<Entry>,
    /// What else is to be said of it: its enhanced code, its keywords, why it is surprising. Each
    /// entry once, in the order of the line.
    pub also: Vec<Arc<Entry>>,
    /// Its parts, in their order; a part within a part comes behind it.
    pub parts: Vec<Part>,
    /// What the grammar says is wrong with it, as a sentence without a full stop.
    pub fault: Option<String>,
    /// The command, or the one that is answered, in upper case: `RCPT`.
    pub command: Option<&'static str>,
    /// Which command of the conversation that is, from 1: a command and its answers share it.
    pub number: Option<u64>,
    /// Where the conversation stood before the line.
    pub before: State,
    /// And where it stands now.
    pub after: State,
    /// The commands that are legal now, the likeliest first, as far as is known.
    pub next: Vec<&'static str>,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub role: Role,
    /// Which octets of the line.
    pub range: Range<usize>,
    /// What this very word means, if it has an entry of its own.
    pub entry: Option<Arc<Entry>>,
    /// How it reads, where it is encoded. Never a password.
    pub decoded: Option<String>,
}

impl Explained {
    /// The line as it may be shown: `********` stands for each secret.
    #[must_use]
    pub fn masked<'a>(&self, line: &'a [u8]) -> Cow<'a, [u8]> {
        if !self.has_secret() {
            return Cow::Borrowed(line);
        }
        let (mut masked, mut at) = (Vec::with_capacity(line.len()), 0);
        for secret in self.secrets() {
            masked.extend_from_slice(line.get(at..secret.start).unwrap_or_default());
            masked.extend_from_slice(MASK.as_bytes());
            at = at.max(secret.end);
        }
        masked.extend_from_slice(line.get(at..).unwrap_or_default());
        Cow::Owned(masked)
    }

    /// The parts of the masked line.
    #[must_use]
    pub fn masked_parts(&self) -> Vec<Part> {
        let mut parts = self.parts.clone();
        for part in &mut parts {
            part.range = self.moved(part.range.start)..self.moved(part.range.end);
        }
        parts
    }

    /// Must a part of the line be masked?
    #[must_use]
    pub fn has_secret(&self) -> bool {
        self.parts.iter().any(|part| part.role.is_secret())
    }

    /// The octets that are secret, in their order.
    fn secrets(&self) -> impl Iterator<Item = Range<usize>> {
        let secret = self.parts.iter().filter(|part| part.role.is_secret());
        secret.map(|part| part.range.clone())
    }

    /// Where a place of the line is in the masked one.
    fn moved(&self, at: usize) -> usize {
        let mut moved = at;
        for secret in self.secrets().filter(|secret| secret.start < at) {
            moved = moved - (at.min(secret.end) - secret.start) + MASK.len();
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::protocol::Protocol;
    use crate::teaching::explain::{Observer, Texts};

    #[test]
    fn secrets_are_masked_and_the_parts_move() {
        let rows = [
            (
                Protocol::Smtp,
                "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=",
                "AUTH PLAIN ********",
            ),
            (Protocol::Pop3, "PASS x", "PASS ********"),
            (Protocol::Pop3, "PASS", "PASS"),
            (
                Protocol::Imap,
                "a1 LOGIN alice wonderland",
                "a1 LOGIN alice ********",
            ),
            (
                Protocol::Imap,
                "a1 LOGIN \"alice wonder",
                "a1 LOGIN ********",
            ),
        ];
        for (protocol, line, expected) in rows {
            let mut observer = Observer::new(protocol, Texts::compiled_in());
            let explained = observer.client(line.as_bytes());
            let masked = explained.masked(line.as_bytes());
            assert_eq!(String::from_utf8_lossy(&masked), expected);
            for (part, moved) in explained.parts.iter().zip(explained.masked_parts()) {
                let shown = &masked[moved.range];
                match part.role.is_secret() {
                    true => assert_eq!(shown, MASK.as_bytes()),
                    false => assert_eq!(shown, &line.as_bytes()[part.range.clone()]),
                }
            }
        }
    }
}
