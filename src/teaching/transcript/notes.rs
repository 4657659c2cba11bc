//! What is written below the lines of a play: their explanations, each once, and the masks over
//! what is secret in them.
//!
//! An [`Observer`] follows every client's conversation, also offstage, for what a line means depends
//! on those before it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::teaching::explain::{Entry, Explained, LinePart, Observer, Texts, Topic};
use crate::teaching::script::{Caller, ClientEvent};
use crate::teaching::text::escaped;

/// Which lines are explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Explain {
    /// Those of both sides.
    All,
    /// Those of the server.
    Replies,
    /// None.
    Off,
}

impl Explain {
    /// Is a line of this side explained?
    pub(crate) fn covers(self, by_client: bool) -> bool {
        match self {
            Explain::All => true,
            Explain::Replies => !by_client,
            Explain::Off => false,
        }
    }
}

/// Follows the conversations of a play.
pub(super) struct Notes {
    explain: Explain,
    show_secrets: bool,
    texts: Arc<Texts>,
    observers: BTreeMap<u32, Observer>,
    told: Told,
}

/// What was explained already.
#[derive(Default)]
pub(crate) struct Told(HashSet<(Topic, String)>);

/// A line as it may be shown, and what is to be said of it.
pub(super) struct Noted<'a> {
    pub(super) line: Cow<'a, [u8]>,
    pub(super) notes: Vec<String>,
}

impl Notes {
    pub(super) fn new(explain: Explain, show_secrets: bool, texts: Arc<Texts>) -> Notes {
        Notes {
            explain,
            show_secrets,
            texts,
            observers: BTreeMap::new(),
            told: Told::default(),
        }
    }

    /// Follows what is not shown.
    pub(super) fn follow(&mut self, caller: &Caller, did: ClientEvent<'_>) {
        match did {
            ClientEvent::Connected => {
                let observer = Observer::new(caller.protocol, Arc::clone(&self.texts));
                self.observers.insert(caller.number, observer);
            }
            ClientEvent::Encrypted => {
                self.observer(caller).tls("");
            }
            ClientEvent::Sent(octets) => {
                for line in octets.split_inclusive(|octet| *octet == b'\n') {
                    self.observer(caller).client(line);
                }
            }
            ClientEvent::Received(line) => {
                self.observer(caller).server(line);
            }
            ClientEvent::Turn | ClientEvent::Disconnected | ClientEvent::Closed => {}
        }
    }

    /// A line that a client said, its ending included.
    pub(super) fn sent<'a>(&mut self, caller: &Caller, line: &'a [u8]) -> Noted<'a> {
        let explained = self.observer(caller).client(line);
        self.noted(line, &explained, self.explain.covers(true))
    }

    /// A line that it received.
    pub(super) fn received<'a>(&mut self, caller: &Caller, line: &'a [u8]) -> Noted<'a> {
        let explained = self.observer(caller).server(line);
        self.noted(line, &explained, self.explain.covers(false))
    }

    fn observer(&mut self, caller: &Caller) -> &mut Observer {
        let new = || Observer::new(caller.protocol, Arc::clone(&self.texts));
        self.observers.entry(caller.number).or_insert_with(new)
    }

    fn noted<'a>(&mut self, line: &'a [u8], explained: &Explained, explain: bool) -> Noted<'a> {
        let secret = explained.has_secret() && !self.show_secrets;
        let notes = if explain {
            let own = particulars(&explained.parts, explained.fault.as_deref());
            self.told.notes(own, &explained.entry, &explained.also)
        } else {
            Vec::new()
        };
        Noted {
            line: match secret {
                true => Cow::Owned(explained.masked(line).into_owned()),
                false => Cow::Borrowed(line),
            },
            notes,
        }
    }
}

impl Told {
    /// What is to be said below a line, a sentence each: what only this line says, and of its
    /// entries what was not said before.
    pub(crate) fn notes(
        &mut self,
        own: Vec<String>,
        entry: &Arc<Entry>,
        also: &[Arc<Entry>],
    ) -> Vec<String> {
        let mut notes = own;
        // What says once more what the whole line says is left out: an enhanced code, a reply's class.
        let also = also
            .iter()
            .filter(|other| other.topic != Topic::Enhanced && other.topic != entry.topic);
        for entry in [entry].into_iter().chain(also) {
            if notes.len() < MOST && self.0.insert((entry.topic, entry.name.clone())) {
                notes.push(sentence(entry, false));
            }
        }
        notes
    }
}

/// Notes below one line: a list of thirty capabilities is not the place to learn all of them.
const MOST: usize = 4;

/// What only this line says: how its encoded parts read, and what is wrong with it.
pub(crate) fn particulars(parts: &[LinePart], fault: Option<&str>) -> Vec<String> {
    let decoded = parts.iter().flat_map(|part| &part.decoded);
    let reads = decoded.map(|text| format!("It reads: {}", escaped(text.as_bytes())));
    let wrong = fault.map(|fault| format!("What is wrong: {}.", escaped(fault.as_bytes())));
    reads.chain(wrong).collect()
}

/// An entry in a line: what it says, perhaps why it exists, and where that is specified.
pub(crate) fn sentence(entry: &Entry, with_why: bool) -> String {
    let mut sentence = entry.says.clone();
    if with_why && !entry.why.is_empty() {
        sentence += &format!(" {}", entry.why);
    }
    if !entry.rfc.is_empty() {
        sentence += &format!(" ({})", entry.rfc);
    }
    sentence
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::mail::protocol::Protocol;

    fn caller(protocol: Protocol) -> Caller {
        Caller {
            number: 1,
            protocol,
            at: None,
        }
    }

    #[test]
    fn what_is_secret_is_masked_and_what_is_said_is_explained_once() {
        let caller = caller(Protocol::Pop3);
        for (show_secrets, expected) in [(false, "PASS ********\r\n"), (true, "PASS builder\r\n")] {
            let mut notes = Notes::new(Explain::All, show_secrets, Texts::compiled_in());
            notes.follow(&caller, ClientEvent::Connected);
            notes.follow(&caller, ClientEvent::Received(b"+OK ready"));
            let first = notes.sent(&caller, b"USER bob\r\n").notes;
            assert!(
                first.len() == 1 && first[0].contains("(RFC 1939"),
                "{first:?}"
            );
            assert!(notes.sent(&caller, b"USER bob\r\n").notes.is_empty());
            notes.follow(&caller, ClientEvent::Received(b"+OK Send PASS"));
            let pass = notes.sent(&caller, b"PASS builder\r\n");
            assert_eq!(String::from_utf8_lossy(&pass.line), expected);
        }
    }

    #[test]
    fn what_happens_offstage_counts() {
        let caller = caller(Protocol::Submission);
        let mut notes = Notes::new(Explain::Replies, false, Texts::compiled_in());
        notes.follow(&caller, ClientEvent::Connected);
        for line in [&b"220 ready"[..], b"250 AUTH LOGIN"] {
            notes.follow(&caller, ClientEvent::Received(line));
            notes.follow(&caller, ClientEvent::Sent(b"EHLO x\r\n"));
        }
        notes.follow(&caller, ClientEvent::Sent(b"AUTH LOGIN\r\n"));
        let asked = notes.received(&caller, b"334 VXNlcm5hbWU6").notes;
        assert!(asked[0].contains("Username:"), "{asked:?}");
        notes.follow(&caller, ClientEvent::Sent(b"YWxpY2U=\r\n"));
        notes.follow(&caller, ClientEvent::Received(b"334 UGFzc3dvcmQ6"));
        let secret = notes.sent(&caller, b"d29uZGVybGFuZA==\r\n");
        assert_eq!(&secret.line[..], b"********\r\n");
        assert!(secret.notes.is_empty(), "only replies are explained");
    }
}
