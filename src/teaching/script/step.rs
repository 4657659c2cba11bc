//! A step of a script: one line, parsed and printed.

use std::fmt;
use std::str::FromStr;

use regex::bytes::Regex;

use super::pattern::{Pattern, between_slashes, last_line};
use super::template::{ClientText, is_name, write_marked};
use crate::mail::protocol::Protocol;

/// A line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptStep {
    /// The number of the line in its file, from 1.
    pub line: usize,
    /// What happens in this step.
    pub action: ScriptAction,
}

/// What happens in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptAction {
    /// `# text`: a line for the reader.
    Narrate(String),
    /// `C: text`: the client sends this.
    Send(ClientText),
    /// `S: text`: the server must send a line that matches.
    Expect(Pattern),
    /// `S*: text`: before the next expected line, the server may send any number of lines that match.
    ExpectAny(Pattern),
    /// `! set`: a part of the last received line is remembered.
    Remember(Excerpt),
    /// `! client`: the next steps are about this client.
    Client(ScriptClient),
    /// `! starttls`: the client performs a TLS handshake.
    StartTls,
    /// `! disconnect`: the client closes its connection without a goodbye.
    Disconnect,
    /// `! closed`: the server must have closed the connection.
    Closed,
    /// `! pause`: the play waits for the reader.
    Pause,
    /// `! offstage`: the next steps are played, but not shown.
    Offstage,
    /// `! onstage`: the next steps are shown again.
    Onstage,
}

/// A client, as `! client` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptClient {
    /// Its number, from 1.
    pub number: u32,
    /// The protocol that it speaks; without one, its protocol does not change.
    pub protocol: Option<Protocol>,
    /// The mail domain of the site that it connects to; without one, its site does not change.
    pub at: Option<String>,
}

/// A part of a line that is remembered under a name: `! set UID /UID (\d+)/`.
#[derive(Clone, Debug)]
pub struct Excerpt {
    /// The name.
    pub name: String,
    /// Finds the part: its first group, or the whole match if it has no group.
    pub expression: Regex,
}

impl ScriptAction {
    /// Parses a line of a script; `None` if it does not begin as a step does.
    ///
    /// # Errors
    /// When the rest of the line is wrong.
    pub(super) fn parse(line: &str) -> Result<Option<ScriptAction>, String> {
        // An editor may have removed the space at the end of an empty line.
        let (mark, text) = line.split_once(' ').unwrap_or((line, ""));
        Ok(Some(match mark {
            "#" => ScriptAction::Narrate(text.to_owned()),
            "C:" => ScriptAction::Send(ClientText::line(text)?),
            r"C\:" => ScriptAction::Send(ClientText::escaped(text)?),
            "S:" => ScriptAction::Expect(Pattern::parse(text)?),
            r"S\:" => ScriptAction::Expect(Pattern::escaped(text)?),
            "S*:" => ScriptAction::ExpectAny(Pattern::parse(text)?),
            r"S*\:" => ScriptAction::ExpectAny(Pattern::escaped(text)?),
            "!" => direction(text)?,
            _ => return Ok(None),
        }))
    }

    /// Returns the names that an earlier step must have set.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            ScriptAction::Send(text) => text.names().collect(),
            ScriptAction::Expect(pattern) | ScriptAction::ExpectAny(pattern) => {
                pattern.names().collect()
            }
            _ => Vec::new(),
        }
    }
}

fn direction(text: &str) -> Result<ScriptAction, String> {
    if let Some(excerpt) = text.strip_prefix("set ") {
        return excerpt.parse().map(ScriptAction::Remember);
    }
    let words: Vec<&str> = text.split(' ').collect();
    Ok(match words.as_slice() {
        ["pause"] => ScriptAction::Pause,
        ["starttls"] => ScriptAction::StartTls,
        ["disconnect"] => ScriptAction::Disconnect,
        ["closed"] => ScriptAction::Closed,
        ["offstage"] => ScriptAction::Offstage,
        ["onstage"] => ScriptAction::Onstage,
        ["client", client @ ..] => ScriptAction::Client(self::client(client)?),
        _ => {
            return Err(format!(
                "{text:?} is not one of pause, starttls, disconnect, closed, offstage, onstage, \
                 client 2, client 2 pop3, client 2 pop3 at other.test, set NAME /expression/"
            ));
        }
    })
}

fn client(words: &[&str]) -> Result<ScriptClient, String> {
    let (number, protocol, at) = match words {
        [number] => (number, None, None),
        [number, "at", at] => (number, None, Some(at)),
        [number, protocol] => (number, Some(protocol), None),
        [number, protocol, "at", at] => (number, Some(protocol), Some(at)),
        _ => return Err("write a client as in: client 2 pop3 at other.test".to_owned()),
    };
    Ok(ScriptClient {
        number: number.parse().map_err(|_| format!("{number:?} is not the number of a client"))?,
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
            "set needs a name of letters, digits and _, and an expression: set UID /UID (\\d+)/",
        )?;
        let regex = Regex::new(expression).map_err(|error| {
            let why = last_line(&error);
            format!("/{expression}/ is not a regular expression: {why}")
        })?;
        Ok(Excerpt { name: name.to_owned(), expression: regex })
    }
}

impl Excerpt {
    /// Returns the part of a line; `None` if the line does not contain it.
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

/// Prints the line of a script: the inverse of parsing.
impl fmt::Display for ScriptAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScriptAction::Narrate(text) => write_marked(f, "#", text),
            ScriptAction::Send(text) => text.fmt(f),
            ScriptAction::Expect(pattern) => pattern.write(f, "S"),
            ScriptAction::ExpectAny(pattern) => pattern.write(f, "S*"),
            ScriptAction::Remember(Excerpt { name, expression }) => {
                write!(f, "! set {name} /{expression}/")
            }
            ScriptAction::Client(client) => write!(f, "! client {client}"),
            ScriptAction::StartTls => f.write_str("! starttls"),
            ScriptAction::Disconnect => f.write_str("! disconnect"),
            ScriptAction::Closed => f.write_str("! closed"),
            ScriptAction::Pause => f.write_str("! pause"),
            ScriptAction::Offstage => f.write_str("! offstage"),
            ScriptAction::Onstage => f.write_str("! onstage"),
        }
    }
}

impl fmt::Display for ScriptClient {
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
