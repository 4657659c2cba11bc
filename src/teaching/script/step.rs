//! One step of a script: what a line of it says, and how it is written.

use std::fmt;
use std::str::FromStr;

use regex::bytes::Regex;

use super::pattern::{Pattern, between_slashes, last_line};
use super::template::{Text, is_name, write_marked};
pub use crate::mail::protocol::Protocol;

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
    /// Tells the reader something, in one line.
    Narrate(String),
    /// The client sends this.
    Send(Text),
    /// The server must send a line that looks like this.
    Expect(Pattern),
    /// Before the line of the next step, the server may send any number that look like this.
    ExpectAny(Pattern),
    /// Takes something from the line that was received last.
    Remember(Excerpt),
    /// From now on this client acts.
    Client(Client),
    /// The client's TLS handshake.
    StartTls,
    /// The client closes its connection without a word.
    Disconnect,
    /// The server must have closed the connection.
    Closed,
    /// Waits until the reader wants to go on.
    Pause,
    /// What follows is played, but not shown.
    Offstage,
    /// What follows is shown again.
    Onstage,
}

/// A client of a script, as `! client` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Which, from 1.
    pub number: u32,
    /// What it speaks; the script's protocol if nothing is named, ever.
    pub protocol: Option<Protocol>,
    /// The mail domain of the site that it talks to; the first one if nothing is named, ever.
    pub at: Option<String>,
}

/// What to take from a line, and its name: `! set UID /UID (\d+)/`.
#[derive(Clone, Debug)]
pub struct Excerpt {
    /// What it is remembered by.
    pub name: String,
    /// What is between the parentheses is remembered; without any, all that it finds.
    pub expression: Regex,
}

impl Action {
    /// The step in this line of a script; `None` if it is none.
    ///
    /// # Errors
    /// When it begins like a step, and is none.
    pub(super) fn parse(line: &str) -> Result<Option<Action>, String> {
        // An editor may have removed the space at the end of an empty line.
        let (mark, text) = line.split_once(' ').unwrap_or((line, ""));
        Ok(Some(match mark {
            "#" => Action::Narrate(text.to_owned()),
            "C:" => Action::Send(Text::line(text)?),
            r"C\:" => Action::Send(Text::escaped(text)?),
            "S:" => Action::Expect(Pattern::parse(text)?),
            r"S\:" => Action::Expect(Pattern::escaped(text)?),
            "S*:" => Action::ExpectAny(Pattern::parse(text)?),
            r"S*\:" => Action::ExpectAny(Pattern::escaped(text)?),
            "!" => direction(text)?,
            _ => return Ok(None),
        }))
    }

    /// The names that must have been set before.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Action::Send(text) => text.names().collect(),
            Action::Expect(pattern) | Action::ExpectAny(pattern) => pattern.names().collect(),
            _ => Vec::new(),
        }
    }
}

fn direction(text: &str) -> Result<Action, String> {
    if let Some(excerpt) = text.strip_prefix("set ") {
        return excerpt.parse().map(Action::Remember);
    }
    let words: Vec<&str> = text.split(' ').collect();
    Ok(match words.as_slice() {
        ["pause"] => Action::Pause,
        ["starttls"] => Action::StartTls,
        ["disconnect"] => Action::Disconnect,
        ["closed"] => Action::Closed,
        ["offstage"] => Action::Offstage,
        ["onstage"] => Action::Onstage,
        ["client", client @ ..] => Action::Client(self::client(client)?),
        _ => {
            return Err(format!(
                "{text:?} is none of pause, starttls, disconnect, closed, offstage, onstage, \
                 client 2, client 2 pop3, client 2 pop3 at other.test, set NAME /expression/"
            ));
        }
    })
}

fn client(words: &[&str]) -> Result<Client, String> {
    let (number, protocol, at) = match words {
        [number] => (number, None, None),
        [number, "at", at] => (number, None, Some(at)),
        [number, protocol] => (number, Some(protocol), None),
        [number, protocol, "at", at] => (number, Some(protocol), Some(at)),
        _ => return Err("a client is named as in client 2 pop3 at other.test".to_owned()),
    };
    Ok(Client {
        number: number
            .parse()
            .map_err(|_| format!("{number:?} is no number of a client"))?,
        protocol: protocol.map(|name| name.parse()).transpose()?,
        at: at.map(|&at| at.to_owned()),
    })
}

impl FromStr for Excerpt {
    type Err = String;

    fn from_str(text: &str) -> Result<Excerpt, String> {
        let parts = text.split_once(' ').and_then(|(name, expression)| {
            let expression = between_slashes(expression)?;
            is_name(name).then_some((name, expression))
        });
        let (name, expression) = parts.ok_or(
            "set wants a name of letters, digits and _, and an expression: set UID /UID (\\d+)/",
        )?;
        let regex = Regex::new(expression).map_err(|error| {
            let why = last_line(&error);
            format!("/{expression}/ is no regular expression: {why}")
        })?;
        Ok(Excerpt {
            name: name.to_owned(),
            expression: regex,
        })
    }
}

impl Excerpt {
    /// What it takes from a line; `None` if there is nothing like it.
    pub(super) fn of<'a>(&self, line: &'a [u8]) -> Option<&'a [u8]> {
        let found = self.expression.captures(line)?;
        Some(found.get(1).or(found.get(0))?.as_bytes())
    }
}

impl PartialEq for Excerpt {
    fn eq(&self, other: &Excerpt) -> bool {
        self.name == other.name && self.expression.as_str() == other.expression.as_str()
    }
}

impl Eq for Excerpt {}

/// As a script has it.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Narrate(text) => write_marked(f, "#", text),
            Action::Send(text) => text.fmt(f),
            Action::Expect(pattern) => pattern.write(f, "S"),
            Action::ExpectAny(pattern) => pattern.write(f, "S*"),
            Action::Remember(Excerpt { name, expression }) => {
                write!(f, "! set {name} /{expression}/")
            }
            Action::Client(client) => write!(f, "! client {client}"),
            Action::StartTls => f.write_str("! starttls"),
            Action::Disconnect => f.write_str("! disconnect"),
            Action::Closed => f.write_str("! closed"),
            Action::Pause => f.write_str("! pause"),
            Action::Offstage => f.write_str("! offstage"),
            Action::Onstage => f.write_str("! onstage"),
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number)?;
        if let Some(protocol) = self.protocol {
            write!(f, " {}", protocol.name())?;
        }
        if let Some(at) = &self.at {
            write!(f, " at {at}")?;
        }
        Ok(())
    }
}
