//! What to do when the server speaks another protocol, or says nothing.
//!
//! The observer knows a protocol by its first line. A silent server may wait for TLS.

use crate::mail::protocol::Protocol;
use crate::teaching::explain::{Entry, Topic};

/// Returns advice if the explanation of the first line names another protocol.
pub(super) fn mistake(expected: Protocol, entry: &Entry) -> Option<String> {
    let is_note = entry.topic == Topic::Note && entry.name.starts_with("speaks-");
    let found = is_note.then_some(entry.title.as_str())?;
    let asked = language(expected);
    Some(match entry.name.as_str() {
        "speaks-smtp" | "speaks-pop3" | "speaks-imap" => {
            let word = found.to_lowercase();
            format!(
                "You are speaking {asked} to a server of {found}: leave with /quit and start `pillarbox {word}`."
            )
        }
        "speaks-tls" => {
            "This port expects TLS from the first octet: leave with /quit and add --tls.".to_owned()
        }
        _ => format!("You are speaking {asked} to a server of {found}."),
    })
}

/// Returns the usual name of a protocol.
fn language(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Smtp | Protocol::Submission => "SMTP",
        Protocol::Lmtp => "LMTP",
        Protocol::Pop3 => "POP3",
        Protocol::Imap => "IMAP",
    }
}

/// The advice for an unencrypted connection without a greeting.
pub(super) const NO_GREETING: &str = "The server sends no greeting. If it expects TLS from the first octet, it waits for you: \
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
            let said = mistake(protocol, &observer.server(first).entry);
            match expected {
                None => assert_eq!(said, None),
                Some(part) => assert!(said.as_ref().is_some_and(|s| s.contains(part)), "{said:?}"),
            }
        }
    }
}
