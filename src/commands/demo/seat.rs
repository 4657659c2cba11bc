//! Whoever watches a demo: at a keyboard, or a file or pipe in its place.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::teaching::transcript::{Audience, Pace};

/// Somebody who watches.
pub(super) struct Seat {
    /// A keyboard and a screen: what is asked there disappears when it is answered.
    at_terminal: bool,
}

impl Seat {
    pub(super) fn new(shown_on_terminal: bool) -> Seat {
        Seat {
            at_terminal: shown_on_terminal && io::stdin().is_terminal(),
        }
    }

    /// What somebody at a keyboard has to know.
    pub(super) fn hint(&self, pace: Pace) -> Option<String> {
        let hint = match pace {
            Pace::Fast => return None,
            Pace::Reading => "At ⏎ it waits for you: Enter goes on, Ctrl-D plays to the end.",
            Pace::Step => {
                "Before each line it waits for you: Enter goes on, Ctrl-D plays to the end."
            }
        };
        self.at_terminal.then(|| hint.to_owned())
    }
}

impl Audience for Seat {
    fn wait(&mut self) -> io::Result<bool> {
        let mut out = io::stdout();
        if self.at_terminal {
            write!(out, "⏎")?;
            out.flush()?;
        }
        let line = read_line()?;
        if self.at_terminal {
            // ECMA-48: up a line if Enter has left it (CUU), to its first column, and erase it (EL).
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
            // Nobody has pressed Enter there.
            writeln!(out)?;
        }
        Ok(line)
    }
}

/// A line of the input; `None` at its end.
fn read_line() -> io::Result<Option<String>> {
    let mut line = String::new();
    let octets = io::stdin().lock().read_line(&mut line)?;
    Ok((octets > 0).then_some(line))
}
