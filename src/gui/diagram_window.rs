//! The states of a protocol as a diagram: boxes and arrows, the present state lit, and the commands
//! that are legal in it.

use eframe::egui::epaint::CubicBezierShape;
use eframe::egui::{
    Align2, Color32, Context, FontId, Id, Painter, Pos2, Rect, RichText, ScrollArea, Sense, Stroke,
    StrokeKind, Style, TextStyle, Ui, Vec2, WidgetInfo, Window, accesskit::Role, vec2,
};

use lucide_icons::Icon;

use super::model::conversations::ObservedConnection;
use super::model::diagram_layout::{Arrow, DiagramLayout, StateBox};
use super::widgets;
use crate::teaching::explain::{Diagram, Observer, State, Texts};

/// What everything in the drawing is measured by, in points: it grows with the text.
#[derive(Clone, Copy)]
struct DiagramScale {
    /// The height of running text.
    text: f32,
    /// The box of a state.
    state: Vec2,
    /// From one column to the next, and from one row to the next.
    column: f32,
    row: f32,
}

/// How long the head of an arrow is.
const HEAD: f32 = 7.0;

/// How far two arrows stand from each other that lead back and forth.
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

    /// How far the curves reach that go around boxes: not as far as the next column.
    fn bulge(&self) -> f32 {
        0.41 * self.column
    }

    /// So many rows, with room for the boxes at both sides.
    fn room(&self, rows: usize) -> Vec2 {
        let width = 2.0 * self.column + self.state.x + 6.0 * widgets::STEP;
        vec2(width, rows as f32 * self.row)
    }
}

/// Draws the window while it is open.
pub(super) fn show(
    window: &Context,
    open: &mut bool,
    texts: &Texts,
    conversation: &ObservedConnection,
) {
    let Some(observer) = &conversation.observer else {
        return;
    };
    let name = observer.protocol().name().to_uppercase();
    let measure = DiagramScale::of(&window.global_style());
    // Each size of text has its own size of window.
    let id = Id::unique(("states", measure.text as u32));
    Window::new(format!("The states of {name}"))
        .id(id)
        .open(open)
        .collapsible(false)
        .default_size([measure.room(0).x + 9.0 * widgets::STEP, 10.0 * measure.row])
        .show(window, |ui| {
            ui.spacing_mut().interact_size.y = 0.0;
            ScrollArea::both().show(ui, |ui| diagram(ui, texts, observer, measure));
            ui.separator();
            legal(ui, conversation);
        });
}

/// The commands that are legal now.
pub(super) fn legal(ui: &mut Ui, conversation: &ObservedConnection) {
    let faint = widgets::palette(ui).faint;
    if conversation.ended {
        let number = conversation.connection.number;
        let words = format!("Connection #{number} has ended: nothing more is said on it.");
        ui.label(RichText::new(words).color(faint));
        return;
    }
    let Some(observer) = &conversation.observer else {
        return;
    };
    ui.horizontal_wrapped(|ui| {
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

fn diagram(ui: &mut Ui, texts: &Texts, observer: &Observer, measure: DiagramScale) {
    let here = observer.state();
    let diagram = Diagram::of(observer.protocol());
    let here_drawing = DiagramLayout::of(diagram, Some(here));
    let room = measure.room(here_drawing.rows);
    let (area, _) = ui.allocate_exact_size(room, Sense::hover());
    let boxes: Vec<Rect> = here_drawing
        .places
        .iter()
        .map(|place| place_of(area, place, measure))
        .collect();
    let pointed = ui.input(|input| input.pointer.hover_pos());
    let pointed = boxes
        .iter()
        .position(|rect| pointed.is_some_and(|at| rect.contains(at)));
    let lit = pointed.map_or(here, |at| here_drawing.places[at].state);
    // The ways of another state, if the pointer is on it; the places, and so the boxes, are the same for all.
    let drawing = DiagramLayout::of(diagram, Some(lit));
    let labels = arrows(ui, area, &drawing, (&boxes, lit), measure);
    for (place, rect) in drawing.places.iter().zip(&boxes) {
        state(ui, texts, observer, place.state, *rect, measure);
    }
    for (at, words, is_lit) in labels {
        label(ui, at, words, is_lit, measure);
    }
}

/// The commands of an arrow: where they stand, and whether they are those of the state that is lit.
type ArrowLabel = ((Pos2, Align2), String, bool);

/// Draws the arrows between these boxes, of which one is lit; returns what is to be written over them.
fn arrows(
    ui: &Ui,
    area: Rect,
    drawing: &DiagramLayout,
    (boxes, lit): (&[Rect], State),
    measure: DiagramScale,
) -> Vec<ArrowLabel> {
    let painter = ui.painter_at(area);
    let mut labels = Vec::new();
    for way in &drawing.ways {
        let (from, to) = (&drawing.places[way.from], &drawing.places[way.to]);
        let is_lit = from.state == lit;
        if is_lit || to.row >= from.row {
            let ends = (boxes[way.from], boxes[way.to]);
            let at = arrow(&painter, (from, to), ends, measure, stroke(ui, is_lit));
            let is_next = from.column == 0 && to.column == 0 && to.row == from.row + 1;
            // Between two boxes there is room for the commands of one way: of the lit one that leads back.
            let is_alone = !(to.state == lit && drawing.has_way(way.to, way.from));
            if is_lit || is_next && is_alone {
                labels.push((at, by(way), is_lit));
            }
        }
    }
    labels
}

fn stroke(ui: &Ui, lit: bool) -> Stroke {
    let palette = widgets::palette(ui);
    match lit {
        true => Stroke::new(2.0, palette.accent),
        false => Stroke::new(1.0, palette.faint.gamma_multiply(0.6)),
    }
}

fn place_of(area: Rect, place: &StateBox, measure: DiagramScale) -> Rect {
    let x = area.center().x + place.column as f32 * measure.column;
    let y = area.top() + place.row as f32 * measure.row + measure.state.y / 2.0 + widgets::HALF;
    Rect::from_center_size(Pos2::new(x, y), measure.state)
}

fn state(
    ui: &mut Ui,
    texts: &Texts,
    observer: &Observer,
    state: State,
    rect: Rect,
    measure: DiagramScale,
) {
    let palette = widgets::palette(ui);
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
    let font = FontId::proportional(measure.text - 1.0);
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

/// An arrow from one box to another; returns where its commands stand, and with which of their edges.
fn arrow(
    painter: &Painter,
    (from, to): (&StateBox, &StateBox),
    (begin, end): (Rect, Rect),
    measure: DiagramScale,
    stroke: Stroke,
) -> (Pos2, Align2) {
    match from.column == to.column && from.row.abs_diff(to.row) > 1 {
        true => {
            let at = curve(painter, begin, end, measure.bulge(), stroke);
            (at, Align2::RIGHT_CENTER)
        }
        false => {
            let at = straight(painter, (from, to), begin, end, stroke);
            (at, Align2::CENTER_CENTER)
        }
    }
}

/// The commands of an arrow, over everything else.
fn label(ui: &Ui, (at, edge): (Pos2, Align2), words: String, lit: bool, measure: DiagramScale) {
    let palette = widgets::palette(ui);
    let colour = if lit { palette.accent } else { palette.faint };
    let font = FontId::monospace(measure.text - 3.0);
    let text = ui.painter().layout_no_wrap(words, font, colour);
    let rect = edge.anchor_size(at, text.size()).expand(1.0);
    ui.painter()
        .rect_filled(rect, 2.0, ui.visuals().window_fill);
    ui.painter().galley(rect.min + vec2(1.0, 1.0), text, colour);
}

/// The commands on an arrow: the first, and how many more.
fn by(way: &Arrow) -> String {
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
    (from, to): (&StateBox, &StateBox),
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

/// Draws an arrow around the boxes between; returns where its commands end.
fn curve(painter: &Painter, begin: Rect, end: Rect, bulge: f32, stroke: Stroke) -> Pos2 {
    let bulge = vec2(-bulge, 0.0);
    let (a, b) = (begin.left_center(), end.left_center());
    let points = [a, a + bulge, b + bulge, b];
    let shape = CubicBezierShape::from_points_stroke(points, false, Color32::TRANSPARENT, stroke);
    // Between two rows, where no box is, and the commands of no other arrow are.
    let beside = shape.sample(0.7) - vec2(widgets::HALF, 0.0);
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
