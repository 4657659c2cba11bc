//! The view *Servers*: the built-in servers' listeners, connections, mailboxes and queue, and the button that starts
//! and stops them.

use eframe::egui::{CentralPanel, Context, Grid, Label, RichText, ScrollArea, Ui};
use jiff::Timestamp;
use lucide_icons::Icon;

use super::model::conversations::{Conversations, ObservedConnection};
use super::model::servers::{BuiltInServers, Counts, ServersState};
use super::popup::Popups;
use super::recording::WindowRecording;
use super::servers_worker::ServersWorker;
use super::widgets;
use super::worker::Worker;
use crate::config::Config;
use crate::mail::store::StoreError;
use crate::server::Listening;
use crate::teaching::explain::Texts;
use crate::teaching::wire_tap::Side;

/// The number of ended connections that are listed.
const ENDED: usize = 8;

/// The number of characters of a line that fit in the table.
const LAST_LINE: usize = 70;

/// The view.
pub(super) struct ServersView {
    servers: BuiltInServers,
    worker: Worker<ServersWorker, ServersView>,
    /// [`Conversations::changes`] when the mail was counted last.
    counted_at: Option<u64>,
    /// The mail is being counted.
    counting: bool,
}

impl ServersView {
    pub(super) fn new(
        window: &Context,
        config: Config,
        recording: &WindowRecording,
    ) -> ServersView {
        let state = ServersWorker::new(config, recording.taps());
        let view = ServersView {
            servers: BuiltInServers::default(),
            worker: Worker::start("servers", window, state),
            counted_at: None,
            counting: false,
        };
        view.look();
        view
    }

    /// Shows the results that have come from the worker. Returns true if there are servers now, and were none before.
    pub(super) fn update(&mut self, popups: &mut Popups) -> bool {
        let was_served = self.servers.is_served();
        for show in self.worker.results() {
            show(self, popups);
        }
        if !self.worker.is_running() {
            let why = "no thread is left".to_owned();
            self.servers.set_state(ServersState::Failed(why));
        }
        self.servers.is_served() && !was_served
    }

    pub(super) fn servers(&self) -> &BuiltInServers {
        &self.servers
    }

    /// Starts the servers.
    pub(super) fn open(&mut self) {
        self.servers.set_state(ServersState::Opening);
        self.worker.run(ServersWorker::open, Self::show_state);
    }

    fn close(&mut self) {
        self.servers.set_state(ServersState::Closing);
        self.worker.run(ServersWorker::close, Self::show_state);
    }

    /// Checks again whether another program listens on our ports, unless our servers run or an error is shown.
    pub(super) fn look(&self) {
        if self.may_look() {
            self.worker.run(ServersWorker::look, Self::show_look);
        }
    }

    fn may_look(&self) -> bool {
        use ServersState::{Closed, Elsewhere, Unknown};
        matches!(self.servers.state, Unknown | Closed | Elsewhere(_))
    }

    /// Shows what a look found, unless the servers were started meanwhile.
    fn show_look(&mut self, popups: &mut Popups, state: ServersState) {
        if self.may_look() {
            self.show_state(popups, state);
        }
    }

    fn show_state(&mut self, _: &mut Popups, state: ServersState) {
        self.servers.set_state(state);
    }

    fn show_counts(&mut self, _: &mut Popups, counts: Result<Counts, StoreError>) {
        self.counting = false;
        self.servers.set_counts(counts.map_err(|error| error.to_string()));
    }

    /// Draws the view.
    pub(super) fn show(&mut self, ui: &mut Ui, recording: &WindowRecording, texts: &Texts) {
        let conversations = recording.conversations();
        self.count(&conversations);
        CentralPanel::default().frame(widgets::main(ui)).show(ui, |ui| {
            self.head(ui);
            ScrollArea::both().auto_shrink(false).show(ui, |ui| {
                if let ServersState::Open(listening) = &self.servers.state {
                    ui.horizontal_top(|ui| {
                        ui.vertical(|ui| {
                            listeners(ui, listening);
                            self.mailboxes(ui);
                        });
                        ui.add_space(2.0 * widgets::STEP);
                        ui.vertical(|ui| {
                            connections(ui, &conversations, texts);
                            self.queue(ui);
                        });
                    });
                }
            });
        });
    }

    /// Counts the mail again when something was said since the last count.
    fn count(&mut self, conversations: &Conversations) {
        let now = self.servers.is_open().then(|| conversations.changes());
        if now != self.counted_at && !self.counting {
            self.counted_at = now;
            self.counting = now.is_some();
            self.worker.run(ServersWorker::count, Self::show_counts);
        }
    }

    fn head(&mut self, ui: &mut Ui) {
        ui.heading("Servers");
        if let ServersState::Failed(_) = self.servers.state {
            widgets::error(ui, &self.servers.sentence());
        } else {
            ui.label(self.servers.sentence());
        }
        if let Some(why) = &self.servers.error {
            widgets::error(ui, why);
        }
        match &self.servers.state {
            ServersState::Closed | ServersState::Failed(_) => {
                if widgets::primary(ui, Icon::Play, "Start the servers").clicked() {
                    self.open();
                }
            }
            ServersState::Open(_) => {
                if widgets::button(ui, Icon::Square, "Stop the servers").clicked() {
                    self.close();
                }
            }
            ServersState::Elsewhere(_) => {
                if widgets::button(ui, Icon::RotateCw, "Check again").clicked() {
                    self.look();
                }
            }
            ServersState::Unknown | ServersState::Opening | ServersState::Closing => {
                ui.spinner();
            }
        }
    }

    fn mailboxes(&self, ui: &mut Ui) {
        section(ui, Icon::Inbox, "Mailboxes", "");
        let rows = self.servers.counts.mailboxes.iter().map(|row| {
            [
                row.account.clone(),
                row.mailbox.clone(),
                row.messages.to_string(),
                row.unread.to_string(),
            ]
        });
        table(ui, "mailboxes", ["Account", "Mailbox", "Messages", "Unread"], rows);
    }

    fn queue(&self, ui: &mut Ui) {
        let empty = if self.servers.counts.queue.is_empty() {
            "Nothing waits for another server."
        } else {
            ""
        };
        section(ui, Icon::Hourglass, "Queue", empty);
        let now = Timestamp::now();
        let rows = self.servers.counts.queue.iter().map(|row| {
            let next = row.next.duration_since(now).as_secs().max(0);
            let next = format!("in {next} s");
            let attempts = row.attempts.to_string();
            [row.from.clone(), row.to.clone(), attempts, next, row.why.clone()]
        });
        table(ui, "queue", ["From", "To", "Tried", "Next", "Why it waits"], rows);
    }
}

/// The servers end their conversations before the program ends.
impl Drop for ServersView {
    fn drop(&mut self) {
        self.worker.finish();
    }
}

fn listeners(ui: &mut Ui, listening: &[Listening]) {
    section(ui, Icon::Ear, "Listeners", "");
    let rows = listening
        .iter()
        .map(|one| [one.name.to_owned(), one.address.to_string(), one.security.to_owned()]);
    table(ui, "listeners", ["Service", "Address", "Security"], rows);
}

fn connections(ui: &mut Ui, conversations: &Conversations, texts: &Texts) {
    let mut all: Vec<&ObservedConnection> = conversations.connections(Side::Server).collect();
    // All that are open, and the last that have ended.
    let mut ended = all.iter().filter(|one| one.ended).count();
    all.retain(|one| {
        ended -= usize::from(one.ended);
        !one.ended || ended < ENDED
    });
    let empty = if all.is_empty() {
        "No client is connected. Sign in under Mail, or type pillarbox imap in a terminal."
    } else {
        ""
    };
    section(ui, Icon::Cable, "Connections", empty);
    let rows = all.iter().rev().map(|one| {
        let last = match &one.last {
            Some((by, text)) => format!("{by}: {text}"),
            None => String::new(),
        };
        [
            format!("#{}", one.connection.number),
            one.connection.thread.clone(),
            state(one, texts),
            one.security.name(),
            widgets::shortened(&last, LAST_LINE),
        ]
    });
    let names = ["Recorded as", "Thread", "State", "Security", "Last line"];
    table(ui, "server connections", names, rows);
}

fn state(one: &ObservedConnection, texts: &Texts) -> String {
    if one.ended {
        return "ended".to_owned();
    }
    let Some(observer) = &one.observer else {
        return String::new();
    };
    match texts.state(observer.protocol(), observer.state()) {
        Some(entry) => entry.title.clone(),
        None => observer.state().key().to_owned(),
    }
}

fn section(ui: &mut Ui, picture: Icon, name: &str, empty: &str) {
    ui.add_space(widgets::STEP);
    ui.horizontal(|ui| {
        ui.label(widgets::icon(picture).color(widgets::palette(ui).accent));
        ui.label(RichText::new(name).strong());
    });
    if !empty.is_empty() {
        ui.label(RichText::new(empty).color(widgets::palette(ui).faint));
    }
}

fn table<const N: usize>(
    ui: &mut Ui,
    id: &str,
    names: [&str; N],
    rows: impl ExactSizeIterator<Item = [String; N]>,
) {
    if rows.len() == 0 {
        return;
    }
    let faint = widgets::palette(ui).faint;
    let grid = Grid::new(id).num_columns(N).striped(true).min_row_height(0.0);
    grid.spacing([24.0, widgets::HALF]).show(ui, |ui| {
        for name in names {
            ui.label(RichText::new(name).small().color(faint));
        }
        ui.end_row();
        for row in rows {
            for cell in row {
                ui.add(Label::new(cell).extend());
            }
            ui.end_row();
        }
    });
}
