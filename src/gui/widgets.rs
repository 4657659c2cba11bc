//! How everything looks: one accent colour, distances on a grid, and the controls that every pane is made of,
//! each with a name for who does not see it. Sizes of text and themes are `widgets/theme.rs`'s.

mod theme;

use eframe::egui::accesskit::Role;
use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{
    Align, Button, Color32, Context, Frame, Id, Key, Label, Layout, Margin, Modal, Response,
    RichText, Stroke, TextEdit, TextStyle, Ui, WidgetInfo,
};
use lucide_icons::Icon;

pub(super) use self::theme::{Palette, TextSize, dress, palette};

/// Half a step of the grid on which everything stands, in points.
pub(super) const HALF: f32 = 4.0;

/// A step of the grid.
pub(super) const STEP: f32 = 8.0;

/// A window in front of everything, with the margin of any other.
pub(super) fn modal(window: &Context, name: &str) -> Modal {
    let frame = Frame::window(&window.global_style());
    Modal::new(Id::unique(name)).frame(frame)
}

/// The text, or its first `most` characters, where there is no room for more.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// An icon as text, of the height of the text around it.
pub(super) fn icon(icon: Icon) -> RichText {
    RichText::new(char::from(icon).to_string())
}

/// A button with an icon and words.
pub(super) fn button(ui: &mut Ui, picture: Icon, words: &str) -> Response {
    let response = ui.add(Button::new((icon(picture), words)));
    named(response, Role::Button, words)
}

/// The button for what one has come to do; there is one of it in a pane.
pub(super) fn primary(ui: &mut Ui, picture: Icon, words: &str) -> Response {
    let palette = palette(ui);
    let colour = |text: RichText| text.color(palette.on_accent);
    let content = (colour(icon(picture)), colour(RichText::new(words)));
    let text = ui.visuals().text_color();
    let stroke = &mut ui.visuals_mut().widgets.active.bg_stroke;
    // What has the keyboard has a frame, which in the accent would not be seen on the accent.
    let usual = std::mem::replace(&mut stroke.color, text);
    let response = ui.add(Button::new(content).fill(palette.accent));
    ui.visuals_mut().widgets.active.bg_stroke.color = usual;
    named(response, Role::Button, words)
}

/// The button that ends what a modal window asks: the keyboard is there while the window is open.
pub(super) fn last_word(ui: &mut Ui, picture: Icon, words: &str) -> Response {
    let button = primary(ui, picture, words);
    if !button.has_focus() {
        button.request_focus();
    }
    button
}

/// The keyboard is at this control when it is drawn first.
pub(super) fn begin_at(control: &Response, begun: &mut bool) {
    if !std::mem::replace(begun, true) {
        control.request_focus();
    }
}

/// A button that stays down; is it clicked?
pub(super) fn toggle(ui: &mut Ui, picture: Icon, name: &str, down: bool) -> bool {
    let palette = palette(ui);
    let button = match down {
        true => {
            let colour = |text: RichText| text.color(palette.accent);
            let content = (colour(icon(picture)), colour(RichText::new(name)));
            Button::new(content).fill(palette.chosen)
        }
        false => Button::new((icon(picture), name)),
    };
    let response = ui.add(button);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, down, name));
    response.clicked()
}

/// A button that is an icon alone; its name shows when the pointer is on it.
pub(super) fn icon_button(ui: &mut Ui, picture: Icon, name: &str) -> Response {
    let response = slim(ui, |ui| ui.add(only_icon(ui, picture)));
    named(response, Role::Button, name).on_hover_text(name)
}

/// The same, which opens a menu.
pub(super) fn icon_menu(ui: &mut Ui, picture: Icon, name: &str, entries: impl FnOnce(&mut Ui)) {
    let button = only_icon(ui, picture);
    let (response, _) = slim(ui, |ui| MenuButton::from_button(button).ui(ui, entries));
    named(response, Role::Button, name).on_hover_text(name);
}

fn only_icon(ui: &Ui, picture: Icon) -> Button<'static> {
    let height = TextStyle::Body.resolve(ui.style()).size * 1.15;
    Button::new(icon(picture).size(height)).frame_when_inactive(false)
}

/// Adds buttons that have no words, and so need less room at their sides.
fn slim<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    let usual = std::mem::replace(&mut ui.spacing_mut().button_padding.x, HALF);
    let added = add(ui);
    ui.spacing_mut().button_padding.x = usual;
    added
}

/// A box to tick: empty with a frame, or full with a tick in it.
pub(super) fn check_box(ui: &mut Ui, ticked: &mut bool, words: &str) -> Response {
    let palette = palette(ui);
    // The words keep their colour, the tick has that of text on the accent.
    let text = RichText::new(words).color(ui.visuals().text_color());
    // The frame of what has the keyboard is seen on either ground.
    let (ground, frame, focused) = match *ticked {
        true => (palette.accent, palette.accent, ui.visuals().text_color()),
        false => (ui.visuals().extreme_bg_color, palette.faint, palette.accent),
    };
    let boxes = ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        for widget in [
            &mut widgets.inactive,
            &mut widgets.hovered,
            &mut widgets.active,
        ] {
            widget.bg_fill = ground;
            widget.fg_stroke = Stroke::new(2.0, palette.on_accent);
        }
        widgets.inactive.bg_stroke = Stroke::new(1.0, frame);
        widgets.hovered.bg_stroke = Stroke::new(2.0, palette.accent);
        widgets.active.bg_stroke = Stroke::new(2.0, focused);
        ui.checkbox(ticked, text)
    });
    boxes.inner
}

/// A button that stays down while something is chosen.
pub(super) fn choice(ui: &mut Ui, chosen: bool, words: &str) -> Response {
    let palette = palette(ui);
    let text = RichText::new(words);
    let (text, ground) = match chosen {
        true => (text.strong().color(palette.accent), palette.chosen),
        false => (text, Color32::TRANSPARENT),
    };
    let response = ui.add(Button::new(text).fill(ground).stroke(Stroke::NONE));
    let enabled = response.enabled();
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, enabled, chosen, words));
    response
}

/// Gives a control its name.
pub(super) fn named(response: Response, role: Role, name: &str) -> Response {
    let enabled = response.enabled();
    response.widget_info(|| WidgetInfo::labeled(role, enabled, name));
    response
}

/// A field for a line of text, below its name.
pub(super) fn field(ui: &mut Ui, name: &str, text: &mut String) -> Response {
    labelled(ui, name, TextEdit::singleline(text))
}

/// Was Enter pressed in this field?
pub(super) fn entered(ui: &Ui, field: &Response) -> bool {
    field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

/// A field whose text is not shown.
pub(super) fn secret_field(ui: &mut Ui, name: &str, text: &mut String) -> Response {
    labelled(ui, name, TextEdit::singleline(text).password(true))
}

fn labelled(ui: &mut Ui, name: &str, edit: TextEdit<'_>) -> Response {
    let label = ui.label(RichText::new(name).color(palette(ui).faint));
    ui.add(
        edit.desired_width(f32::INFINITY)
            .margin(Margin::symmetric(8, 5)),
    )
    .labelled_by(label.id)
}

/// The ground of a pane beside the main one.
pub(super) fn beside(ui: &Ui) -> Frame {
    Frame::new()
        .fill(palette(ui).beside)
        .inner_margin(Margin::same(8))
}

/// The ground of the main pane.
pub(super) fn main(ui: &Ui) -> Frame {
    Frame::new()
        .fill(ui.visuals().panel_fill)
        .inner_margin(Margin::same(16))
}

/// What a pane says while there is nothing in it: what it is for, and what to do.
pub(super) fn empty(ui: &mut Ui, picture: Icon, headline: &str, what_to_do: &str) {
    let faint = palette(ui).faint;
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space((ui.available_height() / 4.0).min(120.0));
        ui.label(icon(picture).size(40.0).color(faint));
        ui.label(RichText::new(headline).strong());
        ui.label(RichText::new(what_to_do).color(faint));
    });
}

/// A sentence about something that went wrong.
pub(super) fn error(ui: &mut Ui, sentence: &str) {
    let colour = palette(ui).wrong;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        ui.label(icon(Icon::CircleAlert).color(colour));
        ui.add(Label::new(RichText::new(sentence).color(colour)).wrap());
    });
}
