//! What stands below a line of a conversation: explanations, and octets in hexadecimal.

use crate::console::notes::sentence;
use crate::console::{Ink, behind};
use crate::protocol::explain::Entry;

/// Rows of octets that are shown of a line.
const ROWS: usize = 64;

/// Before each line of an explanation.
const MARK: &str = "   │ ";

/// How much of an entry is said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// What it says, and why it exists.
    Whole,
    /// What it says.
    Short,
    /// Its name, and what it says: it is a part of the line.
    Named,
}

/// What is said below a line: of each of these entries as much as is wanted.
pub(super) fn brief(entries: &[(&Entry, Told)], width: Option<usize>, ink: Ink) -> Vec<String> {
    let told = |(entry, told): &(&Entry, Told)| {
        let sentence = sentence(entry, *told == Told::Whole);
        match told {
            Told::Named => format!("{}: {sentence}", entry.title),
            Told::Whole | Told::Short => sentence,
        }
    };
    // No line ends between RFC and its number, nor before its section.
    let whole = |text: String| text.replace("RFC ", "RFC\u{a0}").replace(" §", "\u{a0}§");
    let lines = entries
        .iter()
        .flat_map(|entry| marked(&whole(told(entry)), width));
    lines.map(|line| ink.faint(&line)).collect()
}

/// A text below a line.
pub(super) fn marked(text: &str, width: Option<usize>) -> Vec<String> {
    behind(MARK, MARK, text, width)
}

/// The octets of a line in hexadecimal, sixteen in a row, with their characters beside them.
pub(crate) fn hexadecimal(line: &[u8]) -> Vec<String> {
    let row = |(at, octets): (usize, &[u8])| {
        let hex: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        let text = octets.iter().map(|octet| match octet {
            b' '..=b'~' => char::from(*octet),
            _ => '.',
        });
        format!(
            "   {:04x}  {:<47}  {}",
            at * 16,
            hex.join(" "),
            text.collect::<String>()
        )
    };
    line.chunks(16).enumerate().take(ROWS).map(row).collect()
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::protocol::explain::{Texts, Topic};

    #[test]
    fn as_much_of_an_entry_as_is_wanted() {
        let texts = Texts::compiled_in();
        let quit = &**texts.find(Topic::SmtpCommand, "QUIT").unwrap();
        let told = |told| brief(&[(quit, told)], None, Ink(false)).join("\n");
        assert_eq!(
            told(Told::Short),
            format!("   │ {} ({})", quit.says, quit.rfc.replace(' ', "\u{a0}"))
        );
        assert!(told(Told::Whole).contains(&quit.why));
        assert!(told(Told::Named).starts_with("   │ QUIT: "));
    }

    #[test]
    fn octets_in_rows_of_sixteen() {
        let rows = hexadecimal(b"EHLO \xff\x00 me, and more");
        assert_eq!(
            rows[0],
            "   0000  45 48 4c 4f 20 ff 00 20 6d 65 2c 20 61 6e 64 20  EHLO .. me, and "
        );
        assert_eq!(
            rows[1],
            "   0010  6d 6f 72 65                                      more"
        );
        assert_eq!(hexadecimal(&[0; 100_000]).len(), ROWS);
    }
}
