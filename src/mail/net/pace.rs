//! How slowly the other side may take what is said to it.
//!
//! A reply has the wire's patience to spend on waiting. What the other side takes earns some of it
//! back, but never more than there was at first. So whoever takes nothing is given up after that
//! time, and whoever takes an octet a minute hardly later, whatever the length of the reply: the
//! pace that bodies must keep, too ([`limits::SLOWEST_BODY`](crate::limits::SLOWEST_BODY)).

use std::time::Duration;

/// What is left of the patience with one reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    patience: Duration,
    /// Octets a second.
    slowest: u64,
    left: Duration,
}

impl Pace {
    /// With the whole patience, and so many octets a second.
    pub(super) fn new(patience: Duration, slowest: u64) -> Pace {
        Pace {
            patience,
            slowest,
            left: patience,
        }
    }

    /// How long the next octets are waited for; zero when the other side has used it up.
    pub(super) fn left(&self) -> Duration {
        self.left
    }

    /// The other side kept us waiting for so long, and then took so many octets.
    pub(super) fn taken(&mut self, octets: usize, waited: Duration) {
        let earned = (octets as u64).saturating_mul(1_000_000) / self.slowest.max(1);
        let left = self.left.saturating_sub(waited);
        // What is used up stays so, whatever came in the end.
        if !left.is_zero() {
            self.left = (left + Duration::from_micros(earned)).min(self.patience);
        } else {
            self.left = left;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After so many minutes of taking so many octets each, is there any patience left?
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
    fn who_keeps_the_pace_is_waited_for_and_who_drips_is_not() {
        assert!(lasts(100_000, 64 * 60));
        assert!(lasts(4, 1));
        assert!(!lasts(6, 1));
        assert!(!lasts(20, 64 * 45), "three quarters of the pace");
    }
}
