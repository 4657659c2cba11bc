//! The receiving half of the original's window, for either protocol: logged in to the server, one
//! chooses a command, writes its argument and sends it. What the server says stands in the
//! conversation below.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use eframe::egui::{Context, Spinner, TextStyle, Ui};
use lucide_icons::Icon;

use super::command_box::CommandBox;
use super::model::account::MailAccount;
use super::popup::Popups;
use super::widgets;
use super::worker::{Reporter, Worker};
use crate::client::ClientError;
use crate::console::ExampleNames;
use crate::mail::protocol::Protocol;
use crate::teaching::explain::Texts;

/// A client that receives, as the window uses it.
pub(super) trait ReceivingClient: Sized + 'static {
    /// What can be said.
    type Command;

    const PROTOCOL: Protocol;

    /// The commands of the drop-down.
    const VERBS: &'static [&'static str];

    /// Connects and logs in.
    fn log_in(account: &MailAccount) -> Result<Self, ClientError>;

    /// Understands a line; a sentence says what is wrong with it.
    fn parse(line: &str) -> Result<Self::Command, String>;

    /// Does this command end the conversation?
    fn is_the_end(command: &Self::Command) -> bool;

    /// Says a command and hears the answer to it.
    fn say(&mut self, command: &Self::Command) -> Result<(), ClientError>;

    /// Ends the conversation.
    fn end(self) -> Result<(), ClientError>;
}

/// What the window wants.
enum Job {
    LogIn(Box<MailAccount>),
    Say(String),
}

/// What came of it.
enum News {
    LoggedIn,
    NotLoggedIn(String),
    Answered,
    Refused(String),
    LoggedOut,
    Closed(String),
}

/// How the conversation stands.
enum LoginState {
    LoggedOut,
    LoggingIn,
    LoggedIn,
    /// The server has closed: the sentence.
    Closed(String),
}

/// The panel of one protocol.
pub(super) struct ProtocolPanel {
    worker: Option<Worker<Job, News>>,
    commands: CommandBox,
    standing: LoginState,
    account: Option<MailAccount>,
    wrong: Option<String>,
    /// A command was sent that is not answered yet.
    waiting: bool,
}

impl ProtocolPanel {
    /// The panel for this client.
    pub(super) fn new<C: ReceivingClient>(
        window: &Context,
        texts: Arc<Texts>,
        cast: ExampleNames,
    ) -> ProtocolPanel {
        let name = format!("classroom {}", C::PROTOCOL.name());
        let worker = Worker::start(&name, window, work::<C>);
        if let Err(error) = &worker {
            log::error!("{} cannot be spoken: {error}", C::PROTOCOL.name());
        }
        ProtocolPanel {
            worker: worker.ok(),
            commands: CommandBox::new(C::PROTOCOL, C::VERBS, texts, cast),
            standing: LoginState::LoggedOut,
            account: None,
            wrong: None,
            waiting: false,
        }
    }

    /// Logs in, as another one than before.
    pub(super) fn log_in(&mut self, account: MailAccount) {
        self.wrong = None;
        self.standing = LoginState::LoggingIn;
        if let Some(worker) = &self.worker {
            worker.order(Job::LogIn(Box::new(account.clone())));
        }
        self.account = Some(account);
    }

    /// Has nobody logged in?
    pub(super) fn is_logged_out(&self) -> bool {
        matches!(self.standing, LoginState::LoggedOut | LoginState::Closed(_))
    }

    /// Is it this one who has logged in, or tried to?
    pub(super) fn is_of(&self, account: &MailAccount) -> bool {
        let own = self.account.as_ref();
        own.is_some_and(|own| own.name == account.name)
    }

    /// Takes in what the worker has told.
    pub(super) fn hear(&mut self, protocol: &str, popups: &mut Popups) {
        let news: Vec<News> = self.worker.iter().flat_map(Worker::news).collect();
        for news in news {
            self.waiting = false;
            match news {
                News::LoggedIn => {
                    self.standing = LoginState::LoggedIn;
                    popups.good("Login", format!("Logged in to the {protocol} server."));
                }
                News::NotLoggedIn(why) => {
                    self.standing = LoginState::LoggedOut;
                    popups.bad("Login", why);
                }
                News::Answered => self.wrong = None,
                News::Refused(why) => self.wrong = Some(why),
                News::LoggedOut => self.standing = LoginState::LoggedOut,
                News::Closed(why) => self.standing = LoginState::Closed(why),
            }
        }
    }

    /// Draws the panel; `true` when somebody wants to log in again.
    pub(super) fn show(&mut self, ui: &mut Ui, protocol: &str) -> bool {
        let mut again = false;
        match (&self.standing, &self.account) {
            (LoginState::LoggedIn, Some(account)) => {
                ui.label(format!("Logged in as {} ({protocol}).", account.name));
            }
            (LoginState::LoggingIn, _) => {
                // No higher than the sentence that comes in its place.
                let height = ui.text_style_height(&TextStyle::Body);
                ui.horizontal_top(|ui| {
                    ui.add(Spinner::new().size(height));
                    ui.label("Logging in …");
                });
            }
            (LoginState::Closed(why), _) => {
                widgets::wrong(ui, why);
                again = widgets::button(ui, Icon::RotateCw, "Log in again").clicked();
            }
            _ => {
                ui.label("Logged out.");
                again = widgets::button(ui, Icon::LogIn, "Log in again").clicked();
            }
        }
        let ready = matches!(self.standing, LoginState::LoggedIn) && !self.waiting;
        if let Some(line) = self.commands.show(ui, ready)
            && let Some(worker) = &self.worker
        {
            (self.wrong, self.waiting) = (None, true);
            worker.order(Job::Say(line));
        }
        if let Some(wrong) = &self.wrong {
            widgets::wrong(ui, wrong);
        }
        again
    }
}

/// The worker: one connection at a time, from a login to the end of the conversation.
fn work<C: ReceivingClient>(jobs: Receiver<Job>, reporter: Reporter<News>) {
    let mut client: Option<C> = None;
    for job in jobs {
        reporter.report(match job {
            Job::LogIn(account) => {
                hang_up(client.take());
                match C::log_in(&account) {
                    Ok(connected) => {
                        client = Some(connected);
                        News::LoggedIn
                    }
                    Err(error) => News::NotLoggedIn(error.to_string()),
                }
            }
            Job::Say(line) => say(&mut client, &line),
        });
    }
    hang_up(client);
}

fn say<C: ReceivingClient>(connection: &mut Option<C>, line: &str) -> News {
    let command = match C::parse(line) {
        Ok(command) => command,
        Err(sentence) => return News::Refused(sentence),
    };
    let Some(mut client) = connection.take() else {
        return News::LoggedOut;
    };
    if C::is_the_end(&command) {
        return match client.end() {
            Ok(()) => News::LoggedOut,
            Err(error) => News::Closed(error.to_string()),
        };
    }
    match client.say(&command) {
        Err(error) if !matches!(error, ClientError::Refused { .. }) => {
            News::Closed(error.to_string())
        }
        said => {
            *connection = Some(client);
            said.map_or_else(
                |error| News::Refused(error.to_string()),
                |()| News::Answered,
            )
        }
    }
}

/// Ends the conversation as a user would: POP3's marks for deletion count.
fn hang_up<C: ReceivingClient>(client: Option<C>) {
    if let Some(client) = client {
        // Nobody waits for the answer any more.
        let _ = client.end();
    }
}
