//! The screen on which a play is shown: both sides in two colours, the narration, and the guesses.
//!
//! The text fits a projector and forty columns. Control characters of a peer are escaped, and long lines
//! are cut.

mod audience;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub use self::audience::{Audience, PlayPace, ScreenOptions};
use self::audience::{Guesses, Verdict};
use super::notes::{Detail, NoteChooser};
use super::text::{TextLayout, lines_shown};
use crate::mail::net::Side;
use crate::teaching::explain::{Explained, Observer, Texts};
use crate::teaching::script::{Caller, ClientEvent, PlayEvent, ScriptAction};
use crate::teaching::text::{paragraphs, without_ending, wrap};

/// The screen on which a play is shown.
pub struct Screen<'a> {
    out: &'a mut dyn Write,
    audience: &'a mut dyn Audience,
    options: ScreenOptions<'a>,
    /// `None` if the audience does not guess (any more).
    guesses: Option<Guesses>,
    /// The score of an audience that has left.
    score: String,
    /// True between what a client sends and the first line of the reply.
    awaiting: bool,
    texts: Arc<Texts>,
    /// Follow the conversation of each client, also offstage: the meaning of a line depends on others.
    observers: BTreeMap<u32, Observer>,
    chooser: NoteChooser,
    /// Lines of narration that were not shown yet.
    narration: Vec<String>,
    /// True if the last line on the screen is empty.
    gap: bool,
}

/// The pause between two lines.
const LINE: Duration = Duration::from_millis(350);
/// The pause for each character of narration, and the longest pause for a narration.
const CHARACTER: Duration = Duration::from_millis(18);
const NARRATION: Duration = Duration::from_secs(5);

impl<'a> Screen<'a> {
    /// Returns an empty screen.
    pub fn new(
        out: &'a mut dyn Write,
        audience: &'a mut dyn Audience,
        options: ScreenOptions<'a>,
    ) -> Screen<'a> {
        Screen {
            out,
            audience,
            guesses: options.guesses.then(Guesses::default),
            score: String::new(),
            awaiting: false,
            texts: Texts::compiled_in(),
            observers: BTreeMap::new(),
            chooser: NoteChooser::default(),
            options,
            narration: Vec::new(),
            gap: true,
        }
    }

    /// Shows an event.
    ///
    /// # Errors
    /// When the screen cannot be written to.
    pub fn show(&mut self, event: PlayEvent<'_>) -> io::Result<()> {
        match event {
            PlayEvent::Next(step) => self.before(&step.action),
            PlayEvent::Narration(line) => {
                self.narration.push(line.to_owned());
                Ok(())
            }
            PlayEvent::Pause if self.options.pace == PlayPace::Fast => Ok(()),
            PlayEvent::Pause => self.wait(),
            PlayEvent::Client(caller, event) => self.client(caller, event),
            PlayEvent::Offstage(caller, event) => {
                self.follow(caller, event);
                Ok(())
            }
        }
    }

    /// Shows the rest of the narration, and the score if replies were guessed.
    ///
    /// # Errors
    /// When the screen cannot be written to.
    pub fn end(&mut self) -> io::Result<()> {
        self.narrate()?;
        self.leave_gap()?;
        let score = match &self.guesses {
            Some(guesses) => guesses.score(),
            None => self.score.clone(),
        };
        if !score.is_empty() {
            self.write(&self.options.style.bold(&score))?;
        }
        self.out.flush()
    }

    /// Shows a heading and lines below it.
    ///
    /// # Errors
    /// When the screen cannot be written to.
    pub fn title(&mut self, title: &str, lines: &[String]) -> io::Result<()> {
        let TextLayout { style, width } = self.layout();
        for line in wrap("", "", title, width) {
            self.write(&style.bold(&line))?;
        }
        for line in lines.iter().flat_map(|line| wrap("", "  ", line, width)) {
            self.write(&style.faint(&line))?;
        }
        self.leave_gap()
    }

    /// Shows the narration before a step, and waits as long as the pace wants.
    fn before(&mut self, action: &ScriptAction) -> io::Result<()> {
        if matches!(action, ScriptAction::Narrate(_)) {
            return Ok(());
        }
        self.narrate()?;
        let is_visible = matches!(
            action,
            ScriptAction::Send(_)
                | ScriptAction::Expect(_)
                | ScriptAction::StartTls
                | ScriptAction::Disconnect
                | ScriptAction::Closed
        );
        match self.options.pace {
            PlayPace::Step if is_visible => self.wait(),
            PlayPace::Reading if is_visible => self.rest(LINE),
            _ => Ok(()),
        }
    }

    fn client(&mut self, caller: &Caller, event: ClientEvent<'_>) -> io::Result<()> {
        match event {
            ClientEvent::Turn => {
                self.leave_gap()?;
                let place = caller.at.as_ref().map(|at| format!(" at {at}"));
                let place = place.unwrap_or_default();
                let name = caller.protocol.name();
                self.rule(&format!("client {}, {name}{place}", caller.number))
            }
            ClientEvent::Connected => {
                self.follow(caller, event);
                self.awaiting = true;
                self.aside(&format!("connected to {}", (self.options.address)(caller)))
            }
            ClientEvent::Sent(octets) => {
                self.awaiting = true;
                self.sent(caller, octets)
            }
            ClientEvent::Received(line) => self.received(caller, line),
            ClientEvent::Encrypted => {
                self.follow(caller, event);
                self.rule("TLS from here on")
            }
            ClientEvent::Disconnected => self.aside("the client closes without a goodbye"),
            ClientEvent::Closed => self.aside("the server has closed the connection"),
        }
    }

    /// Follows an event that is not shown.
    fn follow(&mut self, caller: &Caller, event: ClientEvent<'_>) {
        match event {
            ClientEvent::Connected => {
                self.observers.remove(&caller.number);
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

    fn observer(&mut self, caller: &Caller) -> &mut Observer {
        let observer = || Observer::new(caller.protocol, Arc::clone(&self.texts));
        self.observers.entry(caller.number).or_insert_with(observer)
    }

    fn sent(&mut self, caller: &Caller, octets: &[u8]) -> io::Result<()> {
        let lines: Vec<&[u8]> = octets.split_inclusive(|octet| *octet == b'\n').collect();
        let shown = lines_shown(lines.len());
        for (at, line) in lines.iter().enumerate() {
            let explained = self.observer(caller).client(line);
            if at < shown {
                self.line(Side::Client, without_ending(line), &explained)?;
                self.notes(Side::Client, &explained)?;
            }
        }
        if shown < lines.len() {
            let hidden = lines.len() - shown;
            let all = octets.len();
            self.aside(&format!("and {hidden} more lines, {all} octets in all"))?;
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
        let explained = self.observer(caller).server(line);
        self.line(Side::Server, line, &explained)?;
        let guesses = self.guesses.as_mut();
        let verdict = guesses.and_then(|guesses| guesses.verdict(caller.protocol, line));
        let style = self.options.style;
        match verdict {
            None => {}
            Some(Verdict::Right) => self.write(&style.bold("   ✓ right"))?,
            Some(Verdict::Half) => self.write(&style.warning("   ½ the first digit is right"))?,
            Some(Verdict::Wrong) => self.write(&style.wrong("   ✗ not what you guessed"))?,
        }
        self.notes(Side::Server, &explained)
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

    fn line(&mut self, by: Side, line: &[u8], explained: &Explained) -> io::Result<()> {
        let text = if self.options.show_secrets {
            self.layout().line(by, line)
        } else {
            self.layout().line(by, &explained.masked(line))
        };
        self.write_all(&text)
    }

    /// Shows what a line means, below it.
    fn notes(&mut self, by: Side, explained: &Explained) -> io::Result<()> {
        if !self.options.explain.covers(by) {
            return Ok(());
        }
        let notes = self.chooser.notes(Detail::Brief, explained);
        self.write_all(&self.layout().notes(Detail::Brief, &notes))
    }

    fn aside(&mut self, text: &str) -> io::Result<()> {
        self.write_all(&self.layout().aside(text))
    }

    fn rule(&mut self, words: &str) -> io::Result<()> {
        self.write(&self.layout().rule(words))
    }

    fn narrate(&mut self) -> io::Result<()> {
        if self.narration.is_empty() {
            return Ok(());
        }
        self.leave_gap()?;
        let lines = std::mem::take(&mut self.narration);
        let TextLayout { style, width } = self.layout();
        let bar = style.warning("▌");
        for line in paragraphs(&lines, "  ", width) {
            let text = line.strip_prefix("  ").unwrap_or_default();
            self.write(&format!("{bar} {text}"))?;
        }
        self.leave_gap()?;
        if self.options.pace == PlayPace::Reading {
            let characters: usize = lines.iter().map(|line| line.chars().count()).sum();
            self.rest(NARRATION.min(CHARACTER * characters as u32))?;
        }
        Ok(())
    }

    fn wait(&mut self) -> io::Result<()> {
        self.out.flush()?;
        if !self.audience.wait()? {
            // No audience is left to wait for.
            self.options.pace = PlayPace::Fast;
        }
        Ok(())
    }

    fn rest(&mut self, time: Duration) -> io::Result<()> {
        self.out.flush()?;
        thread::sleep(time);
        Ok(())
    }

    /// Returns the layout for the present width of the screen.
    fn layout(&self) -> TextLayout {
        TextLayout { style: self.options.style, width: (self.options.width)() }
    }

    /// Writes an empty line, unless there is one.
    fn leave_gap(&mut self) -> io::Result<()> {
        if self.gap {
            return Ok(());
        }
        self.write("")
    }

    fn write_all(&mut self, lines: &[String]) -> io::Result<()> {
        lines.iter().try_for_each(|line| self.write(line))
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        self.gap = line.is_empty();
        writeln!(self.out, "{line}")
    }
}
