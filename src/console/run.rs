//! Plays a [`Script`]: says the client's lines, and compares the server's with what is expected.
//!
//! It knows no socket: whoever calls gives it something to [`Talk`] to, which may be a connection
//! in clear, one under TLS, or a session in memory. The first difference ends the play.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::io;

use super::pattern::Pattern;
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
    /// The server said this, too, when the script was over.
    Unheard(String),
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
            Fault::Unheard(got) => {
                write!(f, "the server said more\n  got       {got}")
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
        usual: script.protocol,
        protocols: BTreeMap::new(),
        clients: BTreeMap::new(),
    };
    for step in &script.steps {
        let line = step.line;
        stage
            .play(&step.action)
            .map_err(|fault| Difference { line, fault })?;
    }
    let line = script.steps.last().map_or(0, |step| step.line);
    match stage
        .clients
        .values_mut()
        .find_map(|client| client.unheard())
    {
        Some(said) => Err(Difference {
            line,
            fault: Fault::Unheard(shown(&said)),
        }),
        None => Ok(()),
    }
}

struct Stage<'a, 'b> {
    open: &'a mut Open<'b>,
    show: &'a mut dyn FnMut(Event<'_>),
    /// The client that acts.
    current: u32,
    /// What those speak for whom the script names nothing else.
    usual: Protocol,
    protocols: BTreeMap<u32, Protocol>,
    clients: BTreeMap<u32, Box<dyn Talk>>,
}

impl Stage<'_, '_> {
    fn play(&mut self, action: &Action) -> Result<(), Fault> {
        let current = self.current;
        match action {
            Action::Narrate(text) => (self.show)(Event::Narration(text)),
            Action::Pause => (self.show)(Event::Pause),
            Action::Send(octets) => {
                self.client()?.send(octets)?;
                (self.show)(Event::Sent(current, octets));
            }
            Action::Expect(pattern) => self.expect(pattern)?,
            Action::Client(number, protocol) => {
                self.current = *number;
                if let Some(protocol) = protocol {
                    self.protocols.insert(*number, *protocol);
                }
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

    fn expect(&mut self, pattern: &Pattern) -> Result<(), Fault> {
        let line = self.client()?.receive_line()?;
        let line = line.ok_or_else(|| Fault::ClosedEarly(pattern.to_string()))?;
        (self.show)(Event::Received(self.current, &line));
        pattern.check(&line).map_err(|at| Fault::Line {
            expected: pattern.to_string(),
            got: shown(&line),
            right: shown(line.get(..at).unwrap_or(&line)).chars().count(),
        })
    }

    /// The client that acts; it connects when it is first needed.
    fn client(&mut self) -> io::Result<&mut dyn Talk> {
        let number = self.current;
        match self.clients.entry(number) {
            Entry::Occupied(client) => Ok(&mut **client.into_mut()),
            Entry::Vacant(place) => {
                let protocol = *self.protocols.entry(number).or_insert(self.usual);
                Ok(&mut **place.insert((self.open)(number, protocol)?))
            }
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

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Says each line back, with the number of the client; closes after `bye`.
    struct Echo {
        number: u32,
        lines: Vec<Vec<u8>>,
    }

    impl Talk for Echo {
        fn send(&mut self, octets: &[u8]) -> io::Result<()> {
            let text = String::from_utf8_lossy(octets);
            let said = text
                .lines()
                .map(|line| format!("{} {line}", self.number).into_bytes());
            self.lines.extend(said);
            Ok(())
        }

        fn receive_line(&mut self) -> io::Result<Option<Vec<u8>>> {
            Ok((!self.lines.is_empty()).then(|| self.lines.remove(0)))
        }

        fn start_tls(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn unheard(&mut self) -> Option<Vec<u8>> {
            self.lines.first().cloned()
        }
    }

    /// What happened, and how it ended.
    fn play(steps: &str) -> (String, String) {
        let script = Script::parse(&format!("title: x\nprotocol: pop3\n{steps}")).unwrap();
        let mut story = String::new();
        let ended = perform(
            &script,
            &mut |number, _| {
                let lines = Vec::new();
                Ok(Box::new(Echo { number, lines }))
            },
            &mut |event| story.push_str(&format!("{event:?}\n")),
        );
        (
            story,
            ended.map_or_else(
                |difference| difference.to_string(),
                |()| "as written".into(),
            ),
        )
    }

    #[test]
    fn each_row_is_a_play_and_its_end() {
        let rows = [
            ("C: a\nS: 1 a\n! closed", "as written"),
            (
                "C: a\n! client 2\nC: b\nS: 2 b\n! client 1\nS: 1 a",
                "as written",
            ),
            ("C: a\n! disconnect\nC: b\nS: 1 b", "as written"),
            (
                "C: all is well\nS: 1 all is bad",
                "line 4: the server said something else\n  \
                 expected  1 all is bad\n  got       1 all is well\n                     ^",
            ),
            (
                "# ä is one character, and a control character is shown as one would write it.\n\
                 C\\: ä\\0b\nS\\: 1 ä\\0c",
                "line 5: the server said something else\n  \
                 expected  1 ä\\0c\n  got       1 ä\\u{0}b\n                    ^",
            ),
            (
                "S: 1 a",
                "line 3: the server closed instead of saying\n  expected  1 a",
            ),
            (
                "C: a\n! closed",
                "line 4: the server did not close but said\n  got       1 a",
            ),
            (
                "C\\: a\\nb\\n\nS: 1 a",
                "line 4: the server said more\n  got       1 b",
            ),
            ("! starttls", "line 3: the connection failed: unsupported"),
        ];
        for (steps, end) in rows {
            assert_eq!(play(steps).1, end, "{steps}");
        }
    }

    #[test]
    fn what_happens_is_shown() {
        let (story, _) = play("# Look.\nC: a\nS: ...\n! pause\n! closed\n! disconnect");
        let expected = [
            "Narration(\"Look.\")",
            "Sent(1, [97, 13, 10])",
            "Received(1, [49, 32, 97])",
            "Pause",
            "Closed(1)",
            "Disconnected(1)",
        ];
        assert_eq!(story.lines().collect::<Vec<_>>(), expected);
    }
}
