//! The right half of the original's window: it logs in to the SMTP server, and sends.

use std::io::Cursor;

use eframe::egui::{Context, RichText, ScrollArea, TextEdit, Ui, accesskit::Role, vec2};
use lucide_icons::Icon;

use super::model::account::MailAccount;
use super::popup::Popups;
use super::widgets;
use super::worker::Worker;
use crate::client::{ClientError, SmtpClient};
use crate::mail::message::Draft;

/// The panel.
pub(super) struct SmtpPanel {
    worker: Worker<SmtpConnection, SmtpPanel>,
    account: Option<MailAccount>,
    logged_in: bool,
    recipients: String,
    subject: String,
    content: String,
    error: Option<String>,
}

/// The recipients that a server has refused, each with the reason.
type Refused = Vec<(String, String)>;

impl SmtpPanel {
    pub(super) fn new(window: &Context) -> SmtpPanel {
        SmtpPanel {
            worker: Worker::start("classroom smtp", window, SmtpConnection::default()),
            account: None,
            logged_in: false,
            recipients: String::new(),
            subject: String::new(),
            content: String::new(),
            error: None,
        }
    }

    /// Logs in as this account; a connection that is still open ends first.
    pub(super) fn log_in(&mut self, account: MailAccount) {
        self.logged_in = false;
        self.account = Some(account.clone());
        self.worker.run(|connection| connection.log_in(account), SmtpPanel::show_login);
    }

    /// Shows the results that have come from the worker.
    pub(super) fn update(&mut self, popups: &mut Popups) {
        for show in self.worker.results() {
            show(self, popups);
        }
    }

    fn show_login(&mut self, popups: &mut Popups, result: Result<(), ClientError>) {
        match (result, &self.account) {
            (Ok(()), Some(account)) => {
                self.logged_in = true;
                let server = &account.settings.smtp;
                let text =
                    format!("User name and password are correct: logged in to {server} (SMTP).");
                popups.good("Login", text);
            }
            (Ok(()), None) => {}
            (Err(error), _) => popups.bad("Login", error.to_string()),
        }
    }

    fn show_sent(&mut self, popups: &mut Popups, result: Result<Refused, ClientError>) {
        match result {
            Ok(refused) => popups.sent(&refused),
            Err(error) => popups.bad("The message was not sent", error.to_string()),
        }
    }

    /// Draws the panel.
    pub(super) fn show(&mut self, ui: &mut Ui) {
        ui.heading("Sending: SMTP");
        let state = match (&self.account, self.logged_in) {
            (Some(account), true) => {
                format!("Logged in as {} to {}.", account.name, account.settings.smtp)
            }
            _ => "Log in at the left first.".to_owned(),
        };
        ui.label(state);
        widgets::field(ui, "Recipients", &mut self.recipients)
            .on_hover_text("Accounts or addresses, separated by commas: bob, carol@pillarbox.test");
        widgets::field(ui, "Subject", &mut self.subject);
        let label = ui.label(RichText::new("Content").color(widgets::palette(ui).faint));
        if let Some(error) = &self.error {
            widgets::error(ui, error);
        }
        let below = ui.spacing().interact_size.y + 2.0 * widgets::STEP;
        ScrollArea::vertical().max_height(ui.available_height() - below).auto_shrink(false).show(
            ui,
            |ui| {
                let text = TextEdit::multiline(&mut self.content)
                    .desired_width(f32::INFINITY)
                    .desired_rows(8)
                    .min_size(ui.available_size() - vec2(0.0, 8.0));
                let text = ui.add(text).labelled_by(label.id);
                widgets::named(text, Role::MultilineTextInput, "Content");
            },
        );
        let send = ui.add_enabled_ui(self.logged_in, |ui| widgets::primary(ui, Icon::Send, "Send"));
        if send.inner.clicked() {
            self.error = self.send().err();
        }
    }

    fn send(&self) -> Result<(), String> {
        let Some(account) = &self.account else {
            return Err("Log in first.".to_owned());
        };
        let mut draft = Draft::new(account.contact(), &account.settings.domain);
        let recipients = account.settings.contacts(&self.recipients);
        draft.to = recipients.map_err(|error| error.to_string())?;
        if draft.to.is_empty() {
            return Err("No recipient: write an account or an address into Recipients.".to_owned());
        }
        draft.subject.clone_from(&self.subject);
        draft.text.clone_from(&self.content);
        self.worker.run(move |connection| connection.send(&draft), SmtpPanel::show_sent);
        Ok(())
    }
}

/// The worker's connection, from a login on.
#[derive(Default)]
struct SmtpConnection(Option<(MailAccount, SmtpClient)>);

impl SmtpConnection {
    fn log_in(&mut self, account: MailAccount) -> Result<(), ClientError> {
        self.hang_up();
        let client = connect(&account)?;
        self.0 = Some((account, client));
        Ok(())
    }

    /// Sends a message. Fails if every recipient was refused.
    fn send(&mut self, draft: &Draft) -> Result<Refused, ClientError> {
        let Some((account, client)) = &mut self.0 else {
            return Err(ClientError::Unsendable {
                what: "a message".to_owned(),
                why: "no account is logged in".to_owned(),
            });
        };
        // A server closes after minutes of silence (RFC 5321 §4.5.3.2.7). NOOP detects that before the message is
        // half sent.
        if client.noop().is_err() {
            *client = connect(account)?;
        }
        let mut message = Cursor::new(draft.to_bytes());
        let sent = client.send(draft.from.address(), &draft.recipients(), &mut message)?;
        let refused = sent.refused.into_iter();
        Ok(refused.map(|(who, why)| (who, why.to_string())).collect())
    }

    fn hang_up(&mut self) {
        if let Some((_, client)) = self.0.take() {
            // Every message is delivered already, so an error does not matter.
            let _ = client.quit();
        }
    }
}

impl Drop for SmtpConnection {
    fn drop(&mut self) {
        self.hang_up();
    }
}

fn connect(account: &MailAccount) -> Result<SmtpClient, ClientError> {
    let mut client = SmtpClient::connect(&account.settings.smtp)?;
    client.login(account.login(), &account.password)?;
    Ok(client)
}
