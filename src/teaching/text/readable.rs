//! Moments, times and sizes as people read them.

use std::time::SystemTime;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Returns a moment to the minute, on the clock of this machine: `2026-11-30 20:15`.
#[must_use]
pub fn local_date(moment: SystemTime) -> String {
    Timestamp::try_from(moment).map_or(String::new(), |time| local(time, "%Y-%m-%d %H:%M"))
}

/// Returns a moment to the second, on the clock of this machine: `2026-11-30 20:15:07`.
#[must_use]
pub(crate) fn local_time(moment: Timestamp) -> String {
    local(moment, "%Y-%m-%d %H:%M:%S")
}

fn local(moment: Timestamp, format: &str) -> String {
    let local = moment.to_zoned(TimeZone::system());
    local.strftime(format).to_string()
}

/// Returns a time in one unit: `0.012 s`, `3.4 s`, `12 min`, `1.5 h`.
#[must_use]
pub(crate) fn readable_duration(time: SignedDuration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        ..1.0 => format!("{seconds:.3} s"),
        1.0..60.0 => format!("{seconds:.1} s"),
        60.0..3600.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

/// Returns a number of octets in one unit: `512 B`, `1.4 KB`, `20 MB`.
#[must_use]
pub fn readable_size(octets: u64) -> String {
    let mut tenths = octets.saturating_mul(10);
    for unit in ["B", "KB", "MB"] {
        if tenths < 10_240 {
            return scaled(tenths, unit);
        }
        tenths /= 1024;
    }
    scaled(tenths, "GB")
}

fn scaled(tenths: u64, unit: &str) -> String {
    if tenths < 100 && unit != "B" {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", tenths / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let rows = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KB"),
            (10_240, "10 KB"),
            (20 * 1024 * 1024, "20 MB"),
            (u64::MAX, "1717986918 GB"),
        ];
        for (octets, expected) in rows {
            assert_eq!(readable_size(octets), expected);
        }
    }

    #[test]
    fn times_are_short() {
        let rows = [(12, "0.012 s"), (3_400, "3.4 s"), (720_000, "12 min"), (5_400_000, "1.5 h")];
        for (milliseconds, expected) in rows {
            let time = SignedDuration::from_millis(milliseconds);
            assert_eq!(readable_duration(time), expected);
        }
    }
}
