//! The pane with the list of messages: the search, the order, and the visible rows.

use std::sync::Arc;
use std::time::SystemTime;

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    Align2, Color32, FontId, Frame, Galley, Margin, Panel, Pos2, ProgressBar, Rect, Response,
    RichText, ScrollArea, Sense, TextEdit, TextFormat, TextStyle, Ui, WidgetInfo, accesskit::Role,
    pos2, vec2,
};
use jiff::Zoned;
use lucide_icons::Icon;

use super::open_account::{ConnectionState, OpenAccount};
use crate::gui::model::message_list::{Column, MessageRow, Select};
use crate::gui::widgets::{self, HALF, Palette, STEP};
use crate::mail::message::Flag;
use crate::teaching::text::{local_date, readable_size};

/// The columns by which the list can be sorted, with the names of their buttons.
const COLUMNS: [(Column, &str); 4] = [
    (Column::Received, "Received"),
    (Column::From, "From"),
    (Column::Subject, "Subject"),
    (Column::Size, "Size"),
];

/// The pane.
#[derive(Default)]
pub(super) struct ListPane {
    /// Gives the keyboard to the search field.
    pub(super) focus_search: bool,
    /// Scrolls to the row at which the keyboard is.
    pub(super) follow: bool,
}

impl ListPane {
    /// Draws the list; returns the message that was opened.
    pub(super) fn show(&mut self, ui: &mut Ui, account: &mut OpenAccount) -> Option<u32> {
        show_state(ui, account);
        show_done(ui, account);
        self.search(ui, account);
        sorting(ui, account);
        if account.list.folder.is_some() && account.list.is_empty() {
            self.empty(ui, account);
            return None;
        }
        self.rows(ui, account)
    }

    fn empty(&mut self, ui: &mut Ui, account: &mut OpenAccount) {
        let folder = account.list.folder.as_deref().unwrap_or_default();
        if account.state == ConnectionState::Connecting {
            ui.spinner();
        } else if account.list.search.is_empty() {
            let headline = format!("{folder} is empty");
            let what_to_do = "New mail appears here automatically.";
            widgets::empty(ui, Icon::MailOpen, &headline, what_to_do);
        } else {
            if widgets::button(ui, Icon::X, "Clear the search").clicked() {
                account.list.search.clear();
                account.refresh();
            }
            let what_to_do = "Clear the search to see all messages.";
            widgets::empty(ui, Icon::SearchX, "Nothing found", what_to_do);
        }
    }

    fn search(&mut self, ui: &mut Ui, account: &mut OpenAccount) {
        let hint = format!("{} Search this folder", char::from(Icon::Search));
        let edit = TextEdit::singleline(&mut account.list.search)
            .hint_text(hint)
            .desired_width(f32::INFINITY)
            .margin(Margin::symmetric(8, 5));
        let field = widgets::named(ui.add(edit), Role::SearchInput, "Search this folder");
        if std::mem::take(&mut self.focus_search) {
            field.request_focus();
        }
        let entered = widgets::entered(ui, &field);
        let cleared = field.changed() && account.list.search.is_empty();
        if entered || cleared {
            account.refresh();
        }
    }

    fn rows(&mut self, ui: &mut Ui, account: &mut OpenAccount) -> Option<u32> {
        let mut clicked = None;
        let height = row_height(ui);
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut area =
            ScrollArea::vertical().auto_shrink(false).id_salt(("list", &account.list.folder));
        if std::mem::take(&mut self.follow)
            && let Some(at) = account.list.cursor()
        {
            area = area.vertical_scroll_offset(centred(ui, at, height));
        }
        area.show_rows(ui, height, account.list.len(), |ui, visible| {
            for at in visible.clone() {
                let Some((uid, row)) = account.list.row(at) else {
                    break;
                };
                let is_open = account.shown.as_ref().is_some_and(|shown| shown.uid == uid);
                let chosen = account.list.is_selected(uid) || is_open;
                if draw(ui, row, chosen, height).clicked() {
                    clicked = Some(at);
                }
            }
            account.fetch_visible(visible);
        });
        let at = clicked?;
        let modifiers = ui.input(|input| input.modifiers);
        if modifiers.shift {
            account.list.select(at, Select::UpTo);
            return None;
        }
        if modifiers.command {
            account.list.select(at, Select::Toggle);
            return None;
        }
        account.list.select(at, Select::Only);
        account.list.row(at).map(|(uid, _)| uid)
    }
}

/// The scroll offset at which this row is in the middle.
fn centred(ui: &Ui, at: usize, height: f32) -> f32 {
    (at as f32 * height - (ui.available_height() - height) / 2.0).max(0.0)
}

fn sorting(ui: &mut Ui, account: &mut OpenAccount) {
    let order = account.list.order;
    let mut wanted = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for (column, name) in COLUMNS {
            let chosen = order.column == column;
            let (arrow, direction) = match (chosen, order.descending) {
                (false, _) => (None, ""),
                (true, true) => (Some(Icon::ArrowDown), ", now descending"),
                (true, false) => (Some(Icon::ArrowUp), ", now ascending"),
            };
            let words = match arrow {
                Some(arrow) => format!("{name} {}", char::from(arrow)),
                None => name.to_owned(),
            };
            let response = widgets::choice(ui, chosen, &words);
            let spoken = format!("Sort by {name}{direction}");
            if widgets::named(response, Role::Button, &spoken).clicked() {
                wanted = Some(order.clicked(column));
            }
        }
    });
    if let Some(wanted) = wanted {
        account.list.order = wanted;
        account.refresh();
    }
    if !account.sorted {
        ui.label(
            RichText::new("This server cannot sort. The list is in the order of arrival.").small(),
        );
    }
}

fn row_height(ui: &Ui) -> f32 {
    let text = ui.text_style_height(&TextStyle::Body) + ui.text_style_height(&TextStyle::Small);
    text + 2.0 * STEP + HALF
}

/// Draws a row; `None` stands for one that is not fetched yet.
fn draw(ui: &mut Ui, row: Option<&MessageRow>, chosen: bool, height: f32) -> Response {
    let size = vec2(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let unknown = MessageRow { subject: "…".to_owned(), ..MessageRow::default() };
    let row = row.unwrap_or(&unknown);
    response.widget_info(|| WidgetInfo::selected(Role::Row, true, chosen, spoken(row)));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let palette = widgets::palette(ui);
    let ground = match (chosen, response.hovered() || response.has_focus()) {
        (true, _) => palette.chosen,
        (false, true) => palette.beside,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, 4.0, ground);
    ui.painter().hline(
        rect.x_range(),
        rect.bottom() - 0.5,
        (1.0, palette.line.gamma_multiply(0.6)),
    );
    lines(ui, rect.shrink2(vec2(STEP, STEP)), row, palette);
    response
}

/// Draws sender and date, and below them the subject, the marks and the size.
fn lines(ui: &Ui, rect: Rect, row: &MessageRow, palette: Palette) {
    let body = TextStyle::Body.resolve(ui.style());
    let small = TextStyle::Small.resolve(ui.style());
    let text = ui.visuals().text_color();
    let below = rect.top() + ui.text_style_height(&TextStyle::Body) + HALF;
    let left = rect.left() + 14.0;
    if row.is_unread() && row.uid > 0 {
        let centre = pos2(rect.left() + 4.0, rect.top() + body.size / 2.0 + 2.0);
        ui.painter().circle_filled(centre, 4.0, palette.accent);
    }
    let date = row.received.map(when).unwrap_or_default();
    let corner = pos2(rect.right(), rect.top());
    let right = put_right(ui, corner, &date, &small, palette.faint);
    let colour = if row.is_unread() { ui.visuals().strong_text_color() } else { text };
    let sender = cut(ui, &row.from, right - left - STEP, &body, colour);
    ui.painter().galley(pos2(left, rect.top()), sender, text);
    let size = readable_size(row.size);
    let mut right = put_right(ui, pos2(rect.right(), below), &size, &small, palette.faint);
    for icon in marks(row) {
        let mark = char::from(icon).to_string();
        right = put_right(ui, pos2(right - HALF, below), &mark, &small, palette.accent);
    }
    let subject = match row.subject.as_str() {
        "" => "(no subject)",
        subject => subject,
    };
    let subject = cut(ui, subject, right - left - STEP, &small, colour);
    ui.painter().galley(pos2(left, below), subject, text);
}

/// The marks of a message, from right to left.
fn marks(row: &MessageRow) -> Vec<Icon> {
    let marks = [
        (row.has_files, Icon::Paperclip),
        (row.flags.has(Flag::Flagged), Icon::Flag),
        (row.flags.has(Flag::Answered), Icon::Reply),
        (row.flags.has_keyword("$Forwarded"), Icon::Forward),
        (row.flags.has(Flag::Draft), Icon::SquarePen),
    ];
    let present = marks.into_iter().filter(|(is_there, _)| *is_there);
    present.map(|(_, icon)| icon).collect()
}

/// Draws a text to the left of a place; returns its left edge.
fn put_right(ui: &Ui, place: Pos2, text: &str, font: &FontId, colour: Color32) -> f32 {
    let painter = ui.painter();
    let drawn = painter.text(place, Align2::RIGHT_TOP, text, font.clone(), colour);
    drawn.left()
}

/// Lays out a line of text, cut to a width.
fn cut(ui: &Ui, text: &str, width: f32, font: &FontId, colour: Color32) -> Arc<Galley> {
    let format = TextFormat::simple(font.clone(), colour);
    let mut job = LayoutJob::single_section(text.to_owned(), format);
    job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
    ui.painter().layout_job(job)
}

/// The date of a moment; of a moment today, the time.
fn when(moment: SystemTime) -> String {
    let date = local_date(moment);
    let today = local_date(SystemTime::now());
    match (date.split_once(' '), today.split_once(' ')) {
        (Some((day, hour)), Some((today, _))) if day == today => hour.to_owned(),
        (Some((day, _)), _) => day.to_owned(),
        _ => date,
    }
}

/// The name of the row, as a screen reader says it.
fn spoken(row: &MessageRow) -> String {
    let mut words = vec![row.from.clone(), row.subject.clone()];
    words.extend(row.received.map(local_date));
    words.push(readable_size(row.size));
    let marks = [
        (row.is_unread(), "unread"),
        (row.flags.has(Flag::Flagged), "flagged"),
        (row.flags.has(Flag::Answered), "answered"),
        (row.has_files, "with files"),
    ];
    for (is_there, word) in marks {
        if is_there {
            words.push(word.to_owned());
        }
    }
    words.join(", ")
}

/// Draws the state of the account above its list: what is wrong, and which messages are on their way.
fn show_state(ui: &mut Ui, account: &mut OpenAccount) {
    let error = match &account.state {
        ConnectionState::Lost(why, next) => Some(lost(why, next.as_ref())),
        _ => account.error.clone(),
    };
    if let Some(error) = error {
        widgets::error(ui, &error);
        if widgets::button(ui, Icon::RotateCw, "Try again now").clicked() {
            account.refresh_all();
        }
    }
    for message in &account.outgoing {
        let words = format!("Sending {}", message.subject);
        ui.add(ProgressBar::new(message.progress).text(words));
    }
}

/// Says why the server went away, and when the next attempt is made.
fn lost(why: &str, next: Option<&Zoned>) -> String {
    let next = match next {
        Some(then) => format!("Next attempt at {}.", then.strftime("%H:%M:%S")),
        None => "There is no further attempt until you ask for one.".to_owned(),
    };
    let end = if why.ends_with(['.', '?']) { "" } else { "." };
    format!("{why}{end} {next}")
}

/// Draws what was done last, below the list, which does not move for it.
fn show_done(ui: &mut Ui, account: &OpenAccount) {
    let Some(done) = &account.done else { return };
    if account.error.is_some() || account.state.is_lost() {
        return;
    }
    let faint = widgets::palette(ui).faint;
    let panel = Panel::bottom("done").frame(Frame::new());
    panel.show_separator_line(false).show(ui, |ui| {
        ui.label(RichText::new(done).small().color(faint));
    });
}
