//! The receiving half of the original's window, for IMAP or POP3: one logs in, chooses a command, writes its argument
//! and sends it. The conversation pane below shows the server's answer.

use std::sync::Arc;

use eframe::egui::{
    ComboBox, Context, Margin, RichText, Spinner, TextEdit, TextStyle, Ui, accesskit::Role,
};
use lucide_icons::Icon;

use super::model::account::MailAccount;
use super::popup::Popups;
use super::widgets;
use super::worker::Worker;
use crate::client::ClientError;
use crate::console::ExampleNames;
use crate::mail::protocol::Protocol;
use crate::teaching::explain::{Texts, Topic};

/// A client that receives mail, as the window uses it.
pub(super) trait ReceivingClient: Sized + Send + 'static {
    /// A command of the protocol.
    type Command;

    const PROTOCOL: Protocol;

    /// The commands of the drop-down.
    const VERBS: &'static [&'static str];

    /// Connects and logs in.
    fn log_in(account: &MailAccount) -> Result<Self, ClientError>;

    /// Parses a line. The error is a sentence that says what is wrong with it.
    fn parse(line: &str) -> Result<Self::Command, String>;

    /// True if this command ends the conversation.
    fn is_last(command: &Self::Command) -> bool;

    /// Sends a command and reads the answer to it.
    fn send(&mut self, command: &Self::Command) -> Result<(), ClientError>;

    /// Ends the conversation.
    fn end(self) -> Result<(), ClientError>;
}

/// Whether the panel is logged in.
enum LoginState {
    LoggedOut,
    LoggingIn,
    LoggedIn,
    /// The server closed the connection, for this reason.
    Closed(String),
}

/// The panel of one protocol.
pub(super) struct ProtocolPanel<C: ReceivingClient> {
    worker: Worker<ProtocolConnection<C>, ProtocolPanel<C>>,
    commands: CommandBox,
    state: LoginState,
    account: Option<MailAccount>,
    error: Option<String>,
    /// A command was sent, and its answer has not come yet.
    waiting: bool,
}

impl<C: ReceivingClient> ProtocolPanel<C> {
    pub(super) fn new(window: &Context, texts: Arc<Texts>, names: ExampleNames) -> Self {
        let name = format!("classroom {}", C::PROTOCOL.name());
        ProtocolPanel {
            worker: Worker::start(&name, window, ProtocolConnection(None)),
            commands: CommandBox::new(C::PROTOCOL, C::VERBS, texts, names),
            state: LoginState::LoggedOut,
            account: None,
            error: None,
            waiting: false,
        }
    }

    /// Logs in as this account; a connection that is still open ends first.
    pub(super) fn log_in(&mut self, account: MailAccount) {
        self.error = None;
        self.state = LoginState::LoggingIn;
        self.account = Some(account.clone());
        self.worker.run(move |connection| connection.log_in(&account), Self::show_login);
    }

    /// True if the panel is logged in, or logging in, as this account; `None` stands for any account.
    pub(super) fn is_used_by(&self, account: Option<&MailAccount>) -> bool {
        let is_open = matches!(self.state, LoginState::LoggingIn | LoginState::LoggedIn);
        let own = self.account.as_ref().map(|account| &account.name);
        is_open && account.is_none_or(|account| own == Some(&account.name))
    }

    /// Shows the results that have come from the worker.
    pub(super) fn update(&mut self, popups: &mut Popups) {
        for show in self.worker.results() {
            self.waiting = false;
            show(self, popups);
        }
    }

    fn show_login(&mut self, popups: &mut Popups, result: Result<(), ClientError>) {
        match result {
            Ok(()) => {
                self.state = LoginState::LoggedIn;
                popups.good("Login", format!("Logged in to the {} server.", title::<C>()));
            }
            Err(error) => {
                self.state = LoginState::LoggedOut;
                popups.bad("Login", error.to_string());
            }
        }
    }

    fn show_outcome(&mut self, _: &mut Popups, outcome: CommandResult) {
        match outcome {
            CommandResult::Answered => self.error = None,
            CommandResult::Refused(why) => self.error = Some(why),
            CommandResult::LoggedOut => self.state = LoginState::LoggedOut,
            CommandResult::Closed(why) => self.state = LoginState::Closed(why),
        }
    }

    /// Draws the panel; returns true if the button that logs in again was clicked.
    pub(super) fn show(&mut self, ui: &mut Ui) -> bool {
        let mut again = false;
        match (&self.state, &self.account) {
            (LoginState::LoggedIn, Some(account)) => {
                let protocol = title::<C>();
                ui.label(format!("Logged in as {} ({protocol}).", account.name));
            }
            (LoginState::LoggingIn, _) => {
                // As high as the sentence that replaces it.
                let height = ui.text_style_height(&TextStyle::Body);
                ui.horizontal_top(|ui| {
                    ui.add(Spinner::new().size(height));
                    ui.label("Logging in …");
                });
            }
            (LoginState::Closed(why), _) => {
                widgets::error(ui, why);
                again = widgets::button(ui, Icon::RotateCw, "Log in again").clicked();
            }
            _ => {
                ui.label("Logged out.");
                again = widgets::button(ui, Icon::LogIn, "Log in again").clicked();
            }
        }
        let ready = matches!(self.state, LoginState::LoggedIn) && !self.waiting;
        if let Some(line) = self.commands.show(ui, ready) {
            self.send(line);
        }
        if let Some(error) = &self.error {
            widgets::error(ui, error);
        }
        again
    }

    fn send(&mut self, line: String) {
        self.error = None;
        self.waiting = true;
        self.worker.run(move |connection| connection.perform(&line), Self::show_outcome);
    }
}

/// `IMAP`
fn title<C: ReceivingClient>() -> String {
    C::PROTOCOL.name().to_uppercase()
}

/// The result of a command.
enum CommandResult {
    Answered,
    /// It was not sent, or the server answered NO, BAD or -ERR.
    Refused(String),
    /// It ended the conversation.
    LoggedOut,
    Closed(String),
}

/// The worker's connection, from a login to the end of the conversation.
struct ProtocolConnection<C: ReceivingClient>(Option<C>);

impl<C: ReceivingClient> ProtocolConnection<C> {
    fn log_in(&mut self, account: &MailAccount) -> Result<(), ClientError> {
        self.hang_up();
        self.0 = Some(C::log_in(account)?);
        Ok(())
    }

    fn perform(&mut self, line: &str) -> CommandResult {
        let command = match C::parse(line) {
            Ok(command) => command,
            Err(sentence) => return CommandResult::Refused(sentence),
        };
        let Some(mut client) = self.0.take() else {
            return CommandResult::LoggedOut;
        };
        if C::is_last(&command) {
            return match client.end() {
                Ok(()) => CommandResult::LoggedOut,
                Err(error) => CommandResult::Closed(error.to_string()),
            };
        }
        let outcome = match client.send(&command) {
            Ok(()) => CommandResult::Answered,
            Err(error @ ClientError::Refused { .. }) => CommandResult::Refused(error.to_string()),
            Err(error) => return CommandResult::Closed(error.to_string()),
        };
        self.0 = Some(client);
        outcome
    }

    /// Ends the conversation as a user does, so that POP3's marks for deletion count.
    fn hang_up(&mut self) {
        if let Some(client) = self.0.take() {
            // The window does not wait for the answer.
            let _ = client.end();
        }
    }
}

impl<C: ReceivingClient> Drop for ProtocolConnection<C> {
    fn drop(&mut self) {
        self.hang_up();
    }
}

/// The drop-down of a protocol's commands, with the field for the argument.
struct CommandBox {
    protocol: Protocol,
    verbs: &'static [&'static str],
    verb: &'static str,
    argument: String,
    texts: Arc<Texts>,
    names: ExampleNames,
}

/// The height of the open list, in points: as much as fits above the conversation.
const LIST_HEIGHT: f32 = 400.0;

impl CommandBox {
    fn new(
        protocol: Protocol,
        verbs: &'static [&'static str],
        texts: Arc<Texts>,
        names: ExampleNames,
    ) -> CommandBox {
        let mut command_box =
            CommandBox { protocol, verbs, verb: "", argument: String::new(), texts, names };
        command_box.choose(verbs.first().copied().unwrap_or_default());
        command_box
    }

    /// Chooses a command, and writes an argument that works in the lab into the field.
    fn choose(&mut self, verb: &'static str) {
        self.verb = verb;
        let example = self.names.example(self.protocol, verb);
        let argument = example.strip_prefix(verb).unwrap_or_default();
        self.argument = argument.trim().to_owned();
    }

    /// Draws the box; returns the line to send when the button or Enter was pressed.
    fn show(&mut self, ui: &mut Ui, ready: bool) -> Option<String> {
        self.drop_down(ui);
        let faint = widgets::palette(ui).faint;
        let topic = match self.protocol {
            Protocol::Pop3 => Topic::Pop3Command,
            _ => Topic::ImapCommand,
        };
        if let Some(entry) = self.texts.find(topic, self.verb) {
            ui.label(RichText::new(format!("{} ({})", entry.says, entry.rfc)).color(faint));
        }
        let label = ui.label(RichText::new("Argument").color(faint));
        let edit = TextEdit::singleline(&mut self.argument)
            .desired_width(f32::INFINITY)
            .margin(Margin::symmetric(8, 5));
        let argument = ui.add(edit).labelled_by(label.id);
        let entered = widgets::entered(ui, &argument);
        let send =
            ui.add_enabled_ui(ready, |ui| widgets::primary(ui, Icon::Terminal, "Send Command"));
        if send.inner.clicked() || entered && ready {
            let line = format!("{} {}", self.verb, self.argument);
            return Some(line.trim_end().to_owned());
        }
        None
    }

    fn drop_down(&mut self, ui: &mut Ui) {
        let mut chosen = self.verb;
        let label = ui.label(RichText::new("Command").color(widgets::palette(ui).faint));
        let combo = ComboBox::from_id_salt("commands")
            .selected_text(self.verb)
            .width(ui.available_width())
            .height(LIST_HEIGHT)
            .show_ui(ui, |ui| {
                for verb in self.verbs {
                    ui.selectable_value(&mut chosen, verb, *verb);
                }
            });
        widgets::named(combo.response, Role::ComboBox, "Command").labelled_by(label.id);
        if chosen != self.verb {
            self.choose(chosen);
        }
    }
}
