//! Text that a browser shows as it is, and does not take for markup.

use std::fmt::Write;

/// Escapes a text, for the page or for the value of an attribute.
///
/// A character that is invisible, or changes the characters around it, becomes its number.
pub(super) fn text(text: &str) -> String {
    let mut page = String::with_capacity(text.len());
    for c in text.chars() {
        match plain(c) {
            Some(markup) => page.push_str(markup),
            None if is_visible(c) => page.push(c),
            None => page.push_str(&number(c)),
        }
    }
    page
}

/// Escapes the octets of a line: its ending and its tabs are faint signs.
///
/// Invisible characters and octets that are not UTF-8 are in boxes, with their numbers.
pub(super) fn octets(octets: &[u8]) -> String {
    let mut page = String::with_capacity(octets.len());
    for chunk in octets.utf8_chunks() {
        for c in chunk.valid().chars() {
            match (plain(c), c) {
                (Some(markup), _) => page.push_str(markup),
                (None, '\r') => page.push_str(r#"<span class="odd">\r</span>"#),
                // The line break stays, so that the line can be copied.
                (None, '\n') => page.push_str("<span class=\"odd\">\\n</span>\n"),
                (None, '\t') => page.push_str("<span class=\"odd\">\\t</span>\t"),
                (None, c) if is_visible(c) => page.push(c),
                (None, c) => page.push_str(&strange(&number(c))),
            }
        }
        for octet in chunk.invalid() {
            page.push_str(&strange(&format!("{octet:02X}")));
        }
    }
    page
}

fn strange(what: &str) -> String {
    format!(r#"<span class="strange">{what}</span>"#)
}

/// Returns the escape of a character that has a meaning in HTML.
fn plain(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    }
}

/// True if a character is visible, and does not change the characters around it.
///
/// Control characters and the format characters of Unicode are not: joiners, marks of direction, tags.
fn is_visible(c: char) -> bool {
    let format = matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    );
    !c.is_control() && !format
}

/// Returns the number of a character: `U+202E`.
fn number(c: char) -> String {
    let mut number = String::new();
    // Writing to a string cannot fail.
    let _ = write!(number, "U+{:04X}", u32::from(c));
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_for_markup_and_nothing_is_hidden() {
        let rows = [
            ("a <b> & \"c\" 'd'", "a &lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;"),
            ("gpj.\u{202e}exe", "gpj.U+202Eexe"),
            ("\x1b[2J\0", "U+001B[2JU+0000"),
            ("zero\u{200b}width", "zeroU+200Bwidth"),
            ("Grüße, 日本, 😀", "Grüße, 日本, 😀"),
        ];
        for (given, expected) in rows {
            assert_eq!(text(given), expected);
        }
    }

    #[test]
    fn a_line_shows_its_ending_and_what_is_strange_in_it() {
        let box_of = |what| format!(r#"<span class="strange">{what}</span>"#);
        let rows: [(&[u8], String); 3] = [
            (
                b"<\xff\r\n",
                format!(
                    "&lt;{}<span class=\"odd\">\\r</span><span class=\"odd\">\\n</span>\n",
                    box_of("FF")
                ),
            ),
            ("\u{202e}".as_bytes(), box_of("U+202E")),
            (b"\x1b", box_of("U+001B")),
        ];
        for (given, expected) in rows {
            assert_eq!(octets(given), expected);
        }
    }
}
