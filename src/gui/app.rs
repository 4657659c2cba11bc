//! The frame of the window: the rail that chooses the view, the conversation pane, pop-ups and keys.

use std::sync::Arc;

use eframe::egui::{Align, Context, Frame, Layout, Margin, Panel, Theme, Ui, ViewportCommand};
use lucide_icons::Icon;

use super::classroom::Classroom;
use super::closing::Closing;
use super::conversation_pane::ConversationPane;
use super::keyboard::{Keyboard, TypeAhead};
use super::mail::Mail;
use super::model::servers::ServersState;
use super::popup::Popups;
use super::recording::WindowRecording;
use super::saving::Saving;
use super::servers_view::ServersView;
use super::shortcuts::{self, WindowAction};
use super::widgets::{self, TextSize};
use crate::client::ClientSettings;
use crate::config::Config;
use crate::teaching::explain::Texts;

/// The settings with which the window starts.
pub struct Start {
    /// The servers, and the accounts whose passwords are known.
    pub settings: ClientSettings,
    /// The accounts to open at once.
    pub accounts: Vec<String>,
    /// The explanations.
    pub texts: Arc<Texts>,
    /// The configuration of the built-in servers.
    pub config: Config,
}

/// A view that the rail chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MainView {
    Mail,
    Classroom,
    Servers,
}

const VIEWS: [(MainView, Icon, &str); 3] = [
    (MainView::Mail, Icon::Mail, "Mail"),
    (MainView::Classroom, Icon::GraduationCap, "Classroom"),
    (MainView::Servers, Icon::Server, "Servers"),
];

/// The whole window.
pub struct App {
    view: MainView,
    mail: Mail,
    /// The accounts that are still to be opened.
    accounts: Vec<String>,
    /// The accounts wait until the built-in servers are open.
    wait_for_servers: bool,
    classroom: Classroom,
    servers: ServersView,
    conversation: ConversationPane,
    texts: Arc<Texts>,
    recording: WindowRecording,
    /// The window's clients use the servers of `[ports]`, not others.
    own_servers: bool,
    title: String,
    conversation_open: bool,
    popups: Popups,
    keyboard: Keyboard,
    helping: bool,
    closing: Closing,
    size: TextSize,
}

impl App {
    /// Creates the window's content. The accounts are opened when it is drawn for the first time.
    #[must_use]
    pub fn new(window: &Context, start: Start) -> App {
        let size = TextSize::default();
        widgets::apply(window, size);
        window.add_plugin(TypeAhead::default());
        let Start { mut settings, accounts, texts, config } = start;
        let recording = WindowRecording::new(
            window,
            Arc::clone(&texts),
            settings.imap.ca.clone(),
            config.journal.as_ref(),
        );
        let saving = Saving::new(window, recording.events(), Arc::clone(&texts));
        recording.watch(&mut settings);
        let own_servers = config.client.imap.is_none();
        App {
            view: MainView::Mail,
            mail: Mail::new(settings.clone(), window),
            accounts,
            wait_for_servers: false,
            classroom: Classroom::new(settings, &texts, window),
            servers: ServersView::new(window, config, &recording),
            conversation: ConversationPane::new(Arc::clone(&texts), saving),
            texts,
            recording,
            own_servers,
            title: String::new(),
            conversation_open: true,
            popups: Popups::default(),
            keyboard: Keyboard::default(),
            helping: false,
            closing: Closing::default(),
            size,
        }
    }

    /// Starts the built-in servers, and opens the accounts when they listen.
    #[must_use]
    pub fn with_servers(mut self) -> App {
        self.wait_for_servers = true;
        self.servers.open();
        self
    }

    /// Opens the accounts with which the window starts.
    fn open_accounts(&mut self) {
        use ServersState::{Elsewhere, Failed, Open};
        let settled = matches!(self.servers.servers().state, Open(_) | Elsewhere(_) | Failed(_));
        if self.wait_for_servers && !settled {
            return;
        }
        for name in std::mem::take(&mut self.accounts) {
            if !self.mail.open_known(&name, &mut self.popups) {
                let words = format!(
                    "The password of {name} is not in the configuration. Sign in with it instead."
                );
                self.popups.bad("Not signed in", words);
            }
        }
    }

    /// Shows the results of the workers, and draws the window.
    pub fn show(&mut self, ui: &mut Ui) {
        let window = ui.ctx().clone();
        self.keyboard.remember(&window);
        if self.mail.update(&mut self.popups) {
            self.servers.look();
        }
        self.classroom.update(&mut self.popups);
        if self.servers.update(&mut self.popups) {
            self.mail.try_again(&mut self.popups);
        }
        self.open_accounts();
        self.closing.intercept(&window, &self.mail);
        if self.takes_keys(&window) {
            for action in shortcuts::pressed(&window) {
                self.act(action, &window);
            }
        }
        self.update_title(&window);
        self.rail(ui);
        self.conversation(ui);
        self.offer_servers(ui);
        match self.view {
            MainView::Mail => self.mail.show(ui, &mut self.popups),
            MainView::Classroom => self.classroom.show(ui, &mut self.popups),
            MainView::Servers => self.servers.show(ui, &self.recording, &self.texts),
        }
        // Pop-ups wait while the question of closing is open.
        if !self.closing.is_open() {
            self.popups.show(&window);
        }
        if self.helping {
            self.helping = shortcuts::show_help(&window);
        }
        self.closing.show(&window, &mut self.mail);
    }

    /// True if keys are for the window, and not for a modal window that covers it.
    fn takes_keys(&self, window: &Context) -> bool {
        let covered = window.memory(|memory| memory.top_modal_layer().is_some());
        !covered && !self.popups.is_open() && !self.helping
    }

    /// Sets the title to the names of the open accounts, so that several windows can be told apart.
    fn update_title(&mut self, window: &Context) {
        let mut title = self.mail.names().join(", ");
        title.push_str(if title.is_empty() { "Pillarbox" } else { " - Pillarbox" });
        if title != self.title {
            window.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }

    /// Offers to start the built-in servers while no server runs.
    fn offer_servers(&mut self, ui: &mut Ui) {
        let closed =
            matches!(self.servers.servers().state, ServersState::Closed | ServersState::Failed(_));
        if !closed || !self.own_servers || self.view == MainView::Servers {
            return;
        }
        Panel::top("offer").frame(widgets::beside(ui)).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.label(widgets::icon(Icon::Server).color(widgets::palette(ui).accent));
                ui.label(self.servers.servers().sentence());
                if widgets::button(ui, Icon::Play, "Start the servers").clicked() {
                    self.servers.open();
                }
            });
        });
    }

    fn rail(&mut self, ui: &mut Ui) {
        let frame =
            Frame::new().fill(widgets::palette(ui).beside).inner_margin(Margin::symmetric(4, 8));
        let width = match self.size {
            TextSize::Normal => 80.0,
            TextSize::Projector => 112.0,
        };
        let mut wanted = None;
        Panel::left("rail").frame(frame).exact_size(width).resizable(false).show(ui, |ui| {
            ui.vertical_centered_justified(|ui| {
                for (view, picture, name) in VIEWS {
                    if widgets::tab(ui, picture, name, self.view == view) {
                        self.view = view;
                    }
                }
            });
            let buttons = Layout::bottom_up(Align::Center);
            wanted = ui.with_layout(buttons, |ui| self.rail_buttons(ui)).inner;
        });
        if let Some(action) = wanted {
            self.act(action, ui.ctx());
        }
    }

    /// Draws the buttons at the lower end of the rail; returns what was clicked.
    fn rail_buttons(&self, ui: &mut Ui) -> Option<WindowAction> {
        let conversation =
            if self.conversation_open { "Hide the conversation" } else { "Show the conversation" };
        let size = "Text for a desk or for a projector";
        let mut wanted = None;
        for (picture, name, action) in [
            (Icon::Keyboard, "Keys", WindowAction::Help),
            (Icon::Projector, size, WindowAction::Size),
            (Icon::SunMoon, "Light or dark", WindowAction::Theme),
            (Icon::MessagesSquare, conversation, WindowAction::Conversation),
        ] {
            if widgets::icon_button(ui, picture, name).clicked() {
                wanted = Some(action);
            }
        }
        wanted
    }

    fn conversation(&mut self, ui: &mut Ui) {
        if self.conversation_open {
            Panel::bottom("conversation")
                .frame(widgets::beside(ui))
                .resizable(true)
                .default_size(240.0)
                .size_range(80.0..=ui.available_height() - 200.0)
                .show(ui, |ui| self.conversation.show(ui, &self.recording, &mut self.popups));
        }
    }

    fn act(&mut self, action: WindowAction, window: &Context) {
        // This frame is partly drawn in the old theme and size.
        window.request_repaint();
        match action {
            WindowAction::Mail => self.view = MainView::Mail,
            WindowAction::Classroom => self.view = MainView::Classroom,
            WindowAction::Servers => self.view = MainView::Servers,
            WindowAction::Conversation => {
                // In step mode everything waits for the button Next, which is in this pane.
                self.conversation_open =
                    !self.conversation_open || self.recording.gate().is_closed();
            }
            WindowAction::LineBefore
            | WindowAction::LineAfter
            | WindowAction::States
            | WindowAction::Security
            | WindowAction::Steps
            | WindowAction::Octets => {
                self.conversation_open = true;
                self.conversation.act(action, &self.recording);
            }
            WindowAction::Help => self.helping = true,
            WindowAction::Quit => window.send_viewport_cmd(ViewportCommand::Close),
            WindowAction::Theme => window.set_theme(match window.theme() {
                Theme::Dark => Theme::Light,
                Theme::Light => Theme::Dark,
            }),
            WindowAction::Size => {
                self.size = match self.size {
                    TextSize::Normal => TextSize::Projector,
                    TextSize::Projector => TextSize::Normal,
                };
                widgets::apply(window, self.size);
            }
            action if self.view == MainView::Mail => self.mail.act(action, &mut self.popups),
            _ => {}
        }
    }
}

impl eframe::App for App {
    /// Called alone while the window is hidden, because it may be closed then, too.
    fn logic(&mut self, window: &Context, _: &mut eframe::Frame) {
        self.closing.intercept(window, &self.mail);
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.show(ui);
    }
}
