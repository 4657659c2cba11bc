//! How everything looks: one accent colour, distances on a grid, two sizes of text, two themes; and the
//! controls that every pane is made of, each with a name for who does not see it.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{
    Align, Button, Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId,
    Frame, Id, Key, Label, Layout, Margin, Modal, Response, RichText, Stroke, Style, TextEdit,
    TextStyle, Theme, Ui, Vec2, Visuals, WidgetInfo,
};
use lucide_icons::{Icon, LUCIDE_FONT_BYTES};

/// Half a step of the grid on which everything stands, in points.
pub(super) const HALF: f32 = 4.0;

/// A step of the grid.
pub(super) const STEP: f32 = 8.0;

/// The font that has the icons.
const ICONS: &str = "icons";

/// How large text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Size {
    /// For the one who sits in front of it.
    #[default]
    Normal,
    /// For the last row of a lecture hall.
    Projector,
}

impl Size {
    /// The height of running text, in points.
    fn text(self) -> f32 {
        match self {
            Size::Normal => 14.0,
            Size::Projector => 20.0,
        }
    }
}

/// The colours that are not egui's own.
#[derive(Clone, Copy)]
pub(super) struct Palette {
    /// What one can act on, and what is chosen.
    pub(super) accent: Color32,
    /// Text on the accent.
    pub(super) on_accent: Color32,
    /// The ground of what is chosen.
    pub(super) chosen: Color32,
    /// What is said beside.
    pub(super) faint: Color32,
    /// What the client says.
    pub(super) client: Color32,
    /// What the server says.
    pub(super) server: Color32,
    /// What went wrong.
    pub(super) wrong: Color32,
    /// The ground of a pane beside the main one.
    pub(super) beside: Color32,
    /// The line between panes.
    pub(super) line: Color32,
}

const LIGHT: Palette = Palette {
    accent: Color32::from_rgb(0x1f, 0x5f, 0xa8),
    on_accent: Color32::WHITE,
    chosen: Color32::from_rgb(0xdc, 0xe8, 0xf6),
    faint: Color32::from_rgb(0x5a, 0x64, 0x70),
    client: Color32::from_rgb(0x1f, 0x5f, 0xa8),
    server: Color32::from_rgb(0x2e, 0x6b, 0x3a),
    wrong: Color32::from_rgb(0xa8, 0x26, 0x26),
    beside: Color32::from_rgb(0xf3, 0xf5, 0xf8),
    line: Color32::from_rgb(0xd5, 0xdb, 0xe2),
};

const DARK: Palette = Palette {
    accent: Color32::from_rgb(0x7d, 0xb4, 0xf0),
    on_accent: Color32::from_rgb(0x10, 0x1a, 0x26),
    chosen: Color32::from_rgb(0x26, 0x3a, 0x52),
    faint: Color32::from_rgb(0xa3, 0xae, 0xba),
    client: Color32::from_rgb(0x8e, 0xc0, 0xf5),
    server: Color32::from_rgb(0x9c, 0xd6, 0xa4),
    wrong: Color32::from_rgb(0xf2, 0x9a, 0x9a),
    beside: Color32::from_rgb(0x1a, 0x1e, 0x24),
    line: Color32::from_rgb(0x36, 0x3d, 0x46),
};

/// The colours of the theme that this is drawn in.
pub(super) fn palette(ui: &Ui) -> Palette {
    match ui.visuals().dark_mode {
        true => DARK,
        false => LIGHT,
    }
}

/// Dresses the window, once.
pub(super) fn dress(window: &Context, size: Size) {
    let mut fonts = FontDefinitions::default();
    let icons = Arc::new(FontData::from_static(LUCIDE_FONT_BYTES));
    fonts.font_data.insert(ICONS.to_owned(), icons);
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts
            .families
            .entry(family)
            .or_default()
            .push(ICONS.to_owned());
    }
    window.set_fonts(fonts);
    window.set_style_of(Theme::Light, style(Theme::Light, LIGHT, size));
    window.set_style_of(Theme::Dark, style(Theme::Dark, DARK, size));
}

fn style(theme: Theme, palette: Palette, size: Size) -> Style {
    let mut style = Style {
        visuals: theme.default_visuals(),
        ..Style::default()
    };
    let text = size.text();
    let styles = [
        (TextStyle::Small, text - 2.0, FontFamily::Proportional),
        (TextStyle::Body, text, FontFamily::Proportional),
        (TextStyle::Button, text, FontFamily::Proportional),
        (TextStyle::Heading, text + 5.0, FontFamily::Proportional),
        (TextStyle::Monospace, text - 1.0, FontFamily::Monospace),
    ];
    let styles = styles.map(|(style, points, family)| (style, FontId::new(points, family)));
    style.text_styles = styles.into_iter().collect();
    style.spacing.item_spacing = Vec2::splat(STEP);
    style.spacing.button_padding = Vec2::new(STEP + HALF, HALF + 1.0);
    style.spacing.interact_size.y = text + 14.0;
    (style.spacing.icon_width, style.spacing.icon_width_inner) = (text + 2.0, text - 4.0);
    style.spacing.window_margin = Margin::same(16);
    style.spacing.menu_margin = Margin::same(8);
    colour(&mut style.visuals, palette);
    style
}

fn colour(visuals: &mut Visuals, palette: Palette) {
    let (main, text) = match visuals.dark_mode {
        true => (
            Color32::from_rgb(0x22, 0x27, 0x2e),
            Color32::from_rgb(0xe6, 0xea, 0xef),
        ),
        false => (Color32::WHITE, Color32::from_rgb(0x1c, 0x22, 0x29)),
    };
    visuals.panel_fill = main;
    visuals.window_fill = main;
    visuals.faint_bg_color = palette.beside;
    visuals.extreme_bg_color = match visuals.dark_mode {
        true => Color32::from_rgb(0x16, 0x1a, 0x1f),
        false => Color32::WHITE,
    };
    visuals.weak_text_color = Some(palette.faint);
    visuals.hyperlink_color = palette.accent;
    visuals.selection.bg_fill = palette.accent.gamma_multiply(0.45);
    visuals.selection.stroke = Stroke::new(1.0, text);
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    let round = CornerRadius::same(4);
    for widget in [
        &mut visuals.widgets.noninteractive,
        &mut visuals.widgets.inactive,
        &mut visuals.widgets.hovered,
        &mut visuals.widgets.active,
        &mut visuals.widgets.open,
    ] {
        widget.corner_radius = round;
        widget.fg_stroke.color = text;
        widget.expansion = 0.0;
    }
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, palette.line);
    visuals.widgets.inactive.bg_stroke = Stroke::new(1.0, palette.line);
    visuals.widgets.inactive.weak_bg_fill = palette.beside;
    // The handles of scroll bars.
    visuals.widgets.inactive.bg_fill = palette.faint.gamma_multiply(0.7);
    visuals.widgets.open.weak_bg_fill = palette.beside;
    visuals.widgets.open.bg_stroke = Stroke::new(1.0, palette.line);
    visuals.widgets.hovered.bg_stroke = Stroke::new(1.0, palette.accent);
    visuals.widgets.hovered.weak_bg_fill = palette.chosen;
    visuals.widgets.active.bg_stroke = Stroke::new(2.0, palette.accent);
    visuals.widgets.active.weak_bg_fill = palette.chosen;
}

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
    let response = ui.add(Button::new(content).fill(palette.accent));
    named(response, Role::Button, words)
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
    let (ground, frame) = match *ticked {
        true => (palette.accent, palette.accent),
        false => (ui.visuals().extreme_bg_color, palette.faint),
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
        widgets.active.bg_stroke = Stroke::new(2.0, palette.accent);
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
pub(super) fn wrong(ui: &mut Ui, sentence: &str) {
    let colour = palette(ui).wrong;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        ui.label(icon(Icon::CircleAlert).color(colour));
        ui.add(Label::new(RichText::new(sentence).color(colour)).wrap());
    });
}

#[cfg(test)]
mod tests {
    use eframe::egui::Rgba;

    use super::*;

    /// How much light a colour gives, from 0 to 1 (WCAG 2.2, relative luminance).
    fn light(colour: Color32) -> f32 {
        let linear = Rgba::from(colour);
        0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
    }

    fn contrast(one: Color32, other: Color32) -> f32 {
        let (one, other) = (light(one), light(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_text_can_be_read_on_every_ground() {
        for (theme, palette) in [(Theme::Light, LIGHT), (Theme::Dark, DARK)] {
            let visuals = style(theme, palette, Size::Normal).visuals;
            let grounds = [visuals.panel_fill, palette.beside, palette.chosen];
            let (text, faint) = (visuals.text_color(), palette.faint);
            let spoken = [palette.client, palette.server, palette.wrong];
            for ground in grounds {
                for colour in [text, faint, palette.accent].into_iter().chain(spoken) {
                    // WCAG 2.2 asks for 4.5 (success criterion 1.4.3).
                    let contrast = contrast(colour, ground);
                    assert!(
                        contrast >= 4.5,
                        "{theme:?} {colour:?} {ground:?} {contrast}"
                    );
                }
            }
            assert!(contrast(palette.on_accent, palette.accent) >= 4.5);
        }
    }
}
