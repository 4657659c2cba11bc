//! Colours for text at a terminal. Each colour has one meaning, here and in every command.

use std::io::IsTerminal;

/// How text is written: with colours or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextStyle {
    /// Without colours: for a file, a pipe, or a user who wants none.
    Plain,
    /// With colours (ECMA-48 §8.3.117, SGR).
    Coloured,
}

impl TextStyle {
    /// Returns the style for an output: a terminal gets colours, unless `NO_COLOR` is set.
    #[must_use]
    pub fn on(output: &impl IsTerminal) -> TextStyle {
        // https://no-color.org: any value but the empty one means no colours.
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if output.is_terminal() && !no_color { TextStyle::Coloured } else { TextStyle::Plain }
    }

    /// A heading.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.select("1", text)
    }

    /// A remark beside the subject.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.select("2", text)
    }

    /// Something that deserves a second look.
    #[must_use]
    pub fn warning(self, text: &str) -> String {
        self.select("33", text)
    }

    /// A mistake.
    #[must_use]
    pub fn wrong(self, text: &str) -> String {
        self.select("1;31", text)
    }

    /// A line of a client.
    #[must_use]
    pub fn client(self, text: &str) -> String {
        self.select("1;36", text)
    }

    /// A line of a server.
    #[must_use]
    pub fn server(self, text: &str) -> String {
        self.select("32", text)
    }

    /// Writes the text with these SGR parameters.
    fn select(self, parameters: &str, text: &str) -> String {
        if self == TextStyle::Plain || text.is_empty() {
            return text.to_owned();
        }
        format!("\x1b[{parameters}m{text}\x1b[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_coloured_text_has_escapes() {
        assert_eq!(TextStyle::Plain.bold("a"), "a");
        assert_eq!(TextStyle::Coloured.bold("a"), "\x1b[1ma\x1b[0m");
        assert_eq!(TextStyle::Coloured.client(""), "");
    }
}
