//! Dates of mail: `Mon, 23 Nov 2026 15:00:00 +0100` (RFC 5322 §3.3), read and written.
//!
//! Obsolete forms are read as well (§4.3): years of two digits, zones with names, comments anywhere.
//! A missing or impossible time is midnight, a missing zone is UTC (RFC 5256 §2.2). A text that names
//! no day of the calendar is no date; a date in another order (`Thu Feb 29 2024`) is not guessed at.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Zoned;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};

use super::Header;
use super::lex::{Lexer, is_space};

/// The names of the months, always in English (RFC 5322 §3.3, and RFC 3501 §9 for IMAP's dates).
pub const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The zones that have names (RFC 5322 §4.3), with their hours. All other names mean UTC.
const ZONES: [(&str, i32); 8] = [
    ("EDT", -4),
    ("EST", -5),
    ("CDT", -5),
    ("CST", -6),
    ("MDT", -6),
    ("MST", -7),
    ("PDT", -7),
    ("PST", -8),
];

/// A date as a header field has it: the sender's clock, and its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailDate {
    day: Date,
    /// `None` if it has no time that a clock can show.
    time: Option<Time>,
    offset: Offset,
}

impl MailDate {
    /// Reads the header's Date field; `None` if it names no day of the calendar.
    #[must_use]
    pub fn of(header: &Header) -> Option<MailDate> {
        MailDate::parse(&header.value("Date")?)
    }

    /// Parses an unfolded value: `[day-name ","] day month year [time [zone]]`.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<MailDate> {
        let mut lexer = Lexer::new(value);
        lexer.skip_space();
        lexer.run(|octet| octet.is_ascii_alphabetic());
        skip_separators(&mut lexer);
        let day = number(&mut lexer, 2)?;
        skip_separators(&mut lexer);
        let month = month(&mut lexer)?;
        skip_separators(&mut lexer);
        let year = year(&mut lexer)?;
        let day = Date::new(year, month, i8::try_from(day).ok()?).ok()?;
        lexer.skip_space();
        let time = time(&mut lexer);
        lexer.skip_space();
        let offset = zone(&mut lexer);
        Some(MailDate { day, time, offset })
    }

    /// The day on the sender's clock, whatever the time and zone: SEARCH compares it
    /// (RFC 3501 §6.4.4).
    #[must_use]
    pub fn day(&self) -> Date {
        self.day
    }

    /// The moment, in seconds since 1970: SORT and THREAD compare it (RFC 5256 §2.2).
    #[must_use]
    pub fn timestamp(&self) -> i64 {
        let local = self.day.to_datetime(self.time.unwrap_or(Time::midnight()));
        // Only at both ends of the calendar is there none.
        let moment = self.offset.to_timestamp(local);
        moment.map_or(0, |moment| moment.as_second())
    }

    /// The moment; `None` before 1970, when email had no Date field.
    #[must_use]
    pub fn moment(&self) -> Option<SystemTime> {
        let seconds = u64::try_from(self.timestamp()).ok()?;
        UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    }

    /// The moment with its zone; `None` without a time, and at both ends of the calendar.
    #[must_use]
    pub fn zoned(&self) -> Option<Zoned> {
        let local = self.day.to_datetime(self.time?);
        let moment = self.offset.to_timestamp(local).ok()?;
        Some(moment.to_zoned(TimeZone::fixed(self.offset)))
    }
}

/// Writes a moment as a Date field has it, on the clock of UTC.
#[must_use]
pub fn written(moment: SystemTime) -> String {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX / 2);
    mail_builder::headers::date::Date::new(seconds).to_rfc822()
}

/// Skips space, comments, and the commas and hyphens that some mailers put there.
fn skip_separators(lexer: &mut Lexer) {
    lexer.skip_space();
    lexer.run(|octet| is_space(octet) || matches!(octet, b',' | b'-' | b'.'));
    lexer.skip_space();
}

/// A number of at most so many digits.
fn number(lexer: &mut Lexer, most: usize) -> Option<u16> {
    let digits = lexer.run(|octet| octet.is_ascii_digit());
    if digits.len() > most {
        return None;
    }
    str::from_utf8(digits).ok()?.parse().ok()
}

/// A month's name, of which only the first three letters count.
fn month(lexer: &mut Lexer) -> Option<i8> {
    let name = lexer.run(|octet| octet.is_ascii_alphabetic()).get(..3)?;
    let is_named = |month: &str| month.as_bytes().eq_ignore_ascii_case(name);
    let at = MONTHS.iter().position(|month| is_named(month))?;
    i8::try_from(at + 1).ok()
}

/// A year. RFC 5322 §4.3: two digits up to 49 are in this century, all others in the last.
fn year(lexer: &mut Lexer) -> Option<i16> {
    let before = *lexer;
    let year = number(lexer, 4)?;
    let mut digits = before;
    let year = match digits.run(|octet| octet.is_ascii_digit()).len() {
        2 if year < 50 => year + 2000,
        2 | 3 => year + 1900,
        4 => year,
        _ => return None,
    };
    i16::try_from(year).ok()
}

/// `hour ":" minute [":" second]`.
fn time(lexer: &mut Lexer) -> Option<Time> {
    let mut part = |begins: bool| {
        lexer.skip_space();
        if !begins && !lexer.eat(b':') {
            return None;
        }
        lexer.skip_space();
        number(lexer, 2).and_then(|number| i8::try_from(number).ok())
    };
    let hour = part(true)?;
    let minute = part(false)?;
    // RFC 5322 §3.3: there are leap seconds, and jiff has none.
    let second = part(false).unwrap_or(0).min(59);
    Time::new(hour, minute, second, 0).ok()
}

/// `("+" / "-") 4DIGIT`, or a name. Anything else is UTC.
fn zone(lexer: &mut Lexer) -> Offset {
    let sign = match lexer.peek() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => {
            let name = lexer.run(|octet| octet.is_ascii_alphabetic());
            let is_named = |zone: &&(&str, i32)| zone.0.as_bytes().eq_ignore_ascii_case(name);
            let hours = ZONES.iter().find(is_named).map_or(0, |(_, hours)| *hours);
            return Offset::from_seconds(hours * 3600).unwrap_or(Offset::UTC);
        }
    };
    lexer.next();
    let digits = number(lexer, 4).unwrap_or(0);
    let hours = i32::from(digits / 100);
    let minutes = i32::from(digits % 100);
    if hours > 23 || minutes > 59 {
        return Offset::UTC;
    }
    Offset::from_seconds(sign * (hours * 60 + minutes) * 60).unwrap_or(Offset::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_of_mail() {
        let rows: [(&[u8], &str, i64); 14] = [
            (b"Mon, 23 Nov 2026 23:59:59 -0800", "2026-11-23", 1_795_507_199),
            (b"Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06", 784_111_777),
            (b"6 Nov 1994 09:49:37 +0100 (CET)", "1994-11-06", 784_111_777),
            (b"Sat, 31 Dec 2016 23:59:60 +0000", "2016-12-31", 1_483_228_799),
            (b"6 Nov 94 00:49:37 PST", "1994-11-06", 784_111_777),
            (b"6 Nov 94 08:49 Z", "1994-11-06", 784_111_740),
            (b"6-Nov-1994 (Sunday) 08 : 49 : 37 ut", "1994-11-06", 784_111_777),
            (b"6 Nov 1994 09:49:37 +0100 (Mitteleurop\xe4ische Zeit)", "1994-11-06", 784_111_777),
            // RFC 5256 §2.2: an impossible time or zone does not count.
            (b"6 Nov 1994 99:49:37 +0100", "1994-11-06", 784_076_400),
            (b"6 Nov 1994 08:49:37 +9999", "1994-11-06", 784_111_777),
            (b"6 Nov 1994 08:49:37", "1994-11-06", 784_111_777),
            (b"6 Nov 1994", "1994-11-06", 784_080_000),
            (b"6 November 094", "1994-11-06", 784_080_000),
            (b"1 Jan 49 00:00:00 +0000", "2049-01-01", 2_493_072_000),
        ];
        for (text, day, timestamp) in rows {
            let date = MailDate::parse(text).unwrap();
            assert_eq!(date.day().to_string(), day, "{}", text.escape_ascii());
            assert_eq!(date.timestamp(), timestamp, "{}", text.escape_ascii());
        }
        for text in [
            "",
            "soon",
            "99 Foo 12345",
            "31 Feb 2020 00:00:00 +0000",
            "13 Fev 2020 05:36:50 +0000",
            "Thu Feb 29 10:11:12 2024",
            "6 Nov 1",
            "6 Nov 12345",
        ] {
            assert_eq!(MailDate::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_moment_needs_a_time() {
        let zoned = |text: &[u8]| MailDate::parse(text).and_then(|date| date.zoned());
        assert_eq!(zoned(b"6 Nov 1994"), None);
        assert_eq!(zoned(b"6 Nov 1994 99:49:37 +0100"), None);
        let zoned = zoned(b"6 Nov 1994 09:49:37 +0100").unwrap();
        assert_eq!(zoned.to_string(), "1994-11-06T09:49:37+01:00[+01:00]");
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn what_was_written_is_read(seconds in 0u64..10_000_000_000) {
            let moment = UNIX_EPOCH + Duration::from_secs(seconds);
            let date = MailDate::parse(written(moment).as_bytes()).unwrap();
            prop_assert_eq!(date.moment(), Some(moment));
        }

        #[test]
        fn any_octets_can_be_read(value in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = MailDate::parse(&value);
        }

        #[test]
        fn anything_like_a_date_can_be_read(value in "[0-9 :,+()-]{0,9}(Nov|Feb| )[0-9 :+Z-]{0,30}") {
            if let Some(date) = MailDate::parse(value.as_bytes()) {
                let _ = (date.timestamp(), date.zoned());
            }
        }
    }
}
