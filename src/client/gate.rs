//! A gate where each line of a client waits until a person lets it pass: step mode.
//!
//! The connection's thread waits at it; another thread, a window's, sees what waits and lets it pass,
//! perhaps edited. An open gate holds nothing up, and one that nobody guards is always open. Message
//! bodies and literals never wait. A server that loses its patience meanwhile closes the connection,
//! which the client hears when its line has passed.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A gate for the lines of any number of connections; open by default. Cheap to clone.
#[derive(Clone, Default)]
pub struct Gate(Option<Arc<Guarded>>);

/// A line that waits.
#[derive(Clone)]
pub struct Waiting {
    /// By which it is let pass; never used again.
    pub ticket: u64,
    /// Our end of its connection.
    pub client: SocketAddr,
    /// The other end.
    pub server: SocketAddr,
    /// The line, its ending removed. It may be a password.
    pub line: Vec<u8>,
}

struct Guarded {
    /// Called when a line begins to wait, in the thread of its connection.
    told: Box<dyn Fn() + Send + Sync>,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    closed: bool,
    tickets: u64,
    waiting: Vec<Waiting>,
    /// Let pass, and not gone through yet.
    passed: Vec<(u64, Vec<u8>)>,
}

impl Gate {
    /// A gate that can be closed, and is open at first. `told` is called when a line begins to wait.
    pub fn guarded(told: impl Fn() + Send + Sync + 'static) -> Gate {
        Gate(Some(Arc::new(Guarded {
            told: Box::new(told),
            state: Mutex::default(),
            moved: Condvar::new(),
        })))
    }

    /// From now on each line waits.
    pub fn close(&self) {
        self.change(|state| state.closed = true);
    }

    /// Lets pass what waits, and all that comes.
    pub fn open(&self) {
        self.change(|state| {
            state.closed = false;
            let waiting = std::mem::take(&mut state.waiting);
            let passed = waiting.into_iter().map(|one| (one.ticket, one.line));
            state.passed.extend(passed);
        });
    }

    /// Does each line wait?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|guarded| guarded.state().closed)
    }

    /// What waits, the oldest first.
    #[must_use]
    pub fn waiting(&self) -> Vec<Waiting> {
        self.0
            .as_ref()
            .map(|guarded| guarded.state().waiting.clone())
            .unwrap_or_default()
    }

    /// Lets the line with this ticket pass: this line in its place, if there is one.
    pub fn let_pass(&self, ticket: u64, edited: Option<Vec<u8>>) {
        self.change(|state| {
            let at = state.waiting.iter().position(|one| one.ticket == ticket);
            if let Some(at) = at {
                let one = state.waiting.remove(at);
                state.passed.push((ticket, edited.unwrap_or(one.line)));
            }
        });
    }

    /// Waits until the line may pass, and returns what is to be said in its place.
    pub(super) fn pass<'a>(
        &self,
        (client, server): (SocketAddr, SocketAddr),
        line: &'a [u8],
    ) -> Cow<'a, [u8]> {
        match &self.0 {
            // An empty line only ends what has passed: a literal, a first response.
            Some(guarded) if !line.is_empty() => guarded.pass(client, server, line),
            _ => line.into(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        if let Some(guarded) = &self.0 {
            change(&mut guarded.state());
            guarded.moved.notify_all();
        }
    }
}

impl Guarded {
    fn pass<'a>(&self, client: SocketAddr, server: SocketAddr, line: &'a [u8]) -> Cow<'a, [u8]> {
        let mut state = self.state();
        if !state.closed {
            return line.into();
        }
        state.tickets += 1;
        let ticket = state.tickets;
        state.waiting.push(Waiting {
            ticket,
            client,
            server,
            line: line.to_vec(),
        });
        drop(state);
        (self.told)();
        let mut state = self.state();
        loop {
            if let Some(at) = state.passed.iter().position(|(one, _)| *one == ticket) {
                return state.passed.swap_remove(at).1.into();
            }
            let moved = self.moved.wait(state);
            state = moved.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is whole before anything can fail.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two are the same if the same person guards them.
impl PartialEq for Gate {
    fn eq(&self, other: &Gate) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(another)) => Arc::ptr_eq(one, another),
            (one, another) => one.is_none() && another.is_none(),
        }
    }
}

impl Eq for Gate {}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.is_closed() {
            true => "Gate(closed)",
            false => "Gate(open)",
        })
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use std::io::Cursor;
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;

    use super::*;
    use crate::client::scripted::play;
    use crate::client::{Hello, SmtpClient};

    /// A gate that is closed, and what rings when a line waits at it.
    fn closed() -> (Gate, Receiver<()>) {
        let (ring, rings) = channel();
        let gate = Gate::guarded(move || ring.send(()).unwrap());
        gate.close();
        (gate, rings)
    }

    /// The line that waits, as text, and its ticket.
    fn next(gate: &Gate, rings: &Receiver<()>) -> (String, u64) {
        rings.recv().unwrap();
        let waiting = gate.waiting();
        assert_eq!(waiting.len(), 1);
        let line = String::from_utf8_lossy(&waiting[0].line).into_owned();
        (line, waiting[0].ticket)
    }

    const SCRIPT: &str = "
        S: 220 hi
        C: EHLO lab
        S: 250-hi
        S: 250 PIPELINING
        C: MAIL FROM:<mallory@here.test>
        S: 250 Ok
        C: RCPT TO:<b@here.test>
        S: 250 Ok
        C: DATA
        S: 354 go on
        C: one
        C: two
        C: .
        S: 250 Ok
        C: QUIT
        S: 221 Bye";

    #[test]
    fn each_line_waits_and_can_be_edited_and_a_body_does_not_wait() {
        let (mut endpoint, server) = play(SCRIPT);
        let (gate, rings) = closed();
        endpoint.gate = gate.clone();
        let client = thread::spawn(move || {
            let hello = Hello::Name("lab".to_owned());
            let mut client = SmtpClient::connect_as(&endpoint, hello).unwrap();
            let mut message = Cursor::new("one\r\ntwo\r\n");
            client
                .send("a@here.test", &["b@here.test"], &mut message)
                .unwrap();
            client.quit().unwrap();
        });
        let mut said = Vec::new();
        for edited in [None, Some("MAIL FROM:<mallory@here.test>"), None] {
            let (line, ticket) = next(&gate, &rings);
            gate.let_pass(ticket, edited.map(|line| line.as_bytes().to_vec()));
            said.push(line);
        }
        assert_eq!(
            said,
            [
                "EHLO lab",
                "MAIL FROM:<a@here.test>",
                "RCPT TO:<b@here.test>"
            ]
        );
        assert_eq!(next(&gate, &rings).0, "DATA");
        gate.open();
        client.join().unwrap();
        server.join().unwrap();
        assert!(gate.waiting().is_empty());
    }

    #[test]
    fn a_gate_without_a_guard_is_open() {
        let ends = (
            "127.0.0.1:1".parse().unwrap(),
            "127.0.0.1:2".parse().unwrap(),
        );
        let gate = Gate::default();
        gate.close();
        assert!(!gate.is_closed());
        assert_eq!(&*gate.pass(ends, b"NOOP"), b"NOOP");
    }
}
