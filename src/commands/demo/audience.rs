//! The audience of a demo: a person at a terminal, or a file or pipe that replaces it.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::teaching::transcript::{Audience, PlayPace};

/// The audience on standard input and output.
pub(super) struct StandardAudience {
    /// True for a keyboard and a screen: there a question disappears when it is answered.
    at_terminal: bool,
}

impl StandardAudience {
    pub(super) fn new() -> StandardAudience {
        StandardAudience { at_terminal: io::stdout().is_terminal() && io::stdin().is_terminal() }
    }

    /// Returns the keys that a person at a terminal needs to know.
    pub(super) fn hint(&self, pace: PlayPace) -> Option<String> {
        let hint = match pace {
            PlayPace::Fast => return None,
            PlayPace::Reading => "At ⏎ it waits for you: Enter continues, Ctrl-D plays to the end.",
            PlayPace::Step => {
                "It waits for you before each line: Enter continues, Ctrl-D plays to the end."
            }
        };
        self.at_terminal.then(|| hint.to_owned())
    }
}

impl Audience for StandardAudience {
    fn wait(&mut self) -> io::Result<bool> {
        let mut out = io::stdout();
        if self.at_terminal {
            write!(out, "⏎")?;
            out.flush()?;
        }
        let line = read_line()?;
        if self.at_terminal {
            // ECMA-48: after Enter one line up (CUU), then to the first column, and erase the line (EL).
            let up = if line.is_some() { "\x1b[A" } else { "" };
            write!(out, "{up}\r\x1b[2K")?;
        }
        Ok(line.is_some())
    }

    fn ask(&mut self, question: &str) -> io::Result<Option<String>> {
        let mut out = io::stdout();
        write!(out, "   {question}")?;
        out.flush()?;
        let line = read_line()?;
        if !self.at_terminal || line.is_none() {
            // Nothing else has ended the line.
            writeln!(out)?;
        }
        Ok(line)
    }
}

/// Reads a line of the input; `None` at its end.
fn read_line() -> io::Result<Option<String>> {
    let mut line = String::new();
    let octets = io::stdin().lock().read_line(&mut line)?;
    Ok((octets > 0).then_some(line))
}
