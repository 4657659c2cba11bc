//! What stands below a line of a conversation: its explanations.

use crate::teaching::explain::Entry;
use crate::teaching::text::{TextStyle, wrap};
use crate::teaching::transcript::sentence;

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
pub(super) fn brief(
    entries: &[(&Entry, Told)],
    width: Option<usize>,
    style: TextStyle,
) -> Vec<String> {
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
    lines.map(|line| style.faint(&line)).collect()
}

/// A text below a line.
pub(super) fn marked(text: &str, width: Option<usize>) -> Vec<String> {
    wrap(MARK, MARK, text, width)
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::teaching::explain::{Texts, Topic};

    #[test]
    fn as_much_of_an_entry_as_is_wanted() {
        let texts = Texts::compiled_in();
        let quit = &**texts.find(Topic::SmtpCommand, "QUIT").unwrap();
        let told = |told| brief(&[(quit, told)], None, TextStyle::Plain).join("\n");
        assert_eq!(
            told(Told::Short),
            format!("   │ {} ({})", quit.says, quit.rfc.replace(' ', "\u{a0}"))
        );
        assert!(told(Told::Whole).contains(&quit.why));
        assert!(told(Told::Named).starts_with("   │ QUIT: "));
    }
}
