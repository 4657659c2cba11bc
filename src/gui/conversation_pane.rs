//! The conversation: what each click says on the wire, at the bottom of every view.

use std::sync::mpsc::Receiver;

use eframe::egui::{Label, RichText, ScrollArea, TextStyle, Ui};
use lucide_icons::Icon;

use super::look;
use super::model::conversation::{Conversation, Said, Speaker};

/// The pane.
pub(super) struct ConversationPane {
    conversation: Conversation,
    heard: Receiver<Vec<Said>>,
}

impl ConversationPane {
    /// The pane for what is heard.
    pub(super) fn new(heard: Receiver<Vec<Said>>) -> ConversationPane {
        let conversation = Conversation::default();
        ConversationPane {
            conversation,
            heard,
        }
    }

    /// Takes in what has been said.
    pub(super) fn hear(&mut self) {
        let said = self.heard.try_iter().flatten();
        said.for_each(|said| self.conversation.push(said));
    }

    /// Draws the pane.
    pub(super) fn show(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            ui.label(look::icon(Icon::MessagesSquare));
            ui.label(RichText::new("Conversation").strong());
            if look::icon_button(ui, Icon::Eraser, "Clear the conversation").clicked() {
                self.conversation.clear();
            }
        });
        if self.conversation.is_empty() {
            let words = "Nothing has been said yet. Every click that talks to a server shows here.";
            ui.label(RichText::new(words).color(look::palette(ui).faint));
            return;
        }
        let height = ui.text_style_height(&TextStyle::Monospace);
        ui.spacing_mut().item_spacing.y = 2.0;
        let area = ScrollArea::both().auto_shrink(false).stick_to_bottom(true);
        area.show_rows(ui, height, self.conversation.len(), |ui, seen| {
            let palette = look::palette(ui);
            for line in self.conversation.lines(seen) {
                let (mark, colour) = match line.speaker {
                    Speaker::Client => ("C: ", palette.client),
                    Speaker::Server => ("S: ", palette.server),
                    Speaker::Aside => ("── ", palette.faint),
                };
                let text = format!("{} {mark}{}", line.connection, line.text);
                ui.add(Label::new(RichText::new(text).monospace().color(colour)).extend());
            }
        });
    }
}
