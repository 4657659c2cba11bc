//! Computes when a message is tried again: after intervals that double, for some days (RFC 5321
//! §4.5.4.1).
//!
//! Each interval is up to a tenth longer or shorter, so that messages which failed together are not
//! tried together for ever. The deviation depends on the message's name only, so the times of a
//! message are always the same.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::limits::Limits;

/// The intervals of `[limits]`, divided by the time factor.
#[derive(Clone, Debug)]
pub(super) struct RetryTimes {
    first: Duration,
    longest: Duration,
    lifetime: Duration,
    delay: Duration,
}

impl RetryTimes {
    pub(super) fn new(limits: &Limits) -> RetryTimes {
        let real = |lab: Duration| (lab / limits.time_factor.max(1)).max(Duration::from_millis(1));
        RetryTimes {
            first: real(limits.retry_first),
            longest: real(limits.retry_longest),
            lifetime: real(limits.queue_lifetime),
            delay: real(limits.delay_notice),
        }
    }

    /// The time of the next attempt after this number of attempts, or `None` to give up. The last
    /// attempt is at the end of the lifetime, however long the interval would be.
    pub(super) fn next(
        &self,
        id: &str,
        attempts: u32,
        received: Timestamp,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let end = self.end(received);
        if now >= end {
            return None;
        }
        Some(later(now, self.interval(id, attempts)).min(end))
    }

    /// When a message that was received at this time is given up.
    pub(super) fn end(&self, received: Timestamp) -> Timestamp {
        later(received, self.lifetime)
    }

    /// True if the message is late enough for a report of the delay.
    pub(super) fn is_late(&self, received: Timestamp, now: Timestamp) -> bool {
        now >= later(received, self.delay)
    }

    /// The time of the next attempt after a failure of the disk.
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
        let retry = RetryTimes::new(limits);
        let start = Timestamp::UNIX_EPOCH;
        let mut now = start;
        let mut times = Vec::new();
        while let Some(next) = retry.next("id-1", times.len() as u32 + 1, start, now) {
            times.push((next - now).total(jiff::Unit::Second).unwrap_or_default());
            now = next;
        }
        assert_eq!(now, retry.end(start), "the last attempt is at the end");
        times
    }

    #[test]
    fn intervals_double_up_to_the_longest_for_five_days() {
        let times = times(&Limits::default());
        let planned = [300.0, 600.0, 1200.0, 2400.0, 4800.0, 9600.0, 14_400.0, 14_400.0];
        for (time, planned) in times.iter().zip(planned) {
            let deviation = time / planned;
            assert!((0.9..=1.1).contains(&deviation), "{time} for {planned}");
        }
        assert!((30..50).contains(&times.len()), "{} attempts", times.len());
    }

    #[test]
    fn a_lab_watches_five_days_in_seven_minutes() {
        let limits = Limits { time_factor: 1000, ..Limits::default() };
        let sum: f64 = times(&limits).iter().sum();
        assert!((431.0..433.0).contains(&sum), "{sum} seconds");
    }

    #[test]
    fn a_million_attempts_are_no_overflow() {
        let retry = RetryTimes::new(&Limits::default());
        let next = retry.next("x", u32::MAX, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        assert!(next.is_some());
    }
}
