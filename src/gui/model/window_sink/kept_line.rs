//! What is kept of a line: its first octets, masked, and its explanation; and of many similar lines only the first.

use crate::client::printable;
use crate::gui::model::conversations::LineContent;
use crate::teaching::explain::{Explained, Topic};
use crate::teaching::text::without_ending;
use crate::teaching::wire_tap::Side;

/// The number of octets that are kept of a line: four rows of a wide window.
pub(super) const LONGEST: usize = 512;

/// The number of lines that are kept of a message: about its header.
const MESSAGE_LINES: u64 = 24;

/// The number of lines that are kept of a list, for example of mailboxes or messages.
const SAME_LINES: u64 = 24;

/// What successive lines have in common.
#[derive(PartialEq, Eq)]
pub(super) enum LineRun {
    /// They belong to a message.
    Message(Side),
    /// They have the same meaning, in the same answer.
    Same(Side, Topic, String, Option<u64>),
}

impl LineRun {
    /// The number of lines of this run that are shown.
    pub(super) fn most(&self) -> u64 {
        match self {
            LineRun::Message(_) => MESSAGE_LINES,
            LineRun::Same(..) => SAME_LINES,
        }
    }

    /// The run to which a line belongs.
    pub(super) fn of(by: Side, explained: &Explained) -> LineRun {
        let entry = &explained.entry;
        match entry.topic {
            Topic::Field | Topic::Part => LineRun::Message(by),
            topic => LineRun::Same(by, topic, entry.name.clone(), explained.number),
        }
    }
}

/// The explanation of one line of a body: as for the line before, but its only part is the whole line.
pub(super) fn of_body_line(before: &Explained, line: &[u8]) -> Explained {
    let mut explained = before.clone();
    for part in &mut explained.parts {
        part.range = 0..without_ending(line).len();
    }
    explained
}

/// The content that is kept of a line.
pub(super) fn shown(by: Side, line: &[u8], explained: &Explained) -> LineContent {
    let masked = explained.masked(line);
    let octets = masked.get(..LONGEST).unwrap_or(&masked).to_vec();
    let shown = explained.with_parts(explained.masked_parts(), octets.len());
    LineContent::Said { by, text: shown_text(line, explained), octets, explained: Box::new(shown) }
}

/// The masked line as text, without its ending.
pub(super) fn shown_text(line: &[u8], explained: &Explained) -> String {
    let masked = explained.masked(line);
    let begin = masked.get(..LONGEST).unwrap_or(&masked);
    let mut text = printable(&String::from_utf8_lossy(without_ending(begin)));
    if begin.len() < masked.len() {
        text.push_str(&format!(" … ({} octets in all)", masked.len()));
    }
    text
}
