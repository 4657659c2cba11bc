//! The window in which one writes a message: recipients, subject, text, files.

use eframe::egui::{
    Align, ComboBox, Context, Id, InputState, Key, Label, Layout, Margin, Modifiers, Response,
    RichText, ScrollArea, TextEdit, TextStyle, Ui, Window, accesskit::Role, vec2,
};
use lucide_icons::Icon;

use crate::gui::model::compose_form::ComposeForm;
use crate::gui::widgets;
use crate::teaching::text::readable_size;

/// A message that is being written.
pub(super) struct ComposeWindow {
    /// Tells it from others that are written at the same time.
    pub(super) number: u64,
    pub(super) writing: ComposeForm,
    /// The address of the account that sends it, which may have been signed out meanwhile.
    pub(super) from: String,
    /// The fields for Cc and Bcc are there.
    copies: bool,
    /// Why it was not sent.
    pub(super) wrong: Option<String>,
    /// The cursor is put into a field, once.
    begun: bool,
}

/// What was clicked in the window.
pub(super) enum ComposeClick {
    Send,
    KeepDraft,
    Attach,
    Discard,
}

impl ComposeWindow {
    pub(super) fn new(number: u64, writing: ComposeForm, from: String) -> ComposeWindow {
        ComposeWindow {
            number,
            copies: !writing.cc.is_empty() || !writing.bcc.is_empty(),
            writing,
            from,
            wrong: None,
            begun: false,
        }
    }

    /// Draws the window. `senders` are the addresses of the accounts.
    pub(super) fn show(&mut self, window: &Context, senders: &[String]) -> Option<ComposeClick> {
        let title = match self.writing.subject.trim() {
            "" => "New message".to_owned(),
            subject => subject.to_owned(),
        };
        let mut click = None;
        let screen = window.content_rect();
        let mut open = true;
        Window::new(title)
            .id(Id::unique(("compose", self.number)))
            .default_size(vec2(640.0, 480.0).min(screen.size() - vec2(48.0, 96.0)))
            .default_pos(screen.center() - vec2(260.0 - 24.0 * (self.number % 4) as f32, 270.0))
            .open(&mut open)
            .collapsible(true)
            .show(window, |ui| click = self.content(ui, senders));
        match open {
            true => click,
            // Who closes it has not said that it may be lost.
            false => Some(ComposeClick::KeepDraft),
        }
    }

    fn content(&mut self, ui: &mut Ui, senders: &[String]) -> Option<ComposeClick> {
        let ready = senders.contains(&self.from);
        let click = self.buttons(ui, ready);
        if !ready {
            widgets::wrong(ui, &self.homeless(senders));
        }
        if let Some(wrong) = &self.wrong {
            widgets::wrong(ui, wrong);
        }
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            self.fields(ui, senders);
            if !self.writing.files.is_empty() {
                self.files(ui);
            }
            let rows = ((ui.available_height() - 3.0 * widgets::STEP)
                / ui.text_style_height(&TextStyle::Body))
            .max(6.0);
            let text = TextEdit::multiline(&mut self.writing.text)
                .desired_width(f32::INFINITY)
                .desired_rows(rows as usize)
                .cursor_at_end(self.writing.about.is_none())
                .lock_focus(false);
            let text = widgets::named(ui.add(text), Role::MultilineTextInput, "Message text");
            if !self.begun && !self.writing.to.is_empty() {
                text.request_focus();
            }
            self.begun = true;
        });
        click
    }

    /// What to do when the account is not open; nobody else sends it unasked.
    fn homeless(&self, senders: &[String]) -> String {
        let what = match senders {
            [] => "sign in to send or keep this message",
            _ => "sign in again, or choose another sender",
        };
        format!("{} is not signed in: {what}.", self.from)
    }

    /// The buttons; without an account that is `ready` nothing can be sent.
    fn buttons(&mut self, ui: &mut Ui, ready: bool) -> Option<ComposeClick> {
        let mut click = None;
        ui.horizontal_wrapped(|ui| {
            let send = |ui: &mut Ui| widgets::primary(ui, Icon::Send, "Send message");
            let send = ui.add_enabled_ui(ready, send).inner;
            let send = send.on_hover_text("Ctrl+Enter");
            // Of several messages, the one on top.
            let on_top = ui.ctx().top_layer_id() == Some(ui.layer_id());
            let enter = |input: &mut InputState| input.consume_key(Modifiers::COMMAND, Key::Enter);
            if send.clicked() || ready && on_top && ui.input_mut(enter) {
                click = Some(ComposeClick::Send);
            }
            if widgets::button(ui, Icon::Paperclip, "Attach files").clicked() {
                click = Some(ComposeClick::Attach);
            }
            if widgets::button(ui, Icon::Save, "Keep as draft").clicked() {
                click = Some(ComposeClick::KeepDraft);
            }
            if !self.copies && widgets::button(ui, Icon::Users, "Cc and Bcc").clicked() {
                self.copies = true;
            }
            if widgets::icon_button(ui, Icon::Trash2, "Discard").clicked() {
                click = Some(ComposeClick::Discard);
            }
        });
        click
    }

    fn fields(&mut self, ui: &mut Ui, senders: &[String]) {
        if senders.iter().any(|sender| *sender != self.from) {
            ComboBox::from_label("Sender")
                .selected_text(&self.from)
                .show_ui(ui, |ui| {
                    for sender in senders {
                        ui.selectable_value(&mut self.from, sender.clone(), sender);
                    }
                });
        }
        let hint = "alice, Bob <bob@pillarbox.test>";
        let to = line(ui, "To", &mut self.writing.to, hint);
        if !self.begun && self.writing.to.is_empty() {
            to.request_focus();
        }
        if self.copies {
            line(ui, "Cc", &mut self.writing.cc, "who should know of it");
            let hint = "who gets it without the others' knowing";
            line(ui, "Bcc", &mut self.writing.bcc, hint);
        }
        line(ui, "Subject", &mut self.writing.subject, "");
    }

    /// The files, each with a button that takes it out again.
    fn files(&mut self, ui: &mut Ui) {
        let mut gone = None;
        ui.horizontal_wrapped(|ui| {
            for (at, file) in self.writing.files.iter().enumerate() {
                let words = format!("{} ({})", file.name, readable_size(file.bytes.len() as u64));
                ui.label(widgets::icon(Icon::Paperclip));
                ui.add(Label::new(words));
                if widgets::icon_button(ui, Icon::X, &format!("Remove {}", file.name)).clicked() {
                    gone = Some(at);
                }
            }
        });
        if let Some(gone) = gone {
            self.writing.files.remove(gone);
        }
    }
}

/// A field with its name at its left.
fn line(ui: &mut Ui, name: &str, text: &mut String, hint: &str) -> Response {
    ui.horizontal(|ui| {
        let faint = widgets::palette(ui).faint;
        let size = vec2(
            ui.text_style_height(&TextStyle::Body) * 3.4,
            ui.spacing().interact_size.y,
        );
        let at_left = Layout::left_to_right(Align::Center);
        let label = ui.allocate_ui_with_layout(size, at_left, |ui| {
            ui.set_min_width(size.x);
            ui.label(RichText::new(name).color(faint))
        });
        let edit = TextEdit::singleline(text)
            .hint_text(hint.to_owned())
            .desired_width(f32::INFINITY)
            .margin(Margin::symmetric(8, 5));
        ui.add(edit).labelled_by(label.inner.id)
    })
    .inner
}
