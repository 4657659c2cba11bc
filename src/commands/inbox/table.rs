//! The list of an inbox as a table: aligned columns, cut to the width of the terminal.

use std::time::SystemTime;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::client::printable;
use crate::mail::message::{Flag, Flags, Header, ParsedMessage};
use crate::teaching::text::{local_date, readable_size};

/// A message in the list.
#[derive(Clone, Debug, Default)]
pub(super) struct InboxRow {
    /// Its number, for `--read`.
    pub(super) number: u32,
    /// Its header, undecoded.
    pub(super) header: Vec<u8>,
    /// The time when it arrived, which replaces a missing `Date:`; POP3 does not have it.
    pub(super) arrived: Option<SystemTime>,
    /// Its size in octets.
    pub(super) octets: u64,
    /// Its flags; POP3 has none.
    pub(super) flags: Option<Flags>,
}

/// The maximum columns of a sender's name.
const FROM: usize = 28;
/// The minimum columns of the subject, however narrow the terminal is.
const SUBJECT: usize = 12;

/// Returns the lines of the table. `width` is the terminal's; `None` cuts only long names.
pub(super) fn table(rows: &[InboxRow], width: Option<usize>) -> Vec<String> {
    let cells: Vec<[String; 6]> =
        std::iter::once(HEAD.map(str::to_owned)).chain(rows.iter().map(cells)).collect();
    let column = |at: usize| {
        let widths = cells.iter().map(|row| row.get(at).map_or(0, |c| c.width()));
        widths.max().unwrap_or(0)
    };
    let from = column(4).min(FROM);
    let before = column(0) + column(1) + column(2) + column(3) + from + 5 * GAP.len();
    let subject = width.map_or(usize::MAX, |width| width.saturating_sub(before).max(SUBJECT));
    let line = |[number, marks, date, size, sender, about]: &[String; 6]| {
        let text = [
            format!("{number:>0$}", column(0)),
            format!("{marks:<0$}", column(1)),
            format!("{date:<0$}", column(2)),
            format!("{size:>0$}", column(3)),
            padded(cut(sender, from), from),
            cut(about, subject),
        ];
        text.join(GAP).trim_end().to_owned()
    };
    cells.iter().map(line).collect()
}

const GAP: &str = "  ";
const HEAD: [&str; 6] = ["N", "", "Date", "Size", "From", "Subject"];

fn cells(row: &InboxRow) -> [String; 6] {
    let reading = ParsedMessage::of(&row.header);
    let from = reading.from.first();
    let sender = from.map_or("", |from| from.name().unwrap_or(from.address()));
    [
        row.number.to_string(),
        marks(row),
        reading.date.or(row.arrived).map(local_date).unwrap_or_default(),
        readable_size(row.octets),
        printable(sender),
        printable(&reading.subject),
    ]
}

/// Returns the marks: `N` new, `A` answered, `!` flagged, `D` deleted, `@` with attachments.
fn marks(row: &InboxRow) -> String {
    let known = row.flags.as_ref();
    let has = |flag| known.is_some_and(|flags| flags.has(flag));
    let marks = [
        ('N', known.is_some() && !has(Flag::Seen)),
        ('A', has(Flag::Answered)),
        ('!', has(Flag::Flagged)),
        ('D', has(Flag::Deleted)),
        ('@', Header::parse(&row.header).has_files()),
    ];
    marks.iter().filter(|(_, set)| *set).map(|(mark, _)| mark).collect()
}

/// Adds spaces up to this many columns; a wide character takes two (UAX 11).
fn padded(mut text: String, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// Cuts the text to this many columns.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut columns = 0;
    for c in text.chars() {
        columns += c.width().unwrap_or(0);
        if columns >= width {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u32, header: &str, flags: &[Flag]) -> InboxRow {
        InboxRow {
            number,
            header: header.as_bytes().to_vec(),
            arrived: None,
            octets: 1500,
            flags: Some(flags.iter().copied().collect()),
        }
    }

    #[test]
    fn columns_are_aligned_and_cut() {
        let rows = [
            row(9, "From: alice@here.test\r\nSubject: \x1b[2JTea\r\n\r\n", &[Flag::Seen]),
            row(
                10,
                "From: =?utf-8?q?B=C3=B6b?= <bob@here.test>\r\nSubject: A subject that is long\r\n\
                 Content-Type: multipart/mixed; boundary=x\r\n\r\n",
                &[Flag::Flagged],
            ),
        ];
        let expected = [
            " N       Date    Size  From             Subject",
            " 9             1.4 KB  alice@here.test  \u{fffd}[2JTea",
            "10  N!@        1.4 KB  Böb              A subject that…",
        ];
        assert_eq!(table(&rows, Some(55)), expected);
    }

    #[test]
    fn a_wide_character_takes_two_columns() {
        let rows = [
            row(1, "From: =?utf-8?b?5p2O5bCP6b6Z?= <li@here.test>\r\nSubject: Tea\r\n\r\n", &[]),
            row(
                2,
                "From: Bob <b@here.test>\r\nSubject: =?utf-8?b?5LiA5LqM5LiJ5Zub5LqU5YWt5LiD?=\r\n\r\n",
                &[],
            ),
        ];
        let expected = [
            "N     Date    Size  From    Subject",
            "1  N        1.4 KB  李小龙  Tea",
            "2  N        1.4 KB  Bob     一二三四五…",
        ];
        assert_eq!(table(&rows, Some(40)), expected);
    }
}
