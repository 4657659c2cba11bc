//! Examples of each command, with arguments that work in the lab.
//!
//! The console shows them as hints after the cursor, and Tab completes them. `{me}`, `{you}` and
//! `{domain}` are replaced by accounts and the domain of the configuration.

use crate::mail::protocol::Protocol;
use crate::teaching::explain::ProtocolState;

/// The names in the examples.
#[derive(Clone, Debug)]
pub struct ExampleNames {
    /// The account of the person who types: `alice`.
    pub me: String,
    /// An account to write to: `bob`.
    pub you: String,
    /// Their mail domain.
    pub domain: String,
}

const SMTP: [(&str, &str); 15] = [
    ("EHLO", "EHLO laptop.example"),
    ("HELO", "HELO laptop.example"),
    ("LHLO", "LHLO laptop.example"),
    ("MAIL", "MAIL FROM:<{me}@{domain}>"),
    ("RCPT", "RCPT TO:<{you}@{domain}>"),
    ("DATA", "DATA"),
    ("BDAT", "BDAT /file FILE"),
    ("AUTH", "AUTH LOGIN"),
    ("STARTTLS", "STARTTLS"),
    ("RSET", "RSET"),
    ("NOOP", "NOOP"),
    ("HELP", "HELP"),
    ("VRFY", "VRFY {you}"),
    ("EXPN", "EXPN staff"),
    ("QUIT", "QUIT"),
];

const POP3: [(&str, &str); 15] = [
    ("USER", "USER {me}"),
    ("PASS", "PASS "),
    ("AUTH", "AUTH PLAIN"),
    ("APOP", "APOP {me} "),
    ("STLS", "STLS"),
    ("CAPA", "CAPA"),
    ("STAT", "STAT"),
    ("LIST", "LIST"),
    ("UIDL", "UIDL"),
    ("RETR", "RETR 1"),
    ("TOP", "TOP 1 0"),
    ("DELE", "DELE 1"),
    ("RSET", "RSET"),
    ("NOOP", "NOOP"),
    ("QUIT", "QUIT"),
];

const IMAP: [(&str, &str); 34] = [
    ("LOGIN", "LOGIN {me} "),
    ("AUTHENTICATE", "AUTHENTICATE PLAIN"),
    ("STARTTLS", "STARTTLS"),
    ("CAPABILITY", "CAPABILITY"),
    ("ID", "ID NIL"),
    ("NOOP", "NOOP"),
    ("LOGOUT", "LOGOUT"),
    ("SELECT", "SELECT INBOX"),
    ("EXAMINE", "EXAMINE INBOX"),
    ("LIST", "LIST \"\" *"),
    ("LSUB", "LSUB \"\" *"),
    ("STATUS", "STATUS INBOX (MESSAGES UNSEEN)"),
    ("CREATE", "CREATE Lab"),
    ("DELETE", "DELETE Lab"),
    ("RENAME", "RENAME Lab Lab2"),
    ("SUBSCRIBE", "SUBSCRIBE Lab"),
    ("UNSUBSCRIBE", "UNSUBSCRIBE Lab"),
    ("NAMESPACE", "NAMESPACE"),
    ("APPEND", "APPEND INBOX /file FILE"),
    ("IDLE", "IDLE"),
    ("DONE", "DONE"),
    ("ENABLE", "ENABLE IMAP4rev2"),
    ("FETCH", "FETCH 1 (FLAGS ENVELOPE)"),
    ("SEARCH", "SEARCH UNSEEN"),
    ("STORE", "STORE 1 +FLAGS (\\Flagged)"),
    ("COPY", "COPY 1 Lab"),
    ("MOVE", "MOVE 1 Lab"),
    ("EXPUNGE", "EXPUNGE"),
    ("SORT", "SORT (DATE) UTF-8 ALL"),
    ("THREAD", "THREAD REFERENCES UTF-8 ALL"),
    ("CLOSE", "CLOSE"),
    ("UNSELECT", "UNSELECT"),
    ("CHECK", "CHECK"),
    ("UNAUTHENTICATE", "UNAUTHENTICATE"),
];

impl ExampleNames {
    /// Returns a line with this command that the server understands.
    #[must_use]
    pub fn example(&self, protocol: Protocol, verb: &str) -> String {
        let table: &[(&str, &str)] = match protocol {
            Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => &SMTP,
            Protocol::Pop3 => &POP3,
            Protocol::Imap => &IMAP,
        };
        let found = table.iter().find(|(known, _)| *known == verb);
        let example = found.map_or(verb, |(_, example)| example);
        let example = example.replace("{me}", &self.me).replace("{you}", &self.you);
        example.replace("{domain}", &self.domain)
    }
}

/// Returns a hint for a line of a message, by the number of lines before it.
pub(super) fn message_hint(state: ProtocolState, lines: usize) -> Option<&'static str> {
    match (state, lines) {
        (ProtocolState::Data, 0) => Some("Subject: by hand"),
        (ProtocolState::Data, 1) => Some("   an empty line ends the header: press Enter"),
        (ProtocolState::Data, 2) => Some("No program wrote this."),
        (ProtocolState::Data, _) => Some("."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::teaching::explain::Diagram;

    fn cast() -> ExampleNames {
        ExampleNames {
            me: "alice".to_owned(),
            you: "bob".to_owned(),
            domain: "pillarbox.test".to_owned(),
        }
    }

    #[test]
    fn the_examples_are_about_the_lab() {
        let rows = [
            (Protocol::Smtp, "MAIL", "MAIL FROM:<alice@pillarbox.test>"),
            (Protocol::Smtp, "RCPT", "RCPT TO:<bob@pillarbox.test>"),
            (Protocol::Imap, "LOGIN", "LOGIN alice "),
            (Protocol::Imap, "NAMESPACE", "NAMESPACE"),
            (Protocol::Pop3, "XYZZY", "XYZZY"),
        ];
        for (protocol, verb, expected) in rows {
            assert_eq!(cast().example(protocol, verb), expected);
        }
    }

    #[test]
    fn every_legal_command_has_an_example_that_begins_with_it() {
        for protocol in Protocol::ALL {
            for (_, commands) in Diagram::of(protocol).states {
                for verb in *commands {
                    let example = cast().example(protocol, verb);
                    assert_eq!(example.split(' ').next(), Some(*verb));
                }
            }
        }
    }
}
