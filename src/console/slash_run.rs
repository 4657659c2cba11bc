//! What the words for the console do: `/save`, `/tls`, `/help` and the others.

use std::fs;
use std::path::Path;

use super::ConsoleError;
use super::connection_thread::Origin;
use super::prompt::Console;
use super::slash::{SLASHES, Slash};
use crate::teaching::text::{TextStyle, wrap};

impl Console<'_> {
    /// Does what a word says, and shows the result.
    ///
    /// # Errors
    /// When the terminal fails, or a new connection does.
    pub(super) fn obey(&mut self, slash: Slash) -> Result<(), ConsoleError> {
        let lines = match slash {
            Slash::Help => help((self.options.width)(), self.options.style),
            Slash::Why => self.shared.conversation().why(),
            Slash::State => self.shared.conversation().states(),
            Slash::Explain(explain) => {
                self.shared.conversation().explain = explain;
                Vec::new()
            }
            Slash::Raw { on } => {
                self.shared.conversation().raw = on;
                Vec::new()
            }
            Slash::Tag { on } => {
                self.shared.conversation().tags = on;
                Vec::new()
            }
            Slash::Tls => self.tls(),
            Slash::Save(file) => vec![self.save(&file)],
            Slash::Connect => match self.connect() {
                Err(ConsoleError::Client(error)) => vec![error.to_string()],
                connected => return connected,
            },
            Slash::Quit => Vec::new(),
        };
        self.print(&lines)
    }

    /// Asks for TLS. The handshake follows when the server agrees.
    fn tls(&mut self) -> Vec<String> {
        let line = self.shared.conversation().starttls();
        match line {
            Some(line) => {
                self.say(&line, Origin::Console);
                Vec::new()
            }
            None => {
                vec!["TLS cannot begin now: the server does not offer it in this state.".to_owned()]
            }
        }
    }

    fn save(&self, file: &Path) -> String {
        let script = self.shared.conversation().script();
        match fs::write(file, script.to_string()) {
            Ok(()) => {
                let name = file.display();
                format!("Saved. `pillarbox demo {name}` plays it again.")
            }
            Err(error) => format!("{} cannot be written: {error}", file.display()),
        }
    }
}

fn help(width: Option<usize>, style: TextStyle) -> Vec<String> {
    let mut page = wrap(
        "",
        "",
        "What you type is sent as it is. Tab completes a line, the up arrow brings back earlier lines.",
        width,
    );
    for (word, argument, does) in SLASHES {
        let usage = format!("{word} {argument}");
        page.extend(wrap(&format!("  {usage:<28}"), "      ", does, width));
    }
    page.extend(wrap("", "", "To send a line that begins with a slash, type two.", width));
    page.iter().map(|line| style.faint(line)).collect()
}
