//! The original's window: receiving at the left, sending at the right, the conversation below.

use std::sync::Arc;

use eframe::egui::{CentralPanel, Context, Panel, RichText, ScrollArea, Ui};
use lucide_icons::Icon;

use super::model::account::MailAccount;
use super::popup::Popups;
use super::protocol_panel::ProtocolPanel;
use super::smtp_panel::SmtpPanel;
use super::widgets;
use crate::client::{ClientSettings, ImapClient, Pop3Client};
use crate::console::ExampleNames;
use crate::teaching::explain::Texts;

/// The protocol that is chosen for receiving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chosen {
    Imap,
    Pop3,
}

/// The view.
pub(super) struct Classroom {
    settings: ClientSettings,
    name: String,
    password: String,
    chosen: Option<Chosen>,
    /// The keyboard is in the first field, once.
    begun: bool,
    smtp: SmtpPanel,
    imap: ProtocolPanel,
    pop3: ProtocolPanel,
}

impl Classroom {
    pub(super) fn new(settings: ClientSettings, texts: &Arc<Texts>, window: &Context) -> Classroom {
        let cast = cast(&settings);
        let texts = || Arc::clone(texts);
        Classroom {
            name: String::new(),
            password: String::new(),
            chosen: None,
            begun: false,
            smtp: SmtpPanel::new(window),
            imap: ProtocolPanel::new::<ImapClient>(window, texts(), cast.clone()),
            pop3: ProtocolPanel::new::<Pop3Client>(window, texts(), cast),
            settings,
        }
    }

    /// Takes in what the workers have told.
    pub(super) fn hear(&mut self, popups: &mut Popups) {
        self.smtp.hear(popups);
        self.imap.hear("IMAP", popups);
        self.pop3.hear("POP3", popups);
    }

    /// Draws the view.
    pub(super) fn show(&mut self, ui: &mut Ui, popups: &mut Popups) {
        let half = ui.available_width() / 2.0;
        Panel::left("receiving")
            .frame(widgets::main(ui))
            .exact_size(half)
            .resizable(false)
            .show(ui, |ui| {
                ScrollArea::vertical()
                    .auto_shrink(false)
                    .show(ui, |ui| self.receiving(ui, popups));
            });
        CentralPanel::default()
            .frame(widgets::main(ui))
            .show(ui, |ui| self.smtp.show(ui));
    }

    fn receiving(&mut self, ui: &mut Ui, popups: &mut Popups) {
        ui.heading("Receiving: IMAP or POP3");
        let entered = self.who(ui);
        ui.horizontal(|ui| {
            if widgets::primary(ui, Icon::LogIn, "Login").clicked() || entered {
                match self.account() {
                    Some(account) => self.smtp.log_in(account),
                    None => popups.bad("Login", "Write a user name first, such as alice."),
                }
            }
            ui.add_space(widgets::STEP);
            self.boxes(ui, popups);
        });
        ui.separator();
        let again = match self.chosen {
            Some(Chosen::Imap) => self.imap.show(ui, "IMAP"),
            Some(Chosen::Pop3) => self.pop3.show(ui, "POP3"),
            None => {
                let words = "Choose IMAP or POP3: the program logs in there with the same name.";
                ui.label(RichText::new(words).color(widgets::palette(ui).faint));
                false
            }
        };
        if again {
            self.log_in(popups);
        }
    }

    /// The fields for name and password; was Enter pressed in the last one?
    fn who(&mut self, ui: &mut Ui) -> bool {
        ui.columns_const(|[left, right]| {
            let name = widgets::field(left, "User name", &mut self.name);
            widgets::begin_at(&name, &mut self.begun);
            let password = widgets::secret_field(right, "Password", &mut self.password);
            let entered = widgets::entered(right, &password);
            if entered {
                password.request_focus();
            }
            entered
        })
    }

    /// The box for each protocol; ticking one logs in to its server, unless the one who is
    /// typed is logged in there.
    fn boxes(&mut self, ui: &mut Ui, popups: &mut Popups) {
        for (protocol, name) in [(Chosen::Imap, "IMAP"), (Chosen::Pop3, "POP3")] {
            let mut ticked = self.chosen == Some(protocol);
            if !widgets::check_box(ui, &mut ticked, name).changed() {
                continue;
            }
            self.chosen = ticked.then_some(protocol);
            let panel = match protocol {
                Chosen::Imap => &self.imap,
                Chosen::Pop3 => &self.pop3,
            };
            let typed = self.account();
            let another = typed.is_some_and(|typed| !panel.is_of(&typed));
            if ticked && (another || panel.is_logged_out()) {
                self.log_in(popups);
            }
        }
    }

    fn log_in(&mut self, popups: &mut Popups) {
        let Some(account) = self.account() else {
            self.chosen = None;
            popups.bad("Login", "Write a user name and its password first.");
            return;
        };
        match self.chosen {
            Some(Chosen::Imap) => self.imap.log_in(account),
            Some(Chosen::Pop3) => self.pop3.log_in(account),
            None => {}
        }
    }

    /// The account that is typed.
    fn account(&self) -> Option<MailAccount> {
        let name = self.name.trim();
        (!name.is_empty()).then(|| MailAccount {
            name: self.settings.account(name).to_owned(),
            password: self.password.clone(),
            settings: self.settings.clone(),
        })
    }
}

/// Whom the examples in the boxes are about: the first two accounts.
fn cast(settings: &ClientSettings) -> ExampleNames {
    let mut names: Vec<&String> = settings.passwords.keys().collect();
    names.sort();
    let name = |at: usize, other: &str| names.get(at).map_or(other, |name| name).to_owned();
    ExampleNames {
        me: name(0, "alice"),
        you: name(1, "bob"),
        domain: settings.domain.clone(),
    }
}
