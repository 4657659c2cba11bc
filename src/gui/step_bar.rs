//! The bar of step mode: the line that waits, which can be edited, and the buttons *Next* and *Run freely*.

use eframe::egui::{Key, RichText, TextEdit, Ui, accesskit::Role};
use lucide_icons::Icon;

use super::model::conversations::Conversations;
use super::widgets;
use crate::client::{Gate, HeldLine, printable};
use crate::teaching::explain::Explained;
use crate::teaching::wire_tap::{Connection, Side};

/// The bar.
#[derive(Default)]
pub(super) struct StepBar {
    /// The ticket of the line that waits, and its text as it was edited.
    edited: Option<(u64, String)>,
}

/// The line that waits.
pub(super) struct PendingLine {
    /// Its masked octets.
    pub(super) octets: Vec<u8>,
    /// Its explanation.
    pub(super) explained: Explained,
}

impl StepBar {
    /// Draws the bar; returns the line that waits.
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
                ui.label("Step by step: the next line that a click sends will wait here.");
                run_freely(ui, gate);
            });
            return None;
        };
        let pending = pending_line(conversations, first);
        // A line may be a password until its connection is known.
        let may_show = |pending: &PendingLine| !pending.explained.has_secret();
        let can_edit = pending.as_ref().is_some_and(may_show);
        ui.horizontal(|ui| {
            ui.label(widgets::icon(Icon::Footprints).color(widgets::palette(ui).accent));
            ui.label("Waiting:");
            if can_edit {
                self.edit(ui, first);
            } else {
                let masked = pending.as_ref().map_or(&b"..."[..], |line| &line.octets);
                let masked = printable(&String::from_utf8_lossy(masked));
                ui.label(RichText::new(masked).monospace());
            }
            self.next_button(ui, gate, first);
            run_freely(ui, gate);
            if waiting.len() > 1 {
                ui.label(format!("{} more lines wait", waiting.len() - 1));
            }
        });
        pending
    }

    fn edit(&mut self, ui: &mut Ui, first: &HeldLine) {
        if self.edited.as_ref().map(|(ticket, _)| *ticket) != Some(first.ticket) {
            let text = String::from_utf8_lossy(&first.line).into_owned();
            self.edited = Some((first.ticket, text));
        }
        if let Some((_, text)) = &mut self.edited {
            let width = (ui.available_width() - 330.0).clamp(120.0, 620.0);
            let edit = TextEdit::singleline(text).code_editor().desired_width(width);
            let response = ui.add(edit);
            widgets::named(response, Role::TextInput, "The line that waits");
        }
    }

    fn next_button(&mut self, ui: &mut Ui, gate: &Gate, first: &HeldLine) {
        let key = ui.input_mut(|input| input.consume_key(Default::default(), Key::F10));
        let button = widgets::primary(ui, Icon::StepForward, "Next").on_hover_text("F10");
        if button.clicked() || key {
            let edited = match self.edited.take() {
                Some((ticket, text)) if ticket == first.ticket => Some(text.into_bytes()),
                _ => None,
            };
            // A line that was not edited is sent as it is, even if it cannot be shown as text.
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

/// Explains the line that waits; `None` while its connection is not known yet.
fn pending_line(conversations: &Conversations, waiting: &HeldLine) -> Option<PendingLine> {
    let this = |ends: &Connection| (ends.client, ends.server) == (waiting.client, waiting.server);
    let mut connections = conversations.connections(Side::Client);
    let found = connections.find(|one| !one.ended && this(&one.connection))?;
    let mut observer = found.observer.clone()?;
    let explained = observer.client(&waiting.line);
    let octets = explained.masked(&waiting.line).into_owned();
    let parts = explained.masked_parts();
    Some(PendingLine { octets, explained: Explained { parts, ..explained } })
}
