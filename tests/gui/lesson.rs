//! What is done again and again in the window: in the classroom, and with a message that is written.

use crate::window::Window;

impl Window {
    /// The window in the classroom, with Alice's name and this password typed.
    pub(crate) fn classroom(mut self, password: &str) -> Window {
        self.click("Classroom");
        self.fill("User name", "alice");
        self.fill("Password", password);
        self
    }

    /// In the classroom, ticks the box of a protocol, which logs in: `POP3`.
    pub(crate) fn tick(&mut self, protocol: &str) {
        self.click(protocol);
        self.pop_up(&format!("Logged in to the {protocol} server."));
    }

    /// In the classroom, logs in by SMTP and sends Alice a message in which a line looks like a command.
    pub(crate) fn send_dummy(&mut self) {
        self.click("Login");
        self.pop_up("User name and password are correct");
        self.fill("Recipients", "alice");
        self.fill("Subject", "Dummy");
        self.fill("Content", "Some dummy text.\n.\nMAIL FROM:<x@y>\n");
        self.click("Send");
        self.pop_up("The message has been sent.");
    }

    /// In the classroom, chooses a command, writes its argument and sends it.
    pub(crate) fn say(&mut self, verb: &str, argument: &str) {
        self.choose("Command", verb);
        self.fill("Argument", argument);
        self.click("Clear the conversation");
        self.click("Send Command");
    }

    /// Types the account and its password at the card where one signs in, and signs in.
    pub(crate) fn sign_in(&mut self, account: &str, password: &str) {
        self.fill("Account", account);
        self.fill("Password", password);
        self.click("Sign in");
    }

    /// Sends the message that is written.
    pub(crate) fn send(&mut self) {
        self.click("Send message");
        self.pop_up("The message has been sent.");
    }
}
