//! A pattern for a line that a script expects.
//!
//! `...` matches anything, also nothing; `${NAME}` is a gap for a remembered value; a text between two
//! slashes is a regular expression for the whole line.

use std::fmt;

use regex::bytes::Regex;

use super::template::{Memory, Template, escape, plain, write_marked};

/// A pattern for a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The text in the script, after `S:` or `S\:`.
    source: String,
    kind: PatternKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PatternKind {
    /// Texts that the line contains in this order, with anything between two of them.
    Pieces { escaped: bool, pieces: Vec<Template> },
    /// A regular expression; a value in a gap matches itself only.
    Expression(Template),
}

const ANYTHING: &str = "...";

impl Pattern {
    /// Parses `S: text`.
    ///
    /// # Errors
    /// When no name follows `${`, or the text between slashes is not a regular expression.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let Some(expression) = between_slashes(text) else {
            return Pattern::pieces(text, false);
        };
        let template = Template::parse(expression, false)?;
        let something = |name: &str| (name.to_owned(), b"x".to_vec());
        expression_of(&template, &template.names().map(something).collect())?;
        Ok(Pattern { source: text.to_owned(), kind: PatternKind::Expression(template) })
    }

    /// Parses `S\: text`, with escapes; `\x2e\x2e\x2e` matches three dots only.
    ///
    /// # Errors
    /// When no escape follows a backslash, or no name follows `${`.
    pub fn escaped(text: &str) -> Result<Pattern, String> {
        Pattern::pieces(text, true)
    }

    fn pieces(text: &str, escaped: bool) -> Result<Pattern, String> {
        let piece = |piece| Template::parse(piece, escaped);
        let pieces: Result<_, _> = text.split(ANYTHING).map(piece).collect();
        Ok(Pattern {
            source: text.to_owned(),
            kind: PatternKind::Pieces { escaped, pieces: pieces? },
        })
    }

    /// Returns the pattern that matches this line only.
    #[must_use]
    pub fn exactly(line: &[u8]) -> Pattern {
        let dots = memchr::memmem::find(line, ANYTHING.as_bytes()).is_some();
        let literal = plain(line).filter(|line| !dots && between_slashes(line).is_none());
        Pattern {
            source: literal.map_or_else(|| escape(line, |c| dots && c == '.'), str::to_owned),
            kind: PatternKind::Pieces {
                escaped: literal.is_none(),
                pieces: vec![Template::of(line)],
            },
        }
    }

    /// Returns the pattern for these pieces with anything between two of them.
    #[must_use]
    pub(crate) fn of_pieces(pieces: &[&[u8]]) -> Pattern {
        let dotted = |piece: &&[u8]| memchr::memmem::find(piece, ANYTHING.as_bytes()).is_some();
        let escaped = pieces.iter().any(|piece| dotted(piece) || plain(piece).is_none());
        let dots = |c| escaped && c == '.';
        let text = |piece: &&[u8]| {
            if escaped { escape(piece, dots) } else { plain(piece).unwrap_or_default().to_owned() }
        };
        let texts: Vec<String> = pieces.iter().map(text).collect();
        let source = texts.join(ANYTHING);
        Pattern {
            source,
            kind: PatternKind::Pieces {
                escaped,
                pieces: pieces.iter().map(|piece| Template::of(piece)).collect(),
            },
        }
    }

    /// Compares a line with the pattern.
    ///
    /// # Errors
    /// The octet of the line at which they differ first; `None` for a regular expression.
    pub fn check(&self, line: &[u8], memory: &Memory) -> Result<(), Option<usize>> {
        match &self.kind {
            PatternKind::Pieces { pieces, .. } => {
                let pieces: Vec<_> = pieces.iter().map(|piece| piece.fill(memory)).collect();
                check(&pieces, line).map_err(Some)
            }
            PatternKind::Expression(template) => match expression_of(template, memory) {
                Ok(expression) if expression.is_match(line) => Ok(()),
                _ => Err(None),
            },
        }
    }

    /// Returns the text in the script, with its gaps filled.
    pub(super) fn filled(&self, memory: &Memory) -> String {
        let filled = Template::parse(&self.source, false).map(|source| source.fill(memory));
        filled.map_or_else(
            |_| self.source.clone(),
            |octets| String::from_utf8_lossy(&octets).into_owned(),
        )
    }

    /// Returns the names of the gaps.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let templates = match &self.kind {
            PatternKind::Pieces { pieces, .. } => pieces.as_slice(),
            PatternKind::Expression(template) => std::slice::from_ref(template),
        };
        templates.iter().flat_map(Template::names)
    }

    /// Writes the pattern after a mark: `S` or `S*`.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, mark: &str) -> fmt::Result {
        let colon = match self.kind {
            PatternKind::Pieces { escaped: true, .. } => r"\:",
            _ => ":",
        };
        write_marked(f, &format!("{mark}{colon}"), &self.source)
    }
}

/// Returns the text between two slashes: `a.*b` of `/a.*b/`.
pub(super) fn between_slashes(text: &str) -> Option<&str> {
    text.strip_prefix('/')?.strip_suffix('/')
}

/// Compiles a regular expression for a whole line; a value in a gap matches itself only.
fn expression_of(template: &Template, memory: &Memory) -> Result<Regex, String> {
    let quote = |value: &Vec<u8>| regex::escape(&String::from_utf8_lossy(value)).into_bytes();
    let quoted = memory.iter().map(|(name, value)| (name.clone(), quote(value)));
    let source = template.fill(&quoted.collect());
    let source = String::from_utf8_lossy(&source);
    // Alone first: `a)(b` is not an expression, though `(a)(b)` is one.
    let whole = Regex::new(&source).and_then(|_| Regex::new(&format!(r"\A(?:{source})\z")));
    whole.map_err(|error| format!("/{source}/ is not a regular expression: {}", last_line(&error)))
}

/// Returns the reason of an error without the drawing above it.
pub(super) fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

/// Finds the pieces in a line. An error is the octet at which the line differs first.
fn check(pieces: &[Vec<u8>], line: &[u8]) -> Result<(), usize> {
    let Some((first, others)) = pieces.split_first() else {
        return Ok(());
    };
    let Some(mut rest) = line.strip_prefix(first.as_slice()) else {
        return Err(common(first, line));
    };
    let Some((last, middle)) = others.split_last() else {
        return if rest.is_empty() { Ok(()) } else { Err(first.len()) };
    };
    for piece in middle {
        let Some(at) = memchr::memmem::find(rest, piece) else {
            return Err(line.len() - rest.len());
        };
        rest = &rest[at + piece.len()..];
    }
    if rest.ends_with(last) { Ok(()) } else { Err(line.len() - rest.len()) }
}

/// Counts the octets that two texts have in common at their beginnings.
fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(pattern: &str, line: &str) -> Result<(), Option<usize>> {
        let memory = Memory::from([("N".to_owned(), b"1.7".to_vec())]);
        Pattern::parse(pattern).unwrap().check(line.as_bytes(), &memory)
    }

    #[test]
    fn each_row_is_a_pattern_a_line_and_the_first_difference() {
        let rows: [(&str, &str, Result<(), usize>); 17] = [
            ("250 Ok", "250 Ok", Ok(())),
            ("250 Ok", "250 OK", Err(5)),
            ("250 Ok", "250", Err(3)),
            ("250", "250 Ok", Err(3)),
            ("...", "", Ok(())),
            ("...", "anything", Ok(())),
            ("250 ...", "250 Ok", Ok(())),
            ("250 ...", "250", Err(3)),
            ("+OK ... octets", "+OK 120 octets", Ok(())),
            ("+OK ... octets", "+OK 120 lines", Err(4)),
            ("a...b...c", "a1b2b3c", Ok(())),
            ("a...b...c", "a1c", Err(1)),
            ("a...a", "a", Err(1)),
            ("", "x", Err(0)),
            ("+OK ${N} ...", "+OK 1.7 octets", Ok(())),
            ("+OK ${N} ...", "+OK 1x7 octets", Err(5)),
            ("/ and", "/ and", Ok(())),
        ];
        for (pattern, line, expected) in rows {
            assert_eq!(check(pattern, line), expected.map_err(Some), "{pattern:?} {line:?}");
        }
    }

    #[test]
    fn a_text_between_slashes_is_an_expression_for_the_whole_line() {
        let rows = [
            (r"/\* \d+ EXISTS/", "* 17 EXISTS", true),
            (r"/\* \d+ EXISTS/", "* 17 EXISTS!", false),
            (r"/a|b/", "ab", false),
            (r"/a1 (OK|NO) .*/", "a1 NO such thing", true),
            (r"/${N}/", "1.7", true),
            (r"/${N}/", "1x7", false),
            ("//", "", true),
        ];
        for (pattern, line, expected) in rows {
            assert_eq!(check(pattern, line).is_ok(), expected, "{pattern} {line}");
        }
        for wrong in ["/(/", "/a)(b/", "/${/"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn escaped_dots_are_dots() {
        let dots = Pattern::escaped(r"\x2e\x2e\x2e").unwrap();
        assert_eq!(dots.check(b"...", &Memory::new()), Ok(()));
        assert_eq!(dots.check(b"anything", &Memory::new()), Err(Some(0)));
    }

    /// A pattern as a step of a script.
    struct Marked<'a>(&'a Pattern);

    impl fmt::Display for Marked<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.write(f, "S")
        }
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        /// Any line can be expected, and what is written down for it expects it and no other.
        #[test]
        fn any_line_can_be_expected(line in "[/.${}\\\\\t\0a]{0,12}|/\\PC{0,9}/", other in "\\PC{0,9}") {
            let pattern = Pattern::exactly(line.as_bytes());
            let written = Marked(&pattern).to_string();
            let (mark, source) = written.split_once(' ').unwrap_or((&written, ""));
            let read = if mark == "S:" { Pattern::parse(source) } else { Pattern::escaped(source) };
            prop_assert_eq!(&read.unwrap(), &pattern);
            let memory = Memory::new();
            prop_assert_eq!(pattern.check(line.as_bytes(), &memory), Ok(()));
            prop_assert_eq!(pattern.check(other.as_bytes(), &memory).is_ok(), line == other);
        }
    }
}
