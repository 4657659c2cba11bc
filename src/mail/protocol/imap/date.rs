//! IMAP's dates: `17-Jul-1996` in SEARCH, `"17-Jul-1996 02:44:25 -0700"` elsewhere (RFC 3501 §9,
//! `date` and `date-time`).
//!
//! A date that is not in the calendar is an error, never another day.

use std::fmt;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::{self, Date};
use jiff::tz::Offset;

use super::cursor::{Cursor, Parsed};
use crate::mail::protocol::span::Role;

/// RFC 3501 §9, `date-month`: always English.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment as IMAP writes it: local time, and the zone's offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    local: civil::DateTime,
    offset: Offset,
}

impl DateTime {
    /// Parses a moment in quotes from the front.
    ///
    /// # Errors
    /// When there is none, or it is not in the calendar.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<DateTime> {
        cursor.named(Role::Date, DateTime::parse_quoted)
    }

    fn parse_quoted(cursor: &mut Cursor<'_>) -> Parsed<DateTime> {
        let error = cursor.expected("a date and time that exist: \"17-Jul-1996 02:44:25 -0700\"");
        let bytes = cursor.string(error.expected)?;
        // RFC 3501 §9, `date-day-fixed`: two characters, the first of which may be a space.
        let bytes = bytes.strip_prefix(b" ").unwrap_or(&bytes);
        let mut inner = Cursor::new(bytes);
        let time = moment(&mut inner);
        if inner.end().is_err() {
            return Err(error);
        }
        time.ok_or(error)
    }

    /// Returns this moment in UTC. One outside the years 0001 to 9999 becomes the nearest within.
    #[must_use]
    pub fn utc(moment: SystemTime) -> DateTime {
        let is_early = moment < SystemTime::UNIX_EPOCH;
        let nearest = if is_early { Timestamp::MIN } else { Timestamp::MAX };
        let timestamp = Timestamp::try_from(moment).unwrap_or(nearest);
        let local = Offset::UTC.to_datetime(timestamp);
        // IMAP knows whole seconds and years of four digits.
        let local = local - jiff::SignedDuration::from_nanos(local.subsec_nanosecond().into());
        DateTime { local: local.max(civil::date(1, 1, 1).at(0, 0, 0, 0)), offset: Offset::UTC }
    }

    /// Returns the moment, independent of the zone.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        // Parsing has checked that there is one.
        self.offset.to_timestamp(self.local).unwrap_or_default()
    }

    /// Returns the date as it is written, whatever the zone: SEARCH compares it (RFC 3501 §6.4.4).
    #[must_use]
    pub fn date(&self) -> Date {
        self.local.date()
    }
}

impl From<DateTime> for SystemTime {
    fn from(date: DateTime) -> SystemTime {
        date.timestamp().into()
    }
}

/// As on the wire, in quotes.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.offset.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        let minutes = minutes.abs();
        let time = self.local.time();
        write!(
            f,
            "\"{:>2}-{}-{:04} {:02}:{:02}:{:02} {sign}{:02}{:02}\"",
            self.local.day(),
            month_name(self.local.date()),
            self.local.year(),
            time.hour(),
            time.minute(),
            time.second(),
            minutes / 60,
            minutes % 60,
        )
    }
}

/// Parses the date of a search key, with or without quotes.
///
/// # Errors
/// When there is none, or it is not in the calendar.
pub fn parse_date(cursor: &mut Cursor<'_>) -> Parsed<Date> {
    let error = cursor.expected("a date that exists: 17-Jul-1996");
    let quoted = cursor.eat(b'"');
    let date = day_month_year(cursor).ok_or(error)?;
    if quoted {
        cursor.expect(b'"', "a closing quotation mark")?;
    }
    Ok(date)
}

/// Prints the date of a search key: `1-Feb-1994`.
pub struct SearchDate(pub Date);

impl fmt::Display for SearchDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SearchDate(date) = self;
        write!(f, "{}-{}-{:04}", date.day(), month_name(*date), date.year())
    }
}

fn moment(cursor: &mut Cursor<'_>) -> Option<DateTime> {
    let date = day_month_year(cursor)?;
    cursor.space().ok()?;
    let hour = digits(cursor, 2..=2)?;
    cursor.eat(b':').then_some(())?;
    let minute = digits(cursor, 2..=2)?;
    cursor.eat(b':').then_some(())?;
    let second = digits(cursor, 2..=2)?;
    cursor.space().ok()?;
    let offset = zone(cursor)?;
    let small = |number| i8::try_from(number).ok();
    let time = civil::Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    let local = date.to_datetime(time);
    offset.to_timestamp(local).ok()?;
    Some(DateTime { local, offset })
}

fn day_month_year(cursor: &mut Cursor<'_>) -> Option<Date> {
    let day = digits(cursor, 1..=2)?;
    cursor.eat(b'-').then_some(())?;
    let month = (1..).zip(MONTHS).find(|(_, name)| cursor.eat_text(name))?.0;
    cursor.eat(b'-').then_some(())?;
    let year = digits(cursor, 4..=4)?;
    Date::new(year, month, i8::try_from(day).ok()?).ok()
}

/// RFC 3501 §9, `zone`: `+hhmm` or `-hhmm`.
fn zone(cursor: &mut Cursor<'_>) -> Option<Offset> {
    let sign = if cursor.eat(b'-') { -1 } else { 1 };
    (sign < 0 || cursor.eat(b'+')).then_some(())?;
    let hours = digits(cursor, 2..=2)?;
    let minutes = digits(cursor, 2..=2)?;
    let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
    (hours < 24 && minutes < 60).then(|| Offset::from_seconds(sign * seconds).ok()).flatten()
}

/// Parses a number with so many digits, at most four.
fn digits(cursor: &mut Cursor<'_>, count: std::ops::RangeInclusive<usize>) -> Option<i16> {
    let rest = cursor.rest();
    let longest = rest.len().min(*count.end());
    let length = rest[..longest].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let text = str::from_utf8(rest.get(..length)?).ok()?;
    (count.contains(&length) && cursor.eat_text(text)).then(|| text.parse().ok()).flatten()
}

fn month_name(date: Date) -> &'static str {
    let month = usize::try_from(date.month()).unwrap_or(1);
    MONTHS.get(month - 1).copied().unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Option<DateTime> {
        let mut cursor = Cursor::new(text.as_bytes());
        let date = DateTime::parse(&mut cursor).ok()?;
        cursor.end().ok().map(|()| date)
    }

    #[test]
    fn moments() {
        let rows = [
            ("\"17-Jul-1996 02:44:25 -0700\"", "1996-07-17T09:44:25Z"),
            ("\" 1-jan-2000 00:00:00 +0000\"", "2000-01-01T00:00:00Z"),
            ("\"01-JAN-2000 00:00:00 +1345\"", "1999-12-31T10:15:00Z"),
            ("\"29-Feb-2024 23:59:59 -0000\"", "2024-02-29T23:59:59Z"),
        ];
        for (text, moment) in rows {
            assert_eq!(parse(text).unwrap().timestamp().to_string(), moment, "{text}");
        }
    }

    #[test]
    fn moments_that_do_not_exist() {
        let rows = [
            "",
            "\"\"",
            "17-Jul-1996 02:44:25 -0700",
            "\"29-Feb-2023 00:00:00 +0000\"",
            "\"31-Apr-2023 00:00:00 +0000\"",
            "\" 0-Jan-2023 00:00:00 +0000\"",
            "\"1-Juli-2023 00:00:00 +0000\"",
            "\"1-Jan-2023 24:00:00 +0000\"",
            "\"1-Jan-2023 00:60:00 +0000\"",
            "\"1-Jan-2023 00:00:00 +0060\"",
            "\"1-Jan-2023 00:00:00 +9900\"",
            "\"1-Jan-2023 00:00:00\"",
            "\"1-Jan-2023 0:00:00 +0000\"",
            "\"1-Jan-23 00:00:00 +0000\"",
            "\"1-Jan-12023 00:00:00 +0000\"",
            "\"1-Jan-2023 00:00:00 +0000 \"",
            "\"31-Dec-9999 23:59:59 -2359\"",
        ];
        for text in rows {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn dates_of_search() {
        let date = |text: &'static str| parse_date(&mut Cursor::new(text.as_bytes())).ok();
        assert_eq!(date("1-Feb-1994"), Some(civil::date(1994, 2, 1)));
        assert_eq!(date("\"01-feb-1994\""), Some(civil::date(1994, 2, 1)));
        for text in ["30-Feb-1994", "1-2-1994", "\"1-Feb-1994", "x", ""] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn clocks_of_this_machine() {
        let moment = SystemTime::UNIX_EPOCH + Duration::from_millis(837_596_665_999);
        let date = DateTime::utc(moment);
        assert_eq!(date.to_string(), "\"17-Jul-1996 09:44:25 +0000\"");
        // File systems can hold moments before year 1 and far beyond year 9999.
        let far = Duration::from_secs(1 << 40);
        let late = DateTime::utc(SystemTime::UNIX_EPOCH + far).to_string();
        let early = DateTime::utc(SystemTime::UNIX_EPOCH - far).to_string();
        assert!(late.contains("-Dec-9999 "), "{late}");
        assert_eq!(early, "\" 1-Jan-0001 00:00:00 +0000\"");
    }

    /// A moment for the laws of the commands that have one.
    pub(in super::super) fn any_moment() -> impl Strategy<Value = DateTime> {
        let seconds = -62_000_000_000i64..253_000_000_000;
        (seconds, -1439i32..=1439).prop_map(|(seconds, minutes)| {
            let offset = Offset::from_seconds(minutes * 60).unwrap();
            let local = offset.to_datetime(Timestamp::from_second(seconds).unwrap());
            DateTime { local, offset }
        })
    }

    /// A day for the laws of SEARCH.
    pub(in super::super) fn any_date() -> impl Strategy<Value = Date> {
        (0i16..=9999, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| civil::date(y, m, d))
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn parses_what_it_prints(date in any_moment(), day in any_date()) {
            prop_assert_eq!(parse(&date.to_string()), Some(date));
            let printed = SearchDate(day).to_string();
            prop_assert_eq!(parse_date(&mut Cursor::new(printed.as_bytes())), Ok(day));
        }

        #[test]
        fn keeps_the_moment(seconds in 0u64..200_000_000_000) {
            let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            prop_assert_eq!(SystemTime::from(DateTime::utc(moment)), moment);
        }

        #[test]
        fn never_panics(text in "\"[0-9 ]{0,2}-(Jan|Feb|x)-[0-9]{0,5} [0-9:]{0,9} [+-][0-9]{0,5}\"") {
            let _ = parse(&text);
        }
    }
}
