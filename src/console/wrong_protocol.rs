//! Who is at the other end? The observer knows what a server speaks by its first line; here stands
//! what a person can do about it. Silence may mean that it waits for TLS.

use crate::mail::protocol::Protocol;
use crate::teaching::explain::{Entry, Topic};

/// What this explanation of a server's first line comes to, if it is not what was expected: one
/// sentence.
pub(super) fn mistaken(expected: Protocol, entry: &Entry) -> Option<String> {
    let is_note = entry.topic == Topic::Note && entry.name.starts_with("speaks-");
    let found = is_note.then_some(entry.title.as_str())?;
    let asked = language(expected);
    Some(match entry.name.as_str() {
        "speaks-smtp" | "speaks-pop3" | "speaks-imap" => {
            let word = found.to_lowercase();
            format!(
                "You are talking {asked} to a server of {found}: leave with /quit and say `pillarbox {word}`."
            )
        }
        "speaks-tls" => {
            "This port expects TLS from the first octet: leave with /quit and add --tls.".to_owned()
        }
        _ => format!("You are talking {asked} to a server of {found}."),
    })
}

/// As people call it.
fn language(protocol: Protocol) -> &'static str {
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
    use crate::teaching::explain::{Observer, Texts};

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
            let mut observer = Observer::new(protocol, Texts::compiled_in());
            let said = mistaken(protocol, &observer.server(first).entry);
            match expected {
                None => assert_eq!(said, None),
                Some(part) => assert!(said.as_ref().is_some_and(|s| s.contains(part)), "{said:?}"),
            }
        }
    }
}
