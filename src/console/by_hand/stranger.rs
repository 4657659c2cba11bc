//! Who is at the other end? A server's first line tells what it speaks, and its silence that it waits
//! for TLS.

use crate::protocol::Protocol;

/// What the first line of a server shows, if it is not what was expected: one sentence.
pub(super) fn mistaken(expected: Protocol, first: &[u8]) -> Option<String> {
    let found = spoken(first)?;
    let fits = match expected {
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => found == "SMTP",
        Protocol::Pop3 => found == "POP3",
        Protocol::Imap => found == "IMAP",
    };
    let asked = language(expected);
    match (fits, found) {
        (true, _) => None,
        (_, "SMTP" | "POP3" | "IMAP") => {
            let word = found.to_lowercase();
            Some(format!(
                "You are talking {asked} to a server of {found}: leave with /quit and say `pillarbox {word}`."
            ))
        }
        (_, "TLS") => Some(
            "This port expects TLS from the first octet: leave with /quit and add --tls."
                .to_owned(),
        ),
        _ => Some(format!("You are talking {asked} to a server of {found}.")),
    }
}

/// What a server speaks that begins so.
fn spoken(first: &[u8]) -> Option<&'static str> {
    let begins = |with: &[u8]| first.starts_with(with);
    Some(match first {
        // A TLS alert: content type 21, version 3.x (RFC 8446 §5.1).
        [21, 3, ..] => "TLS",
        _ if begins(b"* ") => "IMAP",
        _ if begins(b"+OK") || begins(b"-ERR") => "POP3",
        _ if begins(b"SSH-") => "SSH",
        _ if begins(b"HTTP/") => "HTTP",
        [a, b, c, b' ' | b'-', ..] if [a, b, c].iter().all(|d| d.is_ascii_digit()) => "SMTP",
        _ => return None,
    })
}

/// As people call it.
pub(super) fn language(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Smtp | Protocol::Submission => "SMTP",
        Protocol::Lmtp => "LMTP",
        Protocol::Pop3 => "POP3",
        Protocol::Imap => "IMAP",
    }
}

/// What to say when a server in clear says nothing.
pub(super) const SILENCE: &str = "The server says nothing. If it speaks TLS from the first octet, it waits for you to begin: \
     leave with /quit and add --tls.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_a_first_line_and_the_sentence_about_it() {
        let rows: [(Protocol, &[u8], Option<&str>); 9] = [
            (Protocol::Smtp, b"220 mail.test ESMTP", None),
            (Protocol::Lmtp, b"220 mail.test LMTP", None),
            (Protocol::Pop3, b"+OK ready", None),
            (Protocol::Imap, b"* OK ready", None),
            (Protocol::Imap, b"anything else", None),
            (Protocol::Smtp, b"* OK ready", Some("`pillarbox imap`")),
            (Protocol::Imap, b"220-mail.test", Some("`pillarbox smtp`")),
            (Protocol::Pop3, b"HTTP/1.1 400 Bad Request", Some("of HTTP")),
            (Protocol::Pop3, b"\x15\x03\x03\x00\x02", Some("--tls")),
        ];
        for (protocol, first, expected) in rows {
            let said = mistaken(protocol, first);
            match expected {
                None => assert_eq!(said, None),
                Some(part) => assert!(said.as_ref().is_some_and(|s| s.contains(part)), "{said:?}"),
            }
        }
    }
}
