//! Step mode: the line that waits, what it means, and the way on: Next, edited or not, or run freely.

use eframe::egui::{Key, RichText, TextEdit, Ui};
use lucide_icons::Icon;

use super::model::conversations::Conversations;
use super::widgets;
use crate::client::{Gate, HeldLine, printable};
use crate::teaching::explain::Explained;
use crate::teaching::wire_tap::Side;

/// What a person writes in place of a line.
#[derive(Default)]
pub(super) struct StepBar {
    /// The ticket of the line, and what is written.
    edited: Option<(u64, String)>,
}

/// The line that waits, as it may be shown.
pub(super) struct PendingLine {
    /// Its octets, masked.
    pub(super) octets: Vec<u8>,
    /// What it will mean.
    pub(super) explained: Explained,
}

impl StepBar {
    /// Draws the bar; returns what the line that waits will mean.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        gate: &Gate,
        conversations: &Conversations,
    ) -> Option<PendingLine> {
        let waiting = gate.waiting();
        let Some(first) = waiting.first() else {
            self.edited = None;
            ui.horizontal(|ui| {
                ui.label(widgets::icon(Icon::Footprints));
                ui.label("Step by step: the next line that a click says will wait here.");
                run_freely(ui, gate);
            });
            return None;
        };
        let ahead = ahead(conversations, first);
        let open = ahead
            .as_ref()
            .is_some_and(|ahead| !ahead.explained.has_secret());
        ui.horizontal(|ui| {
            ui.label(widgets::icon(Icon::Footprints).color(widgets::palette(ui).accent));
            ui.label("Waits:");
            if open {
                self.edit(ui, first);
            } else {
                // Until it is known what it is, it may be a password.
                let shown = ahead.as_ref().map_or(&b"..."[..], |ahead| &ahead.octets);
                let shown = printable(&String::from_utf8_lossy(shown));
                ui.label(RichText::new(shown).monospace());
            }
            self.go_on(ui, gate, first);
            run_freely(ui, gate);
            if waiting.len() > 1 {
                ui.label(format!("{} more wait", waiting.len() - 1));
            }
        });
        ahead
    }

    fn edit(&mut self, ui: &mut Ui, first: &HeldLine) {
        if self.edited.as_ref().map(|(ticket, _)| *ticket) != Some(first.ticket) {
            let text = String::from_utf8_lossy(&first.line).into_owned();
            self.edited = Some((first.ticket, text));
        }
        if let Some((_, text)) = &mut self.edited {
            let width = (ui.available_width() - 330.0).clamp(120.0, 620.0);
            let edit = TextEdit::singleline(text)
                .code_editor()
                .desired_width(width);
            let response = ui.add(edit);
            widgets::named(
                response,
                eframe::egui::accesskit::Role::TextInput,
                "The line that waits",
            );
        }
    }

    fn go_on(&mut self, ui: &mut Ui, gate: &Gate, first: &HeldLine) {
        let key = ui.input_mut(|input| input.consume_key(Default::default(), Key::F10));
        let button = widgets::primary(ui, Icon::StepForward, "Next").on_hover_text("F10");
        if button.clicked() || key {
            let edited = self
                .edited
                .take()
                .filter(|(ticket, _)| *ticket == first.ticket);
            let edited = edited.map(|(_, text)| text.into_bytes());
            // What nobody has touched goes as it is, even if it cannot be shown.
            let original = String::from_utf8_lossy(&first.line);
            let edited = edited.filter(|text| *text != original.as_bytes());
            gate.let_pass(first.ticket, edited);
        }
    }
}

fn run_freely(ui: &mut Ui, gate: &Gate) {
    if widgets::button(ui, Icon::FastForward, "Run freely").clicked() {
        gate.open();
    }
}

/// What the line will mean; `None` while its connection is not known yet.
fn ahead(conversations: &Conversations, waiting: &HeldLine) -> Option<PendingLine> {
    let this = |ends: &crate::teaching::wire_tap::Connection| {
        (ends.client, ends.server) == (waiting.client, waiting.server)
    };
    let mut connections = conversations.connections(Side::Client);
    let found = connections.find(|one| !one.ended && this(&one.connection))?;
    let mut observer = found.observer.clone()?;
    let explained = observer.client(&waiting.line);
    let octets = explained.masked(&waiting.line).into_owned();
    let parts = explained.masked_parts();
    Some(PendingLine {
        octets,
        explained: Explained { parts, ..explained },
    })
}
