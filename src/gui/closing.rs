//! The end of the window: what is written, or on its way to a server, is not lost without a question.

use eframe::egui::{Context, RichText, Ui, ViewportCommand};
use lucide_icons::Icon;

use super::mail::{Mail, UnfinishedWork};
use super::widgets;

/// How far the end has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Closing {
    /// Nobody wants it.
    #[default]
    No,
    /// The question is open.
    Asked,
    /// It closes when the servers have what is on its way.
    Waiting,
    /// It closes.
    Now,
}

/// What was clicked.
enum CloseAnswer {
    Keep,
    Anyway,
    Back,
}

impl Closing {
    /// Somebody closes the window: when something would be lost, it does not close yet, and asks.
    pub(super) fn look(&mut self, window: &Context, mail: &Mail) {
        let wanted = window.input(|input| input.viewport().close_requested());
        if wanted && *self != Closing::Now && mail.unfinished().is_some() {
            window.send_viewport_cmd(ViewportCommand::CancelClose);
            if *self == Closing::No {
                *self = Closing::Asked;
            }
        }
    }

    /// Is the question, or the wait, on the screen?
    pub(super) fn is_open(self) -> bool {
        matches!(self, Closing::Asked | Closing::Waiting)
    }

    /// Draws the question while it is open, and closes the window when nothing is lost any more.
    pub(super) fn show(&mut self, window: &Context, mail: &mut Mail) {
        if !self.is_open() {
            return;
        }
        match (mail.unfinished(), *self) {
            (None, _) => self.close(window),
            // It could not be kept: its own window says why.
            (Some(UnfinishedWork::Draft), Closing::Waiting) => *self = Closing::No,
            (Some(what), _) => match self.ask(window, what) {
                Some(CloseAnswer::Keep) => {
                    mail.keep_all();
                    *self = Closing::Waiting;
                    window.request_repaint();
                }
                Some(CloseAnswer::Anyway) => self.close(window),
                Some(CloseAnswer::Back) => *self = Closing::No,
                None => {}
            },
        }
    }

    fn close(&mut self, window: &Context) {
        *self = Closing::Now;
        window.send_viewport_cmd(ViewportCommand::Close);
    }

    fn ask(self, window: &Context, what: UnfinishedWork) -> Option<CloseAnswer> {
        let (title, text, keep) = match what {
            UnfinishedWork::Draft => (
                "A message is not finished",
                "What is written is lost when the window closes without it.",
                "Keep as drafts and close",
            ),
            UnfinishedWork::Delivery => (
                "A message is on its way",
                "The server has not said yet that it has it.",
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
        match shown.should_close() {
            true => click.or(Some(CloseAnswer::Back)),
            false => click,
        }
    }

    /// The keyboard begins there, and goes on to the others by Tab.
    fn keep_button(self, ui: &mut Ui, words: &str) -> bool {
        let button = widgets::primary(ui, Icon::Save, words);
        if ui.memory(|memory| memory.focused().is_none()) {
            button.request_focus();
        }
        button.clicked()
    }
}
