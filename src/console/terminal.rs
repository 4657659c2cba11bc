//! Where the person types: a terminal with a history, completion and hints, or a pipe.
//!
//! While someone types, the server may speak. [`Printer`] shows it above the line that is being
//! typed, and leaves that line alone. What is a secret is masked while it is typed, and no history
//! has it.

use std::borrow::Cow;
use std::io::{self, BufRead, IsTerminal, Write};
use std::ops::Range;
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::{
    Cmd, ColorMode, ConditionalEventHandler, Config, Context, Editor, Event, EventContext,
    EventHandler, ExternalPrinter, KeyCode, KeyEvent, Modifiers, RepeatCount,
};

use crate::console::before_interruption;
use crate::teaching::text::TextStyle;

/// Lines that a history keeps.
const HISTORY: usize = 1000;

/// What came from the person.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// A line, without its ending.
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D, or the end of the pipe.
    End,
}

/// What helps the person to type: it knows where the conversation is.
pub(super) trait Guide {
    /// What may follow what stands there: whole words, each replacing the text from an offset on.
    fn complete(&self, line: &str) -> (usize, Vec<String>);

    /// What could be typed behind this, shown faintly.
    fn hint(&self, line: &str) -> Option<String>;

    /// The octets of the line that nobody else should see.
    fn secrets(&self, line: &str) -> Vec<Range<usize>>;
}

/// What is done when F1 is pressed.
pub(super) type Help = Box<dyn Fn() + Send + Sync>;

/// The person's terminal, or the pipe in its place.
pub(super) enum Terminal<G: Guide> {
    Editor(
        Box<Editor<Assistant<G>, FileHistory>>,
        #[expect(dead_code, reason = "it lives as long as this")] Unechoed,
    ),
    Pipe(io::StdinLock<'static>),
}

impl<G: Guide> Terminal<G> {
    /// The terminal, if a person sits at both ends of it.
    ///
    /// # Errors
    /// When it cannot be used.
    pub(super) fn open(
        guide: G,
        style: TextStyle,
        help: Help,
        history: &Path,
    ) -> io::Result<Terminal<G>> {
        if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
            return Ok(Terminal::Pipe(io::stdin().lock()));
        }
        let config = Config::builder()
            .max_history_size(HISTORY)
            .map_err(failed)?
            .auto_add_history(false)
            // Masking is a kind of highlighting, and wanted without colours, too.
            .color_mode(ColorMode::Forced)
            .build();
        let unechoed = Unechoed::begin()?;
        let mut editor = Editor::with_config(config).map_err(failed)?;
        editor.set_helper(Some(Assistant { guide, style }));
        let f1 = KeyEvent(KeyCode::F(1), Modifiers::NONE);
        editor.bind_sequence(f1, EventHandler::Conditional(Box::new(OnF1(help))));
        // The first time there is none.
        let _ = editor.load_history(history);
        Ok(Terminal::Editor(Box::new(editor), unechoed))
    }

    /// Whatever the server says goes through this.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub(super) fn printer(&mut self) -> io::Result<Printer> {
        match self {
            Terminal::Editor(editor, _) => {
                let printer = editor.create_external_printer().map_err(failed)?;
                Ok(Printer(Some(Box::new(printer))))
            }
            Terminal::Pipe(_) => Ok(Printer(None)),
        }
    }

    /// Waits for a line. At a terminal this begins it.
    ///
    /// # Errors
    /// When nothing can be read any more.
    pub(super) fn read(&mut self, begin: &str) -> io::Result<Input> {
        match self {
            Terminal::Editor(editor, _) => match editor.readline_with_initial("C: ", (begin, "")) {
                Ok(line) => {
                    remember(editor, &line);
                    Ok(Input::Line(line))
                }
                Err(ReadlineError::Interrupted) => Ok(Input::Interrupt),
                Err(ReadlineError::Eof) => Ok(Input::End),
                Err(error) => Err(failed(error)),
            },
            Terminal::Pipe(pipe) => {
                let mut line = Vec::new();
                if pipe.read_until(b'\n', &mut line)? == 0 {
                    return Ok(Input::End);
                }
                let line = String::from_utf8_lossy(&line);
                let line = line.strip_suffix('\n').unwrap_or(&line);
                let line = line.strip_suffix('\r').unwrap_or(line);
                Ok(Input::Line(line.to_owned()))
            }
        }
    }

    /// Keeps the history for the next time.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn save_history(&mut self, history: &Path) -> io::Result<()> {
        let Terminal::Editor(editor, _) = self else {
            return Ok(());
        };
        if let Some(folder) = history.parent() {
            std::fs::create_dir_all(folder)?;
        }
        editor.save_history(history).map_err(failed)
    }
}

/// Between two lines the terminal itself would show what is typed ahead, and a password with it: it
/// is told not to, as long as this lives. The line that is typed shows it when its turn comes.
pub(super) struct Unechoed(Termios);

impl Unechoed {
    fn begin() -> io::Result<Unechoed> {
        let usual = tcgetattr(io::stdin())?;
        let mut quiet = usual.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Now, &quiet)?;
        let at_end = Unechoed(usual.clone());
        // Ctrl-C between two lines ends the program, but leaves the terminal as it was.
        before_interruption(move || at_end.restore())?;
        Ok(Unechoed(usual))
    }

    fn restore(&self) {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

impl Drop for Unechoed {
    fn drop(&mut self) {
        self.restore();
    }
}

/// Notes a line for the arrow keys; not one with a secret in it.
fn remember<G: Guide>(editor: &mut Editor<Assistant<G>, FileHistory>, line: &str) {
    let guide = editor.helper().map(|assistant| &assistant.guide);
    let is_secret = guide.is_some_and(|guide| !guide.secrets(line).is_empty());
    if !is_secret && !line.trim().is_empty() {
        // In memory only; it does not fail.
        let _ = editor.add_history_entry(line);
    }
}

fn failed(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        other => io::Error::other(other),
    }
}

/// Shows text, above a line that is being typed if there is one.
pub(super) struct Printer(Option<Box<dyn ExternalPrinter + Send>>);

impl Printer {
    /// Shows whole lines.
    ///
    /// # Errors
    /// When they cannot be shown; then nobody watches any more.
    pub(super) fn print(&mut self, text: String) -> io::Result<()> {
        match &mut self.0 {
            _ if text.is_empty() => Ok(()),
            Some(terminal) => terminal.print(text).map_err(failed),
            None => {
                let mut out = io::stdout().lock();
                out.write_all(text.as_bytes())?;
                out.flush()
            }
        }
    }
}

/// The guide, as the line editor wants to be helped.
pub(super) struct Assistant<G: Guide> {
    guide: G,
    style: TextStyle,
}

impl<G: Guide> rustyline::Helper for Assistant<G> {}

impl<G: Guide> rustyline::validate::Validator for Assistant<G> {}

impl<G: Guide> Completer for Assistant<G> {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.guide.complete(line.get(..at).unwrap_or(line)))
    }
}

impl<G: Guide> Hinter for Assistant<G> {
    type Hint = String;

    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<String> {
        (at == line.len()).then(|| self.guide.hint(line)).flatten()
    }
}

impl<G: Guide> Highlighter for Assistant<G> {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        Cow::Owned(self.style.client(&masked(line, &self.guide.secrets(line))))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(self.style.client(prompt))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(self.style.faint(hint))
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        true
    }
}

/// A line with a bullet for each character of what nobody should see.
pub(super) fn masked(line: &str, secrets: &[Range<usize>]) -> String {
    let hidden = |at: usize| secrets.iter().any(|secret| secret.contains(&at));
    let shown = |(at, c)| if hidden(at) { '•' } else { c };
    line.char_indices().map(shown).collect()
}

struct OnF1(Help);

impl ConditionalEventHandler for OnF1 {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        (self.0)();
        Some(Cmd::Noop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_and_the_rest_is_not() {
        let password = 5..10;
        assert_eq!(
            masked("PASS über", &[password.clone(), password]),
            "PASS ••••"
        );
        assert_eq!(masked("PASS x", &[]), "PASS x");
    }
}
