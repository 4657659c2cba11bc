//! Text in the columns that there are.

use textwrap::{Options, WordSplitter};

use crate::client::is_harmless;

/// Columns of a text that nobody wants to read wider.
pub(crate) const WIDEST: usize = 84;

/// Characters of a line that are shown.
const CHARACTERS: usize = 1000;

/// A line as a terminal can show it: what a terminal would obey is escaped.
pub(crate) fn shown(line: &[u8]) -> String {
    let clean = |c: char| match is_harmless(c) {
        true => c.to_string(),
        false => c.escape_default().to_string(),
    };
    String::from_utf8_lossy(line).chars().map(clean).collect()
}

/// A text behind a mark, wrapped so that its further lines stand behind `rest`; without a width in
/// one line. Only a word that is longer than a line is cut.
pub(crate) fn behind(mark: &str, rest: &str, text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width else {
        return vec![format!("{mark}{text}").trim_end().to_owned()];
    };
    let options = Options::new(width)
        .initial_indent(mark)
        .subsequent_indent(rest)
        .word_splitter(WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(text, options);
    lines
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// A line of a conversation behind its mark, made harmless, and cut where nobody would read on.
pub(crate) fn spoken(mark: &str, line: &[u8], width: Option<usize>) -> Vec<String> {
    let text = String::from_utf8_lossy(line.get(..4 * CHARACTERS).unwrap_or(line));
    let text = text.replace('\t', "    ");
    let mut text = shown(text.as_bytes());
    if let Some((end, _)) = text.char_indices().nth(CHARACTERS) {
        text.truncate(end);
        text.push_str(&format!("… ({} octets)", line.len()));
    }
    behind(mark, "     ", &text, width)
}

/// A line without CRLF or LF at its end.
pub(crate) fn without_ending(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Lines of narration as paragraphs behind a bar: an empty line ends one, one that is indented
/// keeps its place.
pub(crate) fn paragraphs(lines: &[String], bar: &str, width: Option<usize>) -> Vec<String> {
    let width = Some(width.unwrap_or(WIDEST).min(WIDEST));
    let mut page = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let tell = |open: &mut Vec<&str>, page: &mut Vec<String>| {
        if !open.is_empty() {
            page.extend(behind(bar, bar, &open.join(" "), width));
            open.clear();
        }
    };
    for line in lines {
        if line.is_empty() || line.starts_with(' ') {
            tell(&mut open, &mut page);
            page.push(format!("{bar}{line}").trim_end().to_owned());
        } else {
            open.push(line);
        }
    }
    tell(&mut open, &mut page);
    page
}

/// A line across the page with words in it: `── client 2 ─────`.
pub(crate) fn rule(words: &str, width: Option<usize>) -> String {
    let width = width.unwrap_or(WIDEST).min(WIDEST);
    let used = textwrap::core::display_width(words) + 4;
    format!("── {words} {}", "─".repeat(width.saturating_sub(used)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_a_text_in_twenty_columns() {
        let rows = [
            ("S: ", "250 Ok", "S: 250 Ok"),
            ("S: ", "", "S:"),
            (
                "S: ",
                "250-a line that is too long",
                "S: 250-a line that|     is too long",
            ),
            (
                "C: ",
                "AGFsaWNlAHdvbmRlcmxhbmQ=",
                "C: AGFsaWNlAHdvbmR|     lcmxhbmQ=",
            ),
            ("S: ", "  indented", "S:   indented"),
            (
                "S: ",
                "日本語日本語日本語日本語",
                "S: 日本語日本語日|     本語日本語",
            ),
        ];
        for (mark, text, expected) in rows {
            let lines = behind(mark, "     ", text, Some(20));
            assert_eq!(lines.join("|"), expected);
        }
        assert_eq!(behind("S: ", "  ", "a b", None), ["S: a b"]);
    }

    #[test]
    fn narration_is_paragraphs() {
        let lines = [
            "One sentence",
            "in two lines.",
            "",
            "A drawing:",
            "  A -> B",
            "The end.",
        ];
        let page = paragraphs(&lines.map(str::to_owned), "| ", Some(20));
        let expected = "| One sentence in|| two lines.|||| A drawing:||   A -> B|| The end.";
        assert_eq!(page.join("|"), expected);
    }

    #[test]
    fn a_rule_fills_the_width() {
        assert_eq!(rule("client 2", Some(20)), "── client 2 ────────");
        assert_eq!(rule("client 2", Some(5)), "── client 2 ");
    }
}
