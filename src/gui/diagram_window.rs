//! The states of a protocol as a diagram: boxes and arrows, the present state lit, and the commands
//! that are legal in it.

use eframe::egui::epaint::CubicBezierShape;
use eframe::egui::{
    Align2, Color32, Context, FontId, Id, Painter, Pos2, Rect, RichText, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, Window, accesskit::Role, vec2,
};

use lucide_icons::Icon;

use super::look;
use super::model::states::{Drawing, Place, Way};
use crate::protocol::explain::{Diagram, Observer, State, Texts};

/// A box, the distance from one column to the next, and from one row to the next, in points.
const BOX: Vec2 = vec2(136.0, 30.0);
const COLUMN: f32 = 224.0;
const ROW: f32 = 66.0;

/// How far the curves reach that go around boxes: not as far as the next column.
const BULGE: f32 = 92.0;

/// How far the commands of a curve stand to its left.
const CURVE_LABEL: f32 = 52.0;

/// How long the head of an arrow is.
const HEAD: f32 = 7.0;

/// How far two arrows stand from each other that lead back and forth.
const APART: f32 = 9.0;

/// Draws the window while it is open.
pub(super) fn show(window: &Context, open: &mut bool, texts: &Texts, observer: &Observer) {
    let name = observer.protocol().name().to_uppercase();
    Window::new(format!("The states of {name}"))
        .id(Id::unique("states"))
        .open(open)
        .collapsible(false)
        .default_size([700.0, 580.0])
        .show(window, |ui| {
            ScrollArea::both().show(ui, |ui| diagram(ui, texts, observer));
            ui.separator();
            legal(ui, observer);
        });
}

/// The commands that are legal now.
pub(super) fn legal(ui: &mut Ui, observer: &Observer) {
    let faint = look::palette(ui).faint;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        ui.label(RichText::new("Legal now:").color(faint));
        let legal = observer.legal();
        if legal.is_empty() {
            ui.label("nothing; the other side speaks");
        }
        for verb in legal {
            ui.label(RichText::new(verb).monospace());
        }
    });
}

fn diagram(ui: &mut Ui, texts: &Texts, observer: &Observer) {
    let here = observer.state();
    let diagram = Diagram::of(observer.protocol());
    let rows = Drawing::of(diagram, Some(here));
    let size = vec2(2.0 * COLUMN + BOX.x + 48.0, rows.rows as f32 * ROW);
    let (area, _) = ui.allocate_exact_size(size, Sense::hover());
    let boxes: Vec<Rect> = rows
        .places
        .iter()
        .map(|place| place_of(area, place))
        .collect();
    let pointed = ui.input(|input| input.pointer.hover_pos());
    let pointed = boxes
        .iter()
        .position(|rect| pointed.is_some_and(|at| rect.contains(at)));
    let lit = pointed.map_or(here, |at| rows.places[at].state);
    // The arrows of another state, if the pointer is on it.
    let drawing = Drawing::of(diagram, Some(lit));
    let painter = ui.painter_at(area);
    let mut labels = Vec::new();
    for way in &drawing.ways {
        let (from, to) = (&drawing.places[way.from], &drawing.places[way.to]);
        let is_lit = from.state == lit;
        if is_lit || to.row >= from.row {
            let ends = (boxes[way.from], boxes[way.to]);
            let at = arrow(&painter, (from, to), ends, stroke(ui, is_lit));
            let is_next = from.column == 0 && to.column == 0 && to.row == from.row + 1;
            if is_lit || is_next {
                labels.push((at, by(way), is_lit));
            }
        }
    }
    for (place, rect) in drawing.places.iter().zip(&boxes) {
        state(ui, texts, observer, place.state, *rect);
    }
    for (at, words, is_lit) in labels {
        label(ui, at, words, is_lit);
    }
}

fn stroke(ui: &Ui, lit: bool) -> Stroke {
    let palette = look::palette(ui);
    match lit {
        true => Stroke::new(2.0, palette.accent),
        false => Stroke::new(1.0, palette.faint.gamma_multiply(0.6)),
    }
}

fn place_of(area: Rect, place: &Place) -> Rect {
    let x = area.center().x + place.column as f32 * COLUMN;
    let y = area.top() + place.row as f32 * ROW + BOX.y / 2.0 + look::HALF;
    Rect::from_center_size(Pos2::new(x, y), BOX)
}

fn state(ui: &mut Ui, texts: &Texts, observer: &Observer, state: State, rect: Rect) {
    let palette = look::palette(ui);
    let is_here = observer.state() == state;
    let entry = texts.state(observer.protocol(), state);
    let title = entry.map_or(state.key(), |entry| entry.title.as_str());
    let (ground, text, stroke) = match is_here {
        true => (
            palette.accent,
            palette.on_accent,
            Stroke::new(2.0, palette.accent),
        ),
        false => (
            ui.visuals().panel_fill,
            ui.visuals().text_color(),
            Stroke::new(1.0, palette.faint),
        ),
    };
    ui.painter()
        .rect(rect, 6.0, ground, stroke, StrokeKind::Inside);
    let words = match is_here {
        true => format!("{} {title}", char::from(Icon::MapPin)),
        false => title.to_owned(),
    };
    let font = FontId::proportional(13.0);
    ui.painter()
        .text(rect.center(), Align2::CENTER_CENTER, words, font, text);
    let response = ui.interact(rect, ui.scope_id().with(state.key()), Sense::hover());
    let name = match is_here {
        true => format!("State {title}: here"),
        false => format!("State {title}"),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
    if let Some(entry) = entry {
        response.on_hover_text(&entry.says);
    }
}

/// An arrow from one box to another; returns where its commands stand.
fn arrow(
    painter: &Painter,
    (from, to): (&Place, &Place),
    (begin, end): (Rect, Rect),
    stroke: Stroke,
) -> Pos2 {
    match from.column == to.column && from.row.abs_diff(to.row) > 1 {
        true => curve(painter, begin, end, stroke),
        false => straight(painter, (from, to), begin, end, stroke),
    }
}

/// The commands of an arrow, over everything else.
fn label(ui: &Ui, at: Pos2, words: String, lit: bool) {
    let palette = look::palette(ui);
    let colour = if lit { palette.accent } else { palette.faint };
    let text = ui
        .painter()
        .layout_no_wrap(words, FontId::monospace(11.0), colour);
    let rect = Rect::from_center_size(at, text.size()).expand(1.0);
    ui.painter()
        .rect_filled(rect, 2.0, ui.visuals().window_fill);
    ui.painter().galley(rect.min + vec2(1.0, 1.0), text, colour);
}

/// The commands on an arrow: the first, and how many more.
fn by(way: &Way) -> String {
    match way.by.as_slice() {
        [one] => one.clone(),
        [one, two] => format!("{one}, {two}"),
        [one, two, more @ ..] => format!("{one}, {two} +{}", more.len()),
        [] => String::new(),
    }
}

/// Draws a straight arrow; returns where its commands stand.
fn straight(
    painter: &Painter,
    (from, to): (&Place, &Place),
    begin: Rect,
    end: Rect,
    stroke: Stroke,
) -> Pos2 {
    let direction = (end.center() - begin.center()).normalized();
    // Back and forth stand side by side.
    let aside = direction.rot90() * APART;
    let (a, b) = (
        edge(begin, begin.center() + aside, direction),
        edge(end, end.center() + aside, -direction),
    );
    painter.line_segment([a, b], stroke);
    head(painter, b, direction, stroke);
    // Not in the very middle, where arrows cross.
    match from.column == to.column {
        true => a.lerp(b, 0.5),
        false => a.lerp(b, 0.4),
    }
}

/// Draws an arrow around the boxes between; returns where its commands stand.
fn curve(painter: &Painter, begin: Rect, end: Rect, stroke: Stroke) -> Pos2 {
    let bulge = vec2(-BULGE, 0.0);
    let (a, b) = (begin.left_center(), end.left_center());
    let points = [a, a + bulge, b + bulge, b];
    let shape = CubicBezierShape::from_points_stroke(points, false, Color32::TRANSPARENT, stroke);
    // Between two rows, where no box is.
    let beside = shape.sample(0.3) - vec2(CURVE_LABEL, 0.0);
    painter.add(shape);
    head(painter, b, vec2(1.0, 0.0), stroke);
    beside
}

/// Where a line in this direction leaves the box that it begins in.
fn edge(rect: Rect, inside: Pos2, direction: Vec2) -> Pos2 {
    let across = |ahead: f32, behind: f32, along: f32| match along {
        along if along > f32::EPSILON => ahead / along,
        along if along < -f32::EPSILON => behind / along,
        _ => f32::INFINITY,
    };
    let (ahead, behind) = (rect.max - inside, rect.min - inside);
    let x = across(ahead.x, behind.x, direction.x);
    let y = across(ahead.y, behind.y, direction.y);
    inside + direction * x.min(y)
}

fn head(painter: &Painter, at: Pos2, direction: Vec2, stroke: Stroke) {
    for side in [0.45_f32, -0.45] {
        let (sin, cos) = side.sin_cos();
        let back = vec2(
            direction.x * cos - direction.y * sin,
            direction.x * sin + direction.y * cos,
        );
        painter.line_segment([at, at - back * HEAD], stroke);
    }
}
