//! The pane with the message that is read: its header, its text, its pictures and its files.

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Color32, Grid, Image, Label, ProgressBar, RichText, ScrollArea, Sense, TextFormat, TextStyle,
    TextureHandle, TextureOptions, Ui, accesskit::Role,
};
use lucide_icons::Icon;

use super::open_account::{ConnectionState, OpenAccount};
use crate::gui::model::compose_form::MessageLocation;
use crate::gui::model::folders::MailFolder;
use crate::gui::model::rendered_message::{RenderedMessage, TextLine};
use crate::gui::widgets::{self, Palette};
use crate::mail::message::{Attachment, Contact};
use crate::mail::protocol::imap::SpecialUse;
use crate::teaching::text::{local_date, readable_size};

/// The number of characters of a file's name that fit on its button, even in the size for a projector. A tooltip shows
/// the whole name.
const FILE_NAME: usize = 36;

/// What was clicked in the pane.
#[derive(Debug)]
pub(super) enum ReadingClick {
    Reply,
    ReplyAll,
    Forward,
    /// Continue a draft.
    Continue,
    Delete,
    Archive,
    Flag,
    Unread,
    MoveTo(String),
    Save(Vec<Attachment>),
}

/// What is shown of a message.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum TextView {
    #[default]
    Text,
    Page,
    Source,
}

/// The pane.
#[derive(Default)]
pub(super) struct ReadingPane {
    view: TextView,
    /// The message to which the pictures and the source belong. A UID alone is valid in one folder only (RFC 3501
    /// §2.3.1.1).
    place: Option<MessageLocation>,
    pictures: Vec<(String, TextureHandle)>,
    source: Vec<TextLine>,
}

impl ReadingPane {
    pub(super) fn show(&mut self, ui: &mut Ui, account: &OpenAccount) -> Option<ReadingClick> {
        let Some(shown) = &account.shown else {
            self.place = None;
            nothing(ui, account);
            return None;
        };
        self.turn_to(ui, account.place(), shown);
        let actions = actions(ui, account);
        ui.add_space(widgets::HALF);
        heading(ui, shown);
        self.views(ui, shown);
        ui.separator();
        let files = files(ui, &shown.reading.attachments);
        ScrollArea::vertical().auto_shrink(false).id_salt(("text", shown.uid)).show(ui, |ui| {
            self.text(ui, shown);
            ui.add_space(widgets::STEP);
            self.show_pictures(ui);
        });
        files.or(actions)
    }

    /// Prepares the pane for another message: its pictures become textures, and its text is shown.
    fn turn_to(&mut self, ui: &Ui, place: Option<MessageLocation>, shown: &RenderedMessage) {
        if self.place == place {
            return;
        }
        self.place = place;
        self.view = TextView::Text;
        self.source.clear();
        self.pictures.clear();
        for picture in &shown.pictures {
            let image = picture.image.clone();
            let context = ui.ctx();
            let texture = context.load_texture(&picture.name, image, TextureOptions::LINEAR);
            self.pictures.push((picture.name.clone(), texture));
        }
    }

    fn show_pictures(&self, ui: &mut Ui) {
        for (name, picture) in &self.pictures {
            let width = ui.available_width().min(picture.size_vec2().x);
            let image = Image::new(picture).max_width(width);
            widgets::named(ui.add(image), Role::Image, &format!("Picture {name}"));
        }
    }

    /// Draws the buttons that choose between text, page and source.
    fn views(&mut self, ui: &mut Ui, shown: &RenderedMessage) {
        ui.horizontal(|ui| {
            let mut views = vec![(TextView::Text, "Text"), (TextView::Source, "Source")];
            if shown.page.is_some() {
                views.insert(1, (TextView::Page, "Page"));
            }
            for (view, words) in views {
                if widgets::choice(ui, self.view == view, words).clicked() {
                    self.view = view;
                }
            }
            if shown.cut {
                let words = "The text is longer than this; the source has more of it.";
                ui.label(RichText::new(words).color(widgets::palette(ui).faint));
            }
        });
    }

    fn text(&mut self, ui: &mut Ui, shown: &RenderedMessage) {
        if self.view == TextView::Source && self.source.is_empty() {
            self.source = shown.source_lines();
        }
        let lines = match (self.view, &shown.page) {
            (TextView::Source, _) => &self.source,
            (TextView::Page, Some(page)) => page,
            _ => &shown.text,
        };
        let style = match self.view {
            TextView::Source => TextStyle::Monospace,
            _ => TextStyle::Body,
        };
        if let Some(link) = paragraphs(ui, lines, &style) {
            ui.ctx().copy_text(link);
        }
    }
}

/// Draws the pane while no message is open.
fn nothing(ui: &mut Ui, account: &OpenAccount) {
    let is_awaited = account.awaited.is_some();
    if is_awaited && account.progress > 0.0 {
        ui.add(ProgressBar::new(account.progress).text("The message is arriving"));
    } else if is_awaited || account.state == ConnectionState::Connecting {
        ui.centered_and_justified(|ui| ui.spinner());
    } else {
        let what_to_do = "Choose one in the list, with the pointer or the arrow keys.";
        widgets::empty(ui, Icon::MailOpen, "No message is open", what_to_do);
    }
}

/// Draws the text; returns the address of a link that was clicked. It is copied: nothing is ever opened.
fn paragraphs(ui: &mut Ui, lines: &[TextLine], style: &TextStyle) -> Option<String> {
    let palette = widgets::palette(ui);
    let mut clicked = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    let plain = |line: &TextLine| line.iter().all(|span| span.link.is_none());
    for part in lines.chunk_by(|one, another| plain(one) && plain(another)) {
        let job = laid_out(ui, part, style, palette);
        let mut links = part.iter().flatten().filter_map(|span| span.link.as_ref());
        let Some(link) = links.next() else {
            ui.add(Label::new(job).wrap().selectable(true));
            continue;
        };
        let label = ui.add(Label::new(job).wrap().sense(Sense::click()));
        let label = widgets::named(label, Role::Link, &format!("Copy {link}"));
        if label.on_hover_text(format!("Click to copy {link}")).clicked() {
            clicked = Some(link.clone());
        }
    }
    clicked
}

fn laid_out(ui: &Ui, lines: &[TextLine], style: &TextStyle, palette: Palette) -> LayoutJob {
    let font = style.resolve(ui.style());
    let format = |colour: Color32| TextFormat::simple(font.clone(), colour);
    let text = ui.visuals().text_color();
    let strong = ui.visuals().strong_text_color();
    let mut job = LayoutJob::default();
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            job.append("\n", 0.0, format(text));
        }
        for span in line {
            let colour = match (&span.link, span.quoted, span.strong) {
                (Some(_), _, _) => palette.accent,
                (None, true, _) => palette.faint,
                (None, false, true) => strong,
                (None, false, false) => text,
            };
            job.append(&span.text, 0.0, format(colour));
        }
    }
    // An empty line has the height of a line.
    if job.is_empty() {
        job.append(" ", 0.0, format(text));
    }
    job
}

fn heading(ui: &mut Ui, shown: &RenderedMessage) {
    let reading = &shown.reading;
    let subject = match reading.subject.as_str() {
        "" => "(no subject)",
        subject => subject,
    };
    ui.add(Label::new(RichText::new(subject).heading()).wrap());
    let faint = widgets::palette(ui).faint;
    let rows = [
        ("From", people(&reading.from)),
        ("To", people(&reading.to)),
        ("Cc", people(&reading.cc)),
        ("Date", reading.date.map(local_date).unwrap_or_default()),
    ];
    let width = ui.available_width();
    Grid::new("heading")
        .num_columns(2)
        .spacing([widgets::STEP * 1.5, widgets::HALF])
        .min_row_height(0.0)
        .max_col_width(width - 64.0)
        .show(ui, |ui| {
            for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
                ui.label(RichText::new(*name).color(faint));
                ui.add(Label::new(value).wrap());
                ui.end_row();
            }
        });
}

fn people(contacts: &[Contact]) -> String {
    let people: Vec<String> = contacts.iter().map(Contact::to_string).collect();
    people.join(", ")
}

/// Draws the buttons for what can be done with the message.
fn actions(ui: &mut Ui, account: &OpenAccount) -> Option<ReadingClick> {
    let mut click = None;
    let is_draft = account.folders.iter().any(|folder| {
        folder.special_use == Some(SpecialUse::Drafts)
            && account.list.folder.as_deref() == Some(&*folder.name)
    });
    ui.horizontal_wrapped(|ui| {
        let mut action = |ui: &mut Ui, picture, name, what| {
            if widgets::button(ui, picture, name).clicked() {
                click = Some(what);
            }
        };
        if is_draft {
            action(ui, Icon::SquarePen, "Continue writing", ReadingClick::Continue);
        } else {
            action(ui, Icon::Reply, "Reply", ReadingClick::Reply);
            action(ui, Icon::ReplyAll, "Reply all", ReadingClick::ReplyAll);
            action(ui, Icon::Forward, "Forward", ReadingClick::Forward);
        }
        ui.spacing_mut().item_spacing.x = widgets::HALF;
        let mut small = |ui: &mut Ui, picture, name, what| {
            if widgets::icon_button(ui, picture, name).clicked() {
                click = Some(what);
            }
        };
        let delete = if account.deletes_for_good() { "Delete for good" } else { "Delete" };
        small(ui, Icon::Flag, "Flag", ReadingClick::Flag);
        small(ui, Icon::MailMinus, "Mark as unread", ReadingClick::Unread);
        small(ui, Icon::Archive, "Archive", ReadingClick::Archive);
        small(ui, Icon::Trash2, delete, ReadingClick::Delete);
        if let Some(folder) = move_menu(ui, &account.folders) {
            click = Some(ReadingClick::MoveTo(folder));
        }
    });
    click
}

fn move_menu(ui: &mut Ui, folders: &[MailFolder]) -> Option<String> {
    let mut chosen = None;
    widgets::icon_menu(ui, Icon::FolderInput, "Move to a folder", |ui| {
        for folder in folders.iter().filter(|folder| folder.opens) {
            let words = format!("Move to {}", folder.label);
            if ui.button(words).clicked() {
                chosen = Some(folder.name.clone());
                ui.close();
            }
        }
    });
    chosen
}

/// Draws a button for each file of the message, which saves it.
fn files(ui: &mut Ui, files: &[Attachment]) -> Option<ReadingClick> {
    if files.is_empty() {
        return None;
    }
    let mut click = None;
    ui.horizontal_wrapped(|ui| {
        for file in files {
            let short = widgets::shortened(&file.name, FILE_NAME);
            let words = format!("{short} ({})", readable_size(file.bytes.len() as u64));
            let button = widgets::button(ui, Icon::Paperclip, &words);
            let name = format!("Save {}", file.name);
            if widgets::named(button, Role::Button, &name).on_hover_text(&name).clicked() {
                click = Some(ReadingClick::Save(vec![file.clone()]));
            }
        }
        if files.len() > 1 && widgets::button(ui, Icon::Download, "Save all").clicked() {
            click = Some(ReadingClick::Save(files.to_vec()));
        }
    });
    ui.separator();
    click
}
