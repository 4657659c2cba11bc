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
    open: Mutex<HashMap<IpAddr, usize>>,
    one_left: Condvar,
    stop: Bell,
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
        let total: usize = open.values().sum();
        let from_here = open.entry(address).or_default();
        let welcome = total < self.max && *from_here < self.max_per_address;
        if !welcome && total >= self.max + limits::REFUSALS {
            return None;
        }
        *from_here += 1;
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
        let busy = |open: &mut HashMap<IpAddr, usize>| !open.is_empty();
        let waited = self.one_left.wait_timeout_while(self.open(), grace, busy);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_empty()
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // The counts are right after each change, so a thread that died with them harmed nothing.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
        self.connections.one_left.notify_all();
    }
}
