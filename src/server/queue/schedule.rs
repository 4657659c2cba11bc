//! When a message is tried again: intervals that double, up to a longest one, for some days
//! (RFC 5321 §4.5.4.1).
//!
//! Each is up to a tenth longer or shorter, so that what failed together is not tried together for
//! ever. The deviation comes from the message's name: the same message always has the same times.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::limits::Limits;

/// The intervals of `[limits]`, the time factor applied.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    first: Duration,
    longest: Duration,
    lifetime: Duration,
    delay: Duration,
}

impl Schedule {
    pub(super) fn new(limits: &Limits) -> Schedule {
        let real = |lab: Duration| (lab / limits.time_factor.max(1)).max(Duration::from_millis(1));
        Schedule {
            first: real(limits.retry_first),
            longest: real(limits.retry_longest),
            lifetime: real(limits.queue_lifetime),
            delay: real(limits.delay_notice),
        }
    }

    /// When a message is tried once more, after so many attempts; `None`: its time is over. The
    /// last attempt is made when its time ends, however long the interval would be.
    pub(super) fn next(
        &self,
        id: &str,
        attempts: u32,
        received: Timestamp,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let end = self.end(received);
        (now < end).then(|| later(now, self.interval(id, attempts)).min(end))
    }

    /// When a message that was received then is given up.
    pub(super) fn end(&self, received: Timestamp) -> Timestamp {
        later(received, self.lifetime)
    }

    /// Has it taken so long that who asked for it is told?
    pub(super) fn is_late(&self, received: Timestamp, now: Timestamp) -> bool {
        now >= later(received, self.delay)
    }

    /// After the disk, not the network, has failed.
    pub(super) fn soon(&self, now: Timestamp) -> Timestamp {
        later(now, self.first)
    }

    fn interval(&self, id: &str, attempts: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        let interval = self.first.saturating_mul(doubled).min(self.longest);
        let mut hasher = DefaultHasher::new();
        (id, attempts).hash(&mut hasher);
        let deviation = hasher.finish() % 201; // 0 to 200 thousandths
        interval.mul_f64(0.9 + deviation as f64 / 1000.0)
    }
}

fn later(then: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    let sum = then.saturating_add(by).unwrap_or(Timestamp::MAX);
    Timestamp::from_millisecond(sum.as_millisecond()).unwrap_or(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(limits: &Limits) -> Vec<f64> {
        let (schedule, start) = (Schedule::new(limits), Timestamp::UNIX_EPOCH);
        let (mut now, mut times, mut attempts) = (start, Vec::new(), 1);
        while let Some(next) = schedule.next("id-1", attempts, start, now) {
            times.push((next - now).total(jiff::Unit::Second).unwrap_or_default());
            (now, attempts) = (next, attempts + 1);
        }
        assert_eq!(now, schedule.end(start), "the last attempt is at the end");
        times
    }

    #[test]
    fn intervals_double_up_to_the_longest_for_five_days() {
        let times = times(&Limits::default());
        let planned = [
            300.0, 600.0, 1200.0, 2400.0, 4800.0, 9600.0, 14_400.0, 14_400.0,
        ];
        for (time, planned) in times.iter().zip(planned) {
            let deviation = time / planned;
            assert!((0.9..=1.1).contains(&deviation), "{time} for {planned}");
        }
        assert!((30..50).contains(&times.len()), "{} attempts", times.len());
    }

    #[test]
    fn a_lab_watches_five_days_in_seven_minutes() {
        let limits = Limits {
            time_factor: 1000,
            ..Limits::default()
        };
        let sum: f64 = times(&limits).iter().sum();
        assert!((431.0..433.0).contains(&sum), "{sum} seconds");
    }

    #[test]
    fn a_million_attempts_are_no_overflow() {
        let schedule = Schedule::new(&Limits::default());
        let next = schedule.next("x", u32::MAX, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        assert!(next.is_some());
    }
}
