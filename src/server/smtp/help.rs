//! HELP: what there is to say (RFC 5321 §4.1.1.8).

use super::{several, status};
use crate::protocol::smtp::Enhanced;
use crate::server::Reply;

/// Each command, as one writes it, and what it does.
const COMMANDS: [(&str, &str); 12] = [
    ("EHLO your.name", "says hello, and asks what I can do"),
    ("HELO your.name", "says hello, as it was before 1995"),
    ("MAIL FROM:<address>", "begins a message; bounces go there"),
    ("RCPT TO:<address>", "names one more recipient"),
    ("DATA", "begins the text, which a lone dot ends"),
    ("RSET", "forgets the message that was begun"),
    ("NOOP", "does nothing"),
    ("VRFY name", "asks whether somebody has a mailbox here"),
    ("HELP [command]", "says this"),
    ("AUTH mechanism", "logs in with PLAIN or LOGIN"),
    ("STARTTLS", "begins to speak under TLS"),
    ("QUIT", "says good-bye"),
];

/// HELP, perhaps about one command.
pub(super) fn help(about: Option<&str>) -> Reply {
    let wanted = |usage: &str| match about {
        Some(verb) => usage
            .split(' ')
            .next()
            .is_some_and(|v| v.eq_ignore_ascii_case(verb)),
        None => true,
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
