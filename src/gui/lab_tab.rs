//! The lab's servers: where they are, and how to start them.

use eframe::egui::{CentralPanel, Grid, RichText, Ui};

use super::look;
use crate::client::ClientSettings;

/// The view.
pub(super) struct LabTab {
    settings: ClientSettings,
}

impl LabTab {
    pub(super) fn new(settings: ClientSettings) -> LabTab {
        LabTab { settings }
    }

    /// Draws the view.
    pub(super) fn show(&mut self, ui: &mut Ui) {
        CentralPanel::default()
            .frame(look::main(ui))
            .show(ui, |ui| {
                ui.heading("Servers");
                ui.label("This program talks to these servers:");
                Grid::new("servers")
                    .num_columns(2)
                    .spacing([24.0, look::HALF])
                    .show(ui, |ui| {
                        let ClientSettings {
                            smtp, imap, pop3, ..
                        } = &self.settings;
                        for (name, endpoint) in [("SMTP", smtp), ("IMAP", imap), ("POP3", pop3)] {
                            ui.label(RichText::new(name).color(look::palette(ui).faint));
                            ui.label(endpoint.to_string());
                            ui.end_row();
                        }
                    });
                ui.label("If they are the lab's own, start them in a terminal: pillarbox serve");
            });
    }
}
