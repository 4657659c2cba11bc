//! What a line means: beside the conversation, for the line that the pointer is on, or that is chosen.

use eframe::egui::{RichText, Ui};

use super::look;
use crate::client::printable;
use crate::protocol::explain::{Entry, Explained, Part, Texts, Topic};

/// What is told beside what the line is about; of the rest the line's parts tell enough.
const ALSO: [Topic; 5] = [
    Topic::Enhanced,
    Topic::Pop3Code,
    Topic::ImapCode,
    Topic::Sasl,
    Topic::Note,
];

/// Draws the explanation of a line; `octets` are those that its parts are of.
pub(super) fn show(ui: &mut Ui, texts: &Texts, octets: &[u8], explained: &Explained) {
    entry(ui, texts, &explained.entry);
    if let Some(fault) = &explained.fault {
        look::wrong(ui, fault);
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

/// Its name, what it says, why it exists, what may come next, where to read on.
fn entry(ui: &mut Ui, texts: &Texts, entry: &Entry) {
    let faint = look::palette(ui).faint;
    let kind = entry.topic.to_string();
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(&entry.title).strong());
        ui.label(RichText::new(texts.word(&kind)).small().color(faint));
    });
    ui.label(&entry.says);
    for (key, text) in [
        ("why", &entry.why),
        ("next", &entry.next),
        ("see", &entry.rfc),
    ] {
        if !text.is_empty() {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = look::HALF;
                ui.spacing_mut().interact_size.y = 0.0;
                ui.label(RichText::new(format!("{}:", texts.word(key))).color(faint));
                ui.label(text);
            });
        }
    }
}

fn show_part(ui: &mut Ui, texts: &Texts, octets: &[u8], part: &Part, explained: &Explained) {
    let shown = octets.get(part.range.clone()).unwrap_or_default();
    let shown = printable(&String::from_utf8_lossy(shown));
    let role = texts.part(part.role);
    let own = part
        .entry
        .as_ref()
        .filter(|entry| **entry != explained.entry);
    let Some(says) = own.or(role).map(|entry| &entry.says) else {
        return;
    };
    let accent = look::palette(ui).accent;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = look::HALF;
        ui.spacing_mut().interact_size.y = 0.0;
        ui.label(RichText::new(shown).monospace().color(accent));
        if let Some(decoded) = &part.decoded {
            ui.label(format!("“{}”", printable(decoded)));
        }
        ui.label(says);
    });
}
