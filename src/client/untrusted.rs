//! Text from a network: bounded in memory, and made fit for a terminal.

use std::io::{self, Write};

/// Keeps what is written to it, up to a maximum; more is an error.
#[derive(Debug)]
pub struct BoundedBuffer {
    octets: Vec<u8>,
    maximum: usize,
}

impl BoundedBuffer {
    /// Makes an empty buffer that takes at most `maximum` octets.
    #[must_use]
    pub fn new(maximum: usize) -> BoundedBuffer {
        BoundedBuffer { octets: Vec::new(), maximum }
    }

    /// Returns what was written.
    #[must_use]
    pub fn into_inner(self) -> Vec<u8> {
        self.octets
    }
}

impl Write for BoundedBuffer {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if octets.len() > self.maximum - self.octets.len() {
            return Err(io::Error::other("it is too large to be kept in memory"));
        }
        self.octets.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Replaces every character that a terminal would obey by U+FFFD.
///
/// These are the control characters (an escape sequence could rewrite the screen) and the marks that
/// change the direction of writing.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if is_harmless(c) { c } else { '\u{fffd}' }).collect()
}

/// True if a terminal only shows this character.
pub(crate) fn is_harmless(c: char) -> bool {
    let changes_direction =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !changes_direction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_replaced() {
        let rows = [
            ("plain text, naïve 😀", "plain text, naïve 😀"),
            ("\x1b]0;title\x07", "\u{fffd}]0;title\u{fffd}"),
            ("one\r\ntwo\tthree", "one\u{fffd}\u{fffd}two\u{fffd}three"),
            ("C1: \u{9b}2J", "C1: \u{fffd}2J"),
            ("gpj.\u{202e}exe", "gpj.\u{fffd}exe"),
        ];
        for (text, expected) in rows {
            assert_eq!(printable(text), expected);
        }
    }
}
