//! Pop-ups: a sentence that the window waits for the user to have read, as the original's.

use std::collections::VecDeque;

use eframe::egui::{Context, Key, RichText};
use lucide_icons::Icon;

use super::widgets;

/// What is still to be read, one pop-up after the other.
#[derive(Default)]
pub(super) struct Popups(VecDeque<Popup>);

struct Popup {
    title: String,
    text: String,
    good: bool,
}

impl Popups {
    /// Something has succeeded.
    pub(super) fn good(&mut self, title: &str, text: impl Into<String>) {
        self.push(title, text.into(), true);
    }

    /// Something has failed, and this says why and what to do.
    pub(super) fn bad(&mut self, title: &str, text: impl Into<String>) {
        self.push(title, text.into(), false);
    }

    /// A message has been sent: by whom it was refused, each with the reason.
    pub(super) fn sent(&mut self, refused: &[(String, String)]) {
        if refused.is_empty() {
            return self.good("Sent", "The message has been sent.");
        }
        let lines = refused.iter().map(|(who, why)| format!("{who}: {why}"));
        self.bad("Sent, but not to all", lines.collect::<Vec<_>>().join("\n"));
    }

    fn push(&mut self, title: &str, text: String, good: bool) {
        let title = title.to_owned();
        self.0.push_back(Popup { title, text, good });
    }

    /// Is one open?
    pub(super) fn is_open(&self) -> bool {
        !self.0.is_empty()
    }

    /// Draws the one that is open. Enter, Escape and a click on OK close it.
    pub(super) fn show(&mut self, window: &Context) {
        let Some(popup) = self.0.front() else {
            return;
        };
        let shown = widgets::modal(window, "pop-up").show(window, |ui| {
            ui.set_max_width(420.0);
            let palette = widgets::palette(ui);
            let (picture, colour) = match popup.good {
                true => (Icon::CircleCheck, palette.accent),
                false => (Icon::CircleAlert, palette.wrong),
            };
            ui.horizontal(|ui| {
                ui.label(widgets::icon(picture).size(22.0).color(colour));
                ui.heading(RichText::new(&popup.title));
            });
            ui.label(&popup.text);
            ui.add_space(widgets::STEP);
            let ok = widgets::last_word(ui, Icon::Check, "OK");
            ok.clicked() || ui.input(|input| input.key_pressed(Key::Enter))
        });
        if shown.inner || shown.should_close() {
            self.0.pop_front();
        }
    }
}
