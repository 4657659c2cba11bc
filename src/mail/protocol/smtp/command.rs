//! What an SMTP or LMTP client says (RFC 5321 §4.1.1; LHLO: RFC 2033; AUTH: RFC 4954; STARTTLS:
//! RFC 3207; BDAT: RFC 3030).
//!
//! [`Command::parse`] takes a line without its CRLF; [`Command`]'s `Display` writes one. A
//! [`SyntaxError`] knows its reply code. Whether a command is allowed now is the session's decision.

use std::fmt;

use super::params::Verb;
use super::{Enhanced, Params, Path, ReversePath, address};
use crate::mail::protocol::span::first_word;
use crate::mail::protocol::{sasl, verb};

/// A line of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The old greeting; the text is the client's name for itself.
    Helo(String),
    /// The greeting that asks for the list of extensions.
    Ehlo(String),
    /// EHLO in LMTP (RFC 2033 §4.1).
    Lhlo(String),
    /// Begins a message.
    Mail {
        /// Where a bounce would go.
        from: ReversePath,
        /// What the client says about the message.
        params: Params,
    },
    /// One more recipient.
    Rcpt {
        /// Who.
        to: Path,
        /// What the client says about this recipient.
        params: Params,
    },
    /// The message follows, up to a lone dot.
    Data,
    /// Forget the message that has begun.
    Rset,
    /// Nothing.
    Noop,
    /// Does this mailbox exist?
    Vrfy(String),
    /// Who is on this list?
    Expn(String),
    /// Help, perhaps about something.
    Help(Option<String>),
    /// The end.
    Quit,
    /// Log in (RFC 4954).
    Auth {
        /// In upper case.
        mechanism: String,
        /// The client's first response, decoded.
        initial: Option<Vec<u8>>,
    },
    /// Begin TLS (RFC 3207).
    StartTls,
    /// A chunk of the message follows (RFC 3030 §2).
    Bdat {
        /// Its octets.
        size: u64,
        /// Is it the message's last?
        last: bool,
    },
}

/// Why a line is no command. Prints as a sentence for the reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxError {
    /// There is no such command: `500`.
    UnknownVerb,
    /// The argument is wrong, and this sentence says how: `501`.
    Argument(&'static str),
    /// The path of MAIL is wrong: `501 5.1.7`.
    Sender(&'static str),
    /// The path of RCPT is wrong: `501 5.1.3`.
    Recipient(&'static str),
    /// MAIL or RCPT has this parameter, which means nothing here: `555`.
    UnknownParameter(String),
}

impl SyntaxError {
    /// The reply code (RFC 5321 §4.2.2).
    #[must_use]
    pub fn code(&self) -> u16 {
        match self {
            SyntaxError::UnknownVerb => 500,
            SyntaxError::UnknownParameter(_) => 555,
            _ => 501,
        }
    }

    /// The enhanced status code (RFC 3463 §3).
    #[must_use]
    pub fn enhanced(&self) -> Enhanced {
        match self {
            SyntaxError::UnknownVerb => Enhanced(5, 5, 2),
            SyntaxError::Argument(_) | SyntaxError::UnknownParameter(_) => Enhanced(5, 5, 4),
            SyntaxError::Sender(_) => Enhanced(5, 1, 7),
            SyntaxError::Recipient(_) => Enhanced(5, 1, 3),
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SyntaxError::UnknownVerb => f.write_str("there is no such command"),
            SyntaxError::Argument(sentence)
            | SyntaxError::Sender(sentence)
            | SyntaxError::Recipient(sentence) => f.write_str(sentence),
            SyntaxError::UnknownParameter(param) => {
                write!(f, "the parameter {param} is not understood")
            }
        }
    }
}

impl std::error::Error for SyntaxError {}

/// Understands what stands behind a verb, without the spaces around it.
type Arguments = fn(&str) -> Result<Command, SyntaxError>;

/// Every command; `Display` is the inverse.
const COMMANDS: [(&str, Arguments); 15] = [
    ("HELO", |name| client_name(name).map(Command::Helo)),
    ("EHLO", |name| client_name(name).map(Command::Ehlo)),
    ("LHLO", |name| client_name(name).map(Command::Lhlo)),
    ("MAIL", mail),
    ("RCPT", rcpt),
    ("DATA", |none| alone(none, Command::Data)),
    ("BDAT", bdat),
    ("RSET", |none| alone(none, Command::Rset)),
    // RFC 5321 §4.1.1.9: NOOP may have an argument, which is ignored.
    ("NOOP", |_| Ok(Command::Noop)),
    ("VRFY", |who| {
        some(who, "VRFY wants a user name or an address").map(Command::Vrfy)
    }),
    ("EXPN", |list| {
        some(list, "EXPN wants the name of a list").map(Command::Expn)
    }),
    ("HELP", |about| Ok(Command::Help(some(about, "").ok()))),
    ("AUTH", auth),
    ("STARTTLS", |none| alone(none, Command::StartTls)),
    ("QUIT", |none| alone(none, Command::Quit)),
];

impl Command {
    /// The verbs that there are.
    pub fn verbs() -> impl Iterator<Item = &'static str> {
        COMMANDS.iter().map(|(verb, _)| *verb)
    }

    /// Understands a line, its CRLF removed. Verbs stand in any case (RFC 5321 §2.4), and spaces at
    /// the end are forgiven (§4.1.1).
    ///
    /// # Errors
    /// Which reply code and which sentence it deserves.
    pub fn parse(line: &[u8]) -> Result<Command, SyntaxError> {
        let (verb, rest) = first_word(line);
        let arguments = verb::find(&COMMANDS, verb).ok_or(SyntaxError::UnknownVerb)?;
        let sentences = [
            "the argument is not UTF-8",
            "the argument has a control character",
        ];
        let text = verb::text(rest, sentences).map_err(SyntaxError::Argument)?;
        arguments(text.trim_matches(' '))
    }
}

/// The line without its CRLF.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Helo(name) => write!(f, "HELO {name}"),
            Command::Ehlo(name) => write!(f, "EHLO {name}"),
            Command::Lhlo(name) => write!(f, "LHLO {name}"),
            Command::Mail { from, params } => write!(f, "MAIL FROM:{from}{params}"),
            Command::Rcpt { to, params } => write!(f, "RCPT TO:{to}{params}"),
            Command::Data => f.write_str("DATA"),
            Command::Bdat { size, last } => {
                write!(f, "BDAT {size}{}", if *last { " LAST" } else { "" })
            }
            Command::Rset => f.write_str("RSET"),
            Command::Noop => f.write_str("NOOP"),
            Command::Vrfy(who) => write!(f, "VRFY {who}"),
            Command::Expn(list) => write!(f, "EXPN {list}"),
            Command::Help(None) => f.write_str("HELP"),
            Command::Help(Some(about)) => write!(f, "HELP {about}"),
            Command::Auth { mechanism, initial } => {
                write!(f, "AUTH {}", sasl::Argument(mechanism, initial.as_deref()))
            }
            Command::StartTls => f.write_str("STARTTLS"),
            Command::Quit => f.write_str("QUIT"),
        }
    }
}

fn alone(argument: &str, command: Command) -> Result<Command, SyntaxError> {
    if argument.is_empty() {
        return Ok(command);
    }
    Err(SyntaxError::Argument("this command takes no argument"))
}

fn some(argument: &str, otherwise: &'static str) -> Result<String, SyntaxError> {
    if argument.is_empty() {
        return Err(SyntaxError::Argument(otherwise));
    }
    Ok(argument.to_owned())
}

/// RFC 5321 §4.1.4: a server must not refuse a client for its name. Only what could not be a name
/// at all is an error.
fn client_name(argument: &str) -> Result<String, SyntaxError> {
    let possible = (1..=255).contains(&argument.len()) && !argument.contains(char::is_whitespace);
    possible
        .then(|| argument.to_owned())
        .ok_or(SyntaxError::Argument(
            "the greeting wants the client's domain",
        ))
}

fn mail(argument: &str) -> Result<Command, SyntaxError> {
    let path = after(argument, "FROM:").ok_or(SyntaxError::Argument(
        "MAIL wants FROM: and the sender: MAIL FROM:<alice@example.org>",
    ))?;
    let (from, rest) = address::reverse_path(path).map_err(SyntaxError::Sender)?;
    let params = Params::parse(Verb::Mail, rest)?;
    Ok(Command::Mail { from, params })
}

fn rcpt(argument: &str) -> Result<Command, SyntaxError> {
    let path = after(argument, "TO:").ok_or(SyntaxError::Argument(
        "RCPT wants TO: and a recipient: RCPT TO:<bob@example.org>",
    ))?;
    let (to, rest) = address::forward_path(path).map_err(SyntaxError::Recipient)?;
    let params = Params::parse(Verb::Rcpt, rest)?;
    Ok(Command::Rcpt { to, params })
}

/// What stands behind the keyword. Spaces there are wrong (RFC 5321 §3.3), but so many clients send
/// one that it is forgiven.
pub(super) fn after<'a>(argument: &'a str, keyword: &str) -> Option<&'a str> {
    let (front, path) = argument.split_at_checked(keyword.len())?;
    front
        .eq_ignore_ascii_case(keyword)
        .then(|| path.trim_start_matches(' '))
}

fn bdat(argument: &str) -> Result<Command, SyntaxError> {
    let sentence = "BDAT wants a number of octets, and LAST with the last chunk";
    let (size, last) = match argument.split_once(' ') {
        Some((size, word)) if word.trim_start().eq_ignore_ascii_case("LAST") => (size, true),
        Some(_) => return Err(SyntaxError::Argument(sentence)),
        None => (argument, false),
    };
    // Rust's parser would take a `+` too.
    if !size.bytes().all(|b| b.is_ascii_digit()) {
        return Err(SyntaxError::Argument(sentence));
    }
    let size = size.parse().map_err(|_| SyntaxError::Argument(sentence))?;
    Ok(Command::Bdat { size, last })
}

fn auth(argument: &str) -> Result<Command, SyntaxError> {
    let (mechanism, initial) = sasl::parse(argument).map_err(SyntaxError::Argument)?;
    Ok(Command::Auth { mechanism, initial })
}

#[cfg(test)]
mod tests;
