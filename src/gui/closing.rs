//! Closing the window: a message that is being written, or is on its way, is not lost without a question.

use eframe::egui::{Context, RichText, Ui, ViewportCommand};
use lucide_icons::Icon;

use super::mail::{Mail, UnfinishedWork};
use super::widgets;

/// The progress of closing the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Closing {
    /// The window stays open.
    #[default]
    No,
    /// The question is open.
    Asked,
    /// The window closes when the servers have accepted every message on its way.
    Waiting,
    /// The window closes.
    Now,
}

/// The answer to the question.
enum CloseAnswer {
    Keep,
    Anyway,
    Back,
}

impl Closing {
    /// Stops the user's attempt to close the window if something would be lost, and asks.
    pub(super) fn intercept(&mut self, window: &Context, mail: &Mail) {
        let wanted = window.input(|input| input.viewport().close_requested());
        if wanted && *self != Closing::Now && mail.unfinished().is_some() {
            window.send_viewport_cmd(ViewportCommand::CancelClose);
            if *self == Closing::No {
                *self = Closing::Asked;
            }
        }
    }

    /// True if the question is shown, or the window waits.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Closing::Asked | Closing::Waiting)
    }

    /// Draws the question while it is open, and closes the window once nothing would be lost.
    pub(super) fn show(&mut self, window: &Context, mail: &mut Mail) {
        if !self.is_open() {
            return;
        }
        let Some(work) = mail.unfinished() else {
            return self.close(window);
        };
        if work == UnfinishedWork::Draft && *self == Closing::Waiting {
            // The draft could not be kept; its own window says why.
            *self = Closing::No;
            return;
        }
        match self.ask(window, work) {
            Some(CloseAnswer::Keep) => {
                mail.keep_all();
                *self = Closing::Waiting;
                window.request_repaint();
            }
            Some(CloseAnswer::Anyway) => self.close(window),
            Some(CloseAnswer::Back) => *self = Closing::No,
            None => {}
        }
    }

    fn close(&mut self, window: &Context) {
        *self = Closing::Now;
        window.send_viewport_cmd(ViewportCommand::Close);
    }

    fn ask(self, window: &Context, work: UnfinishedWork) -> Option<CloseAnswer> {
        let (title, text, keep) = match work {
            UnfinishedWork::Draft => (
                "A message is not finished",
                "It is lost if the window closes now, unless it is kept as a draft.",
                "Keep as drafts and close",
            ),
            UnfinishedWork::Delivery => (
                "A message is on its way",
                "The server has not accepted it yet.",
                "Wait, then close",
            ),
        };
        let mut click = None;
        let shown = widgets::modal(window, "closing").show(window, |ui| {
            ui.set_max_width(420.0);
            ui.heading(RichText::new(title));
            ui.label(text);
            ui.add_space(widgets::STEP);
            ui.horizontal_wrapped(|ui| {
                if self == Closing::Waiting {
                    ui.spinner();
                } else if self.keep_button(ui, keep) {
                    click = Some(CloseAnswer::Keep);
                }
                if widgets::button(ui, Icon::X, "Close anyway").clicked() {
                    click = Some(CloseAnswer::Anyway);
                }
                if widgets::button(ui, Icon::ArrowLeft, "Back").clicked() {
                    click = Some(CloseAnswer::Back);
                }
            });
        });
        if shown.should_close() {
            return click.or(Some(CloseAnswer::Back));
        }
        click
    }

    /// Draws the first button, which gets the keyboard; Tab goes on to the others.
    fn keep_button(self, ui: &mut Ui, words: &str) -> bool {
        let button = widgets::primary(ui, Icon::Save, words);
        if ui.memory(|memory| memory.focused().is_none()) {
            button.request_focus();
        }
        button.clicked()
    }
}
