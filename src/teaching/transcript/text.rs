//! Conversations as text, for a terminal of any width: lines with their marks, and notes below.
//!
//! A demo, a typed conversation and a recorded one are laid out by the same [`TextLayout`].
//! [`TextRenderer`] writes recorded ones, also while they happen.

use jiff::{SignedDuration, Timestamp};

use super::notes::{Detail, Explain, Note, NoteChooser};
use super::{ConversationEnd, Dialogue, Summary, TranscriptLine};
use crate::client::printable;
use crate::mail::net::Side;
use crate::teaching::explain::Explained;
use crate::teaching::text::{
    TextStyle, WIDEST, local_time, readable_duration, rule, spoken, without_ending, wrap,
};
use crate::teaching::wire_tap::journal::{Happened, LeftOut, RecordedConnection, Said};
use crate::teaching::wire_tap::why_no_tls;

/// The style and the width of text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextLayout {
    /// Colours or none.
    pub(crate) style: TextStyle,
    /// The columns of the screen; `None` if lines are not wrapped.
    pub(crate) width: Option<usize>,
}

/// The lines that are shown of a sending with too many lines.
pub(crate) const LINES_SHOWN: usize = 6;

/// Returns how many lines are shown of a sending with so many lines.
pub(super) fn lines_shown(lines: usize) -> usize {
    if lines > 2 * LINES_SHOWN { LINES_SHOWN } else { lines }
}

impl TextLayout {
    /// Writes a line of one side, after its mark and in its colour.
    pub(crate) fn line(self, by: Side, line: &[u8]) -> Vec<String> {
        let lines = |mark| spoken(mark, line, self.width);
        match by {
            Side::Client => styled(&lines("C: "), |line| self.style.client(line)),
            Side::Server => styled(&lines("S: "), |line| self.style.server(line)),
        }
    }

    /// Writes the notes below a line.
    pub(crate) fn notes(self, detail: Detail, notes: &[Note]) -> Vec<String> {
        let widest = Some(self.width.unwrap_or(WIDEST).min(WIDEST));
        let (mark, indent, width) = match detail {
            Detail::Brief => ("   · ", "     ", widest),
            Detail::Full => ("   │ ", "   │ ", self.width),
        };
        let mut lines = Vec::new();
        for note in notes {
            match note {
                Note::Line(text) if detail == Detail::Full => {
                    let text = wrap(mark, indent, text, width);
                    lines.extend(styled(&text, |line| self.style.bold(line)));
                }
                Note::Line(text) | Note::Entry(text) => {
                    let text = wrap(mark, indent, text, width);
                    lines.extend(styled(&text, |line| self.style.faint(line)));
                }
            }
        }
        lines
    }

    /// Writes, in parentheses, what happens to a connection.
    pub(crate) fn aside(self, text: &str) -> Vec<String> {
        let lines = wrap("   (", "    ", &format!("{text})"), self.width);
        styled(&lines, |line| self.style.faint(line))
    }

    /// Writes a text that deserves a second look, after a mark.
    pub(crate) fn warning(self, mark: &str, text: &str) -> Vec<String> {
        let indent = if mark.is_empty() { "" } else { "     " };
        let lines = wrap(mark, indent, text, self.width);
        styled(&lines, |line| self.style.warning(line))
    }

    /// Draws a line across the page with words in it.
    pub(crate) fn rule(self, words: &str) -> String {
        self.style.warning(&rule(words, self.width))
    }
}

fn styled(lines: &[String], style: impl Fn(&str) -> String) -> Vec<String> {
    lines.iter().map(|line| style(line)).collect()
}

/// The options of a [`TextRenderer`].
#[derive(Clone, Copy, Debug)]
pub struct TextOptions {
    /// Colours or none.
    pub style: TextStyle,
    /// The columns of the screen; `None` if lines are not wrapped.
    pub width: Option<usize>,
    /// Which lines are explained.
    pub explain: Explain,
}

/// Writes a recorded conversation as text: what each side said, what it means, and long pauses.
pub struct TextRenderer {
    layout: TextLayout,
    explain: Explain,
    chooser: NoteChooser,
    /// The end of the line before.
    before: Option<Timestamp>,
}

/// The shortest pause between two lines that is shown.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);

impl TextRenderer {
    /// Begins a text.
    #[must_use]
    pub fn new(options: TextOptions) -> TextRenderer {
        let TextOptions { style, width, .. } = options;
        TextRenderer {
            layout: TextLayout { style, width },
            explain: options.explain,
            chooser: NoteChooser::default(),
            before: None,
        }
    }

    /// Writes a whole conversation.
    #[must_use]
    pub fn whole(options: TextOptions, dialogue: &Dialogue) -> Vec<String> {
        let mut renderer = TextRenderer::new(options);
        let mut text = renderer.head(&dialogue.summary);
        for line in &dialogue.lines {
            text.extend(renderer.line(line));
        }
        if dialogue.summary.ending == ConversationEnd::Open {
            let words = "its end is not recorded: it goes on, or the program was killed";
            text.extend(renderer.layout.aside(words));
        }
        text
    }

    /// Writes who spoke with whom, when, and for how long.
    #[must_use]
    pub fn head(&self, summary: &Summary) -> Vec<String> {
        let TextLayout { style, width } = self.layout;
        let place = &summary.place;
        let title = format!("Conversation {}: {}", place.connection, between(place));
        let mut facts = Vec::new();
        facts.push(if summary.whole {
            format!("began {}", local_time(summary.began))
        } else {
            "its beginning is not in the journal any more".to_owned()
        });
        facts.push(format!("took {}", readable_duration(summary.duration())));
        facts.push(format!("we are the {}, in the thread {:?}", place.ours, place.thread));
        if let Some(user) = &summary.user {
            facts.push(format!("{} has logged in", printable(user)));
        }
        let mut text = styled(&wrap("", "", &title, width), |line| style.bold(line));
        let facts = wrap("", "", &facts.join("; "), width);
        text.extend(styled(&facts, |line| style.faint(line)));
        text.push(String::new());
        text
    }

    /// Writes which connection the next lines are from.
    #[must_use]
    pub fn turn_to(&mut self, place: &RecordedConnection) -> String {
        self.before = None;
        self.layout.rule(&format!("{}, {}", place.connection, between(place)))
    }

    /// Writes a line of the conversation, and its notes below.
    pub fn line(&mut self, line: &TranscriptLine) -> Vec<String> {
        let mut text = self.pause(line);
        let layout = self.layout;
        match &line.what {
            Happened::Opened => {}
            Happened::Said(said) => {
                text.extend(self.said(said));
                text.extend(self.notes(line.explained.as_ref(), said.by));
            }
            Happened::Secured { version, cipher, .. } => {
                let words = format!("TLS from here on: {version}, {cipher}");
                text.push(layout.rule(&printable(&words)));
                text.extend(self.notes(line.explained.as_ref(), Side::Server));
            }
            Happened::Failed { why, .. } => {
                let words = format!("TLS failed: {}", why_no_tls(why));
                text.extend(layout.aside(&printable(&words)));
                text.extend(self.notes(line.explained.as_ref(), Side::Server));
            }
            Happened::Ended { by } => {
                text.extend(layout.aside(&format!("the {by} will send nothing more")));
            }
            Happened::Reset => text.extend(layout.aside("the other end reset the connection")),
            Happened::Lost => text.extend(layout.aside(LOST)),
            Happened::Closed => text.extend(layout.aside("the connection is closed")),
        }
        text
    }

    fn said(&self, said: &Said) -> Vec<String> {
        let octets = said.octets.octets();
        let lines: Vec<&[u8]> = octets.split_inclusive(|octet| *octet == b'\n').collect();
        let shown = lines_shown(lines.len());
        let mut text = Vec::new();
        for line in lines.iter().take(shown) {
            text.extend(self.layout.line(said.by, without_ending(line)));
        }
        if shown < lines.len() {
            let hidden = lines.len() - shown;
            let words = format!("and {hidden} more lines, which are recorded");
            text.extend(self.layout.aside(&words));
        }
        if let Some(words) = left_out(said) {
            text.extend(self.layout.aside(&words));
        }
        text
    }

    fn notes(&mut self, explained: Option<&Explained>, by: Side) -> Vec<String> {
        let Some(explained) = explained else {
            return Vec::new();
        };
        if !self.explain.covers(by) {
            return Vec::new();
        }
        let notes = self.chooser.notes(Detail::Brief, explained);
        self.layout.notes(Detail::Brief, &notes)
    }

    fn pause(&mut self, line: &TranscriptLine) -> Vec<String> {
        let before = self.before.replace(line.until).unwrap_or(line.time);
        let pause = line.time.duration_since(before);
        if pause < PAUSE {
            return Vec::new();
        }
        self.layout.aside(&format!("{} later", readable_duration(pause)))
    }
}

const LOST: &str = "the recording ends here: there was more than could be written in time";

/// Returns the service and both ends: `imaps, 127.0.0.1:4711 with 127.0.0.1:2993`.
fn between(place: &RecordedConnection) -> String {
    let service = printable(&place.service);
    format!("{service}, {} with {}", place.client, place.server)
}

/// Returns a sentence about what was not recorded after a line.
pub(super) fn left_out(said: &Said) -> Option<String> {
    match said.left_out {
        LeftOut { octets: 0, .. } => None,
        LeftOut { lines: 0, octets } => Some(format!("and {octets} more octets were not recorded")),
        LeftOut { lines, octets } => {
            Some(format!("and {lines} more lines were not recorded, {octets} octets"))
        }
    }
}
