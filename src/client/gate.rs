//! A gate holds each line of a client until a person lets it pass: step mode.
//!
//! The connection's thread waits at the gate. Another thread, usually a window's, sees the held lines
//! and lets them pass, perhaps edited. An open gate holds nothing, and a gate without a guard is always
//! open. Message bodies and literals never wait. If the server closes the connection in the meantime,
//! the client notices it after its line has passed.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A gate for the lines of any number of connections. Open by default, and cheap to clone.
#[derive(Clone, Default)]
pub struct Gate(Option<Arc<GuardedGate>>);

/// A line that waits at the gate.
#[derive(Clone)]
pub struct HeldLine {
    /// The number by which the line is released. It is never used again.
    pub ticket: u64,
    /// Our end of the connection.
    pub client: SocketAddr,
    /// The server's end of the connection.
    pub server: SocketAddr,
    /// The line without its ending. It may be a password.
    pub line: Vec<u8>,
}

struct GuardedGate {
    /// Called when a line begins to wait, in the thread of its connection.
    on_held: Box<dyn Fn() + Send + Sync>,
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    closed: bool,
    tickets: u64,
    waiting: Vec<HeldLine>,
    /// Released lines that their connections have not fetched yet.
    passed: Vec<(u64, Vec<u8>)>,
}

impl Gate {
    /// Makes a gate that can be closed, and is open at first.
    ///
    /// `on_held` is called whenever a line begins to wait.
    pub fn guarded(on_held: impl Fn() + Send + Sync + 'static) -> Gate {
        Gate(Some(Arc::new(GuardedGate {
            on_held: Box::new(on_held),
            state: Mutex::default(),
            changed: Condvar::new(),
        })))
    }

    /// Makes each line wait from now on.
    pub fn close(&self) {
        self.change(|state| state.closed = true);
    }

    /// Releases the held lines, and holds no more.
    pub fn open(&self) {
        self.change(|state| {
            state.closed = false;
            let waiting = std::mem::take(&mut state.waiting);
            let passed = waiting.into_iter().map(|one| (one.ticket, one.line));
            state.passed.extend(passed);
        });
    }

    /// True if each line waits.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.as_ref().is_some_and(|guarded| guarded.state().closed)
    }

    /// Returns the lines that wait, the oldest first.
    #[must_use]
    pub fn waiting(&self) -> Vec<HeldLine> {
        self.0.as_ref().map(|guarded| guarded.state().waiting.clone()).unwrap_or_default()
    }

    /// Releases the line with this ticket; `edited` replaces it.
    pub fn let_pass(&self, ticket: u64, edited: Option<Vec<u8>>) {
        self.change(|state| {
            let at = state.waiting.iter().position(|one| one.ticket == ticket);
            if let Some(at) = at {
                let one = state.waiting.remove(at);
                state.passed.push((ticket, edited.unwrap_or(one.line)));
            }
        });
    }

    /// Waits until the line may pass, and returns the line to send.
    pub(super) fn pass<'a>(
        &self,
        (client, server): (SocketAddr, SocketAddr),
        line: &'a [u8],
    ) -> Cow<'a, [u8]> {
        match &self.0 {
            // An empty line only ends what has passed already: a literal, an initial response.
            Some(guarded) if !line.is_empty() => guarded.pass(client, server, line),
            _ => line.into(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut GateState)) {
        if let Some(guarded) = &self.0 {
            change(&mut guarded.state());
            guarded.changed.notify_all();
        }
    }
}

impl GuardedGate {
    fn pass<'a>(&self, client: SocketAddr, server: SocketAddr, line: &'a [u8]) -> Cow<'a, [u8]> {
        let mut state = self.state();
        if !state.closed {
            return line.into();
        }
        state.tickets += 1;
        let ticket = state.tickets;
        state.waiting.push(HeldLine { ticket, client, server, line: line.to_vec() });
        drop(state);
        (self.on_held)();
        let mut state = self.state();
        loop {
            if let Some(at) = state.passed.iter().position(|(one, _)| *one == ticket) {
                return state.passed.swap_remove(at).1.into();
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, GateState> {
        // A panic never leaves a change half done, so the state is usable after one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two gates are equal if they are clones of each other, or both have no guard.
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
        let state = if self.is_closed() { "closed" } else { "open" };
        write!(f, "Gate({state})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_without_a_guard_is_open() {
        let ends = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        let gate = Gate::default();
        gate.close();
        assert!(!gate.is_closed());
        assert_eq!(&*gate.pass(ends, b"NOOP"), b"NOOP");
    }
}
