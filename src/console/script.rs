//! The script of a conversation: both sides of it as plain text, one behaviour a file.
//!
//! The tests' transcripts are scripts, and so are the demonstrations. A script begins with its
//! header and goes on with one step a line:
//!
//! ```text
//! title: QUIT ends the conversation
//! protocol: smtp
//! rfc: 5321 §4.1.1.10
//!
//! # What begins with a hash is told to the reader.
//! S: 220 ...
//! C: QUIT
//! S: 221 2.0.0 Bye
//! ! closed
//! ```
//!
//! `tls: offered` says that STARTTLS must be offered, and `config: [limits] recipients = 100` that the
//! servers need this setting; whoever starts them sees to it.
//!
//! | line | means |
//! |---|---|
//! | `C: text` | the client sends this line; CRLF is added |
//! | `C\: text` | the client sends exactly these octets, with the escapes of [`Pattern`]; nothing is added |
//! | `S: text` | the server must send this line; `...` stands for anything |
//! | `S\: text` | the same, with escapes |
//! | `! client 2 pop3` | what follows is said by another client, which connects when it is first needed |
//! | `! starttls` | the client's TLS handshake |
//! | `! disconnect` | the client vanishes; if it speaks again, it has connected anew |
//! | `! closed` | the server must have closed the connection, and said nothing more |
//! | `! pause` | a good moment to think; demonstrations wait here |
//!
//! Nothing here connects to anything: [`run`](super::run()) does.

use std::fmt;
use std::str::FromStr;

use super::pattern::{Pattern, unescape};

/// A conversation, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// What happens in it, in one sentence.
    pub title: String,
    /// What the first client speaks.
    pub protocol: Protocol,
    /// Where the behaviour is specified: `5321 §4.5.2`.
    pub rfc: String,
    /// What it needs of TLS.
    pub tls: Tls,
    /// How its site differs from the usual one, a setting a line:
    /// `config: [limits] bare_line_endings = accept`.
    pub config: Vec<String>,
    /// What is said and done.
    pub steps: Vec<Step>,
}

/// Which server a client of a script talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// From server to server (RFC 5321).
    Smtp,
    /// From a mail program to its server (RFC 6409).
    Submission,
    /// To the mailboxes (RFC 2033).
    Lmtp,
    /// RFC 1939.
    Pop3,
    /// RFC 3501 and RFC 9051.
    Imap,
}

/// What a script needs of TLS: `tls: offered`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Nothing: it is the same conversation in clear and under TLS, and STARTTLS is not offered.
    #[default]
    Any,
    /// It begins in clear, and STARTTLS is offered.
    Offered,
}

/// One line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number in the file, from 1.
    pub line: usize,
    /// What it says.
    pub action: Action,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Tells the reader something.
    Narrate(String),
    /// The client sends these octets.
    Send(Vec<u8>),
    /// The server must send a line that looks like this.
    Expect(Pattern),
    /// From now on this client acts; it speaks the script's protocol unless another is named.
    Client(u32, Option<Protocol>),
    /// The client's TLS handshake.
    StartTls,
    /// The client closes its connection without a word.
    Disconnect,
    /// The server must have closed the connection.
    Closed,
    /// Waits until the reader wants to go on.
    Pause,
}

/// Why a text is no script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// In which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for ScriptError {}

impl Script {
    /// Understands a whole file.
    ///
    /// # Errors
    /// Which line is wrong, and why.
    pub fn parse(text: &str) -> Result<Script, ScriptError> {
        let mut script = Script {
            title: String::new(),
            protocol: Protocol::Smtp,
            rfc: String::new(),
            tls: Tls::Any,
            config: Vec::new(),
            steps: Vec::new(),
        };
        let mut has_protocol = false;
        for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.is_empty()) {
            let at_line = |problem| ScriptError { line, problem };
            if let Some(action) = action(text).map_err(at_line)? {
                script.steps.push(Step { line, action });
            } else if script.steps.is_empty() {
                has_protocol |= script.header(text).map_err(at_line)?;
            } else {
                return Err(at_line(format!("{text:?} is no step")));
            }
        }
        if script.title.is_empty() || !has_protocol {
            let problem = "the header must have a title: and a protocol:".to_owned();
            return Err(ScriptError { line: 1, problem });
        }
        Ok(script)
    }

    /// Takes a line of the header; was it the protocol's?
    fn header(&mut self, text: &str) -> Result<bool, String> {
        match text.split_once(": ") {
            Some(("title", title)) => title.clone_into(&mut self.title),
            Some(("rfc", rfc)) => rfc.clone_into(&mut self.rfc),
            Some(("tls", "offered")) => self.tls = Tls::Offered,
            Some(("config", setting)) => self.config.push(setting.to_owned()),
            Some(("protocol", name)) => {
                self.protocol = name.parse()?;
                return Ok(true);
            }
            _ => return Err(format!("{text:?} is no line of a header, and no step")),
        }
        Ok(false)
    }
}

/// The step in this line; `None` if it is none.
fn action(line: &str) -> Result<Option<Action>, String> {
    // An editor may have removed the space at the end of an empty line.
    let (mark, text) = line.split_once(' ').unwrap_or((line, ""));
    Ok(Some(match mark {
        "#" => Action::Narrate(text.to_owned()),
        "C:" => Action::Send(format!("{text}\r\n").into_bytes()),
        r"C\:" => Action::Send(unescape(text)?),
        "S:" => Action::Expect(Pattern::literal(text)),
        r"S\:" => Action::Expect(Pattern::escaped(text)?),
        "!" => direction(text)?,
        _ => return Ok(None),
    }))
}

fn direction(text: &str) -> Result<Action, String> {
    let words: Vec<&str> = text.split(' ').collect();
    Ok(match words.as_slice() {
        ["pause"] => Action::Pause,
        ["starttls"] => Action::StartTls,
        ["disconnect"] => Action::Disconnect,
        ["closed"] => Action::Closed,
        ["client", number] => Action::Client(client(number)?, None),
        ["client", number, protocol] => Action::Client(client(number)?, Some(protocol.parse()?)),
        _ => {
            return Err(format!(
                "{text:?} is none of pause, starttls, disconnect, closed, client 2, client 2 pop3"
            ));
        }
    })
}

fn client(number: &str) -> Result<u32, String> {
    number
        .parse()
        .map_err(|_| format!("{number:?} is no number of a client"))
}

impl FromStr for Protocol {
    type Err = String;

    fn from_str(name: &str) -> Result<Protocol, String> {
        match name {
            "smtp" => Ok(Protocol::Smtp),
            "submission" => Ok(Protocol::Submission),
            "lmtp" => Ok(Protocol::Lmtp),
            "pop3" => Ok(Protocol::Pop3),
            "imap" => Ok(Protocol::Imap),
            _ => Err(format!(
                "{name:?} is none of smtp, submission, lmtp, pop3 and imap"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;

    const HEADER: &str = "title: A test\nprotocol: pop3\n";

    #[test]
    fn each_setting_has_its_line() {
        let text = format!("{HEADER}config: [a] b = c\nconfig: [a] d = e\n");
        let script = Script::parse(&text).unwrap();
        assert_eq!(script.config, ["[a] b = c", "[a] d = e"]);
    }

    #[test]
    fn a_header_and_one_of_each_step() {
        let text = "title: A test\nprotocol: pop3\nrfc: 1939 §5\ntls: offered\n\n# Look.\n\
            C: STAT\nC\\: a\\nb\nS: +OK ...\nS\\: +\\x20\n! client 2\n! client 3 smtp\n\
            ! starttls\n! disconnect\n! closed\n! pause\nC:\n#\n";
        let script = Script::parse(text).unwrap();
        assert_eq!(script.title, "A test");
        assert_eq!(script.protocol, Protocol::Pop3);
        assert_eq!((script.rfc.as_str(), script.tls), ("1939 §5", Tls::Offered));
        let expected = [
            (6, Action::Narrate("Look.".into())),
            (7, Action::Send(b"STAT\r\n".into())),
            (8, Action::Send(b"a\nb".into())),
            (9, Action::Expect(Pattern::literal("+OK ..."))),
            (10, Action::Expect(Pattern::escaped(r"+\x20").unwrap())),
            (11, Action::Client(2, None)),
            (12, Action::Client(3, Some(Protocol::Smtp))),
            (13, Action::StartTls),
            (14, Action::Disconnect),
            (15, Action::Closed),
            (16, Action::Pause),
            (17, Action::Send(b"\r\n".into())),
            (18, Action::Narrate(String::new())),
        ];
        let steps: Vec<_> = script
            .steps
            .into_iter()
            .map(|s| (s.line, s.action))
            .collect();
        assert_eq!(steps, expected);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let rows = [
            ("", 1),
            ("title: x\n", 1),
            ("protocol: pop3\n", 1),
            ("title: x\nprotocol: gopher\n", 2),
            ("title: x\ncolour: red\n", 2),
            ("title: x\nprotocol: pop3\ntls: perhaps\n", 3),
            ("title: x\nprotocol: pop3\nQUIT\n", 3),
            ("title: x\nprotocol: pop3\nC: QUIT\nQUIT\n", 4),
            ("title: x\nprotocol: pop3\nC: QUIT\nrfc: 1939\n", 4),
            ("title: x\nprotocol: pop3\nC\\: \\q\n", 3),
            ("title: x\nprotocol: pop3\n! dance\n", 3),
            ("title: x\nprotocol: pop3\n! client x\n", 3),
            ("title: x\nprotocol: pop3\n! client 1 gopher\n", 3),
        ];
        for (text, line) in rows {
            assert_eq!(Script::parse(text).unwrap_err().line, line, "{text:?}");
        }
        assert!(Script::parse(HEADER).is_ok());
    }
}
