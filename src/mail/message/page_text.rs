//! The text of a page (HTML), for readers that show no pages.
//!
//! Elements that begin a line in a browser begin one here, and cells of a table stay apart. Nothing is
//! too broken to be read. The work and the memory grow with the length of the page, not with the
//! depth of its elements.

/// Elements before and after which a line ends, in small letters.
const BLOCKS: [&str; 32] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
];

/// Octets of a tag within which a quotation mark is looked for its end.
const TAG_MAX: usize = 16 * 1024;

/// Elements whose content is no text.
const HIDDEN: [&str; 4] = ["script", "style", "template", "title"];

/// Entities with names; those of Latin-1 are in [`LATIN_1`].
const ENTITIES: [(&str, char); 25] = [
    ("amp", '&'),
    ("apos", '\''),
    ("bdquo", '„'),
    ("bull", '•'),
    ("dagger", '†'),
    ("euro", '€'),
    ("gt", '>'),
    ("hellip", '…'),
    ("larr", '←'),
    ("ldquo", '“'),
    ("lsaquo", '‹'),
    ("lsquo", '‘'),
    ("lt", '<'),
    ("mdash", '—'),
    ("minus", '−'),
    ("ndash", '–'),
    ("oelig", 'œ'),
    ("quot", '"'),
    ("rarr", '→'),
    ("rdquo", '”'),
    ("rsaquo", '›'),
    ("rsquo", '’'),
    ("sbquo", '‚'),
    ("trade", '™'),
    ("zwnj", '\u{200c}'),
];

/// The entities of the characters from U+00A0 to U+00FF, in order.
const LATIN_1: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg \
    macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 \
    iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute \
    Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml \
    Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml \
    igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute \
    ucirc uuml yacute thorn yuml";

/// Returns the text of a page, its lines ended with LF.
#[must_use]
pub fn page_text(page: &str) -> String {
    let mut text = PageText::default();
    let mut rest = page;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        text.words(before);
        rest = match Markup::parse(from) {
            Some((Markup::Entity(char), after)) => {
                text.char(char);
                after
            }
            Some((Markup::Comment, after)) => after,
            Some((Markup::Tag { name, closing }, after)) => {
                text.tag(&name, closing);
                let is_hidden = HIDDEN.contains(&&*name) && !closing;
                if is_hidden { after_element(&name, after) } else { after }
            }
            None => {
                text.words(&from[..1]);
                &from[1..]
            }
        };
    }
    text.words(rest);
    text.finish()
}

/// What follows the end of a hidden element.
fn after_element<'a>(name: &str, inside: &'a str) -> &'a str {
    let ends = inside.match_indices("</").map(|(at, _)| &inside[at..]);
    let mut ends = ends.filter(|end| {
        let found = end.get(2..2 + name.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(name))
    });
    ends.next().unwrap_or("")
}

/// What is no text in a page.
enum Markup {
    Tag { name: String, closing: bool },
    Comment,
    Entity(char),
}

impl Markup {
    /// Parses markup from the front; returns what follows it.
    fn parse(from: &str) -> Option<(Markup, &str)> {
        if let Some(comment) = from.strip_prefix("<!--") {
            let after = comment.split_once("-->").map_or("", |(_, after)| after);
            return Some((Markup::Comment, after));
        }
        if from.starts_with(['&']) {
            return entity(&from[1..]).map(|(char, after)| (Markup::Entity(char), after));
        }
        let inside = &from[1..];
        let (closing, inside) = match inside.strip_prefix('/') {
            Some(name) => (true, name),
            None => (false, inside),
        };
        if !inside.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '!' | '?')) {
            return None;
        }
        let end = inside.find(|c: char| !c.is_ascii_alphanumeric());
        let (name, attributes) = inside.split_at(end.unwrap_or(inside.len()));
        let name = name.to_ascii_lowercase();
        Some((Markup::Tag { name, closing }, after_tag(attributes)))
    }
}

/// What follows the end of a tag; a `>` in a quoted attribute does not end it.
fn after_tag(attributes: &str) -> &str {
    let mut quote = None;
    let inside = attributes.char_indices().take_while(|(at, _)| *at < TAG_MAX);
    for (at, char) in inside {
        match (quote, char) {
            (None, '>') => return &attributes[at + 1..],
            (None, '"' | '\'') => quote = Some(char),
            (Some(open), char) if open == char => quote = None,
            _ => {}
        }
    }
    // A quotation mark without its end: then the first `>` ends the tag.
    attributes.split_once('>').map_or("", |(_, after)| after)
}

/// The character of an entity, `&` taken already.
fn entity(text: &str) -> Option<(char, &str)> {
    const LONGEST: usize = 10;
    let end = text.bytes().take(LONGEST).position(|octet| octet == b';')?;
    let name = text.get(..end)?;
    let after = text.get(end + 1..)?;
    let char = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?).unwrap_or('\u{fffd}')
        }
        None => named(name)?,
    };
    Some((char, after))
}

fn named(name: &str) -> Option<char> {
    if let Some((_, char)) = ENTITIES.iter().find(|(known, _)| *known == name) {
        return Some(*char);
    }
    let at = LATIN_1.split_ascii_whitespace().position(|known| known == name)?;
    char::from_u32(0xa0 + u32::try_from(at).ok()?)
}

/// The text so far.
#[derive(Default)]
struct PageText {
    text: String,
    /// A space belongs before the next word.
    space: bool,
    /// The number of `pre` elements around, in which white space counts.
    preformatted: usize,
}

impl PageText {
    fn words(&mut self, words: &str) {
        for char in words.chars() {
            match char {
                '\r' => {}
                char if self.preformatted > 0 => self.text.push(char),
                ' ' | '\t' | '\n' => self.space = true,
                char => self.char(char),
            }
        }
    }

    fn char(&mut self, char: char) {
        if self.space && !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push(' ');
        }
        self.space = false;
        // A space that does not break is one that breaks here.
        self.text.push(if char == '\u{a0}' { ' ' } else { char });
    }

    fn tag(&mut self, name: &str, closing: bool) {
        match name {
            "pre" if closing => self.preformatted = self.preformatted.saturating_sub(1),
            "pre" => self.preformatted += 1,
            "td" | "th" => self.space = true,
            _ => {}
        }
        if name == "br" {
            self.text.push('\n');
            self.space = false;
        } else if BLOCKS.contains(&name) {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.space = false;
    }

    fn finish(mut self) -> String {
        self.end_line();
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pages_of_every_sort() {
        let rows = [
            ("", ""),
            ("plain", "plain\n"),
            ("<p>a</p><p>b</p>c<br>d", "a\nb\nc\nd\n"),
            (
                "<html><body><p>Dear <b>Bob</b>,</p><p>tea &amp; cake</p></body></html>",
                "Dear Bob,\ntea & cake\n",
            ),
            (
                "<table><tr><td>Invoice</td><td>42</td></tr><tr><td>Total</td></tr></table>",
                "Invoice 42\nTotal\n",
            ),
            ("<div>first</div><div>second</div>", "first\nsecond\n"),
            ("<ul><li>one</li><li>two</li></ul>", "one\ntwo\n"),
            ("<h1>Title</h1>text", "Title\ntext\n"),
            ("<blockquote>quoted</blockquote>after", "quoted\nafter\n"),
            ("<pre>a\r\n  b</pre>", "a\n  b\n"),
            ("<head><title>T</title><style>p > a {}</style></head><body>B</body>", "B\n"),
            ("<SCRIPT>if (a < b) c()</script>x", "x\n"),
            ("<p title=\"a>b\">x</p>", "x\n"),
            ("<p title=\"a>x</p>", "x\n"),
            ("a <!-- <p> --> b", "a b\n"),
            ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2\n"),
            ("&lt;&#65;&#x42;&nbsp;&eacute;&yuml;&euro;&none;&amp", "<AB éÿ€&none;&amp\n"),
            ("a<br><br>b", "a\n\nb\n"),
            ("<!DOCTYPE html>  x  \n y ", "x y\n"),
        ];
        for (page, text) in rows {
            assert_eq!(page_text(page), text, "{page}");
        }
    }

    #[test]
    fn a_hostile_page_costs_no_more_than_its_length() {
        let begun = std::time::Instant::now();
        for piece in ["<", "&", "<p ", "</", "<title>", "<!--", "<a \"", "<pre>"] {
            let _ = page_text(&piece.repeat(100_000));
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(20));
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn any_page_has_a_text(page in "([<>/!&;#\"-]|p|pre|title|é| ){0,60}") {
            let _ = page_text(&page);
        }
    }
}
