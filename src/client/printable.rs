//! Text from a network, made fit for a terminal.

/// The text without anything that a terminal would obey: control characters (an escape sequence
/// could rewrite the screen) and the marks that turn the direction of writing become U+FFFD.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if is_harmless(c) { c } else { '\u{fffd}' })
        .collect()
}

/// Does a terminal show this character, and do nothing else?
pub(crate) fn is_harmless(c: char) -> bool {
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !turns
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
