//! Pop-ups, as in the original: a sentence that the user must read before the window goes on.

use std::collections::VecDeque;

use eframe::egui::{Context, Key, RichText};
use lucide_icons::Icon;

use super::widgets;

/// The pop-ups that are still to be read, one after the other.
#[derive(Default)]
pub(super) struct Popups(VecDeque<Popup>);

struct Popup {
    title: String,
    text: String,
    good: bool,
}

impl Popups {
    /// Says that something has succeeded.
    pub(super) fn good(&mut self, title: &str, text: impl Into<String>) {
        self.push(title, text.into(), true);
    }

    /// Says why something has failed, and what to do.
    pub(super) fn bad(&mut self, title: &str, text: impl Into<String>) {
        self.push(title, text.into(), false);
    }

    /// Says that a message was sent, and which recipients were refused, each with the reason.
    pub(super) fn sent(&mut self, refused: &[(String, String)]) {
        if refused.is_empty() {
            return self.good("Sent", "The message has been sent.");
        }
        let lines = refused.iter().map(|(who, why)| format!("{who}: {why}"));
        let lines: Vec<String> = lines.collect();
        self.bad(
            "Sent, but not to all",
            lines.join(
                "
",
            ),
        );
    }

    fn push(&mut self, title: &str, text: String, good: bool) {
        let title = title.to_owned();
        self.0.push_back(Popup { title, text, good });
    }

    /// True if a pop-up is open.
    pub(super) fn is_open(&self) -> bool {
        !self.0.is_empty()
    }

    /// Draws the open pop-up. Enter, Escape and a click on OK close it.
    pub(super) fn show(&mut self, window: &Context) {
        let Some(popup) = self.0.front() else {
            return;
        };
        let shown = widgets::modal(window, "pop-up").show(window, |ui| {
            ui.set_max_width(420.0);
            let palette = widgets::palette(ui);
            let (icon, colour) = if popup.good {
                (Icon::CircleCheck, palette.accent)
            } else {
                (Icon::CircleAlert, palette.wrong)
            };
            ui.horizontal(|ui| {
                ui.label(widgets::icon(icon).size(22.0).color(colour));
                ui.heading(RichText::new(&popup.title));
            });
            ui.label(&popup.text);
            ui.add_space(widgets::STEP);
            let ok = widgets::closing_button(ui, Icon::Check, "OK");
            ok.clicked() || ui.input(|input| input.key_pressed(Key::Enter))
        });
        if shown.inner || shown.should_close() {
            self.0.pop_front();
        }
    }
}
