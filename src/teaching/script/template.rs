//! The texts of a script: octets with gaps, and with escapes for octets that an editor may lose.
//!
//! `${NAME}` is a gap, filled with what `! set NAME /…/` took from a reply. After `C\:` and `S\:` a text
//! has escapes: `\r` `\n` `\t` `\0` `\\`, `\x2e` for any octet, `\{70000 x}` for a repeated text.

use std::collections::BTreeMap;
use std::fmt;

/// The values that fill gaps, by name.
pub type Memory = BTreeMap<String, Vec<u8>>;

/// A text that a client sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientText {
    /// The text in the script, after `C:` or `C\:`.
    source: String,
    escaped: bool,
    template: Template,
}

impl ClientText {
    /// Parses a line, to which CRLF is added: `C: text`.
    ///
    /// # Errors
    /// When no name follows `${`.
    pub fn line(text: &str) -> Result<ClientText, String> {
        Ok(ClientText {
            source: text.to_owned(),
            escaped: false,
            template: Template::parse(text, false)?.followed_by(b"\r\n"),
        })
    }

    /// Parses octets with escapes, to which nothing is added: `C\: text`.
    ///
    /// # Errors
    /// When no escape follows a backslash, or no name follows `${`.
    pub fn escaped(text: &str) -> Result<ClientText, String> {
        Ok(ClientText {
            source: text.to_owned(),
            escaped: true,
            template: Template::parse(text, true)?,
        })
    }

    /// Returns the text for exactly these octets, written as a line if possible.
    #[must_use]
    pub fn of(octets: &[u8]) -> ClientText {
        let line = octets.strip_suffix(b"\r\n").and_then(plain);
        ClientText {
            source: line.map_or_else(|| escape(octets, |_| false), str::to_owned),
            escaped: line.is_none(),
            template: Template::of(octets),
        }
    }

    /// Returns the text with a gap between each two pieces, written as a line if possible.
    ///
    /// # Errors
    /// When one of the names is not a name.
    pub(crate) fn with_gaps(pieces: &[&[u8]], names: &[String]) -> Result<ClientText, String> {
        let with = |piece: &dyn Fn(&[u8]) -> Option<String>| -> Option<String> {
            let mut source = String::new();
            for (at, octets) in pieces.iter().enumerate() {
                source.push_str(&piece(octets)?);
                if let Some(name) = names.get(at) {
                    source.push_str(&format!("${{{name}}}"));
                }
            }
            Some(source)
        };
        let ends = pieces.last().is_some_and(|last| last.ends_with(b"\r\n"));
        let line = |octets: &[u8]| {
            plain(octets.strip_suffix(b"\r\n").unwrap_or(octets)).map(str::to_owned)
        };
        if ends && let Some(source) = with(&line) {
            return ClientText::line(&source);
        }
        let escaped = with(&|octets| Some(escape(octets, |_| false)));
        ClientText::escaped(&escaped.unwrap_or_default())
    }

    /// Returns the octets with the gaps filled.
    #[must_use]
    pub fn fill(&self, memory: &Memory) -> Vec<u8> {
        self.template.fill(memory)
    }

    /// Returns the names of the gaps.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.template.names()
    }
}

/// Prints the line of a script, with its mark.
impl fmt::Display for ClientText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.escaped { r"C\:" } else { "C:" };
        write_marked(f, mark, &self.source)
    }
}

/// Writes a mark and its text. No space ends a line: editors remove it.
pub(super) fn write_marked(f: &mut fmt::Formatter<'_>, mark: &str, text: &str) -> fmt::Result {
    match text {
        "" => f.write_str(mark),
        text => write!(f, "{mark} {text}"),
    }
}

/// A text with gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<TemplatePart>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum TemplatePart {
    Octets(Vec<u8>),
    Gap(String),
}

impl Template {
    /// # Errors
    /// When no name follows `${`, or no escape follows a backslash.
    pub(super) fn parse(text: &str, escaped: bool) -> Result<Template, String> {
        let octets = |text: &str| {
            if escaped { unescape(text) } else { Ok(text.as_bytes().to_vec()) }
        };
        let mut template = Template(Vec::new());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let gap = after.split_once('}').filter(|(name, _)| is_name(name));
            let (name, after) = gap.ok_or(
                "after ${ comes a name of letters, digits and _, and a }, as in ${UID}; \
                 for the two characters themselves write $\\x7b after C\\: or S\\:",
            )?;
            template = template.followed_by(&octets(before)?);
            template.0.push(TemplatePart::Gap(name.to_owned()));
            rest = after;
        }
        Ok(template.followed_by(&octets(rest)?))
    }

    /// Returns the template for octets without a gap.
    pub(super) fn of(octets: &[u8]) -> Template {
        Template(Vec::new()).followed_by(octets)
    }

    fn followed_by(mut self, octets: &[u8]) -> Template {
        match self.0.last_mut() {
            Some(TemplatePart::Octets(before)) => before.extend_from_slice(octets),
            _ if octets.is_empty() => {}
            _ => self.0.push(TemplatePart::Octets(octets.to_vec())),
        }
        self
    }

    pub(super) fn fill(&self, memory: &Memory) -> Vec<u8> {
        let octets = |piece: &TemplatePart| match piece {
            TemplatePart::Octets(octets) => octets.clone(),
            TemplatePart::Gap(name) => memory.get(name).cloned().unwrap_or_default(),
        };
        self.0.iter().flat_map(octets).collect()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            TemplatePart::Gap(name) => Some(name.as_str()),
            TemplatePart::Octets(_) => None,
        })
    }
}

/// True if this is a name: letters, digits and `_`.
pub(super) fn is_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(legal)
}

/// Returns the octets as text, if a script can hold them without escapes.
pub(super) fn plain(octets: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(octets).ok()?;
    let means_more = text.contains("${") || text.chars().any(char::is_control);
    (!means_more).then_some(text)
}

/// Returns the octets with escapes for those that an editor may lose and those that are `special`.
pub(super) fn escape(octets: &[u8], special: impl Fn(char) -> bool) -> String {
    let mut text = String::with_capacity(octets.len());
    for chunk in octets.utf8_chunks() {
        let mut last = ' ';
        for c in chunk.valid().chars() {
            match c {
                '\r' => text.push_str(r"\r"),
                '\n' => text.push_str(r"\n"),
                '\t' => text.push_str(r"\t"),
                '\\' => text.push_str(r"\\"),
                '{' if last == '$' => text.push_str(r"\x7b"),
                c if c.is_control() || special(c) => hex(&mut text, c.to_string().as_bytes()),
                c => text.push(c),
            }
            last = c;
        }
        hex(&mut text, chunk.invalid());
    }
    text
}

fn hex(text: &mut String, octets: &[u8]) {
    for octet in octets {
        text.push_str(&format!(r"\x{octet:02x}"));
    }
}

/// Returns the octets that a text with escapes describes.
fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        octets.extend_from_slice(&rest.as_bytes()[..at]);
        rest = take_escape(&rest[at + 1..], &mut octets)?;
    }
    octets.extend_from_slice(rest.as_bytes());
    Ok(octets)
}

/// Takes one escape, without its backslash, and returns the text after it.
fn take_escape<'a>(text: &'a str, octets: &mut Vec<u8>) -> Result<&'a str, String> {
    let mut chars = text.chars();
    match chars.next() {
        Some('r') => octets.push(b'\r'),
        Some('n') => octets.push(b'\n'),
        Some('t') => octets.push(b'\t'),
        Some('0') => octets.push(0),
        Some('\\') => octets.push(b'\\'),
        Some('x') => {
            let (digits, rest) = chars.as_str().split_at_checked(2).ok_or(HEX)?;
            octets.push(u8::from_str_radix(digits, 16).map_err(|_| HEX)?);
            return Ok(rest);
        }
        Some('{') => {
            let (inside, rest) = chars.as_str().split_once('}').ok_or(MANY)?;
            let (count, text) = inside.split_once(' ').ok_or(MANY)?;
            let text = unescape(text)?;
            let count = count.parse().ok().filter(|count| *count <= MOST);
            let whole = count.filter(|count| count * text.len() <= MOST);
            octets.extend(text.repeat(whole.ok_or(MANY)?));
            return Ok(rest);
        }
        _ => {
            return Err(r"after a backslash comes one of \r \n \t \0 \\ \x2e \{70000 x}".to_owned());
        }
    }
    Ok(chars.as_str())
}

const HEX: &str = r"after \x come two hexadecimal digits: \x2e";
const MANY: &str =
    r"after \{ come a number, a space, a text and }, at most 9999999 octets in all: \{70000 x}";
/// The most octets of a repeated text: it is held in memory.
const MOST: usize = 9_999_999;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn octets(text: &str) -> Result<Vec<u8>, String> {
        ClientText::escaped(text).map(|text| text.fill(&Memory::new()))
    }

    #[test]
    fn each_row_is_an_escape() {
        let rows: [(&str, &[u8]); 6] = [
            (r"a\r\n.\n", b"a\r\n.\n"),
            (r"\0\t\\\x2e\xff", b"\0\t\\.\xff"),
            (r"\{3 ab}c", b"abababc"),
            (r"\{2 \r\n}", b"\r\n\r\n"),
            ("ä", "ä".as_bytes()),
            ("", b""),
        ];
        for (text, expected) in rows {
            assert_eq!(octets(text).unwrap(), expected, "{text}");
        }
        for wrong in [
            r"\",
            r"\q",
            r"\x2",
            r"\xzz",
            r"\{x}",
            r"\{2 x",
            r"\{99999999 x}",
            r"\{9999999 xx}",
            r"\xäx",
            "${",
            "${}",
            "${a b}",
        ] {
            assert!(octets(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_remembered_fills_the_gaps() {
        let memory = Memory::from([("UID".to_owned(), b"17".to_vec())]);
        let text = ClientText::line("a1 UID FETCH ${UID}:${UID} $Work").unwrap();
        assert_eq!(text.fill(&memory), b"a1 UID FETCH 17:17 $Work\r\n");
        assert_eq!(text.names().collect::<Vec<_>>(), ["UID", "UID"]);
        let text = ClientText::escaped(r"${UID}\r\n$\x7bUID}").unwrap();
        assert_eq!(text.fill(&memory), b"17\r\n${UID}");
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        /// Any octets can be said, and what is written down for them says them.
        #[test]
        fn any_octets_can_be_written(said in "\\PC{0,20}(\r\n)?|[${}\\\\\r\n\t\0.a]{0,20}", also: Vec<u8>) {
            for octets in [said.into_bytes(), also] {
                let text = ClientText::of(&octets);
                prop_assert_eq!(&text.fill(&Memory::new()), &octets);
                let written = text.to_string();
                let (mark, source) = written.split_once(' ').unwrap_or((&written, ""));
                let read = if mark == "C:" { ClientText::line(source) } else { ClientText::escaped(source) };
                prop_assert_eq!(read.unwrap(), text);
            }
        }
    }
}
