//! The frame of the window: the rail that chooses the view, the conversation below, pop-ups and keys.

use std::sync::Arc;

use eframe::egui::{Context, Frame, Margin, Panel, Theme, Ui, WidgetInfo, accesskit::Role};
use lucide_icons::Icon;

use super::classroom::Classroom;
use super::conversation_pane::ConversationPane;
use super::lab_tab::LabTab;
use super::look::{self, Size};
use super::mail::Mail;
use super::popup::Popups;
use super::shortcuts::{self, Action};
use crate::client::ClientSettings;
use crate::protocol::explain::Texts;

/// What the window begins with.
pub struct Start {
    /// The servers, and the accounts whose passwords are known.
    pub settings: ClientSettings,
    /// The accounts to open at once.
    pub accounts: Vec<String>,
    /// The explanations.
    pub texts: Arc<Texts>,
}

/// What the rail chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Mail,
    Classroom,
    Servers,
}

const VIEWS: [(View, Icon, &str); 3] = [
    (View::Mail, Icon::Mail, "Mail"),
    (View::Classroom, Icon::GraduationCap, "Classroom"),
    (View::Servers, Icon::Server, "Servers"),
];

/// The whole window.
pub struct App {
    view: View,
    mail: Mail,
    classroom: Classroom,
    lab: LabTab,
    conversation: ConversationPane,
    conversation_open: bool,
    popups: Popups,
    helping: bool,
    size: Size,
}

impl App {
    /// Dresses the window, and opens the accounts that were asked for.
    #[must_use]
    pub fn new(window: &Context, start: Start) -> App {
        let size = Size::default();
        look::dress(window, size);
        let Start {
            settings,
            accounts,
            texts,
        } = start;
        let mut popups = Popups::default();
        let mut mail = Mail::new(settings.clone(), window);
        for name in accounts {
            if !mail.open_known(&name, &mut popups) {
                let words =
                    format!("The password of {name} is not in the configuration: sign in by hand.");
                popups.bad("Not signed in", words);
            }
        }
        App {
            view: View::Mail,
            mail,
            classroom: Classroom::new(settings.clone(), &texts, window),
            lab: LabTab::new(settings),
            conversation: ConversationPane::default(),
            conversation_open: true,
            popups,
            helping: false,
            size,
        }
    }

    /// Takes in what the workers have told, and draws the window.
    pub fn show(&mut self, ui: &mut Ui) {
        let window = ui.ctx().clone();
        self.mail.hear(&mut self.popups);
        self.classroom.hear(&mut self.popups);
        if !self.popups.is_open() && !self.helping {
            for action in shortcuts::pressed(&window) {
                self.act(action, &window);
            }
        }
        self.rail(ui);
        self.conversation(ui);
        match self.view {
            View::Mail => self.mail.show(ui, &mut self.popups),
            View::Classroom => self.classroom.show(ui, &mut self.popups),
            View::Servers => self.lab.show(ui),
        }
        self.popups.show(&window);
        if self.helping {
            self.helping = shortcuts::show_help(&window);
        }
    }

    fn rail(&mut self, ui: &mut Ui) {
        let frame = Frame::new()
            .fill(look::palette(ui).beside)
            .inner_margin(Margin::symmetric(4, 8));
        let width = match self.size {
            Size::Normal => 80.0,
            Size::Projector => 112.0,
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
                ui.with_layout(
                    eframe::egui::Layout::bottom_up(eframe::egui::Align::Center),
                    |ui| {
                        let conversation = match self.conversation_open {
                            true => "Hide the conversation",
                            false => "Show the conversation",
                        };
                        for (picture, name, action) in [
                            (Icon::Keyboard, "Keys", Action::Help),
                            (
                                Icon::Projector,
                                "Text for a desk or for a projector",
                                Action::Size,
                            ),
                            (Icon::SunMoon, "Light or dark", Action::Theme),
                            (Icon::MessagesSquare, conversation, Action::Conversation),
                        ] {
                            if look::icon_button(ui, picture, name).clicked() {
                                wanted = Some(action);
                            }
                        }
                    },
                );
            });
        if let Some(action) = wanted {
            self.act(action, ui.ctx());
        }
    }

    fn conversation(&mut self, ui: &mut Ui) {
        if self.conversation_open {
            Panel::bottom("conversation")
                .frame(look::beside(ui))
                .default_size(190.0)
                .min_size(80.0)
                .show(ui, |ui| self.conversation.show(ui));
        }
    }

    fn act(&mut self, action: Action, window: &Context) {
        match action {
            Action::Mail => self.view = View::Mail,
            Action::Classroom => self.view = View::Classroom,
            Action::Servers => self.view = View::Servers,
            Action::Conversation => self.conversation_open = !self.conversation_open,
            Action::Help => self.helping = true,
            Action::Theme => window.set_theme(match window.theme() {
                Theme::Dark => Theme::Light,
                Theme::Light => Theme::Dark,
            }),
            Action::Size => {
                self.size = match self.size {
                    Size::Normal => Size::Projector,
                    Size::Projector => Size::Normal,
                };
                look::dress(window, self.size);
            }
            of_the_mail if self.view == View::Mail => self.mail.act(of_the_mail, &mut self.popups),
            _ => {}
        }
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.show(ui);
    }
}

/// A view in the rail: its icon, and below it its name.
fn tab(ui: &mut Ui, picture: Icon, name: &str, chosen: bool) -> bool {
    let palette = look::palette(ui);
    let colour = if chosen {
        palette.accent
    } else {
        palette.faint
    };
    let text = format!("{}\n{name}", char::from(picture));
    let text = eframe::egui::RichText::new(text).size(11.0).color(colour);
    let ground = if chosen {
        palette.chosen
    } else {
        eframe::egui::Color32::TRANSPARENT
    };
    let button = eframe::egui::Button::new(text)
        .fill(ground)
        .stroke(eframe::egui::Stroke::NONE);
    let response = ui.add_sized([ui.available_width(), 52.0], button);
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, chosen, name));
    response.clicked()
}
