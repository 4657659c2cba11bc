//! Save as…: a conversation as a script that plays it again, as a page for a browser, or as a capture
//! for Wireshark. What is asked for here is made by a worker's thread.

use std::env;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui::{Context, Ui, accesskit::Role};
use lucide_icons::Icon;

use super::model::saved_events::SavedEvents;
use super::popup::Popups;
use super::worker::Worker;
use super::{saved_file, widgets};
use crate::teaching::explain::Texts;
use crate::teaching::text::save_file;

/// What is made of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExportFormat {
    /// `pillarbox demo` plays it again.
    Script,
    /// For a browser.
    Page,
    /// For Wireshark, with the secrets of TLS or without.
    Capture {
        /// Whoever has the file reads everything in it.
        keys: bool,
    },
}

/// In the order of the menu.
const FORMS: [(ExportFormat, &str); 4] = [
    (ExportFormat::Script, "Demo script"),
    (ExportFormat::Page, "HTML page"),
    (
        ExportFormat::Capture { keys: false },
        "Capture, encrypted as it crossed",
    ),
    (
        ExportFormat::Capture { keys: true },
        "Capture with the keys of TLS",
    ),
];

/// What the worker is asked for: this form, of this connection or of all, in this folder.
struct Job(ExportFormat, Option<u64>, PathBuf);

/// Where the file is, or why there is none.
type News = Result<PathBuf, String>;

/// The menu, and the question where to.
pub(super) struct Saving {
    worker: Option<Worker<Job, News>>,
    folder: String,
    asked: Option<ExportFormat>,
}

impl Saving {
    pub(super) fn new(
        window: &Context,
        kept: Arc<Mutex<SavedEvents>>,
        texts: Arc<Texts>,
    ) -> Saving {
        let worker = start(window, kept, texts);
        if let Err(error) = &worker {
            log::error!("no conversation can be saved, there is no thread left: {error}");
        }
        let home = env::home_dir().unwrap_or_else(|| PathBuf::from("/"));
        Saving {
            worker: worker.ok(),
            folder: home.display().to_string(),
            asked: None,
        }
    }

    /// Takes in what the worker has told.
    pub(super) fn hear(&self, popups: &mut Popups) {
        for news in self.worker.iter().flat_map(Worker::news) {
            match news {
                Ok(path) => popups.good("Saved", path.display().to_string()),
                Err(why) => popups.bad("Not saved", why),
            }
        }
    }

    /// Draws the menu.
    pub(super) fn menu(&mut self, ui: &mut Ui) {
        let menu = ui.menu_button((widgets::icon(Icon::Save), "Save as…"), |ui| {
            for (form, name) in FORMS {
                if ui.button(name).clicked() {
                    self.asked = Some(form);
                }
            }
        });
        widgets::named(menu.response, Role::Button, "Save as…");
    }

    /// Asks where to, if something is to be saved; a script and a page are of the connection `one`,
    /// a capture of `only` or of all.
    pub(super) fn show(&mut self, window: &Context, one: Option<u64>, only: Option<u64>) {
        let Some(form) = self.asked else { return };
        let connection = match form {
            ExportFormat::Script | ExportFormat::Page => one,
            ExportFormat::Capture { .. } => only,
        };
        let shown = widgets::modal(window, "save a conversation").show(window, |ui| {
            ui.set_max_width(460.0);
            ui.heading("Save the conversation");
            ui.label(about(form, connection));
            widgets::field(ui, "Folder", &mut self.folder);
            let mut done = false;
            ui.horizontal(|ui| {
                if widgets::primary(ui, Icon::Save, "Save").clicked() {
                    let job = Job(form, connection, PathBuf::from(self.folder.trim()));
                    if let Some(worker) = &self.worker {
                        worker.order(job);
                    }
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
}

/// What will be saved.
fn about(form: ExportFormat, connection: Option<u64>) -> String {
    let of = connection.map_or("all connections".to_owned(), |number| {
        format!("connection #{number}")
    });
    match form {
        ExportFormat::Script => format!(
            "A script of {of}: pillarbox demo plays it again. Passwords stay out of it, they are \
             asked for."
        ),
        ExportFormat::Page => {
            format!("A page about {of} for any browser. Passwords are masked in it.")
        }
        ExportFormat::Capture { keys: false } => {
            format!("A capture of {of} for Wireshark: what TLS encrypts stays encrypted.")
        }
        ExportFormat::Capture { keys: true } => format!(
            "A capture of {of} for Wireshark, with the keys of TLS: WHOEVER HAS THE FILE READS \
             EVERYTHING IN IT, passwords and mail."
        ),
    }
}

fn start(
    window: &Context,
    kept: Arc<Mutex<SavedEvents>>,
    texts: Arc<Texts>,
) -> io::Result<Worker<Job, News>> {
    Worker::start("saving", window, move |jobs, reporter| {
        for Job(form, connection, folder) in jobs {
            // The recorder waits while it is held: only to copy what is kept.
            let events = kept
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .events(connection);
            let made = events
                .ok_or(NOT_WHOLE.to_owned())
                .and_then(|events| saved_file::make(form, &events, &texts));
            let saved =
                made.and_then(|file| save_file(&file, &folder).map_err(|error| error.to_string()));
            reporter.report(saved);
        }
    })
}

const NOT_WHOLE: &str = "Nothing whole is kept of it: nothing was said yet, it is long over, or more \
                         than 16 MB have passed. Clear nothing, say it again, and save it then.";
