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
//! Every line that can stand in a script is explained in `docs/scripts.md`. What is read is checked
//! as a whole, so that a play does not stop in its middle for a mistake of its author's. Nothing
//! here connects to anything: [`run`](super::run()) does.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::template::is_name;
use crate::client::Security;

pub use super::step::{Action, Client, Excerpt, Protocol, Step};

/// A conversation, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// What happens in it, in one sentence.
    pub title: String,
    /// What the first client speaks.
    pub protocol: Protocol,
    /// Where the behaviour is specified: `5321 §4.5.2`.
    pub rfc: String,
    /// What one learns from it, in a sentence.
    pub summary: String,
    /// What to look at in Wireshark, each with its display filter between backticks.
    pub wireshark: Vec<String>,
    /// What remains on the servers when it has been played; empty: nothing.
    pub leaves: String,
    /// What it needs of TLS.
    pub tls: Tls,
    /// Are the passwords in it its subject? They are those of the lab, which everybody knows.
    pub shows_secrets: bool,
    /// What whoever plays it has to tell before: `asks: PASSWORD Bob's password`.
    pub asks: Vec<Asked>,
    /// The mail domains of the sites that it needs beside the usual one. Each sends mail for those
    /// behind it to them.
    pub sites: Vec<String>,
    /// How its site differs from the usual one, a setting a line:
    /// `config: [limits] bare_line_endings = accept`.
    pub config: Vec<String>,
    /// What is said and done.
    pub steps: Vec<Step>,
}

/// What a script needs of TLS: `tls: offered`, `tls: implicit`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Nothing: it is the same conversation in clear and under TLS, and STARTTLS is not offered.
    #[default]
    Any,
    /// It begins in clear, and STARTTLS is offered.
    Offered,
    /// It is under TLS from the first octet, on the ports for that (RFC 8314 §3).
    Implicit,
}

impl Tls {
    /// As it stands in the header; empty: not at all.
    fn name(self) -> &'static str {
        match self {
            Tls::Any => "",
            Tls::Offered => "offered",
            Tls::Implicit => "implicit",
        }
    }
}

/// Something that is not in a script, and fills a gap in it: a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The name of the gap.
    pub name: String,
    /// What it is, as whoever plays the script is asked.
    pub question: String,
}

/// Why a text is no script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// In which line, from 1.
    pub line: usize,
    /// What is wrong with it, and what was expected.
    pub problem: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for ScriptError {}

impl Script {
    /// A script with the shortest header; the steps are numbered as they will be written.
    #[must_use]
    pub fn new(title: &str, protocol: Protocol, actions: Vec<Action>) -> Script {
        let mut script = Script {
            title: title.to_owned(),
            protocol,
            rfc: String::new(),
            summary: String::new(),
            wireshark: Vec::new(),
            leaves: String::new(),
            tls: Tls::Any,
            shows_secrets: false,
            asks: Vec::new(),
            sites: Vec::new(),
            config: Vec::new(),
            steps: Vec::new(),
        };
        let step = |action| Step { line: 0, action };
        script.steps = actions.into_iter().map(step).collect();
        script.numbered()
    }

    /// The same with its steps in the lines in which they will be written: behind the header, as it
    /// is now, and an empty line.
    #[must_use]
    pub fn numbered(mut self) -> Script {
        let first = self.header().len() + 2;
        for (line, step) in (first..).zip(&mut self.steps) {
            step.line = line;
        }
        self
    }

    /// Understands a whole file.
    ///
    /// # Errors
    /// Which line is wrong, and why.
    pub fn parse(text: &str) -> Result<Script, ScriptError> {
        let mut script = Script::new("", Protocol::Smtp, Vec::new());
        let mut has_protocol = false;
        for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.is_empty()) {
            let at_line = |problem| ScriptError { line, problem };
            if let Some(action) = Action::parse(text).map_err(at_line)? {
                script.steps.push(Step { line, action });
            } else if script.steps.is_empty() {
                has_protocol |= script.take_header(text).map_err(at_line)?;
            } else {
                let problem =
                    format!("{text:?} is no step: a step begins with # or C: or S: or S*: or !");
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

    /// Takes a line of the header; was it the protocol's?
    fn take_header(&mut self, text: &str) -> Result<bool, String> {
        match text.split_once(": ").filter(|(_, value)| !value.is_empty()) {
            Some(("title", title)) => title.clone_into(&mut self.title),
            Some(("rfc", rfc)) => rfc.clone_into(&mut self.rfc),
            Some(("summary", summary)) => summary.clone_into(&mut self.summary),
            Some(("wireshark", look)) => self.wireshark.push(look.to_owned()),
            Some(("leaves", leaves)) => leaves.clone_into(&mut self.leaves),
            Some(("tls", "offered")) => self.tls = Tls::Offered,
            Some(("tls", "implicit")) => self.tls = Tls::Implicit,
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
                    "{text:?} is no step, and no line of a header, which are title: protocol: rfc: \
                     summary: wireshark: leaves: tls: offered, tls: implicit, secrets: shown, asks: site: and config:"
                ));
            }
        }
        Ok(false)
    }

    /// The lines of the header, in the order in which they are written.
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
        self.wireshark
            .iter()
            .for_each(|look| add("wireshark", look));
        add("leaves", &self.leaves);
        add("tls", self.tls.name());
        add("secrets", if self.shows_secrets { "shown" } else { "" });
        self.asks
            .iter()
            .for_each(|asked| add("asks", &asked.to_string()));
        self.sites.iter().for_each(|domain| add("site", domain));
        self.config
            .iter()
            .for_each(|setting| add("config", setting));
        lines
    }

    /// What no line can know of the others.
    fn check(&self) -> Result<(), ScriptError> {
        let mut known: BTreeSet<&str> = self.asks.iter().map(|asked| asked.name.as_str()).collect();
        let steps = self.steps.iter().map(Some);
        let next = self.steps.iter().skip(1).map(Some).chain([None]);
        for (step, next) in steps.flatten().zip(next) {
            let problem = self.problem(&step.action, next.map(|next| &next.action), &known);
            if let Some(problem) = problem {
                return Err(ScriptError {
                    line: step.line,
                    problem,
                });
            }
            if let Action::Remember(excerpt) = &step.action {
                known.insert(excerpt.name.as_str());
            }
        }
        Ok(())
    }

    fn problem(
        &self,
        action: &Action,
        next: Option<&Action>,
        known: &BTreeSet<&str>,
    ) -> Option<String> {
        if let Some(name) = action
            .names()
            .into_iter()
            .find(|name| !known.contains(name))
        {
            return Some(format!("${{{name}}} is used before `! set {name} /…/`"));
        }
        match action {
            Action::ExpectAny(_) if !matches!(next, Some(Action::Expect(_))) => {
                Some("behind S*: comes S:, the line at which the others end".to_owned())
            }
            Action::Client(Client { at: Some(at), .. }) if !self.sites.contains(at) => Some(
                format!("there is no site {at}; the header names one with site: {at}"),
            ),
            _ => None,
        }
    }

    /// How its clients come to their servers.
    #[must_use]
    pub fn security(&self) -> Security {
        match self.tls {
            Tls::Any | Tls::Offered => Security::Plain,
            Tls::Implicit => Security::Tls,
        }
    }

    /// The protocols that its clients speak at the usual site, each once.
    #[must_use]
    pub fn protocols(&self) -> Vec<Protocol> {
        let mut spoken = vec![self.protocol];
        for step in &self.steps {
            match &step.action {
                Action::Client(Client {
                    protocol: Some(protocol),
                    at: None,
                    ..
                }) if !spoken.contains(protocol) => {
                    spoken.push(*protocol);
                }
                _ => {}
            }
        }
        spoken
    }
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Asked, String> {
        let parts = text.split_once(' ').filter(|(name, _)| is_name(name));
        let (name, question) =
            parts.ok_or("asks: wants a name of letters, digits and _, and a question")?;
        Ok(Asked {
            name: name.to_owned(),
            question: question.to_owned(),
        })
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.question)
    }
}

/// The inverse of [`Script::parse`]: every step stands in its line.
impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = self.header();
        for line in &header {
            writeln!(f, "{line}")?;
        }
        let mut at = header.len() + 1;
        for Step { line, action } in &self.steps {
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

#[cfg(test)]
mod tests;
