//! When a message was sent, as its Date field says (RFC 5322 §3.6.1), for whoever sorts and searches.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use mail_parser::DateTime as Parsed;

use super::Header;

/// The clock of the sender, and its offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    local: DateTime,
    offset: Offset,
}

impl Sent {
    /// What the header's Date field says; `None` when it names no day of the calendar.
    #[must_use]
    pub fn of(header: &Header) -> Option<Sent> {
        let value = header.value("Date")?;
        Sent::parse(str::from_utf8(&value).ok()?)
    }

    fn parse(text: &str) -> Option<Sent> {
        // RFC 5256 §2.2: without a zone it is UTC. A second zone does not count.
        let parsed = Parsed::parse_rfc822(&format!("{text} +0000"))?;
        let small = |number: u8| i8::try_from(number).ok();
        let year = i16::try_from(parsed.year).ok()?;
        let date = Date::new(year, small(parsed.month)?, small(parsed.day)?).ok()?;
        Some(Sent {
            local: date.to_datetime(time(&parsed)),
            offset: offset(&parsed),
        })
    }

    /// The day, disregarding time and zone: what SEARCH compares (RFC 3501 §6.4.4).
    #[must_use]
    pub fn day(&self) -> Date {
        self.local.date()
    }

    /// The moment, in seconds since 1970: what SORT and THREAD compare (RFC 5256 §2.2).
    #[must_use]
    pub fn timestamp(&self) -> i64 {
        let moment = self.offset.to_timestamp(self.local);
        // Only at both ends of the calendar is there none.
        moment.map_or(0, |moment| moment.as_second())
    }
}

/// RFC 5256 §2.2: a time that no clock shows is 00:00:00.
fn time(parsed: &Parsed) -> Time {
    let small = |number: u8| i8::try_from(number).unwrap_or(i8::MAX);
    // RFC 5322 §3.3: there are leap seconds, and jiff has none.
    let second = parsed.second.min(59);
    let time = Time::new(small(parsed.hour), small(parsed.minute), small(second), 0);
    time.unwrap_or(Time::midnight())
}

fn offset(parsed: &Parsed) -> Offset {
    let minutes = i32::from(parsed.tz_hour) * 60 + i32::from(parsed.tz_minute);
    let sign = if parsed.tz_before_gmt { -1 } else { 1 };
    // mail-parser knows no zone of a day or more.
    Offset::from_seconds(sign * minutes * 60).unwrap_or(Offset::UTC)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use super::*;

    #[test]
    fn dates_of_mail() {
        let rows = [
            (
                "Mon, 23 Nov 2026 23:59:59 -0800",
                "2026-11-23",
                1_795_507_199,
            ),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06", 784_111_777),
            ("6 Nov 1994 09:49:37 +0100 (CET)", "1994-11-06", 784_111_777),
            (
                "Sat, 31 Dec 2016 23:59:60 +0000",
                "2016-12-31",
                1_483_228_799,
            ),
            ("6 Nov 94 00:49:37 PST", "1994-11-06", 784_111_777),
            // RFC 5256 §2.2: what is wrong with the time or the zone does not count.
            ("6 Nov 1994 99:49:37 +0100", "1994-11-06", 784_076_400),
            ("6 Nov 1994 08:49:37", "1994-11-06", 784_111_777),
            ("6 Nov 1994", "1994-11-06", 784_080_000),
        ];
        for (text, day, timestamp) in rows {
            let sent = Sent::parse(text).unwrap();
            assert_eq!(sent.day().to_string(), day, "{text}");
            assert_eq!(sent.timestamp(), timestamp, "{text}");
        }
        for text in ["", "soon", "99 Foo 12345", "31 Feb 2020 00:00:00 +0000"] {
            assert_eq!(Sent::parse(text), None, "{text}");
        }
    }
}
