//! The drop-down of a protocol's commands with the box for the argument, as in the original's window,
//! and below them what the chosen command means.

use std::sync::Arc;

use eframe::egui::{ComboBox, Margin, RichText, TextEdit, Ui, accesskit::Role};
use lucide_icons::Icon;

use super::widgets;
use crate::console::ExampleNames;
use crate::mail::protocol::Protocol;
use crate::teaching::explain::{Texts, Topic};

/// The drop-down and the box.
pub(super) struct CommandBox {
    protocol: Protocol,
    verbs: &'static [&'static str],
    verb: &'static str,
    argument: String,
    texts: Arc<Texts>,
    cast: ExampleNames,
}

/// The height of the list, in points: as much as fits above the conversation.
const LIST: f32 = 400.0;

impl CommandBox {
    /// For these commands.
    pub(super) fn new(
        protocol: Protocol,
        verbs: &'static [&'static str],
        texts: Arc<Texts>,
        cast: ExampleNames,
    ) -> CommandBox {
        let mut command_box = CommandBox {
            protocol,
            verbs,
            verb: "",
            argument: String::new(),
            texts,
            cast,
        };
        command_box.choose(verbs.first().copied().unwrap_or_default());
        command_box
    }

    /// Chooses a command; an argument that works in the lab stands in the box then.
    fn choose(&mut self, verb: &'static str) {
        self.verb = verb;
        let example = self.cast.example(self.protocol, verb);
        let argument = example.strip_prefix(verb).unwrap_or_default();
        self.argument = argument.trim().to_owned();
    }

    /// Draws it; the line, when it is to be sent.
    pub(super) fn show(&mut self, ui: &mut Ui, ready: bool) -> Option<String> {
        let mut chosen = self.verb;
        let faint = widgets::palette(ui).faint;
        let label = ui.label(RichText::new("Command").color(faint));
        let combo = ComboBox::from_id_salt("commands")
            .selected_text(self.verb)
            .width(ui.available_width())
            .height(LIST)
            .show_ui(ui, |ui| {
                for verb in self.verbs {
                    ui.selectable_value(&mut chosen, verb, *verb);
                }
            });
        widgets::named(combo.response, Role::ComboBox, "Command").labelled_by(label.id);
        if chosen != self.verb {
            self.choose(chosen);
        }
        let topic = match self.protocol {
            Protocol::Pop3 => Topic::Pop3Command,
            _ => Topic::ImapCommand,
        };
        if let Some(entry) = self.texts.find(topic, self.verb) {
            ui.label(RichText::new(format!("{} ({})", entry.says, entry.rfc)).color(faint));
        }
        let label = ui.label(RichText::new("Argument").color(faint));
        let edit = TextEdit::singleline(&mut self.argument)
            .desired_width(f32::INFINITY)
            .margin(Margin::symmetric(8, 5));
        let argument = ui.add(edit).labelled_by(label.id);
        let entered = widgets::entered(ui, &argument);
        let send = ui.add_enabled_ui(ready, |ui| {
            widgets::primary(ui, Icon::Terminal, "Send Command")
        });
        let wanted = send.inner.clicked() || entered && ready;
        wanted.then(|| {
            format!("{} {}", self.verb, self.argument)
                .trim_end()
                .to_owned()
        })
    }
}
