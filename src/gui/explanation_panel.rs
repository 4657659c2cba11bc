//! The explanation of a line, beside the conversation.

use eframe::egui::text::LayoutJob;
use eframe::egui::{Label, RichText, TextStyle, Ui};

use super::model::conversations::{ConversationLine, LineContent};
use super::widgets;
use crate::client::printable;
use crate::teaching::explain::{Entry, Explained, LinePart, Texts, Topic};
use crate::teaching::text::hexadecimal;

/// The topics of further entries that are shown. The parts of the line explain the others well enough.
const ALSO: [Topic; 5] =
    [Topic::Enhanced, Topic::Pop3Code, Topic::ImapCode, Topic::Sasl, Topic::Note];

/// Draws a line and its explanation, with its octets if `with_octets` is true.
pub(super) fn of_line(ui: &mut Ui, texts: &Texts, line: &ConversationLine, with_octets: bool) {
    match &line.content {
        LineContent::Said { text, octets, explained, .. } => {
            whole(ui, text);
            if with_octets {
                octets_of(ui, line, octets);
            }
            show(ui, texts, octets, explained);
        }
        LineContent::Happened { text, explained, .. } => match explained {
            Some(explained) => show(ui, texts, text.as_bytes(), explained),
            None => {
                ui.label(format!("{text}."));
            }
        },
        LineContent::More { .. } => {
            ui.label("The rest of a message or a list. Only its beginning is kept here.");
        }
    }
}

/// Draws the explanation of a line; the parts are ranges of `octets`.
pub(super) fn show(ui: &mut Ui, texts: &Texts, octets: &[u8], explained: &Explained) {
    entry(ui, texts, &explained.entry);
    if let Some(fault) = &explained.fault {
        widgets::error(ui, fault);
    }
    for part in &explained.parts {
        show_part(ui, texts, octets, part, explained);
    }
    let also = explained.also.iter();
    for more in also.filter(|entry| ALSO.contains(&entry.topic)) {
        ui.separator();
        entry(ui, texts, more);
    }
}

/// Draws an entry: its title, what it means, why it exists, what may come next, and its RFC.
fn entry(ui: &mut Ui, texts: &Texts, entry: &Entry) {
    let faint = widgets::palette(ui).faint;
    let kind = entry.topic.to_string();
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(&entry.title).strong());
        ui.label(RichText::new(texts.word(&kind)).small().color(faint));
    });
    ui.label(&entry.says);
    for (key, text) in [("why", &entry.why), ("next", &entry.next), ("see", &entry.rfc)] {
        if !text.is_empty() {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = widgets::HALF;
                ui.label(RichText::new(format!("{}:", texts.word(key))).color(faint));
                ui.label(text);
            });
        }
    }
}

fn show_part(ui: &mut Ui, texts: &Texts, octets: &[u8], part: &LinePart, explained: &Explained) {
    let shown = octets.get(part.range.clone()).unwrap_or_default();
    let shown = printable(&String::from_utf8_lossy(shown));
    let role = texts.part(part.role);
    let own = part.entry.as_ref().filter(|entry| **entry != explained.entry);
    let Some(says) = own.or(role).map(|entry| &entry.says) else {
        return;
    };
    let accent = widgets::palette(ui).accent;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = widgets::HALF;
        ui.label(RichText::new(shown).monospace().color(accent));
        if let Some(decoded) = &part.decoded {
            ui.label(format!("“{}”", printable(decoded)));
        }
        ui.label(says);
    });
}

/// Draws the whole line, which may be wider than the list.
fn whole(ui: &mut Ui, text: &str) {
    let mut job = LayoutJob::simple(
        text.to_owned(),
        TextStyle::Monospace.resolve(ui.style()),
        ui.visuals().text_color(),
        ui.available_width(),
    );
    job.wrap.max_rows = WHOLE_ROWS;
    job.wrap.break_anywhere = true;
    ui.label(job);
}

/// The number of rows for the whole line.
const WHOLE_ROWS: usize = 4;

/// Draws the octets of a line, and under TLS the ciphertext that crossed the network for it.
fn octets_of(ui: &mut Ui, line: &ConversationLine, octets: &[u8]) {
    rows_of(ui, octets);
    if let Some((crossed, all)) = &line.crossed {
        let words = format!("On the network, with neighbouring lines: {all} octets of ciphertext");
        ui.label(RichText::new(words).color(widgets::palette(ui).faint));
        rows_of(ui, crossed);
    }
    ui.separator();
}

/// Draws rows of eight octets, for which the panel is wide enough.
fn rows_of(ui: &mut Ui, octets: &[u8]) {
    let rows = hexadecimal(octets, 8);
    let rows: Vec<&str> = rows.iter().map(|row| row.trim_start()).collect();
    ui.add(Label::new(RichText::new(rows.join("\n")).monospace()).extend());
}
