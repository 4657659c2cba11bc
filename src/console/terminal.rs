//! The terminal, with a history, completion and hints; or a pipe in its place.
//!
//! The server may send a line while a person types. [`Printer`] shows it above the line that is being
//! typed. A secret is masked while it is typed, and it is not kept in the history.

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

use super::interrupted::before_interruption;
use crate::teaching::text::TextStyle;

/// The most lines of the history.
const HISTORY: usize = 1000;

/// Input from the person or the pipe.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// A line, without its ending.
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D, or the end of the pipe.
    End,
}

/// Helps a person to type: it knows the state of the conversation.
pub(super) trait TypingAid {
    /// Returns completions of a line, and the offset from which they replace its text.
    fn complete(&self, line: &str) -> (usize, Vec<String>);

    /// Returns a hint for the rest of a line.
    fn hint(&self, line: &str) -> Option<String>;

    /// Returns the octets of a line that are secret.
    fn secrets(&self, line: &str) -> Vec<Range<usize>>;
}

/// Called when F1 is pressed.
pub(super) type F1Action = Box<dyn Fn() + Send + Sync>;

/// A terminal, or a pipe in its place.
pub(super) enum Terminal<G: TypingAid> {
    Editor(
        Box<Editor<EditorHelper<G>, FileHistory>>,
        #[expect(dead_code, reason = "it lives as long as the editor")] Unechoed,
    ),
    Pipe(io::StdinLock<'static>),
}

impl<G: TypingAid> Terminal<G> {
    /// Opens the terminal, or the pipe if input or output is not a terminal.
    ///
    /// # Errors
    /// When the terminal cannot be used.
    pub(super) fn open(
        aid: G,
        style: TextStyle,
        on_f1: F1Action,
        history: &Path,
    ) -> io::Result<Terminal<G>> {
        if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
            return Ok(Terminal::Pipe(io::stdin().lock()));
        }
        let config = Config::builder()
            .max_history_size(HISTORY)
            .map_err(failed)?
            .auto_add_history(false)
            // Masking is a kind of highlighting, and is needed without colours, too.
            .color_mode(ColorMode::Forced)
            .build();
        let unechoed = Unechoed::begin()?;
        let mut editor = Editor::with_config(config).map_err(failed)?;
        editor.set_helper(Some(EditorHelper { aid, style }));
        let f1 = KeyEvent(KeyCode::F(1), Modifiers::NONE);
        editor.bind_sequence(f1, EventHandler::Conditional(Box::new(OnF1(on_f1))));
        // The first time there is no history.
        let _ = editor.load_history(history);
        Ok(Terminal::Editor(Box::new(editor), unechoed))
    }

    /// Returns the printer for everything that is not typed.
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

    /// Waits for a line. At a terminal, the line begins with `begin`.
    ///
    /// # Errors
    /// When the input cannot be read.
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

    /// Saves the history for the next time.
    ///
    /// # Errors
    /// When the file cannot be written.
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

/// Turns the echo of the terminal off while it lives.
///
/// Between two lines the terminal itself would show what is typed ahead, a password included. The
/// line editor shows it later.
pub(super) struct Unechoed(Termios);

impl Unechoed {
    fn begin() -> io::Result<Unechoed> {
        let usual = tcgetattr(io::stdin())?;
        let mut quiet = usual.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Now, &quiet)?;
        let at_end = Unechoed(usual.clone());
        // Ctrl-C between two lines ends the program; the terminal must be as it was.
        before_interruption(move || at_end.restore())?;
        Ok(Unechoed(usual))
    }

    fn restore(&self) {
        // If the terminal is gone, nothing needs to be restored.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

impl Drop for Unechoed {
    fn drop(&mut self) {
        self.restore();
    }
}

/// Adds a line to the history, unless it contains a secret.
fn remember<G: TypingAid>(editor: &mut Editor<EditorHelper<G>, FileHistory>, line: &str) {
    let aid = editor.helper().map(|helper| &helper.aid);
    let is_secret = aid.is_some_and(|aid| !aid.secrets(line).is_empty());
    if !is_secret && !line.trim().is_empty() {
        // Adding to memory does not fail.
        let _ = editor.add_history_entry(line);
    }
}

fn failed(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        other => io::Error::other(other),
    }
}

/// Prints text, above the line that is being typed if there is one.
pub(super) struct Printer(Option<Box<dyn ExternalPrinter + Send>>);

impl Printer {
    /// Prints whole lines.
    ///
    /// # Errors
    /// When the output cannot be written to.
    pub(super) fn print(&mut self, text: String) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        match &mut self.0 {
            Some(terminal) => terminal.print(text).map_err(failed),
            None => {
                let mut out = io::stdout().lock();
                out.write_all(text.as_bytes())?;
                out.flush()
            }
        }
    }
}

/// Connects a [`TypingAid`] with the line editor.
pub(super) struct EditorHelper<G: TypingAid> {
    aid: G,
    style: TextStyle,
}

impl<G: TypingAid> rustyline::Helper for EditorHelper<G> {}

impl<G: TypingAid> rustyline::validate::Validator for EditorHelper<G> {}

impl<G: TypingAid> Completer for EditorHelper<G> {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.aid.complete(line.get(..at).unwrap_or(line)))
    }
}

impl<G: TypingAid> Hinter for EditorHelper<G> {
    type Hint = String;

    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<String> {
        (at == line.len()).then(|| self.aid.hint(line)).flatten()
    }
}

impl<G: TypingAid> Highlighter for EditorHelper<G> {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        Cow::Owned(self.style.client(&masked(line, &self.aid.secrets(line))))
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

/// Returns a line with a bullet for each character of a secret.
pub(super) fn masked(line: &str, secrets: &[Range<usize>]) -> String {
    let hidden = |at: usize| secrets.iter().any(|secret| secret.contains(&at));
    let shown = |(at, c)| if hidden(at) { '•' } else { c };
    line.char_indices().map(shown).collect()
}

struct OnF1(F1Action);

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
        assert_eq!(masked("PASS über", &[password.clone(), password]), "PASS ••••");
        assert_eq!(masked("PASS x", &[]), "PASS x");
    }
}
