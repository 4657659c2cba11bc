//! What an SMTP or LMTP client says (RFC 5321 §4.1.1; LHLO: RFC 2033; AUTH: RFC 4954; STARTTLS:
//! RFC 3207; BDAT: RFC 3030).
//!
//! [`Command::parse`] reads a line without its CRLF, and `Display` writes one. A [`SyntaxError`]
//! knows its reply. The session decides whether a command is allowed now.

use std::fmt;

use super::params::Verb;
use super::{Params, Path, Reply, ReversePath, address};
use crate::limits;
use crate::mail::protocol::span::first_word;
use crate::mail::protocol::{sasl, verb};

/// A line of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The old greeting, with the client's name.
    Helo(String),
    /// The greeting that asks for the list of extensions, with the client's name.
    Ehlo(String),
    /// EHLO in LMTP (RFC 2033 §4.1).
    Lhlo(String),
    /// Begins a message.
    Mail {
        /// The address for bounces.
        from: ReversePath,
        /// `SIZE=1000` and the like.
        params: Params,
    },
    /// Names one recipient.
    Rcpt {
        /// The recipient.
        to: Path,
        /// `NOTIFY=NEVER` and the like.
        params: Params,
    },
    /// The message follows, up to a lone dot.
    Data,
    /// Cancels the message that has begun.
    Rset,
    /// Does nothing.
    Noop,
    /// Asks whether this mailbox exists.
    Vrfy(String),
    /// Asks for the members of this list.
    Expn(String),
    /// Asks for help, perhaps about one command.
    Help(Option<String>),
    /// Ends the connection.
    Quit,
    /// Logs in (RFC 4954).
    Auth {
        /// In upper case.
        mechanism: String,
        /// The client's first response, decoded.
        initial: Option<Vec<u8>>,
    },
    /// Begins TLS (RFC 3207).
    StartTls,
    /// A chunk of the message follows (RFC 3030 §2).
    Bdat {
        /// The octets of the chunk.
        size: u64,
        /// Whether another chunk follows.
        chunk: Chunk,
    },
}

/// Whether a chunk of BDAT is the last one of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// Another chunk follows.
    More,
    /// `LAST`.
    Last,
}

/// Why a line is not a command. Prints as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxError {
    /// There is no such command.
    UnknownVerb,
    /// The argument is wrong, for this reason.
    Argument(&'static str),
    /// The path of MAIL is wrong, for this reason.
    Sender(&'static str),
    /// The path of RCPT is wrong, for this reason.
    Recipient(&'static str),
    /// MAIL or RCPT has this unknown parameter.
    UnknownParameter(String),
}

impl SyntaxError {
    /// The reply that it deserves, with the sentence as its text.
    #[must_use]
    pub fn reply(&self) -> Reply {
        let reply = match self {
            SyntaxError::UnknownVerb => Reply::UNKNOWN_COMMAND,
            SyntaxError::Argument(_) => Reply::BAD_ARGUMENT,
            SyntaxError::Sender(_) => Reply::BAD_SENDER,
            SyntaxError::Recipient(_) => Reply::BAD_RECIPIENT,
            SyntaxError::UnknownParameter(_) => Reply::UNKNOWN_PARAMETER,
        };
        reply.because(capitalised(&self.to_string()))
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
                write!(f, "the parameter {param} is not known")
            }
        }
    }
}

impl std::error::Error for SyntaxError {}

/// The sentence with a capital letter, as every reply begins.
fn capitalised(sentence: &str) -> String {
    let mut chars = sentence.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// Parses the text after a verb, without the spaces around it.
type ParseArgument = fn(&str) -> Result<Command, SyntaxError>;

/// Every verb and the parser of its argument; `Display` is the inverse.
const COMMANDS: [(&str, ParseArgument); 15] = [
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
        some(who, "VRFY needs a user name or an address").map(Command::Vrfy)
    }),
    ("EXPN", |list| {
        some(list, "EXPN needs the name of a list").map(Command::Expn)
    }),
    ("HELP", |about| Ok(Command::Help(some(about, "").ok()))),
    ("AUTH", auth),
    ("STARTTLS", |none| alone(none, Command::StartTls)),
    ("QUIT", |none| alone(none, Command::Quit)),
];

impl Command {
    /// All verbs.
    pub fn verbs() -> impl Iterator<Item = &'static str> {
        COMMANDS.iter().map(|(verb, _)| *verb)
    }

    /// Parses a line, its CRLF removed. Verbs ignore case (RFC 5321 §2.4), and spaces at the end are
    /// accepted (§4.1.1).
    ///
    /// # Errors
    /// If the line is not a command.
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
            Command::Bdat {
                size,
                chunk: Chunk::More,
            } => write!(f, "BDAT {size}"),
            Command::Bdat {
                size,
                chunk: Chunk::Last,
            } => write!(f, "BDAT {size} LAST"),
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

/// RFC 5321 §4.1.4: a server must not refuse a client for its name. Only a text that cannot be a
/// name is an error.
fn client_name(argument: &str) -> Result<String, SyntaxError> {
    let fits = (1..=limits::DOMAIN).contains(&argument.len());
    if !fits || argument.contains(char::is_whitespace) {
        return Err(SyntaxError::Argument(
            "the greeting needs the client's domain",
        ));
    }
    Ok(argument.to_owned())
}

fn mail(argument: &str) -> Result<Command, SyntaxError> {
    let path = after(argument, "FROM:").ok_or(SyntaxError::Argument(
        "MAIL needs FROM: and the sender: MAIL FROM:<alice@example.org>",
    ))?;
    let (from, rest) = address::reverse_path(path).map_err(SyntaxError::Sender)?;
    let params = Params::parse(Verb::Mail, rest)?;
    Ok(Command::Mail { from, params })
}

fn rcpt(argument: &str) -> Result<Command, SyntaxError> {
    let path = after(argument, "TO:").ok_or(SyntaxError::Argument(
        "RCPT needs TO: and a recipient: RCPT TO:<bob@example.org>",
    ))?;
    let (to, rest) = address::forward_path(path).map_err(SyntaxError::Recipient)?;
    let params = Params::parse(Verb::Rcpt, rest)?;
    Ok(Command::Rcpt { to, params })
}

/// The text after the keyword. A space there is wrong (RFC 5321 §3.3), but many clients send one, so
/// it is accepted.
pub(super) fn after<'a>(argument: &'a str, keyword: &str) -> Option<&'a str> {
    let (front, path) = argument.split_at_checked(keyword.len())?;
    front
        .eq_ignore_ascii_case(keyword)
        .then(|| path.trim_start_matches(' '))
}

fn bdat(argument: &str) -> Result<Command, SyntaxError> {
    let sentence = "BDAT needs a number of octets, and LAST with the last chunk";
    let (size, chunk) = match argument.split_once(' ') {
        Some((size, word)) if word.trim_start().eq_ignore_ascii_case("LAST") => (size, Chunk::Last),
        Some(_) => return Err(SyntaxError::Argument(sentence)),
        None => (argument, Chunk::More),
    };
    // Rust's parser would accept a `+` too.
    if !size.bytes().all(|b| b.is_ascii_digit()) {
        return Err(SyntaxError::Argument(sentence));
    }
    let size = size.parse().map_err(|_| SyntaxError::Argument(sentence))?;
    Ok(Command::Bdat { size, chunk })
}

fn auth(argument: &str) -> Result<Command, SyntaxError> {
    let (mechanism, initial) = sasl::parse(argument).map_err(SyntaxError::Argument)?;
    Ok(Command::Auth { mechanism, initial })
}

#[cfg(test)]
mod tests;
