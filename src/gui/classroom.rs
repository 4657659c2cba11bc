//! The original's window: receiving at the left, sending at the right, and below both the conversation.

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
    /// The first field has been given the keyboard.
    begun: bool,
    smtp: SmtpPanel,
    imap: ProtocolPanel<ImapClient>,
    pop3: ProtocolPanel<Pop3Client>,
}

impl Classroom {
    pub(super) fn new(settings: ClientSettings, texts: &Arc<Texts>, window: &Context) -> Classroom {
        let names = example_names(&settings);
        let texts = || Arc::clone(texts);
        Classroom {
            name: String::new(),
            password: String::new(),
            chosen: None,
            begun: false,
            smtp: SmtpPanel::new(window),
            imap: ProtocolPanel::new(window, texts(), names.clone()),
            pop3: ProtocolPanel::new(window, texts(), names),
            settings,
        }
    }

    /// Shows the results that have come from the workers.
    pub(super) fn update(&mut self, popups: &mut Popups) {
        self.smtp.update(popups);
        self.imap.update(popups);
        self.pop3.update(popups);
    }

    /// Draws the view.
    pub(super) fn show(&mut self, ui: &mut Ui, popups: &mut Popups) {
        let half = ui.available_width() / 2.0;
        Panel::left("receiving").frame(widgets::main(ui)).exact_size(half).resizable(false).show(
            ui,
            |ui| {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| self.receiving(ui, popups));
            },
        );
        CentralPanel::default().frame(widgets::main(ui)).show(ui, |ui| self.smtp.show(ui));
    }

    fn receiving(&mut self, ui: &mut Ui, popups: &mut Popups) {
        ui.heading("Receiving: IMAP or POP3");
        let entered = self.credentials(ui);
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
            Some(Chosen::Imap) => self.imap.show(ui),
            Some(Chosen::Pop3) => self.pop3.show(ui),
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

    /// Draws the fields for name and password; returns true if Enter was pressed in the password.
    fn credentials(&mut self, ui: &mut Ui) -> bool {
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

    /// Draws a box for each protocol. Ticking one logs in to its server, unless the account in the fields is logged in
    /// there already.
    fn boxes(&mut self, ui: &mut Ui, popups: &mut Popups) {
        for (protocol, name) in [(Chosen::Imap, "IMAP"), (Chosen::Pop3, "POP3")] {
            let mut ticked = self.chosen == Some(protocol);
            if !widgets::check_box(ui, &mut ticked, name).changed() {
                continue;
            }
            self.chosen = ticked.then_some(protocol);
            let account = self.account();
            let is_used = match protocol {
                Chosen::Imap => self.imap.is_used_by(account.as_ref()),
                Chosen::Pop3 => self.pop3.is_used_by(account.as_ref()),
            };
            if ticked && !is_used {
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

    /// The account in the fields; `None` while the name is empty.
    fn account(&self) -> Option<MailAccount> {
        let name = self.name.trim();
        if name.is_empty() {
            return None;
        }
        Some(MailAccount {
            name: self.settings.account(name).to_owned(),
            password: self.password.clone(),
            settings: self.settings.clone(),
        })
    }
}

/// The names in the examples: the first two accounts.
fn example_names(settings: &ClientSettings) -> ExampleNames {
    let mut names: Vec<&String> = settings.passwords.keys().collect();
    names.sort();
    let name = |at: usize, other: &str| names.get(at).map_or(other, |name| name).to_owned();
    ExampleNames { me: name(0, "alice"), you: name(1, "bob"), domain: settings.domain.clone() }
}
