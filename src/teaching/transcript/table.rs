//! The list of recorded conversations.

use unicode_width::UnicodeWidthStr;

use super::Summary;
use crate::client::printable;
use crate::teaching::text::{local_time, readable_duration};
use crate::teaching::wire_tap::Side;

/// A list of conversations, a line each, below a head.
pub struct Table<'a>(pub Vec<&'a Summary>);

const HEAD: [&str; 12] = [
    "ID", "BEGAN", "TOOK", "WE ARE", "SERVICE", "USER", "PEER", "TLS", "COMMANDS", "OCTETS",
    "STATE", "END",
];

/// Which columns are numbers, and stand to the right.
const RIGHT: [usize; 3] = [2, 8, 9];

/// Those that are left out first where there is no room.
const DISPENSABLE: [usize; 6] = [9, 10, 8, 7, 3, 2];

impl Table<'_> {
    /// The lines of the table, in so many columns if that is possible.
    #[must_use]
    pub fn lines(&self, width: Option<usize>) -> Vec<String> {
        let rows: Vec<[String; 12]> = std::iter::once(HEAD.map(str::to_owned))
            .chain(self.0.iter().map(|summary| cells(summary)))
            .collect();
        let widths: Vec<usize> = (0..HEAD.len())
            .map(|at| rows.iter().map(|row| row[at].width()).max().unwrap_or(0))
            .collect();
        let mut shown: Vec<usize> = (0..HEAD.len()).collect();
        for dispensable in DISPENSABLE {
            let needed: usize = shown.iter().map(|at| widths[*at] + GAP.len()).sum();
            if needed.saturating_sub(GAP.len()) > width.unwrap_or(usize::MAX) {
                shown.retain(|at| *at != dispensable);
            }
        }
        let cell = |row: &[String; 12], at: usize| {
            let pad = " ".repeat(widths[at] - row[at].width());
            match RIGHT.contains(&at) {
                true => pad + &row[at],
                false => row[at].clone() + &pad,
            }
        };
        let line = |row: &[String; 12]| {
            let cells: Vec<String> = shown.iter().map(|at| cell(row, *at)).collect();
            cells.join(GAP).trim_end().to_owned()
        };
        rows.iter().map(line).collect()
    }
}

const GAP: &str = "  ";

fn cells(summary: &Summary) -> [String; 12] {
    let place = &summary.place;
    let began = local_time(summary.began);
    let peer = match place.ours {
        Side::Client => place.server,
        Side::Server => place.client,
    };
    [
        place.connection.clone(),
        match summary.whole {
            true => began,
            false => format!("…{began}"),
        },
        readable_duration(summary.duration()),
        place.ours.name().to_owned(),
        printable(&place.service),
        printable(summary.user.as_deref().unwrap_or("-")),
        peer.to_string(),
        printable(summary.tls.as_deref().unwrap_or("-")),
        summary.commands.to_string(),
        summary.octets.to_string(),
        summary.state.unwrap_or("-").to_owned(),
        summary.ending.told().to_owned(),
    ]
}
