//! The scripts of `demos/`, in the order of a lecture. They are compiled in, so that the program has
//! them wherever it runs.

use super::format::{Script, ScriptError};

/// A script of `demos/`.
#[derive(Clone, Copy, Debug)]
pub struct Demo {
    /// Its name, which is that of its file without `.demo`.
    pub name: &'static str,
    /// The file.
    pub text: &'static str,
}

impl Demo {
    /// The one of this name; `.demo` behind it does no harm.
    #[must_use]
    pub fn find(name: &str) -> Option<Demo> {
        let name = name.strip_suffix(".demo").unwrap_or(name);
        DEMOS.iter().copied().find(|demo| demo.name == name)
    }

    /// What it plays.
    ///
    /// # Errors
    /// When it is no script; a test sees to it that each is.
    pub fn script(&self) -> Result<Script, ScriptError> {
        Script::parse(self.text)
    }
}

macro_rules! demos {
    ($($name:literal)*) => {
        &[$(Demo { name: $name, text: include_str!(concat!("../../../demos/", $name, ".demo")) }),*]
    };
}

/// All that there are.
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
