//! The laboratory's servers: where they listen, who is connected, what is in their mailboxes and in
//! their queue; and the button that starts and stops them.

use eframe::egui::{CentralPanel, Context, Grid, Label, RichText, ScrollArea, Ui};
use jiff::Timestamp;
use lucide_icons::Icon;

use super::model::conversations::{Conversations, ObservedConnection};
use super::model::servers::{BuiltInServers, News, ServersState};
use super::recording::WindowRecording;
use super::servers_worker::{self, Job};
use super::widgets;
use super::worker::Worker;
use crate::config::Config;
use crate::server::Listening;
use crate::teaching::explain::Texts;
use crate::teaching::wire_tap::Side;

/// Connections that are listed after their end.
const ENDED: usize = 8;

/// So many characters of a line the table has room for.
const LAST_LINE: usize = 70;

/// The view.
pub(super) struct ServersView {
    lab: BuiltInServers,
    worker: Option<Worker<Job, News>>,
    /// How much had passed when the mail was counted last.
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
        let worker = servers_worker::start(window, config, recording.taps());
        let mut lab = BuiltInServers::default();
        match &worker {
            Ok(worker) => worker.order(Job::Look),
            Err(error) => {
                lab.standing = ServersState::Failed(format!("no thread is left: {error}"))
            }
        }
        ServersView {
            lab,
            worker: worker.ok(),
            counted_at: None,
            counting: false,
        }
    }

    /// Takes in what the worker has told; `true` when there are servers now, and there were none before.
    pub(super) fn hear(&mut self) -> bool {
        let served = self.lab.is_served();
        for news in self.worker.iter().flat_map(Worker::news) {
            self.counting &= !matches!(news, News::Counted(_));
            self.lab.take(news);
        }
        self.lab.is_served() && !served
    }

    /// What is known of the servers.
    pub(super) fn lab(&self) -> &BuiltInServers {
        &self.lab
    }

    /// Starts the servers.
    pub(super) fn open(&self) {
        self.order(Job::Open);
    }

    /// Looks again whether another program serves on our ports, unless we do, or why we cannot is still to be
    /// read.
    pub(super) fn look(&self) {
        if matches!(
            self.lab.standing,
            ServersState::Closed | ServersState::Elsewhere(_)
        ) {
            self.order(Job::Look);
        }
    }

    fn order(&self, job: Job) {
        if let Some(worker) = &self.worker {
            worker.order(job);
        }
    }

    /// Draws the view.
    pub(super) fn show(&mut self, ui: &mut Ui, recording: &WindowRecording, texts: &Texts) {
        let conversations = recording.conversations();
        self.count(&conversations);
        CentralPanel::default()
            .frame(widgets::main(ui))
            .show(ui, |ui| {
                self.head(ui);
                ScrollArea::both().auto_shrink(false).show(ui, |ui| {
                    if let ServersState::Open(listening) = &self.lab.standing {
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

    /// Counts the mail again when something has passed since the last time.
    fn count(&mut self, conversations: &Conversations) {
        let now = self.lab.is_open().then(|| conversations.changes());
        if now != self.counted_at && !self.counting {
            (self.counted_at, self.counting) = (now, now.is_some());
            self.order(Job::Count);
        }
    }

    fn head(&self, ui: &mut Ui) {
        ui.heading("Servers");
        match &self.lab.standing {
            ServersState::Failed(_) => widgets::wrong(ui, &self.lab.sentence()),
            _ => drop(ui.label(self.lab.sentence())),
        }
        if let Some(why) = &self.lab.trouble {
            widgets::wrong(ui, why);
        }
        match &self.lab.standing {
            ServersState::Closed | ServersState::Failed(_) => {
                if widgets::primary(ui, Icon::Play, "Start the servers").clicked() {
                    self.order(Job::Open);
                }
            }
            ServersState::Open(_) => {
                if widgets::button(ui, Icon::Square, "Stop the servers").clicked() {
                    self.order(Job::Close);
                }
            }
            ServersState::Elsewhere(_) => {
                if widgets::button(ui, Icon::RotateCw, "Look again").clicked() {
                    self.order(Job::Look);
                }
            }
            ServersState::Unknown | ServersState::Opening | ServersState::Closing => {
                drop(ui.spinner())
            }
        }
    }

    fn mailboxes(&self, ui: &mut Ui) {
        section(ui, Icon::Inbox, "Mailboxes", "");
        let rows = self.lab.counts.mailboxes.iter().map(|row| {
            let (messages, unread) = (row.messages.to_string(), row.unread.to_string());
            [row.account.clone(), row.mailbox.clone(), messages, unread]
        });
        table(
            ui,
            "mailboxes",
            ["Account", "Mailbox", "Messages", "Unread"],
            rows,
        );
    }

    fn queue(&self, ui: &mut Ui) {
        let empty = match self.lab.counts.queue.is_empty() {
            true => "Nothing waits for another server.",
            false => "",
        };
        section(ui, Icon::Hourglass, "Queue", empty);
        let now = Timestamp::now();
        let rows = self.lab.counts.queue.iter().map(|row| {
            let next = row.next.duration_since(now).as_secs().max(0);
            let next = format!("in {next} s");
            let attempts = row.attempts.to_string();
            [
                row.from.clone(),
                row.to.clone(),
                attempts,
                next,
                row.why.clone(),
            ]
        });
        table(
            ui,
            "queue",
            ["From", "To", "Tried", "Next", "Why it waits"],
            rows,
        );
    }
}

/// The servers say goodbye before the program ends.
impl Drop for ServersView {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.finish();
        }
    }
}

fn listeners(ui: &mut Ui, listening: &[Listening]) {
    section(ui, Icon::Ear, "Listeners", "");
    let rows = listening.iter().map(|one| {
        let (name, security) = (one.name.to_owned(), one.security.to_owned());
        [name, one.address.to_string(), security]
    });
    table(ui, "listeners", ["Service", "Address", "Security"], rows);
}

fn connections(ui: &mut Ui, conversations: &Conversations, texts: &Texts) {
    let mut all: Vec<&ObservedConnection> = conversations.connections(Side::Server).collect();
    // The open ones, and the last that have ended.
    let mut ended = all.iter().filter(|one| one.ended).count();
    all.retain(|one| {
        ended -= usize::from(one.ended);
        !one.ended || ended < ENDED
    });
    let empty = match all.is_empty() {
        true => "Nobody is connected. Sign in under Mail, or say pillarbox imap in a terminal.",
        false => "",
    };
    section(ui, Icon::Cable, "Connections", empty);
    let rows = all.iter().rev().map(|one| {
        let (connection, last) = (&one.connection, one.last.as_ref());
        let last = last.map_or(String::new(), |(by, text)| format!("{by}: {text}"));
        let state = match one.ended {
            true => "ended".to_owned(),
            false => state(one, texts),
        };
        let number = format!("#{}", connection.number);
        [
            number,
            connection.thread.clone(),
            state,
            one.security.name(),
            widgets::shortened(&last, LAST_LINE),
        ]
    });
    let names = ["Recorded as", "Thread", "State", "Security", "Last line"];
    table(ui, "server connections", names, rows);
}

fn state(conversation: &ObservedConnection, texts: &Texts) -> String {
    let Some(observer) = &conversation.observer else {
        return String::new();
    };
    let entry = texts.state(observer.protocol(), observer.state());
    entry.map_or_else(
        || observer.state().key().to_owned(),
        |entry| entry.title.clone(),
    )
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
    let grid = Grid::new(id)
        .num_columns(N)
        .striped(true)
        .min_row_height(0.0);
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
