//! The sign-in card: an account, its password, and other servers than the configuration's if needed.

use std::net::IpAddr;

use eframe::egui::{ComboBox, ScrollArea, TextStyle, Ui, vec2};
use lucide_icons::Icon;

use crate::client::{ClientSettings, Endpoint, Security};
use crate::gui::model::account::MailAccount;
use crate::gui::widgets;

/// The card.
pub(super) struct SignIn {
    settings: ClientSettings,
    name: String,
    password: String,
    /// Use the servers below instead of the configuration's.
    elsewhere: bool,
    smtp: String,
    imap: String,
    pop3: String,
    security: Security,
    /// The first field has been given the keyboard.
    begun: bool,
    /// Why the last attempt failed.
    pub(super) error: Option<String>,
}

/// The width of the card, in heights of its text.
const CARD: f32 = 22.0;

/// The names of the ways to protect a connection.
const SECURITIES: [(Security, &str); 3] = [
    (Security::Tls, "TLS"),
    (Security::StartTls, "STARTTLS"),
    (Security::Plain, "none (unencrypted)"),
];

impl SignIn {
    pub(super) fn new(settings: ClientSettings) -> SignIn {
        SignIn {
            name: String::new(),
            password: String::new(),
            elsewhere: false,
            smtp: settings.smtp.to_string(),
            imap: settings.imap.to_string(),
            pop3: settings.pop3.to_string(),
            security: settings.imap.security,
            begun: false,
            error: None,
            settings,
        }
    }

    /// Shows the name of an account that could not be opened, and the reason.
    pub(super) fn refused(&mut self, account: &MailAccount, why: String) {
        self.name.clone_from(&account.name);
        self.password.clear();
        self.error = Some(why);
    }

    /// The account of this name, if its password is in the configuration.
    pub(super) fn known(&self, name: &str) -> Option<MailAccount> {
        let login = self.settings.account(name);
        let password = self.settings.passwords.get(&login.to_lowercase())?;
        Some(MailAccount {
            name: login.to_owned(),
            password: password.clone(),
            settings: self.settings.clone(),
        })
    }

    /// True if this account's mail is on the configuration's server.
    pub(super) fn is_configured(&self, account: &MailAccount) -> bool {
        account.imap() == &self.settings.imap
    }

    /// Draws the card; returns the account when the user signs in.
    pub(super) fn show(&mut self, ui: &mut Ui) -> Option<MailAccount> {
        let mut account = None;
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.vertical_centered(|ui| {
                let width = CARD * ui.text_style_height(&TextStyle::Body);
                // It is about as high as it is wide.
                ui.add_space(((ui.available_height() - width) / 2.0).clamp(0.0, 96.0));
                ui.allocate_ui(vec2(width, 0.0), |ui| {
                    ui.vertical(|ui| account = self.card(ui));
                });
            });
        });
        account
    }

    fn card(&mut self, ui: &mut Ui) -> Option<MailAccount> {
        ui.heading("Sign in to read and send mail");
        let chosen = self.known_accounts(ui);
        let account = widgets::field(ui, "Account", &mut self.name);
        widgets::begin_at(&account, &mut self.begun);
        let password = widgets::secret_field(ui, "Password", &mut self.password);
        let entered = widgets::entered(ui, &password);
        let words = "Another server than the configuration's";
        widgets::check_box(ui, &mut self.elsewhere, words);
        if self.elsewhere {
            self.servers(ui);
        }
        if let Some(error) = &self.error {
            widgets::error(ui, error);
        }
        let pressed = widgets::primary(ui, Icon::LogIn, "Sign in").clicked();
        if chosen.is_none() && (pressed || entered) {
            return self.typed();
        }
        chosen
    }

    /// Draws a button for each account whose password is in the configuration; returns the one that was clicked.
    fn known_accounts(&mut self, ui: &mut Ui) -> Option<MailAccount> {
        let mut names: Vec<&String> = self.settings.passwords.keys().collect();
        if names.is_empty() {
            return None;
        }
        names.sort();
        let mut chosen = None;
        ui.label("As one of the accounts in config.ini:");
        ui.horizontal_wrapped(|ui| {
            for name in names {
                if widgets::button(ui, Icon::User, name).clicked() {
                    chosen = self.known(name);
                }
            }
        });
        ui.label("or with another account:");
        chosen
    }

    fn servers(&mut self, ui: &mut Ui) {
        widgets::field(ui, "SMTP server (host:port)", &mut self.smtp);
        widgets::field(ui, "IMAP server (host:port)", &mut self.imap);
        widgets::field(ui, "POP3 server (host:port)", &mut self.pop3);
        let words = |security| {
            let row = SECURITIES.iter().find(|(known, _)| *known == security);
            row.map_or("", |(_, words)| *words)
        };
        ComboBox::from_label("Protection").selected_text(words(self.security)).show_ui(ui, |ui| {
            for (security, words) in SECURITIES {
                ui.selectable_value(&mut self.security, security, words);
            }
        });
    }

    /// The account in the fields; if something is wrong with them, the card says so.
    fn typed(&mut self) -> Option<MailAccount> {
        match self.account() {
            Ok(account) => {
                self.error = None;
                self.password.clear();
                Some(account)
            }
            Err(sentence) => {
                self.error = Some(sentence);
                None
            }
        }
    }

    fn account(&self) -> Result<MailAccount, String> {
        let name = self.name.trim();
        if name.is_empty() {
            return Err("Write the name of an account, such as alice.".to_owned());
        }
        let mut settings = self.settings.clone();
        let mut login = settings.account(name);
        if self.elsewhere {
            settings.smtp = self.endpoint(&self.smtp, &settings.smtp)?;
            settings.imap = self.endpoint(&self.imap, &settings.imap)?;
            settings.pop3 = self.endpoint(&self.pop3, &settings.pop3)?;
            // At another server the whole address is the login name.
            login = name;
            if let Some(domain) = domain_elsewhere(name, &settings.smtp, &self.settings.smtp) {
                settings.domain = domain.to_owned();
            }
        }
        Ok(MailAccount { name: login.to_owned(), password: self.password.clone(), settings })
    }

    fn endpoint(&self, text: &str, configured: &Endpoint) -> Result<Endpoint, String> {
        let parts = text.trim().rsplit_once(':');
        let parsed = parts.and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let Some((host, port)) = parsed.filter(|(host, port)| !host.is_empty() && *port > 0) else {
            return Err(format!(
                "“{text}” is not a server: write host:port, such as mail.example.org:993."
            ));
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Endpoint { host, port, security: self.security, ..configured.clone() })
    }
}

/// The mail domain of an account at another server: the one after its `@`, or else the server's name. `None`, for the
/// configuration's domain, if the server is the configuration's, this machine, or given by its IP address.
fn domain_elsewhere<'a>(
    name: &'a str,
    server: &'a Endpoint,
    configured: &Endpoint,
) -> Option<&'a str> {
    if let Some((_, domain)) = name.rsplit_once('@')
        && !domain.is_empty()
    {
        return Some(domain);
    }
    let host = server.host.as_str();
    let has_no_domain =
        host == configured.host || host == "localhost" || host.parse::<IpAddr>().is_ok();
    if has_no_domain { None } else { Some(host) }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// Signs in with this name at another server; returns the login name, the address, and what `carol` means.
    fn elsewhere(name: &str, host: &str) -> Result<[String; 3], String> {
        let here = Endpoint::new("lab.example.net", 1, Security::Plain, PathBuf::new());
        let mut card = SignIn::new(MailAccount::alice_at(here).settings);
        card.elsewhere = true;
        card.name = name.to_owned();
        for field in [&mut card.smtp, &mut card.imap, &mut card.pop3] {
            *field = format!("{host}:2");
        }
        let account = card.account()?;
        let carol = account.settings.address("carol");
        Ok([account.login().to_owned(), account.address(), carol])
    }

    #[test]
    fn at_another_server_a_bare_name_belongs_to_that_domain() {
        let rows = [
            // The domain of an address counts; the login name is the whole address.
            ("bob@example.org", "mail.example.org", "example.org"),
            ("bob@example.org", "192.0.2.1", "example.org"),
            ("bob@pillarbox.test", "192.0.2.1", "pillarbox.test"),
            ("bob", "mail.example.org", "mail.example.org"),
            // These tell no domain.
            ("bob", "lab.example.net", "pillarbox.test"),
            ("bob", "192.0.2.1", "pillarbox.test"),
            ("bob", "[2001:db8::1]", "pillarbox.test"),
            ("bob", "localhost", "pillarbox.test"),
        ];
        for (name, host, domain) in rows {
            let expected = [name.to_owned(), format!("bob@{domain}"), format!("carol@{domain}")];
            assert_eq!(elsewhere(name, host), Ok(expected), "{name} at {host}");
        }
    }
}
