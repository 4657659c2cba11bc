//! The open connections: counted against the limits, woken when the server stops, and waited for.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::limits;
use crate::mail::net::Waker;

/// The connections of all listeners that share their limits and their end.
pub struct Connections {
    max: usize,
    max_per_address: usize,
    open: Mutex<OpenConnections>,
    closed: Condvar,
    stop: Waker,
}

#[derive(Default)]
struct OpenConnections {
    /// The welcome ones; no address has a count of 0.
    by_address: HashMap<IpAddr, usize>,
    /// Those that are only told that the server is full. They take no slot from others.
    refused: usize,
}

/// Whether a connection is within the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is served.
    Welcome,
    /// It is only told that there are too many connections.
    Refused,
}

/// One open connection in the count; dropping it takes it out.
pub struct ConnectionSlot {
    connections: Arc<Connections>,
    address: IpAddr,
    admission: Admission,
}

impl Connections {
    /// Allows `max` connections at once, and `max_per_address` from one address.
    ///
    /// # Errors
    /// When the process has no file descriptors left.
    pub fn new(max: usize, max_per_address: usize) -> io::Result<Arc<Connections>> {
        Ok(Arc::new(Connections {
            max,
            max_per_address,
            open: Mutex::default(),
            closed: Condvar::new(),
            stop: Waker::new()?,
        }))
    }

    /// Counts a connection from this address.
    ///
    /// `None` if there are too many refused connections as well: then the client gets no reply.
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Option<ConnectionSlot> {
        let mut open = self.open();
        let total: usize = open.by_address.values().sum();
        let from_here = open.by_address.get(&address).copied().unwrap_or_default();
        let admission = if total < self.max && from_here < self.max_per_address {
            open.by_address.insert(address, from_here + 1);
            Admission::Welcome
        } else if open.refused < limits::REFUSALS {
            open.refused += 1;
            Admission::Refused
        } else {
            return None;
        };
        Some(ConnectionSlot { connections: Arc::clone(self), address, admission })
    }

    /// Returns the waker that the stop wakes; it is never cleared.
    #[must_use]
    pub fn stop_waker(&self) -> Waker {
        self.stop.clone()
    }

    /// Ends the listeners, and every conversation that waits for a command.
    ///
    /// A message that is being received may be finished. Returns true if all connections ended
    /// within `grace`.
    pub fn stop(&self, grace: Duration) -> bool {
        self.stop.wake();
        let busy = |open: &mut OpenConnections| !open.is_empty();
        let waited = self.closed.wait_timeout_while(self.open(), grace, busy);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_empty()
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        // The counts are right after each change, so a thread that died with them harmed nothing.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenConnections {
    fn is_empty(&self) -> bool {
        self.by_address.is_empty() && self.refused == 0
    }

    fn leave(&mut self, slot: &ConnectionSlot) {
        if slot.admission == Admission::Refused {
            self.refused -= 1;
        } else if let Entry::Occupied(mut count) = self.by_address.entry(slot.address) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

impl ConnectionSlot {
    /// Whether this connection is served.
    #[must_use]
    pub fn admission(&self) -> Admission {
        self.admission
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.connections.open().leave(self);
        self.connections.closed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn a_refused_client_takes_no_slot() {
        let connections = Connections::new(3, 1).unwrap();
        let first = connections.admit(HERE).unwrap();
        assert!(first.admission() == Admission::Welcome);
        let refused: Vec<ConnectionSlot> =
            (0..limits::REFUSALS).map(|_| connections.admit(HERE).unwrap()).collect();
        assert!(refused.iter().all(|slot| slot.admission() == Admission::Refused));
        assert!(connections.admit(HERE).is_none(), "too many even to tell");
        assert!(connections.admit(THERE).unwrap().admission() == Admission::Welcome);
        drop(first);
        assert!(connections.admit(HERE).unwrap().admission() == Admission::Welcome);
    }

    #[test]
    fn a_client_that_was_not_even_told_is_not_waited_for() {
        let connections = Connections::new(1, 1).unwrap();
        let all: Vec<ConnectionSlot> =
            (0..=limits::REFUSALS).map(|_| connections.admit(HERE).unwrap()).collect();
        assert!(connections.admit(THERE).is_none());
        assert!(!connections.stop(Duration::ZERO), "a connection is open");
        drop(all);
        assert!(connections.stop(Duration::ZERO), "no connection is open");
    }
}
