//! Plays a [`Script`]: says the client's lines, and compares the server's with what is expected.
//!
//! It knows no socket: whoever calls gives it something to [`Talk`] to, which may be a connection
//! in clear, one under TLS, or a session in memory. The first difference ends the play.

use std::collections::BTreeMap;
use std::io;

use super::difference::{Difference, Fault};
use super::format::{Action, Client, Excerpt, Protocol, Script, Step, Tls};
use super::pattern::Pattern;
use super::template::Memory;
use crate::teaching::text::escaped;

/// The client's end of a conversation.
pub trait Talk {
    /// Sends these octets, line endings included.
    ///
    /// # Errors
    /// When the connection fails.
    fn send(&mut self, octets: &[u8]) -> io::Result<()>;

    /// Waits for a line from the server, its CRLF removed; `None` if the server closed.
    ///
    /// # Errors
    /// When the connection fails, or the server says nothing for too long.
    fn receive_line(&mut self) -> io::Result<Option<Vec<u8>>>;

    /// The client's TLS handshake.
    ///
    /// # Errors
    /// When it fails.
    fn start_tls(&mut self) -> io::Result<()>;

    /// A line that the server has said and nobody has received, as far as that can be known
    /// without waiting.
    fn unheard(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// Closes without a word, and returns when the server has noticed.
    fn disconnect(self: Box<Self>) {}
}

/// What happens on the stage, as it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// This is next: a moment to wait for whoever watches.
    Next(&'a Step),
    /// The reader is told something.
    Narration(&'a str),
    /// The script asks for a pause.
    Pause,
    /// A client did something, or something happened to it.
    Client(&'a Caller, Did<'a>),
    /// The same, offstage: it is not to be shown.
    Offstage(&'a Caller, Did<'a>),
}

/// What a client did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did<'a> {
    /// It is its turn now.
    Turn,
    /// It has connected.
    Connected,
    /// It sent these octets.
    Sent(&'a [u8]),
    /// It received this line.
    Received(&'a [u8]),
    /// It is under TLS now.
    Encrypted,
    /// It vanished.
    Disconnected,
    /// The server closed its connection.
    Closed,
}

/// Who acts: a client, and whom it talks to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its number in the script.
    pub number: u32,
    /// What it speaks.
    pub protocol: Protocol,
    /// The mail domain of the site it talks to; `None`: the usual one.
    pub at: Option<String>,
}

/// How a client connects.
pub type Open<'a> = dyn FnMut(&Caller) -> io::Result<Box<dyn Talk>> + 'a;

/// Who watches; an error ends the play.
pub type Show<'a> = dyn FnMut(Event<'_>) -> io::Result<()> + 'a;

/// Plays a script to nobody: for tests.
///
/// # Errors
/// At the first difference.
pub fn run(script: &Script, open: &mut Open<'_>) -> Result<(), Difference> {
    perform(script, open, &mut |_| Ok(()))
}

/// Plays a script that asks for nothing, and shows what happens.
///
/// # Errors
/// At the first difference.
pub fn perform(
    script: &Script,
    open: &mut Open<'_>,
    show: &mut Show<'_>,
) -> Result<(), Difference> {
    perform_told(script, Memory::new(), open, show)
}

/// The same for one that asks for something: `told` has it by name.
///
/// # Errors
/// At the first difference.
pub fn perform_told(
    script: &Script,
    told: Memory,
    open: &mut Open<'_>,
    show: &mut Show<'_>,
) -> Result<(), Difference> {
    let mut stage = Stage::new(script, open, show);
    stage.memory = told;
    for step in &script.steps {
        let line = step.line;
        stage
            .play(step)
            .map_err(|fault| Difference { line, fault })?;
    }
    let line = script.steps.last().map_or(0, |step| step.line);
    let mut clients = stage.clients.values_mut();
    match clients.find_map(|client| client.unheard()) {
        Some(said) => Err(Difference {
            line,
            fault: Fault::Unheard(escaped(&said)),
        }),
        None => Ok(()),
    }
}

struct Stage<'a, 'b, 'c> {
    open: &'a mut Open<'b>,
    show: &'a mut Show<'c>,
    offstage: bool,
    /// The client that acts.
    current: Caller,
    /// What those speak for whom the script names nothing else.
    usual: Protocol,
    /// Do they begin with TLS?
    implicit_tls: bool,
    /// All that have acted.
    callers: BTreeMap<u32, Caller>,
    /// Those that are connected.
    clients: BTreeMap<u32, Box<dyn Talk>>,
    memory: Memory,
    /// The line that was received last.
    last: Vec<u8>,
    /// What may come before the next expected line.
    others: Option<&'a Pattern>,
}

impl<'a, 'b, 'c> Stage<'a, 'b, 'c> {
    fn new(script: &Script, open: &'a mut Open<'b>, show: &'a mut Show<'c>) -> Stage<'a, 'b, 'c> {
        let usual = script.protocol;
        Stage {
            open,
            show,
            offstage: false,
            current: Caller {
                number: 1,
                protocol: usual,
                at: None,
            },
            usual,
            implicit_tls: script.tls == Tls::Implicit,
            callers: BTreeMap::new(),
            clients: BTreeMap::new(),
            memory: Memory::new(),
            last: Vec::new(),
            others: None,
        }
    }

    fn play(&mut self, step: &'a Step) -> Result<(), Fault> {
        self.show(Event::Next(step))?;
        match &step.action {
            Action::Narrate(text) => self.show(Event::Narration(text))?,
            Action::Pause => self.show(Event::Pause)?,
            Action::Send(text) => {
                let octets = text.fill(&self.memory);
                self.client()?.send(&octets)?;
                self.did(Did::Sent(&octets))?;
            }
            Action::ExpectAny(pattern) => self.others = Some(pattern),
            Action::Expect(pattern) => self.expect(pattern)?,
            Action::Remember(excerpt) => self.remember(excerpt)?,
            Action::Client(client) => self.turn_to(client)?,
            Action::StartTls => {
                self.client()?.start_tls()?;
                self.did(Did::Encrypted)?;
            }
            Action::Disconnect => {
                self.client()?;
                if let Some(client) = self.clients.remove(&self.current.number) {
                    client.disconnect();
                }
                self.did(Did::Disconnected)?;
            }
            Action::Closed => {
                if let Some(line) = self.client()?.receive_line()? {
                    return Err(Fault::NotClosed(escaped(&line)));
                }
                self.clients.remove(&self.current.number);
                self.did(Did::Closed)?;
            }
            Action::Offstage => self.offstage = true,
            Action::Onstage => self.offstage = false,
        }
        Ok(())
    }

    /// Receives lines until the expected one comes; others only as far as they may come before it.
    fn expect(&mut self, pattern: &Pattern) -> Result<(), Fault> {
        let others = self.others.take();
        loop {
            let Some(line) = self.client()?.receive_line()? else {
                return Err(Fault::ClosedEarly(pattern.filled(&self.memory)));
            };
            self.did(Did::Received(&line))?;
            let checked = pattern.check(&line, &self.memory);
            let other = others.is_some_and(|other| other.check(&line, &self.memory).is_ok());
            match checked {
                Err(_) if other => {}
                Err(at) => return Err(self.difference(pattern, &line, at)),
                Ok(()) => {
                    self.last = line;
                    return Ok(());
                }
            }
        }
    }

    fn difference(&self, pattern: &Pattern, line: &[u8], at: Option<usize>) -> Fault {
        let before = |at| escaped(line.get(..at).unwrap_or(line)).chars().count();
        Fault::Line {
            expected: pattern.filled(&self.memory),
            got: escaped(line),
            right: at.map(before),
        }
    }

    fn remember(&mut self, excerpt: &Excerpt) -> Result<(), Fault> {
        let Some(found) = excerpt.of(&self.last) else {
            return Err(Fault::NotFound {
                expression: excerpt.expression.to_string(),
                line: escaped(&self.last),
            });
        };
        self.memory.insert(excerpt.name.clone(), found.to_vec());
        Ok(())
    }

    /// Another client acts; what the script does not say of it is as it was, or as usual.
    fn turn_to(&mut self, client: &Client) -> Result<(), Fault> {
        let usual = || Caller {
            number: client.number,
            protocol: self.usual,
            at: None,
        };
        let known = self.callers.get(&client.number).cloned();
        let mut caller = known.unwrap_or_else(usual);
        caller.protocol = client.protocol.unwrap_or(caller.protocol);
        caller.at = client.at.clone().or(caller.at);
        self.callers.insert(caller.number, caller.clone());
        self.current = caller;
        self.did(Did::Turn)
    }

    /// The client that acts; it connects when it is first needed.
    fn client(&mut self) -> Result<&mut Box<dyn Talk>, Fault> {
        let number = self.current.number;
        if !self.clients.contains_key(&number) {
            let client = (self.open)(&self.current)?;
            self.did(Did::Connected)?;
            if self.implicit_tls {
                self.did(Did::Encrypted)?;
            }
            self.clients.insert(number, client);
        }
        let client = self.clients.get_mut(&number);
        client.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into())
    }

    fn did(&mut self, did: Did<'_>) -> Result<(), Fault> {
        let event = match self.offstage {
            true => Event::Offstage(&self.current, did),
            false => Event::Client(&self.current, did),
        };
        (self.show)(event).map_err(Fault::Audience)
    }

    fn show(&mut self, event: Event<'_>) -> Result<(), Fault> {
        match self.offstage {
            true => Ok(()),
            false => (self.show)(event).map_err(Fault::Audience),
        }
    }
}

#[cfg(test)]
mod tests;
