//! The window in which one chooses files to attach, or a folder to save to. What there is to choose from
//! is read by the worker of the disk.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};

use eframe::egui::{
    Context, Label, Response, RichText, ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, vec2,
};
use lucide_icons::Icon;

use super::file_worker::{FileEntry, FileJob, FileWorker};
use crate::gui::widgets;
use crate::mail::message::Attachment;
use crate::teaching::text::readable_size;

/// What is chosen, and what for.
pub(super) enum Purpose {
    /// Files for the message with this number.
    Attach(u64),
    /// A folder for these files.
    Save(Vec<Attachment>),
}

/// The window.
pub(super) struct FileDialog {
    purpose: Purpose,
    /// The folder as it is typed.
    typed: String,
    folder: PathBuf,
    entries: Vec<FileEntry>,
    chosen: BTreeSet<String>,
    /// The keyboard is in the field, once.
    begun: bool,
}

impl FileDialog {
    /// Opens it at this folder.
    pub(super) fn open(purpose: Purpose, folder: &Path, disk: &FileWorker) -> FileDialog {
        disk.order(FileJob::List(folder.to_owned()));
        FileDialog {
            purpose,
            typed: folder.display().to_string(),
            folder: folder.to_owned(),
            entries: Vec::new(),
            chosen: BTreeSet::new(),
            begun: false,
        }
    }

    /// Where one begins: the user's folder.
    pub(super) fn home() -> PathBuf {
        env::home_dir().unwrap_or_else(|| PathBuf::from("/"))
    }

    /// What is in the folder has been read.
    pub(super) fn learn(&mut self, folder: PathBuf, entries: Vec<FileEntry>) {
        self.typed = folder.display().to_string();
        (self.folder, self.entries) = (folder, entries);
        self.chosen.clear();
    }

    /// Draws it; `Some` when it is over, with the job for the disk, if there is one.
    pub(super) fn show(&mut self, window: &Context, disk: &FileWorker) -> Option<Option<FileJob>> {
        let mut over = None;
        let shown = widgets::modal(window, "chooser").show(window, |ui| {
            ui.set_width(560.0);
            let heading = match &self.purpose {
                Purpose::Attach(_) => "Attach files",
                Purpose::Save(files) if files.len() == 1 => "Save the file in this folder",
                Purpose::Save(_) => "Save the files in this folder",
            };
            ui.heading(heading);
            let go = self.place(ui);
            let go = self.listing(ui).or(go);
            if let Some(folder) = go {
                disk.order(FileJob::List(folder));
            }
            over = self.buttons(ui);
        });
        match over {
            None if shown.should_close() => Some(None),
            over => over,
        }
    }

    /// The field with the folder, and the way up; the folder to go to.
    fn place(&mut self, ui: &mut Ui) -> Option<PathBuf> {
        let mut go = None;
        ui.horizontal(|ui| {
            if widgets::icon_button(ui, Icon::FolderUp, "The folder above").clicked() {
                go = self.folder.parent().map(Path::to_owned);
            }
            if widgets::icon_button(ui, Icon::House, "The home folder").clicked() {
                go = Some(FileDialog::home());
            }
            let edit = TextEdit::singleline(&mut self.typed).desired_width(f32::INFINITY);
            let field = widgets::named(ui.add(edit), Role::TextInput, "Folder");
            widgets::begin_at(&field, &mut self.begun);
            if widgets::entered(ui, &field) {
                go = Some(PathBuf::from(self.typed.trim()));
            }
        });
        go
    }

    fn listing(&mut self, ui: &mut Ui) -> Option<PathBuf> {
        let mut go = None;
        let height = ui.spacing().interact_size.y;
        let area = ScrollArea::vertical().auto_shrink(false).max_height(320.0);
        area.show_rows(ui, height, self.entries.len(), |ui, seen| {
            for entry in self.entries.get(seen).unwrap_or_default() {
                let chosen = self.chosen.contains(&entry.name);
                let response = row(ui, entry, chosen);
                if !response.clicked() {
                    continue;
                }
                if entry.is_folder {
                    go = Some(self.folder.join(&entry.name));
                } else if !self.chosen.remove(&entry.name) {
                    self.chosen.insert(entry.name.clone());
                }
            }
        });
        go
    }

    fn buttons(&mut self, ui: &mut Ui) -> Option<Option<FileJob>> {
        let mut over = None;
        ui.horizontal(|ui| {
            match &mut self.purpose {
                Purpose::Attach(message) => {
                    let words = format!("Attach {}", self.chosen.len());
                    let ready = !self.chosen.is_empty();
                    let attach = ui
                        .add_enabled_ui(ready, |ui| widgets::primary(ui, Icon::Paperclip, &words));
                    if attach.inner.clicked() {
                        let paths = self.chosen.iter().map(|name| self.folder.join(name));
                        over = Some(Some(FileJob::Load(*message, paths.collect())));
                    }
                }
                Purpose::Save(files) => {
                    if widgets::primary(ui, Icon::Download, "Save here").clicked() {
                        let folder = PathBuf::from(self.typed.trim());
                        over = Some(Some(FileJob::Save(std::mem::take(files), folder)));
                    }
                }
            }
            if widgets::button(ui, Icon::X, "Cancel").clicked() {
                over = Some(None);
            }
        });
        over
    }
}

fn row(ui: &mut Ui, entry: &FileEntry, chosen: bool) -> Response {
    let palette = widgets::palette(ui);
    let height = ui.spacing().interact_size.y;
    let size = vec2(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let name = match entry.is_folder {
        true => format!("Folder {}", entry.name),
        false => format!("File {}", entry.name),
    };
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, chosen, &name));
    if chosen || response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 4.0, palette.chosen);
    }
    let picture = match (entry.is_folder, chosen) {
        (true, _) => Icon::Folder,
        (false, true) => Icon::SquareCheck,
        (false, false) => Icon::File,
    };
    ui.scope_builder(
        UiBuilder::new().max_rect(rect.shrink2(vec2(8.0, 0.0))),
        |ui| {
            ui.horizontal_centered(|ui| {
                ui.label(widgets::icon(picture).color(palette.faint));
                ui.add(Label::new(&entry.name).truncate().selectable(false));
                if !entry.is_folder {
                    ui.label(
                        RichText::new(readable_size(entry.octets))
                            .small()
                            .color(palette.faint),
                    );
                }
            });
        },
    );
    response
}
