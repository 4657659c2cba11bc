//! HELP: what there is to say (RFC 5321 §4.1.1.8).

use super::{Role, several, status};
use crate::mail::protocol::smtp::Enhanced;
use crate::server::Reply;

/// Each command, as one writes it, and what it does.
const COMMANDS: [(&str, &str); 15] = [
    ("EHLO your.name", "says hello, and asks what I can do"),
    ("HELO your.name", "says hello, as it was before 1995"),
    ("LHLO your.name", "says hello, and asks what I can do"),
    ("MAIL FROM:<address>", "begins a message; bounces go there"),
    ("RCPT TO:<address>", "names one more recipient"),
    ("DATA", "begins the text, which a lone dot ends"),
    (
        "BDAT octets [LAST]",
        "brings a chunk of the text, without dots",
    ),
    ("RSET", "forgets the message that was begun"),
    ("NOOP", "does nothing"),
    ("VRFY name", "asks whether somebody has a mailbox here"),
    ("EXPN list", "asks who is on a list"),
    ("HELP [command]", "says this"),
    ("AUTH mechanism", "logs in with PLAIN or LOGIN"),
    ("STARTTLS", "begins to speak under TLS"),
    ("QUIT", "says good-bye"),
];

/// What the other protocol does not have: SMTP no LHLO, LMTP (RFC 2033 §4.1) none of these.
const NOT_IN_SMTP: [&str; 1] = ["LHLO"];
const NOT_IN_LMTP: [&str; 4] = ["EHLO", "HELO", "AUTH", "EXPN"];

/// HELP, perhaps about one command.
pub(super) fn help(about: Option<&str>, role: Role) -> Reply {
    let missing: &[&str] = match role {
        Role::Lmtp => &NOT_IN_LMTP,
        Role::Mx | Role::Submission => &NOT_IN_SMTP,
    };
    let wanted = |usage: &str| {
        let verb = usage.split(' ').next().unwrap_or(usage);
        let asked = about.is_none_or(|about| about.eq_ignore_ascii_case(verb));
        asked && !missing.contains(&verb)
    };
    let lines: Vec<String> = COMMANDS
        .iter()
        .filter(|(usage, _)| wanted(usage))
        .map(|(usage, does)| format!("{usage}  {does}"))
        .collect();
    if lines.is_empty() {
        return status(504, "5.5.4", "There is no such command");
    }
    several(214, Some(Enhanced(2, 0, 0)), lines)
}
