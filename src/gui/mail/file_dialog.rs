//! The dialogue in which one chooses files to attach, or a folder to save files in.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};

use eframe::egui::{
    Context, Label, Response, RichText, ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, vec2,
};
use lucide_icons::Icon;

use super::file_worker::FileEntry;
use crate::gui::widgets;
use crate::mail::message::Attachment;
use crate::teaching::text::readable_size;

/// What is chosen in the dialogue.
pub(super) enum Purpose {
    /// Files for the draft with this number.
    Attach(u64),
    /// A folder for these files.
    Save(Vec<Attachment>),
}

/// What a click in the dialogue asks for.
pub(super) enum FileRequest {
    /// List this folder.
    List(PathBuf),
    /// Attach these files to the draft with this number, and close the dialogue.
    Attach(u64, Vec<PathBuf>),
    /// Save these files in this folder, and close the dialogue.
    Save(Vec<Attachment>, PathBuf),
    /// Close the dialogue.
    Cancel,
}

/// The dialogue.
pub(super) struct FileDialog {
    purpose: Purpose,
    /// The folder as it is typed.
    typed: String,
    folder: PathBuf,
    entries: Vec<FileEntry>,
    chosen: BTreeSet<String>,
    /// The field has been given the keyboard.
    begun: bool,
}

impl FileDialog {
    /// A dialogue that shows this folder once it is listed.
    pub(super) fn new(purpose: Purpose, folder: &Path) -> FileDialog {
        FileDialog {
            purpose,
            typed: folder.display().to_string(),
            folder: folder.to_owned(),
            entries: Vec::new(),
            chosen: BTreeSet::new(),
            begun: false,
        }
    }

    /// The user's home folder, where the first dialogue begins.
    pub(super) fn home() -> PathBuf {
        env::home_dir().unwrap_or_else(|| PathBuf::from("/"))
    }

    /// Shows this folder, which contains these entries.
    pub(super) fn set_folder(&mut self, folder: PathBuf, entries: Vec<FileEntry>) {
        self.typed = folder.display().to_string();
        self.folder = folder;
        self.entries = entries;
        self.chosen.clear();
    }

    /// Draws the dialogue; returns what was asked for.
    pub(super) fn show(&mut self, window: &Context) -> Option<FileRequest> {
        let mut request = None;
        let shown = widgets::modal(window, "file dialog").show(window, |ui| {
            ui.set_width(560.0);
            let heading = match &self.purpose {
                Purpose::Attach(_) => "Attach files",
                Purpose::Save(files) if files.len() == 1 => "Save the file in this folder",
                Purpose::Save(_) => "Save the files in this folder",
            };
            ui.heading(heading);
            let typed = self.folder_field(ui);
            let clicked = self.listing(ui);
            request = clicked.or(typed).map(FileRequest::List);
            if let Some(button) = self.buttons(ui) {
                request = Some(button);
            }
        });
        if request.is_none() && shown.should_close() {
            return Some(FileRequest::Cancel);
        }
        request
    }

    /// Draws the field with the folder, and the buttons beside it; returns the folder to go to.
    fn folder_field(&mut self, ui: &mut Ui) -> Option<PathBuf> {
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

    /// Draws the entries of the folder; returns the folder that was clicked.
    fn listing(&mut self, ui: &mut Ui) -> Option<PathBuf> {
        let mut go = None;
        let height = ui.spacing().interact_size.y;
        let area = ScrollArea::vertical().auto_shrink(false).max_height(320.0);
        area.show_rows(ui, height, self.entries.len(), |ui, visible| {
            for entry in self.entries.get(visible).unwrap_or_default() {
                let chosen = self.chosen.contains(&entry.name);
                if !row(ui, entry, chosen).clicked() {
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

    fn buttons(&mut self, ui: &mut Ui) -> Option<FileRequest> {
        let mut request = None;
        ui.horizontal(|ui| {
            match &mut self.purpose {
                Purpose::Attach(draft) => {
                    let words = format!("Attach {}", self.chosen.len());
                    let ready = !self.chosen.is_empty();
                    let attach = ui
                        .add_enabled_ui(ready, |ui| widgets::primary(ui, Icon::Paperclip, &words));
                    if attach.inner.clicked() {
                        let paths = self.chosen.iter().map(|name| self.folder.join(name));
                        request = Some(FileRequest::Attach(*draft, paths.collect()));
                    }
                }
                Purpose::Save(files) => {
                    if widgets::primary(ui, Icon::Download, "Save here").clicked() {
                        let folder = PathBuf::from(self.typed.trim());
                        request = Some(FileRequest::Save(std::mem::take(files), folder));
                    }
                }
            }
            if widgets::button(ui, Icon::X, "Cancel").clicked() {
                request = Some(FileRequest::Cancel);
            }
        });
        request
    }
}

fn row(ui: &mut Ui, entry: &FileEntry, chosen: bool) -> Response {
    let palette = widgets::palette(ui);
    let height = ui.spacing().interact_size.y;
    let size = vec2(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let kind = if entry.is_folder { "Folder" } else { "File" };
    let name = format!("{kind} {}", entry.name);
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, chosen, &name));
    if chosen || response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 4.0, palette.chosen);
    }
    let icon = match (entry.is_folder, chosen) {
        (true, _) => Icon::Folder,
        (false, true) => Icon::SquareCheck,
        (false, false) => Icon::File,
    };
    let inside = UiBuilder::new().max_rect(rect.shrink2(vec2(8.0, 0.0)));
    ui.scope_builder(inside, |ui| {
        ui.horizontal_centered(|ui| {
            ui.label(widgets::icon(icon).color(palette.faint));
            ui.add(Label::new(&entry.name).truncate().selectable(false));
            if !entry.is_folder {
                let size = RichText::new(readable_size(entry.size));
                ui.label(size.small().color(palette.faint));
            }
        });
    });
    response
}
