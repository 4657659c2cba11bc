//! Plays a [`Script`]: says the client's lines, and compares the server's with what is expected.
//!
//! It knows no socket: whoever calls gives it something to [`Talk`] to, which may be a connection
//! in clear, one under TLS, or a session in memory. The first difference ends the play.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use super::script::{Action, Protocol, Script};

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

    /// Closes without a word, and returns when the server has noticed.
    fn disconnect(self: Box<Self>) {}
}

/// What happens on the stage, as it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The reader is told something.
    Narration(&'a str),
    /// This client sent these octets.
    Sent(u32, &'a [u8]),
    /// This client received this line.
    Received(u32, &'a [u8]),
    /// This client is under TLS now.
    Encrypted(u32),
    /// This client vanished.
    Disconnected(u32),
    /// The server closed the connection of this client.
    Closed(u32),
    /// The script asks for a pause.
    Pause,
}

/// Where a play differed from its script.
#[derive(Debug)]
pub struct Difference {
    /// The line of the script, from 1.
    pub line: usize,
    /// What was different there.
    pub fault: Fault,
}

/// What was different.
#[derive(Debug)]
pub enum Fault {
    /// The server said something else.
    Line {
        /// What the script expects.
        expected: String,
        /// What came.
        got: String,
        /// How many characters of `got` are right.
        right: usize,
    },
    /// The server closed the connection instead of saying this.
    ClosedEarly(String),
    /// The server said this instead of closing the connection.
    NotClosed(String),
    /// The connection failed.
    Connection(io::Error),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.fault {
            Fault::Line {
                expected,
                got,
                right,
            } => {
                writeln!(f, "the server said something else")?;
                writeln!(f, "  expected  {expected}")?;
                writeln!(f, "  got       {got}")?;
                write!(f, "            {:right$}^", "")
            }
            Fault::ClosedEarly(expected) => {
                write!(
                    f,
                    "the server closed instead of saying\n  expected  {expected}"
                )
            }
            Fault::NotClosed(got) => {
                write!(f, "the server did not close but said\n  got       {got}")
            }
            Fault::Connection(error) => write!(f, "the connection failed: {error}"),
        }
    }
}

impl std::error::Error for Difference {}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Connection(error)
    }
}

/// How a client connects: by its number, and what it speaks.
pub type Open<'a> = dyn FnMut(u32, Protocol) -> io::Result<Box<dyn Talk>> + 'a;

/// Plays a script to nobody: for tests.
///
/// # Errors
/// At the first difference.
pub fn run(script: &Script, open: &mut Open<'_>) -> Result<(), Difference> {
    perform(script, open, &mut |_| ())
}

/// Plays a script, and shows what happens.
///
/// # Errors
/// At the first difference.
pub fn perform(
    script: &Script,
    open: &mut Open<'_>,
    show: &mut dyn FnMut(Event<'_>),
) -> Result<(), Difference> {
    let mut stage = Stage {
        open,
        show,
        current: 1,
        protocols: BTreeMap::from([(1, script.protocol)]),
        clients: BTreeMap::new(),
    };
    for step in &script.steps {
        let line = step.line;
        stage
            .play(&step.action, script.protocol)
            .map_err(|fault| Difference { line, fault })?;
    }
    Ok(())
}

struct Stage<'a, 'b> {
    open: &'a mut Open<'b>,
    show: &'a mut dyn FnMut(Event<'_>),
    current: u32,
    protocols: BTreeMap<u32, Protocol>,
    clients: BTreeMap<u32, Box<dyn Talk>>,
}

impl Stage<'_, '_> {
    fn play(&mut self, action: &Action, usual: Protocol) -> Result<(), Fault> {
        let current = self.current;
        match action {
            Action::Narrate(text) => (self.show)(Event::Narration(text)),
            Action::Pause => (self.show)(Event::Pause),
            Action::Send(octets) => {
                self.client()?.send(octets)?;
                (self.show)(Event::Sent(current, octets));
            }
            Action::Expect(pattern) => {
                let line = self.client()?.receive_line()?;
                let line = line.ok_or_else(|| Fault::ClosedEarly(pattern.to_string()))?;
                (self.show)(Event::Received(current, &line));
                pattern.check(&line).map_err(|at| Fault::Line {
                    expected: pattern.to_string(),
                    got: shown(&line),
                    right: shown(line.get(..at).unwrap_or(&line)).chars().count(),
                })?;
            }
            Action::Client(number, protocol) => {
                self.current = *number;
                let known = self.protocols.entry(*number).or_insert(usual);
                *known = protocol.unwrap_or(*known);
            }
            Action::StartTls => {
                self.client()?.start_tls()?;
                (self.show)(Event::Encrypted(current));
            }
            Action::Disconnect => {
                self.client()?;
                if let Some(client) = self.clients.remove(&current) {
                    client.disconnect();
                }
                (self.show)(Event::Disconnected(current));
            }
            Action::Closed => {
                if let Some(line) = self.client()?.receive_line()? {
                    return Err(Fault::NotClosed(shown(&line)));
                }
                self.clients.remove(&current);
                (self.show)(Event::Closed(current));
            }
        }
        Ok(())
    }

    /// The client that acts; it connects when it is first needed.
    fn client(&mut self) -> io::Result<&mut dyn Talk> {
        let number = self.current;
        if let std::collections::btree_map::Entry::Vacant(place) = self.clients.entry(number) {
            let protocol = self.protocols.get(&number).copied();
            place.insert((self.open)(number, protocol.unwrap_or(Protocol::Smtp))?);
        }
        match self.clients.get_mut(&number) {
            Some(client) => Ok(&mut **client),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// A line as a terminal can show it: what is not printable is escaped.
fn shown(line: &[u8]) -> String {
    let clean = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    String::from_utf8_lossy(line).chars().map(clean).collect()
}
