//! Moments and sizes as people read them.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// On the clock of this machine.
#[must_use]
pub fn local_date(moment: SystemTime) -> String {
    let Ok(timestamp) = Timestamp::try_from(moment) else {
        return String::new();
    };
    let local = timestamp.to_zoned(TimeZone::system());
    local.strftime("%Y-%m-%d %H:%M").to_string()
}

/// `512 B`, `1.4 KB`, `20 MB`.
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
}
