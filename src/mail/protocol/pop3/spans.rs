//! Which octets of a client's line are what, by the grammar of [`Command`](super::Command).

use crate::mail::protocol::span::{Role, Span, Spans, first_word, trimmed};

/// The parts of a line, its CRLF removed, whether it is a command or not.
///
/// What follows PASS is a password, to the end of the line: spaces are part of it (RFC 1939 §7).
/// So is what somebody typed right behind it (`PASS:secret`), and what proves a login by APOP.
#[must_use]
pub fn spans(line: &[u8]) -> Vec<Span> {
    let (verb, rest) = first_word(line);
    let mut found = Spans::new(line);
    let name = verb.to_ascii_uppercase();
    if let Some(mistyped) = verb.get(4..).filter(|_| name.starts_with(b"PASS")) {
        found.add(Role::Verb, verb.get(..4).unwrap_or_default());
        let secret = match mistyped {
            [] => rest.get(1..).unwrap_or_default(),
            _ => line.get(4..).unwrap_or_default(),
        };
        found.add(Role::Password, secret);
        return found.found();
    }
    found.add(Role::Verb, verb);
    let argument = trimmed(rest);
    match name.as_slice() {
        b"USER" => found.add(Role::UserName, argument),
        b"APOP" => found.add_words(argument, Role::UserName, Role::Answer),
        b"AUTH" => found.add_words(argument, Role::Mechanism, Role::Answer),
        b"TOP" => found.add_words(argument, Role::MessageNumber, Role::LineCount),
        b"LIST" | b"UIDL" | b"RETR" | b"DELE" => found.add(Role::MessageNumber, argument),
        _ => found.add(Role::Argument, argument),
    }
    found.found()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::protocol::span::tests::shown;

    #[test]
    fn each_row_is_a_line_and_its_parts() {
        let rows = [
            ("USER alice", "verb USER, user-name alice"),
            ("pass  two words ", "verb pass, password  two words "),
            ("PASS", "verb PASS"),
            ("PASS:wonderland", "verb PASS, password :wonderland"),
            ("PASSwonder land", "verb PASS, password wonder land"),
            ("APOP al c4c9", "verb APOP, user-name al, answer c4c9"),
            ("AUTH PLAIN", "verb AUTH, mechanism PLAIN"),
            (
                "AUTH plain AGEAYg==",
                "verb AUTH, mechanism plain, answer AGEAYg==",
            ),
            ("LIST", "verb LIST"),
            ("RETR 1", "verb RETR, message-number 1"),
            ("TOP 1 10", "verb TOP, message-number 1, line-count 10"),
            ("STAT  now", "verb STAT, argument now"),
            ("", ""),
        ];
        for (line, expected) in rows {
            assert_eq!(shown(line.as_bytes(), &spans(line.as_bytes())), expected);
        }
    }
}
