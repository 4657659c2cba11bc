//! The frame of the window: the rail that chooses the view, the conversation below, pop-ups and keys.

use std::sync::Arc;

use eframe::egui::{
    Align, Align2, Color32, Context, FontId, Frame, Layout, Margin, Panel, Sense, TextStyle, Theme,
    Ui, ViewportCommand, WidgetInfo, accesskit::Role, vec2,
};
use lucide_icons::Icon;

use super::classroom::Classroom;
use super::closing::Closing;
use super::conversation_pane::ConversationPane;
use super::keyboard::Keyboard;
use super::mail::Mail;
use super::model::servers::ServersState;
use super::popup::Popups;
use super::recording::WindowRecording;
use super::saving::Saving;
use super::servers_view::ServersView;
use super::shortcuts::{self, WindowAction};
use super::type_ahead::TypeAhead;
use super::widgets::{self, TextSize};
use crate::client::ClientSettings;
use crate::config::Config;
use crate::teaching::explain::Texts;

/// What the window begins with.
pub struct Start {
    /// The servers, and the accounts whose passwords are known.
    pub settings: ClientSettings,
    /// The accounts to open at once.
    pub accounts: Vec<String>,
    /// The explanations.
    pub texts: Arc<Texts>,
    /// The servers that can be started inside.
    pub config: Config,
}

/// What the rail chooses.
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
    /// Do they wait for the servers inside?
    serve: bool,
    classroom: Classroom,
    servers: ServersView,
    conversation: ConversationPane,
    texts: Arc<Texts>,
    recording: WindowRecording,
    /// Does the window speak to the servers of `[ports]`?
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
    /// Dresses the window; the accounts that were asked for are opened when it is drawn first.
    #[must_use]
    pub fn new(window: &Context, start: Start) -> App {
        let size = TextSize::default();
        widgets::dress(window, size);
        window.add_plugin(TypeAhead::default());
        let Start {
            mut settings,
            accounts,
            texts,
            config,
        } = start;
        let recording = WindowRecording::new(
            window,
            Arc::clone(&texts),
            settings.imap.ca.clone(),
            config.journal.as_ref(),
        );
        let saving = Saving::new(window, recording.kept(), Arc::clone(&texts));
        recording.watch(&mut settings);
        let own_servers = config.client.imap.is_none();
        App {
            view: MainView::Mail,
            mail: Mail::new(settings.clone(), window),
            accounts,
            serve: false,
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

    /// The same window with the servers inside started; the accounts are opened when they listen.
    #[must_use]
    pub fn with_servers(mut self) -> App {
        self.serve = true;
        self.servers.open();
        self
    }

    /// Opens the accounts that were asked for.
    fn open_accounts(&mut self) {
        use ServersState::{Elsewhere, Failed, Open};
        let settled = matches!(
            self.servers.servers().state,
            Open(_) | Elsewhere(_) | Failed(_)
        );
        if self.serve && !settled {
            return;
        }
        for name in std::mem::take(&mut self.accounts) {
            if !self.mail.open_known(&name, &mut self.popups) {
                let words =
                    format!("The password of {name} is not in the configuration: sign in by hand.");
                self.popups.bad("Not signed in", words);
            }
        }
    }

    /// Takes in what the workers have told, and draws the window.
    pub fn show(&mut self, ui: &mut Ui) {
        let window = ui.ctx().clone();
        self.keyboard.look(&window);
        if self.mail.update(&mut self.popups) {
            self.servers.look();
        }
        self.classroom.update(&mut self.popups);
        if self.servers.update(&mut self.popups) {
            self.mail.try_again(&mut self.popups);
        }
        self.open_accounts();
        self.closing.look(&window, &self.mail);
        if self.takes_keys(&window) {
            for action in shortcuts::pressed(&window) {
                self.act(action, &window);
            }
        }
        self.entitle(&window);
        self.rail(ui);
        self.conversation(ui);
        self.offer(ui);
        match self.view {
            MainView::Mail => self.mail.show(ui, &mut self.popups),
            MainView::Classroom => self.classroom.show(ui, &mut self.popups),
            MainView::Servers => self.servers.show(ui, &self.recording, &self.texts),
        }
        // One question after the other: the end of the window cannot wait.
        if !self.closing.is_open() {
            self.popups.show(&window);
        }
        if self.helping {
            self.helping = shortcuts::show_help(&window);
        }
        self.closing.show(&window, &mut self.mail);
    }

    /// Do keys reach the window, or what lies over it? A modal window of the last frame is still open.
    fn takes_keys(&self, window: &Context) -> bool {
        let covered = window.memory(|memory| memory.top_modal_layer().is_some());
        !covered && !self.popups.is_open() && !self.helping
    }

    /// The title says who has signed in: two windows make a lecture.
    fn entitle(&mut self, window: &Context) {
        let mut title = self.mail.names().join(", ");
        title.push_str(if title.is_empty() {
            "Pillarbox"
        } else {
            " - Pillarbox"
        });
        if title != self.title {
            window.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }

    /// With no server running here, the window offers to be one.
    fn offer(&mut self, ui: &mut Ui) {
        let closed = matches!(
            self.servers.servers().state,
            ServersState::Closed | ServersState::Failed(_)
        );
        if !closed || !self.own_servers || self.view == MainView::Servers {
            return;
        }
        Panel::top("offer")
            .frame(widgets::beside(ui))
            .show(ui, |ui| {
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
        let frame = Frame::new()
            .fill(widgets::palette(ui).beside)
            .inner_margin(Margin::symmetric(4, 8));
        let width = match self.size {
            TextSize::Normal => 80.0,
            TextSize::Projector => 112.0,
        };
        let mut wanted = None;
        Panel::left("rail")
            .frame(frame)
            .exact_size(width)
            .resizable(false)
            .show(ui, |ui| {
                ui.vertical_centered_justified(|ui| {
                    for (view, picture, name) in VIEWS {
                        if tab(ui, picture, name, self.view == view) {
                            self.view = view;
                        }
                    }
                });
                ui.with_layout(Layout::bottom_up(Align::Center), |ui| {
                    let conversation = match self.conversation_open {
                        true => "Hide the conversation",
                        false => "Show the conversation",
                    };
                    for (picture, name, action) in [
                        (Icon::Keyboard, "Keys", WindowAction::Help),
                        (
                            Icon::Projector,
                            "Text for a desk or for a projector",
                            WindowAction::Size,
                        ),
                        (Icon::SunMoon, "Light or dark", WindowAction::Theme),
                        (
                            Icon::MessagesSquare,
                            conversation,
                            WindowAction::Conversation,
                        ),
                    ] {
                        if widgets::icon_button(ui, picture, name).clicked() {
                            wanted = Some(action);
                        }
                    }
                });
            });
        if let Some(action) = wanted {
            self.act(action, ui.ctx());
        }
    }

    fn conversation(&mut self, ui: &mut Ui) {
        if self.conversation_open {
            Panel::bottom("conversation")
                .frame(widgets::beside(ui))
                .resizable(true)
                .default_size(240.0)
                .size_range(80.0..=ui.available_height() - 200.0)
                .show(ui, |ui| {
                    self.conversation
                        .show(ui, &self.recording, &mut self.popups)
                });
        }
    }

    fn act(&mut self, action: WindowAction, window: &Context) {
        // What this frame has begun is in the old theme and size.
        window.request_repaint();
        match action {
            WindowAction::Mail => self.view = MainView::Mail,
            WindowAction::Classroom => self.view = MainView::Classroom,
            WindowAction::Servers => self.view = MainView::Servers,
            WindowAction::Conversation => {
                // Step by step, Next stands there, and everything waits for it.
                self.conversation_open =
                    !self.conversation_open || self.recording.gate().is_closed();
            }
            WindowAction::LineBefore
            | WindowAction::LineBehind
            | WindowAction::States
            | WindowAction::Lock
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
                widgets::dress(window, self.size);
            }
            of_the_mail if self.view == MainView::Mail => {
                self.mail.act(of_the_mail, &mut self.popups)
            }
            _ => {}
        }
    }
}

impl eframe::App for App {
    /// Called without [`eframe::App::ui`] while nothing of the window is seen: it may be closed then, too.
    fn logic(&mut self, window: &Context, _: &mut eframe::Frame) {
        self.closing.look(window, &self.mail);
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.show(ui);
    }
}

/// A view in the rail: its icon, and below it its name.
fn tab(ui: &mut Ui, picture: Icon, name: &str, chosen: bool) -> bool {
    let palette = widgets::palette(ui);
    let small = TextStyle::Small.resolve(ui.style());
    let size = vec2(ui.available_width(), small.size * 4.5);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, chosen, name));
    let ground = match (chosen, response.hovered() || response.has_focus()) {
        (true, _) => palette.chosen,
        (false, true) => palette.line,
        (false, false) => Color32::TRANSPARENT,
    };
    let colour = if chosen {
        palette.accent
    } else {
        palette.faint
    };
    let painter = ui.painter();
    painter.rect_filled(rect, 4.0, ground);
    let above = rect.center_top() + vec2(0.0, widgets::STEP);
    let icon = FontId::new(small.size * 1.6, small.family.clone());
    painter.text(above, Align2::CENTER_TOP, char::from(picture), icon, colour);
    let below = rect.center_bottom() - vec2(0.0, widgets::STEP);
    painter.text(below, Align2::CENTER_BOTTOM, name, small, colour);
    response.clicked()
}
