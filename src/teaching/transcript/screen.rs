//! A play as a person sees it: what the client says and what the server says in two colours, the
//! narration beside them, and what was guessed.
//!
//! It is written for a projector and for forty columns. What came from a network is made harmless
//! before it is shown, and cut where nobody would read on.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use super::guess::{Guesses, Verdict};
use super::notes::{Explain, Notes};
use crate::teaching::explain::Texts;
use crate::teaching::script::{Caller, ClientEvent, PlayEvent, ScriptAction};
use crate::teaching::text::{TextStyle, WIDEST, paragraphs, rule, spoken, without_ending, wrap};

/// What a play is shown with.
pub struct Look<'a> {
    /// Colours or none.
    pub style: TextStyle,
    /// The columns there are at this moment; `None`: lines are not wrapped.
    pub width: &'a dyn Fn() -> Option<usize>,
    /// How fast it goes.
    pub pace: Pace,
    /// Are replies to be guessed?
    pub guesses: bool,
    /// Which lines are explained.
    pub explain: Explain,
    /// May passwords be shown?
    pub show_secrets: bool,
    /// Where a client connects to, for the line that says so.
    pub place: &'a dyn Fn(&Caller) -> String,
}

/// How fast a play goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As fast as the servers are; pauses are none.
    Fast,
    /// So that one can read along; at a pause it waits.
    Reading,
    /// It waits before each line.
    Step,
}

/// Whoever watches, as far as they have to do something.
pub trait Audience {
    /// Waits until they want to go on; `false`: nobody is there any more to say so.
    ///
    /// # Errors
    /// When they cannot be asked.
    fn wait(&mut self) -> io::Result<bool>;

    /// Asks them for a line; `None`: nobody answers any more.
    ///
    /// # Errors
    /// When they cannot be asked.
    fn ask(&mut self, question: &str) -> io::Result<Option<String>>;
}

/// Where a play is shown.
pub struct Screen<'a> {
    out: &'a mut dyn Write,
    audience: &'a mut dyn Audience,
    look: Look<'a>,
    /// `None`: nobody guesses (any more).
    guesses: Option<Guesses>,
    /// The score of those who have left.
    score: String,
    /// A reply is awaited of which nothing was received yet.
    awaiting: bool,
    notes: Notes,
    /// Lines of narration that were not shown yet.
    narration: Vec<String>,
    /// Is the last line on the screen empty?
    gap: bool,
}

/// Between two lines, for the eye to follow.
const LINE: Duration = Duration::from_millis(350);
/// For a character of narration, and for a whole one at most.
const CHARACTER: Duration = Duration::from_millis(18);
const NARRATION: Duration = Duration::from_secs(5);
/// Lines of one sending that are shown when they are too many.
const SENT_LINES: usize = 12;

impl<'a> Screen<'a> {
    /// An empty one.
    pub fn new(
        out: &'a mut dyn Write,
        audience: &'a mut dyn Audience,
        look: Look<'a>,
    ) -> Screen<'a> {
        Screen {
            out,
            audience,
            guesses: look.guesses.then(Guesses::default),
            score: String::new(),
            notes: Notes::new(look.explain, look.show_secrets, Texts::compiled_in()),
            look,
            awaiting: false,
            narration: Vec::new(),
            gap: true,
        }
    }

    /// Shows what happens.
    ///
    /// # Errors
    /// When nothing can be shown any more.
    pub fn show(&mut self, event: PlayEvent<'_>) -> io::Result<()> {
        match event {
            PlayEvent::Next(step) => self.before(&step.action),
            PlayEvent::Narration(line) => {
                self.narration.push(line.to_owned());
                Ok(())
            }
            PlayEvent::Pause if self.look.pace == Pace::Fast => Ok(()),
            PlayEvent::Pause => self.wait(),
            PlayEvent::Client(caller, did) => self.client(caller, did),
            PlayEvent::Offstage(caller, did) => {
                self.notes.follow(caller, did);
                Ok(())
            }
        }
    }

    /// The narration that is left, and the score if replies were guessed.
    ///
    /// # Errors
    /// When nothing can be shown any more.
    pub fn end(&mut self) -> io::Result<()> {
        self.narrate()?;
        self.leave_gap()?;
        let score = self
            .guesses
            .as_ref()
            .map_or(self.score.clone(), Guesses::score);
        if !score.is_empty() {
            self.write(&self.look.style.bold(&score))?;
        }
        self.out.flush()
    }

    /// A heading, and lines below it.
    ///
    /// # Errors
    /// When nothing can be shown any more.
    pub fn title(&mut self, title: &str, lines: &[String]) -> io::Result<()> {
        let (style, width) = (self.look.style, (self.look.width)());
        for line in wrap("", "", title, width) {
            self.write(&style.bold(&line))?;
        }
        for line in lines.iter().flat_map(|line| wrap("", "  ", line, width)) {
            self.write(&style.faint(&line))?;
        }
        self.leave_gap()
    }

    /// The moment before a step: the narration is read, the eye follows, the teacher speaks.
    fn before(&mut self, action: &ScriptAction) -> io::Result<()> {
        if matches!(action, ScriptAction::Narrate(_)) {
            return Ok(());
        }
        self.narrate()?;
        let speaks = matches!(
            action,
            ScriptAction::Send(_)
                | ScriptAction::Expect(_)
                | ScriptAction::StartTls
                | ScriptAction::Disconnect
                | ScriptAction::Closed
        );
        match self.look.pace {
            Pace::Step if speaks => self.wait(),
            Pace::Reading if speaks => self.rest(LINE),
            _ => Ok(()),
        }
    }

    fn client(&mut self, caller: &Caller, did: ClientEvent<'_>) -> io::Result<()> {
        match did {
            ClientEvent::Turn => {
                self.leave_gap()?;
                let place = caller.at.as_ref().map(|at| format!(" at {at}"));
                let place = place.unwrap_or_default();
                let name = caller.protocol.name();
                self.rule(&format!("client {}, {name}{place}", caller.number))
            }
            ClientEvent::Connected => {
                self.notes.follow(caller, did);
                self.awaiting = true;
                self.aside(&format!("connected to {}", (self.look.place)(caller)))
            }
            ClientEvent::Sent(octets) => {
                self.awaiting = true;
                self.sent(caller, octets)
            }
            ClientEvent::Received(line) => self.received(caller, line),
            ClientEvent::Encrypted => {
                self.notes.follow(caller, did);
                self.rule("under TLS from here on")
            }
            ClientEvent::Disconnected => self.aside("the client vanishes without a word"),
            ClientEvent::Closed => self.aside("the server has closed the connection"),
        }
    }

    fn sent(&mut self, caller: &Caller, octets: &[u8]) -> io::Result<()> {
        let lines: Vec<&[u8]> = octets.split_inclusive(|octet| *octet == b'\n').collect();
        let most = match lines.len() > SENT_LINES {
            true => SENT_LINES / 2,
            false => SENT_LINES,
        };
        for (at, line) in lines.iter().enumerate() {
            let noted = self.notes.sent(caller, line);
            if at < most {
                self.line("C: ", without_ending(&noted.line), TextStyle::client)?;
                self.below(&noted.notes)?;
            }
        }
        let left = lines.len().saturating_sub(most);
        if left > 0 {
            let all = octets.len();
            self.aside(&format!("and {left} more lines, {all} octets in all"))?;
        }
        if !octets.ends_with(b"\n") {
            self.aside("without a line ending")?;
        }
        Ok(())
    }

    fn received(&mut self, caller: &Caller, line: &[u8]) -> io::Result<()> {
        if std::mem::take(&mut self.awaiting) {
            self.guess(caller)?;
        }
        let noted = self.notes.received(caller, line);
        self.line("S: ", &noted.line, TextStyle::server)?;
        let guesses = self.guesses.as_mut();
        let verdict = guesses.and_then(|guesses| guesses.verdict(caller.protocol, line));
        let style = self.look.style;
        match verdict {
            None => {}
            Some(Verdict::Right) => self.write(&style.bold("   ✓ right"))?,
            Some(Verdict::Half) => self.write(&style.warning("   ½ the first digit is right"))?,
            Some(Verdict::Wrong) => self.write(&style.wrong("   ✗ not what you thought"))?,
        }
        self.below(&noted.notes)
    }

    /// What a line means, below it.
    fn below(&mut self, notes: &[String]) -> io::Result<()> {
        for note in notes {
            let width = Some((self.look.width)().unwrap_or(WIDEST).min(WIDEST));
            for line in wrap("   · ", "     ", note, width) {
                self.write(&self.look.style.faint(&line))?;
            }
        }
        Ok(())
    }

    fn guess(&mut self, caller: &Caller) -> io::Result<()> {
        let Some(guesses) = &mut self.guesses else {
            return Ok(());
        };
        self.out.flush()?;
        match self.audience.ask(Guesses::question(caller.protocol))? {
            Some(guess) => guesses.guess(&guess),
            None => {
                self.score = guesses.score();
                self.guesses = None;
            }
        }
        Ok(())
    }

    /// A line of the conversation, in its colour.
    fn line(
        &mut self,
        mark: &str,
        line: &[u8],
        colour: fn(TextStyle, &str) -> String,
    ) -> io::Result<()> {
        for line in spoken(mark, line, (self.look.width)()) {
            self.write(&colour(self.look.style, &line))?;
        }
        Ok(())
    }

    /// What happens to a connection, set apart from what is said on it.
    fn aside(&mut self, text: &str) -> io::Result<()> {
        for line in wrap("   (", "    ", &format!("{text})"), (self.look.width)()) {
            self.write(&self.look.style.faint(&line))?;
        }
        Ok(())
    }

    fn rule(&mut self, words: &str) -> io::Result<()> {
        let line = rule(words, (self.look.width)());
        self.write(&self.look.style.warning(&line))
    }

    fn narrate(&mut self) -> io::Result<()> {
        if self.narration.is_empty() {
            return Ok(());
        }
        self.leave_gap()?;
        let lines = std::mem::take(&mut self.narration);
        let bar = self.look.style.warning("▌");
        for line in paragraphs(&lines, "  ", (self.look.width)()) {
            self.write(&format!(
                "{bar} {}",
                line.strip_prefix("  ").unwrap_or_default()
            ))?;
        }
        self.leave_gap()?;
        let characters: usize = lines.iter().map(|line| line.chars().count()).sum();
        match self.look.pace {
            Pace::Reading => self.rest(NARRATION.min(CHARACTER * characters as u32)),
            _ => Ok(()),
        }
    }

    fn wait(&mut self) -> io::Result<()> {
        self.out.flush()?;
        if !self.audience.wait()? {
            // Nobody is left to wait for.
            self.look.pace = Pace::Fast;
        }
        Ok(())
    }

    fn rest(&mut self, time: Duration) -> io::Result<()> {
        self.out.flush()?;
        thread::sleep(time);
        Ok(())
    }

    /// An empty line, unless there is one.
    fn leave_gap(&mut self) -> io::Result<()> {
        match self.gap {
            true => Ok(()),
            false => self.write(""),
        }
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        self.gap = line.is_empty();
        writeln!(self.out, "{line}")
    }
}

#[cfg(test)]
mod tests;
