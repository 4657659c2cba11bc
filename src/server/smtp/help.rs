//! HELP: the commands and what they do (RFC 5321 §4.1.1.8).

use super::session::{SmtpRole, SmtpServer};
use crate::mail::protocol::smtp::Reply;

/// The form of each command, and what it does.
const COMMANDS: [(&str, &str); 15] = [
    ("EHLO your.name", "says hello, and asks for the extensions"),
    ("HELO your.name", "says hello, as before 1995"),
    ("LHLO your.name", "says hello, and asks for the extensions"),
    ("MAIL FROM:<address>", "begins a message; bounces go there"),
    ("RCPT TO:<address>", "names one more recipient"),
    ("DATA", "begins the message, which a lone dot ends"),
    ("BDAT octets [LAST]", "sends a chunk of the message, without a final dot"),
    ("RSET", "cancels the message that was begun"),
    ("NOOP", "does nothing"),
    ("VRFY name", "asks whether a mailbox exists here"),
    ("EXPN list", "asks for the members of a list"),
    ("HELP [command]", "shows this list"),
    ("AUTH mechanism", "logs in with PLAIN or LOGIN"),
    ("STARTTLS", "begins TLS"),
    ("QUIT", "ends the connection"),
];

/// The commands of the other protocol only (RFC 2033 §4.1).
const NOT_IN_SMTP: [&str; 1] = ["LHLO"];
const NOT_IN_LMTP: [&str; 4] = ["EHLO", "HELO", "AUTH", "EXPN"];

impl SmtpServer {
    /// Lists the commands of this port, or describes one of them.
    pub(super) fn help(&self, about: Option<&str>) -> Result<Reply, Reply> {
        let missing: &[&str] = match self.role {
            SmtpRole::Lmtp => &NOT_IN_LMTP,
            SmtpRole::Mx | SmtpRole::Submission => &NOT_IN_SMTP,
        };
        let mut lines = Vec::new();
        for (usage, does) in COMMANDS {
            let verb = usage.split(' ').next().unwrap_or(usage);
            let asked = about.is_none_or(|about| about.eq_ignore_ascii_case(verb));
            if asked && !missing.contains(&verb) {
                lines.push(format!("{usage}  {does}"));
            }
        }
        if lines.is_empty() {
            return Err(Reply::UNKNOWN_ARGUMENT.because("There is no such command"));
        }
        Ok(Reply::HELP.because(lines.join("\n")))
    }
}
