//! The recording of the window's own conversations: a recorder, the models that it fills, and the gate of step mode.

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

/// The recording; each window has one.
pub(super) struct WindowRecording {
    conversations: Arc<Mutex<Conversations>>,
    events: Arc<Mutex<SavedEvents>>,
    recorder: Recorder,
    gate: Gate,
}

impl WindowRecording {
    /// Records for this window with these explanations, and for the journal if there is one. `ca` is the file of the
    /// authority that the window's clients trust in addition to the system's.
    pub(super) fn new(
        window: &Context,
        texts: Arc<Texts>,
        ca: PathBuf,
        journal: Option<&Journal>,
    ) -> WindowRecording {
        let conversations = Arc::<Mutex<Conversations>>::default();
        let events = Arc::<Mutex<SavedEvents>>::default();
        let models = (Arc::clone(&conversations), Arc::clone(&events));
        let repaint = |window: &Context| {
            let window = window.clone();
            move || window.request_repaint()
        };
        let sink = WindowSink::new(models, texts, ca, repaint(window));
        let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(sink)];
        sinks.extend(journal.and_then(journal_writer));
        let recorder = Recorder::new(sinks).unwrap_or_else(|error| {
            log::error!("conversations cannot be shown, no thread can be started: {error}");
            Recorder::default()
        });
        WindowRecording { conversations, events, recorder, gate: Gate::guarded(repaint(window)) }
    }

    /// Records the clients that connect with these settings, and lets step mode hold their lines.
    pub(super) fn watch(&self, settings: &mut ClientSettings) {
        for endpoint in [&mut settings.smtp, &mut settings.pop3, &mut settings.imap] {
            endpoint.taps = self.recorder.taps();
            endpoint.gate = self.gate.clone();
        }
    }

    /// The taps for the built-in servers.
    pub(super) fn taps(&self) -> Taps {
        self.recorder.taps()
    }

    /// The gate of step mode.
    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The events that can be saved.
    pub(super) fn events(&self) -> Arc<Mutex<SavedEvents>> {
        Arc::clone(&self.events)
    }

    /// The conversations so far. The recorder waits while the guard is held.
    pub(super) fn conversations(&self) -> MutexGuard<'_, Conversations> {
        // A thread that panicked with the lock has at worst not drawn a line.
        self.conversations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A line that waits is sent when the window is closed.
impl Drop for WindowRecording {
    fn drop(&mut self) {
        self.gate.open();
    }
}

/// The writer of the journal, which masks passwords.
fn journal_writer(journal: &Journal) -> Option<Box<dyn Sink>> {
    match Writer::open(journal, false) {
        Ok(writer) => Some(Box::new(writer)),
        Err(error) => {
            let folder = journal.folder.display();
            log::warn!("no conversations are recorded in {folder}: {error}");
            None
        }
    }
}
