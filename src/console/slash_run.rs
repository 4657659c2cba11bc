//! What the words for the console do: `/save`, `/tls`, `/help`.

use std::fs;
use std::path::Path;

use super::Failure;
use super::prompt::Console;
use super::slash::{SLASHES, Slash};
use crate::teaching::text::{TextStyle, wrap};

impl Console<'_> {
    /// Does what the word says, and shows what there is to say of it.
    ///
    /// # Errors
    /// When the terminal fails, or a new connection does.
    pub(super) fn obey(&mut self, slash: Slash) -> Result<(), Failure> {
        let lines = match slash {
            Slash::Help => help((self.options.width)(), self.options.style),
            Slash::Why => self.meeting.conversation().why(),
            Slash::State => self.meeting.conversation().states(),
            Slash::Explain(explain) => {
                self.meeting.conversation().explain = explain;
                Vec::new()
            }
            Slash::Raw(raw) => {
                self.meeting.conversation().raw = raw;
                Vec::new()
            }
            Slash::Tag(tags) => {
                self.meeting.conversation().tags = tags;
                Vec::new()
            }
            Slash::Tls => self.tls(),
            Slash::Save(file) => vec![self.save(&file)],
            Slash::Connect => match self.connect() {
                Err(Failure::Client(error)) => vec![error.to_string()],
                connected => return connected,
            },
            Slash::Quit => Vec::new(),
        };
        self.print(&lines)
    }

    /// Asks for TLS; the handshake follows by itself when the server agrees.
    fn tls(&mut self) -> Vec<String> {
        let line = self.meeting.conversation().starttls();
        match line {
            Some(line) => {
                self.say(&line, false);
                Vec::new()
            }
            None => vec![
                "TLS cannot be begun here: the server does not offer it in this state.".to_owned(),
            ],
        }
    }

    fn save(&self, file: &Path) -> String {
        let script = self.meeting.conversation().script();
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
        "What you type is sent as it stands. Tab completes, the arrow up brings back.",
        width,
    );
    for (word, argument, does) in SLASHES {
        let usage = format!("{word} {argument}");
        page.extend(wrap(&format!("  {usage:<28}"), "      ", does, width));
    }
    page.extend(wrap(
        "",
        "",
        "To send a line that begins with a slash, type two.",
        width,
    ));
    page.iter().map(|line| style.faint(line)).collect()
}
