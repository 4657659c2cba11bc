//! The controls from which every pane is made, and their distances. Each control has a name for a screen reader.
//! `widgets/theme.rs` has the sizes of text and the colours.

mod theme;

use eframe::egui::accesskit::Role;
use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{
    Align, Align2, Button, Color32, Context, FontId, Frame, Id, Key, Label, Layout, Margin, Modal,
    Response, RichText, Sense, Stroke, TextEdit, TextStyle, Ui, WidgetInfo, vec2,
};
use lucide_icons::Icon;

pub(super) use self::theme::{Palette, TextSize, apply, palette};

/// Half a step of the grid for all distances, in points.
pub(super) const HALF: f32 = 4.0;

/// A step of the grid, in points.
pub(super) const STEP: f32 = 8.0;

/// A modal window: it covers everything until it is closed.
pub(super) fn modal(window: &Context, name: &str) -> Modal {
    let frame = Frame::window(&window.global_style());
    Modal::new(Id::unique(name)).frame(frame)
}

/// The text, or its first `most` characters and an ellipsis.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// An icon as text; it has the height of the text around it.
pub(super) fn icon(icon: Icon) -> RichText {
    RichText::new(char::from(icon).to_string())
}

/// Draws a button with an icon and words.
pub(super) fn button(ui: &mut Ui, picture: Icon, words: &str) -> Response {
    let response = ui.add(Button::new((icon(picture), words)));
    named(response, Role::Button, words)
}

/// Draws the button for the main action of a pane.
pub(super) fn primary(ui: &mut Ui, picture: Icon, words: &str) -> Response {
    let palette = palette(ui);
    let colour = |text: RichText| text.color(palette.on_accent);
    let content = (colour(icon(picture)), colour(RichText::new(words)));
    let text = ui.visuals().text_color();
    let stroke = &mut ui.visuals_mut().widgets.active.bg_stroke;
    // The frame of a control with the keyboard would not be visible in the accent colour.
    let usual = std::mem::replace(&mut stroke.color, text);
    let response = ui.add(Button::new(content).fill(palette.accent));
    ui.visuals_mut().widgets.active.bg_stroke.color = usual;
    named(response, Role::Button, words)
}

/// Draws the button that closes a modal window; it keeps the keyboard while the window is open.
pub(super) fn closing_button(ui: &mut Ui, picture: Icon, words: &str) -> Response {
    let button = primary(ui, picture, words);
    if !button.has_focus() {
        button.request_focus();
    }
    button
}

/// Gives the keyboard to a control when it is drawn for the first time.
pub(super) fn begin_at(control: &Response, begun: &mut bool) {
    if !std::mem::replace(begun, true) {
        control.request_focus();
    }
}

/// Draws a button that can stay down; returns true if it was clicked.
pub(super) fn toggle(ui: &mut Ui, picture: Icon, name: &str, down: bool) -> bool {
    let palette = palette(ui);
    let button = if down {
        let colour = |text: RichText| text.color(palette.accent);
        let content = (colour(icon(picture)), colour(RichText::new(name)));
        Button::new(content).fill(palette.chosen)
    } else {
        Button::new((icon(picture), name))
    };
    let response = ui.add(button);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, down, name));
    response.clicked()
}

/// Draws a tab: an icon, and its name below; returns true if it was clicked.
pub(super) fn tab(ui: &mut Ui, picture: Icon, name: &str, chosen: bool) -> bool {
    let palette = palette(ui);
    let small = TextStyle::Small.resolve(ui.style());
    let size = vec2(ui.available_width(), small.size * 4.5);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, chosen, name));
    let mut ground = Color32::TRANSPARENT;
    let mut colour = palette.faint;
    if chosen {
        ground = palette.chosen;
        colour = palette.accent;
    } else if response.hovered() || response.has_focus() {
        ground = palette.line;
    }
    let painter = ui.painter();
    painter.rect_filled(rect, 4.0, ground);
    let above = rect.center_top() + vec2(0.0, STEP);
    let icon = FontId::new(small.size * 1.6, small.family.clone());
    painter.text(above, Align2::CENTER_TOP, char::from(picture), icon, colour);
    let below = rect.center_bottom() - vec2(0.0, STEP);
    painter.text(below, Align2::CENTER_BOTTOM, name, small, colour);
    response.clicked()
}

/// Draws a button that is only an icon; its name is its tooltip.
pub(super) fn icon_button(ui: &mut Ui, picture: Icon, name: &str) -> Response {
    let response = slim(ui, |ui| ui.add(only_icon(ui, picture)));
    named(response, Role::Button, name).on_hover_text(name)
}

/// Draws an icon button that opens a menu.
pub(super) fn icon_menu(ui: &mut Ui, picture: Icon, name: &str, entries: impl FnOnce(&mut Ui)) {
    let button = only_icon(ui, picture);
    let (response, _) = slim(ui, |ui| MenuButton::from_button(button).ui(ui, entries));
    named(response, Role::Button, name).on_hover_text(name);
}

fn only_icon(ui: &Ui, picture: Icon) -> Button<'static> {
    let height = TextStyle::Body.resolve(ui.style()).size * 1.15;
    Button::new(icon(picture).size(height)).frame_when_inactive(false)
}

/// Draws buttons without words, which need less room at their sides.
fn slim<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    let usual = std::mem::replace(&mut ui.spacing_mut().button_padding.x, HALF);
    let added = add(ui);
    ui.spacing_mut().button_padding.x = usual;
    added
}

/// Draws a check box: an empty frame, or a filled box with a tick.
pub(super) fn check_box(ui: &mut Ui, ticked: &mut bool, words: &str) -> Response {
    let palette = palette(ui);
    // The words keep their colour; the tick has the colour of text on the accent.
    let text = RichText::new(words).color(ui.visuals().text_color());
    // The frame of a box with the keyboard must be visible on either ground.
    let text_colour = ui.visuals().text_color();
    let (ground, frame, focused) = if *ticked {
        (palette.accent, palette.accent, text_colour)
    } else {
        let ground = ui.visuals().extreme_bg_color;
        (ground, palette.faint, palette.accent)
    };
    let boxes = ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        for widget in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
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

/// Draws a button for one of several choices.
pub(super) fn choice(ui: &mut Ui, chosen: bool, words: &str) -> Response {
    let palette = palette(ui);
    let text = RichText::new(words);
    let (text, ground) = if chosen {
        (text.strong().color(palette.accent), palette.chosen)
    } else {
        (text, Color32::TRANSPARENT)
    };
    let response = ui.add(Button::new(text).fill(ground).stroke(Stroke::NONE));
    let enabled = response.enabled();
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, enabled, chosen, words));
    response
}

/// Gives a control its role and its name.
pub(super) fn named(response: Response, role: Role, name: &str) -> Response {
    let enabled = response.enabled();
    response.widget_info(|| WidgetInfo::labeled(role, enabled, name));
    response
}

/// Draws a field for a line of text below its name.
pub(super) fn field(ui: &mut Ui, name: &str, text: &mut String) -> Response {
    labelled(ui, name, TextEdit::singleline(text))
}

/// True if Enter was pressed in this field.
pub(super) fn entered(ui: &Ui, field: &Response) -> bool {
    field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

/// Draws a field for a password, which is not shown.
pub(super) fn secret_field(ui: &mut Ui, name: &str, text: &mut String) -> Response {
    labelled(ui, name, TextEdit::singleline(text).password(true))
}

fn labelled(ui: &mut Ui, name: &str, edit: TextEdit<'_>) -> Response {
    let label = ui.label(RichText::new(name).color(palette(ui).faint));
    ui.add(edit.desired_width(f32::INFINITY).margin(Margin::symmetric(8, 5))).labelled_by(label.id)
}

/// The frame of a pane beside the main one.
pub(super) fn beside(ui: &Ui) -> Frame {
    Frame::new().fill(palette(ui).beside).inner_margin(Margin::same(8))
}

/// The frame of the main pane.
pub(super) fn main(ui: &Ui) -> Frame {
    Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::same(16))
}

/// Draws an empty pane: why it is empty, and what to do.
pub(super) fn empty(ui: &mut Ui, picture: Icon, headline: &str, what_to_do: &str) {
    let faint = palette(ui).faint;
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space((ui.available_height() / 4.0).min(120.0));
        ui.label(icon(picture).size(40.0).color(faint));
        ui.label(RichText::new(headline).strong());
        ui.label(RichText::new(what_to_do).color(faint));
    });
}

/// Draws an error.
pub(super) fn error(ui: &mut Ui, sentence: &str) {
    let colour = palette(ui).wrong;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        ui.label(icon(Icon::CircleAlert).color(colour));
        ui.add(Label::new(RichText::new(sentence).color(colour)).wrap());
    });
}
