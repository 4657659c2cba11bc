//! Where a play differed from its script, told in a sentence with both lines below it.

use std::fmt;
use std::io;

/// Where a play differed from its script.
#[derive(Debug)]
pub struct Difference {
    /// The line of the script, from 1.
    pub line: usize,
    /// What was different there.
    pub fault: Fault,
}

/// What was different.
#[derive(Debug)]
pub enum Fault {
    /// The server said something else.
    Line {
        /// What the script expects.
        expected: String,
        /// What came.
        got: String,
        /// How many characters of `got` are right; a regular expression does not tell.
        right: Option<usize>,
    },
    /// The server closed the connection instead of saying this.
    ClosedEarly(String),
    /// The server said this instead of closing the connection.
    NotClosed(String),
    /// The server said this, too, when the script was over.
    Unheard(String),
    /// What the script wants to remember is not in the line.
    NotFound {
        /// What was looked for.
        expression: String,
        /// Where.
        line: String,
    },
    /// The connection failed.
    Connection(io::Error),
    /// Whoever watched has gone; the script is not to blame.
    Audience(io::Error),
}

impl Difference {
    /// What happened, in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let sentence = match &self.fault {
            Fault::Line { .. } => "the server said something else",
            Fault::ClosedEarly(_) => "the server closed instead of saying",
            Fault::NotClosed(_) => "the server did not close but said",
            Fault::Unheard(_) => "the server said more",
            Fault::NotFound { .. } => "what is to be remembered was not said",
            Fault::Connection(error) => {
                return format!("line {}: the connection failed: {error}", self.line);
            }
            Fault::Audience(error) => return format!("nobody watches any more: {error}"),
        };
        format!("line {}: {sentence}", self.line)
    }

    /// What was expected and what came, in lines of at most `width` characters, and below them a
    /// caret where they differ. Long lines are cut around it.
    #[must_use]
    pub fn comparison(&self, width: usize) -> Vec<String> {
        let (expected, got, at) = match &self.fault {
            Fault::Line {
                expected,
                got,
                right,
            } => (Some(expected), Some(got), *right),
            Fault::ClosedEarly(expected) => (Some(expected), None, None),
            Fault::NotClosed(got) | Fault::Unheard(got) => (None, Some(got), None),
            Fault::NotFound { expression, line } => (Some(expression), Some(line), None),
            Fault::Connection(_) | Fault::Audience(_) => (None, None, None),
        };
        let room = width.saturating_sub(EXPECTED.len()).max(NARROWEST);
        let fits = got.is_none_or(|got| got.chars().count() <= room);
        let middle = at.unwrap_or(0).saturating_sub(room / 2);
        let from = if fits { 0 } else { middle };
        let row = |label: &str, text: &String| format!("{label}{}", cut(text, from, room));
        let caret = |at: usize| format!("{:1$}^", "", EXPECTED.len() + at - from);
        let rows = [
            expected.map(|text| row(EXPECTED, text)),
            got.map(|text| row(GOT, text)),
            at.map(caret),
        ];
        rows.into_iter().flatten().collect()
    }
}

const EXPECTED: &str = "  expected  ";
const GOT: &str = "  got       ";
/// Characters of a line that are shown, however narrow the screen is.
const NARROWEST: usize = 16;

/// `room` characters of a text, from this one on if it is longer; an ellipsis stands for what is
/// left out.
fn cut(text: &str, from: usize, room: usize) -> String {
    let length = text.chars().count();
    let from = if length <= room { 0 } else { from };
    let window = text.chars().enumerate().skip(from).take(room);
    let gone = |at: usize| {
        let (first, last) = (from, from + room - 1);
        at == first && from > 0 || at == last && last + 1 < length
    };
    window
        .map(|(at, c)| if gone(at) { '…' } else { c })
        .collect()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        let comparison = self.comparison(usize::MAX);
        comparison.iter().try_for_each(|line| write!(f, "\n{line}"))
    }
}

impl std::error::Error for Difference {}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Connection(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(expected: &str, got: &str, right: usize) -> Difference {
        let fault = Fault::Line {
            expected: expected.to_owned(),
            got: got.to_owned(),
            right: Some(right),
        };
        Difference { line: 3, fault }
    }

    #[test]
    fn each_row_is_a_difference_as_a_narrow_screen_shows_it() {
        let rows = [
            (
                of("250 Ok", "550 No", 0),
                "  expected  250 Ok|  got       550 No|            ^",
            ),
            (
                of(
                    "250 ... Ok",
                    "250 this is quite a long story, and not Ok at all",
                    40,
                ),
                "  expected  250 ... Ok|  got       …nd not Ok at a…|                    ^",
            ),
            (
                of("250 0123456789abcdef", "250 0123456789abcdeg", 19),
                "  expected  …89abcdef|  got       …89abcdeg|                    ^",
            ),
        ];
        for (difference, expected) in rows {
            let lines = difference.comparison(28);
            assert_eq!(lines.join("|"), expected);
            assert!(lines.iter().all(|line| line.chars().count() <= 28));
        }
        assert_eq!(
            of("a", "b", 0).sentence(),
            "line 3: the server said something else"
        );
    }
}
