//! Plays a [`Script`]: sends the client's lines, and compares the server's lines with the script.
//!
//! The player opens no connection. Its caller gives it a [`Talk`] for each client: a connection, with
//! TLS or without, or a session in memory. The first difference ends the play.

use std::collections::BTreeMap;
use std::io;

use super::difference::{Difference, Mismatch};
use super::format::Script;
use super::pattern::Pattern;
use super::step::{Excerpt, ScriptAction, ScriptClient, ScriptStep};
use super::talk::Talk;
use super::template::Memory;
use crate::mail::protocol::Protocol;
use crate::teaching::script::ScriptTls;
use crate::teaching::text::escaped;

/// An event of a play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayEvent<'a> {
    /// This step is next: the moment to wait for the audience.
    Next(&'a ScriptStep),
    /// A line for the reader.
    Narration(&'a str),
    /// The script asks for a pause.
    Pause,
    /// An event of a client.
    Client(&'a Caller, ClientEvent<'a>),
    /// An event of a client that is not shown.
    Offstage(&'a Caller, ClientEvent<'a>),
}

/// An event of a client in a play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientEvent<'a> {
    /// The next steps are about this client.
    Turn,
    /// It has connected.
    Connected,
    /// It sent these octets.
    Sent(&'a [u8]),
    /// It received this line.
    Received(&'a [u8]),
    /// Its connection is encrypted now.
    Encrypted,
    /// It closed its connection without a goodbye.
    Disconnected,
    /// The server closed the connection.
    Closed,
}

/// A client of a play and its server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The client's number in the script.
    pub number: u32,
    /// The protocol that it speaks.
    pub protocol: Protocol,
    /// The mail domain of its server's site; `None` for the first site.
    pub at: Option<String>,
}

/// Connects a client.
pub type Connect<'a> = dyn FnMut(&Caller) -> io::Result<Box<dyn Talk>> + 'a;

/// Shows an event; an error ends the play.
pub type Show<'a> = dyn FnMut(PlayEvent<'_>) -> io::Result<()> + 'a;

/// Plays a script and shows nothing: for tests.
///
/// # Errors
/// At the first difference.
pub fn run(script: &Script, connect: &mut Connect<'_>) -> Result<(), Difference> {
    perform(script, connect, &mut |_| Ok(()))
}

/// Plays a script that asks no questions, and shows what happens.
///
/// # Errors
/// At the first difference.
pub fn perform(
    script: &Script,
    connect: &mut Connect<'_>,
    show: &mut Show<'_>,
) -> Result<(), Difference> {
    perform_with(script, Memory::new(), connect, show)
}

/// Plays a script with the answers to its questions, each by its name, and shows what happens.
///
/// # Errors
/// At the first difference.
pub fn perform_with(
    script: &Script,
    answers: Memory,
    connect: &mut Connect<'_>,
    show: &mut Show<'_>,
) -> Result<(), Difference> {
    let mut stage = Stage::new(script, answers, connect, show);
    for step in &script.steps {
        stage.play(step).map_err(|mismatch| Difference { line: step.line, mismatch })?;
    }
    let mut clients = stage.clients.values_mut();
    match clients.find_map(|client| client.unread()) {
        Some(line) => Err(Difference {
            line: script.steps.last().map_or(0, |step| step.line),
            mismatch: Mismatch::TooMuch(escaped(&line)),
        }),
        None => Ok(()),
    }
}

/// The state of a play.
struct Stage<'a, 'b, 'c> {
    connect: &'a mut Connect<'b>,
    show: &'a mut Show<'c>,
    offstage: bool,
    /// The client that acts.
    current: Caller,
    /// The protocol of a client for which the script names none.
    protocol: Protocol,
    tls: ScriptTls,
    /// The clients that have acted.
    callers: BTreeMap<u32, Caller>,
    /// The clients that are connected.
    clients: BTreeMap<u32, Box<dyn Talk>>,
    memory: Memory,
    /// The last line that was received.
    last: Vec<u8>,
    /// Lines that may come before the next expected line (`S*:`).
    others: Option<&'a Pattern>,
}

impl<'a, 'b, 'c> Stage<'a, 'b, 'c> {
    fn new(
        script: &Script,
        memory: Memory,
        connect: &'a mut Connect<'b>,
        show: &'a mut Show<'c>,
    ) -> Stage<'a, 'b, 'c> {
        Stage {
            connect,
            show,
            offstage: false,
            current: Caller { number: 1, protocol: script.protocol, at: None },
            protocol: script.protocol,
            tls: script.tls,
            callers: BTreeMap::new(),
            clients: BTreeMap::new(),
            memory,
            last: Vec::new(),
            others: None,
        }
    }

    fn play(&mut self, step: &'a ScriptStep) -> Result<(), Mismatch> {
        self.show(PlayEvent::Next(step))?;
        match &step.action {
            ScriptAction::Narrate(text) => self.show(PlayEvent::Narration(text))?,
            ScriptAction::Pause => self.show(PlayEvent::Pause)?,
            ScriptAction::Send(text) => {
                let octets = text.fill(&self.memory);
                self.client()?.send(&octets)?;
                self.happened(ClientEvent::Sent(&octets))?;
            }
            ScriptAction::ExpectAny(pattern) => self.others = Some(pattern),
            ScriptAction::Expect(pattern) => self.expect(pattern)?,
            ScriptAction::Remember(excerpt) => self.remember(excerpt)?,
            ScriptAction::Client(client) => self.turn_to(client)?,
            ScriptAction::StartTls => {
                self.client()?.start_tls()?;
                self.happened(ClientEvent::Encrypted)?;
            }
            ScriptAction::Disconnect => {
                self.client()?;
                if let Some(client) = self.clients.remove(&self.current.number) {
                    client.disconnect();
                }
                self.happened(ClientEvent::Disconnected)?;
            }
            ScriptAction::Closed => {
                if let Some(line) = self.client()?.receive_line()? {
                    return Err(Mismatch::NotClosed(escaped(&line)));
                }
                self.clients.remove(&self.current.number);
                self.happened(ClientEvent::Closed)?;
            }
            ScriptAction::Offstage => self.offstage = true,
            ScriptAction::Onstage => self.offstage = false,
        }
        Ok(())
    }

    /// Receives lines up to the expected one; before it, only lines that `S*:` allows.
    fn expect(&mut self, pattern: &Pattern) -> Result<(), Mismatch> {
        let others = self.others.take();
        loop {
            let Some(line) = self.client()?.receive_line()? else {
                return Err(Mismatch::ClosedEarly(pattern.filled(&self.memory)));
            };
            self.happened(ClientEvent::Received(&line))?;
            let Err(right) = pattern.check(&line, &self.memory) else {
                self.last = line;
                return Ok(());
            };
            let allowed = others.is_some_and(|other| other.check(&line, &self.memory).is_ok());
            if !allowed {
                return Err(self.mismatch(pattern, &line, right));
            }
        }
    }

    fn mismatch(&self, pattern: &Pattern, line: &[u8], right: Option<usize>) -> Mismatch {
        let characters = |right| escaped(line.get(..right).unwrap_or(line)).chars().count();
        Mismatch::Line {
            expected: pattern.filled(&self.memory),
            got: escaped(line),
            right: right.map(characters),
        }
    }

    fn remember(&mut self, excerpt: &Excerpt) -> Result<(), Mismatch> {
        let Some(found) = excerpt.of(&self.last) else {
            return Err(Mismatch::NotFound {
                expression: excerpt.expression.to_string(),
                line: escaped(&self.last),
            });
        };
        self.memory.insert(excerpt.name.clone(), found.to_vec());
        Ok(())
    }

    /// Lets another client act. Its protocol and its site stay, unless the script names others.
    fn turn_to(&mut self, client: &ScriptClient) -> Result<(), Mismatch> {
        let known = self.callers.get(&client.number).cloned();
        let mut caller =
            known.unwrap_or(Caller { number: client.number, protocol: self.protocol, at: None });
        caller.protocol = client.protocol.unwrap_or(caller.protocol);
        caller.at = client.at.clone().or(caller.at);
        self.callers.insert(caller.number, caller.clone());
        self.current = caller;
        self.happened(ClientEvent::Turn)
    }

    /// Returns the client that acts, and connects it when it is first needed.
    fn client(&mut self) -> Result<&mut Box<dyn Talk>, Mismatch> {
        let number = self.current.number;
        if !self.clients.contains_key(&number) {
            let client = (self.connect)(&self.current)?;
            self.happened(ClientEvent::Connected)?;
            if self.tls == ScriptTls::Implicit {
                self.happened(ClientEvent::Encrypted)?;
            }
            self.clients.insert(number, client);
        }
        let client = self.clients.get_mut(&number);
        client.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into())
    }

    fn happened(&mut self, event: ClientEvent<'_>) -> Result<(), Mismatch> {
        let event = if self.offstage {
            PlayEvent::Offstage(&self.current, event)
        } else {
            PlayEvent::Client(&self.current, event)
        };
        (self.show)(event).map_err(Mismatch::Audience)
    }

    /// Shows an event, unless the play is offstage.
    fn show(&mut self, event: PlayEvent<'_>) -> Result<(), Mismatch> {
        if self.offstage {
            return Ok(());
        }
        (self.show)(event).map_err(Mismatch::Audience)
    }
}
