//! What makes the window's own conversations visible: a recorder with the models that it fills, and
//! the gate of step mode. Endpoints that are watched carry both.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eframe::egui::Context;

use super::model::conversations::Conversations;
use super::model::saved_events::SavedEvents;
use super::model::window_sink::WindowSink;
use crate::client::{ClientSettings, Gate};
use crate::config::Journal;
use crate::mail::net::Taps;
use crate::teaching::explain::Texts;
use crate::teaching::wire_tap::journal::Writer;
use crate::teaching::wire_tap::{Recorder, Sink};

/// One for each window.
pub(super) struct WindowRecording {
    conversations: Arc<Mutex<Conversations>>,
    kept: Arc<Mutex<SavedEvents>>,
    recorder: Recorder,
    gate: Gate,
}

impl WindowRecording {
    /// Records for this window, in the words of these texts, and in the journal, if there is one;
    /// `ca` is the file of the authority that the window's clients trust beside the system's.
    pub(super) fn new(
        window: &Context,
        texts: Arc<Texts>,
        ca: PathBuf,
        journal: Option<&Journal>,
    ) -> WindowRecording {
        let conversations = Arc::<Mutex<Conversations>>::default();
        let kept = Arc::<Mutex<SavedEvents>>::default();
        let models = (Arc::clone(&conversations), Arc::clone(&kept));
        let repaint = |window: &Context| {
            let window = window.clone();
            move || window.request_repaint()
        };
        let sink = WindowSink::new(models, texts, ca, repaint(window));
        let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(sink)];
        sinks.extend(journal.and_then(write_down));
        let recorder = Recorder::new(sinks).unwrap_or_else(|error| {
            log::error!("conversations cannot be shown, there is no thread left: {error}");
            Recorder::default()
        });
        WindowRecording {
            conversations,
            kept,
            recorder,
            gate: Gate::guarded(repaint(window)),
        }
    }

    /// From now on what is said there is shown, and can be stepped through.
    pub(super) fn watch(&self, settings: &mut ClientSettings) {
        for endpoint in [&mut settings.smtp, &mut settings.pop3, &mut settings.imap] {
            endpoint.taps = self.recorder.taps();
            endpoint.gate = self.gate.clone();
        }
    }

    /// For servers inside.
    pub(super) fn taps(&self) -> Taps {
        self.recorder.taps()
    }

    /// The gate of step mode.
    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// What can be saved.
    pub(super) fn kept(&self) -> Arc<Mutex<SavedEvents>> {
        Arc::clone(&self.kept)
    }

    /// What passed. The recorder waits while it is held.
    pub(super) fn conversations(&self) -> MutexGuard<'_, Conversations> {
        // Whoever died with it had at worst not drawn it.
        self.conversations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody waits for a window that is closed.
impl Drop for WindowRecording {
    fn drop(&mut self) {
        self.gate.open();
    }
}

/// The journal, with passwords masked.
fn write_down(journal: &Journal) -> Option<Box<dyn Sink>> {
    match Writer::open(journal, false) {
        Ok(writer) => Some(Box::new(writer)),
        Err(error) => {
            let folder = journal.folder.display();
            log::warn!("no conversations are recorded in {folder}: {error}");
            None
        }
    }
}
