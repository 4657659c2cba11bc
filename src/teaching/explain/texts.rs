//! The texts of the explanations: the meaning of each command, code, keyword and field, from one file
//! that a teacher can edit.
//!
//! `explanations.toml` is compiled in, and read when the first explanation is needed. A teacher's file
//! ([`Texts::with`]) replaces sentences of it or adds entries; everything else stays as it is. Nothing
//! in such a file is ignored: a mistake is an error that names its line.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use toml::Spanned;

use super::state::ProtocolState;
use super::topic::{Completeness, Topic};
use crate::mail::protocol::Protocol;
use crate::mail::protocol::span::Role;

/// The file that is compiled in.
const COMPILED_IN: &str = include_str!("explanations.toml");

/// One explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The kind of thing that it explains.
    pub topic: Topic,
    /// Its name in the protocol and in the file: `RCPT`, `250`, `X.1.1`.
    pub name: String,
    /// Its name for people; the same as `name` if the file gives no other.
    pub title: String,
    /// What it says, in one sentence.
    pub says: String,
    /// Why it exists, in one sentence; may be empty.
    pub why: String,
    /// The specification: `RFC 5321 §4.1.1.3`; may be empty.
    pub rfc: String,
    /// What may come next; may be empty.
    pub next: String,
    /// Other words that find it, such as the text of an error.
    pub also: Vec<String>,
}

impl Entry {
    /// Its name in the file, with its topic: `smtp.command.RCPT`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}.{}", self.topic, self.name)
    }
}

/// All explanations.
#[derive(Clone, Debug)]
pub struct Texts {
    /// The entries, by topic and then by name in upper case.
    topics: BTreeMap<Topic, BTreeMap<String, Arc<Entry>>>,
}

/// The mistake in a file of explanations, in one sentence that names the file and the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextsError(pub String);

impl fmt::Display for TextsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TextsError {}

impl Texts {
    /// The explanations that are compiled in.
    #[must_use]
    pub fn compiled_in() -> Arc<Texts> {
        static TEXTS: LazyLock<Arc<Texts>> = LazyLock::new(|| {
            let mut texts = Texts { topics: BTreeMap::new() };
            let read = texts.read("explanations.toml", COMPILED_IN);
            // That file is ours, and a test reads it: a mistake in it is a mistake of the program.
            assert!(read.is_ok(), "{read:?}");
            Arc::new(texts)
        });
        Arc::clone(&TEXTS)
    }

    /// The explanations that are compiled in, with the replacements and additions of this text. Errors
    /// call it `file`.
    ///
    /// # Errors
    /// When it is not TOML, has a topic or a setting that does not exist, or adds half an entry.
    pub fn with(file: &str, text: &str) -> Result<Texts, TextsError> {
        let mut texts = Texts::clone(&Texts::compiled_in());
        texts.read(file, text)?;
        Ok(texts)
    }

    /// The explanation of this name, in any case.
    ///
    /// If there is none, a more general name counts: that of the reply for a reply to a command (`250
    /// to RCPT`), that of subject and detail for an enhanced code (`X.1.1` for `5.1.1`), and that
    /// before the value for a name with a value (`SIZE=1000`, `BODY[1.2]`).
    #[must_use]
    pub fn find(&self, topic: Topic, name: &str) -> Option<&Arc<Entry>> {
        let entries = self.topics.get(&topic)?;
        let name = name.to_ascii_uppercase();
        let general = topic.general(&name);
        let names = std::iter::once(name).chain(general);
        names.into_iter().find_map(|name| entries.get(&name))
    }

    /// The explanation with this key, as [`Entry::key`] gives it.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Option<&Arc<Entry>> {
        let mut words = key.splitn(3, '.');
        let topic = Topic::named(words.next()?, words.next()?)?;
        self.find(topic, words.next()?)
    }

    /// All explanations, topic by topic, each topic by name.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.topics.values().flat_map(BTreeMap::values)
    }

    /// The explanations of one topic, by name.
    pub fn of(&self, topic: Topic) -> impl Iterator<Item = &Arc<Entry>> {
        self.topics.get(&topic).into_iter().flat_map(BTreeMap::values)
    }

    /// The explanation of a state.
    #[must_use]
    pub fn state(&self, protocol: Protocol, state: ProtocolState) -> Option<&Arc<Entry>> {
        let topic = match protocol {
            Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => Topic::SmtpState,
            Protocol::Pop3 => Topic::Pop3State,
            Protocol::Imap => Topic::ImapState,
        };
        self.find(topic, state.key())
    }

    /// The explanation of a part of a line.
    #[must_use]
    pub fn part(&self, role: Role) -> Option<&Arc<Entry>> {
        self.find(Topic::Part, role.key())
    }

    /// A word of the program itself, such as the name of a topic: `[line.word.KEY]`.
    #[must_use]
    pub fn word<'a>(&'a self, key: &'a str) -> &'a str {
        self.find(Topic::Word, key).map_or(key, |entry| entry.says.as_str())
    }

    /// A note: `[line.note.KEY]`.
    pub(super) fn note(&self, key: &str) -> Arc<Entry> {
        match self.find(Topic::Note, key) {
            Some(entry) => Arc::clone(entry),
            None => Arc::new(Entry::new(Topic::Note, key)),
        }
    }

    fn read(&mut self, file: &str, text: &str) -> Result<(), TextsError> {
        let written: Written = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            wrong(file, text, at, error.message())
        })?;
        for (family, kinds) in written {
            for (kind, entries) in kinds {
                let topic = Topic::named(&family, &kind);
                for (name, entry) in entries {
                    let at = entry.span().start;
                    let read = match topic {
                        Some(topic) => self.add(topic, &name, entry.into_inner()),
                        None => Err(format!("there are no explanations [{family}.{kind}]")),
                    };
                    read.map_err(|why| wrong(file, text, at, &why))?;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, topic: Topic, name: &str, written: WrittenEntry) -> Result<(), String> {
        let entries = self.topics.entry(topic).or_default();
        let key = name.to_ascii_uppercase();
        let mut entry = match entries.get(&key) {
            Some(entry) => Entry::clone(entry),
            None => Entry::new(topic, name),
        };
        let path = format!("[{topic}.{name}]");
        for (field, text, place) in [
            ("name", written.name, &mut entry.title),
            ("says", written.says, &mut entry.says),
            ("why", written.why, &mut entry.why),
            ("rfc", written.rfc, &mut entry.rfc),
            ("next", written.next, &mut entry.next),
        ] {
            let Some(text) = text else { continue };
            if text.trim().is_empty() {
                return Err(format!("{field} of {path} is empty"));
            }
            *place = text.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        if let Some(also) = written.also {
            entry.also = also;
        }
        if let Some(missing) = entry.missing() {
            return Err(format!(
                "{path} is new, and lacks {missing}; is its name written as in the compiled-in file?"
            ));
        }
        entries.insert(key, Arc::new(entry));
        Ok(())
    }
}

impl Entry {
    fn new(topic: Topic, name: &str) -> Entry {
        Entry {
            topic,
            name: name.to_owned(),
            title: name.to_owned(),
            says: String::new(),
            why: String::new(),
            rfc: String::new(),
            next: String::new(),
            also: Vec::new(),
        }
    }

    /// A field that an entry of this topic must have and this entry lacks.
    fn missing(&self) -> Option<&'static str> {
        let needed: &[(&str, &String)] = match self.topic.completeness() {
            Completeness::Sentence => &[("says", &self.says)],
            Completeness::Fact => &[("says", &self.says), ("why", &self.why), ("rfc", &self.rfc)],
            Completeness::Turn => &[
                ("says", &self.says),
                ("why", &self.why),
                ("rfc", &self.rfc),
                ("next", &self.next),
            ],
        };
        let mut empty = needed.iter().filter(|(_, text)| text.is_empty());
        empty.next().map(|(field, _)| *field)
    }
}

/// An entry is written by its key.
impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{}.{}", self.topic, self.name))
    }
}

/// An entry is read by its key, and has no sentences.
impl<'a> Deserialize<'a> for Entry {
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<Entry, D::Error> {
        let key = String::deserialize(from)?;
        let mut words = key.splitn(3, '.');
        let mut word = || words.next().unwrap_or_default();
        let topic = Topic::named(word(), word());
        let topic = topic.ok_or_else(|| D::Error::custom(format!("no entry is called {key:?}")))?;
        Ok(Entry::new(topic, word()))
    }
}

/// Shared entries by their keys, for serde.
pub(super) mod keys {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Entry;

    pub(crate) fn serialize<S: Serializer>(entry: &Arc<Entry>, to: S) -> Result<S::Ok, S::Error> {
        Entry::serialize(entry, to)
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Arc<Entry>, D::Error> {
        Entry::deserialize(from).map(Arc::new)
    }

    /// Lists of entries.
    pub(crate) mod list {
        use super::*;

        pub(crate) fn serialize<S: Serializer>(
            entries: &[Arc<Entry>],
            to: S,
        ) -> Result<S::Ok, S::Error> {
            to.collect_seq(entries.iter().map(AsRef::<Entry>::as_ref))
        }

        pub(crate) fn deserialize<'a, D: Deserializer<'a>>(
            from: D,
        ) -> Result<Vec<Arc<Entry>>, D::Error> {
            let entries = Vec::<Entry>::deserialize(from)?;
            Ok(entries.into_iter().map(Arc::new).collect())
        }
    }

    /// Optional entries.
    pub(crate) mod optional {
        use super::*;

        pub(crate) fn serialize<S: Serializer>(
            entry: &Option<Arc<Entry>>,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            entry.as_deref().serialize(to)
        }

        pub(crate) fn deserialize<'a, D: Deserializer<'a>>(
            from: D,
        ) -> Result<Option<Arc<Entry>>, D::Error> {
            Ok(Option::<Entry>::deserialize(from)?.map(Arc::new))
        }
    }
}

/// The contents of a file: families of kinds of entries, `[smtp.command.RCPT]`.
type Written = BTreeMap<String, BTreeMap<String, BTreeMap<String, Spanned<WrittenEntry>>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    name: Option<String>,
    says: Option<String>,
    why: Option<String>,
    rfc: Option<String>,
    next: Option<String>,
    also: Option<Vec<String>>,
}

fn wrong(file: &str, text: &str, at: usize, why: &str) -> TextsError {
    let before = text.as_bytes().iter().take(at);
    let line = 1 + before.filter(|octet| **octet == b'\n').count();
    TextsError(format!("{file}, line {line}: {why}"))
}

#[cfg(test)]
mod tests;
