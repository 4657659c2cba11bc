//! A recorded conversation as text, in the manner of a demonstration: what each side said in its
//! colour, below it what it means, each explanation once, and when something took its time.

use jiff::{SignedDuration, Timestamp};

use super::{Dialogue, Ending, Summary, Turn};
use super::{Explain, Told, particulars};
use crate::client::printable;
use crate::teaching::explain::Explained;
use crate::teaching::text::{
    TextStyle, WIDEST, local_time, readable_duration, rule, spoken, without_ending, wrap,
};
use crate::teaching::wire_tap::Side;
use crate::teaching::wire_tap::journal::{Happened, LeftOut, Place, Said};
use crate::teaching::wire_tap::why_no_tls;

/// How it is told.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    /// Colours or none.
    pub style: TextStyle,
    /// The columns that there are; `None`: lines are not wrapped.
    pub width: Option<usize>,
    /// Which lines are explained.
    pub explain: Explain,
}

/// Tells a conversation.
pub struct Teller {
    telling: Telling,
    told: Told,
    /// When the last turn was.
    before: Option<Timestamp>,
}

/// A pause that one should know of.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// Lines of a message that are shown when they are too many, and how many are too many.
const SHOWN: usize = 6;
const TOO_MANY: usize = 12;

impl Teller {
    /// One that has told nothing yet.
    #[must_use]
    pub fn new(telling: Telling) -> Teller {
        Teller {
            telling,
            told: Told::default(),
            before: None,
        }
    }

    /// The whole conversation.
    #[must_use]
    pub fn whole(telling: Telling, dialogue: &Dialogue) -> Vec<String> {
        let mut teller = Teller::new(telling);
        let mut lines = teller.head(&dialogue.summary);
        for turn in &dialogue.turns {
            lines.extend(teller.turn(turn));
        }
        if dialogue.summary.ending == Ending::Open {
            lines.extend(teller.aside("its end is not recorded: it goes on, or the program died"));
        }
        lines
    }

    /// Who spoke with whom, when, and how long.
    #[must_use]
    pub fn head(&self, summary: &Summary) -> Vec<String> {
        let place = &summary.place;
        let title = format!("Conversation {}: {}", place.connection, between(place));
        let titles = wrap("", "", &title, self.telling.width);
        let mut lines: Vec<String> = titles
            .iter()
            .map(|line| self.telling.style.bold(line))
            .collect();
        let mut facts = vec![format!("began {}", local_time(summary.began))];
        if !summary.whole {
            facts = vec!["its beginning is not in the journal any more".to_owned()];
        }
        facts.push(format!("took {}", readable_duration(summary.duration())));
        facts.push(format!(
            "we are the {}, in the thread {:?}",
            place.ours, place.thread
        ));
        if let Some(user) = &summary.user {
            facts.push(format!("{} has logged in", printable(user)));
        }
        for line in wrap("", "", &facts.join("; "), self.telling.width) {
            lines.push(self.telling.style.faint(&line));
        }
        lines.push(String::new());
        lines
    }

    /// A line that says which connection is told of from here on.
    #[must_use]
    pub fn turn_to(&mut self, place: &Place) -> Vec<String> {
        self.before = None;
        let words = format!("{}, {}", place.connection, between(place));
        vec![self.rule(&words)]
    }

    /// What there is to see of a turn.
    pub fn turn(&mut self, turn: &Turn) -> Vec<String> {
        let mut lines = self.pause(turn);
        match &turn.what {
            Happened::Opened => {}
            Happened::Said(said) => lines.extend(self.said(said, turn.explained.as_ref())),
            Happened::Secured {
                version, cipher, ..
            } => {
                let words = format!("under TLS from here on: {version}, {cipher}");
                lines.push(self.rule(&printable(&words)));
                lines.extend(self.below(turn.explained.as_ref(), Side::Server));
            }
            Happened::Ended { by } => {
                lines.extend(self.aside(&format!("the {by} has said that nothing more follows")));
            }
            Happened::Failed { why, .. } => {
                let words = format!("there is no TLS: {}", why_no_tls(why));
                lines.extend(self.aside(&printable(&words)));
                lines.extend(self.below(turn.explained.as_ref(), Side::Server));
            }
            Happened::Reset => lines.extend(self.aside("the other end broke the connection off")),
            Happened::Lost => lines.extend(
                self.aside("the recording ends here: there was more than could be written in time"),
            ),
            Happened::Closed => lines.extend(self.aside("the connection is closed")),
        }
        lines
    }

    fn said(&mut self, said: &Said, explained: Option<&Explained>) -> Vec<String> {
        let (mark, colour): (_, fn(TextStyle, &str) -> String) = match said.by {
            Side::Client => ("C: ", TextStyle::client),
            Side::Server => ("S: ", TextStyle::server),
        };
        let octets = said.octets.octets();
        let all: Vec<&[u8]> = octets.split_inclusive(|octet| *octet == b'\n').collect();
        let most = if all.len() > TOO_MANY {
            SHOWN
        } else {
            TOO_MANY
        };
        let mut lines = Vec::new();
        for line in all.iter().take(most) {
            let shown = spoken(mark, without_ending(line), self.telling.width);
            lines.extend(shown.iter().map(|line| colour(self.telling.style, line)));
        }
        let hidden = all.len().saturating_sub(most);
        if hidden > 0 {
            lines.extend(self.aside(&format!("and {hidden} more lines, which are recorded")));
        }
        if let Some(words) = left_out(said) {
            lines.extend(self.aside(&words));
        }
        lines.extend(self.below(explained, said.by));
        lines
    }

    /// What a line means, below it.
    fn below(&mut self, explained: Option<&Explained>, by: Side) -> Vec<String> {
        let Some(explained) = explained else {
            return Vec::new();
        };
        if !self.telling.explain.covers(by == Side::Client) {
            return Vec::new();
        }
        let own = particulars(&explained.parts, explained.fault.as_deref());
        let notes = self.told.notes(own, &explained.entry, &explained.also);
        let width = Some(self.telling.width.unwrap_or(WIDEST).min(WIDEST));
        let lines = notes
            .iter()
            .flat_map(|note| wrap("   · ", "     ", note, width));
        lines.map(|line| self.telling.style.faint(&line)).collect()
    }

    fn pause(&mut self, turn: &Turn) -> Vec<String> {
        let before = self.before.replace(turn.until).unwrap_or(turn.time);
        let pause = turn.time.duration_since(before);
        match pause >= PAUSE {
            true => self.aside(&format!("{} later", readable_duration(pause))),
            false => Vec::new(),
        }
    }

    fn aside(&self, text: &str) -> Vec<String> {
        let lines = wrap("   (", "    ", &format!("{text})"), self.telling.width);
        lines
            .iter()
            .map(|line| self.telling.style.faint(line))
            .collect()
    }

    fn rule(&self, words: &str) -> String {
        self.telling.style.warning(&rule(words, self.telling.width))
    }
}

/// `imaps, 127.0.0.1:4711 with 127.0.0.1:2993`
pub(super) fn between(place: &Place) -> String {
    let Place {
        service,
        client,
        server,
        ..
    } = place;
    format!("{}, {client} with {server}", printable(service))
}

/// How much was left out behind what was said.
pub(super) fn left_out(said: &Said) -> Option<String> {
    match said.left_out {
        LeftOut { octets: 0, .. } => None,
        LeftOut { lines: 0, octets } => Some(format!("and {octets} more octets were not recorded")),
        LeftOut { lines, octets } => Some(format!(
            "and {lines} more lines were not recorded, {octets} octets"
        )),
    }
}
