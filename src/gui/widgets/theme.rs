//! The theme: two sizes of text, light and dark colours, and the fonts.

use std::sync::Arc;

use eframe::egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Stroke,
    Style, TextStyle, Theme, Ui, Vec2, Visuals,
};
use lucide_icons::LUCIDE_FONT_BYTES;

use super::{HALF, STEP};

/// The name of the font with the icons.
const ICONS: &str = "icons";

/// The size of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::gui) enum TextSize {
    /// For one person at a desk.
    #[default]
    Normal,
    /// For the last row of a lecture hall.
    Projector,
}

impl TextSize {
    /// The height of running text, in points.
    fn text(self) -> f32 {
        match self {
            TextSize::Normal => 14.0,
            TextSize::Projector => 20.0,
        }
    }
}

/// The colours that egui does not have.
#[derive(Clone, Copy)]
pub(in crate::gui) struct Palette {
    /// Controls for the main action, and what is chosen.
    pub(in crate::gui) accent: Color32,
    /// Text on the accent.
    pub(in crate::gui) on_accent: Color32,
    /// The ground of a chosen control.
    pub(in crate::gui) chosen: Color32,
    /// Less important text.
    pub(in crate::gui) faint: Color32,
    /// Lines of the client.
    pub(in crate::gui) client: Color32,
    /// Lines of the server.
    pub(in crate::gui) server: Color32,
    /// Errors.
    pub(in crate::gui) wrong: Color32,
    /// The ground of a pane beside the main one.
    pub(in crate::gui) beside: Color32,
    /// The line between panes.
    pub(in crate::gui) line: Color32,
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

/// The colours of the present theme.
pub(in crate::gui) fn palette(ui: &Ui) -> Palette {
    if ui.visuals().dark_mode { DARK } else { LIGHT }
}

/// Sets the fonts, and the style of both themes.
pub(in crate::gui) fn apply(window: &Context, size: TextSize) {
    let mut fonts = FontDefinitions::default();
    let icons = Arc::new(FontData::from_static(LUCIDE_FONT_BYTES));
    fonts.font_data.insert(ICONS.to_owned(), icons);
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts.families.entry(family).or_default().push(ICONS.to_owned());
    }
    window.set_fonts(fonts);
    window.set_style_of(Theme::Light, style(Theme::Light, LIGHT, size));
    window.set_style_of(Theme::Dark, style(Theme::Dark, DARK, size));
}

fn style(theme: Theme, palette: Palette, size: TextSize) -> Style {
    let mut style = Style { visuals: theme.default_visuals(), ..Style::default() };
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
    style.spacing.icon_width = text + 2.0;
    style.spacing.icon_width_inner = text - 4.0;
    style.spacing.window_margin = Margin::same(16);
    style.spacing.menu_margin = Margin::same(8);
    colour(&mut style.visuals, palette);
    style
}

fn colour(visuals: &mut Visuals, palette: Palette) {
    let (main, text, field) = if visuals.dark_mode {
        (
            Color32::from_rgb(0x22, 0x27, 0x2e),
            Color32::from_rgb(0xe6, 0xea, 0xef),
            Color32::from_rgb(0x16, 0x1a, 0x1f),
        )
    } else {
        let text = Color32::from_rgb(0x1c, 0x22, 0x29);
        (Color32::WHITE, text, Color32::WHITE)
    };
    visuals.panel_fill = main;
    visuals.window_fill = main;
    visuals.faint_bg_color = palette.beside;
    visuals.extreme_bg_color = field;
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

#[cfg(test)]
mod tests {
    use eframe::egui::Rgba;

    use super::*;

    /// The relative luminance of a colour, from 0 to 1 (WCAG 2.2).
    fn luminance(colour: Color32) -> f32 {
        let linear = Rgba::from(colour);
        0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
    }

    fn contrast(one: Color32, other: Color32) -> f32 {
        let one = luminance(one);
        let other = luminance(other);
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_text_has_enough_contrast_on_every_ground() {
        for (theme, palette) in [(Theme::Light, LIGHT), (Theme::Dark, DARK)] {
            let visuals = style(theme, palette, TextSize::Normal).visuals;
            let grounds = [visuals.panel_fill, palette.beside, palette.chosen];
            let text = visuals.text_color();
            let faint = palette.faint;
            let spoken = [palette.client, palette.server, palette.wrong];
            for ground in grounds {
                for colour in [text, faint, palette.accent].into_iter().chain(spoken) {
                    // WCAG 2.2 requires 4.5 (success criterion 1.4.3).
                    let contrast = contrast(colour, ground);
                    assert!(contrast >= 4.5, "{theme:?} {colour:?} {ground:?} {contrast}");
                }
            }
            assert!(contrast(palette.on_accent, palette.accent) >= 4.5);
        }
    }
}
