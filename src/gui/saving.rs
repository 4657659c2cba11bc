//! The menu *Save as…*: a worker writes a conversation as a script that plays it again, as a page for a browser, or as
//! a capture for Wireshark.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui::{Context, Ui, accesskit::Role};
use lucide_icons::Icon;

use super::model::saved_events::SavedEvents;
use super::popup::Popups;
use super::worker::Worker;
use super::{saved_file, widgets};
use crate::teaching::explain::Texts;
use crate::teaching::text::save_file;

/// What a conversation is saved as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExportFormat {
    /// A script that `pillarbox demo` plays again.
    Script,
    /// A page for a browser.
    Page,
    /// A capture for Wireshark.
    Capture(CaptureKeys),
}

/// Whether a capture contains the keys of TLS, with which it can be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CaptureKeys {
    Included,
    Omitted,
}

/// The formats in the order of the menu.
const FORMATS: [(ExportFormat, &str); 4] = [
    (ExportFormat::Script, "Demo script"),
    (ExportFormat::Page, "HTML page"),
    (ExportFormat::Capture(CaptureKeys::Omitted), "Capture, encrypted as it crossed"),
    (ExportFormat::Capture(CaptureKeys::Included), "Capture with the keys of TLS"),
];

/// The menu, and the dialogue that asks for a folder.
pub(super) struct Saving {
    worker: Worker<Source, Saving>,
    folder: String,
    /// The format for which the dialogue is open.
    asked: Option<ExportFormat>,
}

impl Saving {
    pub(super) fn new(
        window: &Context,
        events: Arc<Mutex<SavedEvents>>,
        texts: Arc<Texts>,
    ) -> Saving {
        let home = env::home_dir().unwrap_or_else(|| PathBuf::from("/"));
        Saving {
            worker: Worker::start("saving", window, Source { events, texts }),
            folder: home.display().to_string(),
            asked: None,
        }
    }

    /// Shows the results that have come from the worker.
    pub(super) fn update(&mut self, popups: &mut Popups) {
        for show in self.worker.results() {
            show(self, popups);
        }
    }

    /// Draws the menu.
    pub(super) fn menu(&mut self, ui: &mut Ui) {
        let menu = ui.menu_button((widgets::icon(Icon::Save), "Save as…"), |ui| {
            for (format, name) in FORMATS {
                if ui.button(name).clicked() {
                    self.asked = Some(format);
                }
            }
        });
        widgets::named(menu.response, Role::Button, "Save as…");
    }

    /// Draws the dialogue if a format was chosen. A script and a page are of the connection `one`; a capture is of the
    /// connection `only`, or of all.
    pub(super) fn show(&mut self, window: &Context, one: Option<u64>, only: Option<u64>) {
        let Some(format) = self.asked else { return };
        let connection = match format {
            ExportFormat::Script | ExportFormat::Page => one,
            ExportFormat::Capture(_) => only,
        };
        let shown = widgets::modal(window, "save a conversation").show(window, |ui| {
            ui.set_max_width(460.0);
            ui.heading("Save the conversation");
            ui.label(about(format, connection));
            widgets::field(ui, "Folder", &mut self.folder);
            let mut done = false;
            ui.horizontal(|ui| {
                if widgets::primary(ui, Icon::Save, "Save").clicked() {
                    self.save(format, connection);
                    done = true;
                }
                done |= widgets::button(ui, Icon::X, "Cancel").clicked();
            });
            done
        });
        if shown.inner || shown.should_close() {
            self.asked = None;
        }
    }

    fn save(&self, format: ExportFormat, connection: Option<u64>) {
        let folder = PathBuf::from(self.folder.trim());
        self.worker.run(
            move |source| source.save(format, connection, &folder),
            |_, popups, saved| match saved {
                Ok(path) => popups.good("Saved", path.display().to_string()),
                Err(why) => popups.bad("Not saved", why),
            },
        );
    }
}

/// Says what will be saved.
fn about(format: ExportFormat, connection: Option<u64>) -> String {
    let of = match connection {
        Some(number) => format!("connection #{number}"),
        None => "all connections".to_owned(),
    };
    match format {
        ExportFormat::Script => format!(
            "A script of {of}, which pillarbox demo plays again. It contains no passwords; pillarbox demo asks for \
             them."
        ),
        ExportFormat::Page => {
            format!("A page about {of} for any browser. Passwords are masked in it.")
        }
        ExportFormat::Capture(CaptureKeys::Omitted) => {
            format!("A capture of {of} for Wireshark. What TLS encrypts stays encrypted.")
        }
        ExportFormat::Capture(CaptureKeys::Included) => format!(
            "A capture of {of} for Wireshark, with the keys of TLS. ANYONE WHO HAS THE FILE CAN READ \
             EVERYTHING IN IT, passwords and mail."
        ),
    }
}

/// What the worker makes files from.
struct Source {
    events: Arc<Mutex<SavedEvents>>,
    texts: Arc<Texts>,
}

impl Source {
    /// Saves this connection, or all, as a file in this folder, and returns its path.
    fn save(
        &self,
        format: ExportFormat,
        connection: Option<u64>,
        folder: &Path,
    ) -> Result<PathBuf, String> {
        // The recorder waits for the lock: it is held only while the events are copied.
        let events = self.events.lock();
        let events =
            events.unwrap_or_else(PoisonError::into_inner).events(connection).ok_or(NOT_WHOLE)?;
        let file = saved_file::make(format, &events, &self.texts)?;
        save_file(&file, folder).map_err(|error| error.to_string())
    }
}

const NOT_WHOLE: &str = "The conversation cannot be saved as a whole: nothing was said yet, it ended long ago, or \
                         more than 16 MB have passed. Repeat it, and save it then, before you clear it.";
