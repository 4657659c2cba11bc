//! Which octets of a client's line are what, by the grammar of [`Command`](super::Command).

use super::address::{forward_path, reverse_path};
use super::command::after;
use crate::mail::protocol::span::{Role, Span, Spans, first_word, trimmed};

/// The parts of a line, its CRLF removed. Of a line that is no command, those that were recognised.
///
/// Whatever stands behind the mechanism of AUTH is an [`Answer`](Role::Answer), well-formed or not:
/// better too much is masked than a password shown.
#[must_use]
pub fn spans(line: &[u8]) -> Vec<Span> {
    let (verb, rest) = first_word(line);
    let mut found = Spans::new(line);
    found.add(Role::Verb, verb);
    let argument = trimmed(rest);
    match verb.to_ascii_uppercase().as_slice() {
        b"HELO" | b"EHLO" | b"LHLO" => found.add(Role::ClientName, argument),
        b"MAIL" => path(&mut found, argument, "FROM:", |path| {
            Some(reverse_path(path).ok()?.1)
        }),
        b"RCPT" => path(&mut found, argument, "TO:", |path| {
            Some(forward_path(path).ok()?.1)
        }),
        b"BDAT" => found.add_words(argument, Role::ChunkSize, Role::LastChunk),
        b"AUTH" => found.add_words(argument, Role::Mechanism, Role::Answer),
        _ => found.add(Role::Argument, argument),
    }
    found.found()
}

/// `FROM:<path> PARAMETERS`; `behind` returns what follows the path.
fn path(found: &mut Spans<'_>, argument: &[u8], keyword: &str, behind: fn(&str) -> Option<&str>) {
    let text = str::from_utf8(argument).unwrap_or_default();
    let Some(path) = after(text, keyword) else {
        return found.add(Role::Argument, argument);
    };
    let front = argument.get(..keyword.len()).unwrap_or_default();
    found.add(Role::PathKeyword, front);
    let Some(params) = behind(path) else {
        return found.add(Role::Argument, path.as_bytes());
    };
    let end = path.len().saturating_sub(params.len());
    found.add(Role::Path, path.as_bytes().get(..end).unwrap_or_default());
    for word in params.split(' ') {
        found.add(Role::Parameter, word.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::mail::protocol::span::tests::shown;

    #[test]
    fn each_row_is_a_line_and_its_parts() {
        let rows: [(&str, &str); 12] = [
            ("EHLO [127.0.0.1] ", "verb EHLO, client-name [127.0.0.1]"),
            (
                "mail from: <\"a b\"@x>  SIZE=9 BODY=8BITMIME",
                "verb mail, path-keyword from:, path <\"a b\"@x>, parameter SIZE=9, parameter BODY=8BITMIME",
            ),
            (
                "RCPT TO:<bob@x>",
                "verb RCPT, path-keyword TO:, path <bob@x>",
            ),
            (
                "RCPT TO:<bob@x> y",
                "verb RCPT, path-keyword TO:, path <bob@x>, parameter y",
            ),
            ("RCPT TO:bob", "verb RCPT, path-keyword TO:, argument bob"),
            ("RCPT bob", "verb RCPT, argument bob"),
            ("BDAT 10 LAST", "verb BDAT, chunk-size 10, last-chunk LAST"),
            (
                "AUTH PLAIN AGEAYg==",
                "verb AUTH, mechanism PLAIN, answer AGEAYg==",
            ),
            ("AUTH  LOGIN a b", "verb AUTH, mechanism LOGIN, answer a b"),
            ("FROB nicate", "verb FROB, argument nicate"),
            ("QUIT", "verb QUIT"),
            ("", ""),
        ];
        for (line, expected) in rows {
            assert_eq!(shown(line.as_bytes(), &spans(line.as_bytes())), expected);
        }
    }
}
