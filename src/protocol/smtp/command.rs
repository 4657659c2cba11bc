//! What an SMTP or LMTP client says (RFC 5321 §4.1.1; LHLO: RFC 2033; AUTH: RFC 4954; STARTTLS:
//! RFC 3207; BDAT: RFC 3030).
//!
//! [`Command::parse`] takes a line without its CRLF; [`Command`]'s `Display` writes one. A
//! [`SyntaxError`] knows its reply code. Whether a command is allowed now is the session's decision.

use std::fmt;

use super::params::Verb;
use super::{Enhanced, Params, Path, ReversePath, address};
use crate::protocol::sasl;

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

impl Command {
    /// Understands a line, its CRLF removed. Verbs stand in any case (RFC 5321 §2.4), and spaces at
    /// the end are forgiven (§4.1.1).
    ///
    /// # Errors
    /// Which reply code and which sentence it deserves.
    pub fn parse(line: &[u8]) -> Result<Command, SyntaxError> {
        let space = line.iter().position(|b| *b == b' ');
        let (verb, rest) = line.split_at(space.unwrap_or(line.len()));
        let verb = verb.to_ascii_uppercase();
        if !VERBS.contains(&verb.as_slice()) {
            return Err(SyntaxError::UnknownVerb);
        }
        let argument =
            str::from_utf8(rest).map_err(|_| SyntaxError::Argument("the argument is not UTF-8"))?;
        if argument.chars().any(char::is_control) {
            return Err(SyntaxError::Argument(
                "the argument has a control character",
            ));
        }
        Command::with(&verb, argument.trim_matches(' '))
    }

    fn with(verb: &[u8], argument: &str) -> Result<Command, SyntaxError> {
        let text = |sentence| match argument {
            "" => Err(SyntaxError::Argument(sentence)),
            text => Ok(text.to_owned()),
        };
        Ok(match verb {
            b"HELO" => Command::Helo(client_name(argument)?),
            b"EHLO" => Command::Ehlo(client_name(argument)?),
            b"LHLO" => Command::Lhlo(client_name(argument)?),
            b"MAIL" => mail(argument)?,
            b"RCPT" => rcpt(argument)?,
            b"VRFY" => Command::Vrfy(text("VRFY wants a user name or an address")?),
            b"EXPN" => Command::Expn(text("EXPN wants the name of a list")?),
            b"HELP" => Command::Help(text("").ok()),
            // RFC 5321 §4.1.1.9: NOOP may have an argument, which is ignored.
            b"NOOP" => Command::Noop,
            b"BDAT" => bdat(argument)?,
            b"AUTH" => {
                let (mechanism, initial) = sasl::parse(argument).map_err(SyntaxError::Argument)?;
                Command::Auth { mechanism, initial }
            }
            _ if !argument.is_empty() => {
                return Err(SyntaxError::Argument("this command takes no argument"));
            }
            b"DATA" => Command::Data,
            b"RSET" => Command::Rset,
            b"QUIT" => Command::Quit,
            b"STARTTLS" => Command::StartTls,
            _ => return Err(SyntaxError::UnknownVerb),
        })
    }

    /// The verb, as it stands on the wire.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Command::Helo(_) => "HELO",
            Command::Ehlo(_) => "EHLO",
            Command::Lhlo(_) => "LHLO",
            Command::Mail { .. } => "MAIL",
            Command::Rcpt { .. } => "RCPT",
            Command::Data => "DATA",
            Command::Rset => "RSET",
            Command::Noop => "NOOP",
            Command::Vrfy(_) => "VRFY",
            Command::Expn(_) => "EXPN",
            Command::Help(_) => "HELP",
            Command::Quit => "QUIT",
            Command::Auth { .. } => "AUTH",
            Command::StartTls => "STARTTLS",
            Command::Bdat { .. } => "BDAT",
        }
    }
}

/// The line without its CRLF.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb())?;
        match self {
            Command::Helo(text)
            | Command::Ehlo(text)
            | Command::Lhlo(text)
            | Command::Vrfy(text)
            | Command::Expn(text)
            | Command::Help(Some(text)) => write!(f, " {text}"),
            Command::Mail { from, params } => write!(f, " FROM:{from}{params}"),
            Command::Rcpt { to, params } => write!(f, " TO:{to}{params}"),
            Command::Auth { mechanism, initial } => {
                write!(f, " {}", sasl::Argument(mechanism, initial.as_deref()))
            }
            Command::Bdat { size, last } => {
                write!(f, " {size}{}", if *last { " LAST" } else { "" })
            }
            Command::Data
            | Command::Rset
            | Command::Noop
            | Command::Help(None)
            | Command::Quit
            | Command::StartTls => Ok(()),
        }
    }
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
fn after<'a>(argument: &'a str, keyword: &str) -> Option<&'a str> {
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

const VERBS: [&[u8]; 15] = [
    b"HELO",
    b"EHLO",
    b"LHLO",
    b"MAIL",
    b"RCPT",
    b"DATA",
    b"RSET",
    b"NOOP",
    b"VRFY",
    b"EXPN",
    b"HELP",
    b"QUIT",
    b"AUTH",
    b"STARTTLS",
    b"BDAT",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use proptest::prelude::*;

    use super::*;
    use crate::protocol::smtp::Address;

    #[test]
    fn lines_that_are_commands() {
        let rows = [
            ("helo client.example", "HELO client.example"),
            ("EHLO [127.0.0.1]", "EHLO [127.0.0.1]"),
            ("lhlo host_1 ", "LHLO host_1"),
            ("mail from:<>", "MAIL FROM:<>"),
            // RFC 5321 §3.3 forbids this space; clients send it.
            ("MAIL FROM: <a@b> size=10", "MAIL FROM:<a@b> SIZE=10"),
            ("RCPT TO:<@hop:\"b c\"@x>", "RCPT TO:<\"b c\"@x>"),
            ("RCPT TO:<Postmaster>", "RCPT TO:<postmaster>"),
            (
                "rcpt to:<jürgen@müller.example>",
                "RCPT TO:<jürgen@müller.example>",
            ),
            ("DATA ", "DATA"),
            ("noop whatever", "NOOP"),
            ("Vrfy alice", "VRFY alice"),
            ("EXPN friends", "EXPN friends"),
            ("help", "HELP"),
            ("HELP mail", "HELP mail"),
            ("auth plain AGEAYg==", "AUTH PLAIN AGEAYg=="),
            ("AUTH LOGIN =", "AUTH LOGIN ="),
            ("starttls", "STARTTLS"),
            ("bdat 10", "BDAT 10"),
            ("BDAT 0 last", "BDAT 0 LAST"),
        ];
        for (line, printed) in rows {
            let command = Command::parse(line.as_bytes()).unwrap();
            assert_eq!(command.to_string(), printed);
        }
    }

    #[test]
    fn lines_that_are_not() {
        let rows: [(&[u8], u16, &str); 21] = [
            (b"", 500, "5.5.2"),
            (b"FROBNICATE", 500, "5.5.2"),
            (b"MAILFROM:<a@b>", 500, "5.5.2"),
            (b"DATA\r", 500, "5.5.2"),
            (b"NOOP x\r", 501, "5.5.4"),
            (b"\xff\xfe", 500, "5.5.2"),
            (b"HELO", 501, "5.5.4"),
            (b"EHLO two words", 501, "5.5.4"),
            (b"MAIL", 501, "5.5.4"),
            (b"MAIL TO:<a@b>", 501, "5.5.4"),
            (b"MAIL FROM:a@b", 501, "5.1.7"),
            (b"MAIL FROM:<a@b", 501, "5.1.7"),
            (b"MAIL FROM:<a@b>SIZE=1", 501, "5.5.4"),
            (b"MAIL FROM:<a\r\nRCPT@b>", 501, "5.5.4"),
            (b"MAIL FROM:<a\xff@b>", 501, "5.5.4"),
            (b"MAIL FROM:<a@b> COLOUR=blue", 555, "5.5.4"),
            (b"RCPT TO:<>", 501, "5.1.3"),
            (b"RCPT TO:<alice>", 501, "5.1.3"),
            (b"QUIT now", 501, "5.5.4"),
            (b"AUTH PLAIN ???", 501, "5.5.4"),
            (b"BDAT 99999999999999999999 LAST", 501, "5.5.4"),
        ];
        for (line, code, enhanced) in rows {
            let error = Command::parse(line).unwrap_err();
            assert_eq!(error.code(), code, "{}", line.escape_ascii());
            assert_eq!(
                error.enhanced().to_string(),
                enhanced,
                "{}",
                line.escape_ascii()
            );
        }
    }

    fn address() -> impl Strategy<Value = Address> {
        let local = prop_oneof![
            "[a-z0-9!#$%&'*+/=?^_`{|}~é-]{1,8}(\\.[a-z]{1,8}){0,2}",
            "\"([ !#-\\[\\]-~é]|\\\\[ -~]){0,20}\"",
        ];
        let domain = prop_oneof![
            "[a-z0-9_]{1,9}(\\.[a-zü0-9]{1,9}){0,3}",
            any::<std::net::Ipv4Addr>().prop_map(|ip| format!("[{ip}]")),
            any::<std::net::Ipv6Addr>().prop_map(|ip| format!("[IPv6:{ip}]")),
        ];
        (local, domain).prop_map(|(local, domain)| format!("{local}@{domain}").parse().unwrap())
    }

    fn params() -> impl Strategy<Value = Params> {
        (
            proptest::option::of(any::<u64>()),
            any::<bool>(),
            any::<bool>(),
        )
            .prop_map(|(size, body, smtputf8)| {
                let mut params = Params::new();
                if let Some(size) = size {
                    params = params.with("SIZE", Some(&size.to_string()));
                }
                if body {
                    params = params.with("BODY", Some("8BITMIME"));
                }
                if smtputf8 {
                    params = params.with("SMTPUTF8", None);
                }
                params
            })
    }

    fn command() -> impl Strategy<Value = Command> {
        let mail = (proptest::option::of(address()), params()).prop_map(|(from, params)| {
            let from = from.map_or(ReversePath::Null, ReversePath::Address);
            Command::Mail { from, params }
        });
        let rcpt = proptest::option::of(address()).prop_map(|to| Command::Rcpt {
            to: to.map_or(Path::Postmaster, Path::Address),
            params: Params::new(),
        });
        let text = "[!-~é]([ -~é]{0,20}[!-~é])?";
        let initial = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40));
        prop_oneof![
            "[!-~]{1,40}".prop_map(Command::Helo),
            "[!-~]{1,40}".prop_map(Command::Ehlo),
            "[!-~]{1,40}".prop_map(Command::Lhlo),
            mail,
            rcpt,
            text.prop_map(Command::Vrfy),
            text.prop_map(Command::Expn),
            proptest::option::of(text).prop_map(Command::Help),
            ("[A-Z][A-Z0-9_-]{0,19}", initial)
                .prop_map(|(mechanism, initial)| Command::Auth { mechanism, initial }),
            (any::<u64>(), any::<bool>()).prop_map(|(size, last)| Command::Bdat { size, last }),
            Just(Command::Data),
            Just(Command::Rset),
            Just(Command::Noop),
            Just(Command::Quit),
            Just(Command::StartTls),
        ]
    }

    proptest! {
        #[test]
        fn parses_what_it_prints(command in command()) {
            prop_assert_eq!(Command::parse(command.to_string().as_bytes()), Ok(command));
        }

        #[test]
        fn never_panics(mut line in command().prop_map(|c| c.to_string().into_bytes()), at: usize, byte: u8) {
            let at = at % line.len();
            line[at] = byte;
            let _ = Command::parse(&line);
            let _ = Command::parse(&line[..at]);
        }
    }
}
