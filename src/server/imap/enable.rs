//! ENABLE: what a client has switched on for its session (RFC 5161, RFC 9051 §6.3.1).
//!
//! Some answers have two forms, an old one that every client knows and a new one: who asks for the
//! new one gets it from then on. It is asked for before a mailbox is selected, so nothing changes its
//! form while one is open.

use crate::mail::protocol::imap::Alphabet;
use crate::server::imap::reply::{CommandReply, CommandResult};
use crate::server::imap::session::{ImapServer, ImapState};

/// What is switched on. Nothing can be switched off again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Enabled {
    imap4rev2: bool,
    utf8_accept: bool,
}

impl Enabled {
    /// Does the client speak IMAP4rev2 (RFC 9051), and not IMAP4rev1?
    pub(crate) fn imap4rev2(self) -> bool {
        self.imap4rev2
    }

    /// Does the client take UTF-8 in strings and message headers (RFC 9755 §3)?
    pub(crate) fn utf8_accept(self) -> bool {
        self.utf8_accept
    }

    /// How mailbox names are written, both ways (RFC 9051 §5.1, RFC 9755 §3).
    pub(crate) fn alphabet(self) -> Alphabet {
        match self.imap4rev2 || self.utf8_accept {
            true => Alphabet::Utf8,
            false => Alphabet::ModifiedUtf7,
        }
    }

    /// Switches this on; returns its name as CAPABILITY has it, or nothing if we do not know it.
    fn switch_on(&mut self, name: &str) -> Option<&'static str> {
        match name {
            "IMAP4REV2" => {
                self.imap4rev2 = true;
                Some("IMAP4rev2")
            }
            "UTF8=ACCEPT" => {
                self.utf8_accept = true;
                Some("UTF8=ACCEPT")
            }
            _ => None,
        }
    }
}

impl ImapServer {
    /// RFC 5161 §3.1. What we do not know is passed over.
    pub(crate) fn enable(&mut self, names: &[String]) -> CommandResult {
        self.account()?;
        if let ImapState::Selected(..) = self.state {
            return Err(CommandReply::bad(
                "expected ENABLE before a mailbox is selected",
            ));
        }
        let mut line = "* ENABLED".to_owned();
        for name in names {
            if let Some(known) = self.enabled.switch_on(name) {
                line += &format!(" {known}");
            }
        }
        Ok(CommandReply::ok("ENABLE completed").with(line + "\r\n"))
    }
}
