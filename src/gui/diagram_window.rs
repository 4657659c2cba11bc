//! The window *States*: a protocol's states as a diagram in which the present state is lit, and the commands that are
//! legal in it.

use eframe::egui::epaint::CubicBezierShape;
use eframe::egui::{
    Align2, Color32, Context, FontId, Id, Painter, Pos2, Rect, RichText, ScrollArea, Sense, Stroke,
    StrokeKind, Style, TextStyle, Ui, Vec2, WidgetInfo, Window, accesskit::Role, vec2,
};
use lucide_icons::Icon;

use super::model::conversations::ObservedConnection;
use super::model::diagram_layout::{Arrow, DiagramLayout, StateBox};
use super::widgets;
use crate::teaching::explain::{Diagram, Observer, ProtocolState, Texts};

/// The sizes in the diagram in points. They grow with the text.
#[derive(Clone, Copy)]
struct DiagramScale {
    /// The height of running text.
    text: f32,
    /// The box of a state.
    state: Vec2,
    /// The distance from one column to the next.
    column: f32,
    /// The distance from one row to the next.
    row: f32,
}

/// The length of an arrow's head.
const HEAD: f32 = 7.0;

/// The distance of two arrows that lead back and forth.
const APART: f32 = 9.0;

impl DiagramScale {
    fn of(style: &Style) -> DiagramScale {
        let text = TextStyle::Body.resolve(style).size;
        let state = vec2(9.7 * text, text + 2.0 * widgets::STEP);
        DiagramScale {
            text,
            state,
            column: 16.0 * text,
            row: state.y + text + 2.0 * widgets::STEP + widgets::HALF,
        }
    }

    /// The reach of curves that go around boxes, which is less than a column.
    fn bulge(&self) -> f32 {
        0.41 * self.column
    }

    /// The size of this many rows, with room for the boxes at both sides.
    fn area(&self, rows: usize) -> Vec2 {
        let width = 2.0 * self.column + self.state.x + 6.0 * widgets::STEP;
        vec2(width, rows as f32 * self.row)
    }

    /// Where a box is drawn.
    fn place(&self, area: Rect, state_box: &StateBox) -> Rect {
        let x = area.center().x + state_box.column as f32 * self.column;
        let y = area.top() + state_box.row as f32 * self.row + self.state.y / 2.0 + widgets::HALF;
        Rect::from_center_size(Pos2::new(x, y), self.state)
    }
}

/// Draws the window while it is open.
pub(super) fn show(
    window: &Context,
    open: &mut bool,
    texts: &Texts,
    connection: &ObservedConnection,
) {
    let Some(observer) = &connection.observer else {
        return;
    };
    let name = observer.protocol().name().to_uppercase();
    let scale = DiagramScale::of(&window.global_style());
    // Each size of text has a window size of its own.
    let id = Id::unique(("states", scale.text as u32));
    Window::new(format!("The states of {name}"))
        .id(id)
        .open(open)
        .collapsible(false)
        .default_size([scale.area(0).x + 9.0 * widgets::STEP, 10.0 * scale.row])
        .show(window, |ui| {
            ui.spacing_mut().interact_size.y = 0.0;
            ScrollArea::both().show(ui, |ui| diagram(ui, texts, observer, scale));
            ui.separator();
            legal_commands(ui, connection);
        });
}

/// Draws the commands that are legal now.
pub(super) fn legal_commands(ui: &mut Ui, connection: &ObservedConnection) {
    let faint = widgets::palette(ui).faint;
    if connection.ended {
        let number = connection.connection.number;
        let words = format!("Connection #{number} has ended: no more lines will follow.");
        ui.label(RichText::new(words).color(faint));
        return;
    }
    let Some(observer) = &connection.observer else {
        return;
    };
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new("Legal now:").color(faint));
        let legal = observer.legal();
        if legal.is_empty() {
            ui.label("nothing; it is the server's turn");
        }
        for verb in legal {
            ui.label(RichText::new(verb).monospace());
        }
    });
}

/// A diagram that is being drawn.
struct Drawing {
    layout: DiagramLayout,
    scale: DiagramScale,
    /// Where the boxes of the layout are.
    rects: Vec<Rect>,
    /// The state whose arrows are lit.
    lit: ProtocolState,
    painter: Painter,
}

/// The commands on an arrow.
struct ArrowLabel {
    place: Pos2,
    /// The edge of the text that is at the place.
    edge: Align2,
    text: String,
    is_lit: bool,
}

fn diagram(ui: &mut Ui, texts: &Texts, observer: &Observer, scale: DiagramScale) {
    let here = observer.state();
    let diagram = Diagram::of(observer.protocol());
    let layout = DiagramLayout::of(diagram, Some(here));
    let (area, _) = ui.allocate_exact_size(scale.area(layout.rows), Sense::hover());
    let boxes = layout.boxes.iter();
    let rects: Vec<Rect> = boxes.map(|one| scale.place(area, one)).collect();
    let mut lit = here;
    if let Some(pointer) = ui.input(|input| input.pointer.hover_pos())
        && let Some(at) = rects.iter().position(|rect| rect.contains(pointer))
    {
        lit = layout.boxes[at].state;
    }
    let drawing = Drawing {
        // The boxes are the same for every lit state; the arrows to the end are not.
        layout: DiagramLayout::of(diagram, Some(lit)),
        scale,
        rects,
        lit,
        painter: ui.painter_at(area),
    };
    let labels = drawing.arrows(ui);
    for (state_box, rect) in drawing.layout.boxes.iter().zip(&drawing.rects) {
        state(ui, texts, observer, state_box.state, *rect, scale);
    }
    for label in labels {
        draw_label(ui, label, scale);
    }
}

impl Drawing {
    /// Draws the arrows; returns the labels, which are drawn over the boxes.
    fn arrows(&self, ui: &Ui) -> Vec<ArrowLabel> {
        let mut labels = Vec::new();
        for arrow in &self.layout.arrows {
            let from = &self.layout.boxes[arrow.from];
            let to = &self.layout.boxes[arrow.to];
            let is_lit = from.state == self.lit;
            if !is_lit && to.row < from.row {
                continue;
            }
            let (place, edge) = self.arrow(arrow, stroke(ui, is_lit));
            let is_next = from.column == 0 && to.column == 0 && to.row == from.row + 1;
            // Between two boxes there is room for one label: that of the lit arrow which leads back.
            let is_alone = to.state != self.lit || !self.layout.has_arrow(arrow.to, arrow.from);
            if is_lit || is_next && is_alone {
                labels.push(ArrowLabel { place, edge, text: label_text(arrow), is_lit });
            }
        }
        labels
    }

    /// Draws an arrow; returns the place of its label, and which edge of the text is there.
    fn arrow(&self, arrow: &Arrow, stroke: Stroke) -> (Pos2, Align2) {
        let from = &self.layout.boxes[arrow.from];
        let to = &self.layout.boxes[arrow.to];
        let begin = self.rects[arrow.from];
        let end = self.rects[arrow.to];
        if from.column == to.column && from.row.abs_diff(to.row) > 1 {
            let place = self.curve(begin, end, stroke);
            return (place, Align2::RIGHT_CENTER);
        }
        let (a, b) = self.straight(begin, end, stroke);
        // A label of a slanting arrow is not in the very middle, where arrows cross.
        let part = if from.column == to.column { 0.5 } else { 0.4 };
        (a.lerp(b, part), Align2::CENTER_CENTER)
    }

    /// Draws a straight arrow; returns its two ends.
    fn straight(&self, begin: Rect, end: Rect, stroke: Stroke) -> (Pos2, Pos2) {
        let direction = (end.center() - begin.center()).normalized();
        // Arrows back and forth are side by side.
        let aside = direction.rot90() * APART;
        let a = edge(begin, begin.center() + aside, direction);
        let b = edge(end, end.center() + aside, -direction);
        self.painter.line_segment([a, b], stroke);
        self.head(b, direction, stroke);
        (a, b)
    }

    /// Draws an arrow around the boxes between; returns the place where its label ends.
    fn curve(&self, begin: Rect, end: Rect, stroke: Stroke) -> Pos2 {
        let bulge = vec2(-self.scale.bulge(), 0.0);
        let a = begin.left_center();
        let b = end.left_center();
        let points = [a, a + bulge, b + bulge, b];
        let shape =
            CubicBezierShape::from_points_stroke(points, false, Color32::TRANSPARENT, stroke);
        // Between two rows, where neither a box nor another label is.
        let beside = shape.sample(0.7) - vec2(widgets::HALF, 0.0);
        self.painter.add(shape);
        self.head(b, vec2(1.0, 0.0), stroke);
        beside
    }

    fn head(&self, at: Pos2, direction: Vec2, stroke: Stroke) {
        for side in [0.45_f32, -0.45] {
            let (sin, cos) = side.sin_cos();
            let back =
                vec2(direction.x * cos - direction.y * sin, direction.x * sin + direction.y * cos);
            self.painter.line_segment([at, at - back * HEAD], stroke);
        }
    }
}

fn stroke(ui: &Ui, is_lit: bool) -> Stroke {
    let palette = widgets::palette(ui);
    if is_lit {
        Stroke::new(2.0, palette.accent)
    } else {
        Stroke::new(1.0, palette.faint.gamma_multiply(0.6))
    }
}

/// Draws the box of a state.
fn state(
    ui: &mut Ui,
    texts: &Texts,
    observer: &Observer,
    state: ProtocolState,
    rect: Rect,
    scale: DiagramScale,
) {
    let palette = widgets::palette(ui);
    let entry = texts.state(observer.protocol(), state);
    let title = entry.map_or(state.key(), |entry| entry.title.as_str());
    let mut ground = ui.visuals().panel_fill;
    let mut colour = ui.visuals().text_color();
    let mut stroke = Stroke::new(1.0, palette.faint);
    let mut words = title.to_owned();
    let mut name = format!("State {title}");
    if observer.state() == state {
        ground = palette.accent;
        colour = palette.on_accent;
        stroke = Stroke::new(2.0, palette.accent);
        words = format!("{} {title}", char::from(Icon::MapPin));
        name.push_str(": here");
    }
    let painter = ui.painter();
    painter.rect(rect, 6.0, ground, stroke, StrokeKind::Inside);
    let font = FontId::proportional(scale.text - 1.0);
    painter.text(rect.center(), Align2::CENTER_CENTER, words, font, colour);
    let response = ui.interact(rect, ui.scope_id().with(state.key()), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
    if let Some(entry) = entry {
        response.on_hover_text(&entry.says);
    }
}

fn draw_label(ui: &Ui, label: ArrowLabel, scale: DiagramScale) {
    let palette = widgets::palette(ui);
    let colour = if label.is_lit { palette.accent } else { palette.faint };
    let painter = ui.painter();
    let font = FontId::monospace(scale.text - 3.0);
    let text = painter.layout_no_wrap(label.text, font, colour);
    let rect = label.edge.anchor_size(label.place, text.size()).expand(1.0);
    painter.rect_filled(rect, 2.0, ui.visuals().window_fill);
    painter.galley(rect.min + vec2(1.0, 1.0), text, colour);
}

/// The first commands on an arrow, and how many more there are.
fn label_text(arrow: &Arrow) -> String {
    match arrow.by.as_slice() {
        [one] => one.clone(),
        [one, two] => format!("{one}, {two}"),
        [one, two, more @ ..] => format!("{one}, {two} +{}", more.len()),
        [] => String::new(),
    }
}

/// The point where a line from inside a box leaves it in this direction.
fn edge(rect: Rect, inside: Pos2, direction: Vec2) -> Pos2 {
    let across = |to_max: f32, to_min: f32, along: f32| {
        if along > f32::EPSILON {
            to_max / along
        } else if along < -f32::EPSILON {
            to_min / along
        } else {
            f32::INFINITY
        }
    };
    let to_max = rect.max - inside;
    let to_min = rect.min - inside;
    let x = across(to_max.x, to_min.x, direction.x);
    let y = across(to_max.y, to_min.y, direction.y);
    inside + direction * x.min(y)
}
