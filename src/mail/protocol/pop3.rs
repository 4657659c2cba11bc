//! POP3's commands (RFC 1939, with CAPA of RFC 2449, STLS of RFC 2595 and AUTH of RFC 5034).
//!
//! [`Command::parse`] takes a line without its CRLF; [`Command`]'s `Display` writes one. Whether a
//! command is allowed in the session's state is not decided here.

use std::fmt;

use super::line_cursor::LineCursor;
use super::sasl;
use super::span::{Role, Span};

/// A command of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The name of the user (RFC 1939 §7).
    User(String),
    /// The password; spaces in it are part of it (RFC 1939 §7).
    Pass(String),
    /// Asks for the number of messages and octets (RFC 1939 §5).
    Stat,
    /// Asks for the size of one message, or of each (RFC 1939 §5).
    List(Option<u32>),
    /// Asks for the unique id of one message, or of each (RFC 1939 §7).
    Uidl(Option<u32>),
    /// Asks for a whole message (RFC 1939 §5).
    Retr(u32),
    /// Marks a message for deletion (RFC 1939 §5).
    Dele(u32),
    /// Does nothing (RFC 1939 §5).
    Noop,
    /// Removes all deletion marks (RFC 1939 §5).
    Rset,
    /// Asks for the header and the first lines of the body (RFC 1939 §7).
    Top {
        /// The number of the message.
        message: u32,
        /// The number of lines of the body.
        lines: u64,
    },
    /// Ends the conversation (RFC 1939 §6).
    Quit,
    /// Asks what the server can do (RFC 2449 §5).
    Capa,
    /// Begins TLS (RFC 2595 §4).
    Stls,
    /// Logs in with SASL (RFC 5034).
    Auth {
        /// In upper case.
        mechanism: String,
        /// The client's first response, decoded.
        initial: Option<Vec<u8>>,
    },
}

/// Why a line is not a command, as a sentence for the `-ERR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pop3SyntaxError {
    /// There is no such command.
    UnknownVerb,
    /// The command's argument is wrong, for this reason.
    Argument(&'static str),
}

impl fmt::Display for Pop3SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Pop3SyntaxError::UnknownVerb => "Unknown command",
            Pop3SyntaxError::Argument(sentence) => sentence,
        })
    }
}

impl std::error::Error for Pop3SyntaxError {}

/// Parses what follows a verb.
type Arguments = fn(&mut LineCursor<'_>) -> Result<Command, Pop3SyntaxError>;

/// Every command; `Display` is the inverse.
const COMMANDS: &[(&str, Arguments)] = &[
    ("USER", user),
    ("PASS", pass),
    ("STAT", |line| without_argument(line, Command::Stat)),
    ("LIST", |line| optional_number(line).map(Command::List)),
    ("UIDL", |line| optional_number(line).map(Command::Uidl)),
    ("RETR", |line| message_number(line).map(Command::Retr)),
    ("DELE", |line| message_number(line).map(Command::Dele)),
    ("NOOP", |line| without_argument(line, Command::Noop)),
    ("RSET", |line| without_argument(line, Command::Rset)),
    ("TOP", top),
    ("QUIT", |line| without_argument(line, Command::Quit)),
    ("CAPA", |line| without_argument(line, Command::Capa)),
    ("STLS", |line| without_argument(line, Command::Stls)),
    ("AUTH", auth),
];

impl Command {
    /// The verbs of all commands.
    pub fn verbs() -> impl Iterator<Item = &'static str> {
        COMMANDS.iter().map(|(verb, _)| *verb)
    }

    /// Parses a line without its CRLF.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the line.
    pub fn parse(line: &[u8]) -> Result<Command, Pop3SyntaxError> {
        parse_line(&mut LineCursor::new(line))
    }

    /// Parses a line, and returns its parts as well, even if it is not a command.
    pub fn parse_with_spans(line: &[u8]) -> (Result<Command, Pop3SyntaxError>, Vec<Span>) {
        let mut line = LineCursor::recording(line);
        (parse_line(&mut line), line.into_spans())
    }
}

fn parse_line(line: &mut LineCursor<'_>) -> Result<Command, Pop3SyntaxError> {
    let Some(arguments) = line.verb(COMMANDS) else {
        take_unknown(line);
        return Err(Pop3SyntaxError::UnknownVerb);
    };
    let command = arguments(line);
    let sentences = ["The argument is not UTF-8", "The argument has a control character"];
    line.check_text(sentences).map_err(Pop3SyntaxError::Argument)?;
    command
}

impl Command {
    /// True if lines up to a lone dot follow its `+OK` (RFC 1939 §3).
    #[must_use]
    pub fn is_answered_in_lines(&self) -> bool {
        matches!(
            self,
            Command::List(None)
                | Command::Uidl(None)
                | Command::Retr(_)
                | Command::Top { .. }
                | Command::Capa
        )
    }
}

/// The line without its CRLF.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::User(name) => write!(f, "USER {name}"),
            Command::Pass(password) => write!(f, "PASS {password}"),
            Command::Stat => f.write_str("STAT"),
            Command::List(None) => f.write_str("LIST"),
            Command::List(Some(message)) => write!(f, "LIST {message}"),
            Command::Uidl(None) => f.write_str("UIDL"),
            Command::Uidl(Some(message)) => write!(f, "UIDL {message}"),
            Command::Retr(message) => write!(f, "RETR {message}"),
            Command::Dele(message) => write!(f, "DELE {message}"),
            Command::Noop => f.write_str("NOOP"),
            Command::Rset => f.write_str("RSET"),
            Command::Top { message, lines } => write!(f, "TOP {message} {lines}"),
            Command::Quit => f.write_str("QUIT"),
            Command::Capa => f.write_str("CAPA"),
            Command::Stls => f.write_str("STLS"),
            Command::Auth { mechanism, initial } => {
                write!(f, "AUTH {}", sasl::Argument(mechanism, initial.as_deref()))
            }
        }
    }
}

fn user(line: &mut LineCursor<'_>) -> Result<Command, Pop3SyntaxError> {
    let name = line.rest(Role::UserName);
    not_empty(name, "USER needs a user name").map(Command::User)
}

/// RFC 1939 §7: spaces around a password are part of it; elsewhere they are forgiven.
fn pass(line: &mut LineCursor<'_>) -> Result<Command, Pop3SyntaxError> {
    let password = line.exact_rest(Role::Password);
    not_empty(password, "PASS needs a password").map(Command::Pass)
}

fn auth(line: &mut LineCursor<'_>) -> Result<Command, Pop3SyntaxError> {
    let (mechanism, initial) = sasl::take_argument(line).map_err(Pop3SyntaxError::Argument)?;
    Ok(Command::Auth { mechanism, initial })
}

fn top(line: &mut LineCursor<'_>) -> Result<Command, Pop3SyntaxError> {
    let message = line.word(Role::MessageNumber);
    let lines = line.rest(Role::LineCount);
    if message.is_empty() || !is_number(lines) {
        let sentence = "TOP needs a message number and a number of lines";
        return Err(Pop3SyntaxError::Argument(sentence));
    }
    Ok(Command::Top {
        message: number(message)?,
        // More lines than can be counted are all of them.
        lines: lines.parse().unwrap_or(u64::MAX),
    })
}

fn optional_number(line: &mut LineCursor<'_>) -> Result<Option<u32>, Pop3SyntaxError> {
    match line.rest(Role::MessageNumber) {
        "" => Ok(None),
        text => number(text).map(Some),
    }
}

fn message_number(line: &mut LineCursor<'_>) -> Result<u32, Pop3SyntaxError> {
    number(line.rest(Role::MessageNumber))
}

/// RFC 1939 §4: messages are numbered from 1. A number that no message can have is out of range.
fn number(text: &str) -> Result<u32, Pop3SyntaxError> {
    if !is_number(text) {
        return Err(Pop3SyntaxError::Argument("This command needs a message number"));
    }
    match text.parse() {
        Ok(0) | Err(_) => Err(Pop3SyntaxError::Argument("Message number out of range")),
        Ok(number) => Ok(number),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit())
}

fn without_argument(
    line: &mut LineCursor<'_>,
    command: Command,
) -> Result<Command, Pop3SyntaxError> {
    if line.rest(Role::Argument).is_empty() {
        return Ok(command);
    }
    Err(Pop3SyntaxError::Argument("This command takes no argument"))
}

fn not_empty(text: &str, otherwise: &'static str) -> Result<String, Pop3SyntaxError> {
    if text.is_empty() {
        return Err(Pop3SyntaxError::Argument(otherwise));
    }
    Ok(text.to_owned())
}

/// Takes the parts of an unknown command, so that a secret in it can be masked.
///
/// A mistyped `PASS:secret` has a password in it, and APOP something that proves one.
fn take_unknown(line: &mut LineCursor<'_>) {
    let verb = line.peek_word().to_ascii_uppercase();
    if verb.starts_with(b"PASS") {
        line.take(4, Role::Verb);
        line.exact_rest(Role::Password);
        return;
    }
    line.take(verb.len(), Role::Verb);
    if verb == b"APOP" {
        line.word(Role::UserName);
        line.rest(Role::Answer);
    } else {
        line.rest(Role::Argument);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mail::protocol::span::tests::shown;

    #[test]
    fn lines_that_are_commands() {
        let rows: [(&str, Command); 10] = [
            ("user alice", Command::User("alice".into())),
            // RFC 1939 §7: the password may contain spaces, even at its ends.
            ("PASS  two words ", Command::Pass(" two words ".into())),
            ("List", Command::List(None)),
            ("LIST 007", Command::List(Some(7))),
            ("UIDL 1", Command::Uidl(Some(1))),
            ("STAT ", Command::Stat),
            ("TOP 1 0", Command::Top { message: 1, lines: 0 }),
            ("TOP 1 99999999999999999999999", Command::Top { message: 1, lines: u64::MAX }),
            ("auth plain", Command::Auth { mechanism: "PLAIN".into(), initial: None }),
            ("quit", Command::Quit),
        ];
        for (line, command) in rows {
            assert_eq!(Command::parse(line.as_bytes()), Ok(command), "{line:?}");
        }
    }

    #[test]
    fn lines_that_are_not() {
        let rows: [(&[u8], &str); 13] = [
            (b"", "Unknown command"),
            (b"APOP alice c4c9334bac560ecc979e58001b3e22fb", "Unknown command"),
            (b" STAT", "Unknown command"),
            (b"STAT\r", "Unknown command"),
            (b"USER", "USER needs a user name"),
            (b"PASS ", "PASS needs a password"),
            (b"PASS a\0b", "The argument has a control character"),
            (b"USER \xff", "The argument is not UTF-8"),
            (b"RETR", "This command needs a message number"),
            (b"RETR 0", "Message number out of range"),
            (b"DELE 4294967296", "Message number out of range"),
            (b"TOP 1", "TOP needs a message number and a number of lines"),
            (b"QUIT now", "This command takes no argument"),
        ];
        for (line, sentence) in rows {
            let answer = Command::parse(line).map_err(|error| error.to_string());
            assert_eq!(answer, Err(sentence.to_owned()), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn each_line_has_its_parts() {
        let rows = [
            ("USER alice", "verb USER, user-name alice"),
            ("pass  two words ", "verb pass, password  two words "),
            ("PASS", "verb PASS"),
            ("PASS:wonderland", "verb PASS, password :wonderland"),
            ("PASSwonder land", "verb PASS, password wonder land"),
            ("APOP al c4c9", "verb APOP, user-name al, answer c4c9"),
            ("AUTH PLAIN", "verb AUTH, mechanism PLAIN"),
            ("AUTH plain AGEAYg==", "verb AUTH, mechanism plain, answer AGEAYg=="),
            ("LIST", "verb LIST"),
            ("RETR 1", "verb RETR, message-number 1"),
            ("TOP 1 10", "verb TOP, message-number 1, line-count 10"),
            ("STAT  now", "verb STAT, argument now"),
            ("", ""),
        ];
        for (line, expected) in rows {
            let (_, spans) = Command::parse_with_spans(line.as_bytes());
            assert_eq!(shown(line.as_bytes(), &spans), expected);
        }
    }

    #[test]
    fn every_verb_is_known_in_any_case() {
        for verb in Command::verbs() {
            let line = verb.to_lowercase();
            let unknown = Err(Pop3SyntaxError::UnknownVerb);
            assert_ne!(Command::parse(line.as_bytes()), unknown, "{verb}");
        }
    }

    fn command() -> impl Strategy<Value = Command> {
        let mechanism = "[A-Z][A-Z0-9_-]{0,19}";
        let initial = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40));
        prop_oneof![
            "[^ \\pC]([^\\pC]{0,20}[^ \\pC])?".prop_map(Command::User),
            "[^\\pC]{1,20}".prop_map(Command::Pass),
            proptest::option::of(1u32..).prop_map(Command::List),
            proptest::option::of(1u32..).prop_map(Command::Uidl),
            (1u32..).prop_map(Command::Retr),
            (1u32..).prop_map(Command::Dele),
            (1u32.., any::<u64>()).prop_map(|(message, lines)| Command::Top { message, lines }),
            (mechanism, initial)
                .prop_map(|(mechanism, initial)| Command::Auth { mechanism, initial }),
            Just(Command::Stat),
            Just(Command::Noop),
            Just(Command::Rset),
            Just(Command::Quit),
            Just(Command::Capa),
            Just(Command::Stls),
        ]
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn parses_what_it_prints(command in command()) {
            prop_assert_eq!(Command::parse(command.to_string().as_bytes()), Ok(command));
        }

        #[test]
        fn never_panics(mut line in command().prop_map(|c| c.to_string().into_bytes()), at: usize, byte: u8) {
            let at = at % line.len();
            line[at] = byte;
            let _ = Command::parse(&line);
            let _ = Command::parse(&line[at..]);
        }
    }
}
