//! A script: both sides of a conversation as plain text, one behaviour in a file.
//!
//! The transcripts of the tests are scripts, and so are the demos. A script begins with its header and
//! goes on with one step in each line:
//!
//! ```text
//! title: QUIT ends the conversation
//! protocol: smtp
//! rfc: 5321 §4.1.1.10
//!
//! # A line that begins with a hash is for the reader.
//! S: 220 ...
//! C: QUIT
//! S: 221 2.0.0 Bye
//! ! closed
//! ```
//!
//! `docs/scripts.md` explains every line of the language. A file is checked as a whole, so that a play
//! does not stop in its middle at a mistake of the author. Nothing here connects to anything:
//! [`perform`](super::perform()) does.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::step::{ScriptAction, ScriptClient, ScriptStep};
use super::template::is_name;
use crate::client::Security;
use crate::mail::protocol::Protocol;

/// A conversation, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// One sentence that says what happens.
    pub title: String,
    /// The protocol of the first client.
    pub protocol: Protocol,
    /// The RFC section of the behaviour: `5321 §4.5.2`.
    pub rfc: String,
    /// One sentence that says what a reader learns.
    pub summary: String,
    /// Hints for Wireshark, each with its display filter between backticks.
    pub wireshark: Vec<String>,
    /// What remains on the servers after a play; empty for nothing.
    pub leaves: String,
    /// Whether the script needs TLS.
    pub tls: ScriptTls,
    /// True if passwords are the subject, and are shown. They are the lab's, and no secret.
    pub shows_secrets: bool,
    /// The questions to ask before the play: `asks: PASSWORD Bob's password`.
    pub asks: Vec<ScriptQuestion>,
    /// The mail domains of further sites. Each site sends its mail for those after it to them.
    pub sites: Vec<String>,
    /// Settings of the main site, one in a line: `config: [limits] bare_line_endings = accept`.
    pub config: Vec<String>,
    /// The steps.
    pub steps: Vec<ScriptStep>,
}

/// Whether a script needs TLS: `tls: offered`, `tls: implicit`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScriptTls {
    /// It does not: the conversation is the same with TLS and without. STARTTLS is not offered.
    #[default]
    Any,
    /// The conversation begins unencrypted, and the server offers STARTTLS.
    Offered,
    /// The conversation is encrypted from the first octet, on the ports for that (RFC 8314 §3).
    Implicit,
}

impl ScriptTls {
    /// Returns its name in the header; empty if the header does not name it.
    fn name(self) -> &'static str {
        match self {
            ScriptTls::Any => "",
            ScriptTls::Offered => "offered",
            ScriptTls::Implicit => "implicit",
        }
    }
}

/// A question to ask before a play; its answer fills a gap: a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptQuestion {
    /// The name of the gap.
    pub name: String,
    /// The question.
    pub question: String,
}

/// The reason why a text is not a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what was expected.
    pub problem: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for ScriptError {}

impl Script {
    /// Returns a script with the shortest header. The steps have the lines in which they are written.
    #[must_use]
    pub fn new(title: &str, protocol: Protocol, actions: Vec<ScriptAction>) -> Script {
        let mut script = Script {
            title: title.to_owned(),
            protocol,
            rfc: String::new(),
            summary: String::new(),
            wireshark: Vec::new(),
            leaves: String::new(),
            tls: ScriptTls::Any,
            shows_secrets: false,
            asks: Vec::new(),
            sites: Vec::new(),
            config: Vec::new(),
            steps: Vec::new(),
        };
        let step = |action| ScriptStep { line: 0, action };
        script.steps = actions.into_iter().map(step).collect();
        script.numbered()
    }

    /// Numbers the steps by the lines in which they are written: after the header and an empty line.
    #[must_use]
    pub fn numbered(mut self) -> Script {
        let first = self.header().len() + 2;
        for (line, step) in (first..).zip(&mut self.steps) {
            step.line = line;
        }
        self
    }

    /// Parses a whole file.
    ///
    /// # Errors
    /// The line that is wrong, and why.
    pub fn parse(text: &str) -> Result<Script, ScriptError> {
        let mut script = Script::new("", Protocol::Smtp, Vec::new());
        let mut has_protocol = false;
        for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.is_empty()) {
            let at_line = |problem| ScriptError { line, problem };
            if let Some(action) = ScriptAction::parse(text).map_err(at_line)? {
                script.steps.push(ScriptStep { line, action });
            } else if script.steps.is_empty() {
                has_protocol |= script.take_header(text).map_err(at_line)?;
            } else {
                let problem =
                    format!("{text:?} is not a step: a step begins with # or C: or S: or S*: or !");
                return Err(at_line(problem));
            }
        }
        if script.title.is_empty() || !has_protocol {
            let problem = "the header must have a title: and a protocol:".to_owned();
            return Err(ScriptError { line: 1, problem });
        }
        script.check()?;
        Ok(script)
    }

    /// Parses a line of the header; true for the line of the protocol.
    fn take_header(&mut self, text: &str) -> Result<bool, String> {
        match text.split_once(": ").filter(|(_, value)| !value.is_empty()) {
            Some(("title", title)) => title.clone_into(&mut self.title),
            Some(("rfc", rfc)) => rfc.clone_into(&mut self.rfc),
            Some(("summary", summary)) => summary.clone_into(&mut self.summary),
            Some(("wireshark", look)) => self.wireshark.push(look.to_owned()),
            Some(("leaves", leaves)) => leaves.clone_into(&mut self.leaves),
            Some(("tls", "offered")) => self.tls = ScriptTls::Offered,
            Some(("tls", "implicit")) => self.tls = ScriptTls::Implicit,
            Some(("secrets", "shown")) => self.shows_secrets = true,
            Some(("asks", asked)) => self.asks.push(asked.parse()?),
            Some(("site", domain)) => self.sites.push(domain.to_owned()),
            Some(("config", setting)) => self.config.push(setting.to_owned()),
            Some(("protocol", name)) => {
                self.protocol = name.parse()?;
                return Ok(true);
            }
            _ => {
                return Err(format!(
                    "{text:?} is neither a step nor a line of a header. A header has title: protocol: rfc: \
                     summary: wireshark: leaves: tls: offered, tls: implicit, secrets: shown, asks: site: and config:"
                ));
            }
        }
        Ok(false)
    }

    /// Returns the lines of the header, in the order in which they are written.
    fn header(&self) -> Vec<String> {
        let mut lines = vec![format!("title: {}", self.title)];
        lines.push(format!("protocol: {}", self.protocol.name()));
        let mut add = |key: &str, value: &str| {
            if !value.is_empty() {
                lines.push(format!("{key}: {value}"));
            }
        };
        add("rfc", &self.rfc);
        add("summary", &self.summary);
        for hint in &self.wireshark {
            add("wireshark", hint);
        }
        add("leaves", &self.leaves);
        add("tls", self.tls.name());
        add("secrets", if self.shows_secrets { "shown" } else { "" });
        for question in &self.asks {
            add("asks", &question.to_string());
        }
        for domain in &self.sites {
            add("site", domain);
        }
        for setting in &self.config {
            add("config", setting);
        }
        lines
    }

    /// Checks what depends on more than one line.
    fn check(&self) -> Result<(), ScriptError> {
        let mut known: BTreeSet<&str> = self.asks.iter().map(|asked| asked.name.as_str()).collect();
        for (at, step) in self.steps.iter().enumerate() {
            let next = self.steps.get(at + 1).map(|next| &next.action);
            if let Some(problem) = self.problem(&step.action, next, &known) {
                return Err(ScriptError { line: step.line, problem });
            }
            if let ScriptAction::Remember(excerpt) = &step.action {
                known.insert(excerpt.name.as_str());
            }
        }
        Ok(())
    }

    fn problem(
        &self,
        action: &ScriptAction,
        next: Option<&ScriptAction>,
        known: &BTreeSet<&str>,
    ) -> Option<String> {
        for name in action.names() {
            if !known.contains(name) {
                return Some(format!("${{{name}}} is used before `! set {name} /…/`"));
            }
        }
        match action {
            ScriptAction::ExpectAny(_) if !matches!(next, Some(ScriptAction::Expect(_))) => {
                Some("after S*: comes S:, the line that ends the others".to_owned())
            }
            ScriptAction::Client(ScriptClient { at: Some(at), .. }) if !self.sites.contains(at) => {
                Some(format!("there is no site {at}: add site: {at} to the header"))
            }
            _ => None,
        }
    }

    /// Returns how the clients connect to their servers.
    #[must_use]
    pub fn security(&self) -> Security {
        match self.tls {
            ScriptTls::Any | ScriptTls::Offered => Security::Plain,
            ScriptTls::Implicit => Security::Tls,
        }
    }

    /// Returns the protocols that the clients speak at the main site, each once.
    #[must_use]
    pub fn protocols(&self) -> Vec<Protocol> {
        let mut spoken = vec![self.protocol];
        for step in &self.steps {
            if let ScriptAction::Client(client) = &step.action
                && let Some(protocol) = client.protocol
                && client.at.is_none()
                && !spoken.contains(&protocol)
            {
                spoken.push(protocol);
            }
        }
        spoken
    }
}

impl FromStr for ScriptQuestion {
    type Err = String;

    fn from_str(text: &str) -> Result<ScriptQuestion, String> {
        let parts = text.split_once(' ').filter(|(name, _)| is_name(name));
        let (name, question) =
            parts.ok_or("asks: needs a name of letters, digits and _, and a question")?;
        Ok(ScriptQuestion { name: name.to_owned(), question: question.to_owned() })
    }
}

impl fmt::Display for ScriptQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.question)
    }
}

/// Prints the file: the inverse of [`Script::parse`]. Every step is in its line.
impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = self.header();
        for line in &header {
            writeln!(f, "{line}")?;
        }
        let mut at = header.len() + 1;
        for ScriptStep { line, action } in &self.steps {
            while at < *line {
                writeln!(f)?;
                at += 1;
            }
            writeln!(f, "{action}")?;
            at += 1;
        }
        Ok(())
    }
}
