//! Colours, for whom they are wanted: each has one meaning, here and in every command.

use std::io::IsTerminal;

/// May the text be coloured?
#[derive(Clone, Copy, Debug)]
pub struct Style(pub bool);

impl Style {
    /// Colours for a terminal, unless its user wants none.
    #[must_use]
    pub fn on(output: &impl IsTerminal) -> Style {
        // https://no-color.org: any value but the empty one means none.
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Style(output.is_terminal() && !plain)
    }

    /// A server of a way, a heading.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.select("1", text)
    }

    /// What stands beside the subject.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.select("2", text)
    }

    /// What deserves a second look.
    #[must_use]
    pub fn warning(self, text: &str) -> String {
        self.select("33", text)
    }

    /// What is wrong.
    #[must_use]
    pub fn wrong(self, text: &str) -> String {
        self.select("1;31", text)
    }

    /// What a client says.
    #[must_use]
    pub fn client(self, text: &str) -> String {
        self.select("1;36", text)
    }

    /// What a server says.
    #[must_use]
    pub fn server(self, text: &str) -> String {
        self.select("32", text)
    }

    /// ECMA-48 §8.3.117, SGR.
    fn select(self, how: &str, text: &str) -> String {
        match self {
            Style(true) if !text.is_empty() => format!("\x1b[{how}m{text}\x1b[0m"),
            _ => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_only_for_whom_they_are_wanted() {
        assert_eq!(Style(false).bold("a"), "a");
        assert_eq!(Style(true).bold("a"), "\x1b[1ma\x1b[0m");
        assert_eq!(Style(true).client(""), "");
    }
}
