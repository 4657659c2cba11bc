//! Where the keyboard is: egui takes it from everything below a modal window. Here it is given back once none is
//! open, whichever it was.

use eframe::egui::{Context, Id};

/// What had the keyboard while no modal window was open.
#[derive(Default)]
pub(super) struct Keyboard {
    before: Option<Id>,
    /// Was a modal window drawn the last time?
    covered: bool,
}

impl Keyboard {
    /// To be asked before anything of the window is drawn: remembers what has the keyboard, or gives it back, unless
    /// something else has taken it meanwhile.
    pub(super) fn look(&mut self, window: &Context) {
        let was_covered = self.covered;
        window.memory_mut(|memory| {
            self.covered = memory.top_modal_layer().is_some();
            match (was_covered, self.covered, self.before) {
                (true, false, Some(before)) if memory.focused().is_none() => {
                    memory.request_focus(before);
                }
                (_, false, _) => self.before = memory.focused(),
                (_, true, _) => {}
            }
        });
        // What closes a modal window is an event; that it is closed is seen here when the window is drawn again.
        if self.covered && window.input(|input| !input.events.is_empty()) {
            window.request_repaint();
        }
    }
}
