//! The sequence diagram of a conversation, as SVG: two life lines, and an arrow for each turn.
//!
//! Time goes from the top to the bottom. The encrypted part lies on a band.

use jiff::SignedDuration;

use super::super::{Dialogue, TranscriptLine};
use super::escape::text;
use crate::client::printable;
use crate::teaching::text::readable_duration;
use crate::teaching::wire_tap::Side;
use crate::teaching::wire_tap::journal::{Happened, Said};

/// The most arrows of a drawing: a browser can draw ten times as many, a reader cannot read them.
const MOST: usize = 150;

/// The width of the drawing, and the places of its life lines.
const WIDTH: u32 = 400;
const CLIENT: u32 = 64;
const SERVER: u32 = 376;
/// The heights of the head and of an arrow with its text.
const HEAD: u32 = 34;
const ROW: u32 = 32;
/// The characters that fit above an arrow: each is 7.3 units wide, at a size of 12 units.
const FITS: usize = 40;

/// A row between the life lines.
enum SequenceRow {
    /// One side spoke.
    Spoke { by: Side, since: SignedDuration, first: String, more: usize },
    /// TLS began.
    Secured(String),
    /// One side will send nothing more.
    Ended(Side),
    /// The connection changed.
    Aside(&'static str),
}

/// The arrows of one piece of the drawing: a page of paper ends between two pieces.
const PIECE: usize = 16;

/// Draws the conversation, in pieces one below the other.
pub(super) fn drawing(dialogue: &Dialogue) -> String {
    let mut rows = rows(dialogue);
    let hidden = rows.len().saturating_sub(MOST);
    rows.truncate(MOST);
    let mut drawing = "<div role=\"img\" aria-label=\"Sequence diagram: the lines below as \
                       arrows between client and server\">\n"
        .to_owned();
    let mut secured = false;
    for (at, rows) in rows.chunks(PIECE).enumerate() {
        let head = if at == 0 { HEAD } else { 0 };
        drawing += &piece(rows, head, &mut secured);
    }
    drawing += "</div>";
    if hidden > 0 {
        drawing += &format!("\n<p class=\"aside\">and {hidden} more arrows</p>");
    }
    drawing
}

/// Draws some rows, below a head if its height is not 0. `secured` is passed on to the next piece.
fn piece(rows: &[SequenceRow], head: u32, secured: &mut bool) -> String {
    let height = head + ROW * rows.len() as u32;
    let mut piece = format!("<svg class=\"sequence\" viewBox=\"0 0 {WIDTH} {height}\">\n");
    let begins = rows.iter().position(|row| matches!(row, SequenceRow::Secured(_)));
    let from = match begins {
        Some(at) => Some(head + ROW * at as u32),
        None => secured.then_some(0),
    };
    *secured = from.is_some();
    if let Some(y) = from {
        let width = SERVER - CLIENT;
        let height = height - y;
        piece += &format!(
            "<rect class=\"band\" x=\"{CLIENT}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>\n"
        );
    }
    for (x, at, anchor, name) in
        [(CLIENT, CLIENT, "middle", "client"), (SERVER, WIDTH, "end", "server")]
    {
        let top = head.saturating_sub(10);
        piece +=
            &format!("<line class=\"life\" x1=\"{x}\" y1=\"{top}\" x2=\"{x}\" y2=\"{height}\"/>\n");
        if head > 0 {
            piece += &format!(
                "<text class=\"side\" x=\"{at}\" y=\"16\" text-anchor=\"{anchor}\">{name}</text>\n"
            );
        }
    }
    for (at, row) in (1..).zip(rows) {
        piece += &drawn(row, head + ROW * at - 6);
    }
    piece + "</svg>\n"
}

fn drawn(row: &SequenceRow, y: u32) -> String {
    let middle = (CLIENT + SERVER) / 2;
    let centred = |class: &str, words: &str| {
        let y = y - 7;
        let words = text(words);
        format!(
            "<text class=\"{class}\" x=\"{middle}\" y=\"{y}\" text-anchor=\"middle\">{words}</text>\n"
        )
    };
    match row {
        SequenceRow::Spoke { by, since, first, more } => {
            let time = text(&format!("+{}", readable_duration(*since)));
            let time = format!("<text class=\"time\" x=\"0\" y=\"{}\">{time}</text>\n", y + 3);
            time + &centred("label", &fitting(first, *more)) + &arrow(*by, by.name(), y)
        }
        SequenceRow::Secured(words) => centred("tls", words),
        SequenceRow::Ended(by) => centred("time", "nothing more (FIN)") + &arrow(*by, "end", y),
        SequenceRow::Aside(words) => centred("time", words),
    }
}

/// Draws an arrow from the life line of this side to the other.
fn arrow(by: Side, class: &str, y: u32) -> String {
    let (from, to, back) = match by {
        Side::Client => (CLIENT + 2, SERVER - 2, SERVER - 11),
        Side::Server => (SERVER - 2, CLIENT + 2, CLIENT + 11),
    };
    let above = y - 4;
    let below = y + 4;
    format!(
        "<line class=\"arrow {class}\" x1=\"{from}\" y1=\"{y}\" x2=\"{back}\" y2=\"{y}\"/>\n\
         <path class=\"head {class}\" d=\"M{to} {y} L{back} {above} L{back} {below} Z\"/>\n"
    )
}

/// Cuts a line to the room above an arrow.
fn fitting(line: &str, more: usize) -> String {
    let more = match more {
        0 => String::new(),
        1 => " (+1 line)".to_owned(),
        more => format!(" (+{more} lines)"),
    };
    let room = FITS.saturating_sub(more.len());
    if line.chars().count() <= room {
        return format!("{line}{more}");
    }
    let cut: String = line.chars().take(room - 1).collect();
    format!("{cut}…{more}")
}

/// Returns the rows. A side that speaks several times in a row has one arrow.
fn rows(dialogue: &Dialogue) -> Vec<SequenceRow> {
    let mut rows: Vec<SequenceRow> = Vec::new();
    for line in &dialogue.lines {
        match &line.what {
            Happened::Said(said) => spoke(&mut rows, said, dialogue.since_beginning(line)),
            _ => rows.extend(otherwise(line)),
        }
    }
    rows
}

fn spoke(rows: &mut Vec<SequenceRow>, said: &Said, since: SignedDuration) {
    let octets = said.octets.octets();
    let lines = octets.split_inclusive(|octet| *octet == b'\n').count();
    let left_out = usize::try_from(said.left_out.lines).unwrap_or(usize::MAX);
    let lines = lines.saturating_add(left_out);
    match rows.last_mut() {
        Some(SequenceRow::Spoke { by, more, .. }) if *by == said.by => {
            *more = more.saturating_add(lines)
        }
        _ => {
            let first = octets.split(|octet| *octet == b'\n').next().unwrap_or_default();
            let first = String::from_utf8_lossy(first.trim_ascii_end());
            let first = printable(&first);
            rows.push(SequenceRow::Spoke {
                by: said.by,
                since,
                first,
                more: lines.saturating_sub(1),
            });
        }
    }
}

fn otherwise(line: &TranscriptLine) -> Option<SequenceRow> {
    match &line.what {
        Happened::Opened => Some(SequenceRow::Aside("connected")),
        Happened::Said(_) => None,
        Happened::Secured { version, .. } => {
            Some(SequenceRow::Secured(format!("under TLS: {version}")))
        }
        Happened::Ended { by } => Some(SequenceRow::Ended(*by)),
        Happened::Failed { .. } => Some(SequenceRow::Aside("the TLS handshake failed")),
        Happened::Reset => Some(SequenceRow::Aside("reset (RST)")),
        Happened::Lost => Some(SequenceRow::Aside("the recording ends here")),
        Happened::Closed => None,
    }
}
