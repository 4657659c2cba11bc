//! The window in which a message is written: recipients, subject, text, files.

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
    /// Identifies the draft among others.
    pub(super) number: u64,
    pub(super) form: ComposeForm,
    /// The address of the account that sends it. The account may have been signed out meanwhile.
    pub(super) from: String,
    /// The fields for Cc and Bcc are shown.
    copies: bool,
    /// Why it was not sent.
    pub(super) error: Option<String>,
    /// A field has been given the keyboard.
    begun: bool,
}

/// What was clicked in a compose window.
#[derive(Clone, Copy)]
pub(super) enum ComposeClick {
    Send,
    KeepDraft,
    Attach,
    Discard,
}

impl ComposeWindow {
    pub(super) fn new(number: u64, form: ComposeForm, from: String) -> ComposeWindow {
        ComposeWindow {
            number,
            copies: !form.cc.is_empty() || !form.bcc.is_empty(),
            form,
            from,
            error: None,
            begun: false,
        }
    }

    /// Draws the window. `senders` are the addresses of the open accounts.
    pub(super) fn show(&mut self, window: &Context, senders: &[String]) -> Option<ComposeClick> {
        let title = match self.form.subject.trim() {
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
        if !open {
            // Closing the window must not lose the message.
            return Some(ComposeClick::KeepDraft);
        }
        click
    }

    fn content(&mut self, ui: &mut Ui, senders: &[String]) -> Option<ComposeClick> {
        let ready = senders.contains(&self.from);
        let click = self.buttons(ui, ready);
        if !ready {
            widgets::error(ui, &self.not_signed_in(senders));
        }
        if let Some(error) = &self.error {
            widgets::error(ui, error);
        }
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            self.fields(ui, senders);
            if !self.form.files.is_empty() {
                self.files(ui);
            }
            let rows = ((ui.available_height() - 3.0 * widgets::STEP)
                / ui.text_style_height(&TextStyle::Body))
            .max(6.0);
            let text = TextEdit::multiline(&mut self.form.text)
                .desired_width(f32::INFINITY)
                .desired_rows(rows as usize)
                .cursor_at_end(self.form.about.is_none())
                .lock_focus(false);
            let text = widgets::named(ui.add(text), Role::MultilineTextInput, "Message text");
            if !self.begun && !self.form.to.is_empty() {
                text.request_focus();
            }
            self.begun = true;
        });
        click
    }

    /// Says what to do when the account is not open. Another one must be chosen by the user.
    fn not_signed_in(&self, senders: &[String]) -> String {
        let what = match senders {
            [] => "sign in to send or keep this message",
            _ => "sign in again, or choose another sender",
        };
        format!("{} is not signed in: {what}.", self.from)
    }

    /// Draws the buttons. Nothing can be sent unless the account is `ready`.
    fn buttons(&mut self, ui: &mut Ui, ready: bool) -> Option<ComposeClick> {
        let mut click = None;
        ui.horizontal_wrapped(|ui| {
            let send = |ui: &mut Ui| widgets::primary(ui, Icon::Send, "Send message");
            let send = ui.add_enabled_ui(ready, send).inner;
            let send = send.on_hover_text("Ctrl+Enter");
            // Of several windows, the key is for the one on top.
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
            ComboBox::from_label("Sender").selected_text(&self.from).show_ui(ui, |ui| {
                for sender in senders {
                    ui.selectable_value(&mut self.from, sender.clone(), sender);
                }
            });
        }
        let hint = "alice, Bob <bob@pillarbox.test>";
        let to = line(ui, "To", &mut self.form.to, hint);
        if !self.begun && self.form.to.is_empty() {
            to.request_focus();
        }
        if self.copies {
            line(ui, "Cc", &mut self.form.cc, "who gets a copy");
            let hint = "who gets a copy that the others do not see";
            line(ui, "Bcc", &mut self.form.bcc, hint);
        }
        line(ui, "Subject", &mut self.form.subject, "");
    }

    /// Draws the files, each with a button that removes it.
    fn files(&mut self, ui: &mut Ui) {
        let mut gone = None;
        ui.horizontal_wrapped(|ui| {
            for (at, file) in self.form.files.iter().enumerate() {
                let words = format!("{} ({})", file.name, readable_size(file.bytes.len() as u64));
                ui.label(widgets::icon(Icon::Paperclip));
                ui.add(Label::new(words));
                if widgets::icon_button(ui, Icon::X, &format!("Remove {}", file.name)).clicked() {
                    gone = Some(at);
                }
            }
        });
        if let Some(gone) = gone {
            self.form.files.remove(gone);
        }
    }
}

/// Draws a field with its name at the left.
fn line(ui: &mut Ui, name: &str, text: &mut String, hint: &str) -> Response {
    ui.horizontal(|ui| {
        let faint = widgets::palette(ui).faint;
        let size = vec2(ui.text_style_height(&TextStyle::Body) * 3.4, ui.spacing().interact_size.y);
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
