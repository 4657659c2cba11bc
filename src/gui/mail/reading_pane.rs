//! The pane in which one reads: who, when and what, the text, pictures and files of a message.

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Color32, Grid, Image, Label, ProgressBar, RichText, ScrollArea, Sense, TextFormat, TextStyle,
    TextureHandle, TextureOptions, Ui, accesskit::Role,
};
use lucide_icons::Icon;

use super::desk::{Desk, Standing};
use crate::gui::look::{self, Palette};
use crate::gui::model::folders::Folder;
use crate::gui::model::shown::{Line, Shown};
use crate::gui::model::writing::Place;
use crate::mail::message::{Attachment, Contact};
use crate::mail::protocol::imap::SpecialUse;
use crate::teaching::text::{local_date, readable_size};

/// How many characters of a file's name its button has room for, with the text for a projector, too;
/// the rest shows when the pointer is on it.
const FILE_NAME: usize = 36;

/// What was clicked in the pane.
#[derive(Debug)]
pub(super) enum Click {
    Answer,
    AnswerAll,
    Forward,
    /// A draft is to be gone on with.
    GoOn,
    Delete,
    Archive,
    Flag,
    Unread,
    MoveTo(String),
    Save(Vec<Attachment>),
}

/// How the text is shown.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Text,
    Page,
    Source,
}

/// The pane.
#[derive(Default)]
pub(super) struct ReadingPane {
    form: Form,
    /// The message whose pictures and source these are: its account, folder and UID, which means a message
    /// within its folder only (RFC 3501 §2.3.1.1).
    of: Option<(String, Place)>,
    pictures: Vec<(String, TextureHandle)>,
    source: Vec<Line>,
}

impl ReadingPane {
    pub(super) fn show(&mut self, ui: &mut Ui, desk: &Desk) -> Option<Click> {
        let Some(shown) = &desk.shown else {
            self.of = None;
            self.nothing(ui, desk);
            return None;
        };
        self.turn_to(ui, desk, shown);
        let mut click = actions(ui, desk);
        ui.add_space(look::HALF);
        heading(ui, shown);
        self.forms(ui, shown);
        ui.separator();
        if let Some(clicked) = files(ui, &shown.reading.attachments) {
            click = Some(clicked);
        }
        ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt(("text", shown.uid))
            .show(ui, |ui| {
                self.text(ui, shown);
                ui.add_space(look::STEP);
                for (name, picture) in &self.pictures {
                    let image = Image::new(picture)
                        .max_width(ui.available_width().min(picture.size_vec2().x));
                    look::named(ui.add(image), Role::Image, &format!("Picture {name}"));
                }
            });
        click
    }

    fn nothing(&self, ui: &mut Ui, desk: &Desk) {
        match (&desk.standing, desk.awaited) {
            (_, Some(_)) if desk.progress > 0.0 => {
                ui.add(ProgressBar::new(desk.progress).text("The message is coming"));
            }
            (Standing::Connecting, _) | (_, Some(_)) => {
                ui.centered_and_justified(|ui| ui.spinner());
            }
            _ => look::empty(
                ui,
                Icon::MailOpen,
                "No message is open",
                "Choose one in the list, with the pointer or the arrow keys.",
            ),
        }
    }

    /// Another message: its pictures become textures, and it is shown as text again.
    fn turn_to(&mut self, ui: &Ui, desk: &Desk, shown: &Shown) {
        let of = desk.place().map(|place| (desk.account.address(), place));
        if self.of == of {
            return;
        }
        self.of = of;
        self.form = Form::Text;
        self.source.clear();
        let pictures = shown.pictures.iter().map(|picture| {
            let image = picture.image.clone();
            let texture = ui
                .ctx()
                .load_texture(&picture.name, image, TextureOptions::LINEAR);
            (picture.name.clone(), texture)
        });
        self.pictures = pictures.collect();
    }

    fn forms(&mut self, ui: &mut Ui, shown: &Shown) {
        ui.horizontal(|ui| {
            let mut forms = vec![(Form::Text, "Text"), (Form::Source, "Source")];
            if shown.page.is_some() {
                forms.insert(1, (Form::Page, "Page"));
            }
            for (form, words) in forms {
                if look::choice(ui, self.form == form, words).clicked() {
                    self.form = form;
                }
            }
            if shown.cut {
                let words = "The text is longer than this; the source has more of it.";
                ui.label(RichText::new(words).color(look::palette(ui).faint));
            }
        });
    }

    fn text(&mut self, ui: &mut Ui, shown: &Shown) {
        if self.form == Form::Source && self.source.is_empty() {
            self.source = shown.source_lines();
        }
        let lines = match (self.form, &shown.page) {
            (Form::Source, _) => &self.source,
            (Form::Page, Some(page)) => page,
            _ => &shown.text,
        };
        let style = match self.form {
            Form::Source => TextStyle::Monospace,
            _ => TextStyle::Body,
        };
        let links = paragraphs(ui, lines, &style);
        if let Some(link) = links {
            ui.ctx().copy_text(link);
        }
    }
}

/// Draws the text; the address of a link that was clicked, which is copied. Nothing opens by itself.
fn paragraphs(ui: &mut Ui, lines: &[Line], style: &TextStyle) -> Option<String> {
    let palette = look::palette(ui);
    let mut clicked = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    let plain = |line: &Line| line.iter().all(|span| span.link.is_none());
    for part in lines.chunk_by(|one, another| plain(one) && plain(another)) {
        let links: Vec<&String> = part
            .iter()
            .flatten()
            .filter_map(|span| span.link.as_ref())
            .collect();
        let job = laid_out(ui, part, style, palette);
        let Some(link) = links.first() else {
            ui.add(Label::new(job).wrap().selectable(true));
            continue;
        };
        let label = ui.add(Label::new(job).wrap().sense(Sense::click()));
        let label = look::named(label, Role::Link, &format!("Copy {link}"));
        if label
            .on_hover_text(format!("Click to copy {link}"))
            .clicked()
        {
            clicked = Some((*link).clone());
        }
    }
    clicked
}

fn laid_out(ui: &Ui, lines: &[Line], style: &TextStyle, palette: Palette) -> LayoutJob {
    let font = style.resolve(ui.style());
    let format = |colour: Color32| TextFormat::simple(font.clone(), colour);
    let (text, strong) = (ui.visuals().text_color(), ui.visuals().strong_text_color());
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
    // An empty line is as high as any other.
    if job.is_empty() {
        job.append(" ", 0.0, format(text));
    }
    job
}

fn heading(ui: &mut Ui, shown: &Shown) {
    let reading = &shown.reading;
    let subject = match reading.subject.as_str() {
        "" => "(no subject)",
        subject => subject,
    };
    ui.add(Label::new(RichText::new(subject).heading()).wrap());
    let faint = look::palette(ui).faint;
    let rows = [
        ("From", people(&reading.from)),
        ("To", people(&reading.to)),
        ("Cc", people(&reading.cc)),
        ("Date", reading.date.map(local_date).unwrap_or_default()),
    ];
    let width = ui.available_width();
    Grid::new("heading")
        .num_columns(2)
        .spacing([look::STEP * 1.5, look::HALF])
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
    contacts
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<String>>()
        .join(", ")
}

/// What can be done with the message.
fn actions(ui: &mut Ui, desk: &Desk) -> Option<Click> {
    let mut click = None;
    let is_draft = desk.folders.iter().any(|folder| {
        folder.special_use == Some(SpecialUse::Drafts)
            && desk.list.folder.as_deref() == Some(&*folder.name)
    });
    ui.horizontal_wrapped(|ui| {
        let mut action = |ui: &mut Ui, picture, name, what| {
            if look::button(ui, picture, name).clicked() {
                click = Some(what);
            }
        };
        if is_draft {
            action(ui, Icon::SquarePen, "Continue writing", Click::GoOn);
        } else {
            action(ui, Icon::Reply, "Reply", Click::Answer);
            action(ui, Icon::ReplyAll, "Reply all", Click::AnswerAll);
            action(ui, Icon::Forward, "Forward", Click::Forward);
        }
        ui.spacing_mut().item_spacing.x = look::HALF;
        let mut small = |ui: &mut Ui, picture, name, what| {
            if look::icon_button(ui, picture, name).clicked() {
                click = Some(what);
            }
        };
        let delete = match desk.deletes_for_good() {
            true => "Delete for good",
            false => "Delete",
        };
        small(ui, Icon::Flag, "Flag", Click::Flag);
        small(ui, Icon::MailMinus, "Mark as not read", Click::Unread);
        small(ui, Icon::Archive, "Archive", Click::Archive);
        small(ui, Icon::Trash2, delete, Click::Delete);
        if let Some(folder) = move_menu(ui, &desk.folders) {
            click = Some(Click::MoveTo(folder));
        }
    });
    click
}

fn move_menu(ui: &mut Ui, folders: &[Folder]) -> Option<String> {
    let mut chosen = None;
    look::icon_menu(ui, Icon::FolderInput, "Move to a folder", |ui| {
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

/// The files of the message, each with a button that saves it.
fn files(ui: &mut Ui, files: &[Attachment]) -> Option<Click> {
    if files.is_empty() {
        return None;
    }
    let mut click = None;
    ui.horizontal_wrapped(|ui| {
        for file in files {
            let short = look::shortened(&file.name, FILE_NAME);
            let words = format!("{short} ({})", readable_size(file.bytes.len() as u64));
            let button = look::button(ui, Icon::Paperclip, &words);
            let name = format!("Save {}", file.name);
            if look::named(button, Role::Button, &name)
                .on_hover_text(&name)
                .clicked()
            {
                click = Some(Click::Save(vec![file.clone()]));
            }
        }
        if files.len() > 1 && look::button(ui, Icon::Download, "Save all").clicked() {
            click = Some(Click::Save(files.to_vec()));
        }
    });
    ui.separator();
    click
}
