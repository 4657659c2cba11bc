//! A row of the conversation pane: the time, the connection, the side that sends, and the line.

use std::time::SystemTime;

use eframe::egui::text::LayoutJob;
use eframe::egui::{Response, Sense, TextFormat, TextStyle, Ui, WidgetInfo, accesskit::Role, vec2};
use jiff::Timestamp;

use super::model::conversations::{ConversationLine, LineContent, ObservedConnection};
use super::widgets;
use crate::teaching::wire_tap::Side;

/// Draws the row of a line; `connection` is the line's connection. The Tab key skips the rows, because there are too
/// many; Alt with the arrow keys goes from one to the next.
pub(super) fn show(
    ui: &mut Ui,
    line: &ConversationLine,
    connection: Option<&ObservedConnection>,
    height: f32,
    chosen: bool,
) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::CLICK);
    let palette = widgets::palette(ui);
    if chosen || response.hovered() {
        ui.painter().rect_filled(rect, 2.0, palette.chosen);
    }
    let (mark, text) = spoken(line);
    let colour = match &line.content {
        LineContent::Said { by: Side::Client, .. } => palette.client,
        LineContent::Said { by: Side::Server, .. } => palette.server,
        LineContent::Happened { wrong: true, .. } => palette.wrong,
        LineContent::More { .. } | LineContent::Happened { .. } => palette.faint,
    };
    let service = connection.map_or("", |one| one.connection.service.as_str());
    let font = TextStyle::Monospace.resolve(ui.style());
    let mut job = LayoutJob::default();
    let front = format!("{}  #{} {service:<5} ", clock(line.time), line.connection);
    job.append(&front, 0.0, TextFormat::simple(font.clone(), palette.faint));
    job.append(&format!("{mark} {text}"), 0.0, TextFormat::simple(font, colour));
    let galley = ui.painter().layout_job(job);
    ui.painter_at(rect).galley(rect.min + vec2(widgets::HALF, 1.0), galley, colour);
    let name = format!("{mark} {text}");
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, chosen, &name));
    response
}

/// The mark of the side that sends, and the text.
fn spoken(line: &ConversationLine) -> (&'static str, String) {
    match &line.content {
        LineContent::Said { by, text, .. } => (mark(*by), text.clone()),
        LineContent::More { by, lines, octets } => {
            (mark(*by), format!("… {lines} more lines, {octets} octets"))
        }
        LineContent::Happened { text, wrong, .. } => {
            let mark = if *wrong { "!!" } else { "──" };
            (mark, text.clone())
        }
    }
}

fn mark(by: Side) -> &'static str {
    match by {
        Side::Client => "C:",
        Side::Server => "S:",
    }
}

/// The local time of day: `14:03:59.123`.
fn clock(time: SystemTime) -> String {
    let zoned = Timestamp::try_from(time).map(|time| time.to_zoned(jiff::tz::TimeZone::system()));
    zoned.map_or_else(|_| String::new(), |zoned| zoned.strftime("%H:%M:%S%.3f").to_string())
}
