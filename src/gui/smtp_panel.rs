//! The right half of the original's window: logging in to the SMTP server, and sending.

use std::io::Cursor;
use std::sync::mpsc::Receiver;

use eframe::egui::{Context, RichText, ScrollArea, TextEdit, Ui, accesskit::Role, vec2};
use lucide_icons::Icon;

use super::model::account::MailAccount;
use super::popup::Popups;
use super::widgets;
use super::worker::{Reporter, Worker};
use crate::client::{ClientError, SmtpClient};
use crate::mail::message::Draft;

/// What the window wants of the server.
enum Job {
    LogIn(Box<MailAccount>),
    Send(Box<Draft>),
}

/// What came of it.
enum News {
    LoggedIn,
    NotLoggedIn(String),
    /// The server has taken it: by whom it was refused, each with the reason.
    Sent(Vec<(String, String)>),
    NotSent(String),
}

/// The panel.
pub(super) struct SmtpPanel {
    worker: Option<Worker<Job, News>>,
    account: Option<MailAccount>,
    logged_in: bool,
    recipients: String,
    subject: String,
    content: String,
    wrong: Option<String>,
}

impl SmtpPanel {
    pub(super) fn new(window: &Context) -> SmtpPanel {
        let worker = Worker::start("classroom smtp", window, work);
        if let Err(error) = &worker {
            log::error!("SMTP cannot be spoken: {error}");
        }
        SmtpPanel {
            worker: worker.ok(),
            account: None,
            logged_in: false,
            recipients: String::new(),
            subject: String::new(),
            content: String::new(),
            wrong: None,
        }
    }

    /// Logs in, as another one than before.
    pub(super) fn log_in(&mut self, account: MailAccount) {
        self.logged_in = false;
        if let Some(worker) = &self.worker {
            worker.order(Job::LogIn(Box::new(account.clone())));
        }
        self.account = Some(account);
    }

    /// Takes in what the worker has told.
    pub(super) fn hear(&mut self, popups: &mut Popups) {
        let news: Vec<News> = self.worker.iter().flat_map(Worker::news).collect();
        let server = |account: &Option<MailAccount>| {
            let account = account.as_ref();
            account
                .map(|account| account.settings.smtp.to_string())
                .unwrap_or_default()
        };
        for news in news {
            match news {
                News::LoggedIn => {
                    self.logged_in = true;
                    let server = server(&self.account);
                    popups.good(
                        "Login",
                        format!(
                            "User name and password are correct: logged in to {server} (SMTP)."
                        ),
                    );
                }
                News::NotLoggedIn(why) => popups.bad("Login", why),
                News::Sent(refused) => popups.sent(&refused),
                News::NotSent(why) => popups.bad("The message was not sent", why),
            }
        }
    }

    /// Draws the panel.
    pub(super) fn show(&mut self, ui: &mut Ui) {
        ui.heading("Sending: SMTP");
        let state = match (&self.account, self.logged_in) {
            (Some(account), true) => format!(
                "Logged in as {} to {}.",
                account.name, account.settings.smtp
            ),
            _ => "Log in at the left first.".to_owned(),
        };
        ui.label(state);
        widgets::field(ui, "Recipients", &mut self.recipients).on_hover_text(
            "Accounts or addresses, with commas between them: bob, carol@pillarbox.test",
        );
        widgets::field(ui, "Subject", &mut self.subject);
        let label = ui.label(RichText::new("Content").color(widgets::palette(ui).faint));
        if let Some(wrong) = &self.wrong {
            widgets::wrong(ui, wrong);
        }
        let below = ui.spacing().interact_size.y + 2.0 * widgets::STEP;
        ScrollArea::vertical()
            .max_height(ui.available_height() - below)
            .auto_shrink(false)
            .show(ui, |ui| {
                let text = TextEdit::multiline(&mut self.content)
                    .desired_width(f32::INFINITY)
                    .desired_rows(8)
                    .min_size(ui.available_size() - vec2(0.0, 8.0));
                let text = ui.add(text).labelled_by(label.id);
                widgets::named(text, Role::MultilineTextInput, "Content");
            });
        let send = ui.add_enabled_ui(self.logged_in, |ui| {
            widgets::primary(ui, Icon::Send, "Send")
        });
        if send.inner.clicked() {
            self.wrong = self.send().err();
        }
    }

    fn send(&self) -> Result<(), String> {
        let (Some(worker), Some(account)) = (&self.worker, &self.account) else {
            return Err("Log in first.".to_owned());
        };
        let mut draft = Draft::new(account.contact(), &account.settings.domain);
        let recipients = account.settings.contacts(&self.recipients);
        draft.to = recipients.map_err(|error| error.to_string())?;
        if draft.to.is_empty() {
            return Err(
                "Nobody would get it: write an account or an address into Recipients.".to_owned(),
            );
        }
        draft.subject.clone_from(&self.subject);
        draft.text.clone_from(&self.content);
        worker.order(Job::Send(Box::new(draft)));
        Ok(())
    }
}

/// The worker: one connection, from the login on; a new one, when the server has closed it.
fn work(jobs: Receiver<Job>, reporter: Reporter<News>) {
    let mut connection: Option<(MailAccount, SmtpClient)> = None;
    for job in jobs {
        reporter.report(match job {
            Job::LogIn(account) => {
                hang_up(connection.take());
                match log_in(&account) {
                    Ok(client) => {
                        connection = Some((*account, client));
                        News::LoggedIn
                    }
                    Err(error) => News::NotLoggedIn(error.to_string()),
                }
            }
            Job::Send(draft) => match send(&mut connection, &draft) {
                Ok(refused) => News::Sent(refused),
                Err(error) => News::NotSent(error.to_string()),
            },
        });
    }
    hang_up(connection);
}

fn log_in(account: &MailAccount) -> Result<SmtpClient, ClientError> {
    let mut client = SmtpClient::connect(&account.settings.smtp)?;
    client.login(account.login(), &account.password)?;
    Ok(client)
}

/// Sends a message; by whom it was refused, each with the reason, when others have got it.
fn send(
    connection: &mut Option<(MailAccount, SmtpClient)>,
    draft: &Draft,
) -> Result<Vec<(String, String)>, ClientError> {
    let Some((account, client)) = connection else {
        return Err(ClientError::Unsendable {
            what: "a message".to_owned(),
            why: "nobody has logged in".to_owned(),
        });
    };
    // A server closes after minutes of silence (RFC 5321 §4.5.3.2.7): NOOP finds that out before
    // a message is half on its way.
    if client.noop().is_err() {
        *client = log_in(account)?;
    }
    let mut message = Cursor::new(draft.to_bytes());
    let sent = client.send(draft.from.address(), &draft.recipients(), &mut message)?;
    let refused = sent.refused.into_iter();
    Ok(refused.map(|(who, why)| (who, why.to_string())).collect())
}

fn hang_up(connection: Option<(MailAccount, SmtpClient)>) {
    if let Some((_, client)) = connection {
        // All is done by now, so that it fails does not matter.
        let _ = client.quit();
    }
}
