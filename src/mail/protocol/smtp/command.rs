//! What an SMTP or LMTP client says (RFC 5321 §4.1.1; LHLO: RFC 2033; AUTH: RFC 4954; STARTTLS:
//! RFC 3207; BDAT: RFC 3030).
//!
//! [`Command::parse`] reads a line without its CRLF, and `Display` writes one. A [`SyntaxError`]
//! knows its reply. The session decides whether a command is allowed now.

use std::fmt;

use super::params::Verb;
use super::{Params, Path, Reply, ReversePath, address};
use crate::limits;
use crate::mail::protocol::line_cursor::LineCursor;
use crate::mail::protocol::sasl;
use crate::mail::protocol::span::{Role, Span};

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

/// Parses the rest of a line, after its verb.
type ParseArgument = fn(&mut LineCursor<'_>) -> Result<Command, SyntaxError>;

/// Every verb and the parser of its argument; `Display` is the inverse.
const COMMANDS: [(&str, ParseArgument); 15] = [
    ("HELO", |line| client_name(line).map(Command::Helo)),
    ("EHLO", |line| client_name(line).map(Command::Ehlo)),
    ("LHLO", |line| client_name(line).map(Command::Lhlo)),
    ("MAIL", mail),
    ("RCPT", rcpt),
    ("DATA", |line| alone(line, Command::Data)),
    ("BDAT", bdat),
    ("RSET", |line| alone(line, Command::Rset)),
    ("NOOP", noop),
    ("VRFY", vrfy),
    ("EXPN", expn),
    ("HELP", help),
    ("AUTH", auth),
    ("STARTTLS", |line| alone(line, Command::StartTls)),
    ("QUIT", |line| alone(line, Command::Quit)),
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
        parse_line(&mut LineCursor::new(line))
    }

    /// Parses a line and returns the names of its parts too; a wrong line has parts as well.
    pub fn parse_with_spans(line: &[u8]) -> (Result<Command, SyntaxError>, Vec<Span>) {
        let mut line = LineCursor::recording(line);
        (parse_line(&mut line), line.into_spans())
    }
}

fn parse_line(line: &mut LineCursor<'_>) -> Result<Command, SyntaxError> {
    let Some(parse_argument) = line.verb(&COMMANDS) else {
        line.word(Role::Verb);
        line.rest(Role::Argument);
        return Err(SyntaxError::UnknownVerb);
    };
    let command = parse_argument(line);
    let sentences = ["the argument is not UTF-8", "the argument has a control character"];
    line.check_text(sentences).map_err(SyntaxError::Argument)?;
    command
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
            Command::Bdat { size, chunk: Chunk::More } => write!(f, "BDAT {size}"),
            Command::Bdat { size, chunk: Chunk::Last } => write!(f, "BDAT {size} LAST"),
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

fn alone(line: &mut LineCursor<'_>, command: Command) -> Result<Command, SyntaxError> {
    if line.rest(Role::Argument).is_empty() {
        return Ok(command);
    }
    Err(SyntaxError::Argument("this command takes no argument"))
}

/// RFC 5321 §4.1.4: a server must not refuse a client for its name. Only a text that cannot be a
/// name is an error.
fn client_name(line: &mut LineCursor<'_>) -> Result<String, SyntaxError> {
    let name = line.rest(Role::ClientName);
    let fits = (1..=limits::DOMAIN).contains(&name.len());
    if !fits || name.contains(char::is_whitespace) {
        return Err(SyntaxError::Argument("the greeting needs the client's domain"));
    }
    Ok(name.to_owned())
}

fn mail(line: &mut LineCursor<'_>) -> Result<Command, SyntaxError> {
    let usage = "MAIL needs FROM: and the sender: MAIL FROM:<alice@example.org>";
    take_keyword(line, "FROM:", usage)?;
    let from = take_path(line, address::reverse_path).map_err(SyntaxError::Sender)?;
    let params = Params::take(line, Verb::Mail)?;
    Ok(Command::Mail { from, params })
}

fn rcpt(line: &mut LineCursor<'_>) -> Result<Command, SyntaxError> {
    let usage = "RCPT needs TO: and a recipient: RCPT TO:<bob@example.org>";
    take_keyword(line, "TO:", usage)?;
    let to = take_path(line, address::forward_path).map_err(SyntaxError::Recipient)?;
    let params = Params::take(line, Verb::Rcpt)?;
    Ok(Command::Rcpt { to, params })
}

/// Takes `FROM:` or `TO:`. A space after it is wrong (RFC 5321 §3.3), but many clients send one, so
/// it is accepted.
fn take_keyword(
    line: &mut LineCursor<'_>,
    keyword: &str,
    usage: &'static str,
) -> Result<(), SyntaxError> {
    let beginning = line.peek_rest().get(..keyword.len());
    if !beginning.is_some_and(|text| text.eq_ignore_ascii_case(keyword)) {
        line.rest(Role::Argument);
        return Err(SyntaxError::Argument(usage));
    }
    line.skip_spaces();
    line.take(keyword.len(), Role::PathKeyword);
    line.skip_spaces();
    Ok(())
}

fn take_path<T>(
    line: &mut LineCursor<'_>,
    parser: fn(&str) -> Result<(T, &str), &'static str>,
) -> Result<T, &'static str> {
    let path = line.parse(Role::Path, parser);
    if path.is_err() {
        line.rest(Role::Argument);
    }
    path
}

fn bdat(line: &mut LineCursor<'_>) -> Result<Command, SyntaxError> {
    let error =
        SyntaxError::Argument("BDAT needs a number of octets, and LAST with the last chunk");
    let size = line.word(Role::ChunkSize);
    let chunk = match line.rest(Role::LastChunk) {
        "" => Chunk::More,
        word if word.eq_ignore_ascii_case("LAST") => Chunk::Last,
        _ => return Err(error),
    };
    // Rust's parser would accept a `+` too.
    if !size.bytes().all(|b| b.is_ascii_digit()) {
        return Err(error);
    }
    let size = size.parse().map_err(|_| error)?;
    Ok(Command::Bdat { size, chunk })
}

/// RFC 5321 §4.1.1.9: NOOP may have an argument, which is ignored.
fn noop(line: &mut LineCursor<'_>) -> Result<Command, SyntaxError> {
    line.rest(Role::Argument);
    Ok(Command::Noop)
}

fn vrfy(line: &mut LineCursor<'_>) -> Result<Command, SyntaxError> {
    match line.rest(Role::Argument) {
        "" => Err(SyntaxError::Argument("VRFY needs a user name or an address")),
        name => Ok(Command::Vrfy(name.to_owned())),
    }
}

fn expn(line: &mut LineCursor<'_>) -> Result<Command, SyntaxError> {
    match line.rest(Role::Argument) {
        "" => Err(SyntaxError::Argument("EXPN needs the name of a list")),
        list => Ok(Command::Expn(list.to_owned())),
    }
}

fn help(line: &mut LineCursor<'_>) -> Result<Command, SyntaxError> {
    Ok(Command::Help(match line.rest(Role::Argument) {
        "" => None,
        about => Some(about.to_owned()),
    }))
}

fn auth(line: &mut LineCursor<'_>) -> Result<Command, SyntaxError> {
    let argument = sasl::take_argument(line);
    let (mechanism, initial) = argument.map_err(SyntaxError::Argument)?;
    Ok(Command::Auth { mechanism, initial })
}

#[cfg(test)]
mod tests;
