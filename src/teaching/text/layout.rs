//! Lines of text that fit the columns of a terminal, and octets that a terminal can show.

use textwrap::{Options, WordSplitter};

use crate::client::is_harmless;

/// The widest column of text that is easy to read.
pub(crate) const WIDEST: usize = 84;

/// The longest line of a conversation that is shown whole, in characters.
const CHARACTERS: usize = 1000;

/// The most rows of octets that are shown of a line.
const ROWS: usize = 64;

/// Writes a text after a mark and wraps it; each further line begins with `indent`.
///
/// Without a width the text stays in one line. Only a word that is longer than a line is cut.
pub(crate) fn wrap(mark: &str, indent: &str, text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width else {
        return vec![format!("{mark}{text}").trim_end().to_owned()];
    };
    let options = Options::new(width)
        .initial_indent(mark)
        .subsequent_indent(indent)
        .word_splitter(WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(text, options);
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Writes a line of a conversation after its mark, escaped, and cut if it is very long.
pub(crate) fn spoken(mark: &str, line: &[u8], width: Option<usize>) -> Vec<String> {
    let text = String::from_utf8_lossy(line.get(..4 * CHARACTERS).unwrap_or(line));
    let text = text.replace('\t', "    ");
    let mut text = escaped(text.as_bytes());
    if let Some((end, _)) = text.char_indices().nth(CHARACTERS) {
        text.truncate(end);
        text.push_str(&format!("… ({} octets)", line.len()));
    }
    wrap(mark, "     ", &text, width)
}

/// Returns a line as a terminal can show it: control characters are escaped.
pub(crate) fn escaped(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len());
    for c in String::from_utf8_lossy(line).chars() {
        if is_harmless(c) {
            text.push(c);
        } else {
            text.extend(c.escape_default());
        }
    }
    text
}

/// Returns a line without the CRLF or LF at its end.
pub(crate) fn without_ending(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Writes lines of narration as paragraphs, each line after a bar.
///
/// An empty line ends a paragraph. An indented line stays as it is: it belongs to a drawing.
pub(crate) fn paragraphs(lines: &[String], bar: &str, width: Option<usize>) -> Vec<String> {
    let width = Some(width.unwrap_or(WIDEST).min(WIDEST));
    let mut page = Vec::new();
    let mut paragraph = String::new();
    for line in lines {
        if !line.is_empty() && !line.starts_with(' ') {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line);
            continue;
        }
        if !paragraph.is_empty() {
            page.extend(wrap(bar, bar, &std::mem::take(&mut paragraph), width));
        }
        page.push(format!("{bar}{line}").trim_end().to_owned());
    }
    if !paragraph.is_empty() {
        page.extend(wrap(bar, bar, &paragraph, width));
    }
    page
}

/// Draws a line across the page with words in it: `── client 2 ─────`.
pub(crate) fn rule(words: &str, width: Option<usize>) -> String {
    let width = width.unwrap_or(WIDEST).min(WIDEST);
    let used = textwrap::core::display_width(words) + 4;
    format!("── {words} {}", "─".repeat(width.saturating_sub(used)))
}

/// Writes the octets of a line in hexadecimal, with their characters beside them.
///
/// A row has `across` octets, at least one.
pub(crate) fn hexadecimal(line: &[u8], across: usize) -> Vec<String> {
    let across = across.max(1);
    let width = across * 3 - 1;
    let mut rows = Vec::new();
    for (at, octets) in line.chunks(across).enumerate().take(ROWS) {
        let hex: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        let text = octets.iter().map(|octet| match octet {
            b' '..=b'~' => char::from(*octet),
            _ => '.',
        });
        rows.push(format!(
            "   {:04x}  {:<width$}  {}",
            at * across,
            hex.join(" "),
            text.collect::<String>(),
        ));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_a_text_in_twenty_columns() {
        let rows = [
            ("S: ", "250 Ok", "S: 250 Ok"),
            ("S: ", "", "S:"),
            ("S: ", "250-a line that is too long", "S: 250-a line that|     is too long"),
            ("C: ", "AGFsaWNlAHdvbmRlcmxhbmQ=", "C: AGFsaWNlAHdvbmR|     lcmxhbmQ="),
            ("S: ", "  indented", "S:   indented"),
            ("S: ", "日本語日本語日本語日本語", "S: 日本語日本語日|     本語日本語"),
        ];
        for (mark, text, expected) in rows {
            let lines = wrap(mark, "     ", text, Some(20));
            assert_eq!(lines.join("|"), expected);
        }
        assert_eq!(wrap("S: ", "  ", "a b", None), ["S: a b"]);
    }

    #[test]
    fn narration_is_paragraphs() {
        let lines = ["One sentence", "in two lines.", "", "A drawing:", "  A -> B", "The end."];
        let page = paragraphs(&lines.map(str::to_owned), "| ", Some(20));
        let expected = "| One sentence in|| two lines.|||| A drawing:||   A -> B|| The end.";
        assert_eq!(page.join("|"), expected);
    }

    #[test]
    fn a_rule_fills_the_width() {
        assert_eq!(rule("client 2", Some(20)), "── client 2 ────────");
        assert_eq!(rule("client 2", Some(5)), "── client 2 ");
    }

    #[test]
    fn octets_in_rows_of_sixteen() {
        let rows = hexadecimal(b"EHLO \xff\x00 me, and more", 16);
        assert_eq!(
            rows[0],
            "   0000  45 48 4c 4f 20 ff 00 20 6d 65 2c 20 61 6e 64 20  EHLO .. me, and "
        );
        assert_eq!(rows[1], "   0010  6d 6f 72 65                                      more");
        assert_eq!(hexadecimal(b"QUIT\r\n", 4)[1], "   0004  0d 0a        ..");
        assert_eq!(hexadecimal(&[0; 100_000], 16).len(), ROWS);
    }
}
