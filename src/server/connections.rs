//! Who is connected: counted against the limits, told when the server stops, and waited for.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::limits;
use crate::mail::net::Bell;

/// The connections of all the listeners that share their limits and their end.
pub struct Connections {
    max: usize,
    max_per_address: usize,
    open: Mutex<Open>,
    one_left: Condvar,
    stop: Bell,
}

/// The connections of this moment.
#[derive(Default)]
struct Open {
    /// Those within the limits; no address is there with a count of 0.
    by_address: HashMap<IpAddr, usize>,
    /// Those that are only told that there is no place. They take nobody's place.
    refused: usize,
}

/// One connection's place, given back when it is dropped.
pub struct Place {
    connections: Arc<Connections>,
    address: IpAddr,
    /// Is it within the limits? One that is not is only told so.
    pub welcome: bool,
}

impl Connections {
    /// Takes `max` connections at once, and `max_per_address` from one address.
    ///
    /// # Errors
    /// When the process has no file descriptors left.
    pub fn new(max: usize, max_per_address: usize) -> io::Result<Arc<Connections>> {
        let (open, one_left, stop) = (Mutex::default(), Condvar::new(), Bell::new()?);
        Ok(Arc::new(Connections {
            max,
            max_per_address,
            open,
            one_left,
            stop,
        }))
    }

    /// A place for a connection from this address, welcome or not; `None` when even those who are
    /// to be told that there is no place are too many.
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut open = self.open();
        let total: usize = open.by_address.values().sum();
        let from_here = open.by_address.get(&address).copied().unwrap_or_default();
        let welcome = total < self.max && from_here < self.max_per_address;
        if welcome {
            open.by_address.insert(address, from_here + 1);
        } else if open.refused < limits::REFUSALS {
            open.refused += 1;
        } else {
            return None;
        }
        Some(Place {
            connections: Arc::clone(self),
            address,
            welcome,
        })
    }

    /// Rings once and for ever when the servers stop.
    #[must_use]
    pub fn stop_bell(&self) -> Bell {
        self.stop.clone()
    }

    /// Ends the listeners, and every conversation that waits for a command. Messages on their way
    /// are finished; returns whether all were, within `grace`.
    pub fn stop(&self, grace: Duration) -> bool {
        self.stop.ring();
        let busy = |open: &mut Open| !open.is_empty();
        let waited = self.one_left.wait_timeout_while(self.open(), grace, busy);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_empty()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        // The counts are right after each change, so a thread that died with them harmed nothing.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn is_empty(&self) -> bool {
        self.by_address.is_empty() && self.refused == 0
    }

    fn leave(&mut self, place: &Place) {
        if !place.welcome {
            self.refused -= 1;
        } else if let Entry::Occupied(mut count) = self.by_address.entry(place.address) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().leave(self);
        self.connections.one_left.notify_all();
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn who_is_refused_takes_nobodys_place() {
        let connections = Connections::new(3, 1).unwrap();
        let first = connections.admit(HERE).unwrap();
        assert!(first.welcome);
        let told: Vec<Place> = (0..limits::REFUSALS)
            .map(|_| connections.admit(HERE).unwrap())
            .collect();
        assert!(told.iter().all(|place| !place.welcome));
        assert!(connections.admit(HERE).is_none(), "too many even to tell");
        assert!(connections.admit(THERE).unwrap().welcome);
        drop(first);
        assert!(connections.admit(HERE).unwrap().welcome);
    }

    #[test]
    fn nobody_is_waited_for_who_was_not_even_told() {
        let connections = Connections::new(1, 1).unwrap();
        let all: Vec<Place> = (0..=limits::REFUSALS)
            .map(|_| connections.admit(HERE).unwrap())
            .collect();
        assert!(connections.admit(THERE).is_none());
        assert!(!connections.stop(Duration::ZERO), "somebody is there");
        drop(all);
        assert!(connections.stop(Duration::ZERO), "nobody is there");
    }
}
