//! The sequence diagram of a conversation, as SVG: two life lines, and an arrow for each time that
//! somebody speaks, from above to below. What is under TLS lies on a band.

use jiff::SignedDuration;

use super::super::{Dialogue, Turn};
use super::escape::text;
use crate::client::printable;
use crate::teaching::text::readable_duration;
use crate::teaching::wire_tap::Side;
use crate::teaching::wire_tap::journal::{Happened, Said};

/// Arrows that are drawn; a browser draws ten times as many, but nobody looks at them.
const MOST: usize = 150;

/// The drawing's width, and where its life lines are.
const WIDTH: u32 = 400;
const CLIENT: u32 = 64;
const SERVER: u32 = 376;
/// The heights of its head and of an arrow with its text.
const HEAD: u32 = 34;
const ROW: u32 = 32;
/// Characters that fit above an arrow: 7.3 units wide each, at 12 units of size.
const FITS: usize = 40;

/// Something between the life lines.
enum Row {
    /// This side spoke at this time: its first line, and how many follow.
    Spoke(Side, SignedDuration, String, usize),
    /// TLS began.
    Secured(String),
    /// This side will say nothing more.
    Ended(Side),
    /// Something happened to the connection.
    Aside(&'static str),
}

/// Arrows in one piece of the drawing: paper is cut between pieces, and not through them.
const PIECE: usize = 16;

/// The drawing, in pieces that stand below each other.
pub(super) fn drawing(dialogue: &Dialogue) -> String {
    let mut rows = rows(dialogue);
    let hidden = rows.len().saturating_sub(MOST);
    rows.truncate(MOST);
    let mut drawing = "<div role=\"img\" aria-label=\"Sequence diagram: what stands line by line \
                       below, as arrows between client and server\">\n"
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

/// Some rows below each other, perhaps below a head. Whether they are under TLS is told to the next.
fn piece(rows: &[Row], head: u32, secured: &mut bool) -> String {
    let height = head + ROW * rows.len() as u32;
    let mut piece = format!("<svg class=\"sequence\" viewBox=\"0 0 {WIDTH} {height}\">\n");
    let begins = rows.iter().position(|row| matches!(row, Row::Secured(_)));
    let from = match begins {
        Some(at) => Some(head + ROW * at as u32),
        None => secured.then_some(0),
    };
    *secured = from.is_some();
    if let Some(y) = from {
        let (width, height) = (SERVER - CLIENT, height - y);
        piece += &format!(
            "<rect class=\"band\" x=\"{CLIENT}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>\n"
        );
    }
    for (x, at, anchor, name) in [
        (CLIENT, CLIENT, "middle", "client"),
        (SERVER, WIDTH, "end", "server"),
    ] {
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

fn drawn(row: &Row, y: u32) -> String {
    let middle = (CLIENT + SERVER) / 2;
    let centred = |class: &str, words: &str| {
        let y = y - 7;
        let words = text(words);
        format!(
            "<text class=\"{class}\" x=\"{middle}\" y=\"{y}\" text-anchor=\"middle\">{words}</text>\n"
        )
    };
    match row {
        Row::Spoke(by, time, line, more) => {
            let time = text(&format!("+{}", readable_duration(*time)));
            let time = format!(
                "<text class=\"time\" x=\"0\" y=\"{}\">{time}</text>\n",
                y + 3
            );
            time + &centred("label", &fitting(line, *more)) + &arrow(*by, by.name(), y)
        }
        Row::Secured(words) => centred("tls", words),
        Row::Ended(by) => centred("time", "nothing more follows (FIN)") + &arrow(*by, "end", y),
        Row::Aside(words) => centred("time", words),
    }
}

/// From the life line of this side to the other.
fn arrow(by: Side, class: &str, y: u32) -> String {
    let (from, to, back) = match by {
        Side::Client => (CLIENT + 2, SERVER - 2, SERVER - 11),
        Side::Server => (SERVER - 2, CLIENT + 2, CLIENT + 11),
    };
    let (above, below) = (y - 4, y + 4);
    format!(
        "<line class=\"arrow {class}\" x1=\"{from}\" y1=\"{y}\" x2=\"{back}\" y2=\"{y}\"/>\n\
         <path class=\"head {class}\" d=\"M{to} {y} L{back} {above} L{back} {below} Z\"/>\n"
    )
}

/// As much of a line as there is room for.
fn fitting(line: &str, more: usize) -> String {
    let behind = match more {
        0 => String::new(),
        1 => " (+1 line)".to_owned(),
        more => format!(" (+{more} lines)"),
    };
    let room = FITS.saturating_sub(behind.len());
    match line.chars().count() > room {
        true => line.chars().take(room - 1).collect::<String>() + "…" + &behind,
        false => format!("{line}{behind}"),
    }
}

/// Who speaks several times before the other does has one arrow.
fn rows(dialogue: &Dialogue) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for turn in &dialogue.turns {
        match &turn.what {
            Happened::Said(said) => spoke(&mut rows, said, dialogue.since_beginning(turn)),
            _ => rows.extend(otherwise(turn)),
        }
    }
    rows
}

fn spoke(rows: &mut Vec<Row>, said: &Said, time: SignedDuration) {
    let octets = said.octets.octets();
    let lines = octets.split_inclusive(|octet| *octet == b'\n').count();
    let left_out = usize::try_from(said.left_out.lines).unwrap_or(usize::MAX);
    let lines = lines.saturating_add(left_out);
    match rows.last_mut() {
        Some(Row::Spoke(by, _, _, more)) if *by == said.by => *more = more.saturating_add(lines),
        _ => {
            let first = octets
                .split(|octet| *octet == b'\n')
                .next()
                .unwrap_or_default();
            let first = String::from_utf8_lossy(first.trim_ascii_end());
            let first = printable(&first);
            rows.push(Row::Spoke(said.by, time, first, lines.saturating_sub(1)));
        }
    }
}

fn otherwise(turn: &Turn) -> Option<Row> {
    match &turn.what {
        Happened::Opened => Some(Row::Aside("connected")),
        Happened::Said(_) => None,
        Happened::Secured { version, .. } => Some(Row::Secured(format!("under TLS: {version}"))),
        Happened::Ended { by } => Some(Row::Ended(*by)),
        Happened::Failed { .. } => Some(Row::Aside("the TLS handshake failed")),
        Happened::Reset => Some(Row::Aside("broken off (RST)")),
        Happened::Lost => Some(Row::Aside("the recording ends here")),
        Happened::Closed => None,
    }
}
