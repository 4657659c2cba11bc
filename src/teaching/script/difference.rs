//! A difference between a play and its script: a sentence, and both lines below it.

use std::fmt;
use std::io;

/// A difference between a play and its script.
#[derive(Debug)]
pub struct Difference {
    /// The line of the script, from 1.
    pub line: usize,
    /// What is different there.
    pub mismatch: Mismatch,
}

/// What is different.
#[derive(Debug)]
pub enum Mismatch {
    /// The server sent another line.
    Line {
        /// The line that the script expects.
        expected: String,
        /// The line that came.
        got: String,
        /// How many characters of `got` are right; `None` for a regular expression.
        right: Option<usize>,
    },
    /// The server closed the connection before it sent this line.
    ClosedEarly(String),
    /// The server sent this line, and the script expects that it closes.
    NotClosed(String),
    /// The server sent this line, and the script has ended.
    TooMuch(String),
    /// The line does not contain what `! set` looks for.
    NotFound {
        /// The regular expression.
        expression: String,
        /// The line that was searched.
        line: String,
    },
    /// The connection failed.
    Connection(io::Error),
    /// The audience has left: the play cannot be shown any more.
    Audience(io::Error),
}

impl Difference {
    /// Returns one sentence that says what happened.
    #[must_use]
    pub fn sentence(&self) -> String {
        let sentence = match &self.mismatch {
            Mismatch::Line { .. } => "the server said something else",
            Mismatch::ClosedEarly(_) => "the server closed the connection instead of saying",
            Mismatch::NotClosed(_) => "the server did not close the connection but said",
            Mismatch::TooMuch(_) => "the server said more than the script",
            Mismatch::NotFound { .. } => "the line does not contain what ! set looks for",
            Mismatch::Connection(error) => {
                return format!("line {}: the connection failed: {error}", self.line);
            }
            Mismatch::Audience(error) => return format!("the play cannot be shown: {error}"),
        };
        format!("line {}: {sentence}", self.line)
    }

    /// Returns the expected line, the line that came, and a caret where they differ.
    ///
    /// Each row has at most `width` characters; long lines are cut around the difference.
    #[must_use]
    pub fn comparison(&self, width: usize) -> Vec<String> {
        let (expected, got, at) = self.sides();
        let room = width.saturating_sub(EXPECTED.len()).max(NARROWEST);
        let fits = got.is_none_or(|got| got.chars().count() <= room);
        let middle = at.unwrap_or(0).saturating_sub(room / 2);
        let from = if fits { 0 } else { middle };
        let mut rows = Vec::new();
        if let Some(text) = expected {
            rows.push(format!("{EXPECTED}{}", cut(text, from, room)));
        }
        if let Some(text) = got {
            rows.push(format!("{GOT}{}", cut(text, from, room)));
        }
        if let Some(at) = at {
            rows.push(format!("{:1$}^", "", EXPECTED.len() + at - from));
        }
        rows
    }

    /// Returns the expected text, the text that came, and the character where they differ.
    fn sides(&self) -> (Option<&str>, Option<&str>, Option<usize>) {
        match &self.mismatch {
            Mismatch::Line { expected, got, right } => (Some(expected), Some(got), *right),
            Mismatch::ClosedEarly(expected) => (Some(expected), None, None),
            Mismatch::NotClosed(got) | Mismatch::TooMuch(got) => (None, Some(got), None),
            Mismatch::NotFound { expression, line } => (Some(expression), Some(line), None),
            Mismatch::Connection(_) | Mismatch::Audience(_) => (None, None, None),
        }
    }
}

const EXPECTED: &str = "  expected  ";
const GOT: &str = "  got       ";
/// The fewest characters of a line that are shown, however narrow the screen is.
const NARROWEST: usize = 16;

/// Returns `room` characters of a text, from `from` on if the text is longer.
///
/// An ellipsis takes the place of what is left out.
fn cut(text: &str, from: usize, room: usize) -> String {
    let length = text.chars().count();
    if length <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().skip(from).take(room).collect();
    if from > 0
        && let Some(first) = kept.first_mut()
    {
        *first = '…';
    }
    if from + room < length
        && let Some(last) = kept.last_mut()
    {
        *last = '…';
    }
    kept.into_iter().collect()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        let comparison = self.comparison(usize::MAX);
        comparison.iter().try_for_each(|line| write!(f, "\n{line}"))
    }
}

impl std::error::Error for Difference {}

impl From<io::Error> for Mismatch {
    fn from(error: io::Error) -> Mismatch {
        Mismatch::Connection(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(expected: &str, got: &str, right: usize) -> Difference {
        let mismatch = Mismatch::Line {
            expected: expected.to_owned(),
            got: got.to_owned(),
            right: Some(right),
        };
        Difference { line: 3, mismatch }
    }

    #[test]
    fn each_row_is_a_difference_as_a_narrow_screen_shows_it() {
        let rows = [
            (of("250 Ok", "550 No", 0), "  expected  250 Ok|  got       550 No|            ^"),
            (
                of("250 ... Ok", "250 this is quite a long story, and not Ok at all", 40),
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
        assert_eq!(of("a", "b", 0).sentence(), "line 3: the server said something else");
    }
}
