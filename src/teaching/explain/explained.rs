//! What a line means: its entry, its parts, and the state of the conversation.
//!
//! One type serves everything that shows a conversation: the console, the window, a capture, and the
//! journal, which writes it as JSON with the keys of the entries in place of their sentences.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::state::ProtocolState;
use super::texts::{Entry, Texts, keys};
use crate::mail::protocol::span::Role;

/// The character that is shown between two texts for a NUL, which cannot be seen.
pub(super) const NUL: &str = "\u{2400}";

/// The explanation of one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// The entry of the line as a whole.
    #[serde(with = "keys")]
    pub entry: Arc<Entry>,
    /// Further entries: for an enhanced code, a keyword, a surprise. Each is here once, in the order
    /// of the line.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "keys::list")]
    pub also: Vec<Arc<Entry>>,
    /// The parts of the line, in their order; a part within a part comes after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<LinePart>,
    /// The mistake that the grammar found, as a sentence without a full stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The command, or the one that is answered, in upper case: `RCPT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Cow<'static, str>>,
    /// Which command of the conversation that is, from 1: a command and its answers share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The user who wants to log in with this line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The state before the line.
    pub before: ProtocolState,
    /// The state after it.
    pub after: ProtocolState,
    /// The commands that are legal now, the likeliest first, as far as is known. The journal does not
    /// keep them.
    #[serde(skip)]
    pub next: Vec<&'static str>,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinePart {
    /// What it is. A role that this version does not know is read as unknown.
    #[serde(with = "role")]
    pub role: Role,
    /// Its octets in the line.
    #[serde(flatten)]
    pub range: Range<usize>,
    /// The entry of this very word, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "keys::optional")]
    pub entry: Option<Arc<Entry>>,
    /// Its text, where it is encoded. Never a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoded: Option<String>,
}

impl Explained {
    /// The explanation with these parts, as far as they are within the first octets of the line.
    #[must_use]
    pub fn with_parts(&self, mut parts: Vec<LinePart>, octets: usize) -> Explained {
        parts.retain(|part| part.range.start <= part.range.end && part.range.end <= octets);
        Explained { parts, ..self.clone() }
    }

    /// The explanation of a line of so many octets that was read from a journal, in the sentences of
    /// these texts; `None` if they have no entry for the line.
    #[must_use]
    pub fn in_words(&self, texts: &Texts, octets: usize) -> Option<Explained> {
        let entry = |entry: &Arc<Entry>| texts.find(entry.topic, &entry.name).cloned();
        // The journal may have been edited: `with_parts` drops the parts outside of the line.
        let mut parts = self.parts.clone();
        for part in &mut parts {
            part.entry = part.entry.as_ref().and_then(entry);
        }
        Some(Explained {
            entry: entry(&self.entry)?,
            also: self.also.iter().filter_map(entry).collect(),
            ..self.with_parts(parts, octets)
        })
    }

    /// True if a part of the line must be masked.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        self.parts.iter().any(|part| part.role.is_secret())
    }

    /// True if the line has a part with this role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.parts.iter().any(|part| part.role == role)
    }
}

/// The name of the user who wants to log in with a line that has these parts.
pub(super) fn user(parts: &[LinePart], line: &[u8]) -> Option<String> {
    parts.iter().find_map(|part| {
        let octets = line.get(part.range.clone()).unwrap_or_default();
        match (part.role, &part.decoded) {
            (Role::UserName, Some(decoded)) => Some(decoded.clone()),
            (Role::UserName, None) => {
                Some(String::from_utf8_lossy(octets).trim_matches('"').to_owned())
            }
            (Role::Answer, Some(decoded)) => name_in(decoded),
            _ => None,
        }
    })
}

/// The name in an answer to SASL, as it is shown: `␀alice␀********` (RFC 4616 §2) or
/// `n,,n=alice,r=…` (RFC 5802 §7).
fn name_in(decoded: &str) -> Option<String> {
    if let Some((_, rest)) = decoded.split_once(NUL) {
        return rest.split(NUL).next().map(str::to_owned);
    }
    let name = decoded.split(',').find_map(|field| field.strip_prefix("n="));
    name.map(str::to_owned)
}

/// A role by its key.
mod role {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::mail::protocol::span::Role;

    pub(super) fn serialize<S: Serializer>(role: &Role, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(role.key())
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Role, D::Error> {
        let key = String::deserialize(from)?;
        let known = Role::ALL.iter().find(|role| role.key() == key);
        Ok(known.copied().unwrap_or(Role::Unknown))
    }
}

#[cfg(test)]
mod tests {
    use crate::mail::protocol::Protocol;
    use crate::teaching::explain::masking::MASK;
    use crate::teaching::explain::{Observer, Texts};

    #[test]
    fn secrets_are_masked_and_the_parts_move() {
        let rows = [
            (Protocol::Smtp, "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=", "AUTH PLAIN ********"),
            (Protocol::Pop3, "PASS x", "PASS ********"),
            (Protocol::Pop3, "PASS", "PASS"),
            (Protocol::Imap, "a1 LOGIN alice wonderland", "a1 LOGIN alice ********"),
            (Protocol::Imap, "a1 LOGIN \"alice wonder", "a1 LOGIN ********"),
        ];
        for (protocol, line, expected) in rows {
            let mut observer = Observer::new(protocol, Texts::compiled_in());
            let explained = observer.client(line.as_bytes());
            let masked = explained.masked(line.as_bytes());
            assert_eq!(String::from_utf8_lossy(&masked), expected);
            for (part, moved) in explained.parts.iter().zip(explained.masked_parts()) {
                let shown = &masked[moved.range];
                let expected = if part.role.is_secret() {
                    MASK.as_bytes()
                } else {
                    &line.as_bytes()[part.range.clone()]
                };
                assert_eq!(shown, expected);
            }
        }
    }
}
