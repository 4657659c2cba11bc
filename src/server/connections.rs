//! Who is connected: counted against the limits, told when the server stops, and waited for.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::limits;
use crate::net::Bell;

/// The connections of all the listeners that share their limits and their end.
pub struct Connections {
    max: usize,
    max_per_address: usize,
    open: Mutex<Open>,
    one_left: Condvar,
    stop: Bell,
}

/// The connections there are now. Those that are only told that there is no place take none.
#[derive(Default)]
struct Open {
    welcome: HashMap<IpAddr, usize>,
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
        let total: usize = open.welcome.values().sum();
        let from_here = open.welcome.get(&address).copied().unwrap_or(0);
        let welcome = total < self.max && from_here < self.max_per_address;
        if welcome {
            *open.welcome.entry(address).or_default() += 1;
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
        self.welcome.is_empty() && self.refused == 0
    }

    fn leave(&mut self, address: IpAddr, welcome: bool) {
        if !welcome {
            self.refused -= 1;
        } else if let Some(count) = self.welcome.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.welcome.remove(&address);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.leave(self.address, self.welcome);
        self.connections.one_left.notify_all();
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn who_comes_too_often_takes_no_place_from_others() {
        let connections = Connections::new(2, 1).unwrap();
        let [one, two, three]: [IpAddr; 3] =
            [[10, 0, 0, 1], [10, 0, 0, 2], [10, 0, 0, 3]].map(IpAddr::from);
        let first = connections.admit(one).unwrap();
        assert!(first.welcome);
        let told: Vec<Place> = std::iter::from_fn(|| connections.admit(one)).collect();
        assert_eq!(told.len(), limits::REFUSALS);
        assert!(told.iter().all(|place| !place.welcome));

        let second = connections.admit(two).unwrap();
        assert!(
            second.welcome,
            "{} who were refused fill the house",
            told.len()
        );
        drop((told, first));
        assert!(connections.admit(three).unwrap().welcome);
        drop(second);
        assert!(
            connections.stop(Duration::ZERO),
            "somebody is still counted"
        );
    }
}
