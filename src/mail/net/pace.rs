//! The slowest pace at which the other end may take a reply.
//!
//! A reply may wait for the wire's timeout in total. Octets that the other end takes earn some of
//! this time back, but never more than there was at first. So a client that takes nothing is given
//! up after that time, and one that takes an octet a minute not much later, however long the reply
//! is. Bodies must keep the same pace ([`limits::SLOWEST_BODY`](crate::limits::SLOWEST_BODY)).

use std::time::Duration;

/// The time that is left to wait during one reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    timeout: Duration,
    /// Octets a second.
    slowest: u64,
    left: Duration,
}

impl Pace {
    /// The whole timeout is left; `slowest` is in octets a second.
    pub(super) fn new(timeout: Duration, slowest: u64) -> Pace {
        Pace { timeout, slowest, left: timeout }
    }

    /// How long the next octets may take; zero if the other end has used up its time.
    pub(super) fn left(&self) -> Duration {
        self.left
    }

    /// Notes that the other end took so many octets, after we waited for so long.
    pub(super) fn taken(&mut self, octets: usize, waited: Duration) {
        let earned = (octets as u64).saturating_mul(1_000_000) / self.slowest.max(1);
        let left = self.left.saturating_sub(waited);
        self.left = if left.is_zero() {
            // The time is used up, whatever the other end took at last.
            left
        } else {
            (left + Duration::from_micros(earned)).min(self.timeout)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// True if time is left after so many minutes of taking so many octets each.
    fn lasts(minutes: u64, octets: usize) -> bool {
        let mut pace = Pace::new(Duration::from_secs(300), 64);
        // The buffers below us swallow the beginning; that earns nothing for later.
        pace.taken(10_000_000, Duration::ZERO);
        (0..minutes).all(|_| {
            pace.taken(octets, Duration::from_secs(60));
            !pace.left().is_zero()
        })
    }

    #[test]
    fn a_client_that_keeps_the_pace_is_waited_for_and_one_that_drips_is_not() {
        assert!(lasts(100_000, 64 * 60));
        assert!(lasts(4, 1));
        assert!(!lasts(6, 1));
        assert!(!lasts(20, 64 * 45), "three quarters of the pace");
    }
}
