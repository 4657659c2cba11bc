//! The scripts of `demos/`, in the order of a lecture. They are compiled into the program.

use super::format::{Script, ScriptError};

/// A script of `demos/`.
#[derive(Clone, Copy, Debug)]
pub struct Demo {
    /// The name of its file, without `.demo`.
    pub name: &'static str,
    /// The contents of its file.
    pub text: &'static str,
}

impl Demo {
    /// Returns the demo with this name, which may end in `.demo`.
    #[must_use]
    pub fn find(name: &str) -> Option<Demo> {
        let name = name.strip_suffix(".demo").unwrap_or(name);
        DEMOS.iter().copied().find(|demo| demo.name == name)
    }

    /// Parses the script.
    ///
    /// # Errors
    /// When it is not a script; a test parses each demo.
    pub fn script(&self) -> Result<Script, ScriptError> {
        Script::parse(self.text)
    }
}

macro_rules! demos {
    ($($name:literal)*) => {
        &[$(Demo { name: $name, text: include_str!(concat!("../../../demos/", $name, ".demo")) }),*]
    };
}

/// All demos.
pub const DEMOS: &[Demo] = demos! {
    "first-mail"
    "envelope-and-header"
    "dots"
    "wrong-order"
    "auth-login"
    "auth-plain"
    "starttls"
    "pipelining"
    "big-message"
    "mime-by-hand"
    "pop3-first"
    "pop3-update"
    "pop3-uidl"
    "imap-first"
    "imap-uid"
    "imap-search"
    "imap-append"
    "imap-mailboxes"
    "imap-idle"
    "imap-two-clients"
    "lmtp"
    "relay"
    "bounce"
};
