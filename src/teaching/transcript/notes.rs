//! Notes below the lines of a conversation: what each line means, each explanation once.

use std::collections::HashSet;
use std::sync::Arc;

use crate::mail::net::Side;
use crate::teaching::explain::{Entry, Explained, Topic};
use crate::teaching::text::escaped;

/// Which lines are explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Explain {
    /// The lines of both sides.
    All,
    /// The lines of the server.
    Replies,
    /// No lines.
    Off,
}

impl Explain {
    /// True if the lines of this side are explained.
    pub(crate) fn covers(self, by: Side) -> bool {
        match self {
            Explain::All => true,
            Explain::Replies => by == Side::Server,
            Explain::Off => false,
        }
    }
}

/// How much the notes below a line say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// At most a few sentences, each explanation once: for whole conversations.
    Brief,
    /// The reasons, too, and the name of each part: for a person who types.
    Full,
}

/// A note below a line.
pub(crate) enum Note {
    /// The notes of this line only: how it reads, and what is wrong with it.
    Line(String),
    /// An explanation that other lines share.
    Entry(String),
}

/// Chooses the notes below each line, and remembers what was explained already.
#[derive(Default)]
pub(crate) struct NoteChooser {
    explained: HashSet<(Topic, String)>,
    /// The explanation of the line above.
    above: Option<Arc<Entry>>,
}

/// The most brief notes below a line: thirty capabilities need not all be explained at once.
const MOST: usize = 4;

impl NoteChooser {
    /// Begins a new conversation. What was explained in the last one stays explained.
    pub(crate) fn begin_anew(&mut self) {
        self.above = None;
    }

    /// True if this entry was not explained before.
    pub(crate) fn is_first(&mut self, entry: &Entry) -> bool {
        self.explained.insert((entry.topic, entry.name.clone()))
    }

    /// Chooses the notes below a line.
    pub(crate) fn notes(&mut self, detail: Detail, explained: &Explained) -> Vec<Note> {
        let mut notes = about_the_line(explained);
        match detail {
            Detail::Brief => self.brief(&mut notes, explained),
            Detail::Full => self.full(&mut notes, explained),
        }
        self.above = Some(Arc::clone(&explained.entry));
        notes
    }

    fn brief(&mut self, notes: &mut Vec<Note>, explained: &Explained) {
        let entry = &explained.entry;
        // An enhanced code and the class of a reply only repeat what the whole line says.
        let repeats = |other: &Entry| other.topic == Topic::Enhanced || other.topic == entry.topic;
        let also = explained.also.iter().filter(|other| !repeats(other));
        for entry in [entry].into_iter().chain(also) {
            if notes.len() < MOST && self.is_first(entry) {
                notes.push(Note::Entry(with_rfc(entry.says.clone(), entry)));
            }
        }
    }

    /// Explains the line again if the line above had another explanation, and each part once.
    fn full(&mut self, notes: &mut Vec<Note>, explained: &Explained) {
        let entry = &explained.entry;
        if self.above.as_ref() != Some(entry) {
            let mut sentence = entry.says.clone();
            if self.is_first(entry) && !entry.why.is_empty() {
                sentence += &format!(" {}", entry.why);
            }
            notes.push(Note::Entry(unbroken(&with_rfc(sentence, entry))));
        }
        for entry in &explained.also {
            if self.is_first(entry) {
                let sentence = with_rfc(entry.says.clone(), entry);
                notes.push(Note::Entry(unbroken(&format!("{}: {sentence}", entry.title))));
            }
        }
    }
}

/// Returns the notes about this line only: how its encoded parts read, and what is wrong.
fn about_the_line(explained: &Explained) -> Vec<Note> {
    let mut notes = Vec::new();
    for text in explained.parts.iter().flat_map(|part| &part.decoded) {
        notes.push(Note::Line(format!("It reads: {}", escaped(text.as_bytes()))));
    }
    if let Some(fault) = &explained.fault {
        let fault = escaped(fault.as_bytes());
        notes.push(Note::Line(format!("What is wrong: {fault}.")));
    }
    notes
}

/// Adds the RFC of an entry to its sentence.
fn with_rfc(sentence: String, entry: &Entry) -> String {
    if entry.rfc.is_empty() {
        return sentence;
    }
    format!("{sentence} ({})", entry.rfc)
}

/// Keeps `RFC`, its number and its section in one line.
pub(super) fn unbroken(text: &str) -> String {
    text.replace("RFC ", "RFC\u{a0}").replace(" §", "\u{a0}§")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::protocol::Protocol;
    use crate::teaching::explain::{Observer, Texts};

    /// The notes below lines of a POP3 client.
    fn notes(detail: Detail, lines: &[&str]) -> Vec<Vec<String>> {
        let mut observer = Observer::new(Protocol::Pop3, Texts::compiled_in());
        let mut chooser = NoteChooser::default();
        let mut below = |line: &&str| {
            let explained = observer.client(line.as_bytes());
            let text = |note| match note {
                Note::Line(text) | Note::Entry(text) => text,
            };
            let notes = chooser.notes(detail, &explained).into_iter();
            notes.map(text).collect()
        };
        lines.iter().map(&mut below).collect()
    }

    #[test]
    fn a_brief_explanation_is_written_once() {
        let below = notes(Detail::Brief, &["USER bob", "USER bob", "STAT", "USER bob"]);
        assert!(below[0].len() == 1 && below[0][0].contains("(RFC 1939"));
        assert!(below[1].is_empty() && below[3].is_empty(), "{below:?}");
    }

    #[test]
    fn a_full_explanation_has_its_reason_once_and_is_not_repeated_in_a_row() {
        let texts = Texts::compiled_in();
        let quit = texts.find(Topic::Pop3Command, "QUIT").unwrap();
        let below = notes(Detail::Full, &["QUIT", "QUIT", "NOOP", "QUIT"]);
        assert!(below[0][0].contains(&quit.why), "{below:?}");
        assert!(below[1].is_empty(), "{below:?}");
        let short = format!("{} ({})", quit.says, unbroken(&quit.rfc));
        assert_eq!(below[3], [short]);
    }
}
